/* What a fault leads to: declared for every action of a point that is reached at all. */
#include "gen/registry.h"
#include <fault_rules/api.h>

static bool outcome_parse(struct arena *a, const struct registry_outcome *outcome,
                          struct fault_rule *out_rule, struct diag *d)
{
	struct str text = str_format(a, "%.*s=%.*s", STR_ARG(outcome->row.name.value),
	                             STR_ARG(outcome->action.value));
	enum fault_rule_error error = fault_rule_parse(text, out_rule);
	if (error == FAULT_RULE_OK)
		return true;
	diag_error(d, outcome->action.span, STR("off, fail, drop-every:N, fail-after:N, ..."),
	           "bad action: %s", fault_rule_error_text(error));
	return false;
}

/* Bit per enum fault_action that the point has an outcome for then; 0 when it has none. */
static unsigned outcome_actions(struct arena *a, const struct registry *r, struct str point,
                                enum registry_during during)
{
	unsigned actions = 0;
	struct diag silent = {.arena = a};
	ROWS(struct registry_outcome, each, r->outcomes) {
		struct fault_rule rule;
		if (each->during.value == (int)during && str_equal(each->row.name.value, point) &&
		    outcome_parse(a, each, &rule, &silent))
			actions |= 1U << rule.action;
	}
	return actions;
}

static void outcome_report_missing(const struct registry_row *fault, unsigned actions,
                                   enum registry_during during, struct diag *d)
{
	static const char *const places[] = {[DURING_SUITE] = "the suite",
	                                     [DURING_SESSION] = "a session",
	                                     [DURING_SCREEN] = "a session with a screen"};
	for (unsigned i = FAULT_OFF; i <= FAULT_DELAY_MS; i++)
		if (!(actions >> i & 1))
			diag_error(
			        d, fault->span,
			        STR("a point with one [[outcome]] there needs one for each action"),
			        "'%.*s' has no outcome for '%s' in %s", STR_ARG(fault->name.value),
			        fault_action_name((enum fault_action)i), places[during]);
}

void registry_validate_outcomes(struct arena *a, const struct registry *r, struct diag *d)
{
	ROWS(struct registry_outcome, each, r->outcomes) {
		struct fault_rule rule;
		registry_expect_name(a, r, NAME_LIST("fault point", struct registry_row, r->faults),
		                     each->row.name, d);
		(void)outcome_parse(a, each, &rule, d);
	}
	ROWS(struct registry_row, each, r->faults) {
		for (enum registry_during during = DURING_SUITE; during <= DURING_SCREEN;
		     during++) {
			unsigned actions = outcome_actions(a, r, each->name.value, during);
			if (actions)
				outcome_report_missing(each, actions, during, d);
		}
	}
}
