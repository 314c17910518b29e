#include "../engine_fixture.h"
#include "engine/graph/depfile.h"

static void every_rule_gives_its_prerequisites_once(void **state)
{
	static const struct {
		const char *content;
		const char *paths; /* joined with '|' */
	} cases[] = {
	        {"", ""},
	        {"\n\n", ""},
	        {"a.o: a.c", "a.c"},
	        {"a.o: a.c\n", "a.c"},
	        {"a.o : a.c b.h\n", "a.c|b.h"},
	        {"a.o: a.c \\\n b.h \\\n  c.h\n", "a.c|b.h|c.h"},
	        {"a.o: a.c \\\r\n b.h\r\n", "a.c|b.h"},
	        {"a.o: a.c b.h\n\nb.h:\n\nc.h:\n", "a.c|b.h"},
	        {"a.o: a.c b.h\nb.o: b.c b.h\n", "a.c|b.h|b.c"},
	        {"a.o b.o: a.c\n", "a.c"},
	        {"a.o: my\\ file.h x.h\n", "my file.h|x.h"},
	        {"a.o: tab\\\there.h\n", "tab\there.h"},
	        {"a.o: a\\\\\\ b.h\n", "a\\ b.h"},
	        {"a.o: dir\\file.h\n", "dir\\file.h"},
	        {"a.o: a\\#b.h $$x.h\n", "a#b.h|$x.h"},
	        {"a.o: c:/x.h d:e\n", "c:/x.h|d:e"},
	        {"a\\:b.o: x.h\n", "x.h"},
	        {"# made by ld\na.out: \\\n  crt1.o \\\n  libc.a\n\ncrt1.o:\n\nlibc.a:\n",
	         "crt1.o|libc.a"},
	        {"a.o: end\\", "end\\"},
	        {"a.o: one\\\r two\n", "one\\|two"},
	};
	struct world *w = *state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct strs paths;
		assert_true(depfile_parse(&w->arena, str_from_c(cases[i].content), &paths));
		struct text joined = {.arena = &w->arena};
		for (size_t k = 0; k < paths.count; k++)
			text_addf(&joined, "%s%.*s", k ? "|" : "", STR_ARG(paths.items[k]));
		assert_string_equal(arena_c_str(&w->arena, text_str(&joined)), cases[i].paths);
	}
}

static void what_is_no_rule_is_refused(void **state)
{
	static const char *const cases[] = {"hello\n", "a.o a.c\n", "a.o: a.c\nrest", "a:b\n"};
	struct world *w = *state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct strs paths;
		assert_false(depfile_parse(&w->arena, str_from_c(cases[i]), &paths));
	}
}

static void gcc_s_own_escapes_are_read_back(void **state)
{
	struct world *w = *state;
	put_file("in $dir #1/my file.h", "int x;\n");
	put_file("a.c", "#include \"in $dir #1/my file.h\"\n");
	assert_int_equal(system("gcc -MD -MF d -c -o a.o a.c"), 0);
	struct str content;
	struct strs paths;
	assert_int_equal(file_read(&w->arena, "d", &content), 0);
	assert_true(depfile_parse(&w->arena, content, &paths));
	assert_true(strs_contain(&paths, STR("in $dir #1/my file.h")));
}

static struct action *add_compile(struct world *w, const char *source, const char *object)
{
	static const struct action_kind compile = {.name = "compile", .version = 1};
	struct action *action = graph_add(&w->graph, &compile);
	action->inputs = words(w, source);
	action->outputs = words(w, object);
	action->subject = action->inputs.items[0];
	action->depfile = str_format(&w->arena, "%s.d", object);
	action->argv = words(w, "gcc -O1 -g -I. -MD -MF $dep -c -o $out_0");
	strs_add(&action->argv, &w->arena, action->inputs.items[0]);
	return action;
}

static void a_changed_header_compiles_its_users_and_an_equal_object_links_nothing(void **state)
{
	struct world *w = *state;
	put_file("a.h", "enum { A = 1 }; /* first */\n");
	put_file("a.c", "#include \"a.h\"\nint main(void) { return A - 1; }\n");
	put_file("b.c", "int b;\n");
	add_compile(w, "a.c", "out/a.o");
	add_compile(w, "b.c", "out/b.o");
	struct action *link = world_shell(w, "out/a.o out/b.o", "out/program", "");
	link->argv = words(w, "gcc -o $out_0 out/a.o out/b.o");
	assert_runs(w, 3, 0);
	assert_runs(w, 0, 3);
	assert_true(world_unchanged(w));
	put_file("a.h", "enum { A = 1 }; /* other */\n");
	assert_false(world_unchanged(w));
	assert_runs(w, 1, 2);
	put_file("a.h", "enum { A = 3 }; /* other */\n");
	assert_runs(w, 2, 1);
	put_file("a.c", "int main(void) { return 0; }\n");
	assert_runs(w, 2, 1);
	assert_int_equal(unlink("a.h"), 0);
	assert_runs(w, 0, 3);
	assert_false(file_exists("out/a.o.d"));
}

static void a_header_that_went_away_compiles_its_users(void **state)
{
	struct world *w = *state;
	put_file("a.h", "");
	put_file("a.c", "#if __has_include(\"a.h\")\n#include \"a.h\"\n#endif\nint a;\n");
	add_compile(w, "a.c", "out/a.o");
	assert_runs(w, 1, 0);
	assert_int_equal(unlink("a.h"), 0);
	assert_runs(w, 1, 0);
	assert_runs(w, 0, 1);
}

static void a_header_that_the_compiler_finds_changed_late_is_not_trusted(void **state)
{
	struct world *w = *state;
	put_file("a.h", "1");
	struct action *action = world_shell(
	        w, "", "out/a",
	        "cat a.h > $0; echo 'x: a.h' > $1; [ -e once ] || { touch once; echo 2 > a.h; }");
	strs_add(&action->argv, &w->arena, STR("$dep"));
	action->depfile = STR("out/a.d");
	assert_true(world_run(w));
	assert_int_equal(w->diag.warnings, 1);
	assert_runs(w, 1, 0);
	assert_file(w, "out/a", "2\n");
	assert_runs(w, 0, 1);
}

static void a_generated_header_must_be_declared(void **state)
{
	struct world *w = *state;
	put_file("a.c", "#include \"out/g.h\"\nint a = G;\n");
	world_shell(w, "", "out/g.h", "echo '#define G 1' > $0");
	add_compile(w, "a.c", "out/a.o");
	w->request.jobs = 1;
	w->request.targets = words(w, "out/g.h");
	assert_runs(w, 1, 0);
	w->request.targets.count = 0;
	assert_false(world_run(w));
	assert_diag(w,
	            "compile a.c: it reads out/g.h, made by 'shell out/g.h', without declaring it");
	strs_add(&w->graph.actions[1].inputs, &w->arena, STR("out/g.h"));
	assert_runs(w, 1, 1);
}

static void an_order_only_input_is_waited_for_but_decides_nothing(void **state)
{
	struct world *w = *state;
	put_file("a.c", "#include \"out/g.h\"\nint a = G;\n");
	put_file("b.c", "int b;\n");
	put_file("g", "#define G 1\n");
	add_compile(w, "a.c", "out/a.o")->order_only = words(w, "out/g.h");
	add_compile(w, "b.c", "out/b.o")->order_only = words(w, "out/g.h");
	world_cat(w, "g", "out/g.h");
	w->request.jobs = 4;
	assert_runs(w, 3, 0);
	assert_runs(w, 0, 3);
	put_file("g", "#define G 2\n");
	assert_runs(w, 2, 1);
	w->graph.actions[1].order_only = words(w, "out/g.h nowhere.h");
	assert_false(world_run(w));
	assert_diag(w, "nowhere.h: no such file, and nothing makes it; 'compile b.c' needs it");
}

static void a_missing_or_strange_depfile_is_a_failure(void **state)
{
	struct world *w = *state;
	struct action *action = world_shell(w, "", "out/a", "echo > $0");
	action->depfile = STR("out/a.d");
	assert_false(world_run(w));
	assert_diag(w, "its dependency file out/a.d: No such file or directory");
	world_clear(w);
	action = world_shell(w, "", "out/a", "echo > $0; echo nonsense > $1");
	strs_add(&action->argv, &w->arena, STR("$dep"));
	action->depfile = STR("out/a.d");
	assert_false(world_run(w));
	assert_diag(w, "its dependency file out/a.d is not of Makefile rules");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        WORLD_TEST(every_rule_gives_its_prerequisites_once),
	        WORLD_TEST(what_is_no_rule_is_refused),
	        WORLD_TEST(gcc_s_own_escapes_are_read_back),
	        WORLD_TEST(a_changed_header_compiles_its_users_and_an_equal_object_links_nothing),
	        WORLD_TEST(a_header_that_went_away_compiles_its_users),
	        WORLD_TEST(a_header_that_the_compiler_finds_changed_late_is_not_trusted),
	        WORLD_TEST(a_generated_header_must_be_declared),
	        WORLD_TEST(an_order_only_input_is_waited_for_but_decides_nothing),
	        WORLD_TEST(a_missing_or_strange_depfile_is_a_failure),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
