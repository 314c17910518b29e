/* What may be read, written and executed. The kernel's copies obey the same rights. */
#include "memory_calls.h"
#include <string.h>

/* Relocated, so it lies in what becomes read-only after relocation. */
static const char *const sealed[] = {"a", "b"};
static const char constant[] = "constant";

static enum status protect(const void *memory, uint64_t size, uint32_t rights)
{
	return rustos_memory_protect((uint64_t)memory, size, rights);
}

static void check_read_only(struct tap *tap)
{
	char *memory = must_map(2 * PAGE, RW, 0);
	memory[0] = 'k';
	memory[PAGE] = 'l';
	tap_check_equal(tap, protect(memory, PAGE, MEMORY_READ), OK,
	                "a page can be made read-only");
	tap_check_equal(tap, kernel_writes(memory), ERR_BAD_ADDRESS, "then nobody writes it");
	tap_check_equal(tap, kernel_writes(memory + PAGE), OK, "its neighbour stays writable");
	tap_check_equal(tap, memory[0], 'k', "it keeps its contents");
	tap_check_equal(tap, protect(memory, PAGE, RW), OK, "it can be made writable again");
	memory[0] = 'm';
	tap_check_equal(tap, memory[0], 'm', "and written");

	tap_check_equal(tap, protect(memory, PAGE, 0), OK, "all rights can be taken");
	tap_check_equal(tap, kernel_reads(memory), ERR_BAD_ADDRESS, "then nobody reads it");
	tap_check_equal(tap, protect(memory, PAGE, MEMORY_READ), OK, "and given back");
	tap_check_equal(tap, memory[0], 'm', "with the contents");
	must_unmap(memory, 2 * PAGE);
}

static void check_guard(struct tap *tap)
{
	char *memory = must_map(2 * PAGE, 0, 0);
	uint64_t address;
	tap_check_equal(tap, kernel_reads(memory), ERR_BAD_ADDRESS, "a guard can't be read");
	tap_check_equal(tap, rustos_memory_map((uint64_t)memory, PAGE, RW, 0, &address), ERR_EXISTS,
	                "nor mapped over");
	tap_check_equal(tap, protect(memory + PAGE, PAGE, RW), OK, "but it can be opened");
	memory[PAGE] = 1;
	must_unmap(memory, 2 * PAGE);
}

static void check_execute(struct tap *tap)
{
	static const unsigned char code[] = {0xb8, 42, 0, 0, 0, 0xc3}; /* mov $42, %eax; ret */
	char *memory = must_map(PAGE, RW, 0);
	memcpy(memory, code, sizeof code);
	tap_check_equal(tap, protect(memory, PAGE, RW | MEMORY_EXECUTE), ERR_ACCESS_DENIED,
	                "memory is never writable and executable");
	tap_check_equal(tap, protect(memory, PAGE, MEMORY_READ | MEMORY_EXECUTE), OK,
	                "written memory can be made executable");
	int (*function)(void);
	memcpy(&function, &memory, sizeof function);
	tap_check_equal(tap, function(), 42, "and runs");
	tap_check_equal(tap, kernel_writes(memory), ERR_BAD_ADDRESS,
	                "but can't be written any more");
	must_unmap(memory, PAGE);
}

static void check_image(struct tap *tap)
{
	void *address;
	void (*text)(struct tap * tap) = check_rights;
	memcpy(&address, &text, sizeof address);
	tap_check_equal(tap, kernel_writes(address), ERR_BAD_ADDRESS, "program text is read-only");
	memcpy(&address, &(const char *const *){sealed}, sizeof address);
	tap_check_equal(tap, kernel_writes(address), ERR_BAD_ADDRESS,
	                "relocated constants are read-only");
	tap_check_equal(tap, kernel_writes((void *)(uintptr_t)constant), ERR_BAD_ADDRESS,
	                "read-only data is read-only");
}

void check_rights(struct tap *tap)
{
	check_read_only(tap);
	check_guard(tap);
	check_execute(tap);
	check_image(tap);
}
