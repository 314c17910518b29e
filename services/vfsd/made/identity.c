/* What CPUs and machine call themselves: /proc/cpuinfo, and names below /proc/sys. */
#include "made/made.h"

#include <cpuid.h>
#include <string.h>

/*
 * Bits of the words that CPUID answers with, from bit 0 on, by the names of Linux's
 * arch/x86/include/asm/cpufeatures.h; '-': none. Intel SDM volume 2A, CPUID.
 */
static const struct feature_word {
	unsigned leaf, answer; /* EAX of the question, and which register: 0 is EAX */
	struct str names;
} feature_words[] = {
        {1, 3,
         STR_INIT("fpu vme de pse tsc msr pae mce cx8 apic - sep mtrr pge mca cmov pat pse36 pn "
                  "clflush - dts acpi mmx fxsr sse sse2 ss ht tm ia64 pbe")},
        {0x80000001, 3,
         STR_INIT("- - - - - - - - - - - syscall - - - - - - - mp nx - mmxext - - fxsr_opt "
                  "pdpe1gb rdtscp - lm 3dnowext 3dnow")},
        {1, 2,
         STR_INIT("pni pclmulqdq dtes64 monitor ds_cpl vmx smx est tm2 ssse3 cid sdbg fma cx16 "
                  "xtpr pdcm - pcid dca sse4_1 sse4_2 x2apic movbe popcnt tsc_deadline_timer aes "
                  "xsave - avx f16c rdrand hypervisor")},
        {0x80000001, 2,
         STR_INIT("lahf_lm cmp_legacy svm extapic cr8_legacy abm sse4a misalignsse 3dnowprefetch "
                  "osvw")},
        {7, 1,
         STR_INIT("fsgsbase tsc_adjust sgx bmi1 hle avx2 - smep bmi2 erms invpcid rtm cqm - mpx "
                  "rdt_a avx512f avx512dq rdseed adx smap avx512ifma - clflushopt clwb intel_pt "
                  "avx512pf avx512er avx512cd sha_ni avx512bw avx512vl")},
};

enum { EAX, EBX, ECX, EDX, REGISTERS };

/* All 0 where the CPU has no such leaf. */
static void ask_cpu(unsigned leaf, unsigned out[REGISTERS])
{
	memset(out, 0, REGISTERS * sizeof out[0]);
	(void)__get_cpuid_count(leaf, 0, &out[EAX], &out[EBX], &out[ECX], &out[EDX]);
}

/* What needs registers that the kernel does not keep, unless it says that it does (OSXSAVE). */
static bool feature_is_usable(struct str name, bool has_wide_registers)
{
	return has_wide_registers ||
	       !(str_starts_with(name, STR("avx")) || str_equal(name, STR("fma")) ||
	         str_equal(name, STR("f16c")) || str_equal(name, STR("xsave")));
}

static void add_features(struct format_buffer *text)
{
	enum { OSXSAVE = 1 << 27 };
	unsigned answer[REGISTERS];
	ask_cpu(1, answer);
	bool has_wide_registers = answer[ECX] & OSXSAVE;
	format_append(text, "flags\t\t:");
	for (size_t i = 0; i < COUNT(feature_words); i++) {
		struct str names = feature_words[i].names;
		ask_cpu(feature_words[i].leaf, answer);
		for (unsigned bit = 0; names.len; bit++) {
			struct str_split next = str_cut(names, ' ');
			names = next.rest;
			if (answer[feature_words[i].answer] >> bit & 1 && next.head.ptr[0] != '-' &&
			    feature_is_usable(next.head, has_wide_registers))
				format_append(text, " %.*s", STR_ARG(next.head));
		}
	}
	format_append(text, "\n");
}

/* "GenuineIntel" and its like. */
static void add_vendor(struct format_buffer *text)
{
	unsigned answer[REGISTERS];
	ask_cpu(0, answer);
	const unsigned words[] = {answer[EBX], answer[EDX], answer[ECX]};
	char name[sizeof words + 1] = {};
	memcpy(name, words, sizeof words);
	format_append(text, "vendor_id\t: %s\n", (const char *)name);
}

static void add_model(struct format_buffer *text)
{
	enum { BRAND_FIRST = 0x80000002, BRAND_LEAVES = 3, EXTENDED = 15 };
	unsigned answer[REGISTERS], words[BRAND_LEAVES][REGISTERS];
	char name[sizeof words + 1] = {};
	ask_cpu(1, answer);
	unsigned family = answer[EAX] >> 8 & 15, model = answer[EAX] >> 4 & 15;
	if (family == EXTENDED || family == 6)
		model |= answer[EAX] >> 12 & 0xf0;
	if (family == EXTENDED)
		family += answer[EAX] >> 20 & 0xff;
	for (unsigned i = 0; i < BRAND_LEAVES; i++)
		ask_cpu(BRAND_FIRST + i, words[i]);
	memcpy(name, words, sizeof words);
	format_append(text, "cpu family\t: %u\nmodel\t\t: %u\nmodel name\t: %s\nstepping\t: %u\n",
	              family, model, (const char *)name, answer[EAX] & 15);
}

/* All CPUs are as the one is on which this runs. */
enum status made_write_cpus(struct vfs_service *self, uint64_t, struct format_buffer *text)
{
	struct system_figures system;
	const struct figures_answer answer = {.bytes = &system, .capacity = sizeof system};
	enum status status = figures_ask_whole(&self->figures, SYSTEM_QUERY_SYSTEM, 0, answer);
	for (uint32_t i = 0; status == OK && i < system.cpus; i++) {
		format_append(text, "processor\t: %u\n", i);
		add_vendor(text);
		add_model(text);
		format_append(
		        text,
		        "physical id\t: 0\nsiblings\t: %u\ncore id\t\t: %u\ncpu cores\t: %u\n",
		        system.cpus, i, system.cpus);
		add_features(text);
		format_append(text, "\n");
	}
	return status;
}

static enum status ask_names(struct vfs_service *self, struct names_slot *out)
{
	const struct figures_answer answer = {.bytes = out, .capacity = sizeof *out};
	return figures_ask_whole(&self->figures, SYSTEM_QUERY_NAMES, 0, answer);
}

enum status made_write_host_name(struct vfs_service *self, uint64_t, struct format_buffer *text)
{
	struct names_slot names;
	enum status status = ask_names(self, &names);
	if (status == OK)
		format_append(text, "%s\n", (const char *)names.host);
	return status;
}

enum status made_write_domain_name(struct vfs_service *self, uint64_t, struct format_buffer *text)
{
	struct names_slot names;
	enum status status = ask_names(self, &names);
	if (status == OK)
		format_append(text, "%s\n",
		              names.domain[0] ? (const char *)names.domain : "(none)");
	return status;
}

/* Version 4, variant 1: RFC 9562, section 5.4. */
static enum status add_id(struct vfs_service *self, uint64_t which, struct format_buffer *text)
{
	uint8_t id[16];
	const struct figures_answer answer = {.bytes = id, .capacity = sizeof id};
	enum status status = figures_ask_whole(&self->figures, SYSTEM_QUERY_RANDOM, which, answer);
	if (status != OK)
		return status;
	id[6] = (uint8_t)((id[6] & 0x0f) | 0x40);
	id[8] = (uint8_t)((id[8] & 0x3f) | 0x80);
	for (size_t i = 0; i < sizeof id; i++)
		format_append(text, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x",
		              id[i]);
	format_append(text, "\n");
	return OK;
}

enum status made_write_boot_id(struct vfs_service *self, uint64_t, struct format_buffer *text)
{
	return add_id(self, 1, text);
}

enum status made_write_random_id(struct vfs_service *self, uint64_t, struct format_buffer *text)
{
	return add_id(self, 0, text);
}

/* A number that the kernel has. */
enum status made_write_limit(struct vfs_service *, uint64_t made, struct format_buffer *text)
{
	static const struct {
		enum made_kind kind;
		unsigned value;
	} limits[] = {
	        {MADE_DESCRIPTORS_MAX, IPC_PROCESS_HANDLES_MAX},
	        {MADE_GROUPS_MAX, CREDENTIALS_GROUPS_MAX},
	        {MADE_BACKLOG_MAX, SOCKET_BACKLOG_MAX},
	        {MADE_WATCHES_MAX, VFS_WATCHES_MAX},
	        {MADE_WATCH_GROUPS_MAX, VFS_WATCH_GROUPS_MAX},
	        {MADE_WATCH_EVENTS_MAX, VFS_WATCH_EVENTS_MAX},
	};
	for (size_t i = 0; i < COUNT(limits); i++)
		if (limits[i].kind == made_kind_of(made))
			format_append(text, "%u\n", limits[i].value);
	return OK;
}
