#include "engine/why/parts.h"
#include "engine/state/record.h"
#include "os/files.h"
#include <endian.h>
#include <string.h>

uint64_t digest_prefix(const struct digest *digest)
{
	uint64_t prefix;
	memcpy(&prefix, digest->bytes, sizeof prefix);
	return be64toh(prefix);
}

static uint64_t text_prefix(struct str s)
{
	struct digest digest = digest_bytes(s);
	return digest_prefix(&digest);
}

static uint64_t kind_part(const struct action *action)
{
	struct arena a;
	host_arena_init(&a);
	struct text t = {.arena = &a};
	record_add_str(&t, str_from_c(action->kind->name));
	record_add_u32(&t, action->kind->version);
	record_add_str(&t, action->launcher);
	uint64_t part = text_prefix(text_str(&t));
	arena_release(&a);
	return part;
}

static uint64_t outputs_part(const struct action *action)
{
	struct arena a;
	host_arena_init(&a);
	struct text t = {.arena = &a};
	for (size_t i = 0; i < action->outputs.count; i++)
		record_add_str(&t, action->outputs.items[i]);
	record_add_u8(&t, action->depfile.len > 0);
	uint64_t part = text_prefix(text_str(&t));
	arena_release(&a);
	return part;
}

static uint64_t environment_part(const struct run *r, const struct action *action)
{
	struct arena a;
	host_arena_init(&a);
	struct text t = {.arena = &a};
	for (char **variable = r->environment; !action->kind->run && *variable; variable++)
		record_add_str(&t, str_from_c(*variable));
	uint64_t part = text_prefix(text_str(&t));
	arena_release(&a);
	return part;
}

static void add_inputs(struct trace_parts *parts, struct tracked_file *const *files, size_t count,
                       enum trace_role role)
{
	for (size_t i = 0; i < count; i++) {
		struct trace_input *input = &parts->inputs[parts->input_count++];
		*input = (struct trace_input){.file = files[i], .role = role};
		if (file_hash(files[i]) == 0)
			input->digest = digest_prefix(&files[i]->digest);
	}
}

struct trace_parts *trace_parts_now(struct run *r, struct arena *a, const struct step *s,
                                    struct tracked_file *const *discovered, size_t discovered_count)
{
	const struct action *action = s->action;
	struct trace_parts *parts = ARENA_NEW(a, struct trace_parts);
	*parts = (struct trace_parts){
	        .kind = kind_part(action),
	        .outputs = outputs_part(action),
	        .params = text_prefix(action->params),
	        .environment = environment_part(r, action),
	        .word_count = action->argv.count,
	        .words = ARENA_ARRAY(a, uint32_t, action->argv.count),
	};
	for (size_t i = 0; i < action->argv.count; i++)
		parts->words[i] = (uint32_t)record_checksum(action->argv.items[i]);
	size_t tools = s->tool ? 1 + s->tool->part_count : 0;
	parts->inputs =
	        ARENA_ARRAY(a, struct trace_input, action->inputs.count + tools + discovered_count);
	add_inputs(parts, s->inputs, action->inputs.count, TRACE_INPUT);
	if (s->tool) {
		add_inputs(parts, &s->tool->program, 1, TRACE_TOOL);
		add_inputs(parts, s->tool->parts, s->tool->part_count, TRACE_TOOL);
	}
	add_inputs(parts, discovered, discovered_count, TRACE_DISCOVERED);
	return parts;
}
