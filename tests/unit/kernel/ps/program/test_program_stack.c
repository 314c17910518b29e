#include "../../../test.h"
#include "ps/program/program.h"
#include <abi/syscalls.h>
#include <abi/vfs.h>
#include <string.h>

enum { TOP = 0x7ffffffff000 };

enum { STACK_BYTES_MAX = PROGRAM_STRINGS_BYTES_MAX + 64 * 1024 };

static _Alignas(16) char stack_bytes[STACK_BYTES_MAX];
static size_t stack_size;

struct stack_view {
	const uint64_t *words; /* argc first */
	struct program_texts texts;
	size_t used;
};

static struct stack_view stack_build(const struct program_stack_request *request)
{
	struct stack_view view;
	assert_int_equal(program_stack_size(request, &stack_size), OK);
	assert_int_equal(stack_size % 16, 0);
	assert_true(stack_size <= STACK_BYTES_MAX);
	/* nothing is written outside of it */
	memset(stack_bytes, 0x55, sizeof stack_bytes);
	view.used =
	        program_build_stack(request, (uintptr_t)TOP, stack_bytes, stack_size, &view.texts);
	for (size_t i = stack_size; i < STACK_BYTES_MAX; i++)
		assert_int_equal(stack_bytes[i], 0x55);
	assert_true(view.used <= stack_size);
	assert_int_equal(view.used % 16, 0);
	view.words = (const uint64_t *)(const void *)(stack_bytes + stack_size - view.used);
	return view;
}

/* The text at a user address of the built stack. */
static struct str stack_text(uint64_t address)
{
	assert_true(address >= TOP - stack_size && address < TOP);
	return str_from_c(stack_bytes + stack_size - (TOP - address));
}

static uint64_t stack_auxv(const uint64_t *auxv, uint64_t type)
{
	for (; auxv[0]; auxv += 2)
		if (auxv[0] == type)
			return auxv[1];
	return 0;
}

static void stack_holds_arguments_environment_and_auxv(void **)
{
	static const struct str arguments[] = {STR_INIT("apps/a.elf"), STR_INIT(""),
	                                       STR_INIT("-v")};
	static const struct str environment[] = {STR_INIT("HOME=/home/user")};
	struct program_stack_request request = {
	        .path = STR("apps/a.elf"),
	        .arguments = arguments,
	        .argument_count = 3,
	        .environment = environment,
	        .environment_count = 1,
	        .image = {.base = 1,
	                  .entry = 0x1111,
	                  .program_headers = 0x2222,
	                  .program_header_count = 7},
	        .random = {1, 2, 3},
	        .archive_base = 0x3333,
	        .archive_bytes = 99,
	        .has_heap = true,
	};
	struct stack_view stack = stack_build(&request);
	assert_int_equal(stack.words[0], 3);
	for (unsigned i = 0; i < 3; i++)
		assert_str(stack_text(stack.words[1 + i]), arguments[i]);
	assert_int_equal(stack.words[4], 0);
	assert_str(stack_text(stack.words[5]), environment[0]);
	/* one behind the other, and the environment behind them */
	assert_int_equal(stack.texts.arguments.addr, stack.words[1]);
	assert_int_equal(stack.texts.arguments.len, sizeof "apps/a.elf" + sizeof "" + sizeof "-v");
	assert_int_equal(stack.texts.environment.addr, stack.words[5]);
	assert_int_equal(stack.texts.environment.len, sizeof "HOME=/home/user");
	assert_memory_equal(stack_text(stack.words[1]).ptr, "apps/a.elf\0\0-v\0HOME=/home/user",
	                    31);
	assert_int_equal(stack.words[6], 0);

	const uint64_t *auxv = stack.words + 7;
	assert_int_equal(stack_auxv(auxv, 3), 0x2222);
	assert_int_equal(stack_auxv(auxv, 4), 56);
	assert_int_equal(stack_auxv(auxv, 5), 7);
	assert_int_equal(stack_auxv(auxv, 6), 4096);
	assert_int_equal(stack_auxv(auxv, 9), 0x1111);
	assert_str(stack_text(stack_auxv(auxv, 31)), STR("apps/a.elf"));
	assert_memory_equal(stack_text(stack_auxv(auxv, 25)).ptr, request.random, 16);
	assert_int_equal(stack_auxv(auxv, AT_RUSTOS_BOOTSTRAP_HEAP_BASE), PROGRAM_HEAP_BASE);
	assert_int_equal(stack_auxv(auxv, AT_RUSTOS_BOOTSTRAP_HEAP_LEN), PROGRAM_HEAP_BYTES);
	assert_int_equal(stack_auxv(auxv, AT_RUSTOS_BOOT_ARCHIVE_BASE), 0x3333);
	assert_int_equal(stack_auxv(auxv, AT_RUSTOS_BOOT_ARCHIVE_LEN), 99);
}

static void program_without_arguments_still_has_a_sound_stack(void **)
{
	struct program_stack_request request = {.path = STR("x")};
	struct stack_view stack = stack_build(&request);
	assert_int_equal(stack.words[0], 0);
	assert_int_equal(stack.words[1], 0);
	assert_int_equal(stack.words[2], 0);
	assert_int_equal(stack_auxv(stack.words + 3, AT_RUSTOS_BOOT_ARCHIVE_LEN), 0);
}

/* Each string takes its NUL and a pointer. */
enum { MANY = 1000, EACH = 9, MOST = PROGRAM_STRING_MAX - 1 };

static void largest_allowed_strings_fit_and_one_more_byte_does_not(void **)
{
	static char text[PROGRAM_STRING_MAX];
	static struct str texts[MANY];
	memset(text, 'x', sizeof text);
	size_t left = PROGRAM_STRINGS_BYTES_MAX - MANY * EACH, large = left / MOST;
	for (size_t i = 0; i < large; i++)
		texts[i] = (struct str){text, MOST};
	texts[large] = (struct str){text, left - large * MOST};
	struct program_stack_request request = {
	        .path = {text, VFS_PATH_MAX},
	        .arguments = texts,
	        .argument_count = MANY / 2,
	        .environment = texts + MANY / 2,
	        .environment_count = MANY / 2,
	        .archive_bytes = 1,
	};
	(void)stack_build(&request);
	texts[large].len++;
	assert_int_equal(program_stack_size(&request, &stack_size), ERR_TOO_BIG);
	texts[large].len--;
	texts[MANY - 1].len++;
	assert_int_equal(program_stack_size(&request, &stack_size), ERR_TOO_BIG);
	texts[MANY - 1].len = 0;
	request.path.len++;
	assert_int_equal(program_stack_size(&request, &stack_size), ERR_TOO_BIG);
	request.path.len--;
	texts[1].len = 0;
	assert_int_equal(program_stack_size(&request, &stack_size), OK);
	texts[0].len++; /* one alone */
	assert_int_equal(program_stack_size(&request, &stack_size), ERR_TOO_BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(stack_holds_arguments_environment_and_auxv),
	        cmocka_unit_test(program_without_arguments_still_has_a_sound_stack),
	        cmocka_unit_test(largest_allowed_strings_fit_and_one_more_byte_does_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
