#include "../engine_fixture.h"
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>

static void independent_actions_run_side_by_side(void **state)
{
	struct world *w = *state;
	/* Each waits for the other to have begun. */
	world_shell(w, "", "out/a",
	            "touch begun_a; while ! [ -e begun_b ]; do sleep 0.01; done; echo > $0");
	world_shell(w, "", "out/b",
	            "touch begun_b; while ! [ -e begun_a ]; do sleep 0.01; done; echo > $0");
	assert_runs(w, 2, 0);
}

static void no_more_than_jobs_run_at_once(void **state)
{
	struct world *w = *state;
	w->request.jobs = 1;
	for (int i = 0; i < 4; i++) {
		char output[16];
		snprintf(output, sizeof output, "out/%d", i);
		world_shell(w, "", output, "mkdir only && sleep 0.02 && rmdir only && echo > $0");
	}
	assert_runs(w, 4, 0);
}

static void the_longest_chain_begins_first(void **state)
{
	struct world *w = *state;
	world_shell(w, "", "out/short", "echo short >> log; echo > $0");
	world_shell(w, "", "out/long", "echo long >> log; echo > $0");
	world_shell(w, "out/long", "out/longer", "echo > $0");
	w->request.jobs = 1;
	assert_runs(w, 3, 0);
	assert_file(w, "log", "long\nshort\n");
}

/* The order in which eight independent actions ran. */
static struct str shuffled_order(struct world *w, uint64_t seed)
{
	struct str log;
	assert_int_equal(tree_remove("out"), 0);
	unlink("log");
	world_clear(w);
	w->request.jobs = 1;
	w->request.shuffle = seed;
	for (int i = 0; i < 8; i++)
		world_shell(w, "", str_format(&w->arena, "out/%d", i).ptr,
		            str_format(&w->arena, "echo %d >> log; echo > $0", i).ptr);
	world_shell(w, "out/3", "out/last", "echo > $0");
	assert_runs(w, 9, 0);
	assert_int_equal(file_read(&w->arena, "log", &log), 0);
	return log;
}

static void a_shuffled_order_is_the_seeds(void **state)
{
	struct world *w = *state;
	struct str plain = shuffled_order(w, 0), first = shuffled_order(w, 1);
	assert_true(str_equal(first, shuffled_order(w, 1)));
	assert_false(str_equal(first, plain));
	assert_false(str_equal(first, shuffled_order(w, 2)));
}

static void a_make_inside_gets_no_slot_when_there_is_one(void **state)
{
	struct world *w = *state;
	put_file("nested.mk",
	         "all: t1 t2 t3\nt1 t2 t3:\n\tmkdir busy && sleep 0.03 && rmdir busy\n");
	w->request.jobs = 1;
	world_shell(w, "", "out/a", "make -s -f nested.mk 2>&1 && echo > $0");
	assert_runs(w, 1, 0);
}

static void a_make_inside_gets_a_slot_that_is_free(void **state)
{
	struct world *w = *state;
	/* Each waits for the other to have begun. */
	put_file("nested.mk", "all: t1 t2\n"
	                      "t1:\n\ttouch begun1; while ! [ -e begun2 ]; do sleep 0.01; done\n"
	                      "t2:\n\ttouch begun2; while ! [ -e begun1 ]; do sleep 0.01; done\n");
	w->request.jobs = 2;
	world_shell(w, "", "out/a", "make -s -f nested.mk 2>&1 && echo > $0");
	assert_runs(w, 1, 0);
}

static void a_make_above_us_lends_its_job_slots(void **state)
{
	struct world *w = *state;
	int ends[2];
	char flags[64], token;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	snprintf(flags, sizeof flags, " -j2 --jobserver-auth=%d,%d", ends[0], ends[1]);
	setenv("MAKEFLAGS", flags, 1);
	w->request.jobs = 8;
	for (int i = 0; i < 6; i++)
		world_shell(w, "", str_format(&w->arena, "out/%d", i).ptr,
		            "echo . >> ran; ls -d busy.* 2> /dev/null | wc -l >> counts; "
		            "mkdir busy.$$; sleep 0.03; rmdir busy.$$; echo > $0");
	assert_runs(w, 6, 0);
	unsetenv("MAKEFLAGS");
	struct str counts;
	assert_int_equal(file_read(&w->arena, "counts", &counts), 0);
	assert_false(str_contains(counts, '2')); /* itself and at most one beside it */
	assert_int_equal(read(ends[0], &token, 1), 1);
	assert_int_equal(token, 'x'); /* given back as it was */
	close(ends[0]);
	close(ends[1]);
}

static void a_failure_keeps_the_former_output_and_skips_what_needs_it(void **state)
{
	struct world *w = *state;
	put_file("source", "good");
	world_shell(w, "source", "out/a", "cat source > $0; grep -q good source");
	world_cat(w, "out/a", "out/b");
	assert_runs(w, 2, 0);
	put_file("source", "bad");
	assert_false(world_run(w));
	assert_diag(w, "shell out/a: exit status 1");
	assert_int_equal(w->summary.failed, 1);
	assert_int_equal(w->summary.skipped, 1);
	assert_file(w, "out/a", "good");
	assert_false(world_unchanged(w));
	assert_false(world_run(w));
	put_file("source", "good");
	assert_runs(w, 0, 2);
}

static void keep_going_runs_what_does_not_need_the_failure(void **state)
{
	struct world *w = *state;
	w->request.jobs = 1;
	w->request.keep_going = true;
	world_shell(w, "", "out/a", "exit 3");
	world_cat(w, "out/a", "out/a2");
	world_cat(w, "", "out/b");
	world_shell(w, "", "out/c", "kill -9 $$");
	assert_false(world_run(w));
	assert_counts(w, 1, 0);
	assert_int_equal(w->summary.failed, 2);
	assert_int_equal(w->summary.skipped, 1);
	assert_diag(w, "shell out/a: exit status 3");
	assert_diag(w, "shell out/c: killed by signal 9");
}

static void an_output_that_was_not_made_is_a_failure(void **state)
{
	struct world *w = *state;
	world_shell(w, "", "out/a", "true");
	assert_false(world_run(w));
	assert_diag(w, "shell out/a: it did not make out/a");
	world_clear(w);
	world_shell(w, "", "out/b", "mkdir $0");
	assert_false(world_run(w));
	assert_diag(w, "shell out/b: it made out/b something else than a file");
}

static void nothing_temporary_is_left_behind(void **state)
{
	struct world *w = *state;
	world_shell(w, "", "out/a", "echo > $0; exit 1");
	assert_false(world_run(w));
	struct folder folder;
	assert_int_equal(folder_read(&w->arena, "out", &folder), 0);
	assert_int_equal(folder.count, 1);
	assert_true(str_equal(folder.entries[0].name, STR(".state")));
}

static void an_input_that_vanishes_during_the_run_fails_its_reader(void **state)
{
	struct world *w = *state;
	put_file("source", "");
	world_shell(w, "", "out/a", "rm source; echo > $0");
	world_cat(w, "out/a source", "out/b");
	assert_false(world_run(w));
	assert_diag(w, "shell out/b: its input source: No such file or directory");
	assert_false(world_run(w));
	assert_diag(w, "source: no such file, and nothing makes it");
}

static void an_input_that_changes_while_it_is_read_runs_again(void **state)
{
	struct world *w = *state;
	put_file("source", "1");
	world_shell(w, "source", "out/a",
	            "cat source > $0; [ -e once ] || { touch once; echo 2 > source; }");
	assert_true(world_run(w));
	assert_int_equal(w->diag.warnings, 1);
	assert_diag(w, "source changed while 'shell out/a' read it");
	assert_false(world_unchanged(w));
	assert_runs(w, 1, 0);
	assert_file(w, "out/a", "2\n");
	assert_runs(w, 0, 1);
}

static pid_t run_in_child(struct world *w)
{
	pid_t pid = fork();
	if (pid == 0) {
		bool ok = world_run(w);
		_exit(w->summary.signal ? 100 : ok ? 0 : 1);
	}
	return pid;
}

/* The child has been killed; whoever inherits it takes a moment to bury it. */
static void wait_for_end(pid_t pid)
{
	while (kill(pid, 0) == 0)
		usleep(1000);
}

static void a_signal_ends_children_and_keeps_outputs_and_state(void **state)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct world *w = *state;
	put_file("source", "1");
	world_shell(w, "source", "out/quick", "cat source > $0");
	world_shell(w, "out/quick", "out/slow",
	            "cat source > $0; grep -q 1 source || { echo $$ > pid; sleep 100000; }");
	assert_runs(w, 2, 0);
	for (size_t i = 0; i < COUNT(signals); i++) {
		put_file("source", i == 0 ? "22" : i == 1 ? "333" : "4444");
		assert_int_equal(tree_remove("pid"), 0);
		pid_t pid = run_in_child(w);
		await_file(w, "pid", true);
		kill(pid, signals[i]);
		int status;
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(WEXITSTATUS(status), 100);
		struct str child;
		assert_int_equal(file_read(&w->arena, "pid", &child), 0);
		wait_for_end(atoi(child.ptr));
		assert_file(w, "out/slow", "1");
	}
	put_file("source", "1");
	assert_runs(w, 1, 1); /* out/quick follows; what it feeds never changed */
}

static void children_die_with_a_killed_run(void **state)
{
	struct world *w = *state;
	world_shell(w, "", "out/a", "echo $$ > pid; exec sleep 60");
	pid_t pid = run_in_child(w);
	await_file(w, "pid", true);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	struct str child;
	assert_int_equal(file_read(&w->arena, "pid", &child), 0);
	char stat_path[64], gone = 0;
	snprintf(stat_path, sizeof stat_path, "/proc/%d/stat", atoi(child.ptr));
	for (int i = 0; i < 12000 && !gone; i++) {
		struct str line;
		gone = file_read(&w->arena, stat_path, &line) != 0 ||
		       memmem(line.ptr, line.len, ") Z ", 4);
		usleep(5000);
	}
	assert_true(gone);
}

static void a_second_run_waits_and_then_finds_nothing_to_do(void **state)
{
	struct world *w = *state;
	/* the first run ends once the second has said that it waits */
	world_shell(w, "", "out/a",
	            "touch begun; until [ -s said ]; do sleep 0.01; done; echo > $0");
	pid_t pid = run_in_child(w);
	await_file(w, "begun", false);
	assert_int_equal(dup2(STDERR_FILENO, 100), 100);
	int said = open("said", O_RDWR | O_CREAT, 0600);
	assert_int_equal(dup2(said, STDERR_FILENO), STDERR_FILENO);
	bool ok = world_run(w);
	dup2(100, STDERR_FILENO);
	close(100);
	close(said);
	assert_true(ok);
	assert_counts(w, 0, 1);
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	char expected[128];
	snprintf(expected, sizeof expected,
	         "xtask: waiting for process %d, which works on out/.state\n", (int)pid);
	assert_file(w, "said", expected);
}

/* As somebody whom the permissions bind. */
static int run_unprivileged(struct world *w, const char *expected)
{
	pid_t pid = fork();
	if (pid == 0) {
		if (getuid() == 0 && setuid(65534) < 0)
			_exit(2);
		bool ok = world_run(w);
		_exit(!ok && diag_says(&w->diag, expected) ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

static void a_tree_that_can_not_be_written_is_named(void **state)
{
	struct world *w = *state;
	world_shell(w, "", "out/a", "echo > $0");
	assert_int_equal(chmod(".", 0555), 0);
	assert_int_equal(run_unprivileged(w, "out/.state: Permission denied"), 0);
	assert_int_equal(chmod(".", 0755), 0);
	assert_int_equal(folder_create("out/.state"), 0);
	assert_int_equal(chmod("out/.state", 0777), 0);
	assert_int_equal(run_unprivileged(w, "shell out/a: "), 0);
}

/* In a small file system of its own; 77 where such a one can't be had. */
static int run_on_a_small_disk(struct world *w)
{
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", "out", "tmpfs", 0, "size=64k") < 0)
		return 77;
	if (world_run(w) || !diag_says(&w->diag, "shell out/a: exit status 1"))
		return 1;
	world_clear(w);
	world_shell(w, "", "b", "cat /dev/zero > out/fill; echo > $0");
	if (world_run(w) || !diag_says(&w->diag, "out/.state/snapshot: No space left on device"))
		return 2;
	unlink("out/fill");
	world_clear(w);
	world_shell(w, "", "b", "echo > $0");
	return world_run(w) && world_unchanged(w) ? 0 : 3;
}

static void a_full_disk_is_an_error_that_names_the_file(void **state)
{
	struct world *w = *state;
	world_shell(w, "", "out/a", "head -c 200000 /dev/zero > $0");
	assert_int_equal(folder_create("out"), 0);
	pid_t pid = fork();
	if (pid == 0)
		_exit(run_on_a_small_disk(w));
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

static void a_journal_that_is_no_file_is_refused(void **state)
{
	struct world *w = *state;
	world_shell(w, "", "out/a", "echo > $0");
	assert_int_equal(folder_create("out/.state"), 0);
	assert_int_equal(symlink("/dev/full", "out/.state/journal"), 0);
	assert_false(world_run(w));
	assert_diag(w, "out/.state/journal: ");
}

static void long_output_of_many_children_does_not_stop_them(void **state)
{
	struct world *w = *state;
	for (int i = 0; i < 4; i++) {
		char output[16];
		snprintf(output, sizeof output, "out/%d", i);
		world_shell(w, "", output, "seq 60000 > $0; cat $0 1>&2; exit 1");
	}
	w->request.keep_going = true;
	w->request.json = true;
	int null = open("/dev/null", O_WRONLY), former = dup(STDOUT_FILENO);
	fflush(stdout);
	dup2(null, STDOUT_FILENO);
	bool ok = world_run(w);
	fflush(stdout);
	dup2(former, STDOUT_FILENO);
	close(former);
	close(null);
	assert_false(ok);
	assert_int_equal(w->summary.failed, 4);
}

enum { TOGETHER = 4, PATIENCE_MS = 60000 };

/* Ends only once all of them have begun. */
static void run_together(const struct action *action, struct arena *a, struct action_result *out)
{
	struct stat begun = {};
	int file = open("begun", O_WRONLY | O_CREAT | O_APPEND, 0644);
	out->output = str_format(a, "made %.*s", STR_ARG(action->subject));
	out->exit_status = file < 0 || write(file, "x", 1) != 1;
	for (int i = 0; i < PATIENCE_MS && begun.st_size < TOGETHER; i++) {
		usleep(1000);
		out->exit_status |= fstat(file, &begun);
	}
	close(file);
	out->exit_status |= begun.st_size != TOGETHER;
	out->exit_status |= file_write(engine_output(action, 0).ptr, STR("x"), 0644);
}

static void run_crash(const struct action *action, struct arena *a, struct action_result *out)
{
	(void)action;
	(void)a;
	(void)out;
	raise(SIGKILL);
}

static void long_in_process_actions_run_side_by_side_and_may_crash_alone(void **state)
{
	struct world *w = *state;
	const struct action_kind slow = {.name = "slow", .version = 1, .run = run_together};
	const struct action_kind crash = {.name = "crash", .version = 1, .run = run_crash};
	w->request.jobs = TOGETHER;
	for (int i = 0; i < TOGETHER; i++) {
		struct action *action = graph_add(&w->graph, &slow);
		action->outputs = words(w, i == 0   ? "out/0"
		                           : i == 1 ? "out/1"
		                           : i == 2 ? "out/2"
		                                    : "out/3");
	}
	assert_runs(w, TOGETHER, 0);
	graph_add(&w->graph, &crash)->outputs = words(w, "out/crash");
	w->request.keep_going = true; /* so that all are looked at before it ends */
	assert_false(world_run(w));
	assert_diag(w, "killed by signal 9");
	assert_counts(w, 0, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        WORLD_TEST(independent_actions_run_side_by_side),
	        WORLD_TEST(no_more_than_jobs_run_at_once),
	        WORLD_TEST(the_longest_chain_begins_first),
	        WORLD_TEST(a_shuffled_order_is_the_seeds),
	        WORLD_TEST(a_make_inside_gets_no_slot_when_there_is_one),
	        WORLD_TEST(a_make_inside_gets_a_slot_that_is_free),
	        WORLD_TEST(a_make_above_us_lends_its_job_slots),
	        WORLD_TEST(a_failure_keeps_the_former_output_and_skips_what_needs_it),
	        WORLD_TEST(keep_going_runs_what_does_not_need_the_failure),
	        WORLD_TEST(an_output_that_was_not_made_is_a_failure),
	        WORLD_TEST(nothing_temporary_is_left_behind),
	        WORLD_TEST(an_input_that_vanishes_during_the_run_fails_its_reader),
	        WORLD_TEST(an_input_that_changes_while_it_is_read_runs_again),
	        WORLD_TEST(a_signal_ends_children_and_keeps_outputs_and_state),
	        WORLD_TEST(children_die_with_a_killed_run),
	        WORLD_TEST(a_second_run_waits_and_then_finds_nothing_to_do),
	        WORLD_TEST(a_tree_that_can_not_be_written_is_named),
	        WORLD_TEST(a_full_disk_is_an_error_that_names_the_file),
	        WORLD_TEST(a_journal_that_is_no_file_is_refused),
	        WORLD_TEST(long_output_of_many_children_does_not_stop_them),
	        WORLD_TEST(long_in_process_actions_run_side_by_side_and_may_crash_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
