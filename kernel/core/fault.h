/*
 * Fault injection at run time: at most one rule per point, set once at boot.
 *
 * Semantics per consult: off never fails, fail always, drop-every:N each N-th, fail-after:N
 * all after the N-th, rate:P with probability P/1000 from a seeded xorshift64 (the same rules
 * and the same order of consults give the same outcome), delay-ms:N waits and does not fail.
 * Only consults of a point that has a rule are counted.
 */
#pragma once

#include "core/lock.h"
#include <abi/faults.h>
#include <abi/status.h>
#include <base/str.h>
#include <config/kernel.h>
#include <fault_rules/api.h>
#include <format/api.h>

enum { FAULT_SPEC_MAX = 4096 };

struct fault_spec {
	bool present; /* false when the machine hands over no rules */
	struct str text; /* empty when longer than FAULT_SPEC_MAX */
	size_t len; /* true length */
};

struct fault_point_rule {
	bool set;
	enum fault_action action;
	uint64_t number;
	uint64_t seed; /* as given; 0: none */
	uint64_t random; /* state of xorshift64; never 0 */
	uint64_t hits; /* consults; stops at the largest value */
	uint64_t fired; /* of those, failures (for delay-ms: delays) */
	uint64_t first_hit_us, first_fired_us; /* since boot; 0: never */
};

struct fault_runtime {
	bool active; /* false without any rule: the only thing a consult then reads */
	struct core_lock lock; /* guards the rules' counters */
	struct fault_point_rule rules[FAULT_POINT_COUNT];
};

enum fault_spec_status {
	FAULT_SPEC_NOT_PRESENT,
	FAULT_SPEC_LOADED,
	FAULT_SPEC_INVALID, /* a bad rule; the good ones are in force */
	FAULT_SPEC_TOO_LARGE,
	FAULT_SPEC_COMPILED_OUT,
};

/*
 * Replaces all rules. Logs each bad rule at error level, and always the line
 * `fault injection status={Status} rules={n} spec_len={n}`.
 */
enum fault_spec_status fault_runtime_load(struct fault_runtime *runtime,
                                          const struct fault_spec *spec);
/* True when the operation must fail now. May delay. */
bool fault_runtime_consult(struct fault_runtime *runtime, enum fault_point point);
/* The same, for what must not wait here: the delay, mostly 0, is for the caller to make. */
bool fault_runtime_consult_unwaited(struct fault_runtime *runtime, enum fault_point point,
                                    uint64_t *out_delay_ms);
/* One line per rule: `fault point=P action=A:N hits=N fired=N first_hit_us=N first_fired_us=N`. */
void fault_runtime_report(struct fault_runtime *runtime);

/* The rule of a point as it is now. False: it has none. */
bool fault_runtime_look(struct fault_runtime *runtime, enum fault_point point,
                        struct fault_point_rule *out_rule);

enum { FAULT_ACTION_TEXT_MAX = 64 };

/* "fail-after:200", as the rule was given. */
void fault_append_action(struct format_buffer *text, const struct fault_point_rule *rule);

/* The kernel's own rules. */
struct fault_runtime *kernel_faults(void);
extern struct fault_runtime fault_kernel_runtime;

/* At the start of an operation that may fail. One predictable branch without rules. */
static inline bool fault_fires(enum fault_point point)
{
#if CONFIG_FAULT_POINTS
	if (__builtin_expect(!fault_kernel_runtime.active, 1))
		return false;
	return fault_runtime_consult(&fault_kernel_runtime, point);
#else
	(void)point;
	return false;
#endif
}

/* The same for what must not wait here. */
static inline bool fault_fires_unwaited(enum fault_point point, uint64_t *out_delay_ms)
{
	*out_delay_ms = 0;
#if CONFIG_FAULT_POINTS
	if (__builtin_expect(!fault_kernel_runtime.active, 1))
		return false;
	return fault_runtime_consult_unwaited(&fault_kernel_runtime, point, out_delay_ms);
#else
	(void)point;
	return false;
#endif
}
