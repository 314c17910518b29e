#include "core/fault.h"
#include "core/log.h"
#include "core/ops.h"
#include <format/api.h>
#include <string.h>

static const char *const fault_point_names[] = FAULT_POINT_NAMES;

struct fault_runtime fault_kernel_runtime;

struct fault_runtime *kernel_faults(void)
{
	return &fault_kernel_runtime;
}

static bool fault_point_from_name(struct str name, enum fault_point *out_point)
{
	for (size_t i = 0; i < COUNT(fault_point_names); i++) {
		if (!str_equal(name, str_from_c(fault_point_names[i])))
			continue;
		*out_point = (enum fault_point)i;
		return true;
	}
	return false;
}

static uint64_t fault_hash(struct str location)
{
	/* FNV-1a, 64 bits */
	uint64_t hash = 0xcbf29ce484222325;
	for (size_t i = 0; i < location.len; i++)
		hash = (hash ^ (unsigned char)location.ptr[i]) * 0x100000001b3;
	return hash;
}

/* A later rule replaces an earlier one of the same point. */
static void fault_set_rule(struct fault_runtime *runtime, enum fault_point point,
                           const struct fault_rule *rule)
{
	runtime->rules[point] = (struct fault_point_rule){
	        .set = true,
	        .action = rule->action,
	        .number = rule->number,
	        .seed = rule->seed,
	        .random = rule->seed ? rule->seed : fault_hash(rule->location) | 1,
	};
}

static bool fault_load_rule(struct fault_runtime *runtime, struct str text)
{
	struct fault_rule rule;
	enum fault_point point;
	enum fault_rule_error error = fault_rule_parse(text, &rule);
	if (error != FAULT_RULE_OK) {
		LOG_ERROR(LOG_BOOT, "bad fault rule \"%.*s\", ignoring: %s", STR_ARG(text),
		          fault_rule_error_text(error));
		return false;
	}
	if (!fault_point_from_name(rule.location, &point)) {
		LOG_ERROR(LOG_BOOT, "bad fault rule \"%.*s\", ignoring: no such fault point",
		          STR_ARG(text));
		return false;
	}
	fault_set_rule(runtime, point, &rule);
	return true;
}

static enum fault_spec_status fault_load_rules(struct fault_runtime *runtime,
                                               const struct fault_spec *spec)
{
	if (!CONFIG_FAULT_POINTS)
		return FAULT_SPEC_COMPILED_OUT;
	if (!spec->present)
		return FAULT_SPEC_NOT_PRESENT;
	if (spec->len > FAULT_SPEC_MAX)
		return FAULT_SPEC_TOO_LARGE;

	enum fault_spec_status status = FAULT_SPEC_LOADED;
	struct str rest = spec->text, text;
	while (fault_rules_next(&rest, &text))
		if (!fault_load_rule(runtime, text))
			status = FAULT_SPEC_INVALID;
	return status;
}

static unsigned fault_rule_count(const struct fault_runtime *runtime)
{
	unsigned count = 0;
	for (size_t i = 0; i < COUNT(runtime->rules); i++)
		count += runtime->rules[i].set;
	return count;
}

enum fault_spec_status fault_runtime_load(struct fault_runtime *runtime,
                                          const struct fault_spec *spec)
{
	static const char *const names[] = {
	        [FAULT_SPEC_NOT_PRESENT] = "NotPresent",    [FAULT_SPEC_LOADED] = "Loaded",
	        [FAULT_SPEC_INVALID] = "InvalidSpec",       [FAULT_SPEC_TOO_LARGE] = "TooLarge",
	        [FAULT_SPEC_COMPILED_OUT] = "compiled out",
	};
	memset(runtime, 0, sizeof *runtime);
	enum fault_spec_status status = fault_load_rules(runtime, spec);
	unsigned count = fault_rule_count(runtime);
	runtime->active = count > 0;
	LOG_ALWAYS(LOG_BOOT, "fault injection status=%s rules=%u spec_len=%zu", names[status],
	           count, spec->len);
	return status;
}

static bool fault_roll(struct fault_point_rule *rule)
{
	if (rule->number == 0 || rule->number >= 1000)
		return rule->number != 0;
	rule->random ^= rule->random << 13;
	rule->random ^= rule->random >> 7;
	rule->random ^= rule->random << 17;
	return rule->random % 1000 < rule->number;
}

/* Whether the rule acts on this consult, which hits counts already. */
static bool fault_rule_acts(struct fault_point_rule *rule)
{
	switch (rule->action) {
	case FAULT_OFF:
		return false;
	case FAULT_FAIL:
	case FAULT_DELAY_MS:
		return true;
	case FAULT_DROP_EVERY:
		return rule->hits % rule->number == 0;
	case FAULT_FAIL_AFTER:
		return rule->hits > rule->number;
	case FAULT_RATE:
		return fault_roll(rule);
	}
	return false;
}

/* Guarded by the runtime's lock, as all counters are. */
static bool fault_rule_consult(struct fault_point_rule *rule)
{
	if (!rule->hits)
		rule->first_hit_us = core_operations()->clock_us();
	if (rule->hits < UINT64_MAX)
		rule->hits++;
	if (!fault_rule_acts(rule))
		return false;
	if (!rule->fired)
		rule->first_fired_us = core_operations()->clock_us();
	rule->fired++;
	return true;
}

bool fault_runtime_consult_unwaited(struct fault_runtime *runtime, enum fault_point point,
                                    uint64_t *out_delay_ms)
{
	struct fault_point_rule *rule = &runtime->rules[point];
	*out_delay_ms = 0;
	if (!rule->set)
		return false;

	uint64_t interrupts = core_lock_take(&runtime->lock);
	bool acts = fault_rule_consult(rule);
	core_lock_release(&runtime->lock, interrupts);

	if (!acts || rule->action != FAULT_DELAY_MS)
		return acts;
	*out_delay_ms = rule->number;
	return false;
}

bool fault_runtime_consult(struct fault_runtime *runtime, enum fault_point point)
{
	uint64_t delay_ms;
	bool fails = fault_runtime_consult_unwaited(runtime, point, &delay_ms);
	if (delay_ms)
		core_operations()->delay_ms(delay_ms);
	return fails;
}

bool fault_runtime_look(struct fault_runtime *runtime, enum fault_point point,
                        struct fault_point_rule *out_rule)
{
	uint64_t interrupts = core_lock_take(&runtime->lock);
	*out_rule = runtime->rules[point];
	core_lock_release(&runtime->lock, interrupts);
	return out_rule->set;
}

void fault_append_action(struct format_buffer *text, const struct fault_point_rule *rule)
{
	format_append(text, "%s", fault_action_name(rule->action));
	if (rule->action != FAULT_OFF && rule->action != FAULT_FAIL)
		format_append(text, ":%lu", rule->number);
	if (rule->action == FAULT_RATE && rule->seed)
		format_append(text, ":%lu", rule->seed);
}

void fault_runtime_report(struct fault_runtime *runtime)
{
	for (size_t i = 0; i < COUNT(runtime->rules); i++) {
		const struct fault_point_rule *rule = &runtime->rules[i];
		if (!rule->set)
			continue;
		char bytes[FAULT_ACTION_TEXT_MAX];
		struct format_buffer action = {.ptr = bytes, .size = sizeof bytes};
		fault_append_action(&action, rule);
		LOG_ALWAYS(LOG_BOOT,
		           "fault point=%s action=%.*s hits=%lu fired=%lu first_hit_us=%lu "
		           "first_fired_us=%lu",
		           fault_point_names[i], STR_ARG(format_buffer_text(&action)), rule->hits,
		           rule->fired, rule->first_hit_us, rule->first_fired_us);
	}
}
