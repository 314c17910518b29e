/*
 * Memory operations of the kernel in guest instructions, beside Linux 6.1 and seL4.
 *
 * Boots profile bench, preset release, under -icount shift=0,sleep=off and without a random number
 * generator, so that every run counts the same, and reads the lines that
 * apps/memory_bench prints. The peers were measured with the same emulator and options: Linux from
 * Debian, mitigations off, best of two CPU models; seL4 without its harness. Rows go to
 * build/bench/memory.json.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RESULT "build/bench/memory.json"
#define BUILD "build/bin/xtask build --quiet --preset release --profile bench"
#define BOOT                                                                                       \
	"build/bin/xtask qemu --preset release --profile bench --boot direct --timeout 120 "       \
	"-- -cpu max,-rdrand -icount shift=0,sleep=off"

struct row {
	const char *name; /* as the program prints it */
	const char *shown;
	long linux_count; /* 0: there is no such figure */
	long sel4_count;
	long aim;
	long ours; /* 0: not measured */
};

static struct row rows[] = {
        {"fault_anonymous_write", "page fault, anonymous write", 2744, 0, 1000, 0},
        {"fault_anonymous_read", "page fault, anonymous read", 0, 0, 0, 0},
        {"fault_copy_on_write", "page fault, copy on write", 3970, 0, 1800, 0},
        {"map_touch_unmap", "map + touch + unmap, 4 KiB", 18404, 734, 4000, 0},
        {"protect_both_ways", "protect a page, both ways", 12853, 1470, 2500, 0},
        {"fault_large_page", "page fault, 2 MiB", 0, 0, 0, 0},
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static void fail(const char *what)
{
	fprintf(stderr, "memory: %s\n", what);
	exit(1);
}

static void take_line(const char *line)
{
	char name[64];
	long value;
	if (sscanf(line, "bench: name=%63s value=%ld", name, &value) != 2)
		return;
	for (size_t i = 0; i < ROWS; i++)
		if (strcmp(rows[i].name, name) == 0)
			rows[i].ours = value;
}

static void boot(void)
{
	char line[512];
	if (system(BUILD) != 0)
		fail("the bench profile does not build");
	FILE *guest = popen(BOOT " 2>&1", "r");
	if (!guest)
		fail("xtask does not start");
	while (fgets(line, sizeof line, guest))
		take_line(line);
	if (pclose(guest) != 0)
		fail("the guest did not end well; see build/bench-release/logs");
}

static void print_count(long value)
{
	if (value)
		printf(" %10ld", value);
	else
		printf(" %10s", "-");
}

static void print_table(void)
{
	printf("%-32s %10s %10s %10s %10s\n", "guest instructions", "RustOS", "Linux 6.1", "seL4",
	       "aim");
	for (size_t i = 0; i < ROWS; i++) {
		printf("%-32s", rows[i].shown);
		print_count(rows[i].ours);
		print_count(rows[i].linux_count);
		print_count(rows[i].sel4_count);
		print_count(rows[i].aim);
		printf("\n");
	}
}

static void write_count(FILE *result, const char *name, long value)
{
	if (value)
		fprintf(result, ", \"%s\": %ld", name, value);
	else
		fprintf(result, ", \"%s\": null", name);
}

static void write_result(void)
{
	FILE *result = fopen(RESULT, "w");
	if (!result)
		fail("cannot write " RESULT);
	fprintf(result, "{\n  \"unit\": \"guest instructions\",\n  \"rows\": [\n");
	for (size_t i = 0; i < ROWS; i++) {
		fprintf(result, "    {\"name\": \"%s\"", rows[i].name);
		write_count(result, "rustos", rows[i].ours);
		write_count(result, "linux_6_1", rows[i].linux_count);
		write_count(result, "sel4", rows[i].sel4_count);
		write_count(result, "aim", rows[i].aim);
		fprintf(result, "}%s\n", i + 1 < ROWS ? "," : "");
	}
	fprintf(result, "  ]\n}\n");
	if (fclose(result) != 0)
		fail("cannot write " RESULT);
}

int main(void)
{
	boot();
	print_table();
	write_result();
	for (size_t i = 0; i < ROWS; i++)
		if (!rows[i].ours && strcmp(rows[i].name, "fault_copy_on_write") != 0)
			fail("a row was not measured");
	return 0;
}
