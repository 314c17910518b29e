/* why: what made each action of the last run run, down to the file that was edited. */
#include "cmd/graph/target.h"
#include "cmd/pipeline.h"
#include "os/files.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const struct option *const options[] = {options_system, NULL};

/* The lines of OUT/.state/reasons, as an array. */
struct story {
	struct arena *arena;
	json_t *actions;
	bool *told; /* of each action: it was explained above already */
};

static bool story_read(struct invocation *in, const struct pipeline *p, struct story *story)
{
	struct str path = pipeline_path(p, ".state/reasons"), content;
	*story = (struct story){.arena = in->arena, .actions = json_array()};
	int error = file_read(in->arena, arena_c_str(in->arena, path), &content);
	if (error) {
		diag_error(in->diag, (struct span){}, STR("`xtask build` writes it"),
		           "%.*s: %s, so nothing was built here yet", STR_ARG(path),
		           strerror(error));
		return false;
	}
	while (content.len) {
		struct str_split line = str_cut(content, '\n');
		content = line.rest;
		json_t *action = json_loadb(line.head.ptr, line.head.len, 0, NULL);
		if (action) /* the last line of a killed run may be half a line */
			json_array_append_new(story->actions, action);
	}
	story->told = ARENA_ARRAY(in->arena, bool, json_array_size(story->actions) + 1);
	return true;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

static bool makes(const json_t *action, struct str path)
{
	const json_t *outputs = json_object_get(action, "outputs");
	for (size_t i = 0; i < json_array_size(outputs); i++)
		if (str_equal(str_from_c(json_string_value(json_array_get(outputs, i))), path))
			return true;
	return false;
}

/* A source that changed stands for what compiles it together with others. */
static bool is_changed_source(const json_t *action, struct str path)
{
	const json_t *reasons = json_object_get(action, "reasons");
	for (size_t i = 0; str_ends_with(path, STR(".c")) && i < json_array_size(reasons); i++)
		if (str_equal(str_from_c(text_of(json_array_get(reasons, i), "path")), path))
			return true;
	return false;
}

/* "kernel/core/log.c" stands for "compile kernel/core/log.c", and so does the whole title. */
static bool is_meant(const json_t *action, struct str target)
{
	struct str title = str_from_c(text_of(action, "action"));
	return makes(action, target) || is_changed_source(action, target) ||
	       str_equal(title, target) ||
	       (title.len > target.len && str_ends_with(title, target) &&
	        title.ptr[title.len - target.len - 1] == ' ');
}

static void print_arguments(const json_t *reason)
{
	const json_t *added = json_object_get(reason, "added");
	json_int_t gone = json_integer_value(json_object_get(reason, "gone"));
	for (size_t i = 0; i < json_array_size(added); i++)
		printf("%s '%s'", i ? "," : ": new", json_string_value(json_array_get(added, i)));
	if (gone)
		printf("%s%lld gone", json_array_size(added) ? ", " : ": ", (long long)gone);
	if (!gone && !json_array_size(added))
		printf(": another order");
}

static void print_reason(const json_t *reason, int indent)
{
	const char *former = text_of(reason, "old"), *now = text_of(reason, "new");
	printf("%*s%s", indent, "", text_of(reason, "what"));
	if (json_object_get(reason, "path"))
		printf(": %s", text_of(reason, "path"));
	if (json_object_get(reason, "added"))
		print_arguments(reason);
	if (*former || *now)
		printf(" (%s -> %s)", *former ? former : "none", *now ? now : "none");
	putchar('\n');
}

static void tell(struct story *story, size_t index, int indent)
{
	const json_t *action = json_array_get(story->actions, index);
	const json_t *reasons = json_object_get(action, "reasons");
	bool told = story->told[index];
	story->told[index] = true;
	printf("%*s%s%s\n", indent, "", text_of(action, "action"), told ? ": see above" : "");
	for (size_t i = 0; !told && i < json_array_size(reasons); i++) {
		const json_t *reason = json_array_get(reasons, i);
		print_reason(reason, indent + 2);
		struct str path = str_from_c(text_of(reason, "path"));
		for (size_t k = 0; path.len && k < json_array_size(story->actions); k++)
			if (k != index && makes(json_array_get(story->actions, k), path))
				tell(story, k, indent + 4);
	}
}

static void show(struct story *story, size_t index, bool json)
{
	if (!json) {
		tell(story, index, 0);
		return;
	}
	json_dumpf(json_array_get(story->actions, index), stdout, JSON_COMPACT);
	putchar('\n');
}

/* Of a target that did not run: whether the build knows it at all; reported otherwise. */
static bool is_known(struct pipeline *p, struct str target)
{
	if (!pipeline_read(p) || !pipeline_plan(p))
		return false;
	for (size_t i = 0; i < p->plan.graph.count; i++)
		if (target_is_of(&p->plan.graph.actions[i], target))
			return true;
	target_report_unknown(p->in, &p->plan.graph, target);
	return false;
}

static int run_why(struct invocation *in)
{
	struct pipeline p;
	struct story story;
	pipeline_name(&p, in);
	if (!story_read(in, &p, &story))
		return EXIT_USAGE;
	size_t count = json_array_size(story.actions), shown = 0;
	for (size_t i = 0; i < count; i++) {
		/* The last ones first: what stands on top explains what lies below it. */
		size_t index = count - 1 - i;
		bool meant = !in->words.count ||
		             is_meant(json_array_get(story.actions, index), in->words.items[0]);
		if (!meant || (!in->words.count && story.told[index]))
			continue;
		show(&story, index, in->json);
		shown++;
	}
	json_decref(story.actions);
	if (!shown && in->words.count && !is_known(&p, in->words.items[0]))
		return EXIT_USAGE;
	if (!in->json && in->words.count && !shown)
		printf("why: '%.*s' was up to date in the last run that ran anything\n",
		       STR_ARG(in->words.items[0]));
	else if (!in->json)
		printf("why: the last run that ran anything ran %zu action%s\n", count,
		       count == 1 ? "" : "s");
	return EXIT_DONE;
}

const struct command command_why = {
        .name = "why",
        .summary = "say why the last run ran an action",
        .usage = "[OPTIONS] [TARGET]",
        .details = "Names the input whose digest changed (old -> new), or the changed arguments, "
                   "parameters,\n"
                   "environment or tool, or the output that was missing or altered. An input that "
                   "was made in the\n"
                   "same run is explained in turn. TARGET is an output or what an action is shown "
                   "by\n"
                   "(kernel/core/log.c); without it every action is told. A digest is shown by "
                   "its first 16 digits.\n",
        .example =
                "  xtask why build/rustos-boot.img\n  xtask why --json kernel/executive/start.c\n",
        .options = options,
        .words_max = 1,
        .run = run_why,
};
