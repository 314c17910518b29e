/* libs/programs from its own files, with print replaced, over a starter that only counts. */
#include "../../services/boot_fixture.h"
#include "../../test.h"

#define print fake_print
#include "../../../../libs/programs/arguments.c"
#include "../../../../libs/programs/list.c"
#include "../../../../libs/programs/restart.c"
#include "../../../../libs/programs/start.c"

enum { PROGRAMS_MAX = 8 };

static struct {
	struct program list[PROGRAMS_MAX];
	struct program_table table;
	char started[256]; /* "a,b," in order */
	const char *refused; /* package that can't be started */
	uint64_t last_pid;
	uint64_t now_ns;
	unsigned changes;
	bool has_session;
} fake;

static uint64_t fake_now(void *)
{
	return fake.now_ns;
}

static enum status fake_start(void *, const struct program *program, uint64_t *out_pid)
{
	struct str id = program->entry.package_id;
	if (fake.refused && str_equal(id, str_from_c(fake.refused)))
		return ERR_NO_MEMORY;
	strcat(strncat(fake.started, id.ptr, id.len), ",");
	*out_pid = ++fake.last_pid;
	return OK;
}

static void fake_changed(void *, const struct program *)
{
	fake.changes++;
}

static bool fake_wants(void *, const struct startup_program *entry)
{
	return entry->mode == STARTUP_INIT || (entry->mode == STARTUP_SESSION && fake.has_session);
}

static const struct program_ops fake_ops = {fake_now, fake_start, fake_changed};

/* programs: as archive_begin. */
static struct program_table *make(const char *registry, const char *programs)
{
	memset(&fake, 0, sizeof fake);
	archive_begin(programs);
	if (registry)
		archive_add(MACHINE_PATH_STARTUP_PROGRAMS, registry);
	fake.table = (struct program_table){.name = "t",
	                                    .ops = &fake_ops,
	                                    .archive = archive_end(),
	                                    .list = fake.list,
	                                    .capacity = PROGRAMS_MAX};
	return &fake.table;
}

static void begin(struct program_table *table)
{
	assert_true(programs_read(table, fake_wants));
	programs_start(table);
}

static void end_of(struct program_table *table, const char *package, int32_t status)
{
	struct program *program = programs_find(table, str_from_c(package));
	assert_int_equal(program->state, PROGRAM_RUNNING);
	programs_ended(table, program, status);
	programs_wake(table);
	programs_start(table);
}

/* Lets the time pass that the table waits for, if it does. */
static bool sleep_until_due(struct program_table *table)
{
	uint64_t next_ns = programs_next_ns(table);
	fake.now_ns += next_ns;
	programs_wake(table);
	programs_start(table);
	return next_ns;
}

static void programs_start_after_what_they_depend_on(void **)
{
	static const struct {
		const char *registry, *started;
	} cases[] = {
	        {ROW("a", "init", "") ROW("b", "init", ""), "a,b,"},
	        {ROW("a", "init", "b") ROW("b", "init", "c") ROW("c", "init", ""), "c,b,a,"},
	        {ROW("a", "init", "b,c") ROW("b", "init", "") ROW("c", "init", "b"), "b,c,a,"},
	        /* what is not in the table is not waited for */
	        {ROW("a", "init", "kernel,rootd"), "a,"},
	        {ROW("s", "session", "") ROW("a", "init", "s"), "a,"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct program_table *table = make(cases[i].registry, "a b c s rootd");
		begin(table);
		assert_string_equal(fake.started, cases[i].started);
		assert_int_equal(table->status, 0);
	}
}

static void first_failure_is_the_status(void **)
{
	struct program_table *table =
	        make(ROW("a", "init", "") ROW("b", "init", "") ROW("c", "init", ""), "a b c");
	begin(table);
	assert_true(programs_go_on(table));
	end_of(table, "a", 0);
	end_of(table, "b", 139);
	end_of(table, "c", 4);
	assert_int_equal(table->status, 139);
	assert_false(programs_go_on(table));
}

static void program_outside_the_archive_is_named_and_no_failure(void **)
{
	struct program_table *table =
	        make(ROW("a", "init", "") ROW("gone", "init", "") ROW("b", "init", "gone"), "a b");
	begin(table);
	assert_string_equal(fake.started, "a,");
	assert_true(printed("t: not in the boot archive package=gone exec=gone"));
	assert_true(printed("t: dependency gone of package=b did not start"));
	assert_int_equal(table->status, 0);
}

static void program_that_cannot_start_takes_its_dependants_along(void **)
{
	struct program_table *table =
	        make(ROW("b", "init", "a") ROW("a", "init", "") ROW("c", "init", ""), "a b c");
	fake.refused = "a";
	begin(table);
	assert_string_equal(fake.started, "c,");
	assert_true(printed("t: cannot start package=a: ERR_NO_MEMORY\n"));
	assert_true(printed("t: dependency a of package=b did not start"));
	assert_int_equal(table->status, 1);
}

static void service_that_finds_no_memory_is_tried_again_within_its_budget(void **)
{
	struct program_table *table =
	        make(ROW("vfsd", "init", "") ROW("a", "init", "vfsd"), "a vfsd");
	fake.refused = "vfsd";
	begin(table);
	assert_true(sleep_until_due(table));
	assert_true(sleep_until_due(table));
	fake.refused = NULL;
	assert_true(sleep_until_due(table));
	assert_string_equal(fake.started, "vfsd,");
	assert_int_equal(table->status, 0);
	assert_int_equal(fake.now_ns, (10 + 20 + 40) * 1000000ULL);
	fake.refused = "vfsd";
	end_of(table, "vfsd", 137);
	while (sleep_until_due(table))
		;
	assert_int_equal(programs_find(table, STR("vfsd"))->state, PROGRAM_FAILED);
	assert_true(printed("t: dependency vfsd of package=a did not start"));
	assert_false(programs_go_on(table));
}

static void dependency_cycle_is_a_failure(void **)
{
	struct program_table *table = make(ROW("a", "init", "b") ROW("b", "init", "a")
	                                           ROW("c", "init", "") ROW("d", "init", "d"),
	                                   "a b c d");
	begin(table);
	end_of(table, "c", 0);
	assert_false(programs_go_on(table));
	programs_report_cycles(table);
	assert_string_equal(fake.started, "c,");
	assert_true(printed("t: dependency cycle at package=a through b"));
	assert_true(printed("t: dependency cycle at package=d through d"));
	assert_int_equal(table->status, 1);
}

static void dependant_of_a_service_waits_until_it_is_registered(void **)
{
	struct program_table *table =
	        make(ROW("user", "init", "vfsd,a") ROW("vfsd", "init", "") ROW("a", "init", ""),
	             "user vfsd a");
	begin(table);
	assert_string_equal(fake.started, "vfsd,a,");
	assert_true(printed("t: package=user waits for vfsd\n"));
	fake.now_ns = 7000;
	programs_find(table, STR("vfsd"))->registered = true;
	programs_start(table);
	assert_string_equal(fake.started, "vfsd,a,user,");
	assert_int_equal(programs_find(table, STR("user"))->started_ns, 7000);
}

static void end_waits_for_a_service_that_was_started(void **)
{
	struct program_table *table = make(ROW("vfsd", "init", "") ROW("a", "init", ""), "a vfsd");
	begin(table);
	end_of(table, "a", 0);
	assert_true(programs_go_on(table));
	programs_find(table, STR("vfsd"))->registered = true;
	assert_false(programs_go_on(table));
}

static void the_last_one_waits_for_every_service(void **)
{
	struct program_table *table =
	        make(ROW("last", "init", "") ROW("vfsd", "init", ""), "last vfsd");
	assert_true(programs_read(table, fake_wants));
	programs_find(table, STR("last"))->is_last = true;
	programs_start(table);
	assert_string_equal(fake.started, "vfsd,");
	programs_find(table, STR("vfsd"))->registered = true;
	programs_start(table);
	assert_string_equal(fake.started, "vfsd,last,");
}

static void what_is_decided_elsewhere_is_waited_for_and_not_started(void **)
{
	struct program_table *table =
	        make(ROW("a", "init", "vfsd") ROW("vfsd", "init", ""), "a vfsd");
	assert_true(programs_read(table, fake_wants));
	struct program *vfsd = programs_find(table, STR("vfsd"));
	vfsd->is_elsewhere = true;
	programs_start(table);
	assert_string_equal(fake.started, "");
	vfsd->state = PROGRAM_RUNNING;
	vfsd->registered = true;
	programs_start(table);
	assert_string_equal(fake.started, "a,");
	vfsd->state = PROGRAM_DELAYED;
	assert_int_equal(programs_next_ns(table), 0);
}

static void malformed_line_is_named_and_costs_itself(void **)
{
	struct program_table *table = make("nonsense\n" ROW("a", "init", ""), "a");
	begin(table);
	assert_string_equal(fake.started, "a,");
	assert_true(printed("t: malformed line 1 in "));
}

static void registry_must_be_there_but_may_be_empty(void **)
{
	begin(make("", ""));
	assert_false(programs_go_on(&fake.table));
	assert_false(programs_read(make(NULL, ""), fake_wants));
	assert_true(printed("t: cannot read system/registry/"));
	assert_true(printed("ERR_NOT_FOUND"));
}

static void more_programs_than_memory_are_refused_by_name(void **)
{
	struct program_table *table = make(ROW("a", "init", "") ROW("b", "init", ""), "a b");
	table->capacity = 1;
	begin(table);
	assert_string_equal(fake.started, "a,");
	assert_true(printed("t: no memory for package=b"));
	assert_int_equal(table->status, 1);
}

static void service_is_started_again_within_its_budget(void **)
{
	struct program_table *table =
	        make(ROW("vfsd", "init", "") ROW("a", "init", "vfsd"), "a vfsd");
	begin(table);
	do
		end_of(table, "vfsd", 1);
	while (sleep_until_due(table));
	assert_string_equal(fake.started, "vfsd,vfsd,vfsd,vfsd,vfsd,vfsd,vfsd,");
	assert_int_equal(fake.now_ns, (10 + 20 + 40 + 80 + 160 + 320) * 1000000ULL);
	assert_true(printed("t: package=vfsd ended 7 times in a row, not starting it again"));
	assert_true(printed("t: dependency vfsd of package=a did not start, not starting it"));
	assert_int_equal(table->status, 1);
	assert_false(programs_go_on(table));
}

static void vital_service_is_started_again_far_more_often(void **)
{
	struct program_table *table =
	        make(ROW("vfsd", "init", "") ROW("a", "init", "vfsd"), "a vfsd");
	assert_true(programs_read(table, fake_wants));
	programs_find(table, STR("vfsd"))->is_vital = true;
	programs_start(table);
	for (int i = 0; i < 6; i++) {
		end_of(table, "vfsd", 137);
		assert_true(sleep_until_due(table));
	}
	for (int i = 7; i < 20; i++) {
		uint64_t before_ns = fake.now_ns;
		boot.printed_len = 0;
		end_of(table, "vfsd", 137);
		assert_true(sleep_until_due(table));
		assert_int_equal(fake.now_ns - before_ns, 2000 * 1000000ULL);
		assert_true(printed("in a row, but nothing goes on without it"));
		assert_true(printed("t: starting package=vfsd again in 2000 ms"));
	}
	assert_int_equal(programs_find(table, STR("vfsd"))->state, PROGRAM_RUNNING);
	assert_int_equal(table->status, 0);
	programs_find(table, STR("vfsd"))->restarts = 100;
	end_of(table, "vfsd", 137);
	assert_int_equal(programs_find(table, STR("vfsd"))->state, PROGRAM_FAILED);
}

static void row_of_restarts_begins_anew_after_a_steady_life(void **)
{
	fake.has_session = false;
	struct program_table *table = make(ROW("s", "session", ""), "s");
	fake.has_session = true;
	begin(table);
	end_of(table, "s", 0);
	assert_true(printed("t: starting package=s again in 20 ms"));
	assert_true(sleep_until_due(table));
	end_of(table, "s", 0);
	assert_true(printed("t: starting package=s again in 40 ms"));
	assert_true(sleep_until_due(table));
	boot.printed_len = 0;
	fake.now_ns += 60000 * 1000000ULL;
	end_of(table, "s", 0);
	assert_true(printed("t: starting package=s again in 20 ms"));
	assert_true(programs_go_on(table));
	assert_int_equal(table->status, 0);
}

static void one_ended_to_be_replaced_starts_at_once_and_uncounted(void **)
{
	struct program_table *table = make(ROW("vfsd", "init", ""), "vfsd");
	begin(table);
	for (int i = 0; i < 20; i++) {
		programs_find(table, STR("vfsd"))->at_once = true;
		end_of(table, "vfsd", 137);
	}
	assert_int_equal(fake.last_pid, 21);
	assert_int_equal(fake.now_ns, 0);
	assert_int_equal(programs_find(table, STR("vfsd"))->restarts, 0);
}

static void each_new_state_is_told_once(void **)
{
	struct program_table *table =
	        make(ROW("a", "init", "vfsd") ROW("vfsd", "init", ""), "a vfsd");
	begin(table);
	assert_int_equal(fake.changes, 1);
	programs_start(table);
	assert_int_equal(fake.changes, 1);
	programs_ended(table, programs_find(table, STR("vfsd")), 0);
	assert_int_equal(fake.changes, 2);
}

/* ---- what a program is started with ---- */

static struct program_table *make_record(const char *args, const char *env)
{
	static char record[SPAWN_EXEC_ENVS_BYTES_MAX * 2];
	snprintf(record, sizeof record,
	         "desktop_id=a.desktop\tpackage_id=a\tstartup=none\texec=a\tweight=77\tdeps=x,y\t"
	         "args=%s\tenv=%s\n",
	         args, env);
	memset(&fake, 0, sizeof fake);
	archive_begin("a");
	archive_add(MACHINE_PATH_DESKTOP_PROGRAMS, record);
	archive_add(MACHINE_PATH_RUNTIME_ENV, "scope=init\tkey=HOME\tvalue=/home/user\n"
	                                      "scope=init\tkey=HOM\tvalue=a=b\n"
	                                      "scope=runtime\tkey=X\tvalue=y\n");
	fake.table = (struct program_table){.name = "t",
	                                    .ops = &fake_ops,
	                                    .archive = archive_end(),
	                                    .list = fake.list,
	                                    .capacity = PROGRAMS_MAX};
	return &fake.table;
}

static void arguments_and_environment_come_from_the_registries(void **)
{
	static struct program_arguments all;
	struct program_table *table = make_record("one|two words", "HOME=/root");
	struct program *program = programs_add_package(table, STR("a"));
	assert_non_null(program);
	assert_int_equal(program->restart, IPC_RESTART_SESSION);
	assert_true(programs_read_arguments(table, program, &all));
	assert_true(programs_add_environment(table, STR("init"), &all.environment));
	assert_int_equal(all.arguments.len, sizeof "a\0one\0two words");
	assert_memory_equal(all.arguments.bytes, "a\0one\0two words", all.arguments.len);
	assert_int_equal(all.environment.len, sizeof "HOME=/root\0HOM=a=b");
	assert_memory_equal(all.environment.bytes, "HOME=/root\0HOM=a=b", all.environment.len);
	assert_int_equal(programs_weight(table, program), 77);
	assert_null(programs_add_package(table, STR("b")));
}

static void more_than_a_program_can_be_given_is_refused(void **)
{
	static struct program_arguments all;
	static char longer[SPAWN_EXEC_ARGS_BYTES_MAX + 1];
	memset(longer, 'p', sizeof longer - 1);
	struct program_table *table = make_record(longer, "");
	assert_false(programs_read_arguments(table, programs_add_package(table, STR("a")), &all));
	char many[2 * SPAWN_EXEC_ARGS_MAX + 1];
	for (size_t i = 0; i < SPAWN_EXEC_ARGS_MAX; i++)
		memcpy(many + 2 * i, "x|", 3);
	table = make_record(many, "");
	assert_false(programs_read_arguments(table, programs_add_package(table, STR("a")), &all));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(programs_start_after_what_they_depend_on),
	        cmocka_unit_test(first_failure_is_the_status),
	        cmocka_unit_test(program_outside_the_archive_is_named_and_no_failure),
	        cmocka_unit_test(program_that_cannot_start_takes_its_dependants_along),
	        cmocka_unit_test(service_that_finds_no_memory_is_tried_again_within_its_budget),
	        cmocka_unit_test(dependency_cycle_is_a_failure),
	        cmocka_unit_test(dependant_of_a_service_waits_until_it_is_registered),
	        cmocka_unit_test(end_waits_for_a_service_that_was_started),
	        cmocka_unit_test(the_last_one_waits_for_every_service),
	        cmocka_unit_test(what_is_decided_elsewhere_is_waited_for_and_not_started),
	        cmocka_unit_test(malformed_line_is_named_and_costs_itself),
	        cmocka_unit_test(registry_must_be_there_but_may_be_empty),
	        cmocka_unit_test(more_programs_than_memory_are_refused_by_name),
	        cmocka_unit_test(service_is_started_again_within_its_budget),
	        cmocka_unit_test(vital_service_is_started_again_far_more_often),
	        cmocka_unit_test(row_of_restarts_begins_anew_after_a_steady_life),
	        cmocka_unit_test(one_ended_to_be_replaced_starts_at_once_and_uncounted),
	        cmocka_unit_test(each_new_state_is_told_once),
	        cmocka_unit_test(arguments_and_environment_come_from_the_registries),
	        cmocka_unit_test(more_than_a_program_can_be_given_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
