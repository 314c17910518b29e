/*
 * What handlers find and leave of the floating-point state: in the frame on their stack, in the
 * layout of XSAVE where the CPU has it (AMD64 volume 2, sections 11.4.4 and 11.5).
 */
#include "linux_calls.h"
#include "signals.h"
#include <string.h>

enum {
	IMAGE_XMM3 = 160 + 3 * 16,
	IMAGE_MARK = 464,
	IMAGE_HEADER = 512,
	IMAGE_BYTES = 512,
	IMAGE_BYTES_EXTENDED = 832,
	MARK_EXTENDED = 0x46505853,
	VALUE = 0x1234,
	OTHER_VALUE = 0x9876,
};

enum state_change {
	STATE_KEPT,
	STATE_CHANGED, /* in the frame */
	STATE_MOVED, /* to an address that is not aligned, and changed there */
	STATE_RESERVED, /* bits that must be zero are set */
	STATE_NONE, /* there is no image any more */
	STATE_OF_KERNEL,
	STATE_NOT_MAPPED,
};

static volatile enum state_change state_change;
static _Alignas(64) uint8_t state_place[IMAGE_BYTES_EXTENDED + 64];

static bool image_is_extended(const uint8_t *image)
{
	uint32_t mark;
	memcpy(&mark, image + IMAGE_MARK, sizeof mark);
	return mark == MARK_EXTENDED;
}

static void image_set(uint8_t *image, uint64_t value)
{
	memcpy(image + IMAGE_XMM3, &value, sizeof value);
}

static void image_change(struct signal_context *context)
{
	uint8_t *image = context->fpu_image;
	bool extended = image_is_extended(image);
	switch (state_change) {
	case STATE_KEPT:
		return;
	case STATE_CHANGED:
		image_set(image, OTHER_VALUE);
		return;
	case STATE_MOVED:
		context->fpu_image = state_place + sizeof(uint64_t);
		memcpy(context->fpu_image, image, extended ? IMAGE_BYTES_EXTENDED : IMAGE_BYTES);
		image_set(context->fpu_image, OTHER_VALUE);
		return;
	case STATE_RESERVED:
		if (extended)
			memset(image + IMAGE_HEADER + 4, 0xff, 60);
		return;
	case STATE_NONE:
		context->fpu_image = NULL;
		return;
	case STATE_OF_KERNEL:
		context->fpu_image = (uint8_t *)KERNEL_ADDRESS;
		return;
	case STATE_NOT_MAPPED:
		context->fpu_image = (uint8_t *)BAD_ADDRESS;
	}
}

static void state_handler(int, struct signal_info *, struct signal_context *context)
{
	image_change(context);
	__asm__ volatile("pxor %%xmm3, %%xmm3" : : : "xmm3");
}

/* What is in a register after a signal that came when VALUE was in it. */
static uint64_t state_after(enum state_change change)
{
	uint64_t answer = LINUX_KILL, after;
	state_change = change;
	__asm__ volatile("movq %[before], %%xmm3\n\t"
	                 "syscall\n\t"
	                 "movq %%xmm3, %[after]"
	                 : "+a"(answer), [after] "=r"(after)
	                 : "D"(CALL(LINUX_GETPID)),
	                   "S"((uint64_t)SIG_USR1), [before] "r"((uint64_t)VALUE)
	                 : "rcx", "r11", "xmm3", "memory");
	return after;
}

static int64_t state_ends(enum state_change change)
{
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		(void)state_after(change);
		CALL(LINUX_EXIT_GROUP, 0);
	}
	return wait_for(pid);
}

void check_signal_state(struct tap *tap)
{
	struct signal_action action = {(uintptr_t)state_handler, WITH_INFO | HAS_RESTORER,
	                               (uintptr_t)signal_restorer, 0};
	CALL(LINUX_RT_SIGACTION, SIG_USR1, &action, 0, 8);
	tap_check_equal(tap, (int64_t)state_after(STATE_KEPT), VALUE,
	                "a handler leaves no trace in vector registers");
	tap_check_equal(tap, (int64_t)state_after(STATE_CHANGED), OTHER_VALUE,
	                "but what it writes into its frame");
	tap_check_equal(tap, (int64_t)state_after(STATE_MOVED), OTHER_VALUE,
	                "wherever the frame says that this is");
	tap_check_equal(tap, (int64_t)state_after(STATE_RESERVED), VALUE,
	                "bits that no CPU loads are left out");
	tap_check_equal(tap, (int64_t)state_after(STATE_NONE), 0,
	                "without an image registers are as at the start");
	tap_check_equal(tap, state_ends(STATE_OF_KERNEL), SIG_SEGV,
	                "an image in the kernel ends the program");
	tap_check_equal(tap, state_ends(STATE_NOT_MAPPED), SIG_SEGV, "as does one that is nowhere");
	signal_set(SIG_USR1, 0);
}
