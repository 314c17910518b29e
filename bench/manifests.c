/*
 * 500 manifests of 40 lines: found, read and checked, alone and against each other.
 *
 * The peer is Python's tomllib, which only parses the same files. Both are
 * timed from inside of their process, files in the page cache; the medians go
 * to build/bench/manifests.json, of the time and of the processor's time (of all threads).
 */
#include "manifest/manifest.h"
#include "os/files.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MANIFESTS = 500, ROUNDS = 41 };

#define TREE "build/bench/manifests.tree"
#define RESULT "build/bench/manifests.json"

static const char peer_program[] =
        "import time, tomllib, glob, statistics\n"
        "def read(clock):\n"
        "    start = clock()\n"
        "    for path in sorted(glob.glob('" TREE "/**/RUSTOS.package.toml', recursive=True)):\n"
        "        with open(path, 'rb') as file:\n"
        "            tomllib.load(file)\n"
        "    return (clock() - start) * 1e6\n"
        "for clock in time.perf_counter, time.process_time:\n"
        "    print(statistics.median(read(clock) for _ in range(5)))\n";

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void put(struct str path, struct str content)
{
	if (file_write(path.ptr, content, 0644) != 0)
		fail(path.ptr);
}

static void add_entry(struct text *t, int number, int entry)
{
	text_addf(t,
	          "\n[[desktop.entries]]\n"
	          "display_name  = \"Program %d, way %d\"\n"
	          "weight_micros = %d\n"
	          "console_hosted = true\n"
	          "logical_admin = false\n"
	          "launch = \"none\"\n"
	          "args = [\"--verbose\", \"--number\", \"%d\"]\n"
	          "env = [\"HOME=/home/user\", \"TERM=vt100\"]\n",
	          number, entry, 100 + entry, number);
}

/* Lines as people write them: comments, blanks, lists over several lines. */
static struct str manifest_text(struct arena *a, int number)
{
	struct text t = {.arena = a};
	text_addf(&t,
	          "# Program %d of the generated tree.\n"
	          "id = \"program-%d\"\n"
	          "kind = \"app\"\n"
	          "profiles = [\"default\", \"test\"]\n"
	          "startup = \"none\"\n"
	          "runtime_deps = [\n",
	          number, number);
	for (int dep = number - 3; dep < number; dep++)
		if (dep >= 0)
			text_addf(&t, "\t\"program-%d\",\n", dep);
	text_addf(&t,
	          "]\n\n[build]\n"
	          "builder = \"c-program\"  # our runtime\n"
	          "source = \".\"\n"
	          "libs = [\"base\", \"rt\"]\n"
	          "extra_args = [\"-O2\", \"-DNUMBER=%d\"]\n"
	          "\n[install]\n"
	          "path = \"apps/program-%d/program.elf\"\n"
	          "layout = \"file\"\n"
	          "\n[boot]\npreload = false\npriority = %d\n",
	          number, number, number);
	add_entry(&t, number, 1);
	add_entry(&t, number, 2);
	return text_str(&t);
}

static void make_tree(struct arena *a)
{
	if (tree_remove(TREE) != 0)
		fail(TREE);
	put(STR(TREE "/libs/base/base.c"), STR("\n"));
	put(STR(TREE "/libs/rt/rt.c"), STR("\n"));
	for (int i = 0; i < MANIFESTS; i++) {
		struct str folder = str_format(a, TREE "/apps/program-%d", i);
		put(path_join(a, folder, STR("main.c")), STR("int main(void) { return 0; }\n"));
		put(path_join(a, folder, STR("RUSTOS.package.toml")), manifest_text(a, i));
	}
}

static int compare_doubles(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;
	return (left > right) - (left < right);
}

/* Microseconds to the end of every check. */
static double read_us(clockid_t clock)
{
	struct arena a;
	struct diag d;
	struct timespec start, end;
	struct manifests manifests;
	clock_gettime(clock, &start);
	host_arena_init(&a);
	diag_init(&d, &a);
	if (!manifest_read_all(&a, &manifests, &d) || manifests.count != MANIFESTS || d.warnings) {
		diag_print(&d, stderr, DIAG_TEXT);
		exit(1);
	}
	arena_release(&a);
	clock_gettime(clock, &end);
	return (double)(end.tv_sec - start.tv_sec) * 1e6 +
	       (double)(end.tv_nsec - start.tv_nsec) / 1e3;
}

static double ours(const char *root, clockid_t clock)
{
	double values[ROUNDS];
	if (chdir(TREE) != 0)
		fail(TREE);
	for (size_t i = 0; i < ROUNDS; i++)
		values[i] = read_us(clock);
	if (chdir(root) != 0)
		fail(root);
	qsort(values, ROUNDS, sizeof values[0], compare_doubles);
	return values[ROUNDS / 2];
}

static void theirs(struct arena *a, double out_values[2])
{
	put(STR(TREE "/peer.py"), STR(peer_program));
	struct str line = str_format(a, "python3 %s", TREE "/peer.py");
	FILE *peer = popen(line.ptr, "re");
	if (!peer || fscanf(peer, "%lf %lf", &out_values[0], &out_values[1]) != 2 ||
	    pclose(peer) != 0) {
		fprintf(stderr, "manifests: python3 gave no figure\n");
		exit(1);
	}
}

static void add_row(struct text *rows, const char *name, double value, double peer)
{
	printf("%s: %.1f ms; tomllib only parses them: %.1f ms\n", name, value / 1e3, peer / 1e3);
	text_addf(rows,
	          "{\"name\":\"%s\",\"value\":%.0f,\"unit\":\"us\","
	          "\"peer\":\"Python tomllib, parsing only\",\"peer_value\":%.0f}\n",
	          name, value, peer);
}

int main(void)
{
	struct arena a;
	double peer[2];
	host_arena_init(&a);
	struct text rows = {.arena = &a};
	char *root = realpath(".", NULL);
	if (!root)
		fail(".");
	make_tree(&a);
	theirs(&a, peer);
	add_row(&rows, "500 manifests read and checked", ours(root, CLOCK_MONOTONIC), peer[0]);
	add_row(&rows, "500 manifests, processor time", ours(root, CLOCK_PROCESS_CPUTIME_ID),
	        peer[1]);
	put(STR(RESULT), text_str(&rows));
	free(root);
	arena_release(&a);
	return 0;
}
