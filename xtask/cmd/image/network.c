/*
 * The network-boot folder: what firmware fetches by TFTP (PXE), and what GRUB fetches then.
 *
 * Over the network GRUB can't search for a signed file as on a disk. Instead it opens one signed
 * archive as a disk; without a good signature there is none, and so no nucleus
 * (manifests/grub/network.cfg).
 */
#include "cmd/image/actions.h"
#include "cmd/image/export.h"
#include "image/cpio.h"
#include "image/grub.h"
#include "os/files.h"
#include "sign/authenticode.h"
#include "sign/openpgp.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define LOADER "bootx64.efi"
#define ARCHIVE "rustos.cpio"

static int loader_make(struct export *e, struct str configuration, const char *folder)
{
	struct pipeline *p = e->pipeline;
	struct str plain = str_format(e->arena, "%s/grub.efi", folder);
	struct str signed_file = str_format(e->arena, "%s/" LOADER, folder);
	struct grub_request request = {
	        .program = STR("grub-mkimage"),
	        .public_key = pipeline_path(p, "boot/public-key.gpg"),
	        .configuration = configuration,
	        .out = plain,
	        .network = true,
	};
	struct strs words = grub_mkimage_argv(e->arena, &request);
	TRY(export_program_run(e, &words));
	int error = efi_sign_file(arena_c_str(e->arena, p->efi_key),
	                          arena_c_str(e->arena, p->efi_certificate), plain.ptr,
	                          signed_file.ptr, &e->why);
	(void)unlink(plain.ptr);
	return error;
}

/* What the configuration opens in the archive, each with its signature. */
static int archive_make(struct export *e, struct str configuration, const char *folder)
{
	struct arena *a = e->arena;
	struct image_files files = {};
	struct str text, archive = str_format(a, "%s/" ARCHIVE, folder);
	struct str signature = str_format(a, "%.*s.sig", STR_ARG(archive));
	int error = file_read(a, arena_c_str(a, configuration), &text);
	if (error) {
		text_addf(&e->why, "%.*s: %s", STR_ARG(configuration), strerror(error));
		return error;
	}
	struct strs opened = grub_signed_paths(a, text);
	for (size_t i = 0; i < opened.count; i++) {
		struct str file =
		        path_join(a, pipeline_path(e->pipeline, "image"), opened.items[i]);
		image_files_add(&files, a, opened.items[i], file);
		image_files_add(&files, a, str_format(a, "%.*s.sig", STR_ARG(opened.items[i])),
		                str_format(a, "%.*s.sig", STR_ARG(file)));
	}
	TRY(image_files_prepare(&files, &e->why));
	TRY(cpio_write(&files, image_epoch(), archive.ptr, &e->why));
	return openpgp_sign_file(arena_c_str(a, e->pipeline->key), image_epoch(), archive.ptr,
	                         signature.ptr, &e->why);
}

bool network_makes(struct str name)
{
	return str_equal(name, STR(LOADER)) || str_equal(name, STR(ARCHIVE)) ||
	       str_equal(name, STR(ARCHIVE ".sig"));
}

int network_make(struct export *e, const char *folder)
{
	struct str boot = e->pipeline->boot_configuration;
	if (!boot.len) {
		text_addf(&e->why, "the profile has no boot loader");
		return ENOENT;
	}
	struct str configuration = path_join(e->arena, path_folder(boot), STR("network.cfg"));
	TRY(tree_remove(folder));
	TRY(folder_create(folder));
	TRY(loader_make(e, configuration, folder));
	return archive_make(e, configuration, folder);
}
