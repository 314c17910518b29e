#include "image/grub.h"
#include "os/files.h"

#define GRUB_FOLDER "/usr/lib/grub/x86_64-efi"

/*
 * All that GRUB can do: read FAT on GPT, check RSA signatures over SHA-256, load a multiboot2
 * kernel, write to the serial line, give up. No "normal", so neither menu nor prompt nor scripts.
 */
static const struct str modules[] = {
        STR_INIT("part_gpt"),   STR_INIT("fat"),
        STR_INIT("multiboot2"), STR_INIT("pgp"),
        STR_INIT("gcry_rsa"),   STR_INIT("gcry_sha256"),
        STR_INIT("serial"),     STR_INIT("search_fs_file"),
        STR_INIT("terminal"),   STR_INIT("echo"),
        STR_INIT("boot"),       STR_INIT("halt"),
        STR_INIT("efi_gop"), /* the framebuffer that multiboot2 hands over */
};

struct strs grub_mkimage_argv(struct arena *a, const struct grub_request *request)
{
	const struct str head[] = {
	        request->program,
	        STR("-d"),
	        STR(GRUB_FOLDER),
	        STR("-O"),
	        STR("x86_64-efi"),
	        STR("-p"),
	        STR("/EFI/BOOT"),
	        STR("--disable-shim-lock"), /* with Secure Boot there may be no shim above us */
	        STR("--pubkey"),
	        request->public_key,
	        STR("-c"),
	        request->configuration,
	        STR("-o"),
	        request->out,
	};
	struct strs argv = {};
	for (size_t i = 0; i < COUNT(head); i++)
		strs_add(&argv, a, head[i]);
	for (size_t i = 0; i < COUNT(modules); i++)
		strs_add(&argv, a, modules[i]);
	return argv;
}

/* Adds the modules on the right of "name: a b c". */
static void dependencies_add(struct arena *a, struct str dependencies, struct str name,
                             struct strs *names)
{
	struct str_split lines = {.rest = dependencies};
	while (lines.rest.len) {
		lines = str_cut(lines.rest, '\n');
		struct str_split row = str_cut(lines.head, ':');
		if (!str_equal(row.head, name))
			continue;
		struct str_split words = {.rest = row.rest};
		while (words.rest.len) {
			words = str_cut(words.rest, ' ');
			if (words.head.len && !strs_contain(names, words.head))
				strs_add(names, a, words.head);
		}
	}
}

struct strs grub_module_paths(struct arena *a)
{
	struct strs names = {}, paths = {};
	struct str dependencies = {};
	strs_add(&paths, a, STR(GRUB_FOLDER "/kernel.img"));
	strs_add(&paths, a, STR(GRUB_FOLDER "/moddep.lst"));
	if (file_read(a, GRUB_FOLDER "/moddep.lst", &dependencies))
		return paths; /* whoever takes these as inputs finds out that they are missing */
	for (size_t i = 0; i < COUNT(modules); i++)
		strs_add(&names, a, modules[i]);
	for (size_t i = 0; i < names.count; i++)
		dependencies_add(a, dependencies, names.items[i], &names);
	for (size_t i = 0; i < names.count; i++)
		strs_add(&paths, a,
		         str_format(a, "%s/%.*s.mod", GRUB_FOLDER, STR_ARG(names.items[i])));
	strs_sort(&paths);
	return paths;
}
