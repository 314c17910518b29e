/*
 * What a program pays for files, pipes, sockets, processes and a shell, in guest instructions, and
 * what it costs to get to a shell: here and on Linux, by one and the same program.
 *
 * Builds the profile file_bench as a release and boots it with one instruction a nanosecond;
 * bench/linux.sh runs the program as the first process of Debian's Linux in the same QEMU. Where
 * that can't be done, figures measured earlier stand in, and the row says so. Rows go to
 * build/bench/programs.json.
 */
#define BENCH_NAME "programs"
#include "guest.h"

#define LINUX "build/bench/linux"
#define STAGED "build/file_bench-release/image/apps/"

#define SHELL "apps/busybox/busybox"

enum { MACHINE_KIB = 512 * 1024, BOOTS = 5 };

/* published: of Linux 6.1 without mitigations, measured in the same way; 0: never was. */
static const struct row {
	const char *name;
	unsigned long published;
} rows[] = {
        {"open_close", 5685},
        {"stat", 3634},
        {"read_1", 0},
        {"write_1", 0},
        {"read_4096", 1805},
        {"write_4096", 2206},
        {"getdents_16", 0},
        {"pipe_round_trip", 10085},
        {"unix_stream_round_trip_64", 0},
        {"unix_seqpacket_round_trip_64", 14526},
        {"fork_exit_wait", 136531},
        {"fork_exec_exit_wait", 350994},
        {"shell_starts_and_ends", 0},
        {"shell_1000_true_built_in", 0},
        {"shell_1000_true_programs", 0},
};

static void row_put(FILE *result, const char *name, unsigned long value, const char *unit,
                    const char *peer, unsigned long peer_value)
{
	fprintf(result, "{\"name\":\"%s\",\"value\":%lu,\"unit\":\"%s\"", name, value, unit);
	printf("%-30s %9lu %-12s", name, value, unit);
	if (peer_value) {
		fprintf(result, ",\"peer\":\"%s\",\"peer_value\":%lu", peer, peer_value);
		printf(" %s %lu", peer, peer_value);
	}
	fprintf(result, "}\n");
	printf("\n");
}

/* Microseconds of the guest's clock when the shell was started. */
static unsigned long shell_start_once_us(void)
{
	run(XTASK " qemu --preset release --boot direct --session always --quiet --snapshot"
	          " --expect path=" SHELL " --timeout 300 --logs " LOGS
	          " -- -icount shift=0,sleep=off >" LOGS "/run.log 2>&1 </dev/null");
	const char *text = read_text(LOGS "/debugcon.log");
	const char *start = strstr(text, "path=" SHELL);
	const char *line = start;
	while (line && line > text && line[-1] != '\n')
		line--;
	const char *time = line ? strstr(line, "ts_us=") : NULL;
	if (!time || time > start) {
		fprintf(stderr, BENCH_NAME ": the guest started no shell\n");
		exit(1);
	}
	return strtoul(time + strlen("ts_us="), NULL, 10);
}

/* Of the default system, the least of a few: where all wait for the host's disk, the clock leaps
 * to the next timer. */
static unsigned long shell_start_us(void)
{
	unsigned long least = -1UL;
	run(XTASK " build --preset release --quiet");
	for (int i = 0; i < BOOTS; i++) {
		unsigned long took = shell_start_once_us();
		least = took < least ? took : least;
	}
	return least;
}

/* With the agent and a shell of its own beside the one at the prompt. */
static unsigned long used_kib(void)
{
	run(XTASK " qemu --preset release --boot direct --session always --quiet --timeout 300"
	          " --exec 'cat /proc/meminfo' >" LOGS "/meminfo.txt 2>" LOGS
	          "/run.log </dev/null");
	const char *available = strstr(read_text(LOGS "/meminfo.txt"), "MemAvailable:");
	if (!available) {
		fprintf(stderr, BENCH_NAME ": no MemAvailable\n");
		exit(1);
	}
	return MACHINE_KIB - strtoul(available + strlen("MemAvailable:"), NULL, 10);
}

/* What Linux printed, or NULL. */
static const char *linux_rows(void)
{
	int status = system("bench/linux.sh " LINUX " " STAGED "linux_bench/linux_bench " STAGED
	                    "busybox/busybox >" LINUX ".log 2>&1");
	if (status != 0)
		printf("bench/linux.sh failed, see " LINUX ".log: figures measured earlier\n");
	return status == 0 ? read_text(LINUX "/rows.txt") : NULL;
}

static void calls_compare(FILE *result, const char *ours, const char *theirs)
{
	const char *peer = theirs ? "Linux 6.1, same run" : "Linux 6.1, measured earlier";
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		row_put(result, rows[i].name, value_of(ours, rows[i].name), "instructions", peer,
		        theirs ? value_of(theirs, rows[i].name) : rows[i].published);
}

/* To the prompt: until the shell is started, and what starting one takes. */
static void prompt_compare(FILE *result, const char *ours, const char *theirs)
{
	unsigned long here = shell_start_us() * 1000 + value_of(ours, "shell_starts_and_ends");
	unsigned long there = 0, kib = 0;
	if (theirs) {
		there = value_of(theirs, "shell_starts_ns") +
		        value_of(theirs, "shell_starts_and_ends");
		kib = MACHINE_KIB - value_of(theirs, "available_kib");
	}
	row_put(result, "kernel_entry_to_prompt", here, "instructions", "Linux 6.1, same run",
	        there);
	row_put(result, "memory_at_the_prompt", used_kib(), "KiB", "Linux 6.1, same run", kib);
}

int main(void)
{
	run("mkdir -p " LOGS);
	run(XTASK " build --profile file_bench --preset release --quiet");
	run(XTASK " qemu --profile file_bench --preset release --boot direct --quiet --timeout 300"
	          " --logs " LOGS " -- -icount shift=0,sleep=off >" LOGS
	          "/run.log 2>&1 </dev/null");
	const char *ours = read_lines(), *theirs = linux_rows();
	FILE *result = fopen(RESULT, "we");
	if (!result) {
		perror(RESULT);
		return 1;
	}
	calls_compare(result, ours, theirs);
	prompt_compare(result, ours, theirs);
	return fclose(result) == 0 ? 0 : 1;
}
