/* A holder that ended, one that was killed, and what a killed one left running. */
#include "engine/state/state_lock.h"
#include "engine_fixture.h"
#include <errno.h>
#include <signal.h>

static const char lock_path[] = "lock";

/* Takes the lock, starts `command` in the background, and is killed. */
static void killed_holder_runs(const char *command)
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct state_lock held;
		pid_t holder;
		if (state_lock_try(&held, lock_path, &holder) || state_lock_begin(&held))
			_exit(1);
		if (vfork() == 0) {
			execl("/bin/sh", "sh", "-c", command, (char *)NULL);
			_exit(1);
		}
		kill(getpid(), SIGKILL);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}

static void a_released_lock_is_clean(void **state)
{
	(void)state;
	struct state_lock lock;
	pid_t holder;
	assert_int_equal(state_lock_try(&lock, lock_path, &holder), 0);
	assert_false(lock.clean);
	assert_int_equal(state_lock_begin(&lock), 0);
	state_lock_release(&lock, true);
	assert_int_equal(state_lock_wait(&lock, lock_path, 0), 0);
	assert_true(lock.clean);
	state_lock_release(&lock, true);
}

static void what_a_killed_holder_started_is_waited_for(void **state)
{
	(void)state;
	struct state_lock lock;
	pid_t holder;
	killed_holder_runs("until [ -e go ]; do sleep 0.01; done; echo done >late");
	assert_int_equal(state_lock_try(&lock, lock_path, &holder), EWOULDBLOCK);
	assert_true(holder > 0);
	put_file("go", "");
	assert_int_equal(state_lock_wait(&lock, lock_path, 60000), 0);
	assert_false(lock.clean);
	assert_int_equal(access("late", F_OK), 0);
	state_lock_release(&lock, true);
}

static void it_is_not_waited_for_without_end(void **state)
{
	struct world *w = *state;
	struct state_lock lock, second;
	pid_t holder;
	killed_holder_runs("echo $$ >pid; exec sleep 100");
	await_file(w, "pid", true);
	assert_int_equal(state_lock_wait(&lock, lock_path, 200), 0);
	assert_int_equal(state_lock_try(&second, lock_path, &holder), EWOULDBLOCK);
	assert_int_equal(holder, getpid());
	state_lock_release(&lock, true);
	struct str pid;
	assert_int_equal(file_read(&w->arena, "pid", &pid), 0);
	assert_int_equal(kill(atoi(arena_c_str(&w->arena, pid)), SIGKILL), 0);
}

static void a_daemon_that_an_action_left_holds_no_released_lock(void **state)
{
	(void)state;
	struct state_lock lock, second;
	pid_t holder;
	assert_int_equal(state_lock_try(&lock, lock_path, &holder), 0);
	pid_t daemon = fork();
	if (daemon == 0) {
		pause();
		_exit(0);
	}
	state_lock_release(&lock, true);
	assert_int_equal(state_lock_try(&second, lock_path, &holder), 0);
	state_lock_release(&second, true);
	kill(daemon, SIGKILL);
	waitpid(daemon, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        WORLD_TEST(a_released_lock_is_clean),
	        WORLD_TEST(what_a_killed_holder_started_is_waited_for),
	        WORLD_TEST(it_is_not_waited_for_without_end),
	        WORLD_TEST(a_daemon_that_an_action_left_holds_no_released_lock),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
