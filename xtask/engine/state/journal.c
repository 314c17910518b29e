#include "engine/state/journal_format.h"
#include "engine/state/record.h"
#include "os/files.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { COMPACT_RECORDS_MIN = 512 }; /* below that, size does not matter */

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
	text_add(&header, STR(JOURNAL_MAGIC));
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

static void add_parts(struct journal *j, struct text *t, struct text *payload,
                      const struct trace_parts *parts)
{
	record_add_u8(payload, parts != NULL);
	if (!parts)
		return;
	record_add_u64(payload, parts->kind);
	record_add_u64(payload, parts->outputs);
	record_add_u64(payload, parts->params);
	record_add_u64(payload, parts->environment);
	record_add_u32(payload, (uint32_t)parts->word_count);
	for (size_t i = 0; i < parts->word_count; i++)
		record_add_u32(payload, parts->words[i]);
	record_add_u32(payload, (uint32_t)parts->input_count);
	for (size_t i = 0; i < parts->input_count; i++) {
		record_add_u32(payload, add_file(j, t, parts->inputs[i].file));
		record_add_u64(payload, parts->inputs[i].digest);
		record_add_u8(payload, (uint8_t)parts->inputs[i].role);
	}
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
	add_parts(j, t, &payload, trace->parts);
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
