/* act: one action, for ninja; see gen ninja. */
#include "cmd/graph/target.h"
#include "cmd/pipeline.h"

static const struct option *const options[] = {options_system, NULL};

static const struct action *find_action(const struct graph *g, struct str output)
{
	for (size_t i = 0; i < g->count; i++)
		if (strs_contain(&g->actions[i].outputs, output))
			return &g->actions[i];
	return NULL;
}

static int run_act(struct invocation *in)
{
	struct pipeline p;
	pipeline_name(&p, in);
	if (!pipeline_read(&p) || !pipeline_plan(&p))
		return EXIT_USAGE;
	const struct action *action = find_action(&p.plan.graph, in->words.items[0]);
	if (!action) {
		target_report_unknown(in, &p.plan.graph, in->words.items[0]);
		return EXIT_USAGE;
	}
	return engine_act(in->arena, action, in->diag) == 0 ? EXIT_DONE : EXIT_FAILED;
}

const struct command command_act = {
        .name = "act",
        .summary = "run one action of the graph, whatever its state; build.ninja calls it",
        .usage = "[OPTIONS] OUTPUT [DIGEST]",
        .details = "DIGEST is not read: it changes in build.ninja when the action does.\n",
        .example = "  xtask act build/image/nucleus.elf\n",
        .options = options,
        .words_min = 1,
        .words_max = 2,
        .group = GROUP_BUILD,
        .run = run_act,
};
