/*
 * State of x87, SSE and AVX: XSAVE where the CPU has it, else FXSAVE.
 *
 * AMD64 volume 2, sections 11.4.4 (FXSAVE image) and 11.5 (XSAVE). Only x87, SSE and AVX are
 * turned on, so that the image has a fixed size.
 */
#include "hal/api.h"
#include "hal/cpu/registers.h"
#include <string.h>

enum {
	FXSAVE_BYTES = 512,
	FXSAVE_CONTROL_OFFSET = 0,
	FXSAVE_MXCSR_OFFSET = 24,
	FXSAVE_MXCSR_MASK_OFFSET = 28,
	XSAVE_HEADER_OFFSET = 512,
	XSAVE_HEADER_BYTES = 64,
	XSAVE_FEATURES_SSE = 3,
	XSAVE_FEATURES_AVX = 7,
	FPU_MXCSR_MASK_DEFAULT = 0xffbf,
};

/* Kernel-wide: all CPUs are taken to be alike. */
struct fpu_support {
	bool xsave;
	uint32_t features; /* of XCR0 */
	uint32_t saved; /* the same with XSAVE, else 0 */
	size_t image_bytes;
	uint32_t mxcsr_mask;
};

static struct fpu_support fpu_support;

static bool fpu_cpu_has(uint32_t bit)
{
	uint32_t eax = 1, ebx, ecx = 0, edx;
	__asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
	return ecx >> bit & 1;
}

void *fpu_state_image(struct fpu_state *state)
{
	uintptr_t at = (uintptr_t)state->space;
	return (void *)((at + FPU_IMAGE_ALIGN - 1) & ~(uintptr_t)(FPU_IMAGE_ALIGN - 1));
}

size_t fpu_image_bytes(void)
{
	return fpu_support.image_bytes;
}

static void fpu_read_mxcsr_mask(void)
{
	struct fpu_state state = {};
	uint8_t *image = fpu_state_image(&state);
	__asm__ volatile("fxsave64 (%0)" : : "r"(image) : "memory");
	memcpy(&fpu_support.mxcsr_mask, image + FXSAVE_MXCSR_MASK_OFFSET,
	       sizeof fpu_support.mxcsr_mask);
	if (!fpu_support.mxcsr_mask)
		fpu_support.mxcsr_mask = FPU_MXCSR_MASK_DEFAULT;
}

void fpu_enable(void)
{
	enum { CPUID_XSAVE_BIT = 26, CPUID_AVX_BIT = 28 };

	fpu_support.xsave = fpu_cpu_has(CPUID_XSAVE_BIT);
	fpu_support.features = fpu_cpu_has(CPUID_AVX_BIT) ? XSAVE_FEATURES_AVX : XSAVE_FEATURES_SSE;
	fpu_support.saved = fpu_support.xsave ? fpu_support.features : 0;
	fpu_support.image_bytes = fpu_support.xsave ? FPU_IMAGE_MAX : FXSAVE_BYTES;
	if (fpu_support.xsave) {
		uint64_t cr4;
		__asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
		__asm__ volatile("mov %0, %%cr4" : : "r"(cr4 | CR4_XSAVE) : "memory");
		__asm__ volatile("xsetbv" : : "c"(0), "a"(fpu_support.features), "d"(0));
	}
	__asm__ volatile("fninit");
	fpu_read_mxcsr_mask();
}

void fpu_state_init(struct fpu_state *state)
{
	static const uint16_t control = 0x37f;
	static const uint32_t mxcsr = 0x1f80;

	memset(state, 0, sizeof *state);
	uint8_t *image = state->image = fpu_state_image(state);
	memcpy(image + FXSAVE_CONTROL_OFFSET, &control, sizeof control);
	memcpy(image + FXSAVE_MXCSR_OFFSET, &mxcsr, sizeof mxcsr);
}

void fpu_state_save(struct fpu_state *state)
{
	void *image = state->image;
	if (fpu_support.xsave)
		__asm__ volatile("xsave64 (%0)"
		                 :
		                 : "r"(image), "a"(fpu_support.features), "d"(0)
		                 : "memory");
	else
		__asm__ volatile("fxsave64 (%0)" : : "r"(image) : "memory");
}

void fpu_bases_load(const struct fpu_state *state)
{
	if (cpu_fs_base() != state->fs_base)
		cpu_set_fs_base(state->fs_base);
	if (cpu_user_gs_base() != state->gs_base)
		cpu_set_user_gs_base(state->gs_base);
}

void fpu_state_load(const struct fpu_state *state)
{
	const void *image = state->image;
	if (fpu_support.xsave)
		__asm__ volatile("xrstor64 (%0)"
		                 :
		                 : "r"(image), "a"(fpu_support.features), "d"(0)
		                 : "memory");
	else
		__asm__ volatile("fxrstor64 (%0)" : : "r"(image) : "memory");
	fpu_bases_load(state);
}

void fpu_state_switch(struct fpu_state *from, const struct fpu_state *to)
{
	uint32_t features = fpu_support.saved;
	if (__builtin_expect(features != 0, 1)) {
		__asm__ volatile("xsave64 (%0)\n\txrstor64 (%1)"
		                 :
		                 : "r"(from->image), "r"(to->image), "a"(features), "d"(0)
		                 : "memory");
		fpu_bases_load(to);
	} else {
		fpu_state_save(from);
		fpu_state_load(to);
	}
}

void fpu_state_copy(struct fpu_state *to, const struct fpu_state *from)
{
	to->fs_base = from->fs_base;
	to->gs_base = from->gs_base;
	memcpy(to->image, from->image, fpu_support.image_bytes);
}

/* hal/cpu/fpu_user.S */
bool fpu_user_save(uintptr_t image, uint32_t features);
bool fpu_user_load(uintptr_t image, uint32_t features);

/* An address that is not aligned faults as well. */
static bool fpu_user_may_hold(uintptr_t image)
{
	return fpu_support.saved && image >= USER_BASE && image <= USER_END - FPU_IMAGE_MAX;
}

bool fpu_put_user(uintptr_t image)
{
	return fpu_user_may_hold(image) && fpu_user_save(image, fpu_support.saved);
}

bool fpu_take_user(uintptr_t image)
{
	return fpu_user_may_hold(image) && fpu_user_load(image, fpu_support.saved);
}

void fpu_state_sanitize(struct fpu_state *state)
{
	uint8_t *image = fpu_state_image(state);
	uint32_t mxcsr;
	memcpy(&mxcsr, image + FXSAVE_MXCSR_OFFSET, sizeof mxcsr);
	mxcsr &= fpu_support.mxcsr_mask;
	memcpy(image + FXSAVE_MXCSR_OFFSET, &mxcsr, sizeof mxcsr);
	if (!fpu_support.xsave)
		return;
	uint64_t present;
	memcpy(&present, image + XSAVE_HEADER_OFFSET, sizeof present);
	present &= fpu_support.features;
	memset(image + XSAVE_HEADER_OFFSET, 0, XSAVE_HEADER_BYTES);
	memcpy(image + XSAVE_HEADER_OFFSET, &present, sizeof present);
}
