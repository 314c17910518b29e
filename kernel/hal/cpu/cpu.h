/*
 * The running CPU: per-CPU data, control registers, port I/O, locks.
 */
#pragma once

#include "hal/layout.h"
#include "hal/lock/lock_rules.h"
#include "hal/lock/spinlock.h"
#include "hal/watchdog/watchdog.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hal_tss;

/* Interrupts kept out, in ticks; see hal/cpu/off_time.h. */
struct off_time {
	uint64_t since; /* 0: not since the start */
	uint64_t longest; /* atomic */
};

/* One per CPU, reached through gs. The first four fields are used by hal/trap_entry.S. */
struct cpu {
	struct cpu *self;
	uint64_t kernel_stack_top; /* where a system call starts */
	uint64_t user_stack; /* scratch of the system call entry */
	bool reschedule; /* of the CPU itself, for sched: another thread should run; looked at
	                    before ring 3 */
	uint32_t index;
	void *thread; /* owned by sched: the running struct thread, or NULL */
	void *sched; /* owned by sched: what it keeps for this CPU */
	struct hal_tss *tss;
	void *address_space; /* owned by mm: the one whose tables are loaded, or NULL */
	uint64_t fs_base, user_gs_base; /* what the registers of these names hold */
	void *slab_caches; /* owned by mm: kernel objects that this CPU keeps, or NULL */

	/* set while the CPU starts, then constant */
	uint64_t bit; /* of index, in sets of CPUs */
	uint32_t apic_id;

	/* only used by the CPU itself */
	uint64_t repaired_at; /* code whose page fault was the last thing done; 0: another */
	uint64_t interrupts; /* taken; others read it: atomic */
	uint64_t progress; /* rises with what a CPU that hangs does not do */
	struct watchdog watchdog; /* only looks, from the watchdog's interrupt */
	struct lock_record locks; /* depth alone where the rules are not checked */

	struct off_time off_time; /* debug */

	bool waits; /* atomic: halted until an interrupt comes, or about to be */

	/* atomic; which CPUs wait for this one to answer a call */
	_Alignas(64) uint64_t callers;
	/* the call that this CPU makes: at most one at a time */
	void (*call_function)(void *argument);
	void *call_argument;
	uint64_t call_pending; /* atomic; CPUs that have not answered */
};

/* How many CPUs a mask names; the compiler's own calls a library for it. */
static inline unsigned cpu_mask_count(uint64_t cpus)
{
	unsigned count = 0;
	for (; cpus; cpus &= cpus - 1)
		count++;
	return count;
}

static inline struct cpu *cpu_current(void)
{
	struct cpu *self;
	__asm__ volatile("mov %%gs:0, %0" : "=r"(self));
	return self;
}

/* Its thread, in one step: cpu_current()->thread. */
static inline void *cpu_thread(void)
{
	void *thread;
	__asm__ volatile("mov %%gs:%c1, %0" : "=r"(thread) : "i"(offsetof(struct cpu, thread)));
	return thread;
}

static inline void cpu_set_thread(void *thread)
{
	__asm__ volatile("mov %0, %%gs:%c1" : : "r"(thread), "i"(offsetof(struct cpu, thread)));
}

/* Where a system call starts; returns where the CPU looks for other entries. */
static inline struct hal_tss *cpu_set_entry_stack(uintptr_t top)
{
	struct hal_tss *tss;
	__asm__ volatile("mov %1, %%gs:%c2\n\tmov %%gs:%c3, %0"
	                 : "=&r"(tss)
	                 : "r"(top), "i"(offsetof(struct cpu, kernel_stack_top)),
	                   "i"(offsetof(struct cpu, tss)));
	return tss;
}

/* The same of cpu_current()->sched. */
static inline void *cpu_sched(void)
{
	void *sched;
	__asm__ volatile("mov %%gs:%c1, %0" : "=r"(sched) : "i"(offsetof(struct cpu, sched)));
	return sched;
}

static inline uint64_t cpu_fs_base(void)
{
	uint64_t base;
	__asm__ volatile("mov %%gs:%c1, %0" : "=r"(base) : "i"(offsetof(struct cpu, fs_base)));
	return base;
}

static inline uint64_t cpu_user_gs_base(void)
{
	uint64_t base;
	__asm__ volatile("mov %%gs:%c1, %0" : "=r"(base) : "i"(offsetof(struct cpu, user_gs_base)));
	return base;
}

void cpu_set_fs_base(uint64_t base);
void cpu_set_user_gs_base(uint64_t base);

/* The stack on which the next entry from ring 3 starts. */
void cpu_set_kernel_stack(uintptr_t top);

struct cpu_features {
	bool nx, smep, smap, umip, pcid, x2apic, large_1g, rdrand, machine_check, tsc_invariant;
	uint32_t basic_edx; /* CPUID 1, as programs are told */
	char brand[49];
	uint8_t physical_bits;
};

const struct cpu_features *cpu_features(void);
/* "rdrand" or "tsc": where the stack guard's value came from. */
const char *cpu_guard_source(void);
/* Not for keys: RDRAND mixed with the TSC, or the TSC alone. */
uint64_t cpu_random(void);

static inline uint64_t cpu_read_page_root(void)
{
	uint64_t root;
	__asm__ volatile("mov %%cr3, %0" : "=r"(root));
	return root;
}

static inline void cpu_write_page_root(paddr_t root)
{
	__asm__ volatile("mov %0, %%cr3" : : "r"(root) : "memory");
}

static inline void cpu_invalidate_page(uintptr_t address)
{
	__asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}

static inline uint64_t cpu_read_tsc(void)
{
	uint32_t low, high;
	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

/* Interrupts off; returns the flags for cpu_interrupts_restore. */
static inline uint64_t cpu_interrupts_save(void)
{
	uint64_t flags;
	__asm__ volatile("pushfq; popq %0; cli" : "=r"(flags) : : "memory");
	return flags;
}

static inline void cpu_interrupts_restore(uint64_t flags)
{
	__asm__ volatile("pushq %0; popfq" : : "r"(flags) : "memory", "cc");
}

static inline bool cpu_interrupts_on(void)
{
	uint64_t flags;
	__asm__ volatile("pushfq; popq %0" : "=r"(flags));
	return flags & 1 << 9;
}

/* Lets the interrupts that are waiting come in, and no others for long. */
static inline void cpu_interrupts_window(void)
{
	__asm__ volatile("sti; nop; nop; cli" : : : "memory");
}

/* Sleeps until an interrupt came, with interrupts off before and after. */
static inline void cpu_wait_for_interrupt(void)
{
	struct cpu *self = cpu_current();
	__atomic_store_n(&self->waits, true, __ATOMIC_RELAXED);
	__asm__ volatile("sti; hlt; cli" : : : "memory");
	__atomic_store_n(&self->waits, false, __ATOMIC_RELAXED);
	self->progress++;
}

static inline uint64_t cpu_read_msr(uint32_t msr)
{
	uint32_t low, high;
	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

static inline void cpu_write_msr(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr"
	                 :
	                 : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
	                 : "memory");
}

static inline void cpu_pause(void)
{
	__asm__ volatile("pause");
}

static inline void port_out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t port_in8(uint16_t port)
{
	uint8_t value;
	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline uint16_t port_in16(uint16_t port)
{
	uint16_t value;
	__asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline uint32_t port_in32(uint16_t port)
{
	uint32_t value;
	__asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline void port_out32(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static inline void port_out16(uint16_t port, uint16_t value)
{
	__asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}
