/*
 * Switching between kernel stacks.
 *
 * A suspended context is its stack pointer; on the stack lie the registers that
 * a function must preserve and the return address. context_prepare (context.c)
 * builds the same picture.
 */
#include "hal/layout.h"

	.text
	/* context_switch(save, load) */
	.globl context_switch
context_switch:
	pushq %rbp
	pushq %rbx
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	movq %rsp, (%rdi)
	movq %rsi, %rsp
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbx
	popq %rbp
	ret

	/* First return of a new context: entry in r12, its argument in r13. */
	.globl context_begin
context_begin:
	xorl %ebp, %ebp
	movq %r13, %rdi
	call *%r12
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
