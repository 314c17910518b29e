/*
 * First instruction of a program. The kernel hands over a 16-byte aligned stack with argc on top
 * (System V AMD64 ABI 1.0, section 3.4.1).
 */
	.section .text
	.globl _start
	.type _start, @function
_start:
	xor %ebp, %ebp
	mov %rsp, %rdi
	call rt_start
	ud2
	.size _start, . - _start

	.section .note.GNU-stack, "", @progbits
