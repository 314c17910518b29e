#include "image/grub.h"
#include "os/files.h"
#include <string.h>

#define GRUB_FOLDER "/usr/lib/grub/x86_64-efi"

/*
 * All that GRUB can do: check RSA signatures over SHA-256, load a multiboot2 kernel, write to the
 * serial line, give up. No "normal", so neither menu nor prompt nor scripts. And either read FAT on
 * GPT, or an archive that comes by TFTP.
 */
static const struct str modules[] =
        {
                STR_INIT("multiboot2"),  STR_INIT("pgp"),    STR_INIT("gcry_rsa"),
                STR_INIT("gcry_sha256"), STR_INIT("serial"), STR_INIT("terminal"),
                STR_INIT("echo"),        STR_INIT("boot"),   STR_INIT("halt"),
                STR_INIT("efi_gop"), /* the framebuffer that multiboot2 hands over */
};
static const struct str disk_modules[] = {STR_INIT("part_gpt"), STR_INIT("fat"),
                                          STR_INIT("search_fs_file")};
static const struct str network_modules[] = {STR_INIT("efinet"), STR_INIT("net"), STR_INIT("tftp"),
                                             STR_INIT("loopback"), STR_INIT("newc")};

static void names_add(struct arena *a, struct strs *list, const struct str *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		strs_add(list, a, names[i]);
}

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
	names_add(a, &argv, modules, COUNT(modules));
	if (request->network)
		names_add(a, &argv, network_modules, COUNT(network_modules));
	else
		names_add(a, &argv, disk_modules, COUNT(disk_modules));
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
	names_add(a, &names, modules, COUNT(modules));
	names_add(a, &names, disk_modules, COUNT(disk_modules));
	for (size_t i = 0; i < names.count; i++)
		dependencies_add(a, dependencies, names.items[i], &names);
	for (size_t i = 0; i < names.count; i++)
		strs_add(&paths, a,
		         str_format(a, "%s/%.*s.mod", GRUB_FOLDER, STR_ARG(names.items[i])));
	strs_sort(&paths);
	return paths;
}

struct strs grub_signed_paths(struct arena *a, struct str configuration)
{
	static const struct str commands[] = {STR_INIT("search.file"), STR_INIT("multiboot2"),
	                                      STR_INIT("module2"), STR_INIT("configfile")};
	struct strs paths = {};
	struct str_split lines = {.rest = configuration};
	while (lines.rest.len) {
		lines = str_cut(lines.rest, '\n');
		struct str_split words = str_cut(str_trim(lines.head), ' ');
		bool opens = false;
		for (size_t i = 0; i < COUNT(commands); i++)
			opens |= str_equal(words.head, commands[i]);
		struct str path = str_cut(words.rest, ' ').head;
		if (str_starts_with(path, STR("(")))
			path = str_cut(path, ')').rest;
		if (str_starts_with(path, STR("/")))
			path = str_slice(path, 1, path.len);
		if (opens && path.len && !strs_contain(&paths, path))
			strs_add(&paths, a, path);
	}
	return paths;
}

static uint64_t little_endian(struct str bytes, size_t at, size_t len)
{
	uint64_t value = 0;
	for (size_t i = 0; i < len; i++)
		value |= (uint64_t)(uint8_t)bytes.ptr[at + i] << (8 * i);
	return value;
}

struct str grub_embedded(struct str bytes, enum grub_object kind)
{
	enum { INFO_BYTES = 24, HEADER_BYTES = 8 };
	if (bytes.len < INFO_BYTES || memcmp(bytes.ptr, "mimg", 4) != 0)
		return (struct str){};
	uint64_t offset = little_endian(bytes, 8, 8), end = little_endian(bytes, 16, 8);
	if (end > bytes.len)
		return (struct str){};
	while (offset <= end && end - offset >= HEADER_BYTES) {
		uint64_t type = little_endian(bytes, offset, 4);
		uint64_t size = little_endian(bytes, offset + 4, 4);
		if (size < HEADER_BYTES || size > end - offset)
			return (struct str){};
		if (type == kind)
			return str_slice(bytes, offset + HEADER_BYTES, offset + size);
		offset += (size + 7) & ~(uint64_t)7; /* objects begin at multiples of 8 */
	}
	return (struct str){};
}
