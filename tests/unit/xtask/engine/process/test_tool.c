#include "../engine_fixture.h"
#include "engine/process/tool.h"

struct tool_world {
	struct file_table files;
	struct journal journal;
	struct tools tools;
};

static void open_tools(struct world *w, struct tool_world *t)
{
	file_table_init(&t->files, &w->arena);
	assert_int_equal(journal_open(&t->journal, &t->files, "journal"), 0);
	t->tools = (struct tools){.arena = &w->arena, .journal = &t->journal};
}

static bool has_part(const struct tool *tool, const char *end)
{
	for (size_t i = 0; i < tool->part_count; i++)
		if (str_ends_with(tool->parts[i]->path, str_from_c(end)))
			return true;
	return false;
}

static void a_compiler_stands_for_the_programs_behind_it(void **state)
{
	struct world *w = *state;
	struct tool_world t;
	open_tools(w, &t);
	struct tool *tool = tools_get(&t.tools, STR("gcc"));
	assert_int_equal(tool_find_parts(&t.tools, tool), 0);
	assert_string_equal(tool->program->path.ptr, "/usr/bin/gcc");
	assert_true(has_part(tool, "/cc1"));
	assert_true(has_part(tool, "/as"));
	assert_true(has_part(tool, "/ld"));
	assert_true(has_part(tool, "/collect2"));
	journal_close(&t.journal);
}

static void the_answer_is_remembered_while_the_driver_is_the_same(void **state)
{
	struct world *w = *state;
	put_file("as", "");
	put_file("my-gcc", "#!/bin/sh\necho asked >> asked\necho ./as\n");
	assert_int_equal(chmod("my-gcc", 0755), 0);
	for (int i = 0; i < 3; i++) {
		struct tool_world t;
		open_tools(w, &t);
		struct tool *tool = tools_get(&t.tools, STR("./my-gcc"));
		assert_int_equal(tool_find_parts(&t.tools, tool), 0);
		assert_true(has_part(tool, "as"));
		journal_close(&t.journal);
		if (i == 1)
			put_file("my-gcc", "#!/bin/sh\necho asked >> asked\necho ./as #\n");
		assert_int_equal(chmod("my-gcc", 0755), 0);
		struct str asked;
		assert_int_equal(file_read(&w->arena, "asked", &asked), 0);
		assert_int_equal(asked.len, (i == 2 ? 12 : 6) * strlen("asked\n"));
	}
}

static void other_programs_have_no_parts_and_unknown_ones_are_not_found(void **state)
{
	struct world *w = *state;
	struct tool_world t;
	open_tools(w, &t);
	struct tool *tool = tools_get(&t.tools, STR("cat"));
	assert_int_equal(tool_find_parts(&t.tools, tool), 0);
	assert_int_equal(tool->part_count, 0);
	assert_ptr_equal(tools_get(&t.tools, STR("cat")), tool);
	assert_null(tools_get(&t.tools, STR("no-such-program"))->program);
	journal_close(&t.journal);
}

static void a_changed_tool_runs_its_actions_again(void **state)
{
	struct world *w = *state;
	put_file("tool", "#!/bin/sh\necho 1 > $1\n");
	assert_int_equal(chmod("tool", 0755), 0);
	struct action *action = world_shell(w, "", "out/a", "");
	action->argv = words(w, "./tool $out_0");
	assert_runs(w, 1, 0);
	assert_runs(w, 0, 1);
	put_file("tool", "#!/bin/sh\necho 2 > $1\n");
	assert_int_equal(chmod("tool", 0755), 0);
	assert_false(world_unchanged(w));
	assert_runs(w, 1, 0);
	assert_file(w, "out/a", "2\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        WORLD_TEST(a_compiler_stands_for_the_programs_behind_it),
	        WORLD_TEST(the_answer_is_remembered_while_the_driver_is_the_same),
	        WORLD_TEST(other_programs_have_no_parts_and_unknown_ones_are_not_found),
	        WORLD_TEST(a_changed_tool_runs_its_actions_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
