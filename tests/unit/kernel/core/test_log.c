#include "fake_core.h"

static const struct log_site site_info = {
        .file = "./kernel/x/y.c", .line = 12, .level = LOG_LEVEL_INFO, .category = LOG_MEMORY};
static const struct log_site site_trace = {
        .file = "kernel/x/y.c", .line = 12, .level = LOG_LEVEL_TRACE, .category = LOG_MEMORY};

static struct log test_log;
static char test_ring[512];

[[gnu::format(printf, 2, 3)]] static void test_write(const struct log_site *site,
                                                     const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	log_write_list(&test_log, site, format, arguments);
	va_end(arguments);
}

static void test_start(void)
{
	fake_core_install();
	log_init(&test_log, test_ring, sizeof test_ring);
	memset(test_log.thresholds, LOG_LEVEL_INFO, sizeof test_log.thresholds);
}

static void line_has_every_field_in_order(void **)
{
	test_start();
	test_write(&site_info, "frames=%u name=%.*s", 7u, STR_ARG(STR("abc")));
	assert_str(fake_core_text(), STR("seq=1 ts_us=1500 tick=3 lvl=info cat=memory "
	                                 "mod=kernel/x/y.c line=12 pid=- tid=- "
	                                 "msg=\"frames=7 name=abc\"\n"));

	fake_core.len = 0;
	fake_core.identity = (struct core_identity){.known = true, .pid = 4, .tid = 9};
	test_write(&site_info, "x");
	assert_true(fake_core_wrote("seq=2 "));
	assert_true(fake_core_wrote(" pid=4 tid=9 msg=\"x\"\n"));
}

static void message_is_escaped_so_that_a_line_stays_a_line(void **)
{
	test_start();
	test_write(&site_info, "a\\b\"c\nd\re\tf%c", 1);
	assert_true(fake_core_wrote("msg=\"a\\\\b\\\"c\\nd\\re\\tf\\x01\"\n"));
}

static void overlong_message_is_cut_and_says_so(void **)
{
	static char text[4000];
	memset(text, 'x', sizeof text - 1);
	test_start();
	test_write(&site_info, "%s", text);
	assert_true(fake_core.len <= LOG_LINE_MAX);
	assert_true(str_ends_with(fake_core_text(), STR("x...\"\n")));

	/* escaping doubles it: now the line is the limit, not the message */
	memset(text, '"', sizeof text - 1);
	fake_core.len = 0;
	test_write(&site_info, "%s", text);
	assert_true(fake_core.len <= LOG_LINE_MAX);
	assert_true(str_ends_with(fake_core_text(), STR("...\"\n")));
}

static void line_below_its_threshold_is_not_written(void **)
{
	test_start();
	test_write(&site_trace, "hidden");
	assert_int_equal(fake_core.len, 0);
	test_log.thresholds[LOG_MEMORY] = LOG_LEVEL_OFF;
	test_write(&site_info, "off hides everything");
	assert_int_equal(fake_core.len, 0);

	struct log_site forced = site_info;
	forced.always = true;
	test_write(&forced, "always");
	assert_true(fake_core_wrote("msg=\"always\""));
}

static bool serial_is(const char *text)
{
	bool is = fake_core.serial_len == strlen(text) &&
	          memcmp(fake_core.serial, text, fake_core.serial_len) == 0;
	fake_core.serial_len = 0;
	return is;
}

static void quiet_log_leaves_the_serial_line_to_its_reader(void **)
{
	test_start();
	log_write_plain(&test_log, STR("boot\n"));
	assert_true(serial_is("boot\n"));
	log_set_quiet(&test_log, true);
	log_write_plain(&test_log, STR("a service\n"));
	test_write(&site_info, "a line");
	assert_true(serial_is(""));
	static const struct log_site urgent = {
	        .file = "./kernel/x.c", .line = 1, .level = LOG_LEVEL_ERROR, .category = LOG_BOOT};
	log_write_terminal(&test_log, STR("/ # "), true);
	assert_true(serial_is("/ # "));
	test_write(&site_info, "a line");
	test_write(&urgent, "read this");
	/* the prompt has no end: the line begins anew */
	assert_true(fake_core.serial_len > 4 && memcmp(fake_core.serial, "\nseq", 4) == 0);
	log_set_quiet(&test_log, false);
	fake_core.serial_len = 0;
	log_write_plain(&test_log, STR("again\n"));
	assert_true(serial_is("again\n"));
}

static void console_gets_lines_from_its_level_on(void **)
{
	test_start();
	log_set_console_level(&test_log, LOG_LEVEL_WARN);
	struct log_site site = site_info;
	test_write(&site, "not there");
	log_write_plain(&test_log, STR("nor this\n"));
	assert_true(serial_is(""));
	site.level = LOG_LEVEL_WARN;
	test_write(&site, "there");
	assert_false(serial_is(""));
	log_set_console_level(&test_log, LOG_LEVEL_FATAL);
	site.level = LOG_LEVEL_ERROR;
	test_write(&site, "not even this");
	assert_true(serial_is(""));
	site.always = true;
	test_write(&site, "whatever the level");
	assert_false(serial_is(""));
}

static void terminal_gets_its_line_ends(void **)
{
	test_start();
	log_write_terminal(&test_log, STR("a\n\nb"), true);
	assert_true(serial_is("a\r\n\r\nb"));
	log_write_terminal(&test_log, STR("a\nb\n"), false);
	assert_true(serial_is("a\nb\n"));
	log_write_terminal(&test_log, STR(""), true);
	assert_true(serial_is(""));
}

static void write_from_within_a_write(void)
{
	test_write(&site_info, "nested");
}

static void line_lost_to_contention_is_counted_and_the_count_is_logged(void **)
{
	test_start();
	fake_core.on_write = write_from_within_a_write;
	test_write(&site_info, "first");
	test_write(&site_info, "second");
	fake_core.on_write = NULL;
	fake_core.len = 0;
	test_write(&site_info, "third");
	assert_false(fake_core_wrote("nested"));
	assert_true(fake_core_wrote("lvl=warn"));
	/* one for "first"; then the count's own line and "second" lost one each */
	assert_true(fake_core_wrote("msg=\"log lines lost=2 total=3\"\n"));
	assert_true(fake_core_wrote("msg=\"third\"\n"));
}

static void plain_text_goes_out_as_it_is_and_whole_lines_into_the_ring(void **)
{
	char out[64];
	test_start();
	log_write_plain(&test_log, STR("rootd: \"hello\"\n"));
	log_write_plain(&test_log, STR("in "));
	assert_str(fake_core_text(), STR("rootd: \"hello\"\nin "));
	size_t len = log_snapshot(&test_log, out, sizeof out);
	assert_str(((struct str){out, len}), STR("rootd: \"hello\"\n"));
}

static void structured_line_never_continues_plain_text(void **)
{
	test_start();
	log_write_plain(&test_log, STR("no newline"));
	log_write_plain(&test_log, STR(" yet"));
	test_write(&site_info, "x");
	assert_true(str_starts_with(fake_core_text(), STR("no newline yet\nseq=1 ")));
	fake_core.len = 0;
	log_write_plain(&test_log, STR("line\n"));
	test_write(&site_info, "x");
	assert_true(str_starts_with(fake_core_text(), STR("line\nseq=2 ")));
}

static void programs_line_never_continues_what_the_terminal_shows(void **)
{
	test_start();
	log_write_terminal(&test_log, STR("/ # ^Z"), true);
	log_write_plain(&test_log, STR("ok 6 - "));
	log_write_plain(&test_log, STR("in pieces\n"));
	assert_str(fake_core_text(), STR("/ # ^Z\nok 6 - in pieces\n"));
}

static void snapshot_gives_all_lines_while_none_was_dropped(void **)
{
	char out[512];
	test_start();
	test_write(&site_info, "one");
	test_write(&site_info, "two");
	size_t len = log_snapshot(&test_log, out, sizeof out);
	assert_str(((struct str){out, len}), fake_core_text());
}

static void snapshot_after_a_wrap_starts_with_a_whole_line(void **)
{
	char out[1024];
	test_start();
	for (unsigned i = 0; i < 40; i++)
		test_write(&site_info, "line %u", i);
	struct str text = {out, log_snapshot(&test_log, out, sizeof out)};

	struct str_split first = str_cut(text, '\n');
	assert_true(str_starts_with(first.head, STR("seq=0 ")));
	assert_true(str_ends_with(first.head, STR("msg=\"oldest logs dropped\"")));
	unsigned lines = 0;
	for (struct str rest = first.rest; rest.len; lines++) {
		struct str_split cut = str_cut(rest, '\n');
		assert_true(str_starts_with(cut.head, STR("seq=")));
		assert_true(str_ends_with(cut.head, STR("\"")));
		rest = cut.rest;
	}
	assert_true(lines >= 3);
	assert_true(str_ends_with(text, STR("msg=\"line 39\"\n")));
}

static void snapshot_into_too_little_room_keeps_the_newest_lines(void **)
{
	char out[320];
	test_start();
	for (unsigned i = 0; i < 4; i++)
		test_write(&site_info, "line %u", i);
	struct str text = {out, log_snapshot(&test_log, out, sizeof out)};
	assert_true(str_starts_with(text, STR("seq=0 ")));
	assert_true(str_ends_with(text, STR("msg=\"line 3\"\n")));
	assert_int_equal(log_snapshot(&test_log, out, 10), 0);
}

static void what_was_taken_is_not_read_back_again(void **)
{
	char out[1024];
	test_start();
	log_write_plain(&test_log, STR("one\ntwo\n"));
	assert_str(((struct str){out, log_take(&test_log, out, sizeof out)}), STR("one\ntwo\n"));
	assert_int_equal(log_snapshot(&test_log, out, sizeof out), 0);
	log_write_plain(&test_log, STR("three\n"));
	assert_str(((struct str){out, log_snapshot(&test_log, out, sizeof out)}), STR("three\n"));
	assert_int_equal(log_take(&test_log, NULL, 0), 0);
	assert_int_equal(log_snapshot(&test_log, out, sizeof out), 0);
	for (unsigned i = 0; i < 40; i++)
		test_write(&site_info, "line %u", i);
	struct str text = {out, log_snapshot(&test_log, out, sizeof out)};
	assert_true(str_starts_with(text, STR("seq=0 ")));
	assert_true(str_ends_with(text, STR("msg=\"line 39\"\n")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(line_has_every_field_in_order),
	        cmocka_unit_test(message_is_escaped_so_that_a_line_stays_a_line),
	        cmocka_unit_test(overlong_message_is_cut_and_says_so),
	        cmocka_unit_test(line_below_its_threshold_is_not_written),
	        cmocka_unit_test(line_lost_to_contention_is_counted_and_the_count_is_logged),
	        cmocka_unit_test(plain_text_goes_out_as_it_is_and_whole_lines_into_the_ring),
	        cmocka_unit_test(structured_line_never_continues_plain_text),
	        cmocka_unit_test(quiet_log_leaves_the_serial_line_to_its_reader),
	        cmocka_unit_test(console_gets_lines_from_its_level_on),
	        cmocka_unit_test(terminal_gets_its_line_ends),
	        cmocka_unit_test(programs_line_never_continues_what_the_terminal_shows),
	        cmocka_unit_test(snapshot_gives_all_lines_while_none_was_dropped),
	        cmocka_unit_test(snapshot_after_a_wrap_starts_with_a_whole_line),
	        cmocka_unit_test(snapshot_into_too_little_room_keeps_the_newest_lines),
	        cmocka_unit_test(what_was_taken_is_not_read_back_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
