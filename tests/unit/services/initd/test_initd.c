/* What initd starts, and when, by what the registries say and rootd tells. */
#include "initd_fixture.h"

static void news_add(const char *package, struct root_lease lease)
{
	fake.news[fake.news_count++] = (struct told){lease, package};
}

/* What was known before ends here; initd starts what it may then. */
static void news_end(void)
{
	fake.news[fake.news_count++] = (struct told){};
}

static struct initd *make(char *const *words)
{
	static struct initd self;
	static struct program programs[PROGRAMS_MAX];
	memset(&fake, 0, sizeof fake);
	archive_begin("initd vfsd a b s");
	archive_add(MACHINE_PATH_STARTUP_PROGRAMS,
	            ROW("a", "init", "vfsd") ROW("b", "init", "a") ROW("initd", "init", "rootd")
	                    ROW("s", "session", "") ROW("vfsd", "init", ""));
	archive_add(MACHINE_PATH_CORE_PROGRAMS, "package_id=initd\npackage_id=vfsd\n");
	archive_add(MACHINE_PATH_DESKTOP_PROGRAMS,
	            RECORD("a", "init", "vfsd", "77", "", "A=1")
	                    RECORD("b", "init", "a", "1", "", "")
	                            RECORD("s", "session", "", "5", "", "")
	                                    RECORD("vfsd", "init", "", "4000", "", ""));
	archive_add(MACHINE_PATH_RUNTIME_ENV, "scope=init\tkey=HOME\tvalue=/home/user\n");
	self = (struct initd){.has_session = true};
	self.table = (struct program_table){.name = "initd",
	                                    .ops = &initd_ops,
	                                    .context = &self,
	                                    .archive = archive_end(),
	                                    .list = programs,
	                                    .capacity = PROGRAMS_MAX};
	assert_true(initd_read(&self, words));
	return &self;
}

static char *const no_session[] = {(char[]){"session=none"}, NULL};

static const struct root_lease vfsd_runs = {.pid = 2,
                                            .service = IPC_SERVICE_VFSD,
                                            .state = ROOT_LEASE_RUNNING,
                                            .flags = ROOT_LEASE_CORE | ROOT_LEASE_REGISTERED};

static void programs_start_with_what_the_registries_say(void **)
{
	struct initd *self = make(no_session);
	news_add("vfsd", vfsd_runs);
	news_end();
	assert_int_equal(initd_run(self), ERR_NOT_CONNECTED);
	assert_string_equal(fake.started, "a,b,");
	self = make(none);
	news_add("vfsd", vfsd_runs);
	news_end();
	assert_int_equal(initd_run(self), ERR_NOT_CONNECTED);
	assert_string_equal(fake.started, "a,b,s,");
	assert_true(printed("initd: launch order=a,b,s\n"));
	self = make(no_session);
	programs_find(&self->table, STR("b"))->state = PROGRAM_EXITED;
	news_add("vfsd", vfsd_runs);
	news_end();
	assert_int_equal(initd_run(self), ERR_NOT_CONNECTED);
	assert_string_equal(fake.environment, "A=1 HOME=/home/user ");
	assert_int_equal(fake.weight, 77);
}

static void core_services_are_waited_for_and_never_started(void **)
{
	struct initd *self = make(no_session);
	struct root_lease away = vfsd_runs;
	away.flags = ROOT_LEASE_CORE;
	news_add("vfsd", away);
	news_end();
	assert_int_equal(initd_run(self), ERR_NOT_CONNECTED);
	assert_string_equal(fake.started, "");
	assert_string_equal(fake.noted, "a,b,");
	assert_true(printed("initd: package=a waits for vfsd\n"));
	news_add("vfsd", vfsd_runs);
	fake.news_next = fake.news_count - 1;
	assert_int_equal(initd_run(self), ERR_NOT_CONNECTED);
	assert_string_equal(fake.started, "a,b,");
}

static void dependants_of_a_service_that_failed_say_so(void **)
{
	struct initd *self = make(no_session);
	struct root_lease failed = vfsd_runs;
	failed.state = ROOT_LEASE_FAILED;
	failed.flags = ROOT_LEASE_CORE;
	news_add("vfsd", failed);
	news_end();
	assert_int_equal(initd_run(self), OK);
	assert_string_equal(fake.started, "");
	assert_true(printed("initd: dependency vfsd of package=a did not start"));
	assert_true(printed("initd: dependency a of package=b did not start"));
	assert_int_equal(fake.finished, 1);
}

static void what_an_earlier_initd_has_started_is_taken_over(void **)
{
	struct initd *self = make(none);
	news_add("vfsd", vfsd_runs);
	news_add("a", (struct root_lease){.pid = 5, .state = ROOT_LEASE_RUNNING});
	news_add("b", (struct root_lease){.pid = 6, .state = ROOT_LEASE_EXITED, .last_status = 3});
	news_add("s", (struct root_lease){.pid = 7, .state = ROOT_LEASE_EXITED});
	news_add("initd", (struct root_lease){
	                          .pid = 8, .state = ROOT_LEASE_RUNNING, .flags = ROOT_LEASE_CORE});
	news_add("unknown", (struct root_lease){.pid = 9, .state = ROOT_LEASE_RUNNING});
	news_end();
	assert_int_equal(initd_run(self), ERR_NOT_CONNECTED);
	assert_true(printed("initd: adopting package=a pid=5\n"));
	assert_string_equal(fake.started, "s,");
	assert_int_equal(self->table.status, 3);
	assert_int_equal(fake.now_ns, 20 * 1000000);
}

static void the_end_of_a_program_is_heard_once(void **)
{
	struct initd *self = make(no_session);
	news_add("vfsd", vfsd_runs);
	news_end();
	const struct root_lease end = {.pid = 1, .state = ROOT_LEASE_EXITED, .last_status = 4};
	news_add("a", end);
	news_add("a", end);
	news_add("b", (struct root_lease){.pid = 2, .state = ROOT_LEASE_EXITED});
	assert_int_equal(initd_run(self), OK);
	assert_string_equal(fake.started, "a,b,");
	assert_int_equal(fake.finished, 4 + 1);
	assert_true(printed("initd: nothing is to come any more status=4\n"));
}

static void one_that_was_given_up_begins_anew_when_rootd_says_so(void **)
{
	struct initd *self = make(none);
	news_add("vfsd", vfsd_runs);
	news_add("a", (struct root_lease){.pid = 5, .state = ROOT_LEASE_FAILED});
	news_end();
	news_add("a", (struct root_lease){
	                      .pid = 5, .state = ROOT_LEASE_FAILED, .flags = ROOT_LEASE_AT_ONCE});
	assert_int_equal(initd_run(self), ERR_NOT_CONNECTED);
	assert_string_equal(fake.started, "s,a,");
}

static void words_of_the_boot_are_heard(void **)
{
	char *const words[] = {(char[]){"start=vfsd"}, (char[]){"start=gone"},
	                       (char[]){"colour=blue"}, NULL};
	struct initd *self = make(words);
	assert_non_null(programs_find(&self->table, STR("vfsd")));
	assert_true(printed("initd: no program of package=gone, not starting it\n"));
	assert_true(printed("initd: unknown argument 'colour=blue', ignoring it\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(programs_start_with_what_the_registries_say),
	        cmocka_unit_test(core_services_are_waited_for_and_never_started),
	        cmocka_unit_test(dependants_of_a_service_that_failed_say_so),
	        cmocka_unit_test(what_an_earlier_initd_has_started_is_taken_over),
	        cmocka_unit_test(the_end_of_a_program_is_heard_once),
	        cmocka_unit_test(one_that_was_given_up_begins_anew_when_rootd_says_so),
	        cmocka_unit_test(words_of_the_boot_are_heard),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
