#include "engine/why/reasons.h"
#include "engine/why/parts.h"
#include "os/files.h"
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

static json_t *reason_add(json_t *list, const char *what)
{
	json_t *reason = json_pack("{s:s}", "what", what);
	json_array_append_new(list, reason);
	return reason;
}

static void set_text(json_t *object, const char *key, struct str value)
{
	json_t *text = json_stringn(value.ptr, value.len);
	json_object_set_new(object, key, text ? text : json_string("(not UTF-8)"));
}

static void set_prefix(json_t *object, const char *key, uint64_t prefix)
{
	json_object_set_new(object, key, json_sprintf("%016llx", (unsigned long long)prefix));
}

static void add_scalar(json_t *list, const char *what, uint64_t former, uint64_t now)
{
	if (former == now)
		return;
	json_t *reason = reason_add(list, what);
	set_prefix(reason, "old", former);
	set_prefix(reason, "new", now);
}

static bool has_word(const struct trace_parts *parts, uint32_t word)
{
	for (size_t i = 0; i < parts->word_count; i++)
		if (parts->words[i] == word)
			return true;
	return false;
}

/* Names the words that are new; of those that are gone only the number is known. */
static void add_arguments(json_t *list, const struct trace_parts *former,
                          const struct trace_parts *now, const struct action *action)
{
	bool same = former->word_count == now->word_count;
	for (size_t i = 0; same && i < now->word_count; i++)
		same = former->words[i] == now->words[i];
	if (same)
		return;
	json_t *reason = reason_add(list, "arguments changed"), *added = json_array();
	for (size_t i = 0; i < now->word_count; i++)
		if (!has_word(former, now->words[i]))
			json_array_append_new(added, json_stringn(action->argv.items[i].ptr,
			                                          action->argv.items[i].len));
	json_int_t gone = 0;
	for (size_t i = 0; i < former->word_count; i++)
		gone += !has_word(now, former->words[i]);
	json_object_set_new(reason, "added", added);
	json_object_set_new(reason, "gone", json_integer(gone));
}

static const struct trace_input *find_input(const struct trace_parts *parts,
                                            const struct tracked_file *f)
{
	for (size_t i = 0; i < parts->input_count; i++)
		if (parts->inputs[i].file == f)
			return &parts->inputs[i];
	return NULL;
}

static void add_input(json_t *list, const struct trace_input *former, const struct trace_input *now)
{
	bool is_tool = (now ? now : former)->role == TRACE_TOOL;
	const char *what = is_tool                            ? "tool changed"
	                   : !now                             ? "input removed"
	                   : !former                          ? "input added"
	                   : now->file->state != FILE_PRESENT ? "input gone"
	                                                      : "input changed";
	json_t *reason = reason_add(list, what);
	set_text(reason, "path", (now ? now : former)->file->path);
	if (former)
		set_prefix(reason, "old", former->digest);
	if (now && now->file->state == FILE_PRESENT)
		set_prefix(reason, "new", now->digest);
}

/* Inputs that differ. The other ones stand in the same place on both sides, most often. */
static void add_inputs(json_t *list, const struct trace_parts *former,
                       const struct trace_parts *now)
{
	for (size_t i = 0; i < now->input_count; i++) {
		const struct trace_input *input = &now->inputs[i];
		bool same_place = i < former->input_count && former->inputs[i].file == input->file;
		const struct trace_input *before =
		        same_place ? &former->inputs[i] : find_input(former, input->file);
		if (!before || before->digest != input->digest)
			add_input(list, before, input);
	}
	for (size_t i = 0; i < former->input_count; i++)
		if (!(i < now->input_count && now->inputs[i].file == former->inputs[i].file) &&
		    !find_input(now, former->inputs[i].file))
			add_input(list, &former->inputs[i], NULL);
}

static void add_outputs(json_t *list, const struct trace *trace)
{
	for (size_t i = 0; i < trace->output_count; i++) {
		struct tracked_file *f = trace->outputs[i].file;
		bool there = file_hash(f) == 0;
		if (there && digest_equal(&f->digest, &trace->outputs[i].digest))
			continue;
		json_t *reason = reason_add(list, there ? "output changed" : "output missing");
		set_text(reason, "path", f->path);
		set_prefix(reason, "old", digest_prefix(&trace->outputs[i].digest));
		if (there)
			set_prefix(reason, "new", digest_prefix(&f->digest));
	}
}

static json_t *reasons_of(struct run *r, struct arena *a, const struct step *s)
{
	json_t *list = json_array();
	const struct trace *trace = s->trace;
	if (!trace || !trace->parts) {
		reason_add(list, "first run");
		return list;
	}
	const struct trace_parts *former = trace->parts;
	const struct trace_parts *now =
	        trace_parts_now(r, a, s, trace->discovered, trace->discovered_count);
	if (!trace->valid)
		reason_add(list, "interrupted");
	add_scalar(list, "kind changed", former->kind, now->kind);
	add_arguments(list, former, now, s->action);
	add_scalar(list, "parameters changed", former->params, now->params);
	add_scalar(list, "environment changed", former->environment, now->environment);
	add_scalar(list, "outputs changed", former->outputs, now->outputs);
	add_inputs(list, former, now);
	add_outputs(list, trace);
	if (json_array_size(list) == 0)
		reason_add(list, "inputs in another order");
	return list;
}

static void write_line(struct reasons *reasons, json_t *object)
{
	if (reasons->failed)
		return;
	if (reasons->fd < 0)
		reasons->fd = open(reasons->path,
		                   O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
	char *line = json_dumps(object, JSON_COMPACT);
	struct arena a;
	host_arena_init(&a);
	struct str text = str_format(&a, "%s\n", line ? line : "{}");
	reasons->failed = write(reasons->fd, text.ptr, text.len) != (ssize_t)text.len;
	arena_release(&a);
	free(line);
}

void reasons_note(struct run *r, const struct step *s)
{
	struct arena a;
	host_arena_init(&a);
	json_t *object = json_object(), *outputs = json_array();
	set_text(object, "action", action_title(&a, s->action));
	for (size_t i = 0; i < s->action->outputs.count; i++)
		json_array_append_new(
		        outputs, json_stringn(s->outputs[i]->path.ptr, s->outputs[i]->path.len));
	json_object_set_new(object, "outputs", outputs);
	json_object_set_new(object, "reasons", reasons_of(r, &a, s));
	write_line(r->reasons, object);
	json_decref(object);
	arena_release(&a);
}

void reasons_close(struct reasons *reasons)
{
	if (reasons->fd >= 0)
		close(reasons->fd);
	reasons->fd = -1;
}
