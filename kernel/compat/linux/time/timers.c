/* timer_create(2) and its relatives, signalfd(2). Linux include/uapi/asm-generic/siginfo.h. */
#include "compat/linux/abi.h"
#include "compat/linux/time/timerspec.h"
#include "core/api.h"
#include <base/cleanup.h>
#include <kernel/syscall_prototypes.h>

enum linux_notify { LINUX_NOTIFY_SIGNAL = 0, LINUX_NOTIFY_NONE = 1, LINUX_NOTIFY_THREAD_ID = 4 };

struct linux_sigevent {
	uint64_t value;
	int32_t signal;
	int32_t notify;
	int32_t tid;
	int32_t rest[11];
};

_Static_assert(sizeof(struct linux_sigevent) == 64);

static enum status timers_setup(uintptr_t event, struct process_timer_setup *out)
{
	struct linux_sigevent in;
	*out = (struct process_timer_setup){.signal = SIGNAL_ALRM, .value_is_id = true};
	if (!event)
		return OK;
	TRY(user_copy_in(&in, (struct user_in){event, sizeof in}));
	*out = (struct process_timer_setup){.value = in.value};
	if (in.notify == LINUX_NOTIFY_NONE)
		return OK;
	bool to_thread = in.notify == LINUX_NOTIFY_THREAD_ID;
	if ((in.notify != LINUX_NOTIFY_SIGNAL && !to_thread) || in.signal < 1 ||
	    in.signal > SIGNAL_MAX || (to_thread && in.tid <= 0))
		return ERR_INVALID_ARGS;
	out->signal = (uint32_t)in.signal;
	out->tid = to_thread ? (uint64_t)in.tid : 0;
	return OK;
}

/* ERR_INVALID_ARGS: no such clock, or that of another process. */
static enum status timers_set_clock(int32_t clock, struct process_timer_setup *setup)
{
	struct linux_run_clock run;
	setup->is_real = clock == LINUX_CLOCK_REALTIME;
	if (setup->is_real || clock == LINUX_CLOCK_MONOTONIC || clock == LINUX_CLOCK_BOOTTIME)
		return OK;
	if (!linux_run_clock(clock, &run))
		return ERR_INVALID_ARGS;
	if (run.is_thread) {
		setup->clock = PROCESS_TIMER_THREAD;
		setup->clock_tid = run.id ? run.id : task_id(task_current());
		return OK;
	}
	setup->clock = PROCESS_TIMER_RUN;
	return !run.id || run.id == process_id(process_current()) ? OK : ERR_INVALID_ARGS;
}

int64_t linux_timer_create(int32_t clock, uintptr_t event, uintptr_t out_timer)
{
	struct process_timer_setup setup;
	int32_t id;
	TRY(timers_setup(event, &setup));
	TRY(timers_set_clock(clock, &setup));
	TRY(process_timer_create(&setup, &id));
	enum status status = user_copy_out((struct user_out){out_timer, sizeof id}, &id);
	if (status != OK)
		(void)process_timer_delete(id); /* nobody knows it */
	return status;
}

static enum status timers_tell(int32_t id, uintptr_t out_time)
{
	struct process_timer_state state;
	TRY(process_timer_get(id, &state));
	/* the signal comes with the next tick: something is left */
	uint64_t late = state.deadline_ns && state.clock != PROCESS_TIMER_TIME;
	uint64_t left = state.deadline_ns > state.now_ns ? state.deadline_ns - state.now_ns : late;
	return out_time ? linux_timer_put_left(out_time, left, state.interval_ns) : OK;
}

/* When it runs out, by its clock. */
static enum status timers_deadline(const struct linux_itimerspec *in, uint32_t flags,
                                   const struct process_timer_state *state, uint64_t *out_deadline,
                                   uint64_t *out_interval)
{
	bool is_absolute = flags & LINUX_TIMER_ABSOLUTE;
	if (state->clock == PROCESS_TIMER_TIME)
		return linux_timer_times(in, is_absolute, state->is_real, out_deadline,
		                         out_interval);
	TRY(linux_timer_times(in, true, false, out_deadline, out_interval));
	if (*out_deadline && !is_absolute)
		*out_deadline += state->now_ns;
	return OK;
}

int64_t linux_timer_settime(int32_t id, uint32_t flags, uintptr_t new_time, uintptr_t old_time)
{
	struct linux_itimerspec in;
	struct process_timer_state state;
	uint64_t deadline, interval;
	TRY(user_copy_in(&in, (struct user_in){new_time, sizeof in}));
	TRY(process_timer_get(id, &state));
	TRY(timers_deadline(&in, flags, &state, &deadline, &interval));
	TRY(timers_tell(id, old_time));
	return process_timer_set(id, deadline, interval);
}

int64_t linux_timer_gettime(int32_t id, uintptr_t out_time)
{
	return out_time ? timers_tell(id, out_time) : ERR_BAD_ADDRESS;
}

int64_t linux_timer_getoverrun(int32_t id)
{
	struct process_timer_state state;
	TRY(process_timer_get(id, &state));
	return state.overrun;
}

int64_t linux_timer_delete(int32_t id)
{
	return process_timer_delete(id);
}

int64_t linux_signalfd4(int32_t descriptor, uintptr_t in_mask, uint64_t size, uint32_t flags)
{
	enum { CREATE_FLAGS = FILE_NONBLOCK | FILE_CLOSE_ON_EXEC };
	uint64_t mask;
	struct file *file;
	if (size != sizeof mask || (flags & ~(uint32_t)CREATE_FLAGS))
		return ERR_INVALID_ARGS;
	TRY(user_copy_in(&mask, (struct user_in){in_mask, sizeof mask}));
	if (descriptor == -1) {
		TRY(signal_file_create(mask, flags & FILE_NONBLOCK, &file));
		return linux_install(file, flags);
	}
	TRY(linux_file_get(descriptor, &file));
	enum status status = signal_file_set_mask(file, mask);
	file_unref(file);
	return status == OK ? descriptor : status;
}

int64_t linux_signalfd(int32_t descriptor, uintptr_t in_mask, uint64_t size)
{
	return linux_signalfd4(descriptor, in_mask, size, 0);
}
