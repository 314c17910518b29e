#include "machine_fixture.h"
#include "qemu/firmware.h"

enum { PADDED_BYTES = 0x12C0000 };

static void the_fast_copy_is_padded_in_front(void **state)
{
	struct machine_fixture *f = *state;
	struct firmware firmware = {};
	f->config.firmware = fixture_file(f, "OVMF.fd", STR("firmware bytes"));
	assert_true(firmware_prepare(&f->arena, &f->request, &firmware, &f->diag));
	struct str copy;
	assert_int_equal(file_read(&f->arena, arena_c_str(&f->arena, firmware.code), &copy), 0);
	assert_int_equal(copy.len, PADDED_BYTES);
	assert_true(str_ends_with(copy, STR("\xff"
	                                    "firmware bytes")));
	assert_true(str_starts_with(copy, STR("\xff\xff\xff\xff")));
}

static void another_firmware_makes_another_copy(void **state)
{
	struct machine_fixture *f = *state;
	struct firmware first = {}, second = {}, third = {};
	f->config.firmware = fixture_file(f, "OVMF.fd", STR("one"));
	assert_true(firmware_prepare(&f->arena, &f->request, &first, &f->diag));
	assert_true(firmware_prepare(&f->arena, &f->request, &second, &f->diag));
	assert_str(second.code, first.code);
	f->config.firmware = fixture_file(f, "OVMF.fd", STR("other"));
	assert_true(firmware_prepare(&f->arena, &f->request, &third, &f->diag));
	assert_false(str_equal(third.code, first.code));
}

static void a_missing_firmware_is_named(void **state)
{
	struct machine_fixture *f = *state;
	struct firmware firmware = {};
	f->config.firmware = STR("/nowhere/OVMF.fd");
	assert_false(firmware_prepare(&f->arena, &f->request, &firmware, &f->diag));
	assert_str(fixture_error(f),
	           STR("the configured firmware '/nowhere/OVMF.fd' does not exist"));
}

static void variables_are_a_private_copy_that_stays(void **state)
{
	struct machine_fixture *f = *state;
	struct firmware firmware = {};
	f->request.variables = true;
	f->config.firmware = fixture_file(f, "X_CODE_4M.fd", STR("code"));
	fixture_file(f, "X_VARS_4M.fd", STR("fresh"));
	assert_true(firmware_prepare(&f->arena, &f->request, &firmware, &f->diag));
	assert_str(firmware.code, f->config.firmware);
	const char *copy = arena_c_str(&f->arena, firmware.variables);
	assert_true(str_starts_with(firmware.variables, str_from_c(f->folder)));
	assert_int_equal(file_write(copy, STR("changed by a guest"), 0644), 0);

	assert_true(firmware_prepare(&f->arena, &f->request, &firmware, &f->diag));
	struct str content;
	assert_int_equal(file_read(&f->arena, copy, &content), 0);
	assert_str(content, STR("changed by a guest"));
}

static void a_firmware_without_its_variables_is_refused(void **state)
{
	struct machine_fixture *f = *state;
	struct firmware firmware = {};
	f->request.variables = true;
	f->config.firmware = fixture_file(f, "X_CODE.fd", STR("code"));
	assert_false(firmware_prepare(&f->arena, &f->request, &firmware, &f->diag));
	f->config.firmware = fixture_file(f, "plain.fd", STR("code"));
	assert_false(firmware_prepare(&f->arena, &f->request, &firmware, &f->diag));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_make, fixture_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(the_fast_copy_is_padded_in_front),
	        TEST(another_firmware_makes_another_copy),
	        TEST(a_missing_firmware_is_named),
	        TEST(variables_are_a_private_copy_that_stays),
	        TEST(a_firmware_without_its_variables_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
