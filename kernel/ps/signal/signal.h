/*
 * Signals: what is pending, what a process does with them, and who hears.
 *
 * Numbers, actions and their meaning are Linux's (signal(7), x86-64). The queue knows no process,
 * so that it runs on the host.
 */
#pragma once

#include <abi/status.h>
#include <base/list.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum signal_number {
	SIGNAL_HUP = 1,
	SIGNAL_INT = 2,
	SIGNAL_QUIT = 3,
	SIGNAL_ILL = 4,
	SIGNAL_TRAP = 5,
	SIGNAL_ABRT = 6,
	SIGNAL_BUS = 7,
	SIGNAL_FPE = 8,
	SIGNAL_KILL = 9,
	SIGNAL_SEGV = 11,
	SIGNAL_PIPE = 13,
	SIGNAL_ALRM = 14,
	SIGNAL_CHLD = 17,
	SIGNAL_CONT = 18,
	SIGNAL_STOP = 19,
	SIGNAL_TSTP = 20,
	SIGNAL_TTIN = 21,
	SIGNAL_TTOU = 22,
	SIGNAL_URG = 23,
	SIGNAL_XFSZ = 25,
	SIGNAL_VTALRM = 26,
	SIGNAL_PROF = 27,
	SIGNAL_WINCH = 28,
	SIGNAL_SYS = 31,
	SIGNAL_REAL_TIME = 32, /* first of those that queue */
	SIGNAL_MAX = 64,
};

/* A set has bit signal - 1. */
static inline uint64_t signal_bit(uint32_t signal)
{
	return 1ULL << (signal - 1);
}

#define SIGNALS_UNBLOCKABLE (1ULL << (SIGNAL_KILL - 1) | 1ULL << (SIGNAL_STOP - 1))
#define SIGNALS_STOPPING                                                                           \
	(1ULL << (SIGNAL_STOP - 1) | 1ULL << (SIGNAL_TSTP - 1) | 1ULL << (SIGNAL_TTIN - 1) |       \
	 1ULL << (SIGNAL_TTOU - 1))

/* Why; si_code. */
enum signal_code {
	SIGNAL_FROM_USER = 0,
	SIGNAL_FROM_KERNEL = 0x80,
	SIGNAL_FROM_QUEUE = -1,
	SIGNAL_FROM_TIMER = -2,
	SIGNAL_FROM_THREAD = -6,
	SIGNAL_CHILD_EXITED = 1,
	SIGNAL_CHILD_KILLED = 2,
	SIGNAL_CHILD_STOPPED = 5,
	SIGNAL_CHILD_CONTINUED = 6,
	SIGNAL_NOT_MAPPED = 1,
	SIGNAL_NOT_ALLOWED = 2,
};

struct signal_info {
	uint32_t signal;
	int32_t code;
	uint64_t pid; /* sender, or child */
	uint32_t uid;
	int32_t status; /* of a child */
	uint64_t value; /* sigqueue's value, or an address */
};

struct signal_action {
	uintptr_t handler;
	uint64_t flags;
	uintptr_t restorer;
	uint64_t mask;
};

enum signal_handler { SIGNAL_DEFAULT = 0, SIGNAL_IGNORE = 1 };

enum signal_flag {
	SIGNAL_NO_CHILD_STOP = 1,
	SIGNAL_NO_CHILD_WAIT = 2,
	SIGNAL_WITH_INFO = 4,
	SIGNAL_HAS_RESTORER = 0x04000000,
	SIGNAL_ON_STACK = 0x08000000,
	SIGNAL_RESTART = 0x10000000,
	SIGNAL_NO_DEFER = 0x40000000,
	SIGNAL_RESET = (int)0x80000000,
};

enum signal_default {
	SIGNAL_ENDS,
	SIGNAL_DUMPS,
	SIGNAL_IS_IGNORED,
	SIGNAL_STOPS,
	SIGNAL_CONTINUES
};

enum signal_default signal_default(uint32_t signal);
/* "SIGSEGV"; "SIGRT" for real-time ones. */
const char *signal_name(uint32_t signal);

struct signal_entry {
	struct list link;
	struct signal_info info;
	bool is_lent; /* nobody frees it, and while it is pending this is set */
};

struct signal_queue {
	uint64_t pending;
	uint32_t count; /* of entries */
	struct list entries; /* struct signal_entry, oldest first */
};

void signal_queue_init(struct signal_queue *queue);
/*
 * Takes entry unless the result is false: a standard signal that is pending already. entry may be
 * NULL when there was no room: the signal is then pending without its info, and once at most.
 */
bool signal_queue_add(struct signal_queue *queue, uint32_t signal, struct signal_entry *entry);
/*
 * The next one in wanted: faults first, then by number, of one number the oldest. False: none.
 * *out_entry is to be freed when not NULL.
 */
bool signal_queue_take(struct signal_queue *queue, uint64_t wanted, struct signal_info *out_info,
                       struct signal_entry **out_entry);
/* Takes one entry of these signals out; NULL when none is left, and then they are not pending. */
struct signal_entry *signal_queue_drop(struct signal_queue *queue, uint64_t signals);
