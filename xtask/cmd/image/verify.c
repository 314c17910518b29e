/* verify: every signature of a finished image, checked without booting it. */
#include "cmd/pipeline.h"
#include "image/image.h"
#include "os/files.h"
#include "sign/openpgp.h"
#include <stdio.h>
#include <string.h>

static const struct option *const options[] = {options_system, NULL};

/* What GRUB reads; each with NAME.sig beside it. */
static const struct str signed_paths[] = {STR_INIT("nucleus.elf"),
                                          STR_INIT("system/boot/early.cpio")};

static int verify(struct invocation *in, struct str keyring, const struct image *image,
                  struct text *why)
{
	struct signed_file files[COUNT(signed_paths)] = {};
	for (size_t i = 0; i < COUNT(signed_paths); i++) {
		struct str signature = str_format(in->arena, "%.*s.sig", STR_ARG(signed_paths[i]));
		struct text absent = {.arena = in->arena};
		files[i].path = signed_paths[i];
		int error = image_extract(in->arena, image, signed_paths[i], &files[i].data, why);
		if (error)
			return error;
		if (image_extract(in->arena, image, signature, &files[i].signature, &absent) != 0)
			files[i].signature = (struct str){};
	}
	return openpgp_verify_files(keyring, files, COUNT(files), why);
}

static int run_verify(struct invocation *in)
{
	struct pipeline p;
	pipeline_name(&p, in);
	struct str path = in->words.count ? called_path(in, in->words.items[0])
	                                  : pipeline_path(&p, "rustos-boot.img");
	struct str key_path = pipeline_path(&p, "boot/public-key.gpg"), keyring;
	struct text why = {.arena = in->arena};
	struct image image;

	int error = file_read(in->arena, key_path.ptr, &keyring);
	if (error)
		text_addf(&why, "%s: %s", key_path.ptr, strerror(error));
	else if (!(error = image_open(arena_c_str(in->arena, path), &image, &why))) {
		error = verify(in, keyring, &image, &why);
		image_close(&image);
	}
	if (error) {
		diag_error(in->diag, (struct span){},
		           STR("`xtask build` makes and signs the image"), "%.*s: %.*s",
		           STR_ARG(path), STR_ARG(str_trim(text_str(&why))));
		return EXIT_FAILED;
	}
	if (in->json)
		printf("{\"command\":\"verify\",\"verified\":%zu}\n", COUNT(signed_paths));
	else
		printf("verify: %zu signatures of %.*s are good\n", COUNT(signed_paths),
		       STR_ARG(path));
	return EXIT_DONE;
}

const struct command command_verify = {
        .name = "verify",
        .summary = "check every signature of a finished image",
        .usage = "[OPTIONS] [IMAGE]",
        .example = "  xtask verify\n  xtask verify build/rustos-boot.img\n",
        .options = options,
        .words_max = 1,
        .run = run_verify,
};
