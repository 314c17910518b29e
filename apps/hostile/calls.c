/* Random system calls, Linux's and our own. */
#include "hostile.h"
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	CHILDREN = 4,
	LINUX_CALLS = 451,
	OWN_CALLS = 0x160,
	OWN_BASE = 0x52550000, /* abi/syscalls.h */
	ROOM_BYTES = 1 << 16,
	CHILD_MS = 20,
};

static uint64_t seed = 1;
static unsigned char *room; /* what pointers point into */
static uint64_t *made; /* calls of all children; shared with who started the attack */

void attack_calls_seed(uint64_t value)
{
	seed = value ? value : 1;
}

void attack_calls_count(uint64_t *counter)
{
	made = counter;
}

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators". */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1d;
}

/* What would make more of itself, end somebody else or everything, or wait for ever. */
static bool is_left_out(long number)
{
	static const long left_out[] = {
	        SYS_fork,
	        SYS_vfork,
	        SYS_clone,
	        SYS_clone3,
	        SYS_kill,
	        SYS_tkill,
	        SYS_tgkill,
	        SYS_rt_sigqueueinfo,
	        SYS_reboot,
	        SYS_setsid,
	        SYS_rt_tgsigqueueinfo,
	        SYS_setpgid,
	        SYS_pidfd_send_signal,
	};
	for (size_t i = 0; i < sizeof left_out / sizeof left_out[0]; i++)
		if (left_out[i] == number)
			return true;
	return false;
}

static uint64_t argument(uint64_t *state)
{
	static const uint64_t edges[] = {0,          1,          (uint64_t)-1, 1ull << 63,
	                                 1ull << 47, 0xfffff000, 4096,         0x7fffffff};
	uint64_t value = next_random(state);
	switch (value >> 60) {
	case 0 ... 4: /* a descriptor, a count, a flag */
		return value & 0xff;
	case 5 ... 10:
		return (uint64_t)(uintptr_t)(room + (value & (ROOM_BYTES - 1)));
	case 11 ... 13:
		return edges[value & 7];
	default:
		return value;
	}
}

[[gnu::noreturn]] static void calls_make(uint64_t state)
{
	for (;;) {
		uint64_t a[6];
		bool own = next_random(&state) % 4 == 0;
		long number = own ? OWN_BASE + (long)(next_random(&state) % OWN_CALLS)
		                  : (long)(next_random(&state) % LINUX_CALLS);
		for (int i = 0; i < 6; i++)
			a[i] = argument(&state);
		if (is_left_out(number))
			continue;
		__atomic_fetch_add(made, 1, __ATOMIC_RELAXED);
		(void)syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	}
}

/* Nothing of the console: what is written at random would be shown. */
static void console_leave(void)
{
	int null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd < 3; fd++)
		(void)dup2(null, fd);
}

/* A child may wait for ever, or have lost its memory: after a while it is ended. */
void attack_calls(void)
{
	const struct timespec nap = {0, CHILD_MS * 1000000};
	console_leave();
	room = mmap(NULL, ROOM_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (;;) {
		pid_t children[CHILDREN];
		for (int i = 0; i < CHILDREN; i++) {
			seed = seed * 6364136223846793005 + 1442695040888963407;
			children[i] = fork();
			if (children[i] == 0)
				calls_make(seed | 1);
		}
		nanosleep(&nap, NULL);
		for (int i = 0; i < CHILDREN; i++)
			if (children[i] > 0 && kill(children[i], SIGKILL) == 0)
				(void)waitpid(children[i], NULL, 0);
	}
}
