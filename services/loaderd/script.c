#include "script.h"

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
	if (head.len > SCRIPT_LINE_MAX)
		head.len = SCRIPT_LINE_MAX;
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
