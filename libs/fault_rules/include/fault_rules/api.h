/*
 * Fault rules: `location=action`, the text form used in config/rustos.toml, on
 * the command line and in fw_cfg. Parsing only; who acts on a rule is the
 * kernel. Freestanding.
 *
 * Actions: off | fail | drop-every:N (N >= 1) | fail-after:N | rate:PERMILLE[:SEED]
 * (0..1000) | delay-ms:N. Case sensitive; blanks around both sides are trimmed.
 */
#pragma once

#include <base/str.h>

enum fault_action {
	FAULT_OFF,
	FAULT_FAIL,
	FAULT_DROP_EVERY,
	FAULT_FAIL_AFTER,
	FAULT_RATE,
	FAULT_DELAY_MS,
};

struct fault_rule {
	struct str location; /* points into the parsed text */
	enum fault_action action;
	uint64_t number; /* N or PERMILLE; 0 for off and fail */
	uint64_t seed; /* of rate; 0 when none was given */
};

enum fault_rule_error {
	FAULT_RULE_OK,
	FAULT_RULE_EMPTY,
	FAULT_RULE_MISSING_EQUALS,
	FAULT_RULE_BAD_LOCATION,
	FAULT_RULE_BAD_ACTION,
	FAULT_RULE_BAD_NUMBER,
	FAULT_RULE_RATE_RANGE,
};

enum fault_rule_error fault_rule_parse(struct str text, struct fault_rule *out_rule);
/* One sentence without a full stop; never NULL. */
const char *fault_rule_error_text(enum fault_rule_error error);
/* The action's word without its number: "fail-after". */
const char *fault_action_name(enum fault_action action);
/*
 * Takes the next rule's text from a set separated by ';', ',' or newline, trimmed,
 * empty ones skipped. False when there is none left.
 */
bool fault_rules_next(struct str *rest, struct str *out_text);
