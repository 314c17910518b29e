#include "engine/state/journal.h"
#include "engine/state/record.h"
#include "os/files.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum {
	JOURNAL_HEADER_BYTES = 12, /* magic, generation */
	RECORD_HEADER_BYTES = 16, /* length, generation, checksum */
	COMPACT_RECORDS_MIN = 512, /* below that, size does not matter */
};
static const struct str journal_magic = STR_INIT("xtaskJ01");

enum record_kind { RECORD_PATH = 1, RECORD_TRACE, RECORD_GONE, RECORD_TOOL };

static void journal_number(struct journal *j, struct tracked_file *f)
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

static void read_trace(struct journal *j, struct record_reader *r)
{
	struct trace *trace = ARENA_NEW(j->files->arena, struct trace);
	trace->valid = record_read_u8(r) == 1;
	trace->key = record_read_digest(r);
	trace->duration_us = record_read_u64(r);
	trace->output_count = read_count(r, sizeof(uint32_t) + sizeof(struct digest));
	trace->outputs =
	        ARENA_ARRAY(j->files->arena, struct trace_output, trace->output_count);
	for (size_t i = 0; i < trace->output_count; i++) {
		trace->outputs[i].file = read_file(j, r);
		trace->outputs[i].digest = record_read_digest(r);
	}
	trace->discovered = read_files(j, r, &trace->discovered_count);
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
	if (bytes.len < JOURNAL_HEADER_BYTES || !str_starts_with(bytes, journal_magic))
		return;
	struct record_reader r = {bytes.ptr + journal_magic.len, bytes.ptr + bytes.len, false};
	j->generation = record_read_u32(&r);
	*out_good_bytes = JOURNAL_HEADER_BYTES;
	struct str payload;
	while (r.at < r.end && next_payload(&r, j->generation, &payload)) {
		if (!read_payload(j, payload))
			return;
		*out_good_bytes = (size_t)(r.at - bytes.ptr);
	}
}

static int write_all(int fd, struct str bytes)
{
	while (bytes.len) {
		ssize_t put = write(fd, bytes.ptr, bytes.len);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return errno;
		bytes = str_slice(bytes, (size_t)put, bytes.len);
	}
	return 0;
}

static struct str journal_header(const struct journal *j, struct arena *a)
{
	struct text header = {.arena = a};
	text_add(&header, journal_magic);
	record_add_u32(&header, j->generation);
	return text_str(&header);
}

static int journal_start(struct journal *j)
{
	j->generation++;
	j->size = JOURNAL_HEADER_BYTES;
	int error = ftruncate(j->fd, 0) < 0 ? errno : 0;
	return error ? error : write_all(j->fd, journal_header(j, j->files->arena));
}

int journal_open(struct journal *j, struct file_table *files, const char *path)
{
	*j = (struct journal){.path = str_from_c(path), .files = files, .fd = -1};
	struct str bytes = STR("");
	struct stat st;
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return EINVAL; /* a device may never end */
	int error = file_read(files->arena, path, &bytes);
	if (error && error != ENOENT)
		return error;
	size_t good;
	journal_parse(j, bytes, &good);
	j->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (j->fd < 0)
		return errno;
	if (good == 0)
		return journal_start(j);
	j->size = good;
	return good < bytes.len && ftruncate(j->fd, (off_t)good) < 0 ? errno : 0;
}

static void add_record(const struct journal *j, struct text *t, struct str payload)
{
	record_add_u32(t, (uint32_t)payload.len);
	record_add_u32(t, j->generation);
	record_add_u64(t, record_checksum(payload) ^ j->generation);
	text_add(t, payload);
}

/* The file's number, with a path record in front when it is new. */
static uint32_t add_file(struct journal *j, struct text *t, struct tracked_file *f)
{
	if (!f->journal_number) {
		struct text payload = {.arena = t->arena};
		record_add_u8(&payload, RECORD_PATH);
		record_add_str(&payload, f->path);
		add_record(j, t, text_str(&payload));
		journal_number(j, f);
	}
	return f->journal_number;
}

static void add_files(struct journal *j, struct text *t, struct text *payload,
                      struct tracked_file *const *files, size_t count)
{
	record_add_u32(payload, (uint32_t)count);
	for (size_t i = 0; i < count; i++)
		record_add_u32(payload, add_file(j, t, files[i]));
}

static void add_trace(struct journal *j, struct text *t, const struct trace *trace)
{
	struct text payload = {.arena = t->arena};
	record_add_u8(&payload, RECORD_TRACE);
	record_add_u8(&payload, trace->valid);
	record_add_digest(&payload, &trace->key);
	record_add_u64(&payload, trace->duration_us);
	record_add_u32(&payload, (uint32_t)trace->output_count);
	for (size_t i = 0; i < trace->output_count; i++) {
		record_add_u32(&payload, add_file(j, t, trace->outputs[i].file));
		record_add_digest(&payload, &trace->outputs[i].digest);
	}
	add_files(j, t, &payload, trace->discovered, trace->discovered_count);
	add_record(j, t, text_str(&payload));
}

static void add_tool(struct journal *j, struct text *t, const struct tool_record *tool)
{
	struct text payload = {.arena = t->arena};
	record_add_u8(&payload, RECORD_TOOL);
	record_add_u32(&payload, add_file(j, t, tool->driver));
	record_add_digest(&payload, &tool->digest);
	add_files(j, t, &payload, tool->parts, tool->part_count);
	add_record(j, t, text_str(&payload));
}

/* Forgets the numbers given out since first: their records never reached the file. */
static void journal_unnumber(struct journal *j, size_t first)
{
	while (j->numbered_count > first)
		j->numbered[--j->numbered_count]->journal_number = 0;
}

static int journal_append(struct journal *j, struct text *t, size_t numbered_before)
{
	int error = write_all(j->fd, text_str(t));
	if (!error) {
		j->size += t->len;
		j->record_count++;
	} else {
		journal_unnumber(j, numbered_before);
		if (ftruncate(j->fd, (off_t)j->size) < 0)
			error = errno;
	}
	arena_release(t->arena);
	return error;
}

int journal_add_trace(struct journal *j, const struct trace *trace)
{
	struct arena a;
	host_arena_init(&a);
	struct text t = {.arena = &a};
	size_t numbered = j->numbered_count;
	add_trace(j, &t, trace);
	return journal_append(j, &t, numbered);
}

int journal_add_tool(struct journal *j, const struct tool_record *tool)
{
	struct arena a;
	host_arena_init(&a);
	struct text t = {.arena = &a};
	size_t numbered = j->numbered_count;
	add_tool(j, &t, tool);
	return journal_append(j, &t, numbered);
}

int journal_add_gone(struct journal *j, struct tracked_file *first_output)
{
	struct arena a;
	host_arena_init(&a);
	struct text t = {.arena = &a}, payload = {.arena = &a};
	size_t numbered = j->numbered_count;
	record_add_u8(&payload, RECORD_GONE);
	record_add_u32(&payload, add_file(j, &t, first_output));
	add_record(j, &t, text_str(&payload));
	return journal_append(j, &t, numbered);
}

/* Whether a newer record of the same driver stands before this one in the list. */
static bool tool_is_superseded(const struct journal *j, const struct tool_record *tool)
{
	const struct tool_record *newest = j->tools;
	while (newest->driver != tool->driver)
		newest = newest->next;
	return newest != tool;
}

int journal_compact(struct journal *j)
{
	size_t live = 0;
	for (size_t i = 0; i < j->files->count; i++)
		live += j->files->files[i]->trace != NULL;
	if (j->record_count < COMPACT_RECORDS_MIN || j->record_count < 2 * live)
		return 0;

	struct arena a;
	host_arena_init(&a);
	j->generation++;
	journal_unnumber(j, 0);
	j->record_count = 0;
	struct text t = {.arena = &a};
	text_add(&t, journal_header(j, &a));
	for (size_t i = 0; i < j->files->count; i++)
		if (j->files->files[i]->trace)
			add_trace(j, &t, j->files->files[i]->trace);
	for (const struct tool_record *tool = j->tools; tool; tool = tool->next)
		if (!tool_is_superseded(j, tool))
			add_tool(j, &t, tool);
	int error = file_write(j->path.ptr, text_str(&t), 0644);
	arena_release(&a);
	return error;
}

void journal_close(struct journal *j)
{
	if (j->fd >= 0)
		close(j->fd);
	j->fd = -1;
}
