/* Linux calls about the caller and the system. */
#include "compat/linux/abi.h"
#include "core/api.h"
#include <abi/machine.h>
#include <base/cleanup.h>
#include <kernel/syscall_prototypes.h>
#include <string.h>

[[gnu::noreturn]] int64_t linux_exit(int32_t status)
{
	task_exit_with(status & 0xff);
}

[[gnu::noreturn]] int64_t linux_exit_group(int32_t status)
{
	process_exit(status & 0xff);
}

int64_t linux_getpid(void)
{
	return (int64_t)process_id(process_current());
}

int64_t linux_gettid(void)
{
	return (int64_t)task_id(task_current());
}

int64_t linux_getppid(void)
{
	return (int64_t)process_parent_id(process_current());
}

int64_t linux_sched_yield(void)
{
	thread_yield();
	return OK;
}

int64_t linux_set_tid_address(uintptr_t address)
{
	task_current()->clear_tid = address;
	return linux_gettid();
}

/* Linux include/uapi/linux/futex.h: struct robust_list_head */
enum { ROBUST_HEAD_BYTES = 24 };

/* Of oneself; those of others are theirs. */
int64_t linux_get_robust_list(int32_t tid, uintptr_t out_head, uintptr_t out_length)
{
	const uint64_t head = task_current()->robust_list, length = ROBUST_HEAD_BYTES;
	if (tid && tid != linux_gettid())
		return ERR_NOT_PERMITTED;
	TRY(user_copy_out((struct user_out){out_length, sizeof length}, &length));
	return user_copy_out((struct user_out){out_head, sizeof head}, &head);
}

int64_t linux_set_robust_list(uintptr_t head, uint64_t length)
{
	if (length != ROBUST_HEAD_BYTES)
		return ERR_INVALID_ARGS;
	task_current()->robust_list = head;
	return OK;
}

int64_t linux_arch_prctl(uint32_t operation, uintptr_t address)
{
	struct fpu_state *state = thread_current()->fpu;
	bool is_get = operation == LINUX_ARCH_GET_FS || operation == LINUX_ARCH_GET_GS;
	bool is_fs = operation == LINUX_ARCH_SET_FS || operation == LINUX_ARCH_GET_FS;
	uint64_t *base = is_fs ? &state->fs_base : &state->gs_base;
	if (is_get)
		return user_copy_out((struct user_out){address, sizeof *base}, base);
	if (operation != LINUX_ARCH_SET_FS && operation != LINUX_ARCH_SET_GS)
		return ERR_INVALID_ARGS;
	if (address >= USER_END)
		return ERR_NOT_PERMITTED;
	*base = address;
	fpu_bases_load(state);
	return OK;
}

int64_t linux_prctl(uint32_t operation, uintptr_t argument)
{
	char name[TASK_NAME_MAX] = {};
	size_t len;
	switch (operation) {
	case LINUX_PR_GET_NAME:
		task_name(name);
		return user_copy_out((struct user_out){argument, sizeof name}, name);
	case LINUX_PR_SET_NAME:
		if (user_copy_string(name, sizeof name, argument, &len) == ERR_BAD_ADDRESS)
			return ERR_BAD_ADDRESS;
		task_rename(name);
		return OK;
	default:
		return ERR_INVALID_ARGS;
	}
}

int64_t linux_uname(uintptr_t out_names)
{
	enum { UTSNAME_HOST = 1, UTSNAME_DOMAIN = 5 };
	char names[LINUX_UTSNAME_FIELDS][LINUX_UTSNAME_FIELD] = {
	        "Linux", "", MACHINE_LINUX_RELEASE, MACHINE_LINUX_VERSION, "x86_64", "",
	};
	struct names_slot slot;
	_Static_assert(sizeof slot.host <= LINUX_UTSNAME_FIELD);
	system_names(&slot);
	memcpy(names[UTSNAME_HOST], slot.host, sizeof slot.host);
	memcpy(names[UTSNAME_DOMAIN], slot.domain, sizeof slot.domain);
	return user_copy_out((struct user_out){out_names, sizeof names}, names);
}

int64_t linux_getrandom(uintptr_t buffer, uint64_t length, uint32_t flags)
{
	enum { RANDOM_FLAGS = 7, RANDOM_CHUNK = 256 };
	uint8_t bytes[RANDOM_CHUNK];
	if (flags & ~(uint32_t)RANDOM_FLAGS)
		return ERR_INVALID_ARGS;
	if (length > TRANSFER_MAX)
		length = TRANSFER_MAX;
	for (uint64_t done = 0; done < length;) {
		size_t len = length - done < sizeof bytes ? length - done : sizeof bytes;
		random_fill(bytes, len);
		TRY(user_copy_out((struct user_out){buffer + done, len}, bytes));
		done += len;
	}
	random_refresh();
	return (int64_t)length;
}

/* Linux include/uapi/linux/reboot.h. What is written lies in memory only: there is nothing to save.
 */
int64_t linux_reboot(uint32_t magic, uint32_t magic2, uint32_t command)
{
	static const uint32_t magics[] = {672274793, 85072278, 369367448, 537993216};
	enum { REBOOT_MAGIC = (int)0xfee1dead };
	bool known = magic == (uint32_t)REBOOT_MAGIC;
	bool second = false;
	for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++)
		second |= magic2 == magics[i];
	if (!process_is_privileged())
		return ERR_NOT_PERMITTED;
	if (!known || !second)
		return ERR_INVALID_ARGS;
	switch (command) {
	case 0x01234567:
		process_setup()->machine_switch(MACHINE_RESET);
	case 0xcdef0123:
		process_setup()->machine_switch(MACHINE_HALT);
	case 0x4321fedc:
		process_setup()->machine_switch(MACHINE_POWER_OFF);
	case 0: /* Ctrl-Alt-Del: a signal to the first process, as it is here in any case */
		return OK;
	default:
		return ERR_INVALID_ARGS;
	}
}
