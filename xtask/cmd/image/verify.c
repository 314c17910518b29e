/*
 * verify: a finished image, checked without booting it, as firmware, GRUB and the list of digests
 * would.
 *
 * What GRUB opens is read out of the GRUB in the image: no second list of signed files.
 */
#include "cmd/pipeline.h"
#include "image/digest_list.h"
#include "image/explain.h"
#include "image/grub.h"
#include "os/files.h"
#include "sign/authenticode.h"
#include "sign/openpgp.h"
#include "sign/pe.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define GRUB_PATH "EFI/BOOT/BOOTX64.EFI"

static const struct option options_verify[] = {
        {"--certificate", "FILE", "what Secure Boot goes by (default: signing.efi_certificate)"},
        {"--public-key", "FILE", "what GRUB goes by (default: OUT/boot/public-key.gpg)"},
        {},
};

static const struct option *const options[] = {options_system, options_verify, NULL};

struct check {
	struct arena *arena;
	struct diag *diag;
	struct str image_path;
	struct image image;
	struct str keyring, certificate;
	struct str configuration; /* GRUB's, out of the image */
	size_t signatures, digests; /* that are good */
};

/* Every line of why, as of this stage. */
static void report(struct check *c, const char *stage, const struct text *why)
{
	struct str_split lines = {.rest = str_trim(text_str(why))};
	while (lines.rest.len) {
		lines = str_cut(lines.rest, '\n');
		diag_error(c->diag, (struct span){}, (struct str){}, "%.*s: %s: %.*s",
		           STR_ARG(c->image_path), stage, STR_ARG(lines.head));
	}
}

static void check_bytes(struct check *c)
{
	struct text why = {.arena = c->arena};
	struct image_regions regions;
	if (image_explain(c->arena, &c->image, &regions, &why) != 0)
		report(c, "bytes", &why);
	why = (struct text){.arena = c->arena};
	if (extent_table_check(c->arena, &c->image, &why) != 0)
		report(c, "extents", &why);
}

/* Secure Boot's signature, the key inside, and the configuration, which says what is signed. */
static int grub_check(struct check *c, struct text *why)
{
	struct str program;
	struct pe pe;
	TRY(image_extract(c->arena, &c->image, STR(GRUB_PATH), &program, why));
	TRY(efi_verify(c->arena, c->certificate, program, why));
	c->signatures++;
	TRY(pe_open(program, &pe, why));
	struct str modules = pe_section(&pe, STR("mods"));
	struct str key = grub_embedded(modules, GRUB_OBJECT_PUBLIC_KEY);
	c->configuration = grub_embedded(modules, GRUB_OBJECT_CONFIGURATION);
	if (key.len < c->keyring.len || !str_equal(str_slice(key, 0, c->keyring.len), c->keyring)) {
		text_addf(why, "it checks signatures by another key");
		return ENOKEY;
	}
	if (!grub_signed_paths(c->arena, c->configuration).count) {
		text_addf(why, "it opens no signed file");
		return EBADMSG;
	}
	return 0;
}

static void signatures_check(struct check *c)
{
	struct strs paths = grub_signed_paths(c->arena, c->configuration);
	strs_add(&paths, c->arena, STR(DIGEST_LIST_PATH));
	for (size_t i = 0; i < paths.count; i++) {
		struct text why = {.arena = c->arena}, absent = {.arena = c->arena};
		struct signed_file file = {.path = paths.items[i]};
		struct str signature = str_format(c->arena, "%.*s.sig", STR_ARG(file.path));
		int error = image_extract(c->arena, &c->image, file.path, &file.data, &why);
		if (!error &&
		    image_extract(c->arena, &c->image, signature, &file.signature, &absent) != 0)
			file.signature = (struct str){};
		if (!error)
			error = openpgp_verify_files(c->keyring, &file, 1, &why);
		c->signatures += !error;
		if (error)
			report(c, "signature", &why);
	}
}

static void digests_check(struct check *c)
{
	struct text why = {.arena = c->arena};
	struct str list;
	int error = image_extract(c->arena, &c->image, STR(DIGEST_LIST_PATH), &list, &why);
	if (!error)
		error = digest_list_check(c->arena, &c->image, list, &c->digests, &why);
	if (error)
		report(c, "digests", &why);
}

static bool file_take(struct check *c, struct str path, struct str *out_content)
{
	int error = file_read(c->arena, arena_c_str(c->arena, path), out_content);
	if (error)
		diag_error(c->diag, (struct span){}, STR("`xtask build` makes and signs the image"),
		           "%.*s: %s", STR_ARG(path), strerror(error));
	return !error;
}

static bool check_begin(struct invocation *in, struct check *c)
{
	struct pipeline p;
	struct text why = {.arena = in->arena};
	pipeline_name(&p, in);
	if (!pipeline_read(&p) || !pipeline_plan(&p))
		return false;
	struct str key = option_path(in, "--public-key");
	struct str certificate = option_path(in, "--certificate");
	*c = (struct check){.arena = in->arena, .diag = in->diag};
	c->image_path = in->words.count ? called_path(in, in->words.items[0])
	                                : pipeline_path(&p, "rustos-boot.img");
	if (!file_take(c, key.len ? key : pipeline_path(&p, "boot/public-key.gpg"), &c->keyring) ||
	    !file_take(c, certificate.len ? certificate : p.efi_certificate, &c->certificate))
		return false;
	if (image_open(arena_c_str(in->arena, c->image_path), &c->image, &why) == 0)
		return true;
	diag_error(in->diag, (struct span){}, STR("`xtask build` makes and signs the image"),
	           "%.*s", STR_ARG(str_trim(text_str(&why))));
	return false;
}

static int run_verify(struct invocation *in)
{
	struct check c;
	if (!check_begin(in, &c))
		return EXIT_FAILED;
	struct text why = {.arena = in->arena};
	check_bytes(&c);
	if (grub_check(&c, &why) != 0)
		report(&c, GRUB_PATH, &why);
	signatures_check(&c);
	digests_check(&c);
	image_close(&c.image);
	if (in->diag->errors)
		return EXIT_FAILED;
	if (in->json)
		printf("{\"command\":\"verify\",\"verified\":%zu,\"digests\":%zu}\n", c.signatures,
		       c.digests);
	else
		printf("verify: %zu signatures and %zu digests of %.*s are good\n", c.signatures,
		       c.digests, STR_ARG(c.image_path));
	return EXIT_DONE;
}

const struct command command_verify = {
        .name = "verify",
        .summary = "check every signature and digest of a finished image, without booting it",
        .usage = "[OPTIONS] [IMAGE]",
        .details = "Names each file that is changed, missing, unsigned or too many; also damaged "
                   "tables, and\npadding that is not zero.\n",
        .example = "  xtask verify\n  xtask verify build/rustos-boot.img\n",
        .options = options,
        .words_max = 1,
        .run = run_verify,
};
