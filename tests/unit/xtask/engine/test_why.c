/* A random change, and the reason that must name it. */
#include "engine_fixture.h"

enum { ROUNDS = 150, SOURCES = 4 };

/* What the last run noted about the action that makes `output`; "" when it did not run. */
static const char *noted(struct world *w, const char *output)
{
	struct str content;
	struct str key = str_format(&w->arena, "\"outputs\":[\"%s\"", output);
	if (file_read(&w->arena, "out/.state/reasons", &content) != 0)
		return "";
	while (content.len) {
		struct str_split line = str_cut(content, '\n');
		content = line.rest;
		if (memmem(line.head.ptr, line.head.len, key.ptr, key.len))
			return arena_c_str(&w->arena, line.head);
	}
	return "";
}

static void assert_noted(struct world *w, const char *output, const char *text)
{
	const char *line = noted(w, output);
	if (!strstr(line, text))
		fprintf(stderr, "no '%s' in '%s'\n", text, line);
	assert_non_null(strstr(line, text));
}

static void run_params(const struct action *action, struct arena *a, struct action_result *out)
{
	out->exit_status =
	        file_write(arena_c_str(a, engine_output(action, 0)), action->params, 0644) != 0;
}

static struct action_kind params_kind = {.name = "params", .version = 1, .run = run_params};

/* What the random changes change. */
struct inputs {
	unsigned source[SOURCES], header[SOURCES], tool, word, params, epoch;
};

static void put_number(const char *path, const char *format, unsigned number)
{
	struct arena a;
	host_arena_init(&a);
	char *line = NULL;
	assert_true(asprintf(&line, "%s %u\n", format, number) > 0);
	assert_int_equal(file_write(path, str_from_c(line), 0755), 0);
	free(line);
	arena_release(&a);
}

/* sN and a header that only the depfile names -> out/N; a built-in text; all of it -> out/all. */
static void put_world(struct world *w, const struct inputs *in)
{
	world_clear(w);
	put_number("tool", "#!/bin/sh\ncat \"$1\" > \"$2\"; printf 'o: %s\\n' \"$3\" > \"$4\"\n#",
	           in->tool);
	for (unsigned i = 0; i < SOURCES; i++) {
		char source[16], header[16], output[16], depfile[16];
		snprintf(source, sizeof source, "s%u", i);
		snprintf(header, sizeof header, "h%u", i);
		snprintf(output, sizeof output, "out/%u", i);
		snprintf(depfile, sizeof depfile, "out/%u.d", i);
		put_number(source, "source", in->source[i]);
		put_number(header, "header", in->header[i]);
		struct action *action = graph_add(&w->graph, &shell_kind);
		action->outputs = words(w, output);
		action->inputs = words(w, source);
		action->subject = action->outputs.items[0];
		action->depfile = arena_str(&w->arena, str_from_c(depfile));
		action->argv = words(w, "./tool");
		strs_add(&action->argv, &w->arena, action->inputs.items[0]);
		strs_add(&action->argv, &w->arena, STR("$out_0"));
		strs_add(&action->argv, &w->arena, arena_str(&w->arena, str_from_c(header)));
		strs_add(&action->argv, &w->arena, STR("$dep"));
		strs_add(&action->argv, &w->arena, str_format(&w->arena, "-D%u", in->word));
	}
	struct action *text = graph_add(&w->graph, &params_kind);
	text->outputs = words(w, "out/text");
	text->subject = text->outputs.items[0];
	text->params = str_format(&w->arena, "%u\n", in->params);
	world_cat(w, "out/0 out/1 out/2 out/3 out/text", "out/all");
	char epoch[16];
	snprintf(epoch, sizeof epoch, "%u", in->epoch);
	setenv("SOURCE_DATE_EPOCH", epoch, 1);
}

/* One change; the action it concerns and what its reason must say. */
static void mutate(struct inputs *in, unsigned kind, unsigned which, const char **out_output,
                   char out_text[64])
{
	static const char *const outputs[SOURCES] = {"out/0", "out/1", "out/2", "out/3"};
	*out_output = outputs[which];
	switch (kind) {
	case 0:
		in->source[which]++;
		sprintf(out_text, "\"input changed\",\"path\":\"s%u\"", which);
		return;
	case 1:
		in->header[which]++;
		sprintf(out_text, "\"input changed\",\"path\":\"h%u\"", which);
		return;
	case 2:
		in->tool++;
		strcpy(out_text, "\"tool changed\",\"path\":\"tool\"");
		return;
	case 3:
		in->word++;
		sprintf(out_text, "\"arguments changed\",\"added\":[\"-D%u\"]", in->word);
		return;
	case 4:
		in->params++;
		*out_output = "out/text";
		strcpy(out_text, "\"parameters changed\"");
		return;
	case 5:
		in->epoch++;
		strcpy(out_text, "\"environment changed\"");
		return;
	case 6:
		assert_int_equal(unlink(outputs[which]), 0);
		sprintf(out_text, "\"output missing\",\"path\":\"out/%u\"", which);
		return;
	case 7:
		put_file(outputs[which], "altered\n");
		sprintf(out_text, "\"output changed\",\"path\":\"out/%u\"", which);
		return;
	default:
		params_kind.version++;
		*out_output = "out/text";
		strcpy(out_text, "\"kind changed\"");
	}
}

static void a_random_change_is_named(void **state)
{
	struct world *w = *state;
	struct inputs in = {};
	put_world(w, &in);
	assert_runs(w, SOURCES + 2, 0);
	assert_noted(w, "out/all", "\"first run\"");
	unsigned seed = 20261121;
	for (int i = 0; i < ROUNDS; i++) {
		const char *output;
		char text[64];
		unsigned kind = (unsigned)rand_r(&seed) % 9,
		         which = (unsigned)rand_r(&seed) % SOURCES;
		mutate(&in, kind, which, &output, text);
		put_world(w, &in);
		assert_true(world_run(w));
		assert_true(w->summary.run > 0);
		assert_noted(w, output, text);
		/* Every action that ran has a reason. */
		assert_null(strstr(noted(w, "out/all"), "\"reasons\":[]"));
	}
	unsetenv("SOURCE_DATE_EPOCH");
}

static void old_and_new_digest_are_those_of_the_file(void **state)
{
	struct world *w = *state;
	put_file("a", "old\n");
	world_cat(w, "a", "out/a");
	assert_runs(w, 1, 0);
	put_file("a", "new\n");
	assert_runs(w, 1, 0);
	struct digest former = digest_bytes(STR("old\n")), now = digest_bytes(STR("new\n"));
	struct str text =
	        str_format(&w->arena, "\"old\":\"%.16s\",\"new\":\"%.16s\"",
	                   digest_hex(&w->arena, &former).ptr, digest_hex(&w->arena, &now).ptr);
	assert_noted(w, "out/a", text.ptr);
}

static void declared_inputs_that_come_and_go_are_named(void **state)
{
	struct world *w = *state;
	put_file("a", "A\n");
	put_file("b", "B\n");
	world_shell(w, "a", "out/x", "echo > $0");
	assert_runs(w, 1, 0);
	world_clear(w);
	world_shell(w, "b", "out/x", "echo > $0");
	assert_runs(w, 1, 0);
	assert_noted(w, "out/x", "\"input added\",\"path\":\"b\"");
	assert_noted(w, "out/x", "\"input removed\",\"path\":\"a\"");
}

static void a_null_build_keeps_what_the_last_run_noted(void **state)
{
	struct world *w = *state;
	put_file("a", "A\n");
	world_cat(w, "a", "out/a");
	assert_runs(w, 1, 0);
	assert_runs(w, 0, 1);
	assert_noted(w, "out/a", "\"first run\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        WORLD_TEST(a_random_change_is_named),
	        WORLD_TEST(old_and_new_digest_are_those_of_the_file),
	        WORLD_TEST(declared_inputs_that_come_and_go_are_named),
	        WORLD_TEST(a_null_build_keeps_what_the_last_run_noted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
