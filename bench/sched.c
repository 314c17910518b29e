/*
 * The scheduler's operations in guest instructions, measured by the kernel itself.
 *
 * Builds a release, boots it with one instruction a nanosecond and the self-test `bench` instead of
 * the first program. What is measured has no system call around it; the peers' figures do, so they
 * are bounds and not equals. Then the profile `shares` on 1, 2 and 4 CPUs, four nanoseconds an
 * instruction: how fair the CPUs are shared between programs, and how long these wait. Rows go to
 * build/bench/sched.json.
 */
#define BENCH_NAME "sched"
#include "guest.h"

static const struct row {
	const char *name;
	const char *peer; /* NULL: none is known */
	int peer_value;
} rows[] = {
        {"kernel.empty_sample", NULL, 0},
        {"kernel.yield_alone", "Linux 6.1, sched_yield", 807},
        {"kernel.yield_alone", "seL4, yield", 277},
        {"kernel.context_switch", "Linux 6.1, half a yield there and back", 1562},
        {"kernel.context_switch", "seL4, yield", 280},
        {"kernel.hand_over_and_back", "seL4, call and reply", 395},
        {"kernel.timer_interrupt", NULL, 0},
        {"kernel.thread_create_and_join", "Linux 6.1, pthread", 73342},
};

static void write_row(FILE *result, const struct row *row, unsigned long value)
{
	fprintf(result, "{\"name\":\"%s\",\"value\":%lu,\"unit\":\"instructions\"", row->name,
	        value);
	printf("%-30s %6lu instructions", row->name, value);
	if (row->peer) {
		fprintf(result, ",\"peer\":\"%s\",\"peer_value\":%d", row->peer, row->peer_value);
		printf("   %-40s %6d", row->peer, row->peer_value);
	}
	fprintf(result, "}\n");
	printf("\n");
}

/* What `apps/cpu_shares` tells of this many CPUs: each line has a name, a value and a unit. */
static void write_shares(FILE *result, int cpus)
{
	char command[512];
	snprintf(command, sizeof command,
	         XTASK " qemu --profile shares --preset release --boot direct --quiet --timeout 120"
	               " --logs " LOGS " -- -smp %d -machine pit=off -icount shift=2,sleep=off"
	               " >" LOGS "/run.log 2>&1",
	         cpus);
	run(command);
	char name[64], unit[16];
	unsigned long value;
	for (const char *at = read_lines(); (at = strstr(at, "bench: name=user.")); at++) {
		if (sscanf(at, "bench: name=%63s value=%lu unit=%15s", name, &value, unit) != 3)
			continue;
		printf("%-38s %8lu %s\n", name, value, unit);
		fprintf(result, "{\"name\":\"%s\",\"value\":%lu,\"unit\":\"%s\"}\n", name, value,
		        unit);
	}
}

int main(void)
{
	run(XTASK " build --preset release --quiet");
	run("mkdir -p " LOGS);
	run(XTASK " qemu --preset release --boot direct --quiet --timeout 120 --logs " LOGS
	          " -- -icount shift=0,sleep=off"
	          " -fw_cfg name=opt/rustos/selftest,string=bench >" LOGS "/run.log 2>&1");
	const char *text = read_lines();
	FILE *result = fopen(RESULT, "w");
	if (!result) {
		perror(RESULT);
		return 1;
	}
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		write_row(result, &rows[i], value_of(text, rows[i].name));
	run(XTASK " build --profile shares --preset release --quiet");
	for (int cpus = 1; cpus <= 4; cpus *= 2)
		write_shares(result, cpus);
	return fclose(result) == 0 ? 0 : 1;
}
