/*
 * The CPUs that run, and what they ask of each other: answer a call, look for
 * another thread, stop.
 *
 * A call is answered from the interrupt, or by a CPU that waits for a lock or for answers to a
 * call of its own; so two CPUs that call each other both get their answers.
 */
#include "hal/api.h"
#include "hal/image.h"
#include "hal/interrupt/interrupts.h"

struct cpu_table {
	struct cpu *cpus[CPU_MAX]; /* each set before its bit in online */
	uint64_t online; /* atomic */
	uint32_t stopper; /* atomic; index + 1 of the CPU that stops the others */
	uint64_t stopped; /* atomic */
};

static struct cpu_table cpu_table;

enum { CPU_STOP_POLLS = 20000000, CPU_STOP_NMI_POLLS = 2000000 };

static uint64_t cpu_bit(const struct cpu *cpu)
{
	return (uint64_t)1 << cpu->index;
}

void cpu_set_online(struct cpu *cpu)
{
	cpu_table.cpus[cpu->index] = cpu;
	__atomic_fetch_or(&cpu_table.online, cpu_bit(cpu), __ATOMIC_SEQ_CST);
}

const struct cpu *cpu_at(uint32_t index)
{
	return cpu_table.cpus[index];
}

uint64_t cpu_interrupts(uint64_t cpus)
{
	uint64_t taken = 0;
	for (; cpus; cpus &= cpus - 1)
		taken += __atomic_load_n(&cpu_at((uint32_t)__builtin_ctzll(cpus))->interrupts,
		                         __ATOMIC_RELAXED);
	return taken;
}

uint64_t cpu_online(void)
{
	return __atomic_load_n(&cpu_table.online, __ATOMIC_ACQUIRE);
}

uint64_t off_time_take_longest(void)
{
	uint64_t longest = 0;
	for (uint32_t i = 0; i < CPU_MAX; i++) {
		struct cpu *cpu = cpu_table.cpus[i];
		uint64_t ticks =
		        cpu ? __atomic_exchange_n(&cpu->off_time.longest, 0, __ATOMIC_RELAXED) : 0;
		longest = ticks > longest ? ticks : longest;
	}
	return longest;
}

void cpu_send_reschedule(uint32_t index)
{
	interrupt_send(cpu_table.cpus[index]->apic_id, INTERRUPT_RESCHEDULE);
}

static bool cpu_must_stop(const struct cpu *self)
{
	uint32_t stopper = __atomic_load_n(&cpu_table.stopper, __ATOMIC_ACQUIRE);
	return __builtin_expect(stopper != 0, 0) && stopper != self->index + 1;
}

[[gnu::noreturn]] static void cpu_stop_here(const struct cpu *self)
{
	__atomic_fetch_or(&cpu_table.stopped, cpu_bit(self), __ATOMIC_SEQ_CST);
	cpu_halt_forever();
}

void cpu_stop_if_asked(void)
{
	const struct cpu *self = cpu_current();
	if (cpu_must_stop(self))
		cpu_stop_here(self);
}

void cpu_answer_calls(void)
{
	struct cpu *self = cpu_current();
	cpu_stop_if_asked();
	if (!__atomic_load_n(&self->callers, __ATOMIC_RELAXED))
		return;
	uint64_t callers = __atomic_exchange_n(&self->callers, 0, __ATOMIC_ACQUIRE);
	enum lock_context context = self->locks.context;
	self->locks.context = LOCK_CONTEXT_CALL;
	while (callers) {
		struct cpu *caller = cpu_table.cpus[__builtin_ctzll(callers)];
		callers &= callers - 1;
		caller->call_function(caller->call_argument);
		__atomic_fetch_and(&caller->call_pending, ~cpu_bit(self), __ATOMIC_RELEASE);
	}
	self->locks.context = context;
}

void cpu_call(uint64_t cpus, void (*function)(void *argument), void *argument)
{
	struct cpu *self = cpu_current();
	uint64_t others = cpus & cpu_online() & ~cpu_bit(self);
	if (others) {
		self->call_function = function;
		self->call_argument = argument;
		__atomic_store_n(&self->call_pending, others, __ATOMIC_RELAXED);
		for (uint64_t rest = others; rest; rest &= rest - 1) {
			struct cpu *cpu = cpu_table.cpus[__builtin_ctzll(rest)];
			__atomic_fetch_or(&cpu->callers, cpu_bit(self), __ATOMIC_SEQ_CST);
			interrupt_send(cpu->apic_id, INTERRUPT_CALL);
		}
	}
	if (cpus & cpu_bit(self))
		function(argument);
	while (__atomic_load_n(&self->call_pending, __ATOMIC_ACQUIRE)) {
		self->progress++; /* who does not answer hangs, not who waits */
		cpu_answer_calls();
		cpu_pause();
	}
}

static bool cpu_wait_stopped(uint64_t others, uint32_t polls)
{
	for (uint32_t poll = 0; poll < polls; poll++) {
		if ((__atomic_load_n(&cpu_table.stopped, __ATOMIC_ACQUIRE) & others) == others)
			return true;
		cpu_pause();
	}
	return false;
}

void cpu_stop_others(void)
{
	const struct cpu *self = cpu_current();
	uint32_t nobody = 0;
	if (!__atomic_compare_exchange_n(&cpu_table.stopper, &nobody, self->index + 1, false,
	                                 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
		cpu_stop_if_asked();
		return;
	}
	uint64_t others = cpu_online() & ~cpu_bit(self);
	for (uint64_t rest = others; rest; rest &= rest - 1)
		interrupt_send(cpu_table.cpus[__builtin_ctzll(rest)]->apic_id, INTERRUPT_CALL);
	if (cpu_wait_stopped(others, CPU_STOP_POLLS))
		return;
	/* one that does not answer may hold any lock, but nothing keeps an NMI out */
	others &= ~__atomic_load_n(&cpu_table.stopped, __ATOMIC_ACQUIRE);
	for (uint64_t rest = others; rest; rest &= rest - 1)
		interrupt_send_nmi(cpu_table.cpus[__builtin_ctzll(rest)]->apic_id);
	(void)cpu_wait_stopped(others, CPU_STOP_NMI_POLLS); /* nothing more can be done */
}
