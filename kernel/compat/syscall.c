/* Entry, and what happens to numbers that nothing answers. */
#include "compat/api.h"
#include "core/api.h"
#include "ps/api.h"
#include <kernel/syscall_prototypes.h>

enum {
	SYSCALL_LINUX_NUMBERS = 512,
	SYSCALL_RUSTOS_BASE = 0x52550000,
	SYSCALL_RUSTOS_NUMBERS = 512,
	SYSCALL_OTHER_MAX = 32,
};

static void syscall_end(struct trap_frame *frame)
{
	if (__builtin_expect(__atomic_load_n(&thread_current()->has_work, __ATOMIC_ACQUIRE), false))
		compat_do_work(frame);
}

/* After a call of those below: syscall_other says the same beforehand. */
static void syscall_end_short(struct trap_frame *frame)
{
	if (__builtin_expect(__atomic_load_n(&thread_current()->has_work, __ATOMIC_ACQUIRE),
	                     false)) {
		task_current()->call_restarts = true;
		compat_do_work(frame);
	}
}

[[gnu::noinline, gnu::no_stack_protector]] static void syscall_other(struct trap_frame *frame)
{
	/* a call that a signal cuts short is made again, by its number in error_code */
	task_current()->call_restarts = true;
	frame->rax = (uint64_t)syscall_dispatch(frame->rax, frame->arguments);
	syscall_end(frame);
}

/*
 * The calls that everything waits for, with what they are asked mostly. Each has a frame of its
 * own, which is as small as it needs.
 */
[[gnu::noinline, gnu::no_stack_protector]] static void syscall_call(struct trap_frame *frame)
{
	const struct ipc_call_request call = {.endpoint = frame->rdi,
	                                      .request = {frame->rsi, frame->rdx},
	                                      .reply = {frame->r10, frame->r8}};
	if (frame->r8 <= IPC_MAX_INLINE_BYTES && ipc_call_fast(&call, (int64_t *)&frame->rax))
		syscall_end_short(frame);
	else
		syscall_other(frame);
}

[[gnu::noinline, gnu::no_stack_protector]] static void
syscall_reply_receive(struct trap_frame *frame)
{
	const struct ipc_reply_request reply = {frame->rsi, {frame->r10, frame->rdx}, NULL};
	const struct ipc_receive_request receive = {
	        .endpoint = frame->rdi,
	        .buffer = {frame->r10, frame->r8},
	        .info = {frame->r9, sizeof(struct ipc_message_info)}};
	if (__builtin_expect(frame->r8 > IPC_MAX_INLINE_BYTES, 0) ||
	    __builtin_expect(frame->rdx > frame->r8, 0) ||
	    !ipc_reply_receive_fast(&reply, &receive, (int64_t *)&frame->rax))
		syscall_other(frame);
	else
		syscall_end_short(frame);
}

[[gnu::no_stack_protector]] void compat_syscall(struct trap_frame *frame)
{
	off_time_begin();
	if (frame->rax == SYS_RUSTOS_IPC_CALL)
		syscall_call(frame);
	else if (frame->rax == SYS_RUSTOS_IPC_REPLY_RECEIVE)
		syscall_reply_receive(frame);
	else
		syscall_other(frame);
	/* not yet, when there is more to do first: see trap_leave */
	if (CONFIG_DEBUG_ASSERTIONS && !cpu_current()->reschedule)
		off_time_end();
}

void compat_user_return(struct trap_frame *frame)
{
	syscall_end(frame);
}

/* Which numbers were reported; a program must not be able to fill the log with one each. */
struct syscall_reported {
	uint64_t bits[(SYSCALL_LINUX_NUMBERS + SYSCALL_RUSTOS_NUMBERS) / 64]; /* atomic */
	uint32_t other_count; /* atomic; numbers outside both regions, not told apart */
};

static struct syscall_reported syscall_reported;

static bool syscall_report_bit(size_t index)
{
	uint64_t bit = 1ULL << index % 64;
	return !(__atomic_fetch_or(&syscall_reported.bits[index / 64], bit, __ATOMIC_RELAXED) &
	         bit);
}

static bool syscall_report_wanted(uint64_t number)
{
	if (number < SYSCALL_LINUX_NUMBERS)
		return syscall_report_bit(number);
	uint64_t own = number - SYSCALL_RUSTOS_BASE;
	if (own < SYSCALL_RUSTOS_NUMBERS)
		return syscall_report_bit(SYSCALL_LINUX_NUMBERS + own);
	if (__atomic_load_n(&syscall_reported.other_count, __ATOMIC_RELAXED) >= SYSCALL_OTHER_MAX)
		return false;
	return __atomic_fetch_add(&syscall_reported.other_count, 1, __ATOMIC_RELAXED) <
	       SYSCALL_OTHER_MAX;
}

[[gnu::noinline]] void syscall_unknown(uint64_t number, const char *name)
{
	if (!syscall_report_wanted(number))
		return;
	const struct process *caller = process_current();
	struct str program = caller ? process_name(caller) : STR("kernel");
	LOG_WARN(LOG_COMPAT,
	         "system call not implemented number=0x%lx name=%s program=%.*s, answering "
	         "ERR_NOT_IMPLEMENTED",
	         number, name ? name : "-", STR_ARG(program));
}
