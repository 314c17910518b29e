/* From _start to main. */
#include "relocate.h"
#include <rt/api.h>
#include <string.h>

enum { START_STATUS_BAD_IMAGE = 127, START_STATUS_STACK_OVERWRITTEN = 126 };

/* Both hidden, so that their addresses need no relocation; __ehdr_start is address 0 of the link.
 */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const struct image_dynamic _DYNAMIC[] __attribute__((visibility("hidden")));

extern uintptr_t __stack_chk_guard;
[[gnu::noreturn]] void __stack_chk_fail(void);
[[gnu::noreturn]] void rt_start(uint64_t *stack);
/* of the program */
int main(int argc, char **argv, char **envp);

uintptr_t __stack_chk_guard;

void __stack_chk_fail(void)
{
	print("stack overwritten\n");
	rustos_process_exit(START_STATUS_STACK_OVERWRITTEN);
}

/* The lowest byte is 0, so that no string function can copy the guard. */
[[gnu::no_stack_protector]] static void start_seed_guard(char *const *envp)
{
	uint64_t random;
	if (!auxv_find(envp, AUXV_RANDOM, &random))
		rustos_process_exit(START_STATUS_BAD_IMAGE);
	uintptr_t guard;
	memcpy(&guard, (const void *)random, sizeof guard);
	__stack_chk_guard = guard & ~(uintptr_t)0xff;
}

/* What relocation has written is read only from now on. */
[[gnu::no_stack_protector]] static void start_seal_image(char *const *envp)
{
	uint64_t segments, count;
	if (!auxv_find(envp, AUXV_PROGRAM_HEADERS, &segments) ||
	    !auxv_find(envp, AUXV_PROGRAM_HEADER_COUNT, &count))
		rustos_process_exit(START_STATUS_BAD_IMAGE);
	struct image_range range = image_read_only(
	        (uintptr_t)__ehdr_start, (const struct image_segment *)segments, (unsigned)count);
	if (range.start < range.end &&
	    rustos_memory_protect(range.start, range.end - range.start, MEMORY_READ) != OK)
		rustos_process_exit(START_STATUS_BAD_IMAGE);
}

[[gnu::no_stack_protector]] void rt_start(uint64_t *stack)
{
	if (!image_relocate((uintptr_t)__ehdr_start, _DYNAMIC))
		rustos_process_exit(START_STATUS_BAD_IMAGE);

	int argc = (int)stack[0];
	char **argv = (char **)(stack + 1);
	char **envp = argv + argc + 1;
	start_seal_image(envp);
	start_seed_guard(envp);
	rustos_process_exit(main(argc, argv, envp));
}
