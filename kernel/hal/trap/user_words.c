/*
 * A few words to user memory, without the loop of user_copy_raw.
 */
#include "hal/api.h"
#include "hal/image.h"

static bool user_words_faulted(void)
{
	__asm__ volatile("cmpb $0, cpu_smap_on(%%rip)\n\t"
	                 "je 1f\n\t"
	                 "clac\n"
	                 "1:"
	                 :
	                 :
	                 : "memory", "cc");
	return false;
}

bool user_put_words(uintptr_t dst, const uint64_t words[4])
{
	__asm__ goto("cmpb $0, cpu_smap_on(%%rip)\n\t"
	             "je 1f\n\t"
	             "stac\n"
	             "1:	movq %1, (%0)\n"
	             "2:	movq %2, 8(%0)\n"
	             "3:	movq %3, 16(%0)\n"
	             "4:	movq %4, 24(%0)\n\t"
	             "cmpb $0, cpu_smap_on(%%rip)\n\t"
	             "je 5f\n\t"
	             "clac\n"
	             "5:\n\t"
	             ".pushsection .exception_table, \"a\"\n\t"
	             ".balign 8\n\t"
	             ".quad 1b, %l5, 2b, %l5, 3b, %l5, 4b, %l5\n\t"
	             ".popsection"
	             :
	             : "r"(dst), "r"(words[0]), "r"(words[1]), "r"(words[2]), "r"(words[3])
	             : "memory", "cc"
	             : faulted);
	return true;
faulted:
	return user_words_faulted();
}

bool user_put_pair(uintptr_t dst, uint64_t first, uint64_t second)
{
	__asm__ goto("cmpb $0, cpu_smap_on(%%rip)\n\t"
	             "je 1f\n\t"
	             "stac\n"
	             "2:	movq %1, (%0)\n"
	             "3:	movq %2, 8(%0)\n\t"
	             "clac\n"
	             "4:\n\t"
	             ".subsection 1\n"
	             "1:	movq %1, (%0)\n"
	             "5:	movq %2, 8(%0)\n\t"
	             "jmp 4b\n\t"
	             ".previous\n\t"
	             ".pushsection .exception_table, \"a\"\n\t"
	             ".balign 8\n\t"
	             ".quad 1b, %l3, 2b, %l3, 3b, %l3, 5b, %l3\n\t"
	             ".popsection"
	             :
	             : "r"(dst), "r"(first), "r"(second)
	             : "memory", "cc"
	             : faulted);
	return true;
faulted:
	return user_words_faulted();
}
