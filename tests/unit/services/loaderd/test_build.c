/* From a path to what the kernel is asked to map, over files and brokers of ours. */
#include "../../libs/elf/elf_bytes.h"
#include "../../test.h"
#include <rt/api.h>
#include <stdio.h>

static enum status fake_open(const struct proc_open_program_args *args, uint64_t *out_fd);
static enum status fake_close(uint64_t fd);
static enum status fake_prepare(const struct proc_prepare_args *args, uint64_t *out_handle);
static enum status fake_batch(const struct proc_map_file_batch_args *args);
static enum status fake_zeroed(const struct proc_map_zeroed_args *args);
static enum status fake_runtime(const struct proc_set_linux_runtime_args *args);
static enum status fake_abort(const struct proc_abort_args *args);

#define rustos_proc_open_program_broker fake_open
#define rustos_handle_close fake_close
#define rustos_proc_prepare_broker fake_prepare
#define rustos_proc_map_file_batch_broker fake_batch
#define rustos_proc_map_zeroed_broker fake_zeroed
#define rustos_proc_set_linux_runtime_broker fake_runtime
#define rustos_proc_abort_broker fake_abort
#include "../../../../services/loaderd/build.c"

enum { FILES_MAX = 12, PIECES_MAX = 20, IMAGE = 77, FD_FIRST = 10 };

struct fake_file {
	char path[32];
	const char *bytes;
	size_t len;
	bool open;
};

struct fake_kernel {
	struct fake_file files[FILES_MAX];
	size_t file_count;
	struct proc_file_piece pieces[PIECES_MAX];
	size_t piece_count;
	unsigned zeroed;
	struct proc_set_linux_runtime_args runtime;
	bool has_image;
	unsigned opens;
	unsigned fail_in; /* the call that fails, counting from 1; 0: none */
	enum status map_status;
};

static struct fake_kernel fake;
static struct elf_bytes program, interpreter;
static struct build build;
static char scripts[FILES_MAX][64];

static bool fake_fails(void)
{
	return fake.fail_in && --fake.fail_in == 0;
}

static enum status fake_open(const struct proc_open_program_args *args, uint64_t *out_fd)
{
	struct str path = {(const char *)args->path_ptr, args->path_len};
	assert_int_equal(args->exec_ticket, 5);
	assert_int_equal(args->target_pid, 6);
	assert_int_equal(args->reply_cap, 4);
	assert_true(args->head_len <= PROC_HEAD_MAX);
	if (fake_fails())
		return ERR_ACCESS_DENIED;
	for (size_t i = 0; i < fake.file_count; i++) {
		struct fake_file *file = &fake.files[i];
		if (!str_equal(path, str_from_c(file->path)))
			continue;
		assert_false(file->open);
		file->open = true;
		fake.opens++;
		memcpy((void *)args->head_ptr, file->bytes,
		       file->len < args->head_len ? file->len : args->head_len);
		*(uint64_t *)args->out_size_ptr = file->len;
		*out_fd = FD_FIRST + i;
		return OK;
	}
	return ERR_NOT_FOUND;
}

static enum status fake_close(uint64_t fd)
{
	assert_true(fake.files[fd - FD_FIRST].open);
	fake.files[fd - FD_FIRST].open = false;
	return OK;
}

static enum status fake_prepare(const struct proc_prepare_args *args, uint64_t *out_handle)
{
	assert_int_equal(args->format, PROC_BROKER_FORMAT_ELF64);
	assert_false(fake.has_image);
	if (fake_fails())
		return ERR_NO_MEMORY;
	fake.has_image = true;
	*out_handle = IMAGE;
	return OK;
}

static enum status fake_batch(const struct proc_map_file_batch_args *args)
{
	assert_int_equal(args->prepare_handle, IMAGE);
	assert_true(args->count > 0 && args->count <= PROC_MAP_BATCH_MAX);
	if (fake_fails())
		return ERR_NO_MEMORY;
	for (uint32_t i = 0; i < args->count; i++)
		fake.pieces[fake.piece_count++] = args->pieces[i];
	return fake.map_status;
}

static enum status fake_zeroed(const struct proc_map_zeroed_args *args)
{
	assert_int_equal(args->target_addr % 4096, 0);
	fake.zeroed++;
	return OK;
}

static enum status fake_runtime(const struct proc_set_linux_runtime_args *args)
{
	if (fake_fails())
		return ERR_NO_MEMORY;
	fake.runtime = *args;
	return OK;
}

static enum status fake_abort(const struct proc_abort_args *args)
{
	assert_int_equal(args->prepare_handle, IMAGE);
	assert_true(fake.has_image);
	fake.has_image = false;
	return OK;
}

static void add_file(const char *path, const void *bytes, size_t len)
{
	struct fake_file *file = &fake.files[fake.file_count++];
	snprintf(file->path, sizeof file->path, "%s", path);
	file->bytes = bytes;
	file->len = len;
}

static void begin(void)
{
	fake = (struct fake_kernel){};
	elf_bytes_make(&program);
	elf_bytes_make(&interpreter);
	add_file("/bin/program", &program, sizeof program);
	add_file("/lib/ld.so", &interpreter, sizeof interpreter);
}

static void ask_for_interpreter(struct elf_bytes *elf, const char *path)
{
	/* where headers end, within what is read first */
	strcpy(elf->names + 32, path);
	elf->segments[3] = (Elf64_Phdr){.p_type = PT_INTERP,
	                                .p_offset = offsetof(struct elf_bytes, names) + 32,
	                                .p_filesz = strlen(path) + 1};
}

/* Everything is closed and given up afterwards. */
static enum status run(const char *path)
{
	static const struct build_target target = {4, 5, 6, 7};
	enum status status = build_program(&build, &target, path);
	assert_true(status != OK || build.image == IMAGE);
	build_end(&build);
	assert_false(fake.has_image);
	for (size_t i = 0; i < fake.file_count; i++)
		assert_false(fake.files[i].open);
	return status;
}

static void segments_are_mapped_where_the_program_lies(void **)
{
	begin();
	assert_int_equal(run("/bin/program"), OK);
	uint64_t text = BUILD_PROGRAM_BASE + ELF_BYTES_TEXT;
	assert_int_equal(fake.opens, 1);
	assert_int_equal(fake.piece_count, 3);
	assert_int_equal(fake.pieces[0].target_addr, BUILD_PROGRAM_BASE);
	assert_int_equal(fake.pieces[0].file_len, 0x400);
	assert_int_equal(fake.pieces[0].flags,
	                 PROC_BROKER_MAP_PRIVATE | PROC_BROKER_MAP_READ | PROC_BROKER_MAP_IMAGE);
	assert_int_equal(fake.pieces[1].target_addr, build_page_down(text));
	assert_int_equal(fake.pieces[1].file_offset, build_page_down(ELF_BYTES_TEXT));
	assert_int_equal(fake.pieces[1].file_len, ELF_BYTES_TEXT % 4096 + 64);
	assert_true(fake.pieces[1].flags & PROC_BROKER_MAP_EXEC);
	assert_true(fake.pieces[2].flags & PROC_BROKER_MAP_WRITE);
	assert_true(fake.pieces[2].mem_len > fake.pieces[2].file_len);
	assert_int_equal(fake.runtime.entry, text + 4);
	assert_int_equal(fake.runtime.actual_entry, text + 4);
	assert_int_equal(fake.runtime.image_base, BUILD_PROGRAM_BASE);
	assert_int_equal(fake.runtime.interpreter_base, 0);
	assert_int_equal(fake.runtime.phnum, ELF_BYTES_SEGMENTS);
	assert_int_equal(build.leading_count, 0);
}

static void a_program_at_fixed_addresses_stays_there(void **)
{
	begin();
	program.header.e_type = ET_EXEC;
	program.header.e_entry += 0x400000;
	for (int i = 0; i < 3; i++)
		program.segments[i].p_vaddr += 0x400000;
	assert_int_equal(run("/bin/program"), OK);
	assert_int_equal(fake.pieces[0].target_addr, 0x400000);
	assert_int_equal(fake.runtime.image_base, 0);
}

static void an_interpreter_starts_in_its_place(void **)
{
	begin();
	ask_for_interpreter(&program, "/lib/ld.so");
	assert_int_equal(run("/bin/program"), OK);
	assert_int_equal(fake.runtime.interpreter_base, BUILD_INTERPRETER_BASE);
	assert_int_equal(fake.runtime.actual_entry, BUILD_INTERPRETER_BASE + ELF_BYTES_TEXT + 4);
	assert_int_equal(fake.runtime.entry, BUILD_PROGRAM_BASE + ELF_BYTES_TEXT + 4);
	assert_int_equal(fake.piece_count, 6);
	assert_false(fake.pieces[3].flags & PROC_BROKER_MAP_IMAGE);
	/* the heap grows behind both */
	assert_true(fake.runtime.brk_start > fake.runtime.actual_entry);
}

static void headers_far_in_the_file_are_read_once_more(void **)
{
	static struct {
		struct elf_bytes elf;
		Elf64_Phdr far[ELF_BYTES_SEGMENTS];
	} bytes;
	begin();
	bytes.elf = program;
	memcpy(bytes.far, program.segments, sizeof bytes.far);
	bytes.elf.header.e_phoff = offsetof(struct elf_bytes, padding) + 2048;
	memcpy((char *)&bytes + bytes.elf.header.e_phoff, program.segments, sizeof bytes.far);
	/* they must lie in memory, too */
	((Elf64_Phdr *)(void *)((char *)&bytes + bytes.elf.header.e_phoff))[0].p_filesz =
	        ((Elf64_Phdr *)(void *)((char *)&bytes + bytes.elf.header.e_phoff))[0].p_memsz =
	                0xe00;
	fake.files[0].bytes = (const char *)&bytes;
	assert_int_equal(run("/bin/program"), OK);
	assert_int_equal(fake.opens, 2);
}

static void bend_missing_interpreter(void)
{
	ask_for_interpreter(&program, "/lib/none");
}

static void bend_interpreter_of_interpreter(void)
{
	ask_for_interpreter(&program, "/lib/ld.so");
	ask_for_interpreter(&interpreter, "/lib/ld.so");
}

static void bend_fixed_interpreter(void)
{
	ask_for_interpreter(&program, "/lib/ld.so");
	interpreter.header.e_type = ET_EXEC;
}

static void bend_cut_off_file(void)
{
	fake.files[0].len = ELF_BYTES_TEXT + 16;
}

static void bend_empty_file(void)
{
	fake.files[0].len = 0;
}

static void bend_headers_behind_all(void)
{
	program.header.e_phoff = 1 << 20;
}

static void bend_huge_image(void)
{
	program.segments[2].p_memsz = BUILD_IMAGE_BYTES_MAX + 1;
}

static void bend_out_of_user_memory(void)
{
	program.header.e_type = ET_EXEC;
	program.header.e_entry += BUILD_USER_END - 0x1000;
	for (int i = 0; i < 3; i++)
		program.segments[i].p_vaddr += BUILD_USER_END - 0x1000;
}

static void bend_overlap(void)
{
	fake.map_status = ERR_EXISTS;
}

static void bend_no_memory(void)
{
	fake.map_status = ERR_NO_MEMORY;
}

static void bend_writable_and_executable(void)
{
	program.segments[1].p_flags = PF_R | PF_W | PF_X;
}

static void bend_windows_program(void)
{
	static const char bytes[] = "MZ\220";
	fake.files[0].bytes = bytes;
	fake.files[0].len = sizeof bytes;
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
	        {bend_cut_off_file, ERR_NOT_EXECUTABLE},
	        {bend_empty_file, ERR_NOT_EXECUTABLE},
	        {bend_headers_behind_all, ERR_NOT_EXECUTABLE},
	        {bend_huge_image, ERR_NOT_EXECUTABLE},
	        {bend_out_of_user_memory, ERR_NOT_EXECUTABLE},
	        {bend_overlap, ERR_NOT_EXECUTABLE},
	        {bend_no_memory, ERR_NO_MEMORY},
	        {bend_writable_and_executable, ERR_NOT_EXECUTABLE},
	        {bend_windows_program, ERR_NOT_EXECUTABLE},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		begin();
		cases[i].bend();
		enum status status = run("/bin/program");
		if (status != cases[i].status)
			fail_msg("case %zu: %d", i, status);
	}
}

/* /0 asks for /1, and so on; the last one is a program. */
static void make_scripts(unsigned last)
{
	begin();
	for (unsigned i = 0; i < last; i++) {
		char path[8];
		snprintf(path, sizeof path, "/%u", i);
		snprintf(scripts[i], sizeof scripts[i], "#!/%u -%u\n", i + 1, i);
		add_file(path, scripts[i], strlen(scripts[i]));
	}
	char path[8];
	snprintf(path, sizeof path, "/%u", last);
	add_file(path, &program, sizeof program);
}

static void scripts_put_their_line_in_front(void **)
{
	static const char *const expected[] = {"/2", "-1", "/1", "-0", "/0"};
	make_scripts(2);
	assert_int_equal(run("/0"), OK);
	assert_string_equal(build.path, "/2");
	assert_int_equal(build.leading_count, COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++)
		assert_string_equal(build.leading[i], expected[i]);
	assert_null(build.leading[COUNT(expected)]);
}

static void four_scripts_are_followed_and_not_five(void **)
{
	make_scripts(SCRIPT_LEVELS_MAX);
	assert_int_equal(run("/0"), OK);
	assert_int_equal(build.leading_count, BUILD_LEADING_MAX);
	make_scripts(SCRIPT_LEVELS_MAX + 1);
	assert_int_equal(run("/0"), ERR_TOO_MANY_SYMLINKS);
}

static void every_failure_on_the_way_is_told(void **)
{
	enum status status = ERR_NO_MEMORY;
	for (unsigned n = 1; status != OK; n++) {
		make_scripts(2);
		ask_for_interpreter(&program, "/lib/ld.so");
		fake.fail_in = n;
		status = run("/0");
		assert_true(status == OK || status == ERR_NO_MEMORY || status == ERR_ACCESS_DENIED);
		assert_true(n < 20);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(segments_are_mapped_where_the_program_lies),
	        cmocka_unit_test(a_program_at_fixed_addresses_stays_there),
	        cmocka_unit_test(an_interpreter_starts_in_its_place),
	        cmocka_unit_test(headers_far_in_the_file_are_read_once_more),
	        cmocka_unit_test(programs_that_lie_are_refused),
	        cmocka_unit_test(scripts_put_their_line_in_front),
	        cmocka_unit_test(four_scripts_are_followed_and_not_five),
	        cmocka_unit_test(every_failure_on_the_way_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
