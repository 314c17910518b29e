/*
 * Processes without a machine, for their tests: threads never run, memory is counted. One test
 * program includes it once: it is the fakes, too.
 */
#pragma once

#include "core/api.h"
#include "fake_memory.h"
#include "program_bytes.h"
#include "ps/process.h"

/* Threads that never run: the test steps into them with become(). */
static struct thread *test_current;
static struct thread test_kernel_thread;
static struct thread *test_started[8];
static size_t test_started_count;
static unsigned test_sleeps, test_wakes;
static void (*test_while_asleep)(void);
static jmp_buf test_end;
static int32_t test_machine_status;

struct thread *thread_current(void)
{
	return test_current;
}

enum status thread_create(const struct thread_request *request, struct thread **out_thread)
{
	if (fake_memory_fails())
		return ERR_NO_MEMORY;
	struct thread *thread = calloc(1, sizeof *thread);
	thread->owner = request->owner;
	thread->space = request->space;
	assert_true(request->uses_fpu);
	fake_memory.threads++;
	*out_thread = thread;
	return OK;
}

void thread_start(struct thread *thread)
{
	test_started[test_started_count++] = thread;
}

struct thread_time thread_time(const struct thread *)
{
	return (struct thread_time){.run_ns = 7, .system_ns = 3};
}

/* No process of these tests sets one. */
void timer_set(struct timer *)
{
	fail();
}

void timer_cancel(struct timer *)
{
	fail();
}

void timer_set_again(struct timer *, uint64_t)
{
	fail();
}

void thread_leave_space(void)
{
	test_current->space = NULL;
}

[[gnu::noreturn]] static void test_leave(int how)
{
	free(test_current);
	fake_memory.threads--;
	test_current = &test_kernel_thread;
	longjmp(test_end, how);
}

void thread_exit(void)
{
	test_leave(1);
}

[[maybe_unused]] static const struct process_event_wait test_wait = {.wait = true}, test_look = {};

static bool test_others_live; /* at the end of the first process */

/* The machine ends here and takes with it what the first process leaves behind. */
[[gnu::noreturn]] static void test_machine_end(int32_t status)
{
	struct process_event events[8];
	size_t count;
	test_machine_status = status;
	assert_int_equal(process_take_events(events, 8, &test_look, &count), OK);
	assert_int_equal(fake_memory.heap_bytes != 0, test_others_live);
	assert_int_equal(fake_memory.spaces != 0, test_others_live);
	test_leave(2);
}

/* What ipc would keep; here only what it was given. */
static unsigned test_audited;

void ipc_process_init(struct ipc_process *process, const struct ipc_grant *grant)
{
	*process = (struct ipc_process){.space = grant->space, .capabilities = grant->capabilities};
}

void ipc_process_exit(struct ipc_process *process)
{
	assert_non_null(process->space);
}

void ipc_thread_exit(void)
{
}

void audit_append(uint32_t event, uint64_t, uint64_t, enum status status)
{
	assert_int_equal(event, AUDIT_CAPABILITY_REFUSED);
	assert_int_equal(status, ERR_ACCESS_DENIED);
	test_audited++;
}

void thread_destroy(struct thread *thread)
{
	free(thread);
	fake_memory.threads--;
}

void user_resume(const struct trap_frame *)
{
	fail_msg("no thread runs here");
	abort();
}

struct trap_frame trap_frame_start(uintptr_t instruction, uintptr_t stack)
{
	return (struct trap_frame){.rip = instruction, .rsp = stack};
}

void thread_set_crowd(struct thread *, uint64_t, uint64_t)
{
}

void thread_wake_awaiting(struct thread *)
{
}

void cpu_send_reschedule(uint32_t)
{
}

uint64_t clock_ns(void)
{
	return 0;
}

/* No program has memory here. */
bool user_put_words(uintptr_t, const uint64_t[4])
{
	return false;
}

bool user_exchange_word(uintptr_t, uint32_t, uint32_t, uint32_t *)
{
	return false;
}

size_t user_copy_raw(void *, const void *, size_t len)
{
	return len;
}

void wait_queue_wake_one(struct wait_queue *)
{
}

bool wait_queue_sleep_until(struct wait_queue *, struct spinlock *, uint64_t)
{
	return false;
}

const char *trap_name(uint64_t)
{
	return "page fault";
}

void wait_queue_init(struct wait_queue *queue)
{
	list_init(&queue->waiters);
}

void wait_queue_sleep(struct wait_queue *, struct spinlock *lock)
{
	test_sleeps++;
	assert_non_null(test_while_asleep);
	spinlock_release(lock);
	test_while_asleep();
	spinlock_acquire(lock);
}

void wait_queue_wake_all(struct wait_queue *)
{
	test_wakes++;
}

static struct program_bytes test_bytes;

[[maybe_unused]] static void test_start(void)
{
	fake_memory_start();
	test_current = &test_kernel_thread;
	test_started_count = 0;
	test_sleeps = test_wakes = 0;
	elf_bytes_make(&test_bytes.elf);
	struct process_setup setup = {.archive = program_bytes_pack(&test_bytes),
	                              .first_process_exited = test_machine_end};
	ps_init(&setup);
}

[[maybe_unused]] static uint64_t test_spawn(uint64_t capabilities)
{
	struct process_request request = {.path = STR("apps/a/a.elf"),
	                                  .capabilities = capabilities};
	uint64_t pid = 0;
	assert_int_equal(process_spawn(&request, &pid), OK);
	return pid;
}

[[maybe_unused]] static void become(size_t started)
{
	test_current = test_started[started];
}

/* 1: the thread ended; 2: the machine did. */
[[maybe_unused]] static int test_exit(size_t started, int32_t status)
{
	become(started);
	int how = setjmp(test_end);
	if (how == 0)
		process_exit(status);
	return how;
}
