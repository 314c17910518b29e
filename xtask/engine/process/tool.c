#include "engine/process/tool.h"
#include "engine/process/child.h"
#include "os/files.h"
#include <string.h>
#include <unistd.h>

static const char *const tool_folders[] = {"/usr/bin", "/bin"};
static const char *const compiler_parts[] = {"cc1", "as", "collect2", "ld", "lto1", "lto-wrapper"};

static struct tracked_file *program_find(struct file_table *files, struct arena *a, struct str name)
{
	if (str_contains(name, '/'))
		return file_table_get(files, name);
	for (size_t i = 0; i < COUNT(tool_folders); i++) {
		struct str path = str_format(a, "%s/%.*s", tool_folders[i], STR_ARG(name));
		if (access(path.ptr, X_OK) == 0)
			return file_table_get(files, path);
	}
	return NULL;
}

struct tool *tools_get(struct tools *t, struct str name)
{
	for (struct tool *tool = t->first; tool; tool = tool->next)
		if (str_equal(tool->name, name))
			return tool;
	struct tool *tool = ARENA_NEW(t->arena, struct tool);
	tool->name = name;
	tool->program = program_find(t->journal->files, t->arena, name);
	tool->next = t->first;
	t->first = tool;
	return tool;
}

/* gcc, cc, x86_64-w64-mingw32-gcc-12, musl-gcc; clang has its compiler inside. */
static bool is_driver(struct str name)
{
	struct str base = path_name(name);
	for (size_t i = 0; i + 3 <= base.len; i++)
		if (str_equal(str_slice(base, i, i + 3), STR("gcc")))
			return true;
	return str_equal(base, STR("cc"));
}

const char *tool_path(struct arena *a, const struct tool *tool)
{
	struct str path = tool->program->path;
	return str_contains(path, '/') ? path.ptr : str_format(a, "./%.*s", STR_ARG(path)).ptr;
}

/* What the driver answers to -print-prog-name; empty when it does not. */
static struct str ask_driver(struct arena *a, const struct tool *tool, const char *part)
{
	char *argv[3] = {arena_c_str(a, tool->name),
	                 arena_c_str(a, str_format(a, "-print-prog-name=%s", part)), NULL};
	struct child_program program = {
	        .path = tool_path(a, tool), .argv = argv, .environment = child_environment(a)};
	struct child child;
	if (child_start(&child, &program) != 0)
		return STR("");
	int status = child_finish(&child);
	struct str answer = arena_str(a, str_trim(text_str(&child.said)));
	child_release(&child);
	return status == 0 ? answer : STR("");
}

static bool parts_stand(const struct tool_record *record)
{
	for (size_t i = 0; i < record->part_count; i++)
		if (file_look(record->parts[i]) != FILE_PRESENT)
			return false;
	return true;
}

static const struct tool_record *tool_recorded(const struct tools *t, const struct tool *tool)
{
	for (const struct tool_record *r = t->journal->tools; r; r = r->next)
		if (r->driver == tool->program && digest_equal(&r->digest, &tool->program->digest))
			return parts_stand(r) ? r : NULL;
	return NULL;
}

int tool_find_parts(struct tools *t, struct tool *tool)
{
	if (!is_driver(tool->name) || tool->parts)
		return 0;
	int error = file_hash(tool->program);
	if (error)
		return error;
	const struct tool_record *known = tool_recorded(t, tool);
	if (known) {
		tool->parts = known->parts;
		tool->part_count = known->part_count;
		return 0;
	}
	struct tracked_file **parts =
	        ARENA_ARRAY(t->arena, struct tracked_file *, COUNT(compiler_parts));
	size_t count = 0;
	for (size_t i = 0; i < COUNT(compiler_parts); i++) {
		struct str answer = ask_driver(t->arena, tool, compiler_parts[i]);
		struct tracked_file *part =
		        answer.len ? program_find(t->journal->files, t->arena, answer) : NULL;
		if (part && file_look(part) == FILE_PRESENT)
			parts[count++] = part;
	}
	tool->parts = parts;
	tool->part_count = count;
	struct tool_record *record = ARENA_NEW(t->arena, struct tool_record);
	*record = (struct tool_record){tool->program, tool->program->digest, parts, count,
	                               t->journal->tools};
	t->journal->tools = record;
	return journal_add_tool(t->journal, record);
}
