/*
 * Kernel operations in guest instructions, beside the figures of Linux and seL4.
 *
 * Builds the profile bench as a release, boots it with one instruction a nanosecond, and reads what
 * the programs kernel_bench, memory_bench and process_bench measured. Peers: Linux 6.1 of Debian
 * without mitigations and seL4's fast path, both counted in the same way. Rows go to
 * build/bench/kernel.json.
 */
#include <stdbool.h>

#define BENCH_NAME "kernel"
#include "guest.h"

static const struct row {
	const char *name;
	int aim; /* 0: none was set */
	struct peer {
		const char *name;
		int value;
	} peers[2];
} rows[] = {
        {"null_system_call", 100, {{"Linux 6.1", 326}, {"seL4", 89}}},
        {"clock_gettime", 150, {{"Linux 6.1", 463}}},
        {"yield_alone", 280, {{"Linux 6.1", 807}, {"seL4", 277}}},
        {"yield_to_process_and_back", 600, {{"Linux 6.1", 3125}, {"seL4", 560}}},
        {"ipc_round_trip_0_bytes", 395, {{"Linux 6.1, pipe", 10085}, {"seL4", 395}}},
        {"ipc_round_trip_64_bytes",
         800,
         {{"Linux 6.1, seqpacket", 14526}, {"seL4, 10 words", 1572}}},
        {"ipc_round_trip_4096_bytes", 2000, {}},
        {"ipc_round_trip_1_handle", 0, {}},
        {"ipc_one_process_0_bytes", 0, {{"Linux 6.1, futex", 6761}}},
        {"ipc_one_process_64_bytes", 0, {}},
        {"ipc_one_process_4096_bytes", 0, {}},
        {"ipc_one_process_1_handle", 0, {}},
        {"futex_ping_pong", 1500, {{"Linux 6.1", 6761}}},
        {"pipe_ping_pong", 3000, {{"Linux 6.1", 10085}}},
        {"fault_to_handler", 1300, {{"Linux 6.1, signal + longjmp", 2569}, {"seL4", 1303}}},
        {"fault_anonymous_write", 1000, {{"Linux 6.1", 2744}}},
        {"fault_anonymous_read", 0, {}},
        {"fault_copy_on_write", 1800, {{"Linux 6.1", 3970}}},
        {"fault_file_read", 0, {}},
        {"fault_file_private_write", 0, {}},
        {"fault_shared_write", 0, {}},
        {"fault_large_page", 0, {}},
        {"map_touch_unmap", 4000, {{"Linux 6.1", 18404}, {"seL4, map of one page", 734}}},
        {"protect_both_ways", 2500, {{"Linux 6.1", 12853}, {"seL4", 1470}}},
        {"signal_to_self", 1500, {{"Linux 6.1", 4365}}},
        {"thread_create_join", 15000, {{"Linux 6.1", 73342}}},
        {"fork_exit_wait", 40000, {{"Linux 6.1", 136531}}},
        {"fork_exec_exit_wait", 120000, {{"Linux 6.1", 350994}}},
        {"open_close", 3000, {{"Linux 6.1", 5685}}},
        {"stat", 2000, {{"Linux 6.1", 3634}}},
        {"read_1_of_zero", 400, {{"Linux 6.1", 685}}},
        {"pread_4096", 1500, {{"Linux 6.1", 1805}}},
        {"pwrite_4096", 1500, {{"Linux 6.1", 2206}}},
};

/* One line each to both: the value, the aim, and what the peers need. */
static void tell_row(FILE *result, const struct row *row, unsigned long value)
{
	bool behind = row->aim && value > (unsigned long)row->aim;
	fprintf(result, "{\"name\":\"%s\",\"value\":%lu,\"unit\":\"instructions\"", row->name,
	        value);
	printf("%-26s %7lu", row->name, value);
	for (size_t i = 0; i < 2 && row->peers[i].name; i++) {
		const struct peer *peer = &row->peers[i];
		const char *number = i ? "2" : "";
		fprintf(result, ",\"peer%s\":\"%s\",\"peer%s_value\":%d", number, peer->name,
		        number, peer->value);
		printf("   %s %d", peer->name, peer->value);
		behind |= value > (unsigned long)peer->value;
	}
	if (row->aim) {
		fprintf(result, ",\"aim\":%d", row->aim);
		printf("   aim %d", row->aim);
	}
	fprintf(result, "}\n");
	printf("%s\n", behind ? "   behind" : "");
}

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
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		tell_row(result, &rows[i], value_of(text, rows[i].name));
	tell_system(result, text);
	return fclose(result) == 0 ? 0 : 1;
}
