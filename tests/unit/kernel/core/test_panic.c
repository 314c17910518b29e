#include "fake_core.h"
#include "symbol_bytes.h"

/* Only the first panic of a program prints a report, so one test holds all of it. */
static void report_has_message_location_registers_and_symbols(void **)
{
	static const struct symbol_bytes_entry entries[] = {{0x1000, 0, 0x20}};
	static const struct panic_register registers[] = {
	        {"rax", 1}, {"rbx", 2}, {"rcx", 3}, {"rdx", 4}, {"rsi", 5}};
	struct symbol_bytes bytes;
	struct symbol_table table;
	struct str text = symbol_bytes_make(&bytes, entries, 1, STR("boot_start\0"));
	assert_int_equal(symbol_table_open(text, &table), OK);
	symbols_install(table);

	jmp_buf stopped;
	fake_core_install();
	fake_core.stop = &stopped;
	struct panic_source source = {.file = "kernel/a.c",
	                              .line = 5,
	                              .rip = 0x1004,
	                              .rbp = 0x10,
	                              .registers = registers,
	                              .register_count = COUNT(registers)};
	if (!setjmp(stopped))
		panic_at(&source, "page %u went\nmissing", 9u);

	assert_str(fake_core_text(),
	           STR("\n[PANIC]\n"
	               "message: page 9 went\nmissing\n"
	               "location: kernel/a.c:5\n"
	               "registers:\n"
	               "  rax=0x0000000000000001  rbx=0x0000000000000002  rcx=0x0000000000000003"
	               "  rdx=0x0000000000000004\n"
	               "  rsi=0x0000000000000005\n"
	               "backtrace:\n"
	               "  00: rip=0x0000000000001004 rbp=0x0000000000000010 boot_start+0x4\n"
	               "  01: rip=0x0000000000001020 rbp=0x0000000000000020 boot_start+0x20\n"
	               "  02: rip=0x0000000000009000 rbp=0x0000000000000030\n"));

	assert_int_equal(fake_core.others_stopped, 1);
	fake_core.len = 0;
	if (!setjmp(stopped))
		PANIC("again");
	assert_str(fake_core_text(), STR("\n[PANIC] inside a panic\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(report_has_message_location_registers_and_symbols),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
