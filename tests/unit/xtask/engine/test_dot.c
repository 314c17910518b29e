/* The graph as GraphViz reads it. */
#include "engine/export/export.h"
#include "engine_fixture.h"

static void make_graph(struct world *w)
{
	world_cat(w, "a.c", "out/a.o");
	world_cat(w, "b.c", "out/b.o");
	world_cat(w, "out/a.o out/b.o", "out/all");
	world_cat(w, "out/a.o", "out/\"odd\"");
}

static struct str draw(struct world *w, struct dot_request request)
{
	struct str dot = STR(""), unknown;
	request.graph = &w->graph;
	assert_true(export_dot(&w->arena, &request, &dot, &unknown));
	return dot;
}

static bool has(struct str dot, const char *text)
{
	return memmem(dot.ptr, dot.len, text, strlen(text)) != NULL;
}

static void makers_point_at_users(void **state)
{
	struct world *w = *state;
	make_graph(w);
	struct str dot = draw(w, (struct dot_request){});
	assert_true(str_starts_with(dot, STR("digraph build {\n")));
	assert_true(has(dot, "a0 [label=\"shell\\nout/a.o\"];"));
	assert_true(has(dot, "a0 -> a2;") && has(dot, "a1 -> a2;") && has(dot, "a0 -> a3;"));
	assert_true(has(dot, "out/\\\"odd\\\""));
	assert_false(has(dot, "a.c"));
	assert_true(has(draw(w, (struct dot_request){.all = true}), "\"a.c\" -> a0;"));
}

static void a_target_shows_only_what_it_needs(void **state)
{
	struct world *w = *state;
	struct str dot, unknown;
	make_graph(w);
	dot = draw(w, (struct dot_request){.targets = words(w, "out/\"odd\"")});
	assert_true(has(dot, "a0 -> a3;"));
	assert_false(has(dot, "out/b.o"));
	struct dot_request request = {.graph = &w->graph, .targets = words(w, "out/none")};
	assert_false(export_dot(&w->arena, &request, &dot, &unknown));
	assert_true(str_equal(unknown, STR("out/none")));
}

static void the_longest_chain_of_work_is_red(void **state)
{
	struct world *w = *state;
	const uint64_t durations_us[] = {1000, 9000, 500, 100};
	make_graph(w);
	struct str dot = draw(w, (struct dot_request){.durations_us = durations_us});
	assert_true(has(dot, "a1 [label=\"shell\\nout/b.o\\n9.0 ms\", style=bold, color=red];"));
	assert_true(has(dot, "a1 -> a2 [style=bold, color=red];"));
	assert_true(has(dot, "a0 -> a2;"));
}

static void durations_come_from_the_last_run(void **state)
{
	struct world *w = *state;
	put_file("a", "A\n");
	world_shell(w, "a", "out/a", "sleep 0.02; echo > $0");
	assert_int_equal(engine_durations(&w->arena, &w->graph, "out")[0], 0);
	assert_runs(w, 1, 0);
	assert_true(engine_durations(&w->arena, &w->graph, "out")[0] >= 20000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        WORLD_TEST(makers_point_at_users),
	        WORLD_TEST(a_target_shows_only_what_it_needs),
	        WORLD_TEST(the_longest_chain_of_work_is_red),
	        WORLD_TEST(durations_come_from_the_last_run),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
