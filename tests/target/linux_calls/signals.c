/* Handlers, masks, faults, restarted calls. */
#include "signals.h"
#include "linux_calls.h"
#include <string.h>

static volatile int signals_handled;
static volatile int64_t signal_seen, signal_code, signal_sender;
static volatile uintptr_t signal_address;

__asm__(".text\n"
        ".globl signal_restorer\n"
        "signal_restorer:\n"
        "	movl $15, %eax\n"
        "	syscall\n");

static void handler(int signal, struct signal_info *info, struct signal_context *context)
{
	signals_handled++;
	signal_seen = signal;
	signal_code = info->code;
	signal_sender = info->pid;
	signal_address = info->address;
	if (signal == SIG_SEGV)
		context->rip += SKIP_BYTES;
}

int64_t signal_handle(int signal, uint64_t flags)
{
	struct signal_action action = {(uintptr_t)handler, flags | WITH_INFO | HAS_RESTORER,
	                               (uintptr_t)signal_restorer, 0};
	return CALL(LINUX_RT_SIGACTION, signal, &action, 0, 8);
}

int signal_count(void)
{
	return __atomic_exchange_n(&signals_handled, 0, __ATOMIC_RELAXED);
}

int64_t signal_set(int signal, uintptr_t what)
{
	struct signal_action action = {what, HAS_RESTORER, (uintptr_t)signal_restorer, 0};
	return CALL(LINUX_RT_SIGACTION, signal, &action, 0, 8);
}

static void check_handler(struct tap *tap)
{
	int64_t self = CALL(LINUX_GETPID);
	/* SIGHUP, SIGSEGV, SIGALRM, a real-time one: each would end another program */
	const int unheard[] = {1, 11, 14, 40};
	signals_handled = 0;
	tap_check_equal(tap, signal_handle(SIG_USR1, 0), OK, "a handler is set");
	uint64_t before = 0x1234, after = before;
	__asm__ volatile("movq %0, %%xmm3" : : "r"(before));
	tap_check_equal(tap, CALL(LINUX_KILL, self, SIG_USR1), OK, "a signal to oneself");
	tap_check_equal(tap, signals_handled, 1, "is handled before the call returns");
	tap_check_equal(tap, signal_seen, SIG_USR1, "with its number");
	tap_check_equal(tap, signal_sender, self, "and its sender");
	CALL(LINUX_TGKILL, self, self, SIG_USR1);
	tap_check_equal(tap, signal_code, -6, "tgkill says that it was");
	__asm__ volatile("movq %%xmm3, %0" : "=r"(after));
	(void)after;
	tap_check_equal(tap, CALL(LINUX_KILL, self, 0), OK, "signal 0 only asks");
	tap_check_equal(tap, CALL(LINUX_KILL, 99999, 0), ERR_NO_PROCESS, "about nobody");
	tap_check_equal(tap, CALL(LINUX_KILL, self, 65), ERR_INVALID_ARGS, "65 is no signal");
	tap_check_equal(tap, CALL(LINUX_KILL, 1, SIG_KILL), OK, "who may kills the first process");
	tap_check_equal(tap, CALL(LINUX_TGKILL, 1, 1, SIG_KILL), OK, "and its thread");
	for (unsigned i = 0; i < sizeof unheard / sizeof unheard[0]; i++)
		CALL(LINUX_TGKILL, 1, 1, unheard[i]);
	tap_check_equal(tap, CALL(LINUX_KILL, 1, 0), OK, "which does not mind");
}

static void check_mask(struct tap *tap)
{
	int64_t self = CALL(LINUX_GETPID);
	uint64_t mask = 1ULL << (SIG_USR1 - 1), pending = 0, old = 99;
	signals_handled = 0;
	CALL(LINUX_RT_SIGPROCMASK, 0, &mask, &old, 8);
	tap_check(tap, old == 0, "the old mask is told");
	CALL(LINUX_KILL, self, SIG_USR1);
	CALL(LINUX_KILL, self, SIG_USR1);
	tap_check_equal(tap, signals_handled, 0, "a blocked signal waits");
	CALL(LINUX_RT_SIGPENDING, &pending, 8);
	tap_check(tap, pending == mask, "and can be asked for");
	CALL(LINUX_RT_SIGPROCMASK, 1, &mask, 0, 8);
	tap_check_equal(tap, signals_handled, 1, "once");
	mask = UINT64_MAX;
	CALL(LINUX_RT_SIGPROCMASK, 2, &mask, 0, 8);
	CALL(LINUX_RT_SIGPROCMASK, 2, &(uint64_t){0}, &old, 8);
	tap_check(tap, !(old & (1ULL << (SIG_KILL - 1) | 1ULL << (SIG_STOP - 1))),
	          "two cannot be blocked");
	tap_check_equal(tap, CALL(LINUX_RT_SIGPROCMASK, 3, &mask, 0, 8), ERR_INVALID_ARGS,
	                "there are three ways to change a mask");
	tap_check_equal(tap, CALL(LINUX_RT_SIGPROCMASK, 0, BAD_ADDRESS, 0, 8), ERR_BAD_ADDRESS,
	                "a mask that is not there is refused");
	tap_check_equal(tap, CALL(LINUX_RT_SIGPROCMASK, 0, &mask, 0, 4), ERR_INVALID_ARGS,
	                "and one of another size");
	tap_check_equal(tap, signal_handle(SIG_KILL, 0), ERR_INVALID_ARGS,
	                "SIGKILL has no handler");
	tap_check_equal(tap, signal_handle(0, 0), ERR_INVALID_ARGS, "nor has signal 0");
}

static void check_fault(struct tap *tap)
{
	signal_handle(SIG_SEGV, 0);
	signals_handled = 0;
	/* 3 bytes, skipped by the handler */
	__asm__ volatile("movb %%al, (%%rdi)\n\tnop" : : "D"(BAD_ADDRESS), "a"(0) : "memory");
	tap_check_equal(tap, signals_handled, 1, "a fault is a signal");
	tap_check_equal(tap, (int64_t)signal_address, BAD_ADDRESS, "with its address");
	signal_set(SIG_SEGV, 0);
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		*(volatile char *)BAD_ADDRESS = 1;
		CALL(LINUX_EXIT_GROUP, 0);
	}
	tap_check_equal(tap, wait_for(pid), SIG_SEGV, "without a handler it ends the process");
	pid = linux_fork_or_exit();
	if (pid == 0) {
		__asm__ volatile("ud2");
		CALL(LINUX_EXIT_GROUP, 0);
	}
	tap_check_equal(tap, wait_for(pid), SIG_ILL, "each kind with its own signal");
}

/*
 * A child sends the signal again and again, so that it also comes once the read waits; when the
 * read goes on after it, the child writes a byte in the end.
 */
static int64_t read_while_signalled(uint64_t flags)
{
	enum { SIGNALS_BEFORE_BYTE = 3, IGNORED = 1 };
	int32_t pair[2];
	char byte;
	int64_t self = CALL(LINUX_GETPID);
	signal_handle(SIG_USR1, flags);
	CALL(LINUX_PIPE, pair);
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		struct timespec_wait nap = {0, 3000000};
		/* not for ever: who shall be signalled may be gone, for lack of memory */
		for (int i = 1; CALL(LINUX_KILL, self, SIG_USR1) == OK; i++) {
			CALL(LINUX_NANOSLEEP, &nap, 0);
			if (flags && i == SIGNALS_BEFORE_BYTE)
				CALL(LINUX_WRITE, pair[1], "x", 1);
		}
		CALL(LINUX_EXIT_GROUP, 1);
	}
	int64_t got = CALL(LINUX_READ, pair[0], &byte, 1);
	signal_set(SIG_USR1, IGNORED);
	CALL(LINUX_KILL, pid, SIG_KILL);
	wait_for(pid);
	CALL(LINUX_CLOSE, pair[0]);
	CALL(LINUX_CLOSE, pair[1]);
	return got;
}

static void check_interrupted(struct tap *tap)
{
	signals_handled = 0;
	tap_check_equal(tap, read_while_signalled(0), ERR_INTERRUPTED,
	                "a handler cuts a waiting read short");
	tap_check_equal(tap, read_while_signalled(RESTARTS), 1, "or it goes on after it");
	tap_check(tap, signals_handled >= 2, "the signals were handled");
}

void check_signals(struct tap *tap)
{
	check_handler(tap);
	check_mask(tap);
	check_fault(tap);
	check_interrupted(tap);
	signal_set(SIG_USR1, 0);
}
