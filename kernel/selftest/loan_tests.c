/* Who is charged for what a callee runs: its caller, for a while. */
#include "selftest/suite.h"

static const uint64_t loan_short_ns = 1000000, loan_long_ns = 8000000;

struct loan {
	struct selftest_crew crew;
	struct thread *caller;
	uint64_t spin_ns;
	bool over;
};

/* Ticks come where the kernel lets interrupts in. */
static void loan_spin(uint64_t ns)
{
	uint64_t end = clock_ns() + ns;
	while (clock_ns() < end)
		cpu_interrupts_window();
}

static void loan_callee(void *argument)
{
	struct loan *loan = argument;
	while (!loan->over) {
		loan_spin(loan->spin_ns);
		thread_prepare_block();
		thread_block_to(loan->caller);
	}
	selftest_crew_leave(&loan->crew);
}

struct loan_charge {
	uint64_t caller_ns;
	uint64_t callee_ns;
};

static struct loan_charge loan_call(struct loan *loan, struct thread *callee, uint64_t ns)
{
	struct thread *self = thread_current();
	uint64_t callee_before = thread_run_ns(callee), before = thread_run_ns(self);
	loan->spin_ns = ns;
	self->lends = true;
	thread_prepare_block();
	thread_call_to(callee);
	self->lends = false;
	return (struct loan_charge){thread_run_ns(self) - before,
	                            thread_run_ns(callee) - callee_before};
}

void selftest_loans(struct selftest *test)
{
	struct loan *loan = HEAP_NEW(struct loan);
	const struct thread_request request = {
	        .entry = loan_callee,
	        .argument = loan,
	        .affinity = 1ULL << cpu_current()->index,
	};
	struct thread *callee;
	if (!loan || thread_create(&request, &callee) != OK) {
		selftest_check(test, false, "room for a callee");
		heap_free(loan, sizeof *loan);
		return;
	}
	selftest_crew_init(&loan->crew);
	loan->crew.living = 1;
	loan->caller = thread_current();
	struct loan_charge charge = loan_call(loan, callee, loan_short_ns);
	selftest_check(test, charge.caller_ns >= loan_short_ns && charge.callee_ns == 0,
	               "a short call is charged to its caller: %lu ns, and %lu to the callee",
	               charge.caller_ns, charge.callee_ns);
	charge = loan_call(loan, callee, loan_long_ns);
	uint64_t most = FAIR_DONATION_NS + 2 * FAIR_TICK_NS;
	selftest_check(test,
	               charge.caller_ns >= FAIR_DONATION_NS && charge.caller_ns <= most &&
	                       charge.caller_ns + charge.callee_ns >= loan_long_ns,
	               "of a long one so much: %lu ns, and %lu to the callee", charge.caller_ns,
	               charge.callee_ns);
	loan->over = true;
	thread_wake(callee);
	selftest_crew_wait(&loan->crew);
	heap_free(loan, sizeof *loan);
}
