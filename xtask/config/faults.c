/*
 * Which fault rules the guest gets.
 *
 * One rule owns a point: --fault replaces one of RUSTOS_FAULTS, which replaces
 * one of the configuration. Grammar: libs/fault_rules.
 */
#include "config/settings.h"

struct rule {
	struct str text; /* "location=action" without blanks */
	struct str location;
	enum fault_action action;
	struct span span;
};

struct rules {
	struct rule *items;
	size_t count, capacity;
};

static void rules_add(struct rules *rules, struct arena *a, struct rule rule)
{
	if (rules->count == rules->capacity) {
		rules->capacity = rules->capacity ? rules->capacity * 2 : 16;
		struct rule *items = ARENA_ARRAY(a, struct rule, rules->capacity);
		for (size_t i = 0; i < rules->count; i++)
			items[i] = rules->items[i];
		rules->items = items;
	}
	rules->items[rules->count++] = rule;
}

static struct rule *rules_find(struct rules *rules, struct str location)
{
	for (size_t i = 0; i < rules->count; i++)
		if (str_equal(rules->items[i].location, location))
			return &rules->items[i];
	return NULL;
}

static struct str rule_hint(struct loader *l, enum fault_rule_error error, struct str text)
{
	switch (error) {
	case FAULT_RULE_MISSING_EQUALS:
		return STR("for example alloc.frame=fail-after:200");
	case FAULT_RULE_BAD_ACTION: {
		struct str names[FAULT_DELAY_MS + 1];
		for (size_t i = 0; i < COUNT(names); i++)
			names[i] = str_from_c(fault_action_name((enum fault_action)i));
		struct str word = str_cut(str_trim(str_cut(text, '=').rest), ':').head;
		struct str near = diag_did_you_mean(l->diag, word, names, COUNT(names));
		bool known = false;
		for (size_t i = 0; i < COUNT(names); i++)
			known |= str_equal(names[i], word);
		return near.len && !known ? near
		                          : STR("off, fail, drop-every:N, fail-after:N, "
		                                "rate:PERMILLE[:SEED], delay-ms:N");
	}
	case FAULT_RULE_BAD_NUMBER:
		return STR("drop-every:N with N from 1, fail-after:N, delay-ms:N, "
		           "rate:PERMILLE[:SEED], decimal");
	default:
		return (struct str){};
	}
}

static bool point_is_known(const struct loader *l, struct str location)
{
	for (size_t i = 0; i < l->names.fault_count; i++)
		if (str_equal(l->names.faults[i], location))
			return true;
	return false;
}

static bool check_rule(struct loader *l, struct str text, struct span span, struct rules *rules)
{
	struct fault_rule parsed;
	enum fault_rule_error error = fault_rule_parse(text, &parsed);
	if (error) {
		diag_error(l->diag, span, rule_hint(l, error, text),
		           "invalid fault rule '%.*s': %s", STR_ARG(text),
		           fault_rule_error_text(error));
		return false;
	}
	if (!point_is_known(l, parsed.location)) {
		struct str hint = diag_did_you_mean(l->diag, parsed.location, l->names.faults,
		                                    l->names.fault_count);
		diag_error(l->diag, span,
		           hint.len ? hint : STR("registry/faults.toml lists the points"),
		           "unknown fault point '%.*s'", STR_ARG(parsed.location));
		return false;
	}
	const struct rule *first = rules_find(rules, parsed.location);
	if (first) {
		struct position place = source_position(first->span.source, first->span.start);
		diag_error(l->diag, span,
		           str_format(l->arena, "the first one is at %.*s:%u:%u",
		                      STR_ARG(first->span.source->path), place.line, place.column),
		           "a second rule for fault point '%.*s'", STR_ARG(parsed.location));
		return false;
	}
	struct str action = str_trim(str_cut(text, '=').rest);
	struct rule rule = {
	        .text = str_format(l->arena, "%.*s=%.*s", STR_ARG(parsed.location),
	                           STR_ARG(action)),
	        .location = parsed.location,
	        .action = parsed.action,
	        .span = span,
	};
	rules_add(rules, l->arena, rule);
	return true;
}

/* A set of rules inside a source, from an offset on. */
static bool check_set(struct loader *l, const struct source *source, uint32_t start,
                      struct rules *rules)
{
	struct str rest = str_slice(source->text, start, source->text.len), text;
	bool ok = true, any = false;
	while (fault_rules_next(&rest, &text)) {
		uint32_t at = (uint32_t)(text.ptr - source->text.ptr);
		ok &= check_rule(l, text, (struct span){source, at, at + (uint32_t)text.len},
		                 rules);
		any = true;
	}
	if (!any)
		ok &= check_rule(l, (struct str){}, (struct span){source, start, start}, rules);
	return ok;
}

static const struct source *text_source(struct loader *l, struct str path, struct str text)
{
	struct source *source = ARENA_NEW(l->arena, struct source);
	*source = (struct source){path, text};
	return source;
}

static bool check_given(struct loader *l, struct rules *environment, struct rules *options)
{
	static const char name[] = "RUSTOS_FAULTS";
	const char *value = config_variable(l, name);
	bool ok = true;
	if (value) {
		struct str text = str_format(l->arena, "%s=%s", name, value);
		const struct source *source =
		        text_source(l, str_format(l->arena, "environment %s", name), text);
		ok &= check_set(l, source, sizeof name, environment);
	}
	for (size_t i = 0; i < l->request->faults.count; i++)
		ok &= check_set(l, text_source(l, STR("--fault"), l->request->faults.items[i]), 0,
		                options);
	return ok;
}

/* The given rule takes the place of one for the same point. */
static void apply(struct loader *l, struct rules *effective, const struct rules *given)
{
	for (size_t i = 0; i < given->count; i++) {
		struct rule *former = rules_find(effective, given->items[i].location);
		if (former)
			*former = given->items[i];
		else
			rules_add(effective, l->arena, given->items[i]);
	}
	if (given->count)
		strs_add(&l->fault_origins, l->arena, given->items[0].span.source->path);
}

static bool report_without_points(struct loader *l, const struct rules *given)
{
	for (size_t i = 0; i < given->count; i++)
		diag_error(l->diag, given->items[i].span,
		           STR("use --preset debug, or [fault_injection] compiled = true"),
		           "the kernel of preset '%.*s' is built without fault points, "
		           "so '%.*s' can't act",
		           STR_ARG(l->settings.preset.value), STR_ARG(given->items[i].text));
	return given->count == 0;
}

static void warn_without_points(struct loader *l, const struct rules *configured)
{
	for (size_t i = 0; i < configured->count; i++)
		if (configured->items[i].action != FAULT_OFF)
			diag_warning(l->diag, configured->items[i].span, (struct str){},
			             "the kernel is built without fault points, ignoring '%.*s'",
			             STR_ARG(configured->items[i].text));
}

bool config_faults_resolve(struct loader *l)
{
	const struct fault_settings *s = &l->settings.fault_injection;
	struct rules configured = {}, environment = {}, options = {}, effective = {};
	bool ok = true;
	for (size_t i = 0; i < s->rules.count; i++)
		ok &= check_rule(l, s->rules.items[i].value, s->rules.items[i].span, &configured);
	ok &= check_given(l, &environment, &options);
	if (s->compiled.value) {
		if (s->enabled.value)
			effective = configured;
		apply(l, &effective, &environment);
		apply(l, &effective, &options);
	} else {
		if (s->enabled.value)
			warn_without_points(l, &configured);
		ok &= report_without_points(l, &environment);
		ok &= report_without_points(l, &options);
	}
	struct fault_config *out = &l->config->faults;
	out->enabled = s->enabled.value;
	out->compiled = s->compiled.value;
	for (size_t i = 0; i < effective.count; i++)
		strs_add(&out->rules, l->arena, effective.items[i].text);
	return ok;
}
