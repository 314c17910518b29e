/* Format: clang.llvm.org/docs/JSONCompilationDatabase.html. */
#include "engine/process/command_line.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static json_t *json_str(struct str s)
{
	return json_stringn(s.ptr, s.len);
}

static bool is_compile(const struct action *action)
{
	return strcmp(action->kind->name, "compile") == 0 && action->inputs.count &&
	       action->outputs.count;
}

static json_t *compile_entry(struct arena *a, const struct action *action, const char *folder)
{
	struct substitution finals = {action->outputs.items, action->outputs.count, action->depfile,
	                              command_line_root(a)};
	json_t *arguments = json_array();
	for (char **word = command_line_argv(a, &action->argv, &finals); *word; word++)
		json_array_append_new(arguments, json_string(*word));
	json_t *entry = json_object();
	json_object_set_new(entry, "directory", json_string(folder));
	json_object_set_new(entry, "file", json_str(action->inputs.items[0]));
	json_object_set_new(entry, "output", json_str(action->outputs.items[0]));
	json_object_set_new(entry, "arguments", arguments);
	return entry;
}

struct str engine_compile_commands(struct arena *a, const struct graph *g)
{
	char *folder = getcwd(NULL, 0);
	json_t *entries = json_array();
	for (size_t i = 0; i < g->count; i++)
		if (is_compile(&g->actions[i]))
			json_array_append_new(
			        entries, compile_entry(a, &g->actions[i], folder ? folder : "."));
	char *content = json_dumps(entries, JSON_INDENT(1));
	struct str result = str_format(a, "%s\n", content ? content : "[]");
	free(content);
	free(folder);
	json_decref(entries);
	return result;
}
