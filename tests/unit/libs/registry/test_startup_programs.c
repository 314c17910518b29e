#include "../../test.h"
#include <registry/api.h>

#define GOOD                                                                                       \
	"desktop_id=netd.desktop\tpackage_id=netd\tmode=init\tdisplay_name=netd\t"                 \
	"exec=services/netd/netd.elf\tlaunch=none\tdeps=vfsd,procd\n"

static void row_gives_every_field(void **)
{
	struct registry_reader reader = registry_begin(STR(GOOD));
	struct startup_program program;
	assert_int_equal(startup_program_next(&reader, &program), OK);
	assert_int_equal(program.line, 1);
	assert_str(program.desktop_id, STR("netd.desktop"));
	assert_str(program.package_id, STR("netd"));
	assert_int_equal(program.mode, STARTUP_INIT);
	assert_str(program.display_name, STR("netd"));
	assert_str(program.exec, STR("services/netd/netd.elf"));
	assert_str(program.launch, STR("none"));
	assert_str(program.deps, STR("vfsd,procd"));
	assert_int_equal(startup_program_next(&reader, &program), ERR_NOT_FOUND);
}

static void bad_row_costs_that_row(void **)
{
	static const struct str bad[] = {
	        STR_INIT("nonsense\n" GOOD),
	        /* no deps */
	        STR_INIT("desktop_id=a\tpackage_id=a\tmode=init\tdisplay_name=a\texec=a\t"
	                 "launch=none\n" GOOD),
	        /* unknown mode */
	        STR_INIT("desktop_id=a\tpackage_id=a\tmode=boot\tdisplay_name=a\texec=a\t"
	                 "launch=none\tdeps=\n" GOOD),
	        /* nothing to run */
	        STR_INIT("desktop_id=a\tpackage_id=a\tmode=init\tdisplay_name=a\texec=\t"
	                 "launch=none\tdeps=\n" GOOD),
	        STR_INIT("desktop_id=a\tpackage_id=\tmode=init\tdisplay_name=a\texec=a\t"
	                 "launch=none\tdeps=\n" GOOD),
	};
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct registry_reader reader = registry_begin(bad[i]);
		struct startup_program program = {};
		assert_int_equal(startup_program_next(&reader, &program), ERR_INVALID_ARGS);
		assert_int_equal(program.line, 1);
		assert_int_equal(startup_program_next(&reader, &program), OK);
		assert_int_equal(program.line, 2);
		assert_str(program.package_id, STR("netd"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(row_gives_every_field),
	        cmocka_unit_test(bad_row_costs_that_row),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
