/*
 * Builds of 525, 5,250 and 21,000 actions, ours beside ninja's (and samurai's) on the same graph.
 *
 * The tree: libraries of 20 sources and one link each; a source includes two headers of its
 * library and two of eight that all share, as its depfile tells. The commands are this program
 * itself. Each executor has a copy of the tree. Medians go to build/bench/graph_scale.json, of the
 * time and of the processor's time with that of children, which a busy host spoils less.
 */
#include "engine/engine.h"
#include "engine/export/export.h"
#include "engine/process/child.h"
#include "engine/state/snapshot.h"
#include "os/files.h"
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SOURCES_PER_LIBRARY = 20, SHARED_HEADERS = 8, ROUNDS = 15, FEW_ROUNDS = 5 };

#define ROOT "build/bench/scale"
#define RESULT "build/bench/graph_scale.json"
#define SNAPSHOT "out/.state/snapshot"
#define PATHS "paths"

extern char **environ;

static const struct action_kind kind_compile = {"compile", 1, NULL, false};
static const struct action_kind kind_link = {"link", 1, NULL, false};

[[gnu::noreturn]] static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void check(int error, const char *what)
{
	if (!error)
		return;
	fprintf(stderr, "%s: %s\n", what, strerror(error));
	exit(1);
}

/* --- The commands of the graph ---------------------------------------------------------- */

/* compile SOURCE OUT DEPFILE HEADER...: everything behind each other, without remarks. */
static int compile(int count, char **words)
{
	struct arena a;
	host_arena_init(&a);
	struct text object = {.arena = &a}, dependencies = {.arena = &a};
	text_add(&dependencies, STR("o:"));
	for (int i = 0; i < count; i++) {
		struct str content;
		if (i == 1 || i == 2)
			continue;
		check(file_read(&a, words[i], &content), words[i]);
		while (content.len) {
			struct str_split line = str_cut(content, '\n');
			content = line.rest;
			if (!str_starts_with(line.head, STR("//")))
				text_addf(&object, "%.*s\n", STR_ARG(line.head));
		}
		text_addf(&dependencies, " %s", words[i]);
	}
	text_add_byte(&dependencies, '\n');
	check(file_write(words[1], text_str(&object), 0644), words[1]);
	check(file_write(words[2], text_str(&dependencies), 0644), words[2]);
	arena_release(&a);
	return 0;
}

/* link OUT OBJECT... */
static int link_objects(int count, char **words)
{
	struct arena a;
	host_arena_init(&a);
	struct text all = {.arena = &a};
	for (int i = 1; i < count; i++) {
		struct str content;
		check(file_read(&a, words[i], &content), words[i]);
		text_add(&all, content);
	}
	check(file_write(words[0], text_str(&all), 0644), words[0]);
	arena_release(&a);
	return 0;
}

/* --- Tree and graph --------------------------------------------------------------------- */

static void make_tree(struct arena *a, unsigned libraries)
{
	for (unsigned h = 0; h < SHARED_HEADERS; h++)
		check(file_write(str_format(a, "include/shared%u.h", h).ptr,
		                 str_format(a, "int shared%u;\n", h), 0644),
		      "include");
	for (unsigned l = 0; l < libraries; l++) {
		for (unsigned h = 0; h < 2; h++)
			check(file_write(str_format(a, "src/l%u/l%u.h", l, h).ptr,
			                 str_format(a, "int own%u;\n", h), 0644),
			      "src");
		for (unsigned s = 0; s < SOURCES_PER_LIBRARY; s++)
			check(file_write(str_format(a, "src/l%u/s%u.c", l, s).ptr,
			                 str_format(a, "int f%u_%u(void);\n", l, s), 0644),
			      "src");
	}
}

static void add_compile(struct graph *g, unsigned library, unsigned source, struct str object)
{
	struct arena *a = g->arena;
	struct action *action = graph_add(g, &kind_compile);
	action->subject = str_format(a, "src/l%u/s%u.c", library, source);
	strs_add(&action->inputs, a, action->subject);
	strs_add(&action->outputs, a, object);
	action->depfile = str_format(a, "%.*s.d", STR_ARG(object));
	const struct str words[] = {
	        STR("./cc"),
	        STR("compile"),
	        action->subject,
	        STR("$out_0"),
	        STR("$dep"),
	        str_format(a, "src/l%u/l0.h", library),
	        str_format(a, "src/l%u/l1.h", library),
	        str_format(a, "include/shared%u.h", source % SHARED_HEADERS),
	        str_format(a, "include/shared%u.h", (source + 3) % SHARED_HEADERS),
	};
	for (size_t i = 0; i < COUNT(words); i++)
		strs_add(&action->argv, a, words[i]);
}

static void make_graph(struct graph *g, unsigned libraries)
{
	struct arena *a = g->arena;
	for (unsigned l = 0; l < libraries; l++) {
		struct strs objects = {};
		for (unsigned s = 0; s < SOURCES_PER_LIBRARY; s++) {
			struct str object = str_format(a, "out/l%u/s%u.o", l, s);
			strs_add(&objects, a, object);
			add_compile(g, l, s, object);
		}
		struct action *action = graph_add(g, &kind_link);
		action->subject = str_format(a, "out/l%u/all", l);
		strs_add(&action->outputs, a, action->subject);
		action->inputs = objects;
		const struct str words[] = {STR("./cc"), STR("link"), STR("$out_0")};
		for (size_t i = 0; i < COUNT(words); i++)
			strs_add(&action->argv, a, words[i]);
		for (size_t i = 0; i < objects.count; i++)
			strs_add(&action->argv, a, objects.items[i]);
	}
}

/* build LIBRARIES, in a tree: what xtask does; a null build ends at the snapshot. */
static int build(unsigned libraries, bool planned)
{
	struct arena a;
	struct diag d;
	host_arena_init(&a);
	diag_init(&d, &a);
	struct engine_summary summary = {};
	if (!planned && engine_unchanged("out", STR("scale"), &summary)) {
		printf("0\n");
		return 0;
	}
	struct graph g = {.arena = &a};
	make_graph(&g, libraries);
	struct engine_request request = {
	        .graph = &g, .out = "out", .identity = STR("scale"), .quiet = true};
	bool good = engine_run(&request, &summary, &d);
	diag_print(&d, stderr, DIAG_TEXT);
	printf("%zu\n", summary.run);
	return good ? 0 : 1;
}

static void write_ninja(struct arena *a, unsigned libraries)
{
	struct graph g = {.arena = a};
	make_graph(&g, libraries);
	struct ninja_request request = {&g, STR("out"), STR("false"), child_environment(a)};
	check(file_write("build.ninja", export_ninja(a, &request), 0644), "build.ninja");
}

/* ninja LIBRARIES: the graph is described anew, then read. */
static int describe_and_run_ninja(unsigned libraries)
{
	struct arena a;
	host_arena_init(&a);
	write_ninja(&a, libraries);
	arena_release(&a);
	execlp("ninja", "ninja", NULL);
	fail("ninja");
}

/* The peer of a null build: NUL-terminated paths, one stat() each. */
static int stat_all(const char *list)
{
	struct arena a;
	struct str paths;
	struct stat st;
	size_t found = 0;
	host_arena_init(&a);
	check(file_read(&a, list, &paths), list);
	for (size_t at = 0; at < paths.len; at += strlen(paths.ptr + at) + 1)
		found += stat(paths.ptr + at, &st) == 0;
	arena_release(&a);
	return found ? 0 : 1;
}

static void write_paths(struct arena *a)
{
	struct str bytes;
	struct snapshot s;
	struct text list = {.arena = a};
	check(file_read(a, SNAPSHOT, &bytes), SNAPSHOT);
	if (!snapshot_parse(bytes, &s))
		fail(SNAPSHOT);
	for (size_t i = 0; i < s.header->checked_count; i++) {
		text_add(&list, str_from_c(snapshot_path(&s, &s.entries[i])));
		text_add_byte(&list, '\0');
	}
	check(file_write(PATHS, text_str(&list), 0644), PATHS);
}

/* --- Measuring -------------------------------------------------------------------------- */

struct contender {
	const char *name; /* also its folder */
	char *argv[6];
	double ms[ROUNDS], cpu_ms[ROUNDS];
	bool present;
};

static double time_ms(struct timeval t)
{
	return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

/* One run there, its output thrown away. */
static void run(struct contender *c, const char *folder, size_t round)
{
	char *const *argv = c->argv;
	struct rusage used;
	struct timespec start, end;
	posix_spawn_file_actions_t actions;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addchdir_np(&actions, folder);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "errors", O_WRONLY | O_CREAT,
	                                 0644);
	pid_t pid;
	int status;
	clock_gettime(CLOCK_MONOTONIC, &start);
	if (posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ) != 0 ||
	    wait4(pid, &status, 0, &used) < 0 || status != 0)
		fail(argv[0]);
	clock_gettime(CLOCK_MONOTONIC, &end);
	posix_spawn_file_actions_destroy(&actions);
	c->ms[round] = (double)(end.tv_sec - start.tv_sec) * 1e3 +
	               (double)(end.tv_nsec - start.tv_nsec) / 1e6;
	c->cpu_ms[round] = time_ms(used.ru_utime) + time_ms(used.ru_stime);
}

static int compare_doubles(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;
	return (left > right) - (left < right);
}

static double median(double *values, size_t count)
{
	qsort(values, count, sizeof *values, compare_doubles);
	return values[count / 2];
}

static bool on_path(const char *program)
{
	const char *const folders[] = {"/usr/bin/", "/usr/local/bin/"};
	char path[64];
	for (size_t i = 0; i < COUNT(folders); i++) {
		snprintf(path, sizeof path, "%s%s", folders[i], program);
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

static void result(FILE *out, const char *what, unsigned actions, const double value[2],
                   const char *peer)
{
	fprintf(out,
	        "{\"name\":\"%s, %u actions\",\"value\":%.2f,\"unit\":\"ms\","
	        "\"peer\":\"%s\",\"peer_value\":%.2f}\n",
	        what, actions, value[0], peer, value[1]);
}

static void compare(FILE *out, const char *what, unsigned actions, struct contender *ours,
                    struct contender *theirs, size_t rounds)
{
	char cpu_name[64];
	const double wall[2] = {median(ours->ms, rounds), median(theirs->ms, rounds)};
	const double cpu[2] = {median(ours->cpu_ms, rounds), median(theirs->cpu_ms, rounds)};
	snprintf(cpu_name, sizeof cpu_name, "%s, processor", what);
	result(out, what, actions, wall, theirs->name);
	result(out, cpu_name, actions, cpu, theirs->name);
	printf("  %-28s %8.1f ms   %-12s %8.1f ms   %.2f   processor %8.1f and %8.1f ms   %.2f\n",
	       what, wall[0], theirs->name, wall[1], wall[0] / wall[1], cpu[0], cpu[1],
	       cpu[0] / cpu[1]);
	fflush(stdout);
}

/* Medians of runs taken in turn. */
static void race(struct contender *all, size_t count, const char *folder, size_t rounds)
{
	for (size_t r = 0; r < rounds; r++)
		for (size_t i = 0; i < count; i++)
			if (all[i].present)
				run(&all[i], folder ? folder : all[i].name, r);
}

static void report(FILE *out, const char *what, unsigned actions, struct contender *all,
                   size_t count, size_t rounds)
{
	for (size_t i = 1; i < count; i++)
		if (all[i].present)
			compare(out, what, actions, &all[0], &all[i], rounds);
}

static void append(const char *path, const char *line)
{
	FILE *file = fopen(path, "a");
	if (!file || fputs(line, file) < 0 || fclose(file) != 0)
		fail(path);
}

static void prepare(struct arena *a, const char *self, const char *folder, unsigned libraries)
{
	check(folder_create(folder), folder);
	if (chdir(folder) < 0)
		fail(folder);
	make_tree(a, libraries);
	(void)unlink("cc");
	if (symlink(self, "cc") < 0) /* a link would share the inode, and its times */
		fail("cc");
	write_ninja(a, libraries);
	if (chdir("..") < 0)
		fail("..");
}

static void measure(FILE *out, struct arena *a, char *self, unsigned libraries)
{
	char number[16], ninja[] = "ninja", samu[] = "samu", build_word[] = "build",
	                 plan_word[] = "plan", stat_word[] = "stat", list[] = PATHS;
	snprintf(number, sizeof number, "%u", libraries);
	unsigned actions = libraries * (SOURCES_PER_LIBRARY + 1);
	struct contender all[] = {
	        {"xtask", {self, build_word, number}, .present = true},
	        {"ninja", {ninja}, .present = on_path(ninja)},
	        {"samurai", {samu}, .present = getenv("SAMURAI") || on_path(samu)},
	};
	if (getenv("SAMURAI"))
		all[2].argv[0] = getenv("SAMURAI");
	printf("%u actions\n", actions);
	for (size_t i = 0; i < COUNT(all); i++)
		if (all[i].present)
			prepare(a, self, all[i].name, libraries);
	race(all, COUNT(all), NULL, 1);
	report(out, "first build", actions, all, COUNT(all), 1);
	sleep(3); /* until file times prove something; see docs/engine.md */
	race(all, COUNT(all), NULL, 1);
	race(all, COUNT(all), NULL, ROUNDS);
	report(out, "null build", actions, all, COUNT(all), ROUNDS);

	if (chdir(all[0].name) < 0)
		fail(all[0].name);
	write_paths(a);
	if (chdir("..") < 0)
		fail("..");
	struct contender bare[] = {
	        all[0],
	        {"bare stat()", {self, stat_word, list}, .present = true},
	};
	race(bare, COUNT(bare), "xtask", ROUNDS);
	report(out, "null build", actions, bare, COUNT(bare), ROUNDS);

	struct contender anew[] = {
	        {all[0].name, {self, plan_word, number}, .present = true},
	        {all[1].name, {self, ninja, number}, .present = all[1].present},
	};
	race(anew, COUNT(anew), NULL, FEW_ROUNDS);
	report(out, "null build, graph made anew", actions, anew, COUNT(anew), FEW_ROUNDS);
	for (size_t r = 0; r < FEW_ROUNDS; r++) {
		for (size_t i = 0; i < COUNT(all); i++)
			if (all[i].present)
				append(str_format(a, "%s/src/l0/s%zu.c", all[i].name, r).ptr,
				       "int more;\n");
		for (size_t i = 0; i < COUNT(all); i++)
			if (all[i].present)
				run(&all[i], all[i].name, r);
	}
	report(out, "one source edited", actions, all, COUNT(all), FEW_ROUNDS);
	for (size_t i = 0; i < COUNT(all); i++)
		if (all[i].present)
			append(str_format(a, "%s/include/shared0.h", all[i].name).ptr,
			       "// remark\n");
	race(all, COUNT(all), NULL, 1);
	report(out, "a comment in a header", actions, all, COUNT(all), 1);
}

int main(int argc, char **argv)
{
	static const unsigned sizes[] = {25, 250, 1000};
	if (argc > 2 && strcmp(argv[1], "compile") == 0)
		return compile(argc - 2, argv + 2);
	if (argc > 2 && strcmp(argv[1], "link") == 0)
		return link_objects(argc - 2, argv + 2);
	if (argc == 3 && strcmp(argv[1], "build") == 0)
		return build((unsigned)atoi(argv[2]), false);
	if (argc == 3 && strcmp(argv[1], "plan") == 0)
		return build((unsigned)atoi(argv[2]), true);
	if (argc == 3 && strcmp(argv[1], "ninja") == 0)
		return describe_and_run_ninja((unsigned)atoi(argv[2]));
	if (argc == 3 && strcmp(argv[1], "stat") == 0)
		return stat_all(argv[2]);
	char *self = realpath("/proc/self/exe", NULL);
	FILE *out = fopen(RESULT, "w");
	if (!self || !out)
		fail(RESULT);
	for (size_t i = 0; i < COUNT(sizes) && (argc < 2 || i < (size_t)atoi(argv[1])); i++) {
		struct arena a;
		host_arena_init(&a);
		check(tree_remove(ROOT), ROOT);
		check(folder_create(ROOT), ROOT);
		char *former = getcwd(NULL, 0);
		if (!former || chdir(ROOT) < 0)
			fail(ROOT);
		measure(out, &a, self, sizes[i]);
		if (chdir(former) < 0)
			fail(former);
		free(former);
		arena_release(&a);
	}
	check(tree_remove(ROOT), ROOT);
	free(self);
	return fclose(out) == 0 ? 0 : 1;
}
