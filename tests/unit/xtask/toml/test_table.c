#include "toml_case.h"

static void a_second_definition_names_the_line_of_the_first(void **)
{
	static const struct toml_case cases[] = {
	        CASE("a = 1\n\na = 2", "3:1 'a' is defined twice | first defined in line 1\n"),
	        CASE("[t]\nx.y = 1\nx.y = 2",
	             "3:3 'x.y' is defined twice | first defined in line 2\n"),
	        CASE("[t]\n[u]\n[t]", "3:2 't' is defined twice | first defined in line 1\n"),
	        CASE("a = 1\n[a]",
	             "2:2 'a' has a value already and can't be a table | first defined in "
	             "line 1\n"),
	        CASE("a = 1\n[a.b]",
	             "2:2 'a' has a value already and can't be a table | first defined in "
	             "line 1\n"),
	        CASE("a = 1\na.b = 2",
	             "2:1 'a' has a value already and can't be a table | first defined "
	             "in line 1\n"),
	        CASE("a.b = 1\na = 2", "2:1 'a' is a table already | first defined in line 1\n"),
	        CASE("a.b = 1\n[a]",
	             "2:2 'a' is defined by dotted keys already | first defined in line "
	             "1\n"),
	        CASE("[a.b.c]\n[a]\nb.c.d = 1",
	             "3:3 'b.c' is a [table] already; dotted keys can't add to "
	             "it | first defined in line 1\n"),
	        CASE("a = {}\na.b = 1",
	             "2:1 'a' is an inline table, which can't be extended | first "
	             "defined in line 1\n"),
	        CASE("a = {}\n[a.b]",
	             "2:2 'a' is an inline table, which can't be extended | first defined "
	             "in line 1\n"),
	        CASE("a = [1]\n[a.b]",
	             "2:2 'a' is an array, which can't be extended | first defined in "
	             "line 1\n"),
	        CASE("a = [1]\n[a]", "2:2 'a' is an array already | first defined in line 1\n"),
	        CASE("[[a]]\n[a]",
	             "2:2 'a' is an array of tables; its items begin with [[ ]] | first "
	             "defined in line 1\n"),
	        CASE("[a]\n[[a]]",
	             "2:3 'a' is a table already, not an array of tables | first defined in "
	             "line 1\n"),
	        CASE("a = 1\n[[a]]", "2:3 'a' has a value already | first defined in line 1\n"),
	};
	ASSERT_SAID(cases);
}

/* One mistake, one message: what hangs on it is not judged again. */
static void keys_below_a_refused_header_are_not_judged_again(void **)
{
	static const struct toml_case cases[] = {
	        CASE("[t]\na = 1\n[t]\na = 2\n",
	             "3:2 't' is defined twice | first defined in line 1\n"),
	        CASE("a = x\n[a.b]\nc = 1\n",
	             "1:5 'x' is not a value | a string needs quotes: \"x\"\n"),
	        CASE("a = x\na = 1\n", "1:5 'x' is not a value | a string needs quotes: \"x\"\n"
	                               "2:1 'a' is defined twice | first defined in line 1\n"),
	        CASE("[t\na = 1\n[u]\na = 1\n", "1:3 ']' is missing | tables are written [name]\n"),
	};
	ASSERT_SAID(cases);
}

static const struct toml_value *walk(const struct toml_value *value, const char *key)
{
	const struct toml_entry *entry = toml_find(&value->table, str_from_c(key));
	assert_non_null(entry);
	value = entry->value;
	if (value->kind == TOML_ARRAY && value->array.of_headers)
		value = value->array.items[value->array.count - 1];
	return value;
}

static void headers_and_dotted_keys_build_one_tree(void **)
{
	struct arena a;
	struct diag d;
	host_arena_init(&a);
	diag_init(&d, &a);
	struct source source = {STR("t"), STR("x.y = 1\n[a.b]\nc = 2\n[a]\nd.e = 3\n"
	                                      "[[l]]\nn = 1\n[[l]]\nn = 2\n[l.sub]\nm = 4\n")};
	const struct toml_value *root = toml_parse(&a, &source, &d);
	assert_int_equal(d.errors, 0);
	assert_int_equal(walk(walk(root, "x"), "y")->integer, 1);
	assert_int_equal(walk(root, "x")->table.origin, TOML_OF_DOTTED_KEY);
	assert_int_equal(walk(walk(walk(root, "a"), "b"), "c")->integer, 2);
	assert_int_equal(walk(root, "a")->table.origin, TOML_OF_HEADER);
	assert_int_equal(walk(root, "a")->span.start, 20);
	assert_int_equal(walk(root, "a")->span.end, 23);
	assert_int_equal(walk(walk(walk(root, "a"), "d"), "e")->integer, 3);
	const struct toml_value *list = toml_find(&root->table, STR("l"))->value;
	assert_int_equal(list->array.count, 2);
	assert_int_equal(walk(list->array.items[0], "n")->integer, 1);
	assert_int_equal(walk(list->array.items[1], "n")->integer, 2);
	assert_null(toml_find(&list->array.items[0]->table, STR("sub")));
	assert_int_equal(walk(walk(root, "l"), "sub")->table.count, 1);
	arena_release(&a);
}

static void entries_keep_the_order_of_the_file_and_are_found_among_many(void **)
{
	enum { MANY = 50000 };
	struct arena a;
	struct diag d;
	host_arena_init(&a);
	diag_init(&d, &a);
	struct text t = {.arena = &a};
	for (int i = 0; i < MANY; i++)
		text_addf(&t, "key%d = %d\n", i, i);
	text_add(&t, STR("key0 = 1\nkey49999 = 1\n"));
	struct source source = {STR("t"), text_str(&t)};
	const struct toml_value *root = toml_parse(&a, &source, &d);
	assert_str(diag_summary(&d),
	           STR("50001:1 'key0' is defined twice | first defined in line 1\n"
	               "50002:1 'key49999' is defined twice | first defined in line "
	               "50000\n"));
	assert_int_equal(root->table.count, MANY);
	int expected = 0;
	for (const struct toml_entry *e = root->table.first; e; e = e->next)
		assert_int_equal(e->value->integer, expected++);
	for (int i = 0; i < MANY; i += 7) {
		struct str key = str_format(&a, "key%d", i);
		assert_int_equal(toml_find(&root->table, key)->value->integer, i);
	}
	assert_null(toml_find(&root->table, STR("key50000")));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_second_definition_names_the_line_of_the_first),
	        cmocka_unit_test(keys_below_a_refused_header_are_not_judged_again),
	        cmocka_unit_test(headers_and_dotted_keys_build_one_tree),
	        cmocka_unit_test(entries_keep_the_order_of_the_file_and_are_found_among_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
