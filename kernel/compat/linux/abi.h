/*
 * Structures and numbers of the Linux ABI, x86-64. Private to compat.
 *
 * Linux 6.1: include/uapi (asm-generic/fcntl.h, linux/uio.h, linux/utsname.h, linux/time.h,
 * asm/prctl.h, linux/prctl.h, asm-generic/mman-common.h, linux/resource.h), arch/x86/include/uapi.
 */
#pragma once

#include "mm/api.h"
#include "ps/api.h"

struct linux_iovec {
	uint64_t base;
	uint64_t len;
};

enum { LINUX_IOVECS_MAX = 1024 };

struct linux_timespec {
	int64_t seconds;
	int64_t nanoseconds;
};

struct linux_timeval {
	int64_t seconds;
	int64_t microseconds;
};

struct linux_stat {
	uint64_t device;
	uint64_t inode;
	uint64_t links;
	uint32_t mode;
	uint32_t uid;
	uint32_t gid;
	uint32_t reserved0;
	uint64_t special_device;
	int64_t size;
	int64_t block_bytes;
	int64_t blocks;
	struct linux_timespec accessed, modified, changed;
	int64_t reserved1[3];
};

_Static_assert(sizeof(struct linux_stat) == 144);

enum { LINUX_UTSNAME_FIELD = 65, LINUX_UTSNAME_FIELDS = 6 };

struct linux_sysinfo {
	int64_t uptime; /* seconds */
	uint64_t loads[3]; /* in 1/65536 */
	uint64_t total_memory, free_memory, shared_memory, buffer_memory; /* in mem_unit */
	uint64_t total_swap, free_swap;
	uint16_t processes, pad[3];
	uint64_t total_high, free_high;
	uint32_t mem_unit, reserved0;
};

enum linux_clock {
	LINUX_CLOCK_REALTIME = 0,
	LINUX_CLOCK_MONOTONIC = 1,
	LINUX_CLOCK_PROCESS = 2,
	LINUX_CLOCK_THREAD = 3,
	LINUX_CLOCK_MONOTONIC_RAW = 4,
	LINUX_CLOCK_REALTIME_COARSE = 5,
	LINUX_CLOCK_MONOTONIC_COARSE = 6,
	LINUX_CLOCK_BOOTTIME = 7,
};

enum linux_protection {
	LINUX_PROT_READ = 1,
	LINUX_PROT_WRITE = 2,
	LINUX_PROT_EXEC = 4,
	LINUX_PROT_ALL = 7,
};

enum linux_map_flag {
	LINUX_MAP_SHARED = 0x01,
	LINUX_MAP_PRIVATE = 0x02,
	LINUX_MAP_SHARED_VALIDATE = 0x03,
	LINUX_MAP_TYPE = 0x0f,
	LINUX_MAP_FIXED = 0x10,
	LINUX_MAP_ANONYMOUS = 0x20,
	LINUX_MAP_LOCKED = 0x2000,
	LINUX_MAP_POPULATE = 0x8000,
	LINUX_MAP_HUGETLB = 0x40000,
	LINUX_MAP_FIXED_NOREPLACE = 0x100000,
	LINUX_MAP_HUGE_SHIFT = 26, /* the size of pages above: its logarithm, 0: any */
	LINUX_MAP_HUGE_MASK = 0x3f,
	LINUX_HUGE_2M = 21,
	LINUX_HUGE_1G = 30,
};

enum linux_arch_prctl {
	LINUX_ARCH_SET_GS = 0x1001,
	LINUX_ARCH_SET_FS = 0x1002,
	LINUX_ARCH_GET_FS = 0x1003,
	LINUX_ARCH_GET_GS = 0x1004,
};

enum linux_prctl { LINUX_PR_SET_NAME = 15, LINUX_PR_GET_NAME = 16 };

static inline struct handle_table *linux_handles(void)
{
	return &process_ipc(process_current())->handles;
}

/* What the calling program had in its registers, and will have. */
static inline struct trap_frame *linux_frame(void)
{
	return trap_frame_at(kernel_stack_top(thread_current()->stack));
}

/* A struct timespec at address, as a time from now. ERR_INVALID_ARGS, ERR_BAD_ADDRESS. */
enum status linux_deadline(uintptr_t address, uint64_t *out_deadline_ns);
/* A vector out of user memory. */
struct linux_parts {
	const struct user_in *items;
	size_t count;
};

/* To be freed. ERR_INVALID_ARGS: more than LINUX_IOVECS_MAX; ERR_BAD_ADDRESS; ERR_NO_MEMORY. */
enum status linux_parts_get(struct linux_parts *out_parts, uintptr_t vector, uint64_t count);
void linux_parts_free(struct linux_parts *parts);
/* To the calling thread. */
void linux_signal_broken_pipe(void);

/* Takes both files: their descriptors, as linux_install, go to out_pair. */
int64_t linux_install_pair(struct file *const files[2], uint32_t flags, uintptr_t out_pair);
/* Takes the file: its descriptor, with FILE_CLOSE_ON_EXEC of flags, or a status. */
int64_t linux_install(struct file *file, uint32_t flags);
/* With a reference for the caller. ERR_BAD_HANDLE. */
enum status linux_file_get(int32_t descriptor, struct file **out_file);

/* A struct rusage of a process that has run so long. */
enum status linux_put_usage(uintptr_t address, struct thread_time time);
