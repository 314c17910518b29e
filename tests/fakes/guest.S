/*
 * The smallest guest, for the launcher's tests: says TEXT on debugcon and serial,
 * then ends as END says: 0 hangs, 1 writes VALUE to the exit port, 2 is a triple fault.
 * Entered by PVH in 32-bit protected mode.
 */
	.section .note.pvh, "a", @note
	.long 4, 4, 18
	.asciz "Xen"
	.long start

	.text
	.code32
	.globl start
start:
	mov $text, %esi
1:	lodsb
	test %al, %al
	jz 2f
	mov $0xe9, %dx
	out %al, %dx
	mov $0x3f8, %dx
	out %al, %dx
	jmp 1b
2:
#if END == 1
	mov $VALUE, %al
	mov $0xf4, %dx
	out %al, %dx
#elif END == 2
	lidt nothing
	int3
#endif
3:	hlt
	jmp 3b

	.data
nothing:
	.long 0, 0
text:
	.asciz TEXT
