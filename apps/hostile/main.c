/*
 * Runs each attack for a while of guest time; meanwhile does what a shell at the console does
 * between two prompts, and notes the longest time that took. Afterwards a program must start, as
 * if nothing had been.
 *
 * usage: hostile [SEED [MILLISECONDS [calls|messages|handles|memory|forks|pipes|threads|flight
 * [COPIES]]]]; seed of the random calls, length of each attack, one attack only, processes of the
 * fork bomb
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

static bool program_runs(void)
{
	int status = -1;
	pid_t pid = fork();
	if (pid == 0) {
		execl(SELF, "hostile", "end", (char *)NULL);
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

static void attack(const char *name, void (*body)(void), int64_t ms)
{
	pid_t bystander = bystander_start();
	pid_t group = fork();
	if (group == 0) {
		setpgid(0, 0);
		body();
	}
	setpgid(group, group);
	int64_t longest = 0, begin = now_ns();
	while (now_ns() - begin < ms * 1000000) {
		int64_t took = probe();
		longest = took > longest ? took : longest;
	}
	check(longest < LATE_NS_MAX, name, "the console answers within a second", longest);
	check(bystander_end(bystander), name, "a bystander lives", 0);
	begin = now_ns();
	bool ended = group_end(group);
	check(ended, name, "it can be ended", now_ns() - begin);
	begin = now_ns();
	bool runs = program_runs();
	check(runs, name, "a program starts afterwards", now_ns() - begin);
}

static const struct {
	const char *word, *name;
	void (*body)(void);
} attacks[] = {
        {"calls", "random calls", attack_calls},    {"messages", "message flood", attack_messages},
        {"handles", "handle hog", attack_handles},  {"memory", "memory hog", attack_memory},
        {"forks", "fork bomb", attack_forks},       {"pipes", "pipe bomb", attack_pipes},
        {"threads", "thread bomb", attack_threads}, {"flight", "bomb in flight", attack_flight},
};

int main(int argc, char **argv)
{
	int64_t ms = argc > 2 ? atoll(argv[2]) : ATTACK_MS;
	if (argc > 1 && strcmp(argv[1], "end") == 0)
		return 0;
	if (argc > 1)
		attack_calls_seed(strtoull(argv[1], NULL, 10));
	if (argc > 4)
		attack_forks_limit((unsigned)strtoul(argv[4], NULL, 10));
	setvbuf(stdout, NULL, _IONBF, 0);
	uint64_t *calls = counter_make();
	attack_calls_count(calls);
	for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++)
		if (argc < 4 || strcmp(argv[3], attacks[i].word) == 0)
			attack(attacks[i].name, attacks[i].body, ms);
	printf("1..%u\n# %llu random calls\n", tests, (unsigned long long)*calls);
	return failures || !tests;
}
