/*
 * GRUB's EFI image: which modules it needs and how grub-mkimage is called.
 *
 * manifests/grub/early.cfg is read by GRUB's small parser: one command a line, no comments, no
 * conditions, no apostrophes, and a command that fails does not stop the next one. So each line
 * takes what only the one before it can have set: search.file names the device only if the
 * archive's signature is good, without it no nucleus is loaded, and without a nucleus boot falls
 * through to the last two lines.
 */
#pragma once

#include "os/text.h"

struct grub_request {
	struct str program; /* "grub-mkimage" */
	struct str public_key; /* OpenPGP keyring: what it verifies by */
	struct str
	        configuration; /* manifests/grub/early.cfg; inside the image, so signed with it */
	struct str out;
	bool network; /* it fetches by TFTP what it loads, and reads no disk */
};

/*
 * argv of a deterministic call: no loadable modules, no console, signatures enforced by the key
 * inside. Its result depends on the modules below /usr/lib/grub/x86_64-efi: see grub_module_paths.
 */
struct strs grub_mkimage_argv(struct arena *a, const struct grub_request *request);
/* Host files that the call reads besides its arguments: kernel.img, moddep.lst and the modules it
 * names. */
struct strs grub_module_paths(struct arena *a);

/* Paths of the files that a configuration opens, each with PATH.sig beside it; without '/' before.
 */
struct strs grub_signed_paths(struct arena *a, struct str configuration);

enum grub_object { GRUB_OBJECT_CONFIGURATION = 2, GRUB_OBJECT_PUBLIC_KEY = 4 };
/*
 * What grub-mkimage put into an image, from the content of its section "mods"; empty: nothing of
 * that kind. Layout: grub/kernel.h, struct grub_module_info64. Trusts none of the bytes.
 */
struct str grub_embedded(struct str bytes, enum grub_object kind);

/*
 * What GRUB prints on the serial line; the launcher tells outcomes by these. GRUB's reasons are
 * lines that begin with "error: ", between the last mark and GRUB_MARK_REFUSED: "error: bad
 * signature." for the nucleus, "error: no such device: /system/boot/early.cpio." for an archive
 * that is changed or missing. After GRUB_MARK_REFUSED the machine is switched off.
 */
#define GRUB_MARK_CHECKING "grub: checking signatures"
#define GRUB_MARK_LOADING "grub: loading nucleus"
#define GRUB_MARK_REFUSED "grub: refused"
