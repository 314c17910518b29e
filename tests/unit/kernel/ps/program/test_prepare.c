/* Images in the making: what is mapped, what is refused, and whose they are. */
#include "../fake_file.h"
#include "../fake_memory.h"
#include "ps/process.h"
#include "ps/program/prepare.h"

enum { BASE = 0x400000, RW = PROC_BROKER_MAP_READ | PROC_BROKER_MAP_WRITE };

static struct process test_process = {.pid = 9};
static struct prepare *test_in_table;

struct process *process_current(void)
{
	return &test_process;
}

uint64_t process_id(const struct process *process)
{
	return process->pid;
}

struct ipc_process *process_ipc(struct process *process)
{
	return &process->ipc;
}

enum status process_new_account(struct memory_account **out_account)
{
	*out_account = NULL;
	return fake_memory_fails() ? ERR_NO_MEMORY : OK;
}

void memory_account_unref(struct memory_account *)
{
}

enum status handle_table_get(struct handle_table *, uint64_t handle, const struct object_type *type,
                             uint32_t, struct object **out_object)
{
	assert_ptr_equal(type, &prepare_type);
	if (handle != 3)
		return ERR_BAD_HANDLE;
	*out_object = object_ref(prepare_object(test_in_table));
	return OK;
}

void sleep_lock_init(struct sleep_lock *)
{
}

void sleep_lock_acquire(struct sleep_lock *)
{
}

void sleep_lock_release(struct sleep_lock *)
{
}

bool file_may_read(const struct file *)
{
	return true;
}

/* ---- a file of two and a half pages ---- */

static char test_bytes[2 * PAGE_SIZE + PAGE_SIZE / 2];
static struct vm_object test_pages = {test_bytes, sizeof test_bytes};
static struct file test_file;

static enum status test_map(struct file *, bool is_written, struct vm_object **out_pages)
{
	assert_false(is_written);
	*out_pages = &test_pages;
	return OK;
}

static uint64_t test_size(struct file *)
{
	return sizeof test_bytes;
}

static void test_release(struct file *)
{
}

static const struct file_ops test_ops = {
        .map = test_map, .size = test_size, .release = test_release};
static const struct file_ops test_device_ops = {.release = test_release};
static const struct object_type test_type = {.name = "file"};

static struct prepare *begin(void)
{
	struct prepare *prepare;
	fake_memory_start();
	fake_memory.is_lazy = true;
	test_process.pid = 9;
	memset(test_bytes, 'f', sizeof test_bytes);
	test_file = (struct file){.ops = &test_ops};
	object_init(&test_file.object, &test_type);
	assert_int_equal(prepare_create(&prepare), OK);
	return prepare;
}

static void end(struct prepare *prepare)
{
	prepare_unref(prepare);
	assert_nothing_alive();
}

static struct prepare_mapping file_mapping(uint64_t file_bytes, uint64_t bytes, uint64_t flags)
{
	return (struct prepare_mapping){
	        .address = BASE,
	        .bytes = bytes,
	        .flags = flags | PROC_BROKER_MAP_PRIVATE,
	        .file = &test_file,
	        .file_bytes = file_bytes,
	};
}

static struct vm_space *take_space(struct prepare *prepare, struct program_built **out_built)
{
	const struct program_image image = {
	        .entry = BASE, .start = BASE, .end = BASE, .program_headers = BASE};
	*out_built = program_built_create(1);
	assert_int_equal(prepare_set_image(prepare, &image), OK);
	assert_int_equal(prepare_take(prepare, *out_built), OK);
	return (*out_built)->space;
}

static void a_file_is_mapped_with_zeros_behind(void **)
{
	struct prepare *prepare = begin();
	struct program_built *built;
	const struct prepare_mapping mapping = file_mapping(0x1100, 0x3200, RW);
	assert_int_equal(prepare_map(prepare, &mapping), OK);
	struct vm_space *space = take_space(prepare, &built);
	const struct fake_mapping *bytes = fake_find(space, BASE, 0x2000);
	assert_non_null(bytes);
	assert_int_equal(bytes->rights, MAP_READ | MAP_WRITE);
	assert_int_equal(bytes->bytes[0x10ff], 'f');
	assert_int_equal(bytes->bytes[0x1100], 0);
	assert_int_equal(bytes->bytes[0x1fff], 0);
	const struct fake_mapping *zeros = fake_find(space, BASE + 0x2000, 0x2000);
	assert_non_null(zeros);
	assert_int_equal(zeros->bytes[0], 0);
	/* the result is taken once */
	assert_int_equal(prepare_map(prepare, &mapping), ERR_INVALID_ARGS);
	struct program_built *second = program_built_create(1);
	assert_int_equal(prepare_take(prepare, second), ERR_INVALID_ARGS);
	program_built_destroy(second);
	program_built_destroy(built);
	end(prepare);
}

static void the_program_itself_is_known_by_its_file(void **)
{
	struct prepare *prepare = begin();
	struct program_built *built;
	const struct prepare_mapping mapping =
	        file_mapping(0x1000, 0x1000, PROC_BROKER_MAP_READ | PROC_BROKER_MAP_IMAGE);
	assert_int_equal(prepare_map(prepare, &mapping), OK);
	(void)take_space(prepare, &built);
	assert_ptr_equal(built->program, &test_file);
	program_built_destroy(built);
	end(prepare);
}

static void bad_mappings_are_refused(void **)
{
	static const struct file_in_case {
		uint64_t address, bytes, flags, file_offset, file_bytes;
		bool has_file;
		enum status status;
	} cases[] = {
	        {BASE + 1, 0x1000, RW | 8, 0, 0, false, ERR_INVALID_ARGS},
	        {BASE, 0, RW | 8, 0, 0, false, ERR_INVALID_ARGS},
	        {0, 0x1000, RW | 8, 0, 0, false, ERR_INVALID_ARGS},
	        {USER_END - 0x1000, 0x2000, RW | 8, 0, 0, false, ERR_INVALID_ARGS},
	        {BASE, UINT64_MAX, RW | 8, 0, 0, false, ERR_INVALID_ARGS},
	        {UINT64_MAX & ~0xfffULL, 0x1000, RW | 8, 0, 0, false, ERR_INVALID_ARGS},
	        {BASE, 0x1000, RW, 0, 0, false, ERR_INVALID_ARGS},
	        {BASE, 0x1000, 8, 0, 0, false, ERR_INVALID_ARGS},
	        {BASE, 0x1000, RW | 8 | 32, 0, 0, false, ERR_INVALID_ARGS},
	        {BASE, 0x1000, RW | 8 | 1ULL << 63, 0, 0, false, ERR_INVALID_ARGS},
	        {BASE, 0x1000, RW | 8 | 16, 0, 0, false, ERR_INVALID_ARGS},
	        {BASE, 0x1000, 7 | 8, 0, 0, false, ERR_ACCESS_DENIED},
	        {BASE, 0x1000, RW | 8, 0, 0, true, ERR_INVALID_ARGS},
	        {BASE, 0x1000, RW | 8, 0, 0x1001, true, ERR_INVALID_ARGS},
	        {BASE, 0x1000, RW | 8, 0x800, 0x1000, true, ERR_INVALID_ARGS},
	        {BASE, 0x1000, RW | 8, UINT64_MAX & ~0xfffULL, 0x1000, true, ERR_INVALID_ARGS},
	        /* a page that would show bytes of the file where zeros belong */
	        {BASE, 0x1000, 1 | 8, 0, 0x800, true, ERR_NOT_EXECUTABLE},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct prepare *prepare = begin();
		const struct prepare_mapping mapping = {
		        .address = cases[i].address,
		        .bytes = cases[i].bytes,
		        .flags = cases[i].flags,
		        .file = cases[i].has_file ? &test_file : NULL,
		        .file_offset = cases[i].file_offset,
		        .file_bytes = cases[i].file_bytes,
		};
		enum status status = prepare_map(prepare, &mapping);
		if (status != cases[i].status)
			fail_msg("case %zu: %d", i, status);
		end(prepare);
	}
}

static void only_files_with_pages_are_mapped(void **)
{
	struct prepare *prepare = begin();
	const struct prepare_mapping mapping = file_mapping(0x1000, 0x1000, RW);
	test_file.ops = &test_device_ops;
	assert_int_equal(prepare_map(prepare, &mapping), ERR_ACCESS_DENIED);
	end(prepare);
}

static void nothing_is_mapped_twice(void **)
{
	struct prepare *prepare = begin();
	const struct prepare_mapping mapping = file_mapping(0x2000, 0x2000, RW);
	assert_int_equal(prepare_map(prepare, &mapping), OK);
	assert_int_equal(prepare_map(prepare, &mapping), ERR_EXISTS);
	end(prepare);
}

static void an_image_is_its_makers_only(void **)
{
	struct prepare *found, *prepare = test_in_table = begin();
	assert_int_equal(prepare_get(3, &found), OK);
	assert_ptr_equal(found, prepare);
	prepare_unref(found);
	assert_int_equal(prepare_get(4, &found), ERR_BAD_HANDLE);
	/* a copy of the process has a copy of the handle */
	test_process.pid = 10;
	assert_int_equal(prepare_get(3, &found), ERR_BAD_HANDLE);
	test_process.pid = 9;
	end(prepare);
}

static void a_start_lies_in_user_memory(void **)
{
	static const struct program_image cases[] = {
	        {.entry = 0, .start = BASE, .end = BASE, .program_headers = BASE},
	        {.entry = BASE, .start = USER_END, .end = BASE, .program_headers = BASE},
	        {.entry = BASE, .start = BASE, .end = UINT64_MAX, .program_headers = BASE},
	        {.entry = BASE,
	         .start = BASE,
	         .end = BASE,
	         .program_headers = USER_END - 8,
	         .program_header_count = 1},
	        {.entry = BASE,
	         .start = BASE,
	         .end = BASE,
	         .program_headers = BASE,
	         .interpreter_base = USER_END},
	};
	struct prepare *prepare = begin();
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(prepare_set_image(prepare, &cases[i]), ERR_INVALID_ARGS);
	struct program_built *built = program_built_create(1);
	assert_int_equal(prepare_take(prepare, built), ERR_INVALID_ARGS);
	program_built_destroy(built);
	prepare_give_up(prepare);
	const struct program_image image = {
	        .entry = BASE, .start = BASE, .end = BASE, .program_headers = BASE};
	assert_int_equal(prepare_set_image(prepare, &image), ERR_INVALID_ARGS);
	assert_int_equal(prepare_write(prepare, BASE, "x", 1), ERR_INVALID_ARGS);
	end(prepare);
}

static void without_memory_nothing_is_left(void **)
{
	for (unsigned n = 1; n <= 3; n++) {
		struct prepare *prepare;
		fake_memory_start();
		fake_memory.fail_in = n;
		assert_int_equal(prepare_create(&prepare), ERR_NO_MEMORY);
		assert_nothing_alive();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_file_is_mapped_with_zeros_behind),
	        cmocka_unit_test(the_program_itself_is_known_by_its_file),
	        cmocka_unit_test(bad_mappings_are_refused),
	        cmocka_unit_test(only_files_with_pages_are_mapped),
	        cmocka_unit_test(nothing_is_mapped_twice),
	        cmocka_unit_test(an_image_is_its_makers_only),
	        cmocka_unit_test(a_start_lies_in_user_memory),
	        cmocka_unit_test(without_memory_nothing_is_left),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
