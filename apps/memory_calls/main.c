#include "memory_calls.h"
#include <abi/linux_syscalls.h>

char *must_map(uint64_t size, uint32_t rights, uint32_t flags)
{
	uint64_t address;
	enum status status = rustos_memory_map(0, size, rights, flags, &address);
	if (status != OK) {
		print("# mapping %lu bytes failed: %d\n", size, (int)status);
		rustos_process_exit(2);
	}
	return (char *)address;
}

void must_unmap(const void *memory, uint64_t size)
{
	if (rustos_memory_unmap((uint64_t)memory, size) != OK)
		rustos_process_exit(3);
}

uint64_t bytes_held(void)
{
	struct memory_use use;
	if (rustos_memory_usage(&use) != OK)
		rustos_process_exit(4);
	return use.bytes;
}

enum status kernel_reads(const void *memory)
{
	/* how long to sleep: as long as the zeros of a first touch say */
	return rustos_syscall(LINUX_NANOSLEEP, (uint64_t)memory, 0, 0, 0, 0, 0);
}

enum status kernel_writes(void *memory)
{
	return rustos_memory_usage(memory);
}

/* The depth of the stack, which this program does not use: it is to be smaller than initd. */
static void drop_stack(void)
{
	enum { STACK_USED = 64 << 10, STACK_BYTES = 128 << 10 };
	uint64_t here;
	here = (uint64_t)&here & ~(uint64_t)(PAGE - 1);
	must_unmap((const void *)(here - STACK_BYTES), STACK_BYTES - STACK_USED);
}

int main(int, char **, char **)
{
	struct tap tap = {};
	drop_stack();
	uint64_t before = bytes_held();
	check_maps(&tap);
	check_rights(&tap);
	check_copies(&tap);
	check_objects(&tap);
	check_thread_memory(&tap);
	check_limits(&tap);
	check_reserve(&tap);
	check_huge(&tap);
	check_hostile(&tap);
	tap_check_equal(&tap, (int64_t)bytes_held(), (int64_t)before,
	                "the program holds as much memory as when it began");
	return tap_finish(&tap);
}
