/* Programs in files: what is mapped where, interpreters, and what is refused. */
#include "fake_file.h"
#include "fake_memory.h"
#include "program_bytes.h"
#include "ps/process.h"
#include "ps/program.h"

/* Files of the name space, by name. */
struct test_file {
	struct file file;
	const char *path;
	struct elf_bytes elf;
	struct vm_object pages;
	unsigned open;
};

static struct test_file test_program = {.path = "/bin/program"};
static struct test_file test_interpreter = {.path = "/lib/ld.so"};

static struct test_file *test_file_of(struct file *file)
{
	return container_of(file, struct test_file, file);
}

static enum status test_map(struct file *file, bool is_written, struct vm_object **out_pages)
{
	assert_false(is_written);
	*out_pages = &test_file_of(file)->pages;
	return OK;
}

static uint64_t test_size(struct file *file)
{
	return test_file_of(file)->pages.len;
}

static void test_release(struct file *file)
{
	test_file_of(file)->open--;
}

static const struct file_ops test_file_ops = {
        .map = test_map, .size = test_size, .release = test_release};

static enum status test_open(struct str path, struct file **out_file)
{
	struct test_file *found = NULL;
	if (str_equal(path, str_from_c(test_program.path)))
		found = &test_program;
	if (str_equal(path, str_from_c(test_interpreter.path)))
		found = &test_interpreter;
	if (!found)
		return ERR_NOT_FOUND;
	file_init(&found->file, &test_file_ops, NULL, FILE_READ_ONLY);
	found->open++;
	*out_file = &found->file;
	return OK;
}

static const struct name_ops test_names = {.open_program = test_open};

const struct process_setup *process_setup(void)
{
	static const struct process_setup setup = {.names = &test_names};
	return &setup;
}

static void test_file_make(struct test_file *file)
{
	elf_bytes_make(&file->elf);
	memset(file->elf.text, 't', sizeof file->elf.text);
	file->pages = (struct vm_object){(const char *)&file->elf, sizeof file->elf};
}

static void test_ask_for_interpreter(struct test_file *file, const char *path)
{
	strcpy(file->elf.padding, path);
	file->elf.segments[3] = (Elf64_Phdr){.p_type = PT_INTERP,
	                                     .p_offset = offsetof(struct elf_bytes, padding),
	                                     .p_filesz = strlen(path) + 1};
}

static enum status test_load(struct vm_space **out_space, struct program_image *out_image)
{
	struct file *file;
	fake_memory.is_lazy = true;
	assert_int_equal(vm_space_create(NULL, out_space), OK);
	assert_int_equal(test_open(str_from_c(test_program.path), &file), OK);
	enum status status = program_map_file(*out_space, file, out_image);
	file_unref(file);
	assert_int_equal(test_program.open, 0);
	assert_int_equal(test_interpreter.open, 0);
	return status;
}

static void begin(void)
{
	fake_memory_start();
	test_file_make(&test_program);
	test_file_make(&test_interpreter);
}

static void segments_show_the_file_and_zeros_behind_it(void **)
{
	struct vm_space *space;
	struct program_image image;
	begin();
	assert_int_equal(test_load(&space, &image), OK);
	uintptr_t text = PROGRAM_IMAGE_BASE + ELF_BYTES_TEXT, data = text + 32 + 0x1000;
	assert_int_equal(image.entry, text + 4);
	assert_int_equal(image.start, image.entry);
	assert_int_equal(image.interpreter_base, 0);
	const struct fake_mapping *code = fake_find(space, text, 64);
	assert_int_equal(code->rights, MAP_READ | MAP_EXECUTE);
	assert_int_equal(code->bytes[text - code->address], 't');
	const struct fake_mapping *first = fake_find(space, data, 32);
	assert_int_equal(first->rights, MAP_READ | MAP_WRITE);
	assert_int_equal(first->bytes[data - first->address + 31], 't');
	assert_int_equal(first->bytes[data - first->address + 32], 0);
	/* what no byte of the file fills */
	const struct fake_mapping *rest = fake_find(space, data + 0x1700, 1);
	assert_non_null(rest);
	assert_ptr_not_equal(rest, first);
	assert_int_equal(rest->bytes[0], 0);
	vm_space_destroy(space);
	assert_nothing_alive();
}

static void an_interpreter_starts_in_its_place(void **)
{
	struct vm_space *space;
	struct program_image image;
	begin();
	test_ask_for_interpreter(&test_program, "/lib/ld.so");
	assert_int_equal(test_load(&space, &image), OK);
	assert_int_equal(image.interpreter_base, PROGRAM_INTERPRETER_BASE);
	assert_int_equal(image.start, PROGRAM_INTERPRETER_BASE + ELF_BYTES_TEXT + 4);
	assert_int_equal(image.entry, PROGRAM_IMAGE_BASE + ELF_BYTES_TEXT + 4);
	/* the heap grows behind both */
	assert_true(image.end > image.start);
	vm_space_destroy(space);
	assert_nothing_alive();
}

static void bend_missing_interpreter(void)
{
	test_ask_for_interpreter(&test_program, "/lib/none");
}

static void bend_interpreter_of_interpreter(void)
{
	test_ask_for_interpreter(&test_program, "/lib/ld.so");
	test_ask_for_interpreter(&test_interpreter, "/lib/ld.so");
}

static void bend_fixed_interpreter(void)
{
	test_ask_for_interpreter(&test_program, "/lib/ld.so");
	test_interpreter.elf.header.e_type = ET_EXEC;
}

static void bend_tail_that_cannot_be_cleared(void)
{
	test_program.elf.segments[2].p_flags = PF_R;
}

static void bend_cut_off_file(void)
{
	test_program.pages.len = ELF_BYTES_TEXT + 16;
}

static void bend_headers_far_in_the_file(void)
{
	test_program.elf.header.e_phoff = 1 << 20;
}

static void programs_that_lie_are_refused(void **)
{
	static const struct {
		void (*bend)(void);
		enum status status;
	} cases[] = {
	        {bend_missing_interpreter, ERR_NOT_FOUND},
	        {bend_interpreter_of_interpreter, ERR_NOT_EXECUTABLE},
	        {bend_fixed_interpreter, ERR_NOT_EXECUTABLE},
	        {bend_tail_that_cannot_be_cleared, ERR_NOT_EXECUTABLE},
	        {bend_cut_off_file, ERR_NOT_EXECUTABLE},
	        {bend_headers_far_in_the_file, ERR_NOT_EXECUTABLE},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct vm_space *space;
		struct program_image image;
		begin();
		cases[i].bend();
		enum status status = test_load(&space, &image);
		if (status != cases[i].status)
			fail_msg("case %zu: %d", i, status);
		vm_space_destroy(space);
		assert_nothing_alive();
	}
}

static void every_failure_on_the_way_is_told(void **)
{
	enum status status = ERR_NO_MEMORY;
	/* the first one is the space */
	for (unsigned n = 2; status != OK; n++) {
		struct vm_space *space;
		struct program_image image;
		begin();
		test_ask_for_interpreter(&test_program, "/lib/ld.so");
		fake_memory.fail_in = n;
		status = test_load(&space, &image);
		assert_true(status == OK || status == ERR_NO_MEMORY || status == ERR_IO);
		vm_space_destroy(space);
		assert_nothing_alive();
		assert_true(n < 50);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(segments_show_the_file_and_zeros_behind_it),
	        cmocka_unit_test(an_interpreter_starts_in_its_place),
	        cmocka_unit_test(programs_that_lie_are_refused),
	        cmocka_unit_test(every_failure_on_the_way_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
