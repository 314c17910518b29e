#include "users.h"

void step(struct steps *steps, int64_t got, int64_t expected)
{
	steps->count++;
	if (got == expected || steps->wrong)
		return;
	steps->wrong = steps->count;
	steps->got = got;
}

void check_child(struct tap *tap, void (*run)(struct steps *steps), const char *name)
{
	int32_t status = 0;
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		struct steps steps = {};
		run(&steps);
		if (steps.wrong)
			print("# step %d: %ld\n", steps.wrong, steps.got);
		CALL(LINUX_EXIT_GROUP, steps.wrong);
	}
	CALL(LINUX_WAIT4, pid, &status, 0, 0);
	tap_check_equal(tap, status, 0, name);
}

void become_user(struct steps *steps)
{
	step(steps, CALL(LINUX_SETRESGID, GROUP, GROUP, GROUP), OK);
	step(steps, CALL(LINUX_SETRESUID, USER, USER, USER), OK);
}

int main(int, char **, char **)
{
	struct tap tap = {};
	CALL(LINUX_MKDIR, HOME, 0777);
	CALL(LINUX_CHMOD, HOME, 0777);
	int64_t secret = CALL(LINUX_CREAT, SECRET, 0600);
	CALL(LINUX_CLOSE, secret);
	check_users(&tap);
	check_priorities(&tap);
	check_limits(&tap);
	check_names(&tap);
	CALL(LINUX_UNLINK, SECRET);
	CALL(LINUX_RMDIR, HOME);
	check_slots(&tap);
	return tap_finish(&tap);
}
