/*
 * A program of its own, which credentials.c writes to a file: ends with what it is, as bits of enum
 * told. It lies anywhere and uses only its registers.
 */
	.section .rodata
	.globl tool_begin, tool_end
tool_begin:
	/* behind argc, argv and envp: the auxiliary vector */
	mov (%rsp), %rax
	lea 16(%rsp,%rax,8), %rdi
1:	cmpq $0, (%rdi)
	lea 8(%rdi), %rdi
	jne 1b
	xor %ebx, %ebx
2:	mov (%rdi), %rax
	test %rax, %rax
	jz 4f
	cmp $23, %rax /* AT_SECURE */
	jne 3f
	cmpq $0, 8(%rdi)
	je 3f
	or $8, %ebx
3:	add $16, %rdi
	jmp 2b
4:	mov $102, %eax /* getuid */
	syscall
	cmp $1000, %eax
	jne 5f
	or $1, %ebx
5:	mov $107, %eax /* geteuid */
	syscall
	test %eax, %eax
	jnz 6f
	or $2, %ebx
6:	mov $108, %eax /* getegid */
	syscall
	cmp $55, %eax
	jne 7f
	or $4, %ebx
	/* may it go back to being the superuser? */
7:	mov $117, %eax /* setresuid */
	mov $-1, %edi
	mov $-1, %esi
	xor %edx, %edx
	syscall
	test %eax, %eax
	jnz 8f
	or $16, %ebx
8:	mov %ebx, %edi
	mov $231, %eax /* exit_group */
	syscall
tool_end:

	.section .note.GNU-stack, "", @progbits
