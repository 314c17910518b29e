/* How late a program runs that time or another program wakes, while all CPUs are busy. */
#include "cpu_shares.h"

enum { WAKES = 50, THOUSAND = 1000 };

static const uint64_t nap_ns = 3300000;
static const uint64_t wake_measure_ns = 2 * WAKES * 10000000ULL;

struct lateness {
	uint64_t latest_ns, sum_ns;
	uint64_t count;
};

struct wakes {
	struct runners *runners;
	struct lateness by_time, by_program;
	int32_t pipe[2];
	bool ended_busy; /* the runners ran to the end of it */
};

static void lateness_add(struct lateness *lateness, uint64_t ns)
{
	lateness->count++;
	lateness->sum_ns += ns;
	if (ns > lateness->latest_ns)
		lateness->latest_ns = ns;
}

static void wakes_by_time(struct wakes *wakes)
{
	for (int i = 0; i < WAKES; i++) {
		uint64_t due = now_ns() + nap_ns;
		sleep_until(due);
		lateness_add(&wakes->by_time, now_ns() - due);
	}
}

/* Two programs: one says at what time it wrote, the other one reads. */
static void wakes_by_program(struct wakes *wakes)
{
	int64_t writer = linux_fork_or_exit();
	if (writer == 0) {
		for (int i = 0; i < WAKES; i++) {
			sleep_until(now_ns() + nap_ns);
			uint64_t now = now_ns();
			CALL(LINUX_WRITE, wakes->pipe[1], &now, sizeof now);
		}
		CALL(LINUX_EXIT_GROUP, 0);
	}
	uint64_t written;
	for (int i = 0; i < WAKES; i++)
		if (CALL(LINUX_READ, wakes->pipe[0], &written, sizeof written) == sizeof written)
			lateness_add(&wakes->by_program, now_ns() - written);
	CALL(LINUX_WAIT4, writer, 0, 0, 0);
}

/* In a process group of its own, as all the others. */
static int64_t wakes_start(struct wakes *wakes)
{
	int64_t pid = linux_fork_or_exit();
	if (pid != 0)
		return pid;
	CALL(LINUX_SETPGID, 0, 0);
	sleep_until(wakes->runners->all[0].from_ns);
	wakes_by_time(wakes);
	wakes_by_program(wakes);
	wakes->ended_busy = now_ns() < wakes->runners->all[0].until_ns;
	CALL(LINUX_EXIT_GROUP, 0);
	__builtin_unreachable();
}

static void wakes_tell(const char *latest, const char *mean, const struct lateness *lateness)
{
	tell_figure(latest, lateness->latest_ns / THOUSAND, "us");
	tell_figure(mean, lateness->count ? lateness->sum_ns / lateness->count / THOUSAND : 0,
	            "us");
}

void check_wakes(struct tap *tap, struct runners *runners)
{
	struct wakes *wakes = shared_memory(sizeof *wakes);
	wakes->runners = runners;
	CALL(LINUX_PIPE, wakes->pipe);
	runners_plan(runners, (size_t)cpu_count() * 3, wake_measure_ns);
	runners_fork(runners);
	int64_t pid = wakes_start(wakes);
	CALL(LINUX_WAIT4, pid, 0, 0, 0);
	tap_check(tap, runners_wait(runners) && wakes->ended_busy,
	          "programs keep all CPUs busy meanwhile");
	uint64_t bound = GRANULARITY_NS + TICK_NS;
	if (cpu_count() > 1) /* those that come from a CPU that is behind may go first */
		bound = runners->count * GRANULARITY_NS + TICK_NS;
	wakes_tell("timer_wake_latest", "timer_wake_mean", &wakes->by_time);
	wakes_tell("pipe_wake_latest", "pipe_wake_mean", &wakes->by_program);
	tap_check(tap, wakes->by_time.count == WAKES && wakes->by_time.latest_ns <= bound,
	          "who is woken by time does not wait longer than others");
	tap_check(tap, wakes->by_program.count == WAKES && wakes->by_program.latest_ns <= bound,
	          "and so does who is woken by another program");
}
