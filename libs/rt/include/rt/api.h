/*
 * The face of libs/rt: what stands between a program's main and the kernel.
 *
 * A program is int main(int argc, char **argv, char **envp); its result is its exit status.
 * Start code relocates the image, seeds the stack guard and calls it. The system calls
 * themselves are in <rt/stubs.h>.
 */
#pragma once

#include <base/api.h>
#include <rt/stubs.h>

/* Auxiliary vector entries of every program: System V AMD64 ABI 1.0, section 3.4.3. */
enum auxv_type {
	AUXV_NULL = 0,
	AUXV_PROGRAM_HEADERS = 3,
	AUXV_PROGRAM_HEADER_BYTES = 4,
	AUXV_PROGRAM_HEADER_COUNT = 5,
	AUXV_PAGE_BYTES = 6,
	AUXV_ENTRY = 9,
	AUXV_RANDOM = 25, /* address of 16 random bytes */
	AUXV_PATH = 31, /* address of the path the program was started by */
};

/*
 * Entry of the auxiliary vector that follows envp, as main got it; also the AT_RUSTOS_* of
 * <abi/syscalls.h>. False when there is none.
 */
bool auxv_find(char *const *envp, uint64_t type, uint64_t *out_value);

enum { PRINT_MAX = 1024 };

/* Formatted text to the debug console, at once; what exceeds PRINT_MAX is cut. */
[[gnu::format(printf, 1, 2)]] void print(const char *format, ...);
