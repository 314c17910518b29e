/* check: everything that can be known without building the system, all of it in one run. */
#include "check/check.h"
#include "cmd/pipeline.h"

static const struct option *const options[] = {options_system, NULL};

static int run_check(struct invocation *in)
{
	struct arena *a = in->arena;
	struct pipeline p;
	struct check_tree tree;
	pipeline_name(&p, in);
	pipeline_read(&p);
	if (check_tree_read(a, &tree, in->diag)) {
		check_layers(a, &tree, in->diag);
		check_limits(a, &tree, in->diag);
		check_words(a, &tree, in->diag);
		check_documents(a, &tree, in->diag);
	}
	if (p.registry)
		check_abi(a, p.registry, in->diag);
	if (in->diag->errors)
		return EXIT_USAGE;

	/* Headers are compiled, so what is generated has to stand. */
	if (tree.count) {
		int status = pipeline_goal(&p, GOAL_GEN);
		if (status != EXIT_DONE)
			return status;
		if (!check_headers(a, &tree, pipeline_path(&p, "gen").ptr, "gcc", in->diag))
			return EXIT_FAILED;
	}
	report_print(in);
	if (in->json)
		printf("{\"command\":\"check\",\"manifests\":%zu,\"files\":%zu}\n",
		       p.manifests.count, tree.count);
	else
		printf("check: %zu manifests, %zu settings, %zu source files, no errors\n",
		       p.manifests.count, p.config.value_count, tree.count);
	return EXIT_DONE;
}

const struct command command_check = {
        .name = "check",
        .summary = "check manifests, configuration, registry, layers and limits",
        .usage = "[OPTIONS]",
        .details = "Reports every problem of every file in one run. What it checks: "
                   "docs/testing.md.\n",
        .example = "  xtask check\n  xtask check --json\n",
        .options = options,
        .run = run_check,
};
