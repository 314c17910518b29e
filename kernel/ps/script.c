#include "ps/script.h"
#include "core/api.h"
#include <base/cleanup.h>
#include <string.h>

static bool script_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct str script_trim(struct str text)
{
	while (text.len && script_is_blank(text.ptr[0]))
		text = str_slice(text, 1, text.len);
	while (text.len && script_is_blank(text.ptr[text.len - 1]))
		text.len--;
	return text;
}

bool script_is(struct str head)
{
	return str_starts_with(head, STR("#!"));
}

/* As Linux fs/binfmt_script.c: a line that is cut off may only lose a part of its argument. */
enum status script_parse(struct str head, struct script_line *out_line)
{
	if (!script_is(head))
		return ERR_NOT_EXECUTABLE;
	bool is_whole = head.len < SCRIPT_LINE_MAX || str_contains(head, '\n');
	struct str line = str_cut(head, '\n').head;
	if (str_contains(line, '\0'))
		line = str_cut(line, '\0').head;
	line = str_slice(line, 2, line.len);
	struct str text = script_trim(line);
	size_t name = 0;
	while (name < text.len && !script_is_blank(text.ptr[name]))
		name++;
	bool has_end = is_whole || name < text.len || text.ptr + name < line.ptr + line.len;
	if (name == 0 || !has_end)
		return ERR_NOT_EXECUTABLE;
	out_line->interpreter = str_slice(text, 0, name);
	out_line->argument = script_trim(str_slice(text, name, text.len));
	return OK;
}

/* The first bytes of a program file, less when it is shorter. */
static enum status program_read_head(struct file *file, char *bytes, size_t capacity,
                                     struct str *out_head)
{
	struct vm_object *pages;
	uint64_t size = file->ops->size(file);
	size_t len = size < capacity ? (size_t)size : capacity;
	if (!file->ops->map)
		return ERR_ACCESS_DENIED;
	TRY(file->ops->map(file, false, &pages));
	TRY(vm_object_read(pages, 0, bytes, len));
	*out_head = (struct str){bytes, len};
	return OK;
}

/* Script at path: its interpreter, the argument and the path come first, in place of argument 0. */
static enum status script_put_arguments(struct program_opened *opened, struct str path,
                                        const struct script_line *line)
{
	struct process_request *request = &opened->request;
	size_t old = request->argument_count, dropped = old ? 1 : 0;
	size_t added = line->argument.len ? 3 : 2, count = old - dropped + added;
	if (count > PROGRAM_STRINGS_MAX)
		return ERR_TOO_BIG;
	memmove(opened->texts + added, opened->texts + dropped,
	        (old - dropped) * sizeof opened->texts[0]);
	opened->texts[0] = line->interpreter;
	if (line->argument.len)
		opened->texts[1] = line->argument;
	opened->texts[added - 1] = path;
	request->argument_count = count;
	return OK;
}

/* One file of the chain; true: it is no script, and stays open. */
static enum status program_open_level(struct program_opened *opened, unsigned level, bool *out_done)
{
	struct process_request *request = &opened->request;
	char last[SCRIPT_LINE_MAX],
	        *bytes = level < SCRIPT_LEVELS_MAX ? opened->lines[level] : last;
	struct str head;
	struct script_line line;
	TRY(process_setup()->names->open_program(request->path, &request->program));
	TRY(program_read_head(request->program, bytes, SCRIPT_LINE_MAX, &head));
	*out_done = !script_is(head);
	if (*out_done)
		return OK;
	if (level == SCRIPT_LEVELS_MAX)
		return ERR_TOO_MANY_SYMLINKS;
	TRY(script_parse(head, &line));
	TRY(script_put_arguments(opened, request->path, &line));
	file_unref(TAKE(request->program));
	request->path = line.interpreter;
	return OK;
}

/* As /proc will show it. */
static enum status program_open_name(struct program_opened *opened)
{
	size_t len;
	TRY(process_setup()->names->whole_path(opened->request.path, opened->path,
	                                       sizeof opened->path, &len));
	opened->request.path = (struct str){opened->path, len};
	return OK;
}

enum status program_open(const struct process_request *request, struct program_opened **out_opened)
{
	if (request->argument_count > PROGRAM_STRINGS_MAX)
		return ERR_TOO_BIG;
	struct program_opened *opened = heap_alloc(sizeof *opened);
	if (!opened)
		return ERR_NO_MEMORY;
	opened->request = *request;
	opened->request.program = NULL;
	if (request->argument_count)
		memcpy(opened->texts, request->arguments,
		       request->argument_count * sizeof opened->texts[0]);
	opened->request.arguments = opened->texts;
	enum status status = OK;
	bool done = false;
	for (unsigned level = 0; !done && status == OK; level++)
		status = program_open_level(opened, level, &done);
	if (status == OK)
		status = program_open_name(opened);
	if (status != OK) {
		program_close(opened);
		return status;
	}
	*out_opened = opened;
	return OK;
}

void program_close(struct program_opened *opened)
{
	if (!opened)
		return;
	file_unref(opened->request.program);
	heap_free(opened, sizeof *opened);
}
