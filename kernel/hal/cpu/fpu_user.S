/*
 * XSAVE and XRSTOR where the image is user memory: false when that faults.
 *
 * The CPU checks what it loads. XSAVE writes no more of the header than the bits of what it saves,
 * and XRSTOR wants the rest to be zero. AMD64 volume 2, section 11.5.
 */
#define XSAVE_HEADER_OFFSET 512
#define XSAVE_HEADER_WORDS 8

	.macro OPEN_USER_MEMORY
	cmpb $0, cpu_smap_on(%rip)
	je .Lopen\@
	stac
.Lopen\@:
	.endm

	.section .text
	.balign 16
	/* bool fpu_user_save(image, features) */
	.globl fpu_user_save
fpu_user_save:
	movq %rdi, %r8
	addq $XSAVE_HEADER_OFFSET, %rdi
	xorl %eax, %eax
	movl $XSAVE_HEADER_WORDS, %ecx
	OPEN_USER_MEMORY
fpu_user_clear:
	rep stosq
	movl %esi, %eax
	xorl %edx, %edx
fpu_user_store:
	xsave64 (%r8)
	jmp fpu_user_done

	/* bool fpu_user_load(image, features) */
	.globl fpu_user_load
fpu_user_load:
	movl %esi, %eax
	xorl %edx, %edx
	OPEN_USER_MEMORY
fpu_user_fetch:
	xrstor64 (%rdi)

fpu_user_done:
	movl $1, %eax
fpu_user_close:
	cmpb $0, cpu_smap_on(%rip)
	je 1f
	clac
1:	ret

fpu_user_faulted:
	xorl %eax, %eax
	jmp fpu_user_close

	.section .exception_table, "a"
	.balign 8
	.quad fpu_user_clear, fpu_user_faulted
	.quad fpu_user_store, fpu_user_faulted
	.quad fpu_user_fetch, fpu_user_faulted

	.section .note.GNU-stack, "", @progbits
