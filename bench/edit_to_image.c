/*
 * From an edit of one service to a signed image: on this repository, and with 200 generated
 * packages more.
 *
 * Each round adds a function to services/rootd/main.c in a copy of the tree and runs `xtask build`
 * there. The peer is what compiler and linker took in the same run, as the build's events tell.
 * Medians go to build/bench/edit_to_image.json.
 */
#include "os/files.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 9, MORE_PACKAGES = 200, LINE_BYTES = 65536 };

#define TREE "build/bench/edit.tree"
#define RESULT "build/bench/edit_to_image.json"
#define EDITED TREE "/services/rootd/main.c"

static void fail(const char *what)
{
	fprintf(stderr, "edit_to_image: %s failed\n", what);
	exit(1);
}

static void run(const char *line)
{
	if (system(line) != 0)
		fail(line);
}

static void put(struct str path, struct str content)
{
	if (file_write(path.ptr, content, 0644) != 0)
		fail(path.ptr);
}

/* What git knows, the tool, the fetched packages and the key. */
static void tree_copy(void)
{
	run("rm -rf " TREE " && mkdir -p " TREE "/build && git ls-files -z --cached --others "
	    "--exclude-standard | tar -c --null --ignore-failed-read -T - 2>/dev/null | tar -x "
	    "-C " TREE " && cp -rp build/bin build/keys build/store " TREE "/build/");
}

static void packages_make(struct arena *a)
{
	for (int i = 0; i < MORE_PACKAGES; i++) {
		struct str folder = str_format(a, TREE "/apps/made_%d", i);
		put(path_join(a, folder, STR("main.c")),
		    str_format(a, "int main(void);\n\nint main(void)\n{\n\treturn %d;\n}\n", i));
		put(path_join(a, folder, STR("RUSTOS.package.toml")),
		    str_format(a,
		               "id   = \"made_%d\"\nkind = \"app\"\n\n[build]\n"
		               "builder = \"c-program\"\n\n[install]\n"
		               "path = \"apps/made_%d/made_%d.elf\"\n",
		               i, i, i));
	}
}

static double now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void edit(int round)
{
	FILE *file = fopen(EDITED, "ae");
	if (!file ||
	    fprintf(file, "int edit_%d(void);\nint edit_%d(void)\n{\n\treturn %d;\n}\n", round,
	            round, round) < 0 ||
	    fclose(file) != 0)
		fail(EDITED);
}

/* Milliseconds of compiles and links, from the events of a build that is read to its end. */
static double compilers_ms(FILE *events)
{
	static char line[LINE_BYTES];
	double sum = 0;
	while (fgets(line, sizeof line, events)) {
		const char *took = strstr(line, "\"duration_us\":");
		bool counts =
		        strstr(line, "\"kind\":\"compile\"") || strstr(line, "\"kind\":\"link\"");
		if (took && counts)
			sum += atof(took + strlen("\"duration_us\":")) / 1e3;
	}
	return sum;
}

static int compare_doubles(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;
	return (left > right) - (left < right);
}

static double median(double *values)
{
	qsort(values, ROUNDS, sizeof *values, compare_doubles);
	return values[ROUNDS / 2];
}

static void measure(FILE *out, int packages)
{
	double all[ROUNDS], compilers[ROUNDS], beyond[ROUNDS];
	run("cd " TREE " && ./build/bin/xtask build --quiet >/dev/null");
	for (int round = 0; round < ROUNDS; round++) {
		edit(packages + round);
		double start = now_ms();
		FILE *events = popen("cd " TREE " && exec ./build/bin/xtask build --json", "re");
		if (!events)
			fail("xtask build");
		compilers[round] = compilers_ms(events);
		if (pclose(events) != 0)
			fail("xtask build");
		all[round] = now_ms() - start;
		beyond[round] = all[round] - compilers[round];
	}
	double whole = median(all), theirs = median(compilers);
	printf("one service edited, %d packages more: signed image after %.0f ms, compiler and "
	       "linker "
	       "%.0f ms, beyond them %.0f ms\n",
	       packages, whole, theirs, median(beyond));
	fprintf(out,
	        "{\"name\":\"one service edited to signed image, %d packages more\",\"value\":%.1f,"
	        "\"unit\":\"ms\",\"peer\":\"compiler and linker alone\",\"peer_value\":%.1f}\n",
	        packages, whole, theirs);
}

int main(void)
{
	struct arena a;
	host_arena_init(&a);
	if (folder_create("build/bench") != 0)
		fail("build/bench");
	FILE *out = fopen(RESULT, "we");
	if (!out)
		fail(RESULT);
	tree_copy();
	measure(out, 0);
	packages_make(&a);
	measure(out, MORE_PACKAGES);
	run("rm -rf " TREE);
	arena_release(&a);
	return fclose(out) == 0 ? 0 : 1;
}
