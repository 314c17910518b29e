/* Generated from registry/linux_syscalls.toml; edit that. */
#pragma once

enum linux_syscall {
	LINUX_READ = 0, /* answered in the kernel */
	LINUX_WRITE = 1, /* answered in the kernel */
	LINUX_CLOSE = 3,
};

enum { LINUX_SYSCALL_COUNT = 4 };

/* Initialiser of an array of LINUX_SYSCALL_COUNT C strings; NULL where there is no call. */
#define LINUX_SYSCALL_NAMES \
	{ \
		[0] = "read", \
		[1] = "write", \
		[3] = "close", \
	}
