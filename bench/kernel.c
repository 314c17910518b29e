/*
 * Kernel operations in guest instructions, beside the figures of Linux and seL4.
 *
 * Builds the profile bench as a release, boots it with one instruction a nanosecond, and reads what
 * the programs kernel_bench and process_bench measured. Peers: Linux 6.1 of Debian without
 * mitigations and seL4's fast path, both counted in the same way. Rows go to
 * build/bench/kernel.json.
 */
#define BENCH_NAME "kernel"
#include "guest.h"

static const struct row {
	const char *name;
	const char *peer;
	int peer_value;
} rows[] = {
        {"null_system_call", "Linux 6.1", 326},
        {"null_system_call", "seL4", 89},
        {"yield_alone", "Linux 6.1", 807},
        {"yield_alone", "seL4", 277},
        {"yield_to_process_and_back", "Linux 6.1", 3125},
        {"yield_to_process_and_back", "seL4", 560},
        {"ipc_round_trip_0_bytes", "Linux 6.1, pipe", 10085},
        {"ipc_round_trip_0_bytes", "seL4", 395},
        {"ipc_round_trip_64_bytes", "Linux 6.1, seqpacket", 14526},
        {"ipc_round_trip_64_bytes", "seL4, 10 words", 1572},
        {"ipc_round_trip_4096_bytes", NULL, 0},
        {"ipc_round_trip_1_handle", NULL, 0},
        {"getpid", "Linux 6.1", 326},
        {"clock_gettime", "Linux 6.1", 463},
        {"read_1_of_zero", "Linux 6.1", 685},
        {"open_close", "Linux 6.1", 5685},
        {"stat", "Linux 6.1", 3634},
        {"pread_4096", "Linux 6.1", 1805},
        {"pwrite_4096", "Linux 6.1", 2206},
        {"fault_to_handler", "Linux 6.1, signal + longjmp", 2569},
        {"fault_to_handler", "seL4", 1303},
        {"signal_to_self", "Linux 6.1", 4365},
        {"futex_ping_pong", "Linux 6.1", 6761},
        {"pipe_ping_pong", "Linux 6.1", 10085},
        {"thread_create_join", "Linux 6.1", 73342},
        {"fork_exit_wait", "Linux 6.1", 136531},
        {"fork_exec_exit_wait", "Linux 6.1", 350994},
};

/* What follows mark, after `key`. */
static unsigned long number_behind(const char *text, const char *key)
{
	const char *found = text ? strstr(text, key) : NULL;
	unsigned long value;
	if (found && sscanf(found + strlen(key), "%lu", &value) == 1)
		return value;
	fprintf(stderr, BENCH_NAME ": the guest's log has no %s\n", key);
	exit(1);
}

/* The line of the log that has this text. */
static const char *line_with(const char *text, const char *mark)
{
	const char *at = strstr(text, mark);
	while (at && at > text && at[-1] != '\n')
		at--;
	return at;
}

/* Of the whole system, without a peer that was measured in the same way. */
static void tell_system(FILE *result, const char *text)
{
	/* one instruction a nanosecond, since the clock was found */
	unsigned long boot_us = number_behind(line_with(text, "process started pid=1 "), "ts_us=");
	unsigned long idle_kib = value_of(text, "idle_memory");
	printf("%-26s %6lu thousand instructions\n", "boot_to_first_program", boot_us);
	printf("%-26s %6lu KiB\n", "idle_memory", idle_kib);
	fprintf(result,
	        "{\"name\":\"boot_to_first_program\",\"value\":%lu,\"unit\":\"thousand "
	        "instructions\"}\n"
	        "{\"name\":\"idle_memory\",\"value\":%lu,\"unit\":\"KiB\"}\n",
	        boot_us, idle_kib);
}

int main(void)
{
	run(XTASK " build --profile bench --preset release --quiet");
	run("mkdir -p " LOGS);
	run(XTASK " qemu --profile bench --preset release --boot direct --quiet --timeout 120"
	          " --logs " LOGS " -- -icount shift=0,sleep=off >" LOGS "/run.log 2>&1");
	const char *text = read_lines();
	FILE *result = fopen(RESULT, "w");
	if (!result) {
		perror(RESULT);
		return 1;
	}
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *row = &rows[i];
		unsigned long value = value_of(text, row->name);
		fprintf(result, "{\"name\":\"%s\",\"value\":%lu,\"unit\":\"instructions\"",
		        row->name, value);
		if (row->peer)
			fprintf(result, ",\"peer\":\"%s\",\"peer_value\":%d", row->peer,
			        row->peer_value);
		fprintf(result, "}\n");
		printf("%-26s %6lu instructions", row->name, value);
		if (row->peer)
			printf("   %-22s %6d", row->peer, row->peer_value);
		printf("\n");
	}
	tell_system(result, text);
	return fclose(result) == 0 ? 0 : 1;
}
