#include "../../test.h"
#include "os/files.h"
#include "test/diff.h"

static void differences_are_shown_with_three_lines_around(void **)
{
	static const struct {
		struct str expected, actual, diff;
	} cases[] = {
	        {STR_INIT("a\n"), STR_INIT("a\n"), STR_INIT("")},
	        {STR_INIT(""), STR_INIT(""), STR_INIT("")},
	        {STR_INIT("a\n"), STR_INIT("b\n"), STR_INIT("@@ -1,1 +1,1 @@\n-a\n+b\n")},
	        {STR_INIT(""), STR_INIT("b\n"), STR_INIT("@@ -0,0 +1,1 @@\n+b\n")},
	        {STR_INIT("b\n"), STR_INIT(""), STR_INIT("@@ -1,1 +0,0 @@\n-b\n")},
	        {STR_INIT("a\nb\nc\nd\ne\nf\n"), STR_INIT("a\nb\nc\nd\nX\nf\n"),
	         STR_INIT("@@ -2,5 +2,5 @@\n b\n c\n d\n-e\n+X\n f\n")},
	        {STR_INIT("1\n2\n3\n4\n5\n6\n7\n8\n9\n"), STR_INIT("0\n2\n3\n4\n5\n6\n7\n8\n0\n"),
	         STR_INIT("@@ -1,4 +1,4 @@\n-1\n+0\n 2\n 3\n 4\n@@ -6,4 +6,4 @@\n 6\n 7\n "
	                  "8\n-9\n+0\n")},
	        {STR_INIT("a\n"), STR_INIT("a"),
	         STR_INIT("@@ -1,1 +1,1 @@\n-a\n+a\n\\ No newline at end\n")},
	};
	struct arena a;
	host_arena_init(&a);
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_str(unified_diff(&a, cases[i].expected, cases[i].actual), cases[i].diff);
	arena_release(&a);
}

static void texts_too_large_to_compare_are_shown_whole(void **)
{
	struct arena a;
	host_arena_init(&a);
	struct text one = {.arena = &a};
	struct text other = {.arena = &a};
	for (int i = 0; i < 5000; i++) {
		text_addf(&one, "line %d\n", i);
		text_addf(&other, "line %d\n", i + 1);
	}
	struct str diff = unified_diff(&a, text_str(&one), text_str(&other));
	assert_true(str_starts_with(diff, STR("@@ -1,5000 +1,5000 @@\n-line 0\n")));
	assert_true(str_ends_with(diff, STR("+line 5000\n")));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(differences_are_shown_with_three_lines_around),
	        cmocka_unit_test(texts_too_large_to_compare_are_shown_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
