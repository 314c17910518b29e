#include "engine/progress.h"
#include "diag/utf8.h"
#include "engine/process/command_line.h"
#include "engine/run.h"
#include "os/files.h"
#include "os/terminal.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct str action_title(struct arena *a, const struct action *action)
{
	return str_format(a, "%s %.*s", action->kind->name, STR_ARG(action->subject));
}

void progress_init(struct progress *p, const struct engine_request *request)
{
	*p = (struct progress){.quiet = request->quiet, .json = request->json};
	p->lines = !p->quiet && !p->json && terminal_is_at(STDERR_FILENO);
}

/* What tools say is any bytes; JSON wants UTF-8. */
static json_t *json_text(struct arena *a, struct str s)
{
	struct text t = {.arena = a};
	uint32_t code_point;
	while (s.len) {
		size_t len = utf8_decode(s, &code_point);
		text_add(&t, len ? str_slice(s, 0, len) : STR("\xef\xbf\xbd"));
		s = str_slice(s, len ? len : 1, s.len);
	}
	return json_stringn(text_str(&t).ptr, text_str(&t).len);
}

static void event_print(json_t *event)
{
	char *line = json_dumps(event, JSON_COMPACT);
	if (line)
		puts(line);
	fflush(stdout);
	free(line);
	json_decref(event);
}

static json_t *action_event(struct arena *a, const char *name, const struct action *action)
{
	json_t *event = json_pack("{s:s, s:s}", "event", name, "kind", action->kind->name);
	json_object_set_new(event, "subject", json_text(a, action->subject));
	return event;
}

static void line_clear(struct progress *p)
{
	if (p->line_shown)
		fputs("\r\033[K", stderr);
	p->line_shown = false;
}

void progress_waiting(struct progress *p, const char *state_folder, pid_t holder)
{
	if (p->json)
		event_print(json_pack("{s:s, s:i}", "event", "waiting", "pid", (int)holder));
	else if (holder)
		fprintf(stderr, "xtask: waiting for process %d, which works on %s\n", (int)holder,
		        state_folder);
	else
		fprintf(stderr, "xtask: waiting for another run on %s\n", state_folder);
}

void progress_planned(const struct progress *p)
{
	if (p->json)
		event_print(
		        json_pack("{s:s, s:I}", "event", "planned", "total", (json_int_t)p->total));
}

void progress_started(struct progress *p, const struct action *action)
{
	p->running++;
	if (p->json) {
		struct arena a;
		host_arena_init(&a);
		event_print(action_event(&a, "started", action));
		arena_release(&a);
	}
	if (!p->lines)
		return;
	struct winsize size;
	int width = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
	struct arena a;
	host_arena_init(&a);
	struct str line = str_format(&a, "[%zu/%zu] %.*s", p->done + 1, p->total,
	                             STR_ARG(action_title(&a, action)));
	if (p->running > 1)
		line = str_format(&a, "%.*s and %zu more", STR_ARG(line), p->running - 1);
	fprintf(stderr, "\r%.*s\033[K", (int)line.len < width ? (int)line.len : width - 1,
	        line.ptr);
	fflush(stderr);
	p->line_shown = true;
	arena_release(&a);
}

void progress_passed(struct progress *p)
{
	p->done++;
}

void progress_cached(struct progress *p, const struct action *action)
{
	p->done++;
	p->running--;
	struct arena a;
	host_arena_init(&a);
	if (p->json)
		event_print(action_event(&a, "cached", action));
	else if (!p->lines && !p->quiet)
		fprintf(stderr, "[%zu/%zu] %.*s: from the cache\n", p->done, p->total,
		        STR_ARG(action_title(&a, action)));
	arena_release(&a);
}

static void print_said(struct str said)
{
	fwrite(said.ptr, 1, said.len, stderr);
	if (said.len && said.ptr[said.len - 1] != '\n')
		fputc('\n', stderr);
}

void progress_finished(struct progress *p, const struct action *action, uint64_t duration_us,
                       struct str said)
{
	p->done++;
	p->running--;
	struct arena a;
	host_arena_init(&a);
	if (p->json) {
		json_t *event = action_event(&a, "finished", action);
		json_object_set_new(event, "duration_us", json_integer((json_int_t)duration_us));
		json_object_set_new(event, "output", json_text(&a, said));
		event_print(event);
	} else if (said.len || (!p->lines && !p->quiet)) {
		line_clear(p);
		fprintf(stderr, "[%zu/%zu] %.*s%s\n", p->done, p->total,
		        STR_ARG(action_title(&a, action)), said.len ? ":" : "");
		print_said(said);
	}
	arena_release(&a);
}

void progress_failed(struct progress *p, const struct action *action, struct str problem,
                     struct str said)
{
	p->done++;
	p->running -= p->running > 0; /* it may have failed before it was started */
	struct arena a;
	host_arena_init(&a);
	struct str command = command_line_show(&a, action);
	if (p->json) {
		json_t *event = action_event(&a, "failed", action);
		json_object_set_new(event, "problem", json_text(&a, problem));
		json_object_set_new(event, "command", json_text(&a, command));
		json_object_set_new(event, "output", json_text(&a, said));
		event_print(event);
	} else {
		line_clear(p);
		fprintf(stderr, "%.*s: failed: %.*s\n", STR_ARG(action_title(&a, action)),
		        STR_ARG(problem));
		if (command.len)
			fprintf(stderr, "%.*s\n", STR_ARG(command));
		print_said(said);
	}
	arena_release(&a);
}

void progress_end(struct progress *p)
{
	line_clear(p);
	fflush(stderr);
}
