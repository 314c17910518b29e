#include "../../../test.h"

#include "os/files.h"
#include "qemu/session/answers.h"

static struct arena arena;

static void text_is_taken_apart_and_put_together(void **)
{
	static const struct {
		struct str text, mark, typed, again;
	} cases[] = {
	        {STR_INIT("/ # =ls\\r"), STR_INIT("/ # "), STR_INIT("ls\r"),
	         STR_INIT("/ # =ls\\x0d")},
	        {STR_INIT("a\\x3db=c=d"), STR_INIT("a=b"), STR_INIT("c=d"),
	         STR_INIT("a\\x3db=c=d")},
	        {STR_INIT("^C="), STR_INIT("^C"), STR_INIT(""), STR_INIT("^C=")},
	        {STR_INIT("\\n\\\\=\\x1A\\t"), STR_INIT("\n\\"), STR_INIT("\x1a\t"),
	         STR_INIT("\\x0a\\\\=\\x1a\\x09")},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct qemu_answer answer;
		assert_true(answer_parse(&arena, cases[i].text, &answer));
		assert_true(str_equal(answer.mark, cases[i].mark));
		assert_true(str_equal(answer.text, cases[i].typed));
		assert_true(str_equal(answer_text(&arena, &answer), cases[i].again));
	}
}

static void text_that_is_none_is_refused(void **)
{
	static const struct str cases[] = {
	        STR_INIT(""),      STR_INIT("no"),     STR_INIT("=x"),      STR_INIT("a=\\"),
	        STR_INIT("a=\\q"), STR_INIT("a=\\x1"), STR_INIT("a=\\xg0"),
	};
	struct qemu_answer answer;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_false(answer_parse(&arena, cases[i], &answer));
}

static void each_answer_waits_for_its_mark_behind_the_last_one(void **)
{
	static const struct qemu_answer list[] = {
	        {STR_INIT("# "), STR_INIT("one")},
	        {STR_INIT("# "), STR_INIT("two")},
	};
	const struct qemu_request request = {.answers = list, .answer_count = COUNT(list)};
	struct answers answers;
	answers_init(&answers, &arena, &request);
	assert_null(answers_take(&answers));
	answers_feed(&answers, STR("/ #"));
	assert_null(answers_take(&answers));
	/* escape sequences are no part of it, wherever they stand */
	answers_feed(&answers, STR("\x1b[6n \x1b[0m"));
	assert_ptr_equal(answers_take(&answers), &list[0]);
	assert_null(answers_take(&answers));
	answers_feed(&answers, STR("one\r\n/ # "));
	assert_ptr_equal(answers_take(&answers), &list[1]);
	answers_feed(&answers, STR("# "));
	assert_null(answers_take(&answers));
}

int main(void)
{
	host_arena_init(&arena);
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(text_is_taken_apart_and_put_together),
	        cmocka_unit_test(text_that_is_none_is_refused),
	        cmocka_unit_test(each_answer_waits_for_its_mark_behind_the_last_one),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_release(&arena);
	return failed;
}
