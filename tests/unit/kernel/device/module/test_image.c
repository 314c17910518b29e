#include "../../../test.h"
#include "../module_bytes.h"
#include "core/symbols.h"
#include "device/module/image.h"

enum { KERNEL_SYMBOL_LOW = 0x80300000 };
static const uint64_t kernel_symbol = 0xffffffff80300000, module_address = 0xffffffffa0001000;

static bool resolve(struct str name, uint64_t *out_address)
{
	*out_address = kernel_symbol;
	return str_equal(name, STR("kernel_symbol"));
}

struct outcome {
	enum status status;
	struct module_refusal refusal;
	struct module_plan plan;
	_Alignas(4096) uint8_t memory[3 * 4096];
};

static struct outcome outcome; /* of the last load: too large for a stack under sanitizers */

static enum status load(const struct module_bytes *m)
{
	struct str file = {(const char *)m, sizeof *m};
	memset(&outcome, 0, sizeof outcome);
	outcome.status = module_plan_make(file, &outcome.plan, &outcome.refusal);
	if (outcome.status != OK)
		return outcome.status;
	assert_true(module_plan_bytes(&outcome.plan) <= sizeof outcome.memory);
	const struct module_memory memory = {outcome.memory, module_address};
	outcome.status = module_plan_load(&outcome.plan, memory, resolve, &outcome.refusal);
	return outcome.status;
}

static uint64_t word(size_t offset, size_t width)
{
	uint64_t value = 0;
	memcpy(&value, outcome.memory + offset, width);
	return value;
}

static void each_part_lies_on_pages_of_its_own(void **)
{
	struct module_bytes m;
	module_bytes_init(&m);
	assert_int_equal(load(&m), OK);
	assert_int_equal(outcome.plan.part_end[MODULE_TEXT], 4096);
	assert_int_equal(outcome.plan.part_end[MODULE_RODATA], 8192);
	assert_int_equal(outcome.plan.part_end[MODULE_DATA], 12288);
	assert_int_equal(outcome.memory[0], 0x90);
	assert_int_equal(outcome.memory[4096], 0x11);
	assert_int_equal(outcome.memory[8192], 0x22);
	assert_int_equal(outcome.plan.offsets[MODULE_BYTES_BSS], 8192 + 32);
	assert_int_equal(outcome.plan.offsets[MODULE_BYTES_SYMTAB], MODULE_NOT_LOADED);
}

static void each_relocation_gives_its_value(void **)
{
	static const struct {
		uint32_t type, symbol;
		int64_t addend;
		size_t width;
		uint64_t value;
	} cases[] = {
	        {R_X86_64_64, MODULE_SYMBOL_DATA, 3, 8, 0xffffffffa0001000 + 8192 + 8 + 3},
	        {R_X86_64_64, MODULE_SYMBOL_KERNEL, 0, 8, 0xffffffff80300000},
	        {R_X86_64_64, MODULE_SYMBOL_ABSOLUTE, -0x34, 8, 0x1200},
	        {R_X86_64_32S, MODULE_SYMBOL_KERNEL, 1, 4, KERNEL_SYMBOL_LOW + 1},
	        {R_X86_64_32, MODULE_SYMBOL_ABSOLUTE, 0, 4, 0x1234},
	        {R_X86_64_PC32, MODULE_SYMBOL_DATA, -4, 4, 8192 + 8 - 4 - 8},
	        {R_X86_64_PLT32, MODULE_SYMBOL_KERNEL, -4, 4, 0xe02ff000 - 4 - 8},
	        {R_X86_64_PC64, MODULE_SYMBOL_KERNEL, 0, 8, 0xffffffffe02ff000 - 8},
	        {R_X86_64_NONE, MODULE_SYMBOL_KERNEL, 5, 8, 0x9090909090909090},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct module_bytes m;
		module_bytes_init(&m);
		module_bytes_relocate(&m, 0, 8, cases[i].symbol, cases[i].type, cases[i].addend);
		assert_int_equal(load(&m), OK);
		assert_true(word(8, cases[i].width) == cases[i].value);
		assert_int_equal(outcome.memory[8 + cases[i].width], 0x90);
	}
}

static void unresolved_symbol_is_named(void **)
{
	struct module_bytes m;
	module_bytes_init(&m);
	module_bytes_relocate(&m, 0, 0, MODULE_SYMBOL_KERNEL, R_X86_64_64, 0);
	memcpy(m.names + module_name_offset("kernel_symbol"), "Kernel_symbol", 13);
	assert_int_equal(load(&m), ERR_NOT_FOUND);
	assert_string_equal(outcome.refusal.reason, "unresolved symbol");
	assert_str(outcome.refusal.name, STR("Kernel_symbol"));
}

struct lie {
	void (*tell)(struct module_bytes *m);
	const char *reason;
};

static void lie_program(struct module_bytes *m)
{
	m->header.e_type = ET_DYN;
}

static void lie_no_sections(struct module_bytes *m)
{
	m->header.e_shnum = 0;
}

static void lie_many_sections(struct module_bytes *m)
{
	m->header.e_shoff = 0;
	m->header.e_shnum = 0xffff;
}

static void lie_writable_code(struct module_bytes *m)
{
	m->sections[MODULE_BYTES_TEXT].sh_flags |= SHF_WRITE;
}

static void lie_thread_data(struct module_bytes *m)
{
	m->sections[MODULE_BYTES_DATA].sh_flags |= SHF_TLS;
}

static void lie_compressed(struct module_bytes *m)
{
	m->sections[MODULE_BYTES_DATA].sh_flags |= SHF_COMPRESSED;
}

static void lie_constructors(struct module_bytes *m)
{
	memcpy(m->names + module_name_offset(".data"), ".init", 5);
}

static void lie_constructor_array(struct module_bytes *m)
{
	m->sections[MODULE_BYTES_DATA].sh_type = SHT_INIT_ARRAY;
}

static void lie_outside(struct module_bytes *m)
{
	m->sections[MODULE_BYTES_DATA].sh_offset = sizeof *m - 15;
}

static void lie_wrapping(struct module_bytes *m)
{
	m->sections[MODULE_BYTES_DATA].sh_offset = UINT64_MAX - 7;
}

static void lie_align(struct module_bytes *m)
{
	m->sections[MODULE_BYTES_DATA].sh_addralign = 24;
}

static void lie_align_large(struct module_bytes *m)
{
	m->sections[MODULE_BYTES_DATA].sh_addralign = 8192;
}

static void lie_no_code(struct module_bytes *m)
{
	m->sections[MODULE_BYTES_TEXT].sh_flags &= ~(uint64_t)SHF_EXECINSTR;
}

static void lie_no_symbols(struct module_bytes *m)
{
	m->sections[MODULE_BYTES_SYMTAB].sh_type = SHT_PROGBITS;
}

static void lie_relocation_outside(struct module_bytes *m)
{
	module_bytes_relocate(m, 1, sizeof m->text - 7, MODULE_SYMBOL_DATA, R_X86_64_64, 0);
}

static void lie_relocation_wrapping(struct module_bytes *m)
{
	module_bytes_relocate(m, 1, UINT64_MAX - 3, MODULE_SYMBOL_DATA, R_X86_64_64, 0);
}

static void lie_relocation_kind(struct module_bytes *m)
{
	module_bytes_relocate(m, 1, 0, MODULE_SYMBOL_DATA, R_X86_64_GOTPCREL, 0);
}

static void lie_relocation_symbol(struct module_bytes *m)
{
	module_bytes_relocate(m, 1, 0, MODULE_SYMBOLS, R_X86_64_64, 0);
}

static void lie_symbol_section(struct module_bytes *m)
{
	m->symbols[MODULE_SYMBOL_DATA].st_shndx = MODULE_BYTES_STRTAB;
	module_bytes_relocate(m, 1, 0, MODULE_SYMBOL_DATA, R_X86_64_64, 0);
}

static void lie_symbol_common(struct module_bytes *m)
{
	m->symbols[MODULE_SYMBOL_DATA].st_shndx = SHN_COMMON;
	module_bytes_relocate(m, 1, 0, MODULE_SYMBOL_DATA, R_X86_64_64, 0);
}

static void lie_symbol_outside(struct module_bytes *m)
{
	m->symbols[MODULE_SYMBOL_DATA].st_value = 17;
	module_bytes_relocate(m, 1, 0, MODULE_SYMBOL_DATA, R_X86_64_64, 0);
}

static void lie_does_not_fit(struct module_bytes *m)
{
	module_bytes_relocate(m, 1, 0, MODULE_SYMBOL_DATA, R_X86_64_32, 0);
}

static void lie_does_not_fit_signed(struct module_bytes *m)
{
	module_bytes_relocate(m, 1, 0, MODULE_SYMBOL_DATA, R_X86_64_32S, -0x70000000);
}

static void lie_no_addends(struct module_bytes *m)
{
	m->sections[MODULE_BYTES_RELA].sh_type = SHT_REL;
}

static void lie_relocated_nothing(struct module_bytes *m)
{
	m->sections[MODULE_BYTES_RELA].sh_info = MODULE_BYTES_BSS;
}

static void lie_entry_size(struct module_bytes *m)
{
	m->sections[MODULE_BYTES_RELA].sh_entsize = 16;
}

static void every_lie_is_refused_with_its_reason(void **)
{
	static const struct lie lies[] = {
	        {lie_program, "no relocatable ELF64 object for x86-64"},
	        {lie_no_sections, "no sections, or too many"},
	        {lie_many_sections, "no relocatable ELF64 object for x86-64"},
	        {lie_writable_code, "a section is writable and executable"},
	        {lie_thread_data, "there is no thread-local storage"},
	        {lie_compressed, "a loaded section is compressed"},
	        {lie_constructors, "constructors are not called"},
	        {lie_constructor_array, "a loaded section of a kind that the kernel does not know"},
	        {lie_outside, "a section lies outside the file"},
	        {lie_wrapping, "a section lies outside the file"},
	        {lie_align, "a section's alignment is no power of two up to a page"},
	        {lie_align_large, "a section's alignment is no power of two up to a page"},
	        {lie_no_code, "there is no code"},
	        {lie_no_symbols, "no symbol table"},
	        {lie_relocation_outside, "a relocation lies outside its section"},
	        {lie_relocation_wrapping, "a relocation lies outside its section"},
	        {lie_relocation_kind, "unknown relocation"},
	        {lie_relocation_symbol, "a relocation names no symbol"},
	        {lie_symbol_section, "a symbol lies in no loaded section"},
	        {lie_symbol_common, "a symbol lies in no loaded section"},
	        {lie_symbol_outside, "a symbol lies outside its section"},
	        {lie_does_not_fit, "a relocation's value does not fit"},
	        {lie_does_not_fit_signed, "a relocation's value does not fit"},
	        {lie_no_addends, "relocations without addends"},
	        {lie_relocated_nothing, "relocations of a section without bytes"},
	        {lie_entry_size, "a relocation table is malformed"},
	};
	for (size_t i = 0; i < COUNT(lies); i++) {
		struct module_bytes m;
		module_bytes_init(&m);
		lies[i].tell(&m);
		assert_int_equal(load(&m), ERR_NOT_EXECUTABLE);
		assert_string_equal(outcome.refusal.reason, lies[i].reason);
	}
}

static void module_that_is_too_large_is_refused(void **)
{
	static const uint64_t sizes[] = {MODULE_BYTES_MAX, UINT64_MAX, UINT64_MAX - 4096};
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct module_bytes m;
		module_bytes_init(&m);
		m.sections[MODULE_BYTES_BSS].sh_size = sizes[i];
		assert_int_equal(load(&m), ERR_TOO_BIG);
	}
}

static void every_shorter_file_is_refused(void **)
{
	struct module_bytes m;
	module_bytes_init(&m);
	for (size_t len = 0; len < sizeof m - sizeof m.names; len++) {
		struct str file = {(const char *)&m, len};
		assert_int_not_equal(module_plan_make(file, &outcome.plan, &outcome.refusal), OK);
	}
}

static void exported_symbol_is_found_in_its_part_only(void **)
{
	struct module_bytes m;
	uint32_t offset;
	module_bytes_init(&m);
	assert_int_equal(load(&m), OK);
	const struct module_symbol_request good = {STR("init"), MODULE_TEXT, 8};
	const struct module_symbol_request bad[] = {
	        {STR("init"), MODULE_RODATA, 8},
	        {STR("init"), MODULE_TEXT, 9},
	        {STR("datum"), MODULE_DATA, 8}, /* local */
	        {STR("kernel_symbol"), MODULE_TEXT, 0},
	};
	assert_int_equal(module_plan_find(&outcome.plan, good, &offset), OK);
	assert_int_equal(offset, 4);
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(module_plan_find(&outcome.plan, bad[i], &offset), ERR_NOT_FOUND);
}

static void panics_see_the_functions_of_the_module(void **)
{
	struct module_bytes m;
	struct symbol_table table;
	struct symbol_hit hit;
	uint8_t bytes[256];
	module_bytes_init(&m);
	assert_int_equal(load(&m), OK);
	size_t size = module_plan_symbol_bytes(&outcome.plan, STR("rng"));
	assert_true(size <= sizeof bytes);
	module_plan_symbols(&outcome.plan, STR("rng"), module_address, bytes);
	assert_int_equal(symbol_table_open((struct str){(const char *)bytes, size}, &table), OK);
	assert_true(symbol_find(&table, module_address + 5, &hit));
	assert_str(hit.name, STR("rng:init"));
	assert_int_equal(hit.offset, 1);

	struct symbol_source source = {
	        .start = module_address, .end = module_address + 4096, .table = table};
	symbols_add(&source);
	assert_true(symbols_find(module_address + 4, &hit));
	symbols_remove(&source);
	assert_false(symbols_find(module_address + 4, &hit));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_part_lies_on_pages_of_its_own),
	        cmocka_unit_test(each_relocation_gives_its_value),
	        cmocka_unit_test(unresolved_symbol_is_named),
	        cmocka_unit_test(every_lie_is_refused_with_its_reason),
	        cmocka_unit_test(module_that_is_too_large_is_refused),
	        cmocka_unit_test(every_shorter_file_is_refused),
	        cmocka_unit_test(exported_symbol_is_found_in_its_part_only),
	        cmocka_unit_test(panics_see_the_functions_of_the_module),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
