/*
 * A kernel whose calls note what they got. Ends with 77 when every rule of the generated
 * decode holds, else with the number of lines from FIRST to the broken one.
 */
#include "ps/api.h"
#include <abi/faults.h>
#include <abi/log.h>
#include <config/kernel.h>
#include <kernel/syscall_prototypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const fault_names[FAULT_POINT_COUNT] = FAULT_POINT_NAMES;
static const char *const level_names[LOG_LEVEL_COUNT] = LOG_LEVEL_NAMES;
static const char *const category_names[LOG_CATEGORY_COUNT] = LOG_CATEGORY_NAMES;
static const unsigned char thresholds[LOG_CATEGORY_COUNT] = CONFIG_LOG_THRESHOLDS;

static struct {
	unsigned capabilities;
	struct user_out records;
	struct user_in one, blob;
	int64_t offset;
	int32_t mode;
	int ticks, unknown;
	const char *unknown_name;
} seen;

bool process_has_capability(unsigned bit)
{
	return seen.capabilities & (1u << bit);
}

void syscall_unknown(uint64_t number, const char *name)
{
	(void)number;
	seen.unknown++;
	seen.unknown_name = name;
}

enum status sys_take(struct user_out records, uint32_t flags, uint32_t *out_count)
{
	seen.records = records;
	*out_count = flags + 1;
	return flags == 9 ? ERR_BAD_ADDRESS : OK;
}

enum status sys_put(struct user_in one, struct user_in blob, uintptr_t path, uintptr_t names,
                    int64_t offset, int32_t mode)
{
	seen.one = one;
	seen.blob = blob;
	seen.offset = offset;
	seen.mode = mode;
	return path == 3 && names == 4 ? OK : ERR_INVALID_ARGS;
}

enum status sys_tick(void)
{
	seen.ticks++;
	return OK;
}

/* Linux's arguments are cut to their types. */
int64_t linux_write(int32_t descriptor, uintptr_t buffer, uint64_t length)
{
	return descriptor + (int64_t)buffer + (int64_t)length;
}

int64_t linux_read(void)
{
	return 5;
}

void sys_leave(int32_t code)
{
	exit(code);
}

#define CALL(number, ...) syscall_dispatch(number, (const uint64_t[6]){__VA_ARGS__})
#define EXPECT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition))                                                                  \
			exit(__LINE__ - FIRST);                                                    \
	} while (0)

enum { FIRST = __LINE__ };

static void check_take(void)
{
	EXPECT(CALL(SYS_RUSTOS_TAKE, 64, 2, 5) == ERR_ACCESS_DENIED);
	seen.capabilities = 1 << 3;
	EXPECT(CALL(SYS_RUSTOS_TAKE, 64, 2, 5) == ERR_ACCESS_DENIED);
	seen.capabilities = 1 << 0;
	EXPECT(CALL(SYS_RUSTOS_TAKE, 64, 2, 5) == 6);
	EXPECT(seen.records.addr == 64 && seen.records.len == 2 * sizeof(struct record));
	EXPECT(CALL(SYS_RUSTOS_TAKE, 64, 4, 5) == 6);
	EXPECT(CALL(SYS_RUSTOS_TAKE, 64, 5, 5) == ERR_INVALID_ARGS);
	EXPECT(CALL(SYS_RUSTOS_TAKE, 64, UINT64_MAX, 5) == ERR_INVALID_ARGS);
	EXPECT(CALL(SYS_RUSTOS_TAKE, 64, 2, 0x100000000) == ERR_INVALID_ARGS);
	EXPECT(CALL(SYS_RUSTOS_TAKE, 64, 2, 9) == ERR_BAD_ADDRESS);
}

static void check_put(void)
{
	EXPECT(CALL(SYS_RUSTOS_PUT, 1, 2, 3, 4, UINT64_MAX - 6, 0xfffffffe) == OK);
	EXPECT(seen.one.addr == 1 && seen.one.len == sizeof(struct record));
	EXPECT(seen.blob.addr == 2 && seen.blob.len == 72);
	EXPECT(seen.offset == -7 && seen.mode == -2);
}

static void check_unknown(void)
{
	EXPECT(CALL(SYS_RUSTOS_TICK) == OK && seen.ticks == 1 && seen.unknown == 0);
	EXPECT(CALL(SYS_RUSTOS_LATER) == ERR_NOT_IMPLEMENTED);
	EXPECT(seen.unknown == 1 && strcmp(seen.unknown_name, "later") == 0);
	EXPECT(CALL(0x52550005) == ERR_NOT_IMPLEMENTED); /* retired */
	EXPECT(seen.unknown == 2 && !seen.unknown_name);
	EXPECT(CALL(3) == ERR_NOT_IMPLEMENTED);
	EXPECT(seen.unknown == 3 && strcmp(seen.unknown_name, "close") == 0);
	EXPECT(CALL(2) == ERR_NOT_IMPLEMENTED && !seen.unknown_name);
	EXPECT(CALL(UINT64_MAX) == ERR_NOT_IMPLEMENTED && !seen.unknown_name);
}

static void check_linux(void)
{
	EXPECT(CALL(1, 0x1ffffffff, 10, 0x100000000) == 0x100000009);
	EXPECT(CALL(0) == 5);
}

static void check_names(void)
{
	EXPECT(strcmp(status_name(ERR_BAD_ADDRESS), "ERR_BAD_ADDRESS") == 0);
	EXPECT(strcmp(status_name(OK), "OK") == 0);
	EXPECT(strcmp(status_name(-1), "ERR_UNKNOWN") == 0);
	EXPECT(strcmp(fault_names[FAULT_VIRTIO_GPU_SUBMIT], "virtio-gpu.submit") == 0);
	EXPECT(strcmp(level_names[LOG_LEVEL_WARN], "warn") == 0);
	EXPECT(strcmp(category_names[LOG_DEBUG], "debug") == 0);
	EXPECT(thresholds[LOG_BOOT] == 3 && thresholds[LOG_DEBUG] == 0);
}

int main(void)
{
	check_take();
	check_put();
	check_unknown();
	check_linux();
	check_names();
	CALL(SYS_RUSTOS_LEAVE, 77);
	return 99;
}
