/* rootd from its own files, with the system calls and print replaced. */
#include "../../test.h"
#include <format/api.h>
#include <rt/api.h>
#include <stdio.h>
#include <string.h>

static enum status fake_spawn(const char *path, const char *const *argv, const char *const *envp,
                              uint64_t flags, uint64_t console_session, uint64_t weight_micros,
                              uint64_t *out_pid);
static enum status fake_drain(struct lifecycle_record *events, uint64_t capacity, uint64_t flags,
                              uint64_t timeout_ns, uint64_t *out_count);
static enum status fake_clock(uint64_t *out_ns);
static enum status fake_signal(uint64_t pid, uint32_t signal);
static enum status fake_machine_end(uint32_t how);
[[gnu::format(printf, 1, 2)]] static void fake_print(const char *format, ...);

#define rustos_spawn_exec fake_spawn
#define rustos_lifecycle_drain_broker fake_drain
#define rustos_clock_now fake_clock
#define rustos_process_signal fake_signal
#define rustos_machine_end fake_machine_end
#define print fake_print
#include "../../../../services/rootd/arguments.c"
#include "../../../../services/rootd/programs.c"
#include "../../../../services/rootd/restart.c"
#include "../../../../services/rootd/shutdown.c"
#include "../../../../services/rootd/start.c"
#include "../../../../services/rootd/supervise.c"

void rootd_note_status(struct rootd *self, int status)
{
	if (self->status == 0)
		self->status = status;
}

enum { TEXT_MAX = 8192, PROGRAMS_MAX = 8 };

struct fake_kernel {
	char printed[TEXT_MAX];
	size_t printed_len;
	char started[256]; /* "a,b," in order */
	const char *refused; /* path that can't be spawned */
	uint64_t last_pid;
	uint64_t flags[PROGRAMS_MAX + 1]; /* of the start, by pid */
	uint64_t registers_pid; /* before the next exit; 0: nobody */
	uint64_t next_exit_pid;
	int32_t exit_status[PROGRAMS_MAX + 1]; /* by pid */
	enum status drain_status;
	uint64_t now_ns;
	uint64_t life_ns; /* what every program lives */
	uint64_t waited_ns; /* for restarts */
	int32_t sent_signal; /* to rootd, when nothing else happens any more */
	bool alone; /* every other process was killed */
	uint32_t machine_end; /* how + 1; 0: not */
};

static struct fake_kernel fake;

static enum status fake_spawn(const char *path, const char *const *argv, const char *const *envp,
                              uint64_t flags, uint64_t console_session, uint64_t, uint64_t *out_pid)
{
	assert_int_equal(console_session, path[0] == 's');
	assert_string_equal(argv[0], path);
	assert_null(argv[1]);
	assert_null(envp[0]);
	if (fake.refused && strcmp(path, fake.refused) == 0)
		return ERR_NO_MEMORY;
	strcat(strcat(fake.started, path), ",");
	*out_pid = ++fake.last_pid;
	fake.flags[*out_pid] = flags;
	return OK;
}

static enum status fake_clock(uint64_t *out_ns)
{
	*out_ns = fake.now_ns;
	return OK;
}

static enum status fake_signal(uint64_t pid, uint32_t signal)
{
	/* the last step, and the only one that services hear of */
	bool was_alone = fake.alone;
	assert_true(pid == PROCESS_ALL || pid == PROCESS_PROGRAMS);
	if (pid == PROCESS_ALL && signal == SHUTDOWN_SIGKILL)
		fake.alone = true;
	return was_alone || pid == PROCESS_PROGRAMS ? ERR_NO_PROCESS : OK;
}

static enum status fake_machine_end(uint32_t how)
{
	fake.machine_end = how + 1;
	return ERR_ACCESS_DENIED;
}

/* Nobody is left to exit: time passes, or somebody signals. */
static enum status fake_drain_nothing(struct lifecycle_record *events, uint64_t timeout_ns,
                                      uint64_t *out_count)
{
	fake.now_ns += timeout_ns;
	fake.waited_ns += timeout_ns;
	*out_count = 0;
	if (timeout_ns)
		return OK;
	if (!fake.sent_signal)
		return ERR_NO_CHILD;
	*out_count = 1;
	events[0] = (struct lifecycle_record){.event = LIFECYCLE_EVENT_SIGNAL,
	                                      .exit_status = fake.sent_signal};
	fake.sent_signal = 0;
	return OK;
}

static enum status fake_drain(struct lifecycle_record *events, uint64_t capacity, uint64_t flags,
                              uint64_t timeout_ns, uint64_t *out_count)
{
	assert_int_equal(flags, LIFECYCLE_DRAIN_WAIT);
	assert_true(capacity >= 2);
	if (fake.drain_status != OK)
		return fake.drain_status;
	if (!fake.registers_pid && fake.next_exit_pid > fake.last_pid)
		return fake_drain_nothing(events, timeout_ns, out_count);
	*out_count = 1;
	if (fake.registers_pid) {
		events[0] = (struct lifecycle_record){.event = LIFECYCLE_EVENT_SERVICE,
		                                      .pid = fake.registers_pid,
		                                      .exit_status = IPC_SERVICE_VFSD};
		fake.registers_pid = 0;
		return OK;
	}
	fake.now_ns += fake.life_ns;
	/* somebody else's child comes along */
	events[0] = (struct lifecycle_record){.event = LIFECYCLE_EVENT_EXIT, .pid = 1000};
	events[1] = (struct lifecycle_record){.event = LIFECYCLE_EVENT_EXIT,
	                                      .pid = fake.next_exit_pid,
	                                      .exit_status = fake.exit_status[fake.next_exit_pid]};
	fake.next_exit_pid++;
	*out_count = 2;
	return OK;
}

static void fake_print(const char *format, ...)
{
	struct format_buffer text = {
	        .ptr = fake.printed, .size = TEXT_MAX, .len = fake.printed_len};
	va_list arguments;
	va_start(arguments, format);
	format_append_list(&text, format, arguments);
	va_end(arguments);
	fake.printed_len = text.len;
}

static bool printed(const char *line)
{
	fake.printed[fake.printed_len] = '\0';
	return strstr(fake.printed, line) != NULL;
}

/* ---- an archive with the registry and empty programs ---- */

static char archive_bytes[TEXT_MAX];
static size_t archive_len;

static void archive_add(const char *name, const char *data)
{
	archive_len +=
	        (size_t)sprintf(archive_bytes + archive_len,
	                        "070701%08X%08X%08X%08X%08X%08X%08zX%08X%08X%08X%08X%08zX%08X", 0,
	                        0100644, 0, 0, 1, 0, strlen(data), 0, 0, 0, 0, strlen(name) + 1, 0);
	memcpy(archive_bytes + archive_len, name, strlen(name) + 1);
	archive_len = (archive_len + strlen(name) + 1 + 3) & ~3UL;
	memcpy(archive_bytes + archive_len, data, strlen(data));
	archive_len = (archive_len + strlen(data) + 3) & ~3UL;
}

/* programs: paths in the archive, separated by blanks. */
static struct rootd rootd_make(const char *registry, const char *programs)
{
	static struct program storage[PROGRAMS_MAX];
	char copy[256];
	memset(archive_bytes, 0, sizeof archive_bytes);
	archive_len = 0;
	fake = (struct fake_kernel){.next_exit_pid = 1};
	strcpy(copy, programs);
	for (char *path = strtok(copy, " "); path; path = strtok(NULL, " "))
		archive_add(path, "");
	if (registry)
		archive_add(MACHINE_PATH_STARTUP_PROGRAMS, registry);
	archive_add("TRAILER!!!", "");
	return (struct rootd){.own_path = STR("rootd"),
	                      .archive = {{archive_bytes, archive_len}},
	                      .programs = storage,
	                      .program_capacity = PROGRAMS_MAX};
}

#define ROW(id, mode, deps)                                                                        \
	"desktop_id=" id ".desktop\tpackage_id=" id "\tmode=" mode "\tdisplay_name=" id            \
	"\texec=" id "\tlaunch=none\tdeps=" deps "\n"

static void run(struct rootd *rootd)
{
	assert_true(rootd_read_programs(rootd));
	rootd_start_programs(rootd);
	assert_true(rootd_wait_for_programs(rootd));
}

static void programs_start_after_what_they_depend_on(void **)
{
	static const struct {
		const char *registry, *started;
	} cases[] = {
	        {ROW("a", "init", "") ROW("b", "init", ""), "a,b,"},
	        {ROW("a", "init", "b") ROW("b", "init", "c") ROW("c", "init", ""), "c,b,a,"},
	        {ROW("a", "init", "b,c") ROW("b", "init", "") ROW("c", "init", "b"), "b,c,a,"},
	        /* what rootd does not start, it does not wait for */
	        {ROW("a", "init", "kernel,rootd"), "a,"},
	        /* itself, and other modes, are not its to start */
	        {ROW("rootd", "init", "") ROW("s", "session", "") ROW("a", "init", "s"), "a,"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct rootd rootd = rootd_make(cases[i].registry, "a b c s rootd");
		run(&rootd);
		assert_string_equal(fake.started, cases[i].started);
		assert_int_equal(rootd.status, 0);
	}
}

static void every_start_and_exit_is_told(void **)
{
	struct rootd rootd = rootd_make(ROW("a", "init", "") ROW("b", "init", "a"), "a b");
	fake.exit_status[1] = 0;
	fake.exit_status[2] = 5;
	run(&rootd);
	assert_true(printed("rootd: start package=a pid=1\n"));
	assert_true(printed("rootd: start package=b pid=2\n"));
	assert_true(printed("rootd: exit package=a pid=1 status=0\n"));
	assert_true(printed("rootd: exit package=b pid=2 status=5\n"));
	assert_int_equal(rootd.status, 5);
}

static void first_failure_is_the_status(void **)
{
	struct rootd rootd =
	        rootd_make(ROW("a", "init", "") ROW("b", "init", "") ROW("c", "init", ""), "a b c");
	fake.exit_status[2] = 139;
	fake.exit_status[3] = 4;
	run(&rootd);
	assert_int_equal(rootd.status, 139);
}

static void program_outside_the_archive_is_named_and_no_failure(void **)
{
	struct rootd rootd = rootd_make(
	        ROW("a", "init", "") ROW("gone", "init", "") ROW("b", "init", "gone"), "a b");
	run(&rootd);
	assert_string_equal(fake.started, "a,");
	assert_true(printed("rootd: not in the boot archive package=gone exec=gone"));
	assert_true(printed("rootd: dependency gone of package=b did not start"));
	assert_int_equal(rootd.status, 0);
}

static void program_that_cannot_start_takes_its_dependants_along(void **)
{
	struct rootd rootd = rootd_make(
	        ROW("b", "init", "a") ROW("a", "init", "") ROW("c", "init", ""), "a b c");
	fake.refused = "a";
	run(&rootd);
	assert_string_equal(fake.started, "c,");
	assert_true(printed("rootd: cannot start package=a: ERR_NO_MEMORY\n"));
	assert_true(printed("rootd: dependency a of package=b did not start"));
	assert_int_equal(rootd.status, 1);
}

static void dependency_cycle_is_a_failure_and_ends(void **)
{
	struct rootd rootd = rootd_make(ROW("a", "init", "b") ROW("b", "init", "a")
	                                        ROW("c", "init", "") ROW("d", "init", "d"),
	                                "a b c d");
	run(&rootd);
	assert_string_equal(fake.started, "c,");
	assert_true(printed("rootd: dependency cycle at package=a through b"));
	assert_true(printed("rootd: dependency cycle at package=d through d"));
	assert_int_equal(rootd.status, 1);
}

static void dependant_of_a_service_waits_until_it_is_registered(void **)
{
	struct rootd rootd = rootd_make(ROW("user", "init", "vfsd,a") ROW("vfsd", "init", "")
	                                        ROW("a", "init", ""),
	                                "user vfsd a");
	assert_true(rootd_read_programs(&rootd));
	rootd_start_programs(&rootd);
	assert_string_equal(fake.started, "vfsd,a,");
	fake.registers_pid = 1;
	fake.next_exit_pid = 2;
	assert_true(rootd_wait_for_programs(&rootd));
	assert_string_equal(fake.started, "vfsd,a,user,");
	assert_true(printed("rootd: service registered package=vfsd id=2\n"));
	assert_int_equal(fake.flags[1],
	                 IPC_SERVICE_VFSD << SPAWN_EXEC_SERVICE_SHIFT | SPAWN_EXEC_ARCHIVE);
	assert_int_equal(fake.flags[2], 0);
	assert_int_equal(fake.flags[3], 1 << (SPAWN_EXEC_USES_SHIFT + IPC_SERVICE_VFSD));
	assert_int_equal(rootd.status, 0);
}

static void malformed_line_is_named_and_costs_itself(void **)
{
	struct rootd rootd = rootd_make("nonsense\n" ROW("a", "init", ""), "a");
	run(&rootd);
	assert_string_equal(fake.started, "a,");
	assert_true(printed("rootd: malformed line 1 in "));
}

static void registry_must_be_there_but_may_be_empty(void **)
{
	struct rootd rootd = rootd_make("", "");
	run(&rootd);
	assert_int_equal(rootd.status, 0);
	rootd = rootd_make(NULL, "");
	assert_false(rootd_read_programs(&rootd));
	assert_true(printed("rootd: cannot read system/registry/"));
	assert_true(printed("ERR_NOT_FOUND"));
}

static void more_programs_than_memory_are_refused_by_name(void **)
{
	struct rootd rootd = rootd_make(ROW("a", "init", "") ROW("b", "init", ""), "a b");
	rootd.program_capacity = 1;
	run(&rootd);
	assert_string_equal(fake.started, "a,");
	assert_true(printed("rootd: no memory for package=b"));
	assert_int_equal(rootd.status, 1);
}

static void session_starts_again_when_it_ends(void **)
{
	struct rootd rootd = rootd_make(ROW("s", "session", "") ROW("a", "init", ""), "a s");
	rootd.has_session = true;
	fake.life_ns = 10 * 1000000;
	assert_true(rootd_read_programs(&rootd));
	rootd_start_programs(&rootd);
	assert_string_equal(fake.started, "s,a,");
	for (int i = 0; i < 6; i++) {
		assert_true(rootd_goes_on(&rootd));
		assert_int_equal(rootd_hear(&rootd, rootd_wake_programs(&rootd, fake.now_ns)), OK);
		(void)rootd_wake_programs(&rootd, fake.now_ns);
		rootd_start_programs(&rootd);
	}
	assert_string_equal(fake.started, "s,a,s,s,");
	assert_true(printed("rootd: starting package=s again in 20 ms"));
	assert_true(printed("rootd: starting package=s again in 40 ms"));
	assert_int_equal(rootd.status, 0);
}

static void row_of_restarts_begins_anew_after_a_steady_life(void **)
{
	struct program program = {.restart = IPC_RESTART_SESSION, .state = PROGRAM_RUNNING};
	program_ended(&program, 1);
	assert_int_equal(program.due_ns, 1 + 20 * 1000000);
	program_ended(&program, 1);
	assert_int_equal(program.due_ns, 1 + 40 * 1000000);
	for (int i = 0; i < 100; i++)
		program_ended(&program, 1);
	assert_int_equal(program.due_ns, 1 + 5000 * 1000000ULL);
	program_ended(&program, 1000 * 1000000);
	assert_int_equal(program.due_ns, 1000 * 1000000 + 20 * 1000000);
	assert_int_equal(program.state, PROGRAM_DELAYED);
}

static void service_is_started_again_within_its_budget(void **)
{
	struct rootd rootd = rootd_make(ROW("vfsd", "init", "") ROW("a", "init", "vfsd"), "a vfsd");
	run(&rootd);
	assert_string_equal(fake.started, "vfsd,vfsd,vfsd,vfsd,vfsd,vfsd,vfsd,");
	assert_int_equal(fake.waited_ns, (10 + 20 + 40 + 80 + 160 + 320) * 1000000ULL);
	assert_true(printed("rootd: package=vfsd ended 7 times in a row, not starting it again"));
	assert_true(printed("status=0, without ever registering its service"));
	assert_true(printed("rootd: dependency vfsd of package=a did not start, not starting it"));
	assert_int_equal(rootd.status, 1);
}

static void services_are_ended_when_nothing_else_runs(void **)
{
	struct rootd rootd = rootd_make(ROW("vfsd", "init", "") ROW("a", "init", "vfsd"), "a vfsd");
	assert_true(rootd_read_programs(&rootd));
	rootd_start_programs(&rootd);
	fake.registers_pid = 1;
	fake.next_exit_pid = 2;
	assert_true(rootd_wait_for_programs(&rootd));
	assert_string_equal(fake.started, "vfsd,a,");
	assert_true(printed("rootd: ending package=vfsd pid=1"));
	assert_true(fake.alone);
	assert_int_equal(rootd.status, 0);
}

static void signals_of_init_end_the_machine(void **)
{
	static const struct {
		int32_t signal;
		uint32_t how;
	} cases[] = {
	        {SHUTDOWN_SIGUSR1, MACHINE_END_HALT},
	        {SHUTDOWN_SIGUSR2, MACHINE_END_POWER_OFF},
	        {SHUTDOWN_SIGTERM, MACHINE_END_RESET},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct rootd rootd = rootd_make(ROW("s", "session", ""), "s");
		fake.next_exit_pid = 100;
		fake.sent_signal = cases[i].signal;
		rootd.has_session = true;
		assert_true(rootd_read_programs(&rootd));
		rootd_start_programs(&rootd);
		assert_int_equal(rootd_hear(&rootd, 0), OK);
		assert_true(fake.alone);
		assert_int_equal(fake.machine_end, cases[i].how + 1);
	}
	rootd_handle_signal(1);
}

static void failing_drain_ends_the_wait(void **)
{
	struct rootd rootd = rootd_make(ROW("a", "init", ""), "a");
	assert_true(rootd_read_programs(&rootd));
	rootd_start_programs(&rootd);
	fake.drain_status = ERR_NO_CHILD;
	assert_false(rootd_wait_for_programs(&rootd));
	assert_true(printed("rootd: cannot learn of exits: ERR_NO_CHILD"));
}

static void path_longer_than_a_program_can_be_given_is_refused(void **)
{
	struct program program = {};
	uint64_t pid;
	fake = (struct fake_kernel){};
	struct rootd rootd = rootd_make("", "");
	static char longer[SPAWN_EXEC_ARGS_BYTES_MAX + SPAWN_EXEC_ENVS_BYTES_MAX];
	memset(longer, 'p', sizeof longer);
	program.entry.exec = (struct str){longer, sizeof longer};
	assert_int_equal(rootd_spawn(&rootd, &program, &pid), ERR_TOO_BIG);
	program.entry.exec = (struct str){longer, 8};
	assert_int_equal(rootd_spawn(&rootd, &program, &pid), OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(programs_start_after_what_they_depend_on),
	        cmocka_unit_test(every_start_and_exit_is_told),
	        cmocka_unit_test(first_failure_is_the_status),
	        cmocka_unit_test(program_outside_the_archive_is_named_and_no_failure),
	        cmocka_unit_test(program_that_cannot_start_takes_its_dependants_along),
	        cmocka_unit_test(dependency_cycle_is_a_failure_and_ends),
	        cmocka_unit_test(dependant_of_a_service_waits_until_it_is_registered),
	        cmocka_unit_test(session_starts_again_when_it_ends),
	        cmocka_unit_test(row_of_restarts_begins_anew_after_a_steady_life),
	        cmocka_unit_test(service_is_started_again_within_its_budget),
	        cmocka_unit_test(services_are_ended_when_nothing_else_runs),
	        cmocka_unit_test(signals_of_init_end_the_machine),
	        cmocka_unit_test(malformed_line_is_named_and_costs_itself),
	        cmocka_unit_test(registry_must_be_there_but_may_be_empty),
	        cmocka_unit_test(more_programs_than_memory_are_refused_by_name),
	        cmocka_unit_test(failing_drain_ends_the_wait),
	        cmocka_unit_test(path_longer_than_a_program_can_be_given_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
