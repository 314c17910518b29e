/* gen: what the registry and the configuration become, without building anything. */
#include "cmd/pipeline.h"
#include "engine/export/export.h"
#include "engine/process/child.h"
#include "os/files.h"
#include <string.h>
#include <unistd.h>

static const struct option options_gen[] = {
        {"--abi-lock", NULL, "write registry/abi.lock anew, after an intended change"},
        {"--reference", "DIR", "write the reference pages of the ABI there"},
        {"--jobs", "N", "files at once"},
        {},
};

static const struct option *const options[] = {options_system, options_gen, NULL};

static bool write_text(struct invocation *in, struct str path, struct str content)
{
	int error = file_write(arena_c_str(in->arena, path), content, 0644);
	if (error)
		diag_error(in->diag, (struct span){}, (struct str){}, "cannot write %.*s: %s",
		           STR_ARG(path), strerror(error));
	return error == 0;
}

/* How ninja calls us again: the same options, and the action's output behind them. */
static struct str act_command(struct invocation *in)
{
	struct text t = {.arena = in->arena};
	char self[4096];
	ssize_t len = readlink("/proc/self/exe", self, sizeof self);
	text_addf(&t, "%.*s act", len > 0 ? (int)len : 5, len > 0 ? self : "xtask");
	for (size_t i = 0; i < in->given_count; i++)
		if (in->given[i].value.len &&
		    !str_equal(str_from_c(in->given[i].name), STR("--jobs")))
			text_addf(&t, " '%s=%.*s'", in->given[i].name, STR_ARG(in->given[i].value));
	return text_str(&t);
}

static int gen_ninja(struct invocation *in)
{
	struct pipeline p;
	pipeline_name(&p, in);
	if (!pipeline_read(&p) || !pipeline_plan(&p))
		return EXIT_USAGE;
	struct ninja_request request = {
	        .graph = &p.plan.graph,
	        .out = p.out,
	        .act = act_command(in),
	        .environment = child_environment(in->arena),
	};
	struct str path = pipeline_path(&p, "build.ninja");
	if (!write_text(in, path, export_ninja(in->arena, &request)))
		return EXIT_FAILED;
	if (!in->json)
		printf("gen: wrote %.*s, for `ninja -f %.*s`\n", STR_ARG(path), STR_ARG(path));
	return EXIT_DONE;
}

static int run_gen(struct invocation *in)
{
	if (in->words.count && !str_equal(in->words.items[0], STR("ninja"))) {
		diag_error(in->diag, (struct span){}, STR("did you mean 'ninja'?"),
		           "`xtask gen` does not know '%.*s'", STR_ARG(in->words.items[0]));
		return EXIT_USAGE;
	}
	if (in->words.count)
		return gen_ninja(in);
	bool lock = option_given(in, "--abi-lock"), pages = option_given(in, "--reference");
	if (!lock && !pages)
		return pipeline_build(in, GOAL_GEN);

	const struct registry *registry = registry_load(in->arena, in->diag);
	if (!registry)
		return EXIT_USAGE;
	struct str text;
	if (lock && !gen_accept_abi_lock(in->arena, registry, &text, in->diag))
		return EXIT_USAGE;
	if (lock && !write_text(in, STR("registry/abi.lock"), text))
		return EXIT_FAILED;
	struct generated reference = {};
	if (pages)
		reference = gen_reference(in->arena, registry);
	for (size_t i = 0; i < reference.count; i++) {
		struct str path = path_join(in->arena, option_path(in, "--reference"),
		                            path_name(reference.files[i].path));
		if (!write_text(in, path, reference.files[i].content))
			return EXIT_FAILED;
	}
	if (!in->json)
		printf("gen: wrote %s%zu reference pages\n", lock ? "registry/abi.lock and " : "",
		       reference.count);
	return EXIT_DONE;
}

const struct command command_gen = {
        .name = "gen",
        .summary = "generate headers, tables, stubs and reference pages from registry/",
        .usage = "[OPTIONS] [ninja]",
        .details = "With `ninja`: writes build.ninja, the same graph for ninja.\n",
        .example = "  xtask gen\n  xtask gen ninja && ninja -f build/build.ninja\n"
                   "  xtask gen --abi-lock\n  xtask gen --reference build/docs/abi\n",
        .options = options,
        .words_max = 1,
        .group = GROUP_BUILD,
        .run = run_gen,
};
