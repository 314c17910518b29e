/*
 * New contexts and FPU state. The stack picture is that of context.S.
 */
#include "hal/api.h"
#include "hal/image.h"
#include <string.h>

struct context {
	uint64_t r15, r14, r13, r12, rbx, rbp;
	uint64_t return_address;
};

struct context *context_prepare(void *stack_top, void (*entry)(void *argument), void *argument)
{
	uintptr_t top = (uintptr_t)stack_top & ~(uintptr_t)15;
	struct context *context = (struct context *)top - 1;

	*context = (struct context){
	        .r12 = (uint64_t)(uintptr_t)entry,
	        .r13 = (uint64_t)(uintptr_t)argument,
	        .return_address = (uint64_t)(uintptr_t)context_begin,
	};
	return context;
}

/* FXSAVE image, AMD64 volume 2, section 11.4.4: control words as after FNINIT and at reset. */
enum {
	FXSAVE_CONTROL_OFFSET = 0,
	FXSAVE_MXCSR_OFFSET = 24,
};

void fpu_state_init(struct fpu_state *state)
{
	static const uint16_t control = 0x37f;
	static const uint32_t mxcsr = 0x1f80;

	memset(state, 0, sizeof *state);
	memcpy(state->image + FXSAVE_CONTROL_OFFSET, &control, sizeof control);
	memcpy(state->image + FXSAVE_MXCSR_OFFSET, &mxcsr, sizeof mxcsr);
}

void fpu_state_save(struct fpu_state *state)
{
	__asm__ volatile("fxsave64 %0" : "=m"(*state));
}

void fpu_state_load(const struct fpu_state *state)
{
	__asm__ volatile("fxrstor64 %0" : : "m"(*state));
}
