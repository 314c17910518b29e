/* graph: what needs what, for GraphViz. */
#include "cmd/graph/target.h"
#include "cmd/pipeline.h"
#include "engine/export/export.h"
#include "engine/process/child.h"
#include "os/files.h"
#include <stdio.h>
#include <string.h>

static const struct option options_graph[] = {
        {"--svg", NULL, "draw it (with `dot` of the package graphviz) instead of printing DOT"},
        {"--all", NULL, "source files too, and what only has to be made before"},
        {"--output", "FILE", "write it there instead of printing it"},
        {},
};
static const struct option *const options[] = {options_system, options_graph, NULL};

#define DOT_PROGRAM "/usr/bin/dot"

static bool write_result(struct invocation *in, struct str content)
{
	struct str path = option_path(in, "--output");
	if (!path.len) {
		fwrite(content.ptr, 1, content.len, stdout);
		return true;
	}
	int error = file_write(arena_c_str(in->arena, path), content, 0644);
	if (error)
		diag_error(in->diag, (struct span){}, STR(""), "%.*s: %s", STR_ARG(path),
		           strerror(error));
	return error == 0;
}

/* `dot` reads a file, because a child of ours reads nothing else. */
static bool draw(struct invocation *in, const struct pipeline *p, struct str dot,
                 struct str *out_svg)
{
	struct arena *a = in->arena;
	const char *source = arena_c_str(a, pipeline_path(p, ".state/graph.dot"));
	char svg[] = "-Tsvg", name[] = "dot";
	char *argv[] = {name, svg, arena_c_str(a, str_from_c(source)), NULL};
	struct child_program program = {
	        .path = DOT_PROGRAM, .argv = argv, .environment = child_environment(a)};
	int error = file_write(source, dot, 0644), status = 0;
	if (!error && !file_exists(DOT_PROGRAM)) {
		diag_error(in->diag, (struct span){}, STR("`make setup` installs graphviz"),
		           "there is no " DOT_PROGRAM);
		return false;
	}
	struct child child;
	if (!error)
		error = child_start(&child, &program);
	if (error) {
		diag_error(in->diag, (struct span){}, STR(""), "%s: %s", source, strerror(error));
		return false;
	}
	status = child_finish(&child);
	*out_svg = arena_str(a, text_str(&child.said));
	child_release(&child);
	if (status)
		diag_error(in->diag, (struct span){}, STR(""), DOT_PROGRAM " failed: %.*s",
		           STR_ARG(str_trim(*out_svg)));
	return status == 0;
}

static int run_graph(struct invocation *in)
{
	struct pipeline p;
	struct str dot, svg, unknown;
	pipeline_name(&p, in);
	if (!pipeline_read(&p) || !pipeline_plan(&p))
		return EXIT_USAGE;
	struct dot_request request = {
	        .graph = &p.plan.graph,
	        .targets = in->words,
	        .all = option_given(in, "--all"),
	        .durations_us =
	                engine_durations(in->arena, &p.plan.graph, arena_c_str(in->arena, p.out)),
	};
	if (!export_dot(in->arena, &request, &dot, &unknown)) {
		target_report_unknown(in, &p.plan.graph, unknown);
		return EXIT_USAGE;
	}
	if (!option_given(in, "--svg"))
		return write_result(in, dot) ? EXIT_DONE : EXIT_FAILED;
	return draw(in, &p, dot, &svg) && write_result(in, svg) ? EXIT_DONE : EXIT_FAILED;
}

const struct command command_graph = {
        .name = "graph",
        .group = GROUP_MORE,
        .summary = "draw what needs what (DOT, or SVG with --svg)",
        .usage = "[OPTIONS] [TARGET]",
        .details = "One box for each action, with what its last run took; the longest chain of "
                   "work is red.\n"
                   "With TARGET (a file that the build makes) only what that needs.\n",
        .example = "  xtask graph --svg --output graph.svg\n"
                   "  xtask graph build/image/nucleus.elf | less\n",
        .options = options,
        .words_max = 1,
        .run = run_graph,
};
