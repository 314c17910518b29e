/* Threads of programs with native calls. */
#include "core/api.h"
#include "ps/api.h"
#include <base/cleanup.h>
#include <kernel/syscall_prototypes.h>

/* Begins as a function that was called, and has nowhere to return to: System V AMD64 ABI 3.2.2. */
enum status sys_thread_create(uint64_t entry, uint64_t stack, uint64_t argument, uint64_t *out_tid)
{
	enum { THREAD_STACK_ALIGN = 16 };
	const uint64_t nowhere = 0;
	uint8_t code;
	if (stack % THREAD_STACK_ALIGN || stack < sizeof nowhere || entry >= USER_END)
		return ERR_INVALID_ARGS;
	TRY(user_copy_in(&code, (struct user_in){entry, sizeof code}));
	TRY(user_copy_out((struct user_out){stack - sizeof nowhere, sizeof nowhere}, &nowhere));
	struct task_copy copy = {.frame = trap_frame_start(entry, stack - sizeof nowhere)};
	copy.frame.rdi = argument;
	return task_clone(&copy, out_tid);
}

void sys_thread_exit(int32_t status)
{
	task_exit_with(status);
}
