/* trace: boots and shows what took how long. */
#include "trace/trace.h"
#include "cmd/launch.h"
#include "os/files.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const struct option options_trace[] = {
        {"--svg", "FILE", "the chart as SVG too"},
        {},
};

static const struct option *const options[] = {options_system, options_trace, options_qemu, NULL};

static void print_json(const struct trace *trace)
{
	for (size_t i = 0; i < trace->count; i++) {
		const struct trace_span *s = &trace->spans[i];
		json_t *object =
		        json_pack("{s:s%, s:s, s:I, s:I}", "what", s->name.ptr, s->name.len,
		                  "group", trace_group_name(s->group), "start_us",
		                  (json_int_t)s->start_us, "end_us", (json_int_t)s->end_us);
		if (s->awaited.len) {
			json_object_set_new(object, "waited_us",
			                    json_integer((json_int_t)s->waited_us));
			json_object_set_new(object, "waited_for",
			                    json_stringn(s->awaited.ptr, s->awaited.len));
		}
		json_dumpf(object, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(object);
	}
}

static bool write_svg(struct invocation *in, const struct trace *trace)
{
	struct str file = option_path(in, "--svg");
	int error = file.len ? file_write(arena_c_str(in->arena, file), trace_svg(in->arena, trace),
	                                  0644)
	                     : 0;
	if (error)
		diag_error(in->diag, (struct span){}, (struct str){}, "%.*s: %s", STR_ARG(file),
		           strerror(error));
	return !error;
}

static int run_trace(struct invocation *in)
{
	struct pipeline p;
	struct qemu_request request;
	struct qemu_result result;
	struct trace trace = {.arena = in->arena};
	if (!launch_prepare(in, &p, &request))
		return EXIT_USAGE;
	request.quiet = true;
	request.heard = trace_hear;
	request.heard_context = &trace;
	if (!launch_boot(in, &request, &result))
		return EXIT_USAGE;
	trace_finish(&trace, result.elapsed_us);
	if (!write_svg(in, &trace))
		return EXIT_FAILED;
	struct str chart = trace_text(in->arena, &trace);
	if (in->json)
		print_json(&trace);
	else
		fwrite(chart.ptr, 1, chart.len, stdout);
	qemu_print_result(in->arena, &result, in->json, stdout);
	return result.success ? EXIT_DONE : EXIT_FAILED;
}

const struct command command_trace = {
        .name = "trace",
        .group = GROUP_MORE,
        .summary = "boot and show what took how long: firmware, GRUB, kernel, programs",
        .usage = "[OPTIONS] [-- QEMU-ARGUMENTS]",
        .details = "Dots before a program's bar are the time it waited for another one. Takes "
                   "the options of\n"
                   "`qemu`. A system that does not end by itself needs --stop-after.\n",
        .example = "  xtask trace --boot direct\n  xtask trace --stop-after 10 --svg boot.svg\n",
        .options = options,
        .takes_rest = true,
        .run = run_trace,
};
