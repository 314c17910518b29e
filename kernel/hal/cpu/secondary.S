/*
 * Start of a further CPU: from real mode to the kernel's tables.
 *
 * The first lines are copied to a page below 1 MiB, where the start message points; the rest
 * runs from the image, first at physical addresses under the boot tables (they still show all
 * memory low). Each CPU takes the next slot of secondary_stacks, which C has filled.
 */
#include "hal/layout.h"
#include "hal/cpu/registers.h"

#define PHYSICAL(symbol) (symbol - KERNEL_IMAGE_BASE)

	.section .rodata
	.code16
	.balign 16
	.globl secondary_code
secondary_code:
	cli
	cld
	movw %cs, %ax
	movw %ax, %ds
	lgdtl secondary_gdt_pointer - secondary_code
	movl %cr0, %eax
	orb $CR0_PROTECTED, %al
	movl %eax, %cr0
	ljmpl $SELECTOR_START_CODE, $PHYSICAL(secondary_protected)
	.balign 4
secondary_gdt_pointer:
	.short secondary_gdt_end - secondary_gdt - 1
	.long PHYSICAL(secondary_gdt)
	.globl secondary_code_end
secondary_code_end:

	.balign 8
secondary_gdt:
	.quad 0
	.quad DESCRIPTOR_KERNEL_CODE
	.quad DESCRIPTOR_KERNEL_DATA
	.quad DESCRIPTOR_START_CODE
secondary_gdt_end:

	.section .boot.text, "ax"
	.code32
secondary_protected:
	movl $SELECTOR_KERNEL_DATA, %eax
	movl %eax, %ds
	movl %eax, %ss
	movl $CR4_PAE, %eax
	movl %eax, %cr4
	movl $PHYSICAL(boot_pml4), %eax
	movl %eax, %cr3

	movl $0x80000001, %eax
	cpuid
	movl %edx, %ebp /* bit 20: no-execute */
	movl $MSR_EFER, %ecx
	rdmsr
	orl $(EFER_LONG_MODE | EFER_SYSCALL), %eax
	testl $(1 << 20), %ebp
	jz 1f
	orl $EFER_NO_EXECUTE, %eax
1:	wrmsr
	/* a CPU starts with its caches off */
	movl $(CR0_PAGING | CR0_WRITE_PROTECT | CR0_NUMERIC_ERROR | CR0_PROTECTED), %eax
	movl %eax, %cr0
	ljmp $SELECTOR_KERNEL_CODE, $PHYSICAL(secondary_long)

	.code64
secondary_long:
	movabs $secondary_high, %rax
	jmp *%rax

	.text
secondary_high:
	xorl %eax, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %fs
	movl %eax, %gs
	movl $SELECTOR_KERNEL_DATA, %eax
	movl %eax, %ss
	/* the descriptor table so far is gone after this */
	movq secondary_page_root(%rip), %rax
	movq %rax, %cr3
	movl $1, %edi
	lock xaddl %edi, secondary_taken(%rip)
	cmpl secondary_slots(%rip), %edi
	jae 2f
	leaq secondary_stacks(%rip), %rax
	movq (%rax, %rdi, 8), %rsp
	xorl %ebp, %ebp
	call secondary_main
2:	cli
	hlt
	jmp 2b

	.section .note.GNU-stack, "", @progbits
