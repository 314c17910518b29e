#include "../../test.h"
#include "check/code.h"
#include "os/files.h"

static void comments_and_literals_are_blanked_at_the_same_length(void **)
{
	static const struct {
		struct str text, code;
	} cases[] = {
	        {STR_INIT("a /* b */ c"), STR_INIT("a         c")},
	        {STR_INIT("a // b\nc"), STR_INIT("a     \nc")},
	        {STR_INIT("/* a\nb */c"), STR_INIT("    \n    c")},
	        {STR_INIT("s = \"/* x */\";"), STR_INIT("s = \"       \";")},
	        {STR_INIT("s = \"a\\\"b\" c"), STR_INIT("s = \"    \" c")},
	        {STR_INIT("c = '\"'; d"), STR_INIT("c = ' '; d")},
	        {STR_INIT("c = '\\''; d"), STR_INIT("c = '  '; d")},
	        {STR_INIT("don't\nx"), STR_INIT("don' \nx")},
	        {STR_INIT("a /"), STR_INIT("a /")},
	        {STR_INIT("/* open"), STR_INIT("       ")},
	        {STR_INIT("\"open\\"), STR_INIT("\"     ")},
	        {STR_INIT(""), STR_INIT("")},
	};
	struct arena a;
	host_arena_init(&a);
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_str(code_blank(&a, cases[i].text), cases[i].code);
	arena_release(&a);
}

static void functions_are_measured_by_braces_in_the_first_column(void **)
{
	static const struct {
		const char *text;
		const char *name; /* NULL: no function */
		size_t lines, parameters;
	} cases[] = {
	        {"int f(void)\n{\n\treturn 0;\n}\n", "f", 1, 0},
	        {"static struct s *longer_name(int a, char *b)\n{\n}\n", "longer_name", 0, 2},
	        {"void f(int a,\n       int (*g)(int, int),\n       int c[2])\n{\n\n\tx;\n}\n", "f",
	         2, 3},
	        {"[[gnu::format(printf, 1, 2)]] void f(const char *s, ...)\n{\n\ta;\n}\n", "f", 1,
	         2},
	        {"__attribute__((noinline)) static int f(int a)\n{\n\ta;\n}\n", "f", 1, 1},
	        {"/* what f(a, b, c)\n * does */\nint f(int a)\n{\n}\n", "f", 0, 1},
	        {"int g(int a, int b);\nint f(int a)\n{\n}\n", "f", 0, 1},
	        {"#define G(a, b) \\\n\tx\nint f(int a)\n{\n}\n", "f", 0, 1},
	        {"struct s\n{\n\tint a;\n};\n", NULL, 0, 0},
	        {"static const int t[] = {\n\t1,\n};\n", NULL, 0, 0},
	        {"int f(int a);\n", NULL, 0, 0},
	};
	struct arena a;
	host_arena_init(&a);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct code_measure m = code_measure(&a, code_blank(&a, str_from_c(cases[i].text)));
		assert_int_equal(m.function_count, cases[i].name ? 1 : 0);
		if (!cases[i].name)
			continue;
		assert_str(m.functions[0].name, str_from_c(cases[i].name));
		assert_int_equal(m.functions[0].lines, cases[i].lines);
		assert_int_equal(m.functions[0].parameters, cases[i].parameters);
	}
	arena_release(&a);
}

static void code_lines_leave_out_blanks_comments_and_tables(void **)
{
	static const char text[] = "/* head\n * more */\n#include <a.h>\n#include \"b.h\"\n\n"
	                           "static const int t[] = {\n\t1,\n\t2,\n};\n\n"
	                           "int f(void) /* says */\n{\n\t// only this\n\treturn 0;\n}\n";
	struct arena a;
	host_arena_init(&a);
	struct code_measure m = code_measure(&a, code_blank(&a, STR(text)));
	assert_int_equal(m.includes, 2);
	assert_int_equal(m.code_lines, 2 + 2 + 4);
	assert_int_equal(m.function_count, 1);
	assert_int_equal(m.functions[0].lines, 2);
	arena_release(&a);
}

static void words_know_where_they_stand(void **)
{
	static const struct {
		const char *text, *word;
		bool directive, attribute, call;
	} cases[] = {
	        {"  word;", "word", false, false, false},  {"word(1)", "word", false, false, true},
	        {"word (1)", "word", false, false, true},  {"#word", "word", true, false, false},
	        {"#  word x", "word", true, false, false}, {"[[word]]", "word", false, true, false},
	        {"a[word]", "a", false, false, false},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct code_word word;
		size_t at = 0;
		assert_true(code_next_word(str_from_c(cases[i].text), &at, &word));
		assert_str(word.text, str_from_c(cases[i].word));
		assert_int_equal(word.directive, cases[i].directive);
		assert_int_equal(word.attribute, cases[i].attribute);
		assert_int_equal(word.call, cases[i].call);
	}
	struct code_word word;
	size_t at = 0;
	assert_false(code_next_word(STR(" +-() "), &at, &word));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(comments_and_literals_are_blanked_at_the_same_length),
	        cmocka_unit_test(functions_are_measured_by_braces_in_the_first_column),
	        cmocka_unit_test(code_lines_leave_out_blanks_comments_and_tables),
	        cmocka_unit_test(words_know_where_they_stand),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
