/*
 * CPU features and control bits. CPUID functions: AMD64 volume 3, appendix E.
 */
#include "hal/cpu/cpu.h"
#include "hal/api.h"
#include "hal/cpu/registers.h"
#include "hal/image.h"
#include <string.h>

struct cpuid_result {
	uint32_t eax, ebx, ecx, edx;
};

/* Kernel-wide: all CPUs are taken to be alike. */
static struct cpu_features boot_features;
bool cpu_smap_on;

extern uintptr_t __stack_chk_guard;
/* Calls to these appear only in generated code: link-time optimisation must keep them. */
[[gnu::used]] uintptr_t __stack_chk_guard;
[[gnu::noreturn, gnu::used]] void __stack_chk_fail(void);

void __stack_chk_fail(void)
{
	PANIC("kernel stack frame overwritten");
}

static struct cpuid_result cpuid(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid_result r;
	__asm__ volatile("cpuid"
	                 : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
	                 : "a"(leaf), "c"(subleaf));
	return r;
}

static bool cpu_has_rdrand(void)
{
	return cpuid(1, 0).ecx >> 30 & 1;
}

/* False when the generator had nothing ten times in a row. */
static bool cpu_rdrand(uint64_t *out_value)
{
	for (int i = 0; i < 10; i++) {
		uint64_t value;
		uint8_t ok;
		__asm__ volatile("rdrand %0; setc %1" : "=r"(value), "=qm"(ok) : : "cc");
		if (ok) {
			*out_value = value;
			return true;
		}
	}
	return false;
}

/* splitmix64's finalizer: spreads the few random bits of a time stamp. */
static uint64_t cpu_mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

uint64_t cpu_random(void)
{
	uint64_t value = 0;
	if (!cpu_has_rdrand() || !cpu_rdrand(&value))
		value = 0;
	return cpu_mix(value ^ cpu_read_tsc());
}

/* Runs before any C with a guard. One byte is 0, so that a string cannot carry the guard. */
__attribute__((no_stack_protector)) void cpu_seed_guard(void)
{
	__stack_chk_guard = cpu_random() & ~(uintptr_t)0xff;
}

const char *cpu_guard_source(void)
{
	return boot_features.rdrand ? "rdrand" : "tsc";
}

const struct cpu_features *cpu_features(void)
{
	return &boot_features;
}

static void cpu_read_brand(char brand[static 49])
{
	for (uint32_t i = 0; i < 3; i++) {
		struct cpuid_result r = cpuid(0x80000002 + i, 0);
		memcpy(brand + i * 16, &r, sizeof r);
	}
	brand[48] = 0;
}

static void cpu_read_features(struct cpu_features *features)
{
	uint32_t basic_max = cpuid(0, 0).eax;
	uint32_t extended_max = cpuid(0x80000000, 0).eax;
	struct cpuid_result basic = cpuid(1, 0);
	struct cpuid_result extended = cpuid(0x80000001, 0);

	features->rdrand = basic.ecx >> 30 & 1;
	features->basic_edx = basic.edx;
	features->machine_check = basic.edx >> 7 & 1;
	features->x2apic = basic.ecx >> 21 & 1;
	features->pcid = basic.ecx >> 17 & 1;
	features->nx = extended.edx >> 20 & 1;
	features->large_1g = extended.edx >> 26 & 1;
	if (basic_max >= 7) {
		struct cpuid_result structured = cpuid(7, 0);
		features->smep = structured.ebx >> 7 & 1;
		features->smap = structured.ebx >> 20 & 1;
		features->umip = structured.ecx >> 2 & 1;
	}
	if (extended_max >= 0x80000007)
		features->tsc_invariant = cpuid(0x80000007, 0).edx >> 8 & 1;
	features->physical_bits = 36;
	if (extended_max >= 0x80000008)
		features->physical_bits = (uint8_t)cpuid(0x80000008, 0).eax;
	if (extended_max >= 0x80000004)
		cpu_read_brand(features->brand);
}

void cpu_enable_features_here(void)
{
	uint64_t cr0, cr4;
	__asm__ volatile("mov %%cr0, %0; mov %%cr4, %1" : "=r"(cr0), "=r"(cr4));
	cr0 &= ~(uint64_t)(CR0_EMULATE_FPU | CR0_TASK_SWITCHED);
	cr0 |= CR0_MONITOR_FPU | CR0_NUMERIC_ERROR | CR0_WRITE_PROTECT;
	cr4 |= CR4_FXSAVE | CR4_SIMD_EXCEPTIONS | CR4_GLOBAL;
	cr4 |= boot_features.machine_check ? CR4_MACHINE_CHECK : 0;
	cr4 |= boot_features.smep ? CR4_SMEP : 0;
	cr4 |= boot_features.smap ? CR4_SMAP : 0;
	cr4 |= boot_features.umip ? CR4_UMIP : 0;
	cr4 |= boot_features.pcid ? CR4_PCID : 0;
	__asm__ volatile("mov %0, %%cr0; mov %1, %%cr4" : : "r"(cr0), "r"(cr4) : "memory");
	fpu_enable();
}

void cpu_enable_features(void)
{
	cpu_read_features(&boot_features);
	cpu_enable_features_here();
	cpu_smap_on = boot_features.smap;
}

void cpu_halt_forever(void)
{
	watchdog_end();
	for (;;)
		__asm__ volatile("cli; hlt");
}
