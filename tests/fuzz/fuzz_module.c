/* Module loader: any file, or a sound module with some bytes changed; nothing is written outside.
 */
#include "../unit/kernel/device/module_bytes.h"
#include "device/module/image.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool fuzz_resolve(struct str name, uint64_t *out_address)
{
	*out_address = 0xffffffff80300000;
	return name.len && name.ptr[0] == 'k';
}

static void fuzz_load(struct str file)
{
	static struct module_plan plan;
	struct module_refusal refusal;
	if (module_plan_make(file, &plan, &refusal) != OK)
		return;
	size_t bytes = module_plan_bytes(&plan);
	if (bytes > MODULE_BYTES_MAX + 3 * 4096 || bytes % 4096)
		abort();
	/* exactly as large as it asked for, so that the sanitizer sees its end */
	const struct module_memory memory = {calloc(1, bytes), 0xffffffffa0001000};
	const struct module_symbol_request request = {STR("init"), MODULE_TEXT, 1};
	uint32_t offset;
	if (!memory.view)
		abort();
	(void)!module_plan_load(&plan, memory, fuzz_resolve, &refusal); /* any answer will do */
	if (module_plan_find(&plan, request, &offset) == OK && offset >= plan.part_end[MODULE_TEXT])
		abort();
	size_t symbol_bytes = module_plan_symbol_bytes(&plan, STR("fuzz"));
	uint8_t *symbols = malloc(symbol_bytes);
	if (!symbols)
		abort();
	module_plan_symbols(&plan, STR("fuzz"), memory.address, symbols);
	free(symbols);
	free(memory.view);
}

/* Three bytes of input change one of the module. */
static void fuzz_change(struct module_bytes *m, const uint8_t *data, size_t size)
{
	for (; size >= 3; size -= 3, data += 3)
		((uint8_t *)m)[(data[0] | (size_t)data[1] << 8) % sizeof *m] = data[2];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (data[0] & 1) {
		struct module_bytes *m = malloc(sizeof *m);
		if (!m)
			abort();
		module_bytes_init(m);
		module_bytes_relocate(m, 0, 8, MODULE_SYMBOL_KERNEL, R_X86_64_PLT32, -4);
		fuzz_change(m, data + 1, size - 1);
		fuzz_load((struct str){(const char *)m, sizeof *m});
		free(m);
		return 0;
	}
	char *exact = malloc(size);
	if (!exact)
		abort();
	memcpy(exact, data + 1, size - 1);
	fuzz_load((struct str){exact, size - 1});
	free(exact);
	return 0;
}
