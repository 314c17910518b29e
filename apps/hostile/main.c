/*
 * Runs each attack for a while of guest time; meanwhile does what a shell at the console does
 * between two prompts, and notes the longest time that took. Afterwards a program must start, as
 * if nothing had been.
 *
 * usage: hostile [SEED [MILLISECONDS [calls|messages|handles|memory|forks|pipes|threads|flight|
 * sessions [COPIES]]]]; seed of the random calls, length of each attack, one attack only, processes
 * of the fork bomb
 */
#include "hostile.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SELF "/apps/hostile/hostile"

enum {
	NANOSECONDS = 1000000000,
	PROBE_EVERY_NS = 10000000,
	LATE_NS_MAX = NANOSECONDS,
	ATTACK_MS = 300,
	END_TRIES = 1000,
	PAGE = 4096,
};

static unsigned tests, failures;

static int64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * NANOSECONDS + now.tv_nsec;
}

static void check(bool holds, const char *attack, const char *rule, int64_t ns)
{
	printf("%sok %u - %s: %s # %lld us\n", holds ? "" : "not ", ++tests, attack, rule,
	       (long long)(ns / 1000));
	failures += !holds;
}

/* Sleeps as a shell at its prompt does; then looks at files. */
static int64_t probe(void)
{
	struct stat status;
	const struct timespec nap = {0, PROBE_EVERY_NS};
	char text[64];
	int64_t begin = now_ns();
	nanosleep(&nap, NULL);
	int file = open("/proc/uptime", O_RDONLY);
	if (file >= 0) {
		(void)!read(file, text, sizeof text);
		close(file);
	}
	(void)stat("/tmp", &status);
	return now_ns() - begin - PROBE_EVERY_NS;
}

/* As much as a short command at the prompt needs. */
static int work(void)
{
	enum { WORK_MS = 50 };
	struct timespec used;
	do
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	while (used.tv_sec == 0 && used.tv_nsec < WORK_MS * 1000000);
	return 0;
}

/* What: "end", "work". */
static bool program_runs(const char *what)
{
	int status = -1;
	pid_t pid = fork();
	if (pid == 0) {
		execl(SELF, "hostile", what, (char *)NULL);
		_exit(1);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

/* Copies may be made while the group is being killed; so again, until there is nobody. */
static bool group_end(pid_t group)
{
	const struct timespec nap = {0, PROBE_EVERY_NS};
	for (int i = 0; i < END_TRIES; i++) {
		if (kill(-group, SIGKILL) < 0 && errno == ESRCH)
			return true;
		while (waitpid(-group, NULL, WNOHANG) > 0)
			;
		nanosleep(&nap, NULL);
	}
	return false;
}

/* What the random calls count; above a page that nobody can write, since they write too far. */
static uint64_t *counter_make(void)
{
	char *pages =
	        mmap(NULL, 2ul * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (pages == MAP_FAILED || mprotect(pages, PAGE, PROT_NONE) < 0) {
		perror("hostile");
		exit(1);
	}
	return (uint64_t *)(void *)(pages + PAGE);
}

/* Holds 16 MiB, and does nothing: whatever others take, it is not to be ended for that. */
static pid_t bystander_start(void)
{
	enum { BYSTANDER_BYTES = 16 << 20 };
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	char *bytes = mmap(NULL, BYSTANDER_BYTES, PROT_READ | PROT_WRITE,
	                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	setpgid(0, 0);
	for (int at = 0; at < BYSTANDER_BYTES; at += PAGE)
		bytes[at] = 1;
	for (;;)
		pause();
}

static bool bystander_end(pid_t pid)
{
	bool lives = pid > 0 && waitpid(pid, NULL, WNOHANG) == 0;
	if (lives && kill(pid, SIGKILL) == 0)
		(void)waitpid(pid, NULL, 0);
	return lives;
}

struct attack {
	const char *word, *name;
	void (*body)(void);
	bool only_computes; /* then programs get what they need meanwhile, too */
};

static void check_run(const char *name, const char *what, const char *rule, int64_t limit_ns)
{
	int64_t begin = now_ns();
	bool runs = program_runs(what);
	int64_t took = now_ns() - begin;
	check(runs && took < limit_ns, name, rule, took);
}

static void attack(const struct attack *attack, int64_t ms)
{
	const char *name = attack->name;
	pid_t bystander = bystander_start();
	pid_t group = fork();
	if (group == 0) {
		setpgid(0, 0);
		attack->body();
	}
	setpgid(group, group);
	int64_t longest = 0, begin = now_ns();
	while (now_ns() - begin < ms * 1000000) {
		int64_t took = probe();
		longest = took > longest ? took : longest;
	}
	check(longest < LATE_NS_MAX, name, "the console answers within a second", longest);
	if (attack->only_computes)
		check_run(name, "work", "a program does its work within a second", LATE_NS_MAX);
	check(bystander_end(bystander), name, "a bystander lives", 0);
	begin = now_ns();
	bool ended = group_end(group);
	check(ended, name, "it can be ended", now_ns() - begin);
	check_run(name, "end", "a program starts afterwards", INT64_MAX);
}

static const struct attack attacks[] = {
        {.word = "calls", .name = "random calls", .body = attack_calls},
        {.word = "messages", .name = "message flood", .body = attack_messages},
        {.word = "handles", .name = "handle hog", .body = attack_handles},
        {.word = "memory", .name = "memory hog", .body = attack_memory},
        {.word = "forks", .name = "fork bomb", .body = attack_forks},
        {.word = "pipes", .name = "pipe bomb", .body = attack_pipes},
        {.word = "threads", .name = "thread bomb", .body = attack_threads},
        {.word = "flight", .name = "bomb in flight", .body = attack_flight},
        {.word = "sessions",
         .name = "user's sessions",
         .body = attack_sessions,
         .only_computes = true},
};

int main(int argc, char **argv)
{
	int64_t ms = argc > 2 ? atoll(argv[2]) : ATTACK_MS;
	if (argc > 1 && strcmp(argv[1], "end") == 0)
		return 0;
	if (argc > 1 && strcmp(argv[1], "work") == 0)
		return work();
	if (argc > 1)
		attack_calls_seed(strtoull(argv[1], NULL, 10));
	if (argc > 4)
		attack_forks_limit((unsigned)strtoul(argv[4], NULL, 10));
	setvbuf(stdout, NULL, _IONBF, 0);
	uint64_t *calls = counter_make();
	attack_calls_count(calls);
	for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++)
		if (argc < 4 || strcmp(argv[3], attacks[i].word) == 0)
			attack(&attacks[i], ms);
	printf("1..%u\n# %llu random calls\n", tests, (unsigned long long)*calls);
	return failures || !tests;
}
