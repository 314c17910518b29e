/* select and pselect6: Linux fs/select.c says which readiness belongs to which set. */
#include "compat/linux/file/poll.h"
#include "core/api.h"
#include "io/api.h"
#include <base/cleanup.h>
#include <kernel/syscall_prototypes.h>

enum {
	SELECT_MAX = 1024, /* descriptors; what a struct fd_set holds */
	SELECT_WORD_BITS = 64,
	SELECT_WORDS = SELECT_MAX / SELECT_WORD_BITS,
	SELECT_SETS = 3, /* to read, to write, for what is exceptional */
	SELECT_NS_PER_SECOND = 1000000000,
	SELECT_NS_PER_US = 1000,
};

struct select_call {
	int32_t count;
	uintptr_t user[SELECT_SETS]; /* 0: none */
	uint64_t bits[SELECT_SETS][SELECT_WORDS];
	struct linux_pollfd list[SELECT_MAX];
};

static const int16_t select_asks[SELECT_SETS] = {READY_IN, READY_OUT, READY_PRIORITY};
static const int16_t select_answers[SELECT_SETS] = {READY_IN | READY_HANGUP | READY_ERROR,
                                                    READY_OUT | READY_ERROR, READY_PRIORITY};

static size_t select_bytes(const struct select_call *call)
{
	size_t words = ((size_t)call->count + SELECT_WORD_BITS - 1) / SELECT_WORD_BITS;
	return words * sizeof(uint64_t);
}

static enum status select_read(struct select_call *call)
{
	for (size_t set = 0; set < SELECT_SETS; set++)
		if (call->user[set] && call->count)
			TRY(user_copy_in(call->bits[set],
			                 (struct user_in){call->user[set], select_bytes(call)}));
	return OK;
}

static enum status select_write(const struct select_call *call)
{
	for (size_t set = 0; set < SELECT_SETS; set++)
		if (call->user[set] && call->count)
			TRY(user_copy_out((struct user_out){call->user[set], select_bytes(call)},
			                  call->bits[set]));
	return OK;
}

/* The descriptors that are in any set. */
static size_t select_list(struct select_call *call)
{
	size_t listed = 0;
	for (int32_t i = 0; i < call->count; i++) {
		uint64_t bit = (uint64_t)1 << i % SELECT_WORD_BITS;
		int16_t events = 0;
		for (size_t set = 0; set < SELECT_SETS; set++)
			if (call->bits[set][i / SELECT_WORD_BITS] & bit)
				events |= select_asks[set];
		if (events)
			call->list[listed++] = (struct linux_pollfd){i, events, 0};
	}
	return listed;
}

/* Only what is ready stays in the sets: so many bits, or ERR_BAD_HANDLE. */
static int64_t select_answer(struct select_call *call, size_t listed)
{
	int64_t ready = 0;
	__builtin_memset(call->bits, 0, sizeof call->bits);
	for (size_t i = 0; i < listed; i++) {
		const struct linux_pollfd *entry = &call->list[i];
		size_t word = (size_t)entry->descriptor / SELECT_WORD_BITS;
		if (entry->happened & LINUX_POLL_INVALID)
			return ERR_BAD_HANDLE;
		for (size_t set = 0; set < SELECT_SETS; set++) {
			if (!(entry->events & select_asks[set]) ||
			    !(entry->happened & select_answers[set]))
				continue;
			call->bits[set][word] |= (uint64_t)1
			                         << entry->descriptor % SELECT_WORD_BITS;
			ready++;
		}
	}
	return ready;
}

static int64_t select_run(struct select_call *call, uint64_t deadline_ns)
{
	TRY(select_read(call));
	size_t listed = select_list(call);
	int64_t ready = linux_poll_list(call->list, listed, deadline_ns);
	if (ready >= 0)
		ready = select_answer(call, listed);
	if (ready >= 0)
		TRY(select_write(call));
	return ready;
}

/* sets: three user addresses. */
static int64_t select_until(int32_t count, const uintptr_t sets[SELECT_SETS], uint64_t deadline_ns)
{
	if (count < 0)
		return ERR_INVALID_ARGS;
	struct select_call *call = HEAP_NEW(struct select_call);
	if (!call)
		return ERR_NO_MEMORY;
	call->count = count < SELECT_MAX ? count : SELECT_MAX;
	for (size_t set = 0; set < SELECT_SETS; set++)
		call->user[set] = sets[set];
	int64_t result = select_run(call, deadline_ns);
	heap_free(call, sizeof *call);
	return result;
}

/* What is left until the deadline. */
static uint64_t select_left_ns(uint64_t deadline_ns)
{
	uint64_t now = clock_ns();
	return deadline_ns > now ? deadline_ns - now : 0;
}

/* A time of two words, in seconds and parts of which one has part_ns; 0: none. */
static enum status select_deadline(uintptr_t address, uint64_t part_ns, uint64_t *out_deadline_ns)
{
	int64_t time[2];
	const int64_t seconds_max = INT64_MAX / SELECT_NS_PER_SECOND / 2;
	*out_deadline_ns = 0;
	if (!address)
		return OK;
	TRY(user_copy_in(time, (struct user_in){address, sizeof time}));
	if (time[0] < 0 || time[1] < 0 || (uint64_t)time[1] >= SELECT_NS_PER_SECOND / part_ns)
		return ERR_INVALID_ARGS;
	uint64_t seconds = (uint64_t)(time[0] < seconds_max ? time[0] : seconds_max);
	*out_deadline_ns =
	        clock_ns() + seconds * SELECT_NS_PER_SECOND + (uint64_t)time[1] * part_ns;
	return OK;
}

/* Linux does not say when the time can't be written. */
static void select_put_left(uintptr_t address, uint64_t part_ns, uint64_t deadline_ns)
{
	uint64_t left = select_left_ns(deadline_ns);
	const uint64_t time[2] = {left / SELECT_NS_PER_SECOND,
	                          left % SELECT_NS_PER_SECOND / part_ns};
	if (address)
		(void)!user_copy_out((struct user_out){address, sizeof time}, time);
}

int64_t linux_select(int32_t count, uintptr_t to_read, uintptr_t to_write, uintptr_t exceptional,
                     uintptr_t timeout)
{
	const uintptr_t sets[SELECT_SETS] = {to_read, to_write, exceptional};
	uint64_t deadline;
	TRY(select_deadline(timeout, SELECT_NS_PER_US, &deadline));
	int64_t result = select_until(count, sets, deadline);
	select_put_left(timeout, SELECT_NS_PER_US, deadline);
	return result;
}

int64_t linux_pselect6(int32_t count, uintptr_t to_read, uintptr_t to_write, uintptr_t exceptional,
                       uintptr_t timeout, uintptr_t mask)
{
	const uintptr_t sets[SELECT_SETS] = {to_read, to_write, exceptional};
	uint64_t deadline, masked[2] = {};
	TRY(select_deadline(timeout, 1, &deadline));
	if (mask)
		TRY(user_copy_in(masked, (struct user_in){mask, sizeof masked}));
	TRY(linux_wait_with_mask(masked[0], masked[1]));
	int64_t result = select_until(count, sets, deadline);
	select_put_left(timeout, 1, deadline);
	if (result != ERR_INTERRUPTED)
		task_end_work();
	return result;
}
