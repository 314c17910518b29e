#include "trace/trace.h"
#include <string.h>

static bool holds(struct str s, struct str part)
{
	return s.len && memmem(s.ptr, s.len, part.ptr, part.len);
}

void trace_hear(void *context, bool debugcon, struct str bytes, uint64_t elapsed_us)
{
	static const struct str loader = STR_INIT("Welcome to GRUB!");
	struct trace *t = context;
	struct text *said = debugcon ? &t->debugcon : &t->serial;
	said->arena = t->arena;
	text_add(said, bytes);
	if (debugcon && !t->kernel_us && bytes.len)
		t->kernel_us = elapsed_us;
	if (!debugcon && !t->loader_us && !t->kernel_us && holds(text_str(said), loader))
		t->loader_us = elapsed_us;
	t->end_us = elapsed_us;
}

static void add_span(struct trace *t, struct trace_span span)
{
	if (t->count == t->capacity) {
		t->capacity = t->capacity ? t->capacity * 2 : 32;
		struct trace_span *spans = ARENA_ARRAY(t->arena, struct trace_span, t->capacity);
		if (t->count)
			memcpy(spans, t->spans, t->count * sizeof *spans);
		t->spans = spans;
	}
	t->spans[t->count++] = span;
}

/* The text behind a mark, up to a stop; false when the mark is not in the line. */
static bool find_value(struct str line, struct str mark, char stop, struct str *out_value)
{
	const char *at = line.len ? memmem(line.ptr, line.len, mark.ptr, mark.len) : NULL;
	if (!at)
		return false;
	struct str rest = str_slice(line, (size_t)(at - line.ptr) + mark.len, line.len);
	*out_value = str_cut(rest, stop).head;
	return true;
}

static bool find_number(struct str line, struct str mark, uint64_t *out_number)
{
	struct str value;
	return find_value(line, mark, ' ', &value) && str_to_u64(value, out_number);
}

struct running {
	uint64_t pid;
	size_t span;
};

struct reading {
	struct trace *trace;
	uint64_t step_us; /* of the kernel's clock: end of the step before */
	struct running running[64]; /* programs that have not ended; more are not told apart */
	size_t running_count;
};

static void take_program(struct reading *r, struct str line, uint64_t at_us)
{
	struct trace *t = r->trace;
	struct str path;
	uint64_t pid;
	if (find_value(line, STR("msg=\"process started pid="), ' ', &path) &&
	    str_to_u64(path, &pid) && find_value(line, STR(" path="), '"', &path)) {
		if (r->running_count < COUNT(r->running))
			r->running[r->running_count++] = (struct running){pid, t->count};
		add_span(t, (struct trace_span){.name = path,
		                                .group = TRACE_PROGRAM,
		                                .start_us = at_us,
		                                .end_us = UINT64_MAX});
		return;
	}
	if (!find_value(line, STR("msg=\"process exited pid="), ' ', &path) ||
	    !str_to_u64(path, &pid))
		return;
	for (size_t i = 0; i < r->running_count; i++) {
		if (r->running[i].pid != pid)
			continue;
		t->spans[r->running[i].span].end_us = at_us;
		r->running[i] = r->running[--r->running_count];
		return;
	}
}

/* rootd: start package=storaged pid=7 waited_us=2233 for=driverd */
static void take_wait(struct reading *r, struct str line)
{
	uint64_t pid, waited_us;
	struct str awaited;
	if (!find_number(line, STR(" pid="), &pid) ||
	    !find_number(line, STR(" waited_us="), &waited_us) ||
	    !find_value(line, STR(" for="), ' ', &awaited))
		return;
	for (size_t i = 0; i < r->running_count; i++) {
		if (r->running[i].pid != pid)
			continue;
		struct trace_span *span = &r->trace->spans[r->running[i].span];
		span->awaited = str_trim(awaited);
		/* no longer than the machine runs, whatever the line says */
		span->waited_us = waited_us < span->start_us ? waited_us : span->start_us;
	}
}

static void take_line(struct reading *r, struct str line)
{
	struct str step;
	uint64_t ts_us;
	struct trace *t = r->trace;
	if (str_starts_with(line, STR("rootd: start package=")))
		take_wait(r, line);
	if (!str_starts_with(line, STR("seq=")) || !find_number(line, STR(" ts_us="), &ts_us))
		return;
	uint64_t at_us = t->kernel_us + ts_us;
	if (at_us > t->end_us)
		t->end_us = at_us;
	if (find_value(line, STR("msg=\"boot step done: "), '"', &step)) {
		add_span(t, (struct trace_span){.name = step,
		                                .group = TRACE_KERNEL,
		                                .start_us = t->kernel_us + r->step_us,
		                                .end_us = at_us});
		r->step_us = ts_us;
		return;
	}
	take_program(r, line, at_us);
}

void trace_finish(struct trace *t, uint64_t elapsed_us)
{
	uint64_t kernel_us = t->kernel_us ? t->kernel_us : elapsed_us;
	uint64_t loader_us = t->loader_us ? t->loader_us : kernel_us;
	if (elapsed_us > t->end_us)
		t->end_us = elapsed_us;
	add_span(t, (struct trace_span){.name = t->loader_us ? STR("firmware") : STR("machine"),
	                                .group = TRACE_FIRMWARE,
	                                .end_us = loader_us});
	if (t->loader_us)
		add_span(t, (struct trace_span){.name = STR("GRUB"),
		                                .group = TRACE_LOADER,
		                                .start_us = loader_us,
		                                .end_us = kernel_us});
	struct reading r = {.trace = t};
	struct str rest = text_str(&t->debugcon);
	while (rest.len) {
		struct str_split cut = str_cut(rest, '\n');
		take_line(&r, cut.head);
		rest = cut.rest;
	}
	for (size_t i = 0; i < t->count; i++)
		if (t->spans[i].end_us == UINT64_MAX)
			t->spans[i].end_us = t->end_us;
}

const char *trace_group_name(enum trace_group group)
{
	static const char *const names[] = {"firmware", "loader", "kernel", "program"};
	return names[group];
}
