#include "../machine_fixture.h"
#include "qemu/session/marks.h"
#include "qemu/session/process.h"

struct said {
	size_t channel;
	struct str text;
};

static void feed_whole(struct marks *m, size_t channel, struct str text)
{
	marks_feed(m, channel, text);
}

static void feed_bytes(struct marks *m, size_t channel, struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		marks_feed(m, channel, str_slice(text, i, i + 1));
}

static struct marks marks_of(struct machine_fixture *f)
{
	struct marks m;
	marks_init(&m, &f->arena, &f->request);
	return m;
}

static void a_mark_is_found_however_it_is_cut(void **state)
{
	struct machine_fixture *f = *state;
	struct str text = STR("first line\r\nrootd: bootstrap enter\r\n");
	strs_add(&f->request.expect, &f->arena, STR("rootd: bootstrap"));
	for (size_t cut = 0; cut <= text.len; cut++) {
		struct marks m = marks_of(f);
		marks_feed(&m, CHANNEL_DEBUGCON, str_slice(text, 0, cut));
		marks_feed(&m, CHANNEL_DEBUGCON, str_slice(text, cut, text.len));
		assert_true(marks_all_seen(&m));
		assert_int_equal(marks_missing(&m, &f->arena).count, 0);
	}
}

static void a_mark_is_not_put_together_from_two_channels_or_two_lines(void **state)
{
	struct machine_fixture *f = *state;
	strs_add(&f->request.expect, &f->arena, STR("one two"));
	struct marks m = marks_of(f);
	marks_feed(&m, CHANNEL_SERIAL, STR("one "));
	marks_feed(&m, CHANNEL_DEBUGCON, STR("two\n"));
	marks_feed(&m, CHANNEL_DEBUGCON, STR("one \ntwo\n"));
	assert_false(marks_all_seen(&m));
	marks_feed(&m, CHANNEL_SERIAL, STR("two"));
	assert_true(marks_all_seen(&m));
}

static void without_order_a_mark_counts_on_any_channel(void **state)
{
	struct machine_fixture *f = *state;
	strs_add(&f->request.expect, &f->arena, STR("alpha"));
	strs_add(&f->request.expect, &f->arena, STR("beta"));
	struct marks m = marks_of(f);
	marks_feed(&m, CHANNEL_DEBUGCON, STR("beta\n"));
	assert_str(marks_missing(&m, &f->arena).items[0], STR("alpha"));
	marks_feed(&m, CHANNEL_SERIAL, STR("alpha\n"));
	assert_true(marks_all_seen(&m));
}

static void in_order_means_in_order_on_one_channel(void **state)
{
	static const struct {
		struct said said[4];
		bool seen;
		size_t missing;
	} cases[] = {
	        {{{CHANNEL_SERIAL, STR_INIT("a\nb\nc\n")}}, true, 0},
	        {{{CHANNEL_SERIAL, STR_INIT("abc")}}, true, 0},
	        {{{CHANNEL_SERIAL, STR_INIT("a\nc\nb\n")}}, false, 1},
	        {{{CHANNEL_SERIAL, STR_INIT("cba\n")}}, false, 2},
	        {{{CHANNEL_SERIAL, STR_INIT("c\nb\na\nb\nc\n")}}, true, 0},
	        {{{CHANNEL_SERIAL, STR_INIT("a\n")}, {CHANNEL_DEBUGCON, STR_INIT("b\nc\n")}},
	         false,
	         2},
	        {{{CHANNEL_DEBUGCON, STR_INIT("a\nb\n")}, {CHANNEL_SERIAL, STR_INIT("a\nb\nc\n")}},
	         true,
	         0},
	};
	static void (*const feeds[])(struct marks *, size_t, struct str) = {feed_whole, feed_bytes};
	struct machine_fixture *f = *state;
	f->request.in_order = true;
	strs_add(&f->request.expect, &f->arena, STR("a"));
	strs_add(&f->request.expect, &f->arena, STR("b"));
	strs_add(&f->request.expect, &f->arena, STR("c"));
	for (size_t k = 0; k < COUNT(feeds); k++) {
		for (size_t i = 0; i < COUNT(cases); i++) {
			struct marks m = marks_of(f);
			for (size_t s = 0; s < COUNT(cases[i].said); s++)
				feeds[k](&m, cases[i].said[s].channel, cases[i].said[s].text);
			assert_int_equal(marks_all_seen(&m), cases[i].seen);
			assert_int_equal(marks_missing(&m, &f->arena).count, cases[i].missing);
		}
	}
}

static void escape_sequences_do_not_hide_a_mark(void **state)
{
	struct machine_fixture *f = *state;
	strs_add(&f->request.expect, &f->arena, STR("Welcome to GRUB!"));
	struct marks m = marks_of(f);
	feed_bytes(&m, CHANNEL_SERIAL, STR("\x1b[2J\x1b[01;01HWelcome\x1b[0m to \x1b[37mGRUB!"));
	assert_true(marks_all_seen(&m));
}

static void a_mark_is_found_in_a_line_without_end(void **state)
{
	struct machine_fixture *f = *state;
	strs_add(&f->request.expect, &f->arena, STR("needle"));
	struct marks m = marks_of(f);
	for (size_t i = 0; i < 3 * MARK_LINE_MAX; i++)
		marks_feed(&m, CHANNEL_SERIAL, STR("."));
	marks_feed(&m, CHANNEL_SERIAL, STR("nee"));
	for (size_t i = 0; i < 3; i++)
		assert_false(marks_all_seen(&m));
	marks_feed(&m, CHANNEL_SERIAL, STR("dle"));
	assert_true(marks_all_seen(&m));
}

static void lines_that_decide_a_run_are_known(void **state)
{
	static const struct {
		enum boot_method boot;
		size_t channel;
		struct str text;
		bool any;
		enum qemu_outcome outcome;
	} cases[] = {
	        {BOOT_EFI, CHANNEL_SERIAL, STR_INIT("\rerror: bad signature.\n"), true,
	         QEMU_REFUSED},
	        {BOOT_EFI, CHANNEL_SERIAL, STR_INIT("error: file `/nucleus.elf.sig' not found.\n"),
	         true, QEMU_REFUSED},
	        {BOOT_EFI, CHANNEL_SERIAL, STR_INIT("error: file `/nucleus.elf' not found.\n"),
	         false, QEMU_PASS},
	        {BOOT_EFI, CHANNEL_SERIAL, STR_INIT("grub rescue> "), true, QEMU_LOADER_STOPPED},
	        {BOOT_EFI, CHANNEL_SERIAL, STR_INIT("grub: refused\n"), true, QEMU_LOADER_STOPPED},
	        {BOOT_EFI, CHANNEL_SERIAL,
	         STR_INIT("BdsDxe: failed to load Boot0001 \"X\" from Y: Access Denied\n"), true,
	         QEMU_REFUSED},
	        {BOOT_EFI, CHANNEL_SERIAL,
	         STR_INIT("BdsDxe: failed to load Boot0001 \"X\" from Y: Not Found\n"), false,
	         QEMU_PASS},
	        {BOOT_EFI, CHANNEL_SERIAL,
	         STR_INIT("BdsDxe: loading Boot0002 \"EFI Internal Shell\" from Z\n"), true,
	         QEMU_NOTHING_TO_BOOT},
	        {BOOT_EFI, CHANNEL_DEBUGCON, STR_INIT("error: bad signature.\n"), false, QEMU_PASS},
	        {BOOT_DIRECT, CHANNEL_SERIAL, STR_INIT("error: bad signature.\n"), false,
	         QEMU_PASS},
	        {BOOT_DIRECT, CHANNEL_SERIAL, STR_INIT("[PANIC]\n"), true, QEMU_PANIC},
	        {BOOT_EFI, CHANNEL_DEBUGCON, STR_INIT("x [PANIC] y"), true, QEMU_PANIC},
	        {BOOT_EFI, CHANNEL_DEBUGCON, STR_INIT("never say this\n"), true, QEMU_FORBIDDEN},
	};
	struct machine_fixture *f = *state;
	strs_add(&f->request.forbid, &f->arena, STR("never"));
	for (size_t i = 0; i < COUNT(cases); i++) {
		f->request.boot = cases[i].boot;
		struct marks m = marks_of(f);
		feed_bytes(&m, cases[i].channel, cases[i].text);
		assert_int_equal(m.hit.any, cases[i].any);
		assert_int_equal(m.hit.outcome, cases[i].outcome);
	}
}

static void the_kernel_may_say_what_grub_must_not(void **state)
{
	struct machine_fixture *f = *state;
	f->request.boot = BOOT_EFI;
	struct marks m = marks_of(f);
	marks_feed(&m, CHANNEL_DEBUGCON, STR("seq=1\n"));
	marks_feed(&m, CHANNEL_SERIAL, STR("error: bad signature\n"));
	assert_false(m.hit.any);
}

static void the_first_decision_stands_and_gets_its_whole_line(void **state)
{
	struct machine_fixture *f = *state;
	f->request.boot = BOOT_EFI;
	struct marks m = marks_of(f);
	feed_bytes(&m, CHANNEL_SERIAL, STR("error: bad signature of x.\n\rgrub rescue> "));
	assert_int_equal(m.hit.outcome, QEMU_REFUSED);
	assert_str(m.hit.line, STR("error: bad signature of x."));
}

static void a_panic_is_told_by_its_message(void **state)
{
	struct machine_fixture *f = *state;
	struct marks m = marks_of(f);
	marks_feed(&m, CHANNEL_DEBUGCON,
	           STR("[PANIC]\r\nmessage: it broke\r\nlocation: a.c:1\r\n"));
	assert_str(m.hit.line, STR("message: it broke"));
}

static void a_mark_that_could_never_match_is_refused(void **state)
{
	static const struct str bad[] = {STR_INIT(""), STR_INIT("a\nb"), STR_INIT("a\r")};
	struct machine_fixture *f = *state;
	assert_true(marks_check(&f->request, &f->diag));
	for (size_t i = 0; i < COUNT(bad); i++) {
		f->request.forbid = (struct strs){};
		strs_add(&f->request.forbid, &f->arena, bad[i]);
		assert_false(marks_check(&f->request, &f->diag));
	}
	assert_int_equal(f->diag.errors, COUNT(bad));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_make, fixture_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_mark_is_found_however_it_is_cut),
	        TEST(a_mark_is_not_put_together_from_two_channels_or_two_lines),
	        TEST(without_order_a_mark_counts_on_any_channel),
	        TEST(in_order_means_in_order_on_one_channel),
	        TEST(escape_sequences_do_not_hide_a_mark),
	        TEST(a_mark_is_found_in_a_line_without_end),
	        TEST(lines_that_decide_a_run_are_known),
	        TEST(the_kernel_may_say_what_grub_must_not),
	        TEST(the_first_decision_stands_and_gets_its_whole_line),
	        TEST(a_panic_is_told_by_its_message),
	        TEST(a_mark_that_could_never_match_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
