/*
 * What calls cost that a program makes on files, pipes, sockets and processes: on this system and,
 * unchanged, as the first process of Linux (bench/linux.sh). Prints a line a row.
 */
#include "linux_bench.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* What the first process of Linux has to do; before a shell could start, it says how far the clock
 * is. */
static void first_process_prepare(void)
{
	static const char *const folders[] = {"/dev", "/proc", "/tmp"};
	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
		must(mkdir(folders[i], 0755) == 0 || errno == EEXIST, folders[i]);
	must(mount("devtmpfs", "/dev", "devtmpfs", 0, NULL) == 0, "mount /dev");
	must(mount("proc", "/proc", "proc", 0, NULL) == 0, "mount /proc");
	must(mount("tmpfs", "/tmp", "tmpfs", 0, NULL) == 0, "mount /tmp");
	int console = open("/dev/console", O_RDWR);
	for (int fd = 0; fd < 3; fd++)
		must(console == fd || dup2(console, fd) == fd, "/dev/console");
}

static void system_say(void)
{
	static char text[4096];
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	int file = open("/proc/meminfo", O_RDONLY);
	must(file >= 0 && read(file, text, sizeof text - 1) > 0, "/proc/meminfo");
	close(file);
	const char *available = strstr(text, "MemAvailable:");
	must(available != NULL, "MemAvailable");
	row_print("shell_starts_ns", (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec);
	row_print("available_kib", strtoul(available + strlen("MemAvailable:"), NULL, 10));
}

/* A program that was there before the first shell has all its memory at once; others as they touch
 * it. */
static void run_again(void)
{
	char *const again[] = {(char[]){LINUX_BENCH_PATH}, (char[]){"run"}, NULL};
	execv(LINUX_BENCH_PATH, again);
	must(false, "execv");
}

int main(int argc, char **argv)
{
	bool is_first = getpid() == 1;
	if (argc > 1 && strcmp(argv[1], "end") == 0)
		return 0;
	if (argc == 1 && is_first)
		first_process_prepare();
	setvbuf(stdout, NULL, _IONBF, 0);
	if (argc == 1)
		run_again();
	system_say();
	bench_files();
	bench_partners();
	bench_programs();
	if (is_first)
		reboot(RB_POWER_OFF);
	return 0;
}
