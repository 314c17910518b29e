#include "cmd/graph/target.h"
#include "os/files.h"

bool target_is_of(const struct action *action, struct str target)
{
	struct str kind = str_from_c(action->kind->name);
	bool titled = target.len == kind.len + 1 + action->subject.len &&
	              str_starts_with(target, kind) && target.ptr[kind.len] == ' ' &&
	              str_ends_with(target, action->subject);
	/* a source stands for what compiles it, alone or with others */
	bool compiles = str_ends_with(target, STR(".c")) && strs_contain(&action->inputs, target);
	return titled || compiles || str_equal(action->subject, target) ||
	       strs_contain(&action->outputs, target);
}

/* What a package or a file is called without its folder and ending: "vfsd". */
static bool is_short_for(struct str target, struct str path)
{
	struct str name = path_name(path);
	return str_equal(name, target) || str_equal(str_cut_last(name, '.').head, target);
}

void target_report_unknown(struct invocation *in, const struct graph *graph, struct str target)
{
	struct strs names = {};
	struct str meant = {};
	for (size_t i = 0; i < graph->count; i++) {
		const struct action *action = &graph->actions[i];
		strs_add(&names, in->arena, action->subject);
		for (size_t k = 0; k < action->outputs.count; k++)
			strs_add(&names, in->arena, action->outputs.items[k]);
		for (size_t k = 0; k < action->outputs.count; k++)
			if (!meant.len && is_short_for(target, action->outputs.items[k]))
				meant = action->outputs.items[k];
	}
	struct str hint = meant.len ? str_format(in->arena, "did you mean '%.*s'?", STR_ARG(meant))
	                            : diag_did_you_mean(in->diag, target, names.items, names.count);
	diag_error(in->diag, (struct span){},
	           hint.len ? hint : STR("`xtask graph` shows what there is"),
	           "no action makes '%.*s'", STR_ARG(target));
}
