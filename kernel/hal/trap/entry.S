/*
 * Entry from the loader, 32-bit, to long mode and the higher half.
 *
 * Both entries end in kernel_start(kind, physical address of the loader's
 * structure) on the boot stack, with the first 4 GiB mapped low, at
 * DIRECT_MAP_BASE, and (the first GiB) at KERNEL_IMAGE_BASE. mm replaces these tables.
 * Formats: Multiboot2 2.0, section 3.1; Xen docs/misc/pvh.pandoc and elfnote.h.
 */
#include "hal/layout.h"
#include "hal/cpu/registers.h"

#define MULTIBOOT2_HEADER_MAGIC 0xe85250d6
#define MULTIBOOT2_LOADER_MAGIC 0x36d76289

/* present, writable; with the large page bit */
#define BOOT_TABLE 0x3
#define BOOT_LARGE_PAGE 0x83

#define PHYSICAL(symbol) (symbol - KERNEL_IMAGE_BASE)

	.section .multiboot2, "a"
	.balign 8
multiboot2_header:
	.long MULTIBOOT2_HEADER_MAGIC
	.long 0
	.long multiboot2_header_end - multiboot2_header
	.long -(MULTIBOOT2_HEADER_MAGIC + 0 + (multiboot2_header_end - multiboot2_header))
	/* framebuffer tag, optional: any size, 32 bits per pixel */
	.balign 8
	.short 5
	.short 1
	.long 20
	.long 0
	.long 0
	.long 32
	/* module alignment tag: the archive starts on a page */
	.balign 8
	.short 6
	.short 0
	.long 8
	.balign 8
	.short 0
	.short 0
	.long 8
multiboot2_header_end:

	/* XEN_ELFNOTE_PHYS32_ENTRY */
	.section .note.pvh, "a", @note
	.balign 4
	.long 4
	.long 8
	.long 18
	.asciz "Xen"
	.balign 4
	.quad PHYSICAL(pvh_start)

	.section .bss
	.balign 4096
	.globl boot_pml4
boot_pml4:
	.skip 4096
boot_pdpt_low:
	.skip 4096
boot_pdpt_high:
	.skip 4096
boot_directories:
	.skip 4 * 4096

	.section .boot.text, "ax"
	.code32
	.globl _start
_start:
	cmpl $MULTIBOOT2_LOADER_MAGIC, %eax
	jne wrong_loader
	movl $BOOT_KIND_MULTIBOOT2, %edi
	movl %ebx, %esi
	jmp enter_long_mode

	.globl pvh_start
pvh_start:
	movl $BOOT_KIND_PVH, %edi
	movl %ebx, %esi

enter_long_mode:
	cli
	cld
	movl $PHYSICAL(boot_stack_top), %esp

	movl $0x80000000, %eax
	cpuid
	cmpl $0x80000001, %eax
	jb no_long_mode
	movl $0x80000001, %eax
	cpuid
	movl %edx, %ebp /* bit 29: long mode; bit 20: no-execute */
	testl $(1 << 29), %ebp
	jz no_long_mode

	movl $(PHYSICAL(boot_pdpt_low) + BOOT_TABLE), PHYSICAL(boot_pml4)
	movl $(PHYSICAL(boot_pdpt_low) + BOOT_TABLE), PHYSICAL(boot_pml4) + 8 * 256
	movl $(PHYSICAL(boot_pdpt_high) + BOOT_TABLE), PHYSICAL(boot_pml4) + 8 * 511
	movl $(PHYSICAL(boot_directories) + BOOT_TABLE), PHYSICAL(boot_pdpt_high) + 8 * 510

	movl $PHYSICAL(boot_pdpt_low), %ebx
	movl $(PHYSICAL(boot_directories) + BOOT_TABLE), %eax
	movl $4, %ecx
1:	movl %eax, (%ebx)
	addl $4096, %eax
	addl $8, %ebx
	loop 1b

	movl $PHYSICAL(boot_directories), %ebx
	movl $BOOT_LARGE_PAGE, %eax
	movl $2048, %ecx
2:	movl %eax, (%ebx)
	addl $LARGE_PAGE_SIZE, %eax
	addl $8, %ebx
	loop 2b

	movl %cr4, %eax
	orl $CR4_PAE, %eax
	movl %eax, %cr4
	movl $PHYSICAL(boot_pml4), %eax
	movl %eax, %cr3

	movl $MSR_EFER, %ecx
	rdmsr
	orl $(EFER_LONG_MODE | EFER_SYSCALL), %eax
	testl $(1 << 20), %ebp
	jz 3f
	orl $EFER_NO_EXECUTE, %eax
3:	wrmsr

	movl %cr0, %eax
	orl $(CR0_PAGING | CR0_WRITE_PROTECT), %eax
	movl %eax, %cr0

	lgdt PHYSICAL(boot_gdt_pointer)
	ljmp $SELECTOR_KERNEL_CODE, $PHYSICAL(long_mode)

wrong_loader:
	movl $PHYSICAL(wrong_loader_text), %esi
	jmp stop_with_text
no_long_mode:
	movl $PHYSICAL(no_long_mode_text), %esi
stop_with_text:
	lodsb
	testb %al, %al
	jz 4f
	outb %al, $0xe9
	movw $0x3f8, %dx
	outb %al, %dx
	jmp stop_with_text
4:	cli
	hlt
	jmp 4b

	.balign 8
boot_gdt:
	.quad 0
	.quad DESCRIPTOR_KERNEL_CODE
	.quad DESCRIPTOR_KERNEL_DATA
boot_gdt_pointer:
	.short boot_gdt_pointer - boot_gdt - 1
	.long PHYSICAL(boot_gdt)
wrong_loader_text:
	.asciz "nucleus: not started by a multiboot2 or PVH loader\r\n"
no_long_mode_text:
	.asciz "nucleus: this CPU has no 64-bit mode\r\n"

	.code64
long_mode:
	movabs $long_mode_high, %rax
	jmp *%rax

	.text
long_mode_high:
	xorl %eax, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %fs
	movl %eax, %gs
	movl $SELECTOR_KERNEL_DATA, %eax
	movl %eax, %ss
	movq $boot_stack_top, %rsp
	/* both are 32-bit values; the upper halves are undefined after the mode switch */
	movl %edi, %ebx
	movl %esi, %r12d
	call cpu_seed_guard
	movl %ebx, %edi
	movq %r12, %rsi
	xorl %ebp, %ebp
	call kernel_start
	ud2

	.section .note.GNU-stack, "", @progbits
