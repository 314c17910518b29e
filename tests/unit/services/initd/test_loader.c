/* How initd has loaderd start programs, as rootd allows it. */
#include "initd_fixture.h"

enum { TICKET = 500 };

/* One program, on a machine that has loaderd; `in_archive`: the program's file is there. */
static struct initd *make_with_loader(bool in_archive)
{
	static struct initd self;
	static struct program programs[PROGRAMS_MAX];
	memset(&fake, 0, sizeof fake);
	fake.ticket = TICKET;
	archive_begin(in_archive ? "loaderd a" : "loaderd");
	archive_add(MACHINE_PATH_STARTUP_PROGRAMS, ROW("a", "init", ""));
	archive_add(MACHINE_PATH_CORE_PROGRAMS, "package_id=loaderd\n");
	archive_add(MACHINE_PATH_DESKTOP_PROGRAMS, RECORD("a", "init", "", "77", "", "A=1"));
	archive_add(MACHINE_PATH_RUNTIME_ENV, "");
	self = (struct initd){
	        .loader = {.service = IPC_SERVICE_LOADERD, .idempotent = 1 << LOADER_SPAWN_EXEC}};
	self.table = (struct program_table){.name = "initd",
	                                    .ops = &initd_ops,
	                                    .context = &self,
	                                    .archive = archive_end(),
	                                    .list = programs,
	                                    .capacity = PROGRAMS_MAX};
	assert_true(initd_read(&self, none));
	return &self;
}

static void loaderd_starts_what_rootd_allows(void **)
{
	struct initd *self = make_with_loader(true);
	assert_int_equal(initd_run(self), ERR_NOT_CONNECTED);
	assert_string_equal(fake.loaded, "/a,");
	assert_string_equal(fake.started, "");
	assert_int_equal(programs_find(&self->table, STR("a"))->pid, 1);
	assert_int_equal(fake.ticket, TICKET + 1);
}

static void a_program_outside_of_the_archive_is_looked_for_on_a_volume(void **)
{
	struct initd *self = make_with_loader(false);
	assert_true(self->table.list[0].is_last);
	assert_int_equal(initd_run(self), ERR_NOT_CONNECTED);
	assert_string_equal(fake.loaded, "/a,");
	self = make_with_loader(false);
	fake.missing = "/a";
	assert_int_equal(initd_run(self), OK);
	assert_string_equal(fake.loaded, "");
	assert_true(printed("initd: cannot start package=a: ERR_NOT_FOUND"));
}

static void loaderd_may_die_before_and_after_its_work(void **)
{
	struct initd *self = make_with_loader(true);
	fake.deaths = 2;
	assert_int_equal(initd_run(self), ERR_NOT_CONNECTED);
	assert_string_equal(fake.loaded, "/a,");
	self = make_with_loader(true);
	fake.deaths = 1;
	fake.dies_late = true;
	assert_int_equal(initd_run(self), ERR_NOT_CONNECTED);
	assert_string_equal(fake.loaded, "/a,");
	assert_int_equal(programs_find(&self->table, STR("a"))->pid, 1);
	assert_int_equal(programs_find(&self->table, STR("a"))->state, PROGRAM_RUNNING);
}

static void a_loaderd_that_is_away_is_no_missing_file(void **)
{
	struct initd *self = make_with_loader(true);
	fake.away = true;
	assert_int_equal(initd_run(self), OK);
	assert_true(printed("initd: cannot start package=a: ERR_IO"));
	self = make_with_loader(true);
	fake.away = true;
	programs_find(&self->table, STR("a"))->restart = IPC_RESTART_SERVICE;
	programs_find(&self->table, STR("a"))->restarts = 5;
	assert_int_equal(initd_run(self), OK);
	assert_true(printed("initd: starting package=a again in"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(loaderd_starts_what_rootd_allows),
	        cmocka_unit_test(a_program_outside_of_the_archive_is_looked_for_on_a_volume),
	        cmocka_unit_test(loaderd_may_die_before_and_after_its_work),
	        cmocka_unit_test(a_loaderd_that_is_away_is_no_missing_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
