#include <fault_rules/api.h>

enum { FAULT_RATE_MAX = 1000 };

enum fault_number_use {
	FAULT_NUMBER_NONE,
	FAULT_NUMBER_ANY,
	FAULT_NUMBER_POSITIVE,
	FAULT_NUMBER_RATE, /* 0..FAULT_RATE_MAX, then an optional seed */
};

static const struct {
	const char *name;
	enum fault_number_use number;
} fault_actions[] = {
        [FAULT_OFF] = {"off", FAULT_NUMBER_NONE},
        [FAULT_FAIL] = {"fail", FAULT_NUMBER_NONE},
        [FAULT_DROP_EVERY] = {"drop-every", FAULT_NUMBER_POSITIVE},
        [FAULT_FAIL_AFTER] = {"fail-after", FAULT_NUMBER_ANY},
        [FAULT_RATE] = {"rate", FAULT_NUMBER_RATE},
        [FAULT_DELAY_MS] = {"delay-ms", FAULT_NUMBER_ANY},
};

static bool fault_location_is_valid(struct str location)
{
	for (size_t i = 0; i < location.len; i++) {
		char c = location.ptr[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		bool digit = c >= '0' && c <= '9';
		if (!letter && !digit && !str_contains(STR("._:/-"), c))
			return false;
	}
	return location.len > 0;
}

/* text is what follows "name:". */
static enum fault_rule_error fault_parse_number(struct str text, enum fault_number_use use,
                                                struct fault_rule *rule)
{
	struct str_split parts = {.head = text};
	bool has_seed = use == FAULT_NUMBER_RATE && str_contains(text, ':');
	if (has_seed)
		parts = str_cut(text, ':');

	if (!str_to_u64(parts.head, &rule->number))
		return FAULT_RULE_BAD_NUMBER;
	if (has_seed && !str_to_u64(parts.rest, &rule->seed))
		return FAULT_RULE_BAD_NUMBER;
	if (use == FAULT_NUMBER_POSITIVE && rule->number == 0)
		return FAULT_RULE_BAD_NUMBER;
	if (use == FAULT_NUMBER_RATE && rule->number > FAULT_RATE_MAX)
		return FAULT_RULE_RATE_RANGE;
	return FAULT_RULE_OK;
}

static enum fault_rule_error fault_parse_action(struct str text, struct fault_rule *rule)
{
	bool has_number = str_contains(text, ':');
	struct str_split parts = str_cut(text, ':');

	for (size_t i = 0; i < COUNT(fault_actions); i++) {
		if (!str_equal(parts.head, str_from_c(fault_actions[i].name)))
			continue;
		rule->action = (enum fault_action)i;
		if (fault_actions[i].number == FAULT_NUMBER_NONE)
			return has_number ? FAULT_RULE_BAD_ACTION : FAULT_RULE_OK;
		return fault_parse_number(parts.rest, fault_actions[i].number, rule);
	}
	return FAULT_RULE_BAD_ACTION;
}

enum fault_rule_error fault_rule_parse(struct str text, struct fault_rule *out_rule)
{
	text = str_trim(text);
	if (text.len == 0)
		return FAULT_RULE_EMPTY;
	if (!str_contains(text, '='))
		return FAULT_RULE_MISSING_EQUALS;

	struct str_split parts = str_cut(text, '=');
	struct fault_rule rule = {.location = str_trim(parts.head)};
	if (!fault_location_is_valid(rule.location))
		return FAULT_RULE_BAD_LOCATION;

	enum fault_rule_error error = fault_parse_action(str_trim(parts.rest), &rule);
	if (error == FAULT_RULE_OK)
		*out_rule = rule;
	return error;
}

const char *fault_rule_error_text(enum fault_rule_error error)
{
	switch (error) {
	case FAULT_RULE_OK:
		return "fault rule is fine";
	case FAULT_RULE_EMPTY:
		return "fault rule is empty";
	case FAULT_RULE_MISSING_EQUALS:
		return "fault rule must be location=action";
	case FAULT_RULE_BAD_LOCATION:
		return "fault location contains an invalid character";
	case FAULT_RULE_BAD_ACTION:
		return "fault action is not supported";
	case FAULT_RULE_BAD_NUMBER:
		return "fault action number is invalid";
	case FAULT_RULE_RATE_RANGE:
		return "fault action rate must be in 0..=1000 permille";
	}
	return "fault rule has an unknown error";
}

const char *fault_action_name(enum fault_action action)
{
	return (size_t)action < COUNT(fault_actions) ? fault_actions[action].name : "unknown";
}

static size_t fault_rule_end(struct str set)
{
	size_t end = 0;
	while (end < set.len && !str_contains(STR(";,\n"), set.ptr[end]))
		end++;
	return end;
}

bool fault_rules_next(struct str *rest, struct str *out_text)
{
	while (rest->len) {
		size_t end = fault_rule_end(*rest);
		struct str text = str_trim(str_slice(*rest, 0, end));
		*rest = str_slice(*rest, end + 1, rest->len);
		if (text.len) {
			*out_text = text;
			return true;
		}
	}
	return false;
}
