/*
 * build.ninja. Commands run with the environment that the engine gives; what has no
 * command is done by the tool itself, which leaves equal outputs alone (restat).
 */
#include "engine/export/export.h"
#include "engine/process/command_line.h"

static void add_path(struct text *t, struct str path)
{
	text_add_byte(t, ' ');
	for (size_t i = 0; i < path.len; i++) {
		if (path.ptr[i] == ' ' || path.ptr[i] == ':' || path.ptr[i] == '$')
			text_add_byte(t, '$');
		text_add_byte(t, path.ptr[i]);
	}
}

static void add_paths(struct text *t, const struct strs *paths)
{
	for (size_t i = 0; i < paths->count; i++)
		add_path(t, paths->items[i]);
}

/* A variable's value: only '$' means something in it, and it ends with the line. */
static void add_value(struct text *t, const char *name, struct str value)
{
	text_addf(t, "  %s = ", name);
	for (size_t i = 0; i < value.len; i++) {
		if (value.ptr[i] == '$')
			text_add_byte(t, '$');
		text_add_byte(t, value.ptr[i] == '\n' ? ' ' : value.ptr[i]);
	}
	text_add_byte(t, '\n');
}

/* Whether ninja can run it: a command, and a line break in none of its words. */
static bool has_command(const struct action *action)
{
	for (size_t i = 0; i < action->argv.count; i++)
		if (str_contains(action->argv.items[i], '\n'))
			return false;
	return !action->kind->run;
}

static struct str act_command(struct arena *a, const struct ninja_request *request,
                              const struct action *action)
{
	struct digest params = digest_bytes(action->params);
	struct action shown = {.outputs = action->outputs};
	strs_add(&shown.argv, a, action->outputs.items[0]);
	for (size_t i = 0; i < action->argv.count; i++)
		strs_add(&shown.argv, a, action->argv.items[i]);
	return str_format(a, "%.*s %.*s %u.%.16s", STR_ARG(request->act),
	                  STR_ARG(command_line_show(a, &shown)), (unsigned)action->kind->version,
	                  digest_hex(a, &params).ptr);
}

static void add_build(struct arena *a, struct text *t, const struct ninja_request *request,
                      const struct action *action)
{
	bool command = has_command(action);
	struct str program = action->argv.count ? action->argv.items[0] : STR("");
	text_add(t, STR("build"));
	add_paths(t, &action->outputs);
	text_addf(t, ": %s", command ? "command" : "act");
	add_paths(t, &action->inputs);
	if (str_contains(program, '/') && program.ptr[0] != '/') {
		text_add(t, STR(" |"));
		add_path(t, program);
	}
	if (action->order_only.count) {
		text_add(t, STR(" ||"));
		add_paths(t, &action->order_only);
	}
	text_add_byte(t, '\n');
	add_value(t, "line",
	          command ? command_line_show(a, action) : act_command(a, request, action));
	add_value(t, "title",
	          str_format(a, "%s %.*s", action->kind->name, STR_ARG(action->subject)));
	if (action->depfile.len) {
		add_value(t, "depfile", action->depfile);
		text_add(t, STR("  deps = gcc\n"));
	}
	text_add_byte(t, '\n');
}

struct str export_ninja(struct arena *a, const struct ninja_request *request)
{
	struct text t = {.arena = a}, environment = {.arena = a};
	for (char *const *variable = request->environment; *variable; variable++)
		text_addf(&environment, " '%s'", *variable);
	text_addf(&t,
	          "# Written by `xtask gen ninja`.\n"
	          "ninja_required_version = 1.5\n"
	          "builddir = %.*s\n\n"
	          "rule command\n  command = env -i%.*s $line\n  description = $title\n\n"
	          "rule act\n  command = $line\n  description = $title\n  restat = 1\n\n",
	          STR_ARG(request->out), STR_ARG(text_str(&environment)));
	for (size_t i = 0; i < request->graph->count; i++)
		add_build(a, &t, request, &request->graph->actions[i]);
	return text_str(&t);
}
