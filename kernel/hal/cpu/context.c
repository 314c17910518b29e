/*
 * New contexts, of the kernel and of ring 3. The stack picture is that of context_switch.
 */
#include "hal/api.h"
#include "hal/cpu/registers.h"
#include "hal/image.h"

struct context {
	uint64_t resume; /* where it goes on */
	uint64_t rbp;
	/* of a new one only */
	uint64_t entry, argument;
};

struct context *context_prepare(void *stack_top,
                                void (*entry)(void *argument, struct context **left),
                                void *argument)
{
	uintptr_t top = (uintptr_t)stack_top & ~(uintptr_t)15;
	struct context *context = (struct context *)top - 1;

	*context = (struct context){
	        .resume = (uint64_t)(uintptr_t)context_begin,
	        .entry = (uint64_t)(uintptr_t)entry,
	        .argument = (uint64_t)(uintptr_t)argument,
	};
	return context;
}

struct trap_frame trap_frame_start(uintptr_t instruction, uintptr_t stack)
{
	struct trap_frame frame = {};
	trap_frame_go(&frame, instruction, stack);
	return frame;
}

void trap_frame_go(struct trap_frame *frame, uintptr_t instruction, uintptr_t stack)
{
	frame->vector = TRAP_EXCEPTION_END;
	frame->error_code = 0;
	frame->rip = instruction;
	frame->cs = SELECTOR_USER_CODE;
	frame->rflags = RFLAGS_ALWAYS | RFLAGS_INTERRUPT;
	frame->rsp = stack;
	frame->ss = SELECTOR_USER_DATA;
}

uint64_t trap_flags_for_user(uint64_t flags)
{
	return (flags & RFLAGS_USER_MASK) | RFLAGS_ALWAYS | RFLAGS_INTERRUPT;
}
