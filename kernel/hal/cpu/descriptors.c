/*
 * GDT, TSS and per-CPU data of each CPU, and the IDT that all share.
 *
 * Double fault, NMI and machine check run on stacks of their own, because they
 * can strike when the current one is unusable. AMD64 volume 2, sections 4.8, 8.4, 12.2.5.
 */
#include "hal/api.h"
#include "hal/cpu/registers.h"
#include "hal/image.h"

enum {
	IDT_ENTRIES = 256,
	GDT_WORDS = 7,
	GATE_INTERRUPT = 0x8e,
	GATE_USER_CALLABLE = 0xee,
	TRAP_GATE_BYTES = 16,
	TSS_AVAILABLE = 0x89,
};

struct [[gnu::packed]] hal_tss {
	uint32_t reserved0;
	uint64_t stack[3]; /* on entry to rings 0 to 2 */
	uint64_t reserved1;
	uint64_t interrupt_stack[7]; /* IST 1 to 7 */
	uint64_t reserved2;
	uint16_t reserved3;
	uint16_t io_map_offset;
};

struct idt_gate {
	uint16_t offset_low;
	uint16_t selector;
	uint8_t interrupt_stack; /* 0: the current one */
	uint8_t type;
	uint16_t offset_middle;
	uint32_t offset_high;
	uint32_t reserved;
};

struct [[gnu::packed]] table_pointer {
	uint16_t limit;
	uint64_t base;
};

/* What assembly believes of C. */
_Static_assert(offsetof(struct cpu, kernel_stack_top) == CPU_KERNEL_STACK_TOP);
_Static_assert(offsetof(struct cpu, user_stack) == CPU_USER_STACK);
_Static_assert(offsetof(struct cpu, reschedule) == CPU_RESCHEDULE);
_Static_assert(offsetof(struct trap_frame, rbp) == TRAP_FRAME_RBP);
_Static_assert(offsetof(struct trap_frame, arguments) == TRAP_FRAME_ARGUMENTS);
_Static_assert(offsetof(struct trap_frame, r9) == TRAP_FRAME_ARGUMENTS + 40);
_Static_assert(offsetof(struct trap_frame, rax) == TRAP_FRAME_RAX);
_Static_assert(offsetof(struct trap_frame, vector) == TRAP_FRAME_VECTOR);
_Static_assert(offsetof(struct trap_frame, rip) == TRAP_FRAME_RIP);
_Static_assert(offsetof(struct trap_frame, cs) == TRAP_FRAME_CS);
_Static_assert(offsetof(struct trap_frame, rflags) == TRAP_FRAME_RFLAGS);
_Static_assert(offsetof(struct trap_frame, rsp) == TRAP_FRAME_RSP);
_Static_assert(sizeof(struct trap_frame) == TRAP_FRAME_SIZE);
_Static_assert(offsetof(struct hal_ops, syscall) == HAL_OPS_SYSCALL);
_Static_assert(USER_END == 1UL << USER_END_SHIFT);
_Static_assert(VECTOR_SYSCALL == TRAP_SYSCALL);
_Static_assert(BOOT_KIND_MULTIBOOT2 == BOOT_ENTRY_MULTIBOOT2);
_Static_assert(BOOT_KIND_PVH == BOOT_ENTRY_PVH);
_Static_assert(sizeof(struct hal_tss) == 104);
_Static_assert(CPU_TRAP_STACKS == BOOT_STACK_COUNT - 1);

/* All that one CPU needs; the boot CPU's lies in the image. */
struct cpu_block {
	struct cpu cpu; /* first */
	struct hal_tss tss;
	uint64_t gdt[GDT_WORDS];
};

static struct cpu_block boot_block;
static struct idt_gate idt[IDT_ENTRIES];

static uint64_t boot_stack_end(unsigned index)
{
	return (uint64_t)(uintptr_t)boot_stacks + (uint64_t)(index + 1) * BOOT_STACK_STRIDE;
}

static void gdt_load(struct cpu_block *block)
{
	uint64_t tss = (uint64_t)(uintptr_t)&block->tss;
	uint64_t *gdt = block->gdt;
	gdt[1] = DESCRIPTOR_KERNEL_CODE;
	gdt[2] = DESCRIPTOR_KERNEL_DATA;
	gdt[3] = DESCRIPTOR_USER_DATA;
	gdt[4] = DESCRIPTOR_USER_CODE;
	gdt[5] = (sizeof block->tss - 1) | (tss & 0xffffff) << 16 | (uint64_t)TSS_AVAILABLE << 40 |
	         (tss >> 24 & 0xff) << 56;
	gdt[6] = tss >> 32;

	struct table_pointer pointer = {sizeof block->gdt - 1, (uint64_t)(uintptr_t)gdt};
	__asm__ volatile("lgdt %0\n\t"
	                 "pushq %1\n\t"
	                 "leaq 1f(%%rip), %%rax\n\t"
	                 "pushq %%rax\n\t"
	                 "lretq\n"
	                 "1:\tltr %w2"
	                 :
	                 : "m"(pointer), "i"(SELECTOR_KERNEL_CODE), "r"(SELECTOR_TSS)
	                 : "rax", "memory");
}

static void idt_load(void)
{
	struct table_pointer pointer = {sizeof idt - 1, (uint64_t)(uintptr_t)idt};
	__asm__ volatile("lidt %0" : : "m"(pointer));
}

size_t cpu_block_bytes(void)
{
	return sizeof(struct cpu_block);
}

struct cpu *cpu_block_init(void *memory, uint32_t index, const uintptr_t *trap_stacks)
{
	struct cpu_block *block = memory;
	for (unsigned i = 0; i < CPU_TRAP_STACKS; i++)
		block->tss.interrupt_stack[i] = trap_stacks[i];
	block->tss.io_map_offset = sizeof block->tss;
	block->cpu.self = &block->cpu;
	block->cpu.tss = &block->tss;
	block->cpu.index = index;
	block->cpu.bit = (uint64_t)1 << index;
	return &block->cpu;
}

[[gnu::noinline]] void cpu_set_fs_base(uint64_t base)
{
	cpu_write_msr(MSR_FS_BASE, base);
	cpu_current()->fs_base = base;
}

[[gnu::noinline]] void cpu_set_user_gs_base(uint64_t base)
{
	cpu_write_msr(MSR_KERNEL_GS_BASE, base);
	cpu_current()->user_gs_base = base;
}

void cpu_load(struct cpu *cpu)
{
	gdt_load((struct cpu_block *)cpu);
	idt_load();
	cpu_write_msr(MSR_GS_BASE, (uint64_t)(uintptr_t)cpu);
	cpu_set_fs_base(0);
	cpu_set_user_gs_base(0);
	cpu_write_msr(MSR_STAR,
	              (uint64_t)SELECTOR_KERNEL_DATA << 48 | (uint64_t)SELECTOR_KERNEL_CODE << 32);
	cpu_write_msr(MSR_LSTAR, (uint64_t)(uintptr_t)syscall_entry);
	cpu_write_msr(MSR_SYSCALL_MASK, RFLAGS_SYSCALL_MASK);
}

void cpu_init_boot(void)
{
	uintptr_t trap_stacks[CPU_TRAP_STACKS];
	for (unsigned i = 0; i < CPU_TRAP_STACKS; i++)
		trap_stacks[i] = boot_stack_end(i + 1);
	cpu_load(cpu_block_init(&boot_block, 0, trap_stacks));
	cpu_set_kernel_stack(boot_stack_end(0));
}

void cpu_set_kernel_stack(uintptr_t top)
{
	cpu_set_entry_stack(top)->stack[0] = top;
}

static void idt_set(unsigned vector, uint8_t type, uint8_t interrupt_stack)
{
	uint64_t entry = (uint64_t)(uintptr_t)trap_gates + (uint64_t)vector * TRAP_GATE_BYTES;
	idt[vector] = (struct idt_gate){
	        .offset_low = (uint16_t)entry,
	        .selector = SELECTOR_KERNEL_CODE,
	        .interrupt_stack = interrupt_stack,
	        .type = type,
	        .offset_middle = (uint16_t)(entry >> 16),
	        .offset_high = (uint32_t)(entry >> 32),
	};
}

void trap_init(void)
{
	for (unsigned vector = 0; vector < IDT_ENTRIES; vector++)
		idt_set(vector, GATE_INTERRUPT, 0);
	idt_set(TRAP_BREAKPOINT, GATE_USER_CALLABLE, 0);
	idt_set(TRAP_OVERFLOW, GATE_USER_CALLABLE, 0);
	idt_set(TRAP_DOUBLE_FAULT, GATE_INTERRUPT, 1);
	idt_set(TRAP_NMI, GATE_INTERRUPT, 2);
	idt_set(TRAP_MACHINE_CHECK, GATE_INTERRUPT, 3);
	idt_load();
}
