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

static const struct process_event_wait test_wait = {.wait = true}, test_look = {};

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

void thread_set_crowd(struct thread *, uint64_t)
{
}

void thread_wake_awaiting(struct thread *)
{
}

void cpu_send_reschedule(uint32_t)
{
}

bool user_put_words(uintptr_t, const uint64_t[4])
{
	return false;
}

uint64_t clock_ns(void)
{
	return 0;
}

/* No program has memory here. */
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

static void test_start(void)
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

static uint64_t test_spawn(uint64_t capabilities)
{
	struct process_request request = {.path = STR("apps/a/a.elf"),
	                                  .capabilities = capabilities};
	uint64_t pid = 0;
	assert_int_equal(process_spawn(&request, &pid), OK);
	return pid;
}

static void become(size_t started)
{
	test_current = test_started[started];
}

/* 1: the thread ended; 2: the machine did. */
static int test_exit(size_t started, int32_t status)
{
	become(started);
	int how = setjmp(test_end);
	if (how == 0)
		process_exit(status);
	return how;
}

static void child_knows_its_parent_and_name(void **)
{
	test_start();
	assert_int_equal(test_spawn(0), 1);
	become(0);
	assert_int_equal(process_id(process_current()), 1);
	assert_str(process_name(process_current()), STR("a.elf"));
	assert_int_equal(process_current()->spawner_pid, 0);
	assert_int_equal(test_spawn(0), 2);
	become(1);
	assert_int_equal(process_current()->spawner_pid, 1);
	assert_int_equal(test_exit(1, 0), 1);
	assert_int_equal(test_exit(0, 0), 2);
}

static void capability_belongs_to_the_calling_process(void **)
{
	test_start();
	assert_null(process_current());
	assert_false(process_has_capability(9));
	test_spawn(1 << 9 | 1ULL << 63);
	become(0);
	test_audited = 0;
	assert_true(process_has_capability(9));
	assert_true(process_has_capability(63));
	assert_int_equal(test_audited, 0);
	assert_false(process_has_capability(8));
	assert_false(process_has_capability(64));
	assert_false(process_has_capability(64 + 9));
	assert_int_equal(test_audited, 3);
	test_spawn(0);
	become(1);
	assert_false(process_has_capability(9));
	(void)test_exit(1, 0);
	(void)test_exit(0, 0);
}

static void exits_are_taken_once_in_their_order_and_free_everything(void **)
{
	struct process_event events[2];
	size_t count;
	test_start();
	test_spawn(0);
	become(0);
	for (unsigned i = 0; i < 3; i++)
		test_spawn(0);
	assert_int_equal(test_exit(2, 7), 1);
	assert_int_equal(test_exit(1, -1), 1);
	assert_int_equal(test_exit(3, 139), 1);
	assert_int_equal(fake_memory.spaces, 1);

	become(0);
	assert_int_equal(process_take_events(events, 2, &test_wait, &count), OK);
	assert_int_equal(count, 2);
	assert_int_equal(events[0].pid, 3);
	assert_int_equal(events[0].parent_pid, 1);
	assert_int_equal(events[0].status, 7);
	assert_int_equal(events[1].pid, 2);
	assert_int_equal(events[1].status, -1);
	assert_int_equal(process_take_events(events, 2, &test_look, &count), OK);
	assert_int_equal(count, 1);
	assert_int_equal(events[0].status, 139);
	assert_int_equal(process_take_events(events, 2, &test_look, &count), OK);
	assert_int_equal(count, 0);
	assert_int_equal(test_sleeps, 0);
	assert_int_equal(fake_memory.heap_blocks, 2);
	(void)test_exit(0, 0);
}

static void registered_services_are_told_once_before_exits(void **)
{
	struct process_event events[3];
	size_t count;
	test_start();
	test_spawn(0);
	become(0);
	test_spawn(0);
	process_service_registered(40, 2);
	process_service_registered(3, 2);
	process_service_registered(40, 2);
	assert_int_equal(test_exit(1, 6), 1);
	become(0);
	assert_int_equal(process_take_events(events, 3, &test_wait, &count), OK);
	assert_int_equal(count, 3);
	assert_int_equal(events[0].event, LIFECYCLE_EVENT_SERVICE);
	assert_int_equal(events[0].status, 3);
	assert_int_equal(events[1].status, 40);
	assert_int_equal(events[1].pid, 2);
	assert_int_equal(events[2].event, LIFECYCLE_EVENT_EXIT);
	assert_int_equal(events[2].status, 6);
	assert_int_equal(test_sleeps, 0);
	(void)test_exit(0, 0);
}

/* As loaderd leaves it. */
static struct program_built *test_build(void)
{
	struct program_built *built = program_built_create(1);
	fake_memory.is_lazy = true;
	assert_non_null(built);
	assert_int_equal(vm_space_create(NULL, &built->space), OK);
	return built;
}

enum { TEST_HOLDER = 2 };

/* The first process has made a ticket for the second one. */
static struct process_request test_ticket(void)
{
	struct process_request request = {.path = STR("a"),
	                                  .ticket_holder = TEST_HOLDER,
	                                  .flags = SPAWN_EXEC_ADMIN,
	                                  .may_register = 1 << 3,
	                                  .weight_micros = 77};
	test_start();
	test_spawn(0);
	become(0);
	test_spawn(0);
	assert_int_equal(spawn_ticket_create(&request, 0, &request.ticket), OK);
	return request;
}

static void a_ticket_starts_one_program_and_only_for_its_holder(void **)
{
	struct process_request request = test_ticket(), read = {.path = STR("a")};
	uint64_t pid = 0;
	become(1);
	read.ticket = request.ticket;
	read.ticket_holder = TEST_HOLDER - 1;
	assert_int_equal(spawn_ticket_read(&read), ERR_NO_PROCESS);
	struct program_built *built = test_build();
	assert_int_equal(process_spawn_built(built, &read, TEST_HOLDER, &pid), ERR_NO_PROCESS);
	program_built_destroy(built);
	read.ticket_holder = TEST_HOLDER;
	assert_int_equal(spawn_ticket_read(&read), OK);
	assert_int_equal(read.flags, SPAWN_EXEC_ADMIN);
	assert_int_equal(read.may_register, 1 << 3);
	assert_int_equal(read.weight_micros, 77);
	assert_int_equal(process_spawn_built(test_build(), &read, TEST_HOLDER, &pid), OK);
	assert_int_equal(spawn_ticket_read(&read), ERR_NO_PROCESS);
	built = test_build();
	assert_int_equal(process_spawn_built(built, &read, TEST_HOLDER, &pid), ERR_NO_PROCESS);
	program_built_destroy(built);
	(void)test_exit(2, 0);
	(void)test_exit(1, 0);
	(void)test_exit(0, 0);
}

static void the_first_process_hears_of_a_start_before_anything_else(void **)
{
	struct process_request request = test_ticket();
	struct process_event events[3];
	uint64_t pid = 0, number;
	size_t count;
	become(1);
	assert_int_equal(process_spawn_built(test_build(), &request, TEST_HOLDER, &pid), OK);
	process_service_registered(3, pid);
	assert_int_equal(test_exit(2, 5), 1);
	become(0);
	assert_int_equal(spawn_ticket_create(&request, request.ticket, &number), ERR_EXISTS);
	assert_int_equal(process_take_events(events, 3, &test_look, &count), OK);
	assert_int_equal(count, 3);
	assert_int_equal(events[0].event, LIFECYCLE_EVENT_START);
	assert_int_equal(events[0].pid, pid);
	assert_int_equal(events[0].parent_pid, request.ticket);
	assert_int_equal(events[1].event, LIFECYCLE_EVENT_SERVICE);
	assert_int_equal(events[2].event, LIFECYCLE_EVENT_EXIT);
	assert_int_equal(events[2].pid, pid);
	assert_int_equal(events[2].parent_pid, 1);
	assert_int_equal(events[2].status, 5);
	(void)test_exit(1, 0);
	(void)test_exit(0, 0);
}

static void a_ticket_that_was_replaced_means_nothing(void **)
{
	struct process_request old = test_ticket(), request = old;
	assert_int_equal(spawn_ticket_create(&request, old.ticket, &request.ticket), OK);
	assert_int_not_equal(request.ticket, old.ticket);
	assert_int_equal(spawn_ticket_read(&old), ERR_NO_PROCESS);
	assert_int_equal(spawn_ticket_read(&request), OK);
	fake_memory.fail_in = 1;
	assert_int_equal(spawn_ticket_create(&request, request.ticket, &old.ticket), ERR_NO_MEMORY);
	assert_int_equal(spawn_ticket_read(&request), OK);
	(void)test_exit(1, 0);
	/* what nobody used goes with who made it */
	(void)test_exit(0, 0);
}

static void waiting_without_another_process_is_refused(void **)
{
	struct process_event event;
	size_t count;
	test_start();
	test_spawn(0);
	become(0);
	assert_int_equal(process_take_events(&event, 1, &test_wait, &count), ERR_NO_CHILD);
	assert_int_equal(test_sleeps, 0);
	(void)test_exit(0, 0);
}

static void child_exits_meanwhile(void)
{
	struct thread *self = test_current;
	assert_int_equal(test_exit(1, 5), 1);
	assert_true(test_wakes >= 1);
	test_current = self;
}

static void waiting_ends_with_the_exit(void **)
{
	struct process_event event;
	size_t count;
	test_start();
	test_spawn(0);
	become(0);
	test_spawn(0);
	test_while_asleep = child_exits_meanwhile;
	assert_int_equal(process_take_events(&event, 1, &test_wait, &count), OK);
	assert_int_equal(count, 1);
	assert_int_equal(event.status, 5);
	assert_int_equal(test_sleeps, 1);
	(void)test_exit(0, 0);
}

static struct process *test_copied;

static void copy_ends_meanwhile(void)
{
	process_let_go(&test_copied);
}

static void whoever_is_copied_waits_for_the_end_of_that(void **)
{
	struct process *again = NULL;
	struct process_event event;
	size_t count;
	test_start();
	test_spawn(0);
	become(0);
	test_spawn(0);
	become(1);
	uint64_t pid = process_id(process_current());
	assert_int_equal(process_hold(pid + 1, &again), ERR_NO_PROCESS);
	assert_int_equal(process_hold(pid, &test_copied), OK);
	test_while_asleep = copy_ends_meanwhile;
	process_refuse_copies(process_current());
	assert_int_equal(test_sleeps, 1);
	assert_int_equal(process_hold(pid, &again), ERR_NO_PROCESS);
	assert_null(again);
	process_allow_copies(process_current());
	assert_int_equal(process_hold(pid, &again), OK);
	process_let_go(&again);
	assert_int_equal(test_exit(1, 0), 1);
	become(0);
	assert_int_equal(process_take_events(&event, 1, &test_wait, &count), OK);
	(void)test_exit(0, 0);
}

static void first_process_ends_the_machine_with_its_status(void **)
{
	test_start();
	test_spawn(0);
	assert_int_equal(test_exit(0, 3), 2);
	assert_int_equal(test_machine_status, 3);
	assert_int_equal(fake_memory.spaces, 0);
}

static void who_ends_after_the_first_process_is_freed(void **)
{
	test_start();
	test_spawn(0);
	become(0);
	test_spawn(0);
	become(1);
	test_spawn(0);
	test_others_live = true;
	assert_int_equal(test_exit(0, 0), 2);
	test_others_live = false;
	assert_int_equal(test_exit(1, 0), 1);
	assert_int_equal(test_exit(2, 0), 1);
	assert_int_equal(fake_memory.spaces, 0);
	assert_int_equal(fake_memory.heap_blocks, 0);
}

static int test_except(uint64_t vector, enum status status)
{
	struct trap_frame frame = {.vector = vector};
	int how = setjmp(test_end);
	if (how == 0)
		process_exception(&frame, 0x10, status);
	return how;
}

static void exception_ends_the_process_with_its_signal(void **)
{
	static const struct {
		uint64_t vector;
		enum status why;
		int32_t status;
	} cases[] = {{TRAP_PAGE_FAULT, ERR_BAD_ADDRESS, 139},
	             {TRAP_PAGE_FAULT, ERR_NO_MEMORY, 135},
	             {TRAP_PAGE_FAULT, ERR_IO, 135},
	             {TRAP_DIVIDE, OK, 136},
	             {TRAP_INVALID_OPCODE, OK, 132},
	             {TRAP_BREAKPOINT, OK, 133},
	             {TRAP_ALIGNMENT, OK, 135},
	             {TRAP_PROTECTION, OK, 139}};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct process_event event;
		size_t count;
		test_start();
		test_spawn(0);
		become(0);
		/* not the first one, whose death is a panic */
		test_spawn(0);
		become(1);
		assert_int_equal(test_except(cases[i].vector, cases[i].why), 1);
		become(0);
		assert_int_equal(process_take_events(&event, 1, &test_wait, &count), OK);
		assert_int_equal(event.status, cases[i].status);
		assert_int_equal(test_exit(0, 0), 2);
	}
}

/* What the process of this thread holds from now on. */
static struct memory_account *test_hold(size_t started, uint64_t bytes)
{
	struct memory_account *account = NULL;
	become(started);
	assert_int_equal(memory_account_create(1 << 20, &account), OK);
	assert_int_equal(memory_charge(account, bytes), OK);
	process_current()->space->account = account;
	return account;
}

static bool test_ask_room(size_t started)
{
	become(started);
	return process_make_room(process_current()->space);
}

static bool test_ends(size_t started)
{
	become(started);
	return process_current()->exiting;
}

static void when_memory_is_out_who_holds_most_is_ended_but_no_service(void **)
{
	enum { FIRST, SERVICE, SMALL, LARGE, PROCESSES };
	static const uint64_t bytes[PROCESSES] = {900000, 800000, 1000, 500000};
	struct memory_account *accounts[PROCESSES];
	test_start();
	for (size_t i = 0; i < PROCESSES; i++) {
		test_spawn(i == SERVICE ? 1 << 3 : 0);
		accounts[i] = test_hold(i, bytes[i]);
		become(FIRST);
	}
	/* somebody has ended since, or memory was never out */
	assert_true(test_ask_room(SMALL));
	assert_false(test_ends(LARGE));
	fake_memory.is_low = true;
	/* its own limit is no reason */
	memory_account_set_limit(accounts[SMALL], bytes[SMALL]);
	assert_false(test_ask_room(SMALL));
	assert_false(test_ends(LARGE));
	memory_account_set_limit(accounts[SMALL], 1 << 20);
	assert_true(test_ask_room(SMALL));
	assert_true(test_ends(LARGE));
	assert_int_equal(process_current()->exit_signal, SIGNAL_KILL);
	/* one at a time: others wait for it, and it does not wait itself */
	assert_true(test_ask_room(SERVICE));
	assert_false(test_ask_room(LARGE));
	assert_false(test_ends(FIRST) || test_ends(SERVICE) || test_ends(SMALL));
	assert_int_equal(test_exit(LARGE, 0), 1);
	/* now it is the one that holds most itself */
	assert_false(test_ask_room(SMALL));
	assert_true(test_ends(SMALL));
	assert_int_equal(test_exit(SMALL, 0), 1);
	/* there is nobody to end */
	assert_false(test_ask_room(SERVICE));
	assert_false(test_ends(FIRST) || test_ends(SERVICE));
	for (size_t i = 0; i < PROCESSES; i++) {
		memory_uncharge(accounts[i], bytes[i]);
		memory_account_unref(accounts[i]);
	}
	assert_int_equal(test_exit(SERVICE, 0), 1);
	assert_int_equal(test_exit(FIRST, 0), 2);
}

static void spawn_fails_cleanly_at_every_allocation(void **)
{
	enum status status = ERR_NO_MEMORY;
	unsigned n = 0;
	while (status != OK) {
		struct process_request request = {.path = STR("apps/a/a.elf")};
		uint64_t pid = 99;
		test_start();
		fake_memory.fail_in = ++n;
		status = process_spawn(&request, &pid);
		if (status == OK)
			break;
		assert_int_equal(status, ERR_NO_MEMORY);
		assert_int_equal(pid, 99);
		assert_int_equal(test_started_count, 0);
		assert_nothing_alive();
	}
	assert_true(n > 8);
	fake_memory.fail_in = 0;
	(void)test_exit(0, 0);
}

static void fault_point_makes_spawn_fail(void **)
{
	struct process_request request = {.path = STR("apps/a/a.elf")};
	struct fault_spec spec = {.present = true, .text = STR("process.spawn=fail"), .len = 18};
	struct fault_spec none = {};
	uint64_t pid;
	test_start();
	assert_int_equal(fault_runtime_load(kernel_faults(), &spec), FAULT_SPEC_LOADED);
	assert_int_equal(process_spawn(&request, &pid), ERR_NO_MEMORY);
	assert_nothing_alive();
	assert_int_equal(fault_runtime_load(kernel_faults(), &none), FAULT_SPEC_NOT_PRESENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(child_knows_its_parent_and_name),
	        cmocka_unit_test(capability_belongs_to_the_calling_process),
	        cmocka_unit_test(exits_are_taken_once_in_their_order_and_free_everything),
	        cmocka_unit_test(registered_services_are_told_once_before_exits),
	        cmocka_unit_test(a_ticket_starts_one_program_and_only_for_its_holder),
	        cmocka_unit_test(the_first_process_hears_of_a_start_before_anything_else),
	        cmocka_unit_test(a_ticket_that_was_replaced_means_nothing),
	        cmocka_unit_test(waiting_without_another_process_is_refused),
	        cmocka_unit_test(waiting_ends_with_the_exit),
	        cmocka_unit_test(whoever_is_copied_waits_for_the_end_of_that),
	        cmocka_unit_test(first_process_ends_the_machine_with_its_status),
	        cmocka_unit_test(who_ends_after_the_first_process_is_freed),
	        cmocka_unit_test(exception_ends_the_process_with_its_signal),
	        cmocka_unit_test(when_memory_is_out_who_holds_most_is_ended_but_no_service),
	        cmocka_unit_test(spawn_fails_cleanly_at_every_allocation),
	        cmocka_unit_test(fault_point_makes_spawn_fail),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
