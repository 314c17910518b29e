/*
 * A build that has nothing to do, beside a process that does nothing but stat() the same files.
 *
 * Both are started in turn, from the project's root, after a complete `xtask
 * build`; the medians go to build/bench/null_build.json, of the time and of the processor's time
 * alone, which a busy host does not spoil.
 */
#include "engine/state/snapshot.h"
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 51 };

#define SNAPSHOT "build/.state/snapshot"
#define PATHS "build/bench/null_build.paths"
#define RESULT "build/bench/null_build.json"

extern char **environ;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static struct str file_map(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size == 0)
		fail(path);
	void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (map == MAP_FAILED)
		fail(path);
	close(fd);
	return (struct str){map, (size_t)st.st_size};
}

/* The peer: NUL-terminated paths, one stat() each. */
static int stat_all(const char *list)
{
	struct str paths = file_map(list);
	struct stat st;
	size_t found = 0;
	for (size_t at = 0; at < paths.len; at += strlen(paths.ptr + at) + 1)
		found += stat(paths.ptr + at, &st) == 0;
	return found ? 0 : 1;
}

/* The paths that the fast check looks at; their number. */
static size_t write_paths(void)
{
	struct str file = file_map(SNAPSHOT);
	const struct snapshot_header *header = (const void *)file.ptr;
	const struct snapshot_entry *entries = (const void *)(header + 1);
	const char *paths = (const char *)(entries + header->entry_count);
	FILE *list = fopen(PATHS, "w");
	if (!list)
		fail(PATHS);
	for (size_t i = 0; i < header->checked_count; i++)
		fwrite(paths + entries[i].path, 1, strlen(paths + entries[i].path) + 1, list);
	if (fclose(list) != 0)
		fail(PATHS);
	return header->checked_count;
}

/* Of one run of a process, in microseconds. */
struct took {
	double wall[ROUNDS], cpu[ROUNDS];
};

static double seconds_us(struct timeval t)
{
	return (double)t.tv_sec * 1e6 + (double)t.tv_usec;
}

static void run(char *const argv[], size_t round, struct took *took)
{
	struct timespec start, end;
	posix_spawn_file_actions_t actions;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	struct rusage used;
	pid_t pid;
	int status;
	clock_gettime(CLOCK_MONOTONIC, &start);
	errno = posix_spawn(&pid, argv[0], &actions, NULL, argv, environ);
	if (errno || wait4(pid, &status, 0, &used) < 0)
		fail(argv[0]);
	if (status != 0) {
		fprintf(stderr, "null_build: `%s %s` has failed; it says why\n", argv[0], argv[1]);
		exit(1);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	posix_spawn_file_actions_destroy(&actions);
	took->wall[round] = (double)(end.tv_sec - start.tv_sec) * 1e6 +
	                    (double)(end.tv_nsec - start.tv_nsec) / 1e3;
	took->cpu[round] = seconds_us(used.ru_utime) + seconds_us(used.ru_stime);
}

static int compare_doubles(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;
	return (left > right) - (left < right);
}

static double median(double values[ROUNDS])
{
	qsort(values, ROUNDS, sizeof values[0], compare_doubles);
	return values[ROUNDS / 2];
}

/* Nothing may be stale any more, or something else than the null build is measured. */
static bool snapshot_complete(void)
{
	struct str file = file_map(SNAPSHOT);
	const struct snapshot_header *header = (const void *)file.ptr;
	bool complete = header->complete == SNAPSHOT_COMPLETE;
	munmap((char *)(uintptr_t)file.ptr, file.len);
	return complete;
}

static void result(FILE *out, const char *name, double ours[ROUNDS], double theirs[ROUNDS])
{
	double value = median(ours), peer = median(theirs);
	printf("%s: %.0f us, bare stat() %.0f us, ratio %.2f\n", name, value, peer, value / peer);
	fprintf(out,
	        "{\"name\":\"%s\",\"value\":%.0f,\"unit\":\"us\","
	        "\"peer\":\"bare stat() of the same files\",\"peer_value\":%.0f}\n",
	        name, value, peer);
}

int main(int argc, char **argv)
{
	static char xtask[] = "build/bin/xtask", command[] = "build", option[] = "--stat",
	            list[] = PATHS;
	if (argc == 3 && strcmp(argv[1], option) == 0)
		return stat_all(argv[2]);
	char *const build[] = {xtask, command, NULL}, *const peer[] = {argv[0], option, list, NULL};
	static struct took ours, theirs;
	run(build, 0, &ours);
	sleep(3); /* what has just been written is hashed again; see docs/engine.md */
	run(build, 0, &ours);
	if (!snapshot_complete()) {
		fprintf(stderr, "null_build: the build is never complete\n");
		return 1;
	}
	if (mkdir("build/bench", 0777) < 0 && access("build/bench", W_OK) < 0)
		fail("build/bench");
	printf("null build of %zu files\n", write_paths());
	for (size_t i = 0; i < ROUNDS; i++) {
		run(peer, i, &theirs);
		run(build, i, &ours);
	}
	FILE *out = fopen(RESULT, "w");
	if (!out)
		fail(RESULT);
	result(out, "null build", ours.wall, theirs.wall);
	result(out, "null build, processor time", ours.cpu, theirs.cpu);
	if (fclose(out) != 0)
		fail(RESULT);
	return 0;
}
