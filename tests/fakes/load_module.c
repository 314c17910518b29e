/*
 * Loads a driver module as the kernel does, into memory of this program, and does not run it.
 *
 * usage: load_module FILE EXPORT... — exit status 0 when it was loaded and has what a module must
 * have; else 1, with the reason.
 */
#include "device/module/image.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXPORTS_MAX = 256 };

static const char *exports[EXPORTS_MAX];
static int export_count;

static bool load_resolve(struct str name, uint64_t *out_address)
{
	*out_address = 0xffffffff80200000;
	for (int i = 0; i < export_count; i++)
		if (str_equal(str_from_c(exports[i]), name))
			return true;
	return false;
}

static struct str load_read(const char *path)
{
	FILE *file = fopen(path, "r");
	if (!file)
		return (struct str){};
	char *bytes = malloc(MODULE_BYTES_MAX);
	size_t len = bytes ? fread(bytes, 1, MODULE_BYTES_MAX, file) : 0;
	fclose(file);
	return (struct str){bytes, len};
}

static enum status load_file(struct str file, struct module_refusal *refusal)
{
	static struct module_plan plan;
	enum status status = module_plan_make(file, &plan, refusal);
	if (status != OK)
		return status;
	const struct module_memory memory = {calloc(1, module_plan_bytes(&plan)),
	                                     0xffffffffa0001000};
	const struct module_symbol_request needed[] = {
	        {STR("RUSTOS_DRIVER_HEADER"), MODULE_RODATA, 1},
	        {STR("rustos_driver_init"), MODULE_TEXT, 1},
	};
	if (!memory.view)
		return ERR_NO_MEMORY;
	status = module_plan_load(&plan, memory, load_resolve, refusal);
	for (size_t i = 0; status == OK && i < COUNT(needed); i++) {
		uint32_t offset;
		*refusal = (struct module_refusal){"it does not export", needed[i].name, 0};
		status = module_plan_find(&plan, needed[i], &offset);
	}
	free(memory.view);
	return status;
}

int main(int argc, char **argv)
{
	struct module_refusal refusal = {.reason = "cannot be read"};
	if (argc < 2 || argc - 2 > EXPORTS_MAX)
		return 2;
	export_count = argc - 2;
	memcpy(exports, argv + 2, sizeof(argv[0]) * (size_t)export_count);
	struct str file = load_read(argv[1]);
	enum status status = file.len ? load_file(file, &refusal) : ERR_NOT_FOUND;
	free((void *)(uintptr_t)file.ptr);
	if (status == OK)
		return 0;
	printf("%s: %s: %.*s\n", argv[1], refusal.reason, (int)refusal.name.len, refusal.name.ptr);
	return 1;
}
