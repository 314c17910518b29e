/*
 * What a call costs when one CPU makes it and when four do: guest instructions, and locks taken.
 *
 * Builds the profile scaling as a release, whose instructions are counted, and for work, where the
 * kernel counts its locks; boots both with four CPUs and one instruction a nanosecond and reads
 * what apps/scale_bench measured. The peer of a row with four callers is the one with one. Rows go
 * to build/bench/scaling.json.
 */
#define BENCH_NAME "scaling"
#include "guest.h"

static const char *const calls[] = {
        "null_system_call", "ipc_round_trip",  "futex_ping_pong", "pipe_ping_pong",
        "page_fault",       "map_touch_unmap", "fork_exit_wait",  "stat",
};

static const struct kind {
	const char *preset;
	const char *what;
	const char *unit;
} kinds[] = {
        {"release", "instructions", "instructions"},
        {"debug", "locks", "locks"},
        {"debug", "shared", "locks that another CPU took not long before"},
};

/* Of one preset; the text stays. */
static const char *measure(const char *preset)
{
	char command[512];
	snprintf(command, sizeof command, XTASK " build --profile scaling --preset %s --quiet",
	         preset);
	run(command);
	snprintf(command, sizeof command,
	         XTASK " qemu --profile scaling --preset %s --boot direct --quiet --timeout 300"
	               " --logs " LOGS " -- -smp 4 -machine pit=off -icount shift=0,sleep=off"
	               " >" LOGS "/run.log 2>&1 </dev/null",
	         preset);
	run(command);
	return read_lines();
}

static double figure(const char *text, const char *call, const char *what, int callers)
{
	char name[96];
	snprintf(name, sizeof name, "%s_%s_%d", call, what, callers);
	return (double)value_of(text, name) / 1000;
}

static void write_row(FILE *result, const char *text, const char *call, const struct kind *kind)
{
	double one = figure(text, call, kind->what, 1), four = figure(text, call, kind->what, 4);
	printf("%-18s %-12s %10.2f %10.2f", call, kind->what, one, four);
	/* fewer than one lock in ten calls come from ticks, and have no ratio */
	if (one >= 0.1)
		printf(" %8.2f", four / one);
	printf("\n");
	fprintf(result,
	        "{\"name\":\"%s, 4 callers\",\"value\":%.3f,\"unit\":\"%s\","
	        "\"peer\":\"1 caller\",\"peer_value\":%.3f}\n",
	        call, four, kind->unit, one);
}

int main(void)
{
	run("mkdir -p " LOGS);
	const char *release = measure("release"), *debug = measure("debug");
	FILE *result = fopen(RESULT, "we");
	if (!result) {
		perror(RESULT);
		return 1;
	}
	printf("%-18s %-12s %10s %10s %8s\n", "a call", "", "1 caller", "4 callers", "ratio");
	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
		for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
			write_row(result, k == 0 ? release : debug, calls[i], &kinds[k]);
	return fclose(result) == 0 ? 0 : 1;
}
