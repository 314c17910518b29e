#include "fake_core.h"
#include "symbol_bytes.h"

/* The call that does not return is the last instruction of its function: the address behind it
 * belongs to the next one. */
static void a_return_address_names_the_function_of_the_call(void **)
{
	static const struct symbol_bytes_entry entries[] = {{0x1000, 0, 0x20}, {0x1020, 7, 0x10}};
	struct symbol_bytes bytes;
	struct symbol_table table;
	struct str text = symbol_bytes_make(&bytes, entries, 2, STR("caller\0behind\0"));
	assert_int_equal(symbol_table_open(text, &table), OK);
	symbols_install(table);

	jmp_buf stopped;
	fake_core_install();
	fake_core.stop = &stopped;
	struct panic_source source = {.rip = 0x1020, .rip_is_return = true, .rbp = 0x10};
	if (!setjmp(stopped))
		panic_at(&source, "gone");
	assert_true(fake_core_wrote("  00: rip=0x0000000000001020 rbp=0x0000000000000010 "
	                            "caller+0x20\n"));
	assert_true(fake_core_wrote("  01: rip=0x0000000000001020 rbp=0x0000000000000020 "
	                            "caller+0x20\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_return_address_names_the_function_of_the_call),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
