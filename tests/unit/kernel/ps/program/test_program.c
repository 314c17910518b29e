#include "../fake_file.h"
#include "../fake_memory.h"
#include "../program_bytes.h"
#include "ps/process.h"
#include "ps/program/program.h"
#include <abi/syscalls.h>

static struct program_bytes test_bytes;

/* The kernel starts it: there is no process whose user or limits count. */
struct process *process_current(void)
{
	return NULL;
}

const struct credentials_slot *process_credentials(void)
{
	fail_msg("nobody asks");
	return NULL;
}

size_t process_stack_bytes(void)
{
	return PROGRAM_LAZY_STACK_BYTES;
}

static struct process_setup test_setup(void)
{
	return (struct process_setup){.archive = program_bytes_pack(&test_bytes),
	                              .archive_start = 0x5000123};
}

static enum status test_load(struct process_request request, struct vm_space **out_space,
                             struct program *out_program)
{
	struct process_setup setup = test_setup();
	assert_int_equal(vm_space_create(NULL, out_space), OK);
	return program_load(*out_space, &setup, &request, out_program);
}

static void sound_program_is_mapped_with_the_rights_of_its_segments(void **)
{
	struct vm_space *space;
	struct program program;
	uintptr_t text = PROGRAM_IMAGE_BASE + ELF_BYTES_TEXT;
	fake_memory_start();
	elf_bytes_make(&test_bytes.elf);
	memcpy(test_bytes.elf.text, "text", 4);
	memcpy(test_bytes.elf.text + 32, "data", 4);
	assert_int_equal(
	        test_load((struct process_request){.path = STR("apps/a/a.elf")}, &space, &program),
	        OK);
	assert_int_equal(program.entry, text + 4);
	assert_int_equal(program.stack_pointer % 16, 0);
	assert_int_equal(fake_find(space, PROGRAM_IMAGE_BASE, 1)->rights, MAP_READ);

	const struct fake_mapping *code = fake_find(space, text, 64);
	assert_non_null(code);
	assert_int_equal(code->rights, MAP_READ | MAP_EXECUTE);
	assert_memory_equal(code->bytes + (text - code->address), "text", 4);

	const struct fake_mapping *data = fake_find(space, text + 32 + 0x1000, 0x1800);
	assert_non_null(data);
	assert_int_equal(data->rights, MAP_READ | MAP_WRITE);
	assert_memory_equal(data->bytes + (text + 32 + 0x1000 - data->address), "data", 4);

	assert_non_null(fake_find(space, program.stack_pointer, 16));
	assert_null(fake_find(space, PROGRAM_STACK_TOP - PROGRAM_STACK_BYTES - 1, 1));
	assert_non_null(fake_find(space, PROGRAM_HEAP_BASE, PROGRAM_HEAP_BYTES));
	assert_null(fake_find(space, PROGRAM_ARCHIVE_BASE, 1));
	vm_space_destroy(space);
	assert_nothing_alive();
}

static void archive_is_mapped_read_only_when_asked_for(void **)
{
	struct vm_space *space;
	struct program program;
	fake_memory_start();
	elf_bytes_make(&test_bytes.elf);
	struct process_request request = {.path = STR("apps/a/a.elf"), .map_archive = true};
	assert_int_equal(test_load(request, &space, &program), OK);
	const struct fake_mapping *archive = fake_find(space, PROGRAM_ARCHIVE_BASE, 1);
	assert_non_null(archive);
	assert_int_equal(archive->rights, MAP_READ);
	assert_int_equal(archive->first, 0x5000000);
	assert_true(archive->size >= 0x123 + test_bytes.len);
	vm_space_destroy(space);
}

static void bend_fixed_address(void)
{
	test_bytes.elf.header.e_type = ET_EXEC;
}

static void bend_interpreter(void)
{
	memcpy(test_bytes.elf.padding, "/lib/ld.so", 11);
	test_bytes.elf.segments[3] = (Elf64_Phdr){.p_type = PT_INTERP,
	                                          .p_offset = offsetof(struct elf_bytes, padding),
	                                          .p_filesz = 11};
}

static void bend_too_large(void)
{
	test_bytes.elf.segments[2].p_memsz = (uint64_t)PROGRAM_IMAGE_BYTES_MAX + 1;
}

static void bend_align_too_large(void)
{
	test_bytes.elf.segments[1].p_align = 1UL << 40;
}

static void bend_writable_text(void)
{
	test_bytes.elf.segments[1].p_flags |= PF_W;
}

static void bend_magic(void)
{
	test_bytes.elf.header.e_ident[0] = 0;
}

static void program_that_may_not_be_loaded_is_refused(void **)
{
	static void (*const bends[])(void) = {bend_fixed_address, bend_interpreter,
	                                      bend_too_large,     bend_align_too_large,
	                                      bend_writable_text, bend_magic};
	for (size_t i = 0; i < COUNT(bends); i++) {
		struct vm_space *space;
		struct program program;
		fake_memory_start();
		elf_bytes_make(&test_bytes.elf);
		bends[i]();
		struct process_request request = {.path = STR("apps/a/a.elf")};
		if (test_load(request, &space, &program) != ERR_NOT_EXECUTABLE)
			fail_msg("bend %zu was loaded", i);
		assert_int_equal(space->count, 0);
		vm_space_destroy(space);
		assert_nothing_alive();
	}
}

static void path_and_arguments_are_checked(void **)
{
	static const struct str arguments[] = {{"", PROGRAM_STRING_MAX}};
	static const struct {
		struct process_request request;
		enum status status;
	} cases[] = {
	        {{.path = STR_INIT("apps/b/b.elf")}, ERR_NOT_FOUND},
	        {{.path = STR_INIT("")}, ERR_NOT_FOUND},
	        {{.path = STR_INIT("apps/a/empty")}, ERR_NOT_EXECUTABLE},
	        {{.path = STR_INIT("apps/a/a.elf"),
	          .arguments = arguments,
	          .argument_count = COUNT(arguments)},
	         ERR_TOO_BIG},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct vm_space *space;
		struct program program;
		fake_memory_start();
		elf_bytes_make(&test_bytes.elf);
		assert_int_equal(test_load(cases[i].request, &space, &program), cases[i].status);
		vm_space_destroy(space);
		assert_nothing_alive();
	}
}

static void every_allocation_may_fail(void **)
{
	enum status status = ERR_NO_MEMORY;
	unsigned failed = 0;
	for (unsigned n = 1; status != OK; n++) {
		struct process_setup setup = test_setup();
		struct process_request request = {.path = STR("apps/a/a.elf"), .map_archive = true};
		struct vm_space *space;
		struct program program;
		fake_memory_start();
		assert_int_equal(vm_space_create(NULL, &space), OK);
		fake_memory.fail_in = n;
		status = program_load(space, &setup, &request, &program);
		if (status != OK)
			assert_int_equal(status, ERR_NO_MEMORY);
		failed += status != OK;
		vm_space_destroy(space);
		assert_nothing_alive();
	}
	/* plan, three segments, heap, archive, stack, its first contents */
	assert_int_equal(failed, 8);
}

static int test_start(void **)
{
	elf_bytes_make(&test_bytes.elf);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup(sound_program_is_mapped_with_the_rights_of_its_segments,
	                               test_start),
	        cmocka_unit_test_setup(archive_is_mapped_read_only_when_asked_for, test_start),
	        cmocka_unit_test_setup(program_that_may_not_be_loaded_is_refused, test_start),
	        cmocka_unit_test_setup(path_and_arguments_are_checked, test_start),
	        cmocka_unit_test_setup(every_allocation_may_fail, test_start),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
