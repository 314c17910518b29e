/* Where a new context begins, and the stacks of the boot. */
#include "hal/layout.h"

	.text
	/* A new context (context.c): rbp, entry and its argument are on the stack. */
	.globl context_begin
context_begin:
	movq %rdi, %rsi
	popq %rbp
	popq %rax
	popq %rdi
	call *%rax
	ud2

	/* Boot and interrupt stacks, each above a page that mm leaves unmapped. */
	.section .stacks, "aw", @nobits
	.balign PAGE_SIZE
	.globl boot_stacks
boot_stacks:
	.skip BOOT_STACK_STRIDE
	.globl boot_stack_top
boot_stack_top:
	.skip BOOT_STACK_STRIDE * (BOOT_STACK_COUNT - 1)

	.section .note.GNU-stack, "", @progbits
