/*
 * Every header compiles alone.
 *
 * The compiler reads an empty file with one header included before it, with the flags of the
 * header's part; what it says is reported at the place it names.
 */
#include "check/check.h"
#include "check/code.h"
#include "engine/process/child.h"
#include "manifest/discover.h"
#include "os/files.h"
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RUNNING_MAX = 8, MESSAGES_MAX = 3 };

/* The first row whose folder the header lies in. */
static const struct header_part {
	const char *folder;
	const char *flags; /* file in config/flags/, besides common.txt */
	const char *root; /* include folder; NULL: none */
	bool tool; /* sees only the libraries of the host tool, and nothing generated */
} parts[] = {
        {"kernel/", "kernel", "kernel", false},
        {"drivers/bridges/", "kernel", NULL, false},
        {"xtask/", "host", "xtask", true},
        {"libs/base/", "host", NULL, true},
        {"", "user", NULL, false},
};

struct header_check {
	struct arena *arena;
	const struct check_tree *tree;
	const char *gen;
	struct diag *diag;
	struct strs arguments[COUNT(parts)]; /* compiler and flags */
	char **environment;
};

struct running {
	struct child child;
	const struct check_file *header;
};

static bool add_flags(const struct header_check *c, struct strs *list, const char *name)
{
	struct str path = str_format(c->arena, "config/flags/%s.txt", name), content, line;
	int error = file_read(c->arena, path.ptr, &content);
	if (error) {
		diag_error(c->diag, (struct span){}, (struct str){}, "cannot read %.*s: %s",
		           STR_ARG(path), strerror(error));
		return false;
	}
	while (code_next_line(&content, &line)) {
		struct str flag = str_trim(line);
		if (flag.len && flag.ptr[0] != '#')
			strs_add(list, c->arena, arena_str(c->arena, flag));
	}
	return true;
}

static bool add_libraries(const struct header_check *c, struct strs *list)
{
	struct folder libraries;
	int error = folder_read(c->arena, "libs", &libraries);
	if (error) {
		diag_error(c->diag, (struct span){}, (struct str){}, "cannot read libs: %s",
		           strerror(error));
		return false;
	}
	for (size_t i = 0; i < libraries.count; i++)
		strs_add(list, c->arena,
		         str_format(c->arena, "-Ilibs/%.*s/include",
		                    STR_ARG(libraries.entries[i].name)));
	strs_add(list, c->arena, str_format(c->arena, "-I%s", c->gen));
	return true;
}

static bool prepare_part(struct header_check *c, size_t index, const char *compiler)
{
	const struct header_part *part = &parts[index];
	struct strs *list = &c->arguments[index];
	struct arena *a = c->arena;
	strs_add(list, a,
	         str_contains(str_from_c(compiler), '/') ? str_from_c(compiler)
	                                                 : str_format(a, "/usr/bin/%s", compiler));
	if (!add_flags(c, list, "common") || !add_flags(c, list, part->flags))
		return false;
	if (part->root)
		strs_add(list, a, str_format(a, "-I%s", part->root));
	if (part->tool) {
		strs_add(list, a, STR("-Ilibs/agent/include"));
		strs_add(list, a, STR("-Ilibs/base/include"));
		strs_add(list, a, STR("-Ilibs/erofs/include"));
		strs_add(list, a, STR("-Ilibs/fault_rules/include"));
	} else if (!add_libraries(c, list)) {
		return false;
	}
	strs_add(list, a, STR("-fsyntax-only"));
	strs_add(list, a, STR("-fdiagnostics-plain-output"));
	return true;
}

static size_t part_of(struct str path)
{
	size_t i = 0;
	while (!str_starts_with(path, str_from_c(parts[i].folder)))
		i++;
	return i;
}

/* Programs include from the folder of their package on. Empty: in none. */
static struct str package_folder(struct arena *a, struct str path)
{
	do
		path = path_folder(path);
	while (path.len && !file_exists(str_format(a, "%.*s/" MANIFEST_NAME, STR_ARG(path)).ptr));
	return path;
}

static int start(const struct header_check *c, struct running *running)
{
	struct arena *a = c->arena;
	const struct strs *list = &c->arguments[part_of(running->header->source.path)];
	char **argv = ARENA_ARRAY(a, char *, list->count + 7);
	size_t count = 0;
	for (; count < list->count; count++)
		argv[count] = arena_c_str(a, list->items[count]);
	struct str package = package_folder(a, running->header->source.path);
	if (package.len)
		argv[count++] = arena_c_str(a, str_format(a, "-I%.*s", STR_ARG(package)));
	argv[count++] = arena_c_str(a, STR("-include"));
	argv[count++] = arena_c_str(a, running->header->source.path);
	argv[count++] = arena_c_str(a, STR("-xc"));
	argv[count++] = arena_c_str(a, STR("/dev/null"));
	const struct child_program program = {
	        .path = argv[0], .argv = argv, .environment = c->environment};
	return child_start(&running->child, &program);
}

/* The byte at line and column, both from 1. */
static uint32_t offset_of(struct str text, uint64_t line, uint64_t column)
{
	size_t at = 0;
	for (; line > 1 && at < text.len; line--)
		at += str_cut(str_slice(text, at, text.len), '\n').head.len + 1;
	at += column ? column - 1 : 0;
	return (uint32_t)(at < text.len ? at : text.len);
}

static const struct check_file *find_file(const struct check_tree *tree, struct str path)
{
	for (size_t i = 0; i < tree->count; i++)
		if (str_equal(tree->files[i].source.path, path))
			return &tree->files[i];
	return NULL;
}

/* `path:line:column: error: text`; false for other lines. */
static bool report_line(const struct header_check *c, const struct check_file *header,
                        struct str line)
{
	struct str_split path = str_cut(line, ':'), row = str_cut(path.rest, ':');
	struct str_split column = str_cut(row.rest, ':');
	struct str text = str_trim(column.rest);
	struct str name;
	uint64_t line_number, column_number;
	if (!str_to_u64(row.head, &line_number) || !str_to_u64(column.head, &column_number))
		return false;
	bool error = str_starts_with(text, STR("error: "));
	if (!error && !str_starts_with(text, STR("fatal error: ")))
		return false;
	text = str_trim(str_cut(str_slice(text, error ? 0 : 6, text.len), ':').rest);
	struct span span = {&header->source, 0, 0};
	/* "./a.h" is how the compiler names what -include found */
	if (!path_normalise(c->arena, path.head, &name))
		return false;
	const struct check_file *file = find_file(c->tree, name);
	if (file) {
		uint32_t at = offset_of(file->source.text, line_number, column_number);
		span = (struct span){&file->source, at, at};
	}
	diag_error(c->diag, span, STR("a header includes what it uses"),
	           "'%.*s' does not compile alone: %.*s", STR_ARG(header->source.path),
	           STR_ARG(text));
	return true;
}

static void finish(const struct header_check *c, struct running *running)
{
	int status = child_wait(&running->child);
	struct str said = text_str(&running->child.said), line;
	size_t reported = 0;
	while (status != 0 && reported < MESSAGES_MAX && code_next_line(&said, &line))
		reported += report_line(c, running->header, line);
	if (status != 0 && reported == 0)
		diag_error(c->diag, (struct span){&running->header->source, 0, 0}, (struct str){},
		           "'%.*s' does not compile alone: the compiler ended with status %d",
		           STR_ARG(running->header->source.path),
		           WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	child_release(&running->child);
	running->header = NULL;
}

static bool run_all(const struct header_check *c)
{
	struct running running[RUNNING_MAX] = {};
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t slots = cpus < 1 ? 1 : cpus > RUNNING_MAX ? RUNNING_MAX : (size_t)cpus;
	size_t next = 0;
	int error = 0;
	for (size_t i = 0; i < c->tree->count && error == 0; i++) {
		if (!str_ends_with(c->tree->files[i].source.path, STR(".h")))
			continue;
		struct running *slot = &running[next++ % slots];
		if (slot->header)
			finish(c, slot);
		*slot = (struct running){.header = &c->tree->files[i]};
		error = start(c, slot);
		if (error)
			slot->header = NULL;
	}
	for (size_t i = 0; i < slots; i++)
		if (running[i].header)
			finish(c, &running[i]);
	if (error)
		diag_error(c->diag, (struct span){}, (struct str){}, "cannot run %.*s: %s",
		           STR_ARG(c->arguments[0].items[0]), strerror(error));
	return error == 0;
}

bool check_headers(struct arena *a, const struct check_tree *tree, const char *gen,
                   const char *compiler, struct diag *d)
{
	struct header_check c = {.arena = a,
	                         .tree = tree,
	                         .gen = gen,
	                         .diag = d,
	                         .environment = child_environment(a)};
	size_t errors = d->errors;
	for (size_t i = 0; i < COUNT(parts); i++)
		if (!prepare_part(&c, i, compiler))
			return false;
	return run_all(&c) && d->errors == errors;
}
