/*
 * The same graph and the same random edits for us and for ninja, each in a folder of
 * its own: equal files, and nothing that ninja would not have run.
 */
#include "engine/export/export.h"
#include "engine/process/child.h"
#include "engine_fixture.h"

enum { ROUNDS = 30, SOURCES = 7, HEADERS = 4, LINKS = 3, ACTIONS = SOURCES + LINKS + 1 };

#define NINJA "/usr/bin/ninja"
static const char *const folders[] = {"ours", "ninja"};

/* What decides the graph and the files; both sides are made from it. */
struct project {
	unsigned source[SOURCES], comment[SOURCES], header[HEADERS];
	bool includes[SOURCES][HEADERS];
	unsigned flags;
};

static void enter(struct world *w, const char *folder)
{
	assert_int_equal(chdir(w->place.root), 0);
	if (folder)
		assert_int_equal(chdir(folder), 0);
}

static void put_numbered(struct world *w, const char *name, unsigned index, struct str content)
{
	for (size_t i = 0; i < COUNT(folders); i++) {
		struct str path = str_format(&w->arena, "%s/%s%u", folders[i], name, index);
		assert_int_equal(file_write(path.ptr, content, 0644), 0);
	}
}

static void put_source(struct world *w, const struct project *p, unsigned i)
{
	put_numbered(
	        w, "s", i,
	        str_format(&w->arena, "# remark %u\nsource %u\n", p->comment[i], p->source[i]));
}

static void put_header(struct world *w, const struct project *p, unsigned i)
{
	put_numbered(w, "h", i, str_format(&w->arena, "header %u\n", p->header[i]));
}

/* Takes remarks out; its depfile names the headers. Every action notes that it ran. */
static void add_compile(struct world *w, const struct project *p, unsigned i)
{
	struct text headers = {.arena = &w->arena};
	text_add(&headers, STR(""));
	for (unsigned h = 0; h < HEADERS; h++)
		if (p->includes[i][h])
			text_addf(&headers, " h%u", h);
	struct str script = str_format(&w->arena,
	                               "sed '/^#/d' s%u%.*s /dev/null > $0; echo 'o:%.*s' > $1; "
	                               "echo o%u >> ran; : %u",
	                               i, STR_ARG(text_str(&headers)), STR_ARG(text_str(&headers)),
	                               i, p->flags);
	struct action *action = world_shell(w, str_format(&w->arena, "s%u", i).ptr,
	                                    str_format(&w->arena, "out/o%u", i).ptr, script.ptr);
	action->depfile = str_format(&w->arena, "out/o%u.d", i);
	strs_add(&action->argv, &w->arena, STR("$dep"));
}

static void make_graph(struct world *w, const struct project *p)
{
	world_clear(w);
	for (unsigned i = 0; i < SOURCES; i++)
		add_compile(w, p, i);
	for (unsigned i = 0; i < LINKS; i++) {
		struct text inputs = {.arena = &w->arena};
		for (unsigned k = i; k < SOURCES; k += i + 1)
			text_addf(&inputs, " out/o%u", k);
		world_shell(w, text_str(&inputs).ptr, str_format(&w->arena, "out/l%u", i).ptr,
		            str_format(&w->arena, "cat %.*s > $0; echo l%u >> ran",
		                       STR_ARG(text_str(&inputs)), i)
		                    .ptr);
	}
	world_shell(w, "out/l0 out/l1 out/l2", "out/all",
	            "cat out/l0 out/l1 out/l2 > $0; echo all >> ran");
}

static void run_ninja(struct world *w)
{
	struct ninja_request request = {
	        .graph = &w->graph,
	        .out = STR("out"),
	        .act = STR("false"),
	        .environment = child_environment(&w->arena),
	};
	struct str content = export_ninja(&w->arena, &request), former;
	if (file_read(&w->arena, "build.ninja", &former) != 0 || !str_equal(former, content))
		assert_int_equal(file_write("build.ninja", content, 0644), 0);
	char name[] = "ninja", jobs[] = "-j2";
	char *argv[] = {name, jobs, NULL};
	struct child child;
	assert_int_equal(
	        child_start(&child, &(struct child_program){.path = NINJA,
	                                                    .argv = argv,
	                                                    .environment = request.environment}),
	        0);
	int status = child_finish(&child);
	if (status)
		fprintf(stderr, "%.*s\n", STR_ARG(text_str(&child.said)));
	child_release(&child);
	assert_int_equal(status, 0);
}

/* What ran there, sorted; and forgets it. */
static struct strs ran(struct world *w, const char *folder)
{
	struct strs names = {};
	struct str path = str_format(&w->arena, "%s/ran", folder), content;
	if (file_read(&w->arena, path.ptr, &content) != 0)
		return names;
	while (content.len) {
		struct str_split line = str_cut(content, '\n');
		strs_add(&names, &w->arena, line.head);
		content = line.rest;
	}
	unlink(path.ptr);
	strs_sort(&names);
	return names;
}

static void assert_equal_outputs(struct world *w)
{
	for (size_t i = 0; i < w->graph.count; i++) {
		struct digest digests[2];
		struct str output = w->graph.actions[i].outputs.items[0];
		for (size_t k = 0; k < COUNT(folders); k++) {
			struct str path =
			        str_format(&w->arena, "%s/%.*s", folders[k], STR_ARG(output));
			assert_int_equal(digest_file(path.ptr, &digests[k]), 0);
		}
		assert_memory_equal(&digests[0], &digests[1], sizeof digests[0]);
	}
}

/* Runs both; how many actions each ran. */
static void run_both(struct world *w, const struct project *p, size_t counts[2])
{
	make_graph(w, p);
	enter(w, folders[0]);
	if (!world_run(w))
		diag_print(&w->diag, stderr, DIAG_TEXT);
	assert_int_equal(w->diag.errors, 0);
	enter(w, folders[1]);
	run_ninja(w);
	enter(w, NULL);
	assert_equal_outputs(w);
	struct strs ours = ran(w, folders[0]), theirs = ran(w, folders[1]);
	for (size_t i = 0; i < ours.count; i++) {
		if (!strs_contain(&theirs, ours.items[i]))
			fprintf(stderr, "only we ran %.*s\n", STR_ARG(ours.items[i]));
		assert_true(strs_contain(&theirs, ours.items[i]));
	}
	assert_int_equal(w->summary.run, ours.count);
	counts[0] += ours.count;
	counts[1] += theirs.count;
}

static void edit(struct world *w, struct project *p, unsigned *seed)
{
	unsigned s = (unsigned)rand_r(seed) % SOURCES, h = (unsigned)rand_r(seed) % HEADERS;
	switch (rand_r(seed) % 6) {
	case 0:
		p->source[s]++;
		break;
	case 1:
		p->comment[s]++;
		break;
	case 2:
		p->header[h]++;
		put_header(w, p, h);
		return;
	case 3: /* the same content again */
		put_header(w, p, h);
		return;
	case 4:
		p->includes[s][h] ^= true;
		return;
	default:
		p->flags ^= 1;
		return;
	}
	put_source(w, p, s);
}

static void random_edits_give_ninjas_files_with_no_more_actions(void **state)
{
	struct world *w = *state;
	struct project p = {};
	unsigned seed = 5;
	size_t counts[2] = {};
	for (unsigned i = 0; i < SOURCES; i++)
		for (unsigned h = 0; h < HEADERS; h++)
			p.includes[i][h] = rand_r(&seed) % 2;
	for (unsigned i = 0; i < SOURCES; i++)
		put_source(w, &p, i);
	for (unsigned i = 0; i < HEADERS; i++)
		put_header(w, &p, i);
	run_both(w, &p, counts);
	assert_int_equal(counts[0], ACTIONS);
	assert_int_equal(counts[1], ACTIONS);
	for (int i = 0; i < ROUNDS; i++) {
		usleep(10000); /* ninja goes by file times, which lag by a clock tick */
		for (int k = rand_r(&seed) % 3; k >= 0; k--)
			edit(w, &p, &seed);
		run_both(w, &p, counts);
	}
	printf("# %d rounds of edits: %zu actions, ninja %zu\n", ROUNDS, counts[0], counts[1]);
	assert_true(counts[0] < counts[1]);
}

static void exported_names_and_commands_are_quoted(void **state)
{
	struct world *w = *state;
	put_file("a b$", "A\n");
	struct action *action = graph_add(&w->graph, &shell_kind);
	strs_add(&action->inputs, &w->arena, STR("a b$"));
	action->outputs = words(w, "out/c:d");
	action->argv = words(w, "cp");
	strs_add(&action->argv, &w->arena, STR("a b$"));
	strs_add(&action->argv, &w->arena, STR("$out_0"));
	run_ninja(w);
	assert_file(w, "out/c:d", "A\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        WORLD_TEST(random_edits_give_ninjas_files_with_no_more_actions),
	        WORLD_TEST(exported_names_and_commands_are_quoted),
	};
	if (access(NINJA, X_OK) != 0) {
		printf("1..0 # SKIP there is no " NINJA "\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
