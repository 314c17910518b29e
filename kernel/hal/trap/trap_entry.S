/*
 * Entry from and return to interrupted code: exceptions, interrupts, system
 * calls, the first step into ring 3, and copies that survive faults.
 *
 * Every way in builds a struct trap_frame. gs is the kernel's while the kernel
 * runs. AMD64 volume 2, sections 8.9 and 6.1.1.
 */
#include "hal/layout.h"
#include "hal/cpu/registers.h"

	.macro SAVE_REGISTERS
	pushq %r11
	pushq %rcx
	pushq %rax
	pushq %r9
	pushq %r8
	pushq %r10
	pushq %rdx
	pushq %rsi
	pushq %rdi
	pushq %rbx
	pushq %rbp
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	.endm

	.macro RESTORE_REGISTERS
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbp
	popq %rbx
	popq %rdi
	popq %rsi
	popq %rdx
	popq %r10
	popq %r8
	popq %r9
	popq %rax
	popq %rcx
	popq %r11
	.endm

	/*
	 * For debuggers: the registers of who was interrupted lie in the struct trap_frame at rsp. A return
	 * address must be inside, so it ends behind the call. DWARF 5, section 6.4.
	 */
	.macro FRAME_OF_THE_INTERRUPTED
	.cfi_startproc simple
	.cfi_signal_frame
	.cfi_def_cfa %rsp, TRAP_FRAME_SIZE
	.set saved, -TRAP_FRAME_SIZE
	.irp register, %r15, %r14, %r13, %r12, %rbp, %rbx, %rdi, %rsi, %rdx, %r10, %r8, %r9, %rax, %rcx, %r11
	.cfi_offset \register, saved
	.set saved, saved + 8
	.endr
	.cfi_offset %rip, TRAP_FRAME_RIP - TRAP_FRAME_SIZE
	.cfi_offset %rsp, TRAP_FRAME_RSP - TRAP_FRAME_SIZE
	.endm

	/* User code can enter with the alignment-check flag set, which would open user memory. */
	.macro CLOSE_USER_MEMORY
	cmpb $0, cpu_smap_on(%rip)
	je .Lclosed\@
	clac
.Lclosed\@:
	.endm

	.cfi_sections .debug_frame
	.section .text
	.balign 16
	.globl trap_gates
trap_gates:
	.set vector, 0
	.rept 256
	.balign 16
	/* 8, 10 to 14, 17, 21, 29 and 30 push an error code themselves */
	.if (vector != 8) && ((vector < 10) || (vector > 14)) && (vector != 17) && \
		(vector != 21) && (vector != 29) && (vector != 30)
	pushq $0
	.endif
	pushq $vector
	.if (vector == 2) || (vector == 8) || (vector == 18)
	jmp trap_any_gs
	.else
	jmp trap_common
	.endif
	.set vector, vector + 1
	.endr

trap_common:
	SAVE_REGISTERS
	testb $3, TRAP_FRAME_CS(%rsp)
	jz 1f
	swapgs
1:	jmp trap_saved

	/*
	 * These can strike between an entry and its swapgs: only the base itself tells whose gs it
	 * is, and the way back must leave it as it was.
	 */
trap_any_gs:
	SAVE_REGISTERS
	xorl %ebx, %ebx
	movl $MSR_GS_BASE, %ecx
	rdmsr
	testl %edx, %edx
	js 1f
	swapgs
	incl %ebx
1:	FRAME_OF_THE_INTERRUPTED
	cld
	CLOSE_USER_MEMORY
	xorl %ebp, %ebp
	movq %rsp, %rdi
	call trap_dispatch
	testl %ebx, %ebx
	jz 1f
	swapgs
1:	.cfi_endproc
	RESTORE_REGISTERS
	addq $16, %rsp
	iretq

trap_saved:
	FRAME_OF_THE_INTERRUPTED
	cld
	CLOSE_USER_MEMORY
	xorl %ebp, %ebp
	movq %rsp, %rdi
	call trap_dispatch

trap_return:
	testb $3, TRAP_FRAME_CS(%rsp)
	jz 1f
	swapgs
1:	.cfi_endproc
	RESTORE_REGISTERS
	addq $16, %rsp
	iretq

	.balign 16
	.globl syscall_entry
syscall_entry:
	swapgs
	movq %rsp, %gs:CPU_USER_STACK
	movq %gs:CPU_KERNEL_STACK_TOP, %rsp
	pushq $SELECTOR_USER_DATA
	pushq %gs:CPU_USER_STACK
	pushq %r11
	pushq $SELECTOR_USER_CODE
	pushq %rcx
	pushq %rax
	pushq $VECTOR_SYSCALL
	SAVE_REGISTERS
	FRAME_OF_THE_INTERRUPTED
	xorl %ebp, %ebp
	movq %rsp, %rdi
	movq hal_installed_ops(%rip), %rax
	call *HAL_OPS_SYSCALL(%rax)

	cmpb $0, %gs:CPU_RESCHEDULE
	.cfi_endproc
	jne syscall_leave
	cmpq $VECTOR_SYSCALL, TRAP_FRAME_VECTOR(%rsp)
	jne syscall_leave
	/* The call was the last instruction of user memory: SYSRET would fault in ring 0. */
	btq $USER_END_SHIFT, TRAP_FRAME_RIP(%rsp)
	jc syscall_leave
	/* The callee has kept rbx and r12 to r15. SYSRET takes rip from rcx and rflags from r11. */
	movq TRAP_FRAME_RBP(%rsp), %rbp
	movq TRAP_FRAME_ARGUMENTS(%rsp), %rdi
	movq (TRAP_FRAME_ARGUMENTS + 8)(%rsp), %rsi
	movq (TRAP_FRAME_ARGUMENTS + 16)(%rsp), %rdx
	movq (TRAP_FRAME_ARGUMENTS + 24)(%rsp), %r10
	movq (TRAP_FRAME_ARGUMENTS + 32)(%rsp), %r8
	movq (TRAP_FRAME_ARGUMENTS + 40)(%rsp), %r9
	movq TRAP_FRAME_RAX(%rsp), %rax
	movq TRAP_FRAME_RIP(%rsp), %rcx
	movq TRAP_FRAME_RFLAGS(%rsp), %r11
	movq TRAP_FRAME_RSP(%rsp), %rsp
	swapgs
	sysretq

	/* Other registers than before, or somewhere else to go first. */
syscall_leave:
	movq %rsp, %rdi
	call trap_leave
	jmp trap_return

	/* user_resume(frame) */
	.globl user_resume
user_resume:
	movq %rdi, %rsp
	jmp trap_return

	/* size_t user_copy_raw(dst, src, len): bytes not copied. A fault may be repaired. */
	.globl user_copy_raw, user_copy_fault, user_copy_tail_fault
user_copy_raw:
	movl %edx, %eax
	movq %rdx, %rcx
	andl $7, %eax
	shrq $3, %rcx
	cmpb $0, cpu_smap_on(%rip)
	je user_copy_fault
	stac
user_copy_fault:
	rep movsq
	movl %eax, %ecx
user_copy_tail_fault:
	rep movsb
user_copy_done:
	cmpb $0, cpu_smap_on(%rip)
	je 3f
	clac
3:	movq %rcx, %rax
	ret

	/* words and the tail are left */
user_copy_cut:
	leaq (%rax,%rcx,8), %rcx
	jmp user_copy_done

	/*
	 * bool user_exchange_word(address, expected, word, out_old): false when it faulted. A fault
	 * may be repaired.
	 */
	.globl user_exchange_word, user_exchange_fault
user_exchange_word:
	movl %esi, %eax
	cmpb $0, cpu_smap_on(%rip)
	je user_exchange_fault
	stac
user_exchange_fault:
	lock cmpxchgl %edx, (%rdi)
	movl %eax, (%rcx)
	movl $1, %eax
user_exchange_done:
	cmpb $0, cpu_smap_on(%rip)
	je 9f
	clac
9:	ret
user_exchange_cut:
	xorl %eax, %eax
	jmp user_exchange_done

	/* user_copy_raw, but no fault is repaired. */
	.globl user_copy_present
user_copy_present:
	movl %edx, %eax
	movq %rdx, %rcx
	andl $7, %eax
	shrq $3, %rcx
	cmpb $0, cpu_smap_on(%rip)
	je 1f
	stac
1:	rep movsq
	movl %eax, %ecx
2:	rep movsb
	jmp user_copy_done

	/* bool memory_peek(address, uint64_t *out): false when it faults */
	.globl memory_peek
memory_peek:
	xorl %eax, %eax
4:	movq (%rdi), %rcx
	movq %rcx, (%rsi)
	movl $1, %eax
5:	ret

	.section .exception_table, "a"
	.balign 8
	.quad user_copy_fault, user_copy_cut
	.quad user_copy_tail_fault, user_copy_done
	.quad user_exchange_fault, user_exchange_cut
	.quad 1b, user_copy_cut
	.quad 2b, user_copy_done
	.quad 4b, 5b

	.section .note.GNU-stack, "", @progbits
