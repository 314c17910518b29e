#include "engine/state/journal_format.h"
#include "engine/state/record.h"
#include <string.h>

void journal_number(struct journal *j, struct tracked_file *f)
{
	if (j->numbered_count == j->numbered_capacity) {
		size_t capacity = j->numbered_capacity ? 2 * j->numbered_capacity : 256;
		struct tracked_file **grown =
		        ARENA_ARRAY(j->files->arena, struct tracked_file *, capacity);
		if (j->numbered_count)
			memcpy(grown, j->numbered, j->numbered_count * sizeof(*grown));
		j->numbered = grown;
		j->numbered_capacity = capacity;
	}
	j->numbered[j->numbered_count++] = f;
	f->journal_number = (uint32_t)j->numbered_count;
}

static struct tracked_file *read_file(struct journal *j, struct record_reader *r)
{
	uint32_t number = record_read_u32(r);
	if (r->failed || number == 0 || number > j->numbered_count) {
		r->failed = true;
		return NULL;
	}
	return j->numbered[number - 1];
}

/* A count that the bytes left can hold at all. */
static size_t read_count(struct record_reader *r, size_t item_bytes)
{
	size_t count = record_read_u32(r);
	if (count > (size_t)(r->end - r->at) / item_bytes)
		r->failed = true;
	return r->failed ? 0 : count;
}

static struct tracked_file **read_files(struct journal *j, struct record_reader *r,
                                        size_t *out_count)
{
	size_t count = read_count(r, sizeof(uint32_t));
	struct tracked_file **files = ARENA_ARRAY(j->files->arena, struct tracked_file *, count);
	for (size_t i = 0; i < count; i++)
		files[i] = read_file(j, r);
	*out_count = count;
	return files;
}

static struct trace_parts *read_parts(struct journal *j, struct record_reader *r)
{
	if (record_read_u8(r) != 1)
		return NULL;
	struct trace_parts *parts = ARENA_NEW(j->files->arena, struct trace_parts);
	parts->kind = record_read_u64(r);
	parts->outputs = record_read_u64(r);
	parts->params = record_read_u64(r);
	parts->environment = record_read_u64(r);
	parts->word_count = read_count(r, sizeof(uint32_t));
	parts->words = ARENA_ARRAY(j->files->arena, uint32_t, parts->word_count);
	for (size_t i = 0; i < parts->word_count; i++)
		parts->words[i] = record_read_u32(r);
	parts->input_count = read_count(r, sizeof(uint32_t) + sizeof(uint64_t) + 1);
	parts->inputs = ARENA_ARRAY(j->files->arena, struct trace_input, parts->input_count);
	for (size_t i = 0; i < parts->input_count; i++) {
		parts->inputs[i].file = read_file(j, r);
		parts->inputs[i].digest = record_read_u64(r);
		parts->inputs[i].role = (enum trace_role)record_read_u8(r);
	}
	return parts;
}

static void read_trace(struct journal *j, struct record_reader *r)
{
	struct trace *trace = ARENA_NEW(j->files->arena, struct trace);
	trace->valid = record_read_u8(r) == 1;
	trace->key = record_read_digest(r);
	trace->duration_us = record_read_u64(r);
	trace->output_count = read_count(r, sizeof(uint32_t) + sizeof(struct digest));
	trace->outputs = ARENA_ARRAY(j->files->arena, struct trace_output, trace->output_count);
	for (size_t i = 0; i < trace->output_count; i++) {
		trace->outputs[i].file = read_file(j, r);
		trace->outputs[i].digest = record_read_digest(r);
	}
	trace->discovered = read_files(j, r, &trace->discovered_count);
	trace->parts = read_parts(j, r);
	if (trace->output_count == 0)
		r->failed = true;
	if (!r->failed)
		trace->outputs[0].file->trace = trace;
}

static void read_tool(struct journal *j, struct record_reader *r)
{
	struct tool_record *tool = ARENA_NEW(j->files->arena, struct tool_record);
	tool->driver = read_file(j, r);
	tool->digest = record_read_digest(r);
	tool->parts = read_files(j, r, &tool->part_count);
	if (r->failed)
		return;
	tool->next = j->tools; /* the newest is found first */
	j->tools = tool;
}

static bool read_payload(struct journal *j, struct str payload)
{
	struct record_reader r = {payload.ptr, payload.ptr + payload.len, false};
	switch (record_read_u8(&r)) {
	case RECORD_PATH: {
		struct str path = record_read_str(&r);
		if (!r.failed && path.len)
			journal_number(j, file_table_get(j->files, path));
		else
			r.failed = true;
		break;
	}
	case RECORD_TRACE:
		read_trace(j, &r);
		break;
	case RECORD_GONE: {
		struct tracked_file *f = read_file(j, &r);
		if (f)
			f->trace = NULL;
		break;
	}
	case RECORD_TOOL:
		read_tool(j, &r);
		break;
	default:
		r.failed = true;
	}
	if (!r.failed && payload.ptr[0] != RECORD_PATH)
		j->record_count++;
	return !r.failed;
}

/* The next record's payload; false when it is not whole. */
static bool next_payload(struct record_reader *r, uint32_t generation, struct str *out_payload)
{
	uint32_t length = record_read_u32(r), record_generation = record_read_u32(r);
	uint64_t checksum = record_read_u64(r);
	if (r->failed || (size_t)(r->end - r->at) < length || record_generation != generation)
		return false;
	*out_payload = (struct str){r->at, length};
	r->at += length;
	return length > 0 && checksum == (record_checksum(*out_payload) ^ generation);
}

void journal_parse(struct journal *j, struct str bytes, size_t *out_good_bytes)
{
	*out_good_bytes = 0;
	if (bytes.len < JOURNAL_HEADER_BYTES || !str_starts_with(bytes, STR(JOURNAL_MAGIC)))
		return;
	struct record_reader r = {bytes.ptr + STR(JOURNAL_MAGIC).len, bytes.ptr + bytes.len, false};
	j->generation = record_read_u32(&r);
	*out_good_bytes = JOURNAL_HEADER_BYTES;
	struct str payload;
	while (r.at < r.end && next_payload(&r, j->generation, &payload)) {
		if (!read_payload(j, payload))
			return;
		*out_good_bytes = (size_t)(r.at - bytes.ptr);
	}
}
