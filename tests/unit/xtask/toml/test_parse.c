#include "toml_case.h"
#include <string.h>
#include <time.h>

static void all_errors_of_a_file_are_reported_in_one_run(void **)
{
	static const struct toml_case cases[] = {
	        CASE("name = hello\n"
	             "[build\n"
	             "x = 1\n"
	             "[deps]\n"
	             "libs = [\"a\" \"b\"]\n"
	             "libs = []\n"
	             "n = 1 m = 2\n"
	             "[ok] trailing\n"
	             "v = 1\n",
	             "1:8 'hello' is not a value | a string needs quotes: \"hello\"\n"
	             "2:7 ']' is missing | tables are written [name]\n"
	             "5:13 a comma is missing before this | items are separated by ',' and end "
	             "with "
	             "']'\n"
	             "6:1 'libs' is defined twice | first defined in line 5\n"
	             "7:7 unexpected text 'm = 2' | every key begins its own line\n"
	             "8:6 unexpected text 'trailing'\n"),
	};
	ASSERT_SAID(cases);
}

static void a_wrong_header_is_told_how_headers_are_written(void **)
{
	static const struct toml_case cases[] = {
	        CASE("[a", "1:3 ']' is missing | tables are written [name]\n"),
	        CASE("[a b]", "1:4 ']' is missing | tables are written [name]\n"),
	        CASE("[[a]\nb = 1",
	             "1:1 the header begins with [[ and ends with ] | items of an array of "
	             "tables are written [[name]]\n"),
	        CASE("[[a",
	             "1:4 ']' is missing | items of an array of tables are written [[name]]\n"),
	        CASE("[a]]", "1:4 unexpected text ']'\n"),
	        CASE("[a] b = 1", "1:5 unexpected text 'b = 1' | every key begins its own line\n"),
	};
	ASSERT_SAID(cases);
}

static void what_could_be_read_is_in_the_tree(void **)
{
	struct arena a;
	struct diag d;
	host_arena_init(&a);
	diag_init(&d, &a);
	struct source source = {STR("t"), STR("a = 1\nb = x\nc d\n[t]\ne = [1, y]\nf = 2\n")};
	const struct toml_value *root = toml_parse(&a, &source, &d);
	assert_int_equal(d.errors, 3);
	assert_int_equal(toml_find(&root->table, STR("a"))->value->integer, 1);
	assert_int_equal(toml_find(&root->table, STR("b"))->value->kind, TOML_INVALID);
	assert_null(toml_find(&root->table, STR("c")));
	assert_true(root->table.damaged);
	const struct toml_value *t = toml_find(&root->table, STR("t"))->value;
	assert_int_equal(toml_find(&t->table, STR("e"))->value->kind, TOML_INVALID);
	assert_int_equal(toml_find(&t->table, STR("f"))->value->integer, 2);
	assert_false(t->table.damaged);
	arena_release(&a);
}

static void a_table_with_an_unreadable_line_is_marked(void **)
{
	struct arena a;
	struct diag d;
	host_arena_init(&a);
	diag_init(&d, &a);
	struct source source = {STR("t"), STR("[t]\nna me = 1\n+ = 2\n[u]\na = 1\n")};
	const struct toml_value *root = toml_parse(&a, &source, &d);
	assert_true(toml_find(&root->table, STR("t"))->value->table.damaged);
	assert_false(toml_find(&root->table, STR("u"))->value->table.damaged);
	assert_false(root->table.damaged);
	arena_release(&a);
}

/* Seconds that a text takes, at least the best of three. */
static double seconds_for(struct str text)
{
	double best = 1e9;
	for (int i = 0; i < 3; i++) {
		struct arena a;
		struct diag d;
		host_arena_init(&a);
		diag_init(&d, &a);
		struct source source = {STR("t"), text};
		struct timespec start, end;
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
		(void)toml_parse(&a, &source, &d);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
		double taken = (double)(end.tv_sec - start.tv_sec) +
		               (double)(end.tv_nsec - start.tv_nsec) * 1e-9;
		best = taken < best ? taken : best;
		arena_release(&a);
	}
	return best;
}

static struct str repeated(struct arena *a, const char *head, const char *piece, size_t count)
{
	struct text t = {.arena = a};
	text_add(&t, str_from_c(head));
	for (size_t i = 0; i < count; i++)
		text_add(&t, str_from_c(piece));
	return text_str(&t);
}

static void hostile_texts_take_time_in_proportion_to_their_length(void **)
{
	static const struct {
		const char *head, *piece;
	} cases[] = {
	        {"a = ", "["},         {"a = ", "{b="},
	        {"a = [", "x,"},       {"a = [", "1 "},
	        {"a = [", "\n\"b\" "}, {"a = [", "[\nb "},
	        {"a = \"", "\\q"},     {"a = '''", "''\n"},
	        {"", "a = \"\n"},      {"", "[a\n"},
	        {"", "[[a]]\n"},       {"b = 1\n", "b = 1\n"},
	        {"", "a\n"},           {"", "a."},
	        {"", "\xFF"},          {"a = [\n", "# ]\n"},
	        {"a = {", ",\n"},      {"a = [", "{\n"},
	        {"a = [\xFF", "x,"},   {"a = ", "1"},
	        {"a = ", "x "},        {"[t]\n\x01", "x\n"},
	        {"a = {\n", "b = x,"}, {"a = \"\"\"", "\"\"\\"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena a;
		host_arena_init(&a);
		double some = seconds_for(repeated(&a, cases[i].head, cases[i].piece, 20000));
		double more = seconds_for(repeated(&a, cases[i].head, cases[i].piece, 160000));
		if (more > 0.05 && more > some * 8 * 5)
			fail_msg("'%s' + n * '%s': %f s, eight times as long %f s", cases[i].head,
			         cases[i].piece, some, more);
		arena_release(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(all_errors_of_a_file_are_reported_in_one_run),
	        cmocka_unit_test(a_wrong_header_is_told_how_headers_are_written),
	        cmocka_unit_test(what_could_be_read_is_in_the_tree),
	        cmocka_unit_test(a_table_with_an_unreadable_line_is_marked),
	        cmocka_unit_test(hostile_texts_take_time_in_proportion_to_their_length),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
