/* Generated from registry/syscalls.toml; edit that. */

#include "ps/api.h"
#include <abi/linux_syscalls.h>
#include <abi/services.h>
#include <kernel/syscall_prototypes.h>

[[gnu::noinline]] static int64_t syscall_decode_take(const uint64_t raw[6])
{
	if (!process_has_capability(IPC_SERVICE_CAP_BIT_FILE_POLICY))
		return ERR_ACCESS_DENIED;
	if (raw[1] > RECORDS_MAX)
		return ERR_INVALID_ARGS;
	if (raw[2] > UINT32_MAX)
		return ERR_INVALID_ARGS;
	struct user_out records = {.addr = raw[0], .len = raw[1] * sizeof(struct record)};
	uint32_t count = 0;
	enum status answer = sys_take(records, (uint32_t)raw[2], &count);
	return answer != OK ? (int64_t)answer : (int64_t)count;
}

[[gnu::noinline]] static int64_t syscall_decode_put(const uint64_t raw[6])
{
	struct user_in one = {.addr = raw[0], .len = sizeof(struct record)};
	struct user_in blob = {.addr = raw[1], .len = 72};
	return sys_put(one, blob, raw[2], raw[3], (int64_t)raw[4], (int32_t)raw[5]);
}

[[gnu::noinline]] static int64_t syscall_decode_tick(const uint64_t raw[6])
{
	(void)raw;
	return sys_tick();
}

[[gnu::noinline]] static int64_t syscall_decode_leave(const uint64_t raw[6])
{
	sys_leave((int32_t)raw[0]);
}

const char *syscall_name(uint64_t number)
{
	static const char *const linux_names[LINUX_SYSCALL_COUNT] = LINUX_SYSCALL_NAMES;

	if (number < LINUX_SYSCALL_COUNT)
		return linux_names[number];
	switch (number) {
	case SYS_RUSTOS_TAKE:
		return "take";
	case SYS_RUSTOS_PUT:
		return "put";
	case SYS_RUSTOS_TICK:
		return "tick";
	case SYS_RUSTOS_LATER:
		return "later";
	case SYS_RUSTOS_LEAVE:
		return "leave";
	default:
		return NULL;
	}
}

int64_t syscall_dispatch(uint64_t number, const uint64_t args[6])
{
	switch (number) {
	case 0:
		return linux_read();
	case 1:
		return linux_write((int32_t)args[0], (uintptr_t)args[1], (uint64_t)args[2]);
	case SYS_RUSTOS_TAKE:
		return syscall_decode_take(args);
	case SYS_RUSTOS_PUT:
		return syscall_decode_put(args);
	case SYS_RUSTOS_TICK:
		return syscall_decode_tick(args);
	case SYS_RUSTOS_LEAVE:
		return syscall_decode_leave(args);
	default:
		syscall_unknown(number, syscall_name(number));
		return ERR_NOT_IMPLEMENTED;
	}
}
