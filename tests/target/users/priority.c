/* Whose share of the CPU, policy and place a user may change: Linux kernel/sys.c, set_one_prio. */
#include "users.h"

enum {
	NOBODY = 65534,
	OF_PROCESS = 0,
	OF_GROUP = 1,
	OF_USER = 2,
	ZERO = 20, /* getpriority answers 20 - nice */
	BATCH = 3,
	IDLE = 5,
	OTHER = 0,
	TIDS_OF_SERVICES = 12,
	NEVER = 999999,
};

static const int32_t no_priority;

static int64_t set_nice(int whose, int64_t who, int nice)
{
	return CALL(LINUX_SETPRIORITY, whose, who, nice);
}

static int64_t set_policy(int64_t tid, int policy)
{
	return CALL(LINUX_SCHED_SETSCHEDULER, tid, policy, &no_priority);
}

static int64_t set_place(int64_t tid)
{
	uint64_t mask = 0;
	CALL(LINUX_SCHED_GETAFFINITY, tid, sizeof mask, &mask);
	return CALL(LINUX_SCHED_SETAFFINITY, tid, sizeof mask, &mask);
}

/* rootd and the services that it starts first; values that change nothing. */
static void services_are_not_a_users(struct steps *s)
{
	int found = 0;
	become_user(s);
	for (int64_t tid = 1; tid <= TIDS_OF_SERVICES; tid++) {
		int64_t told = CALL(LINUX_GETPRIORITY, OF_PROCESS, tid);
		if (told < 0)
			continue;
		found++;
		step(s, set_nice(OF_PROCESS, tid, (int)(ZERO - told)), ERR_NOT_PERMITTED);
		step(s, set_policy(tid, OTHER), ERR_NOT_PERMITTED);
		step(s, CALL(LINUX_SCHED_SETPARAM, tid, &no_priority), ERR_NOT_PERMITTED);
		step(s, set_place(tid), ERR_NOT_PERMITTED);
	}
	step(s, found > 2, true);
	step(s, set_nice(OF_GROUP, CALL(LINUX_GETPGID, 1), 0), ERR_NOT_PERMITTED);
	step(s, set_nice(OF_USER, NEVER, 0), ERR_NO_PROCESS);
	step(s, set_nice(OF_PROCESS, NEVER, 0), ERR_NO_PROCESS);
	step(s, set_place(NEVER), ERR_NO_PROCESS);
}

static void own_share_only_shrinks(struct steps *s)
{
	become_user(s);
	step(s, set_nice(OF_PROCESS, 0, -ZERO), ERR_ACCESS_DENIED);
	step(s, CALL(LINUX_GETPRIORITY, OF_PROCESS, 0), ZERO);
	step(s, set_nice(OF_PROCESS, CALL(LINUX_GETTID), 5), OK);
	step(s, set_nice(OF_PROCESS, 0, 5), OK);
	/* 7 */
	step(s, set_nice(OF_PROCESS, 0, 4), ERR_ACCESS_DENIED);
	step(s, CALL(LINUX_GETPRIORITY, OF_PROCESS, 0), ZERO - 5);
	step(s, set_place(0), OK);
	step(s, set_policy(0, BATCH), OK);
	step(s, set_policy(0, IDLE), OK);
	/* 12: idle is less than any niceness */
	step(s, set_policy(0, OTHER), ERR_NOT_PERMITTED);
	step(s, CALL(LINUX_SCHED_GETSCHEDULER, 0), IDLE);
	step(s, set_policy(0, IDLE), OK);
}

/* The superuser's process in the group ends with its pipe. */
static void refused_members_are_told_of(struct steps *s)
{
	int32_t pipe[2];
	char none;
	CALL(LINUX_SETPGID, 0, 0);
	CALL(LINUX_PIPE, pipe);
	int64_t other = linux_fork_or_exit();
	if (other == 0) {
		CALL(LINUX_CLOSE, pipe[1]);
		CALL(LINUX_READ, pipe[0], &none, 1);
		CALL(LINUX_EXIT_GROUP, 0);
	}
	step(s, set_nice(OF_GROUP, 0, 1), OK);
	become_user(s);
	step(s, set_nice(OF_GROUP, 0, 3), ERR_NOT_PERMITTED);
	/* 5: one was not to be had, the other was */
	step(s, CALL(LINUX_GETPRIORITY, OF_PROCESS, 0), ZERO - 3);
	step(s, CALL(LINUX_GETPRIORITY, OF_PROCESS, other), ZERO - 1);
	step(s, CALL(LINUX_GETPRIORITY, OF_GROUP, 0), ZERO - 1);
	step(s, set_nice(OF_USER, 0, 4), OK);
	step(s, set_nice(OF_USER, USER, 2), ERR_ACCESS_DENIED);
	step(s, CALL(LINUX_GETPRIORITY, OF_USER, USER), ZERO - 4);
	/* 0 is oneself, not the superuser */
	step(s, set_nice(OF_USER, 0, 0), ERR_ACCESS_DENIED);
	CALL(LINUX_CLOSE, pipe[1]);
	step(s, CALL(LINUX_WAIT4, other, 0, 0, 0), other);
}

/* A process counts as its real user's, whoever it is in effect. */
static void real_user_counts(struct steps *s)
{
	step(s, CALL(LINUX_SETRESUID, NOBODY, USER, 0), OK);
	step(s, set_nice(OF_PROCESS, 0, 1), OK);
	step(s, set_nice(OF_PROCESS, CALL(LINUX_GETPPID), 1), ERR_NOT_PERMITTED);
	step(s, set_nice(OF_USER, 0, 2), OK);
	step(s, CALL(LINUX_GETPRIORITY, OF_USER, NOBODY), ZERO - 2);
	step(s, CALL(LINUX_GETPRIORITY, OF_USER, USER), ERR_NO_PROCESS);
}

static void superuser_gives_and_takes(struct steps *s)
{
	step(s, set_nice(OF_PROCESS, 0, -5), OK);
	step(s, set_nice(OF_PROCESS, 0, 5), OK);
	step(s, set_nice(OF_PROCESS, 0, 0), OK);
	step(s, set_policy(0, IDLE), OK);
	step(s, set_policy(0, OTHER), OK);
	step(s, set_place(CALL(LINUX_GETPPID)), OK);
}

void check_priorities(struct tap *tap)
{
	check_child(tap, services_are_not_a_users, "a user changes nothing of services");
	check_child(tap, own_share_only_shrinks, "and makes its own share smaller only");
	check_child(tap, refused_members_are_told_of, "of many, those that it may change");
	check_child(tap, real_user_counts, "they are who they really are");
	check_child(tap, superuser_gives_and_takes, "the superuser changes them as it likes");
}
