/* What the kernel puts on the stack: arguments, environment, auxiliary vector. */
#include "first_light.h"

enum { PAGE_BYTES = 4096, PROGRAM_HEADER_BYTES = 56, SEGMENT_LOAD = 1 };

extern const char _start[];

static uint64_t auxv_value(const struct start_facts *facts, uint64_t type)
{
	uint64_t value = 0;
	return auxv_find(facts->envp, type, &value) ? value : 0;
}

static bool path_is_own(const struct start_facts *facts)
{
	const char *path = (const char *)auxv_value(facts, AUXV_PATH);
	return path && facts->argc >= 1 &&
	       str_equal(str_from_c(path), str_from_c(facts->argv[0])) &&
	       str_ends_with(str_from_c(path), STR(".elf"));
}

static bool headers_have_a_load(const struct start_facts *facts)
{
	uint64_t count = auxv_value(facts, AUXV_PROGRAM_HEADER_COUNT);
	const char *table = (const char *)auxv_value(facts, AUXV_PROGRAM_HEADERS);
	for (uint64_t i = 0; table && i < count; i++)
		if (*(const uint32_t *)(const void *)(table + i * PROGRAM_HEADER_BYTES) ==
		    SEGMENT_LOAD)
			return true;
	return false;
}

static bool random_has_some_ones(const struct start_facts *facts)
{
	const uint8_t *random = (const uint8_t *)auxv_value(facts, AUXV_RANDOM);
	unsigned ones = 0;
	for (unsigned i = 0; random && i < 16; i++)
		ones += random[i] != 0;
	return ones >= 8;
}

void check_start(struct tap *tap, const struct start_facts *facts)
{
	uint64_t unused;
	tap_check_equal(tap, facts->argc, 1, "argc counts the one argument");
	tap_check(tap, path_is_own(facts), "argv[0] is the path the program was started by");
	tap_check(tap, facts->argv[facts->argc] == NULL, "argv ends with a null pointer");
	tap_check(tap, facts->envp == facts->argv + facts->argc + 1, "envp follows argv");
	tap_check_equal(tap, auxv_value(facts, AUXV_PAGE_BYTES), PAGE_BYTES,
	                "auxv tells the page size");
	tap_check_equal(tap, auxv_value(facts, AUXV_ENTRY), (int64_t)(uintptr_t)_start,
	                "auxv tells the relocated entry");
	tap_check_equal(tap, auxv_value(facts, AUXV_PROGRAM_HEADER_BYTES), PROGRAM_HEADER_BYTES,
	                "auxv tells the size of a program header");
	tap_check(tap, headers_have_a_load(facts), "auxv points at readable program headers");
	tap_check(tap, random_has_some_ones(facts), "auxv points at random bytes");
	tap_check(tap, !auxv_find(facts->envp, AT_RUSTOS_BOOTSTRAP_HEAP_BASE, &unused),
	          "only the first programs have a bootstrap heap");
	tap_check(tap, !auxv_find(facts->envp, AT_RUSTOS_BOOT_ARCHIVE_BASE, &unused),
	          "the boot archive is not mapped into an ordinary program");
}
