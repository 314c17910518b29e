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
	return (struct trap_frame){
	        .vector = TRAP_EXCEPTION_END,
	        .rip = instruction,
	        .cs = SELECTOR_USER_CODE,
	        .rflags = RFLAGS_ALWAYS | RFLAGS_INTERRUPT,
	        .rsp = stack,
	        .ss = SELECTOR_USER_DATA,
	};
}

uint64_t trap_flags_for_user(uint64_t flags)
{
	return (flags & RFLAGS_USER_MASK) | RFLAGS_ALWAYS | RFLAGS_INTERRUPT;
}
