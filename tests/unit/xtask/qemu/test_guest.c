/* Whole runs in the real QEMU, with guests assembled on the spot. */
#include "machine_fixture.h"
#include <sys/wait.h>

enum { END_HANG, END_VALUE, END_TRIPLE_FAULT };

static void assemble(struct machine_fixture *f, const char *text, int end, int value)
{
	struct str object = str_format(&f->arena, "%s/guest.o", f->folder);
	struct str guest = str_format(&f->arena, "%s/guest.elf", f->folder);
	struct str command = str_format(
	        &f->arena,
	        "gcc -c '-DTEXT=\"%s\"' -DEND=%d -DVALUE=%d tests/fakes/guest.S -o %s && "
	        "ld -Ttext=0x200000 -e start -o %s %s",
	        text, end, value, object.ptr, guest.ptr, object.ptr);
	assert_int_equal(system(command.ptr), 0);
	f->request.kernel = guest;
}

static struct qemu_result boot(struct machine_fixture *f)
{
	struct qemu_result result;
	if (!qemu_run(&f->arena, &f->request, &result, &f->diag))
		fail_msg("not started: %.*s", STR_ARG(fixture_error(f)));
	return result;
}

static void each_end_of_a_guest_is_its_own_outcome(void **state)
{
	static const struct {
		const char *text;
		int end, value;
		enum qemu_outcome outcome;
		uint64_t guest_status;
	} cases[] = {
	        {"guest: here\\n", END_VALUE, 0x40, QEMU_PASS, 0},
	        {"guest: here\\n", END_VALUE, 0x47, QEMU_GUEST_STATUS, 7},
	        {"guest: here\\n", END_VALUE, 0x20, QEMU_PANIC, 0},
	        {"guest: here\\n", END_VALUE, 0x21, QEMU_BOOT_FAILURE, 0},
	        {"[PANIC]\\n", END_HANG, 0, QEMU_PANIC, 0},
	        {"guest: here\\n", END_TRIPLE_FAULT, 0, QEMU_NO_STATUS, 0},
	};
	struct machine_fixture *f = *state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assemble(f, cases[i].text, cases[i].end, cases[i].value);
		struct qemu_result r = boot(f);
		assert_int_equal(r.outcome, cases[i].outcome);
		assert_int_equal(r.guest_status, cases[i].guest_status);
	}
}

static void serial_and_debugcon_are_both_heard(void **state)
{
	struct machine_fixture *f = *state;
	assemble(f, "guest: here\\n", END_VALUE, 0x40);
	struct qemu_result r = boot(f);
	struct str files[] = {r.serial_file, r.debugcon_file};
	for (size_t i = 0; i < COUNT(files); i++) {
		struct str text;
		const char *path = arena_c_str(&f->arena, files[i]);
		assert_int_equal(file_read(&f->arena, path, &text), 0);
		assert_str(text, STR("guest: here\n"));
	}
}

static void a_guest_that_hangs_is_stopped_with_a_screenshot(void **state)
{
	struct machine_fixture *f = *state;
	assemble(f, "guest: here\\n", END_HANG, 0);
	f->request.screenshot = str_format(&f->arena, "%s/screen.ppm", f->folder);
	strs_add(&f->request.expect, &f->arena, STR("guest: here"));
	assert_int_equal(boot(f).outcome, QEMU_EXPECTED);
	struct str picture;
	assert_int_equal(file_read(&f->arena, f->request.screenshot.ptr, &picture), 0);
	assert_true(str_starts_with(picture, STR("P6")));
	assert_int_equal(f->diag.warnings, 0);
}

static void each_end_of_a_guest_leaves_a_picture_and_the_same_outcome(void **state)
{
	static const struct {
		int end, value;
		enum qemu_outcome outcome;
		uint64_t guest_status;
	} cases[] = {
	        {END_VALUE, 0x40, QEMU_PASS, 0},
	        {END_VALUE, 0x47, QEMU_GUEST_STATUS, 7},
	        {END_VALUE, 0x20, QEMU_PANIC, 0},
	        {END_TRIPLE_FAULT, 0, QEMU_NO_STATUS, 0},
	};
	struct machine_fixture *f = *state;
	f->request.screenshot = str_format(&f->arena, "%s/screen.ppm", f->folder);
	for (size_t i = 0; i < COUNT(cases); i++) {
		assemble(f, "guest: here\\n", cases[i].end, cases[i].value);
		struct qemu_result r = boot(f);
		assert_int_equal(r.outcome, cases[i].outcome);
		assert_int_equal(r.guest_status, cases[i].guest_status);
		assert_int_equal(f->diag.warnings, 0);
		assert_int_equal(unlink(f->request.screenshot.ptr), 0);
	}
}

static void an_argument_that_qemu_does_not_know_is_a_host_error(void **state)
{
	struct machine_fixture *f = *state;
	assemble(f, "guest: here\\n", END_VALUE, 0x40);
	strs_add(&f->request.extra, &f->arena, STR("-no-such-option"));
	struct qemu_result r = boot(f);
	assert_int_equal(r.outcome, QEMU_HOST_ERROR);
	assert_non_null(strstr(arena_c_str(&f->arena, r.detail), "-no-such-option"));
}

static void firmware_without_a_boot_loader_finds_nothing(void **state)
{
	struct machine_fixture *f = *state;
	if (!firmware_find(&f->arena, (struct str){}).len)
		skip();
	char *empty = arena_alloc(&f->arena, 1 << 20);
	f->request.boot = BOOT_EFI;
	f->config.memory_mib = 128;
	f->request.image = fixture_file(f, "empty.img", (struct str){empty, 1 << 20});
	f->request.timeout_ms = 60000;
	assert_int_equal(boot(f).outcome, QEMU_NOTHING_TO_BOOT);
	struct str after;
	const char *image = arena_c_str(&f->arena, f->request.image);
	assert_int_equal(file_read(&f->arena, image, &after), 0);
	assert_str(after, ((struct str){empty, 1 << 20}));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_make, fixture_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(each_end_of_a_guest_is_its_own_outcome),
	        TEST(serial_and_debugcon_are_both_heard),
	        TEST(a_guest_that_hangs_is_stopped_with_a_screenshot),
	        TEST(each_end_of_a_guest_leaves_a_picture_and_the_same_outcome),
	        TEST(an_argument_that_qemu_does_not_know_is_a_host_error),
	        TEST(firmware_without_a_boot_loader_finds_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
