#include "../../test.h"
#include "config/packages.h"
#include "os/files.h"

static void the_projects_own_list_can_be_read(void **)
{
	struct arena a;
	struct diag d;
	struct needed_packages packages;
	host_arena_init(&a);
	diag_init(&d, &a);
	assert_true(packages_read(&a, STR(PACKAGES_PATH), &packages, &d));
	assert_true(packages.count > 10);
	arena_release(&a);
}

static void a_missing_command_is_answered_with_its_package(void **)
{
	static const struct {
		struct str command, hint;
	} cases[] = {
	        {STR_INIT("grub-mkimage"), STR_INIT("apt-get install grub-common")},
	        {STR_INIT("qemu-system-x86_64"), STR_INIT("apt-get install qemu-system-x86")},
	        {STR_INIT("gcc"), STR_INIT("apt-get install gcc")},
	        {STR_INIT("no-such-command"), STR_INIT("`xtask doctor` lists what is missing")},
	};
	struct arena a;
	host_arena_init(&a);
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_str(packages_hint(&a, cases[i].command), cases[i].hint);
	arena_release(&a);
}

static void versions_are_compared_part_for_part(void **)
{
	static const struct {
		struct str a, b;
		int order;
	} cases[] = {
	        {STR_INIT("2.06"), STR_INIT("2.6"), 0},   {STR_INIT("2.06"), STR_INIT("2.12"), -1},
	        {STR_INIT("12"), STR_INIT("12.2.0"), -1}, {STR_INIT("12.2.0"), STR_INIT("12"), 1},
	        {STR_INIT("10"), STR_INIT("9.9"), 1},     {STR_INIT(""), STR_INIT("1"), -1},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(version_compare(cases[i].a, cases[i].b), cases[i].order);
	assert_str(version_find(STR("gcc (Debian) 12.2.0-14")), STR("12.2.0"));
	assert_str(version_find(STR("QEMU emulator version 7.2. x")), STR("7.2"));
	assert_str(version_find(STR("none")), STR(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_projects_own_list_can_be_read),
	        cmocka_unit_test(a_missing_command_is_answered_with_its_package),
	        cmocka_unit_test(versions_are_compared_part_for_part),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
