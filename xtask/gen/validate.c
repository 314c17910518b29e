/*
 * Checks that need more than one row: names, numbers, references.
 *
 * Calls and their structures are checked in validate_calls.c.
 */
#include "gen/registry.h"

struct numbered {
	struct toml_str name;
	struct toml_int number;
};

/* Reports each number that a row before has; rows are given by what picks them out. */
static void validate_numbers(const char *kind, const char *what, const struct numbered *rows,
                             size_t count, struct diag *d)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < i && rows[i].number.span.source; j++) {
			if (!rows[j].number.span.source ||
			    rows[j].number.value != rows[i].number.value)
				continue;
			diag_error(d, rows[i].number.span,
			           registry_first_at(d->arena, rows[j].number.span),
			           "%s '%.*s' has the %s of '%.*s'", kind,
			           STR_ARG(rows[i].name.value), what, STR_ARG(rows[j].name.value));
			break;
		}
	}
}

#define VALIDATE_NUMBERS(type, list, member, kind, what)                                           \
	do {                                                                                       \
		struct numbered *rows_ = ARENA_ARRAY(a, struct numbered, (list).count + 1);        \
		size_t count_ = 0;                                                                 \
		ROWS(type, each_, list)                                                            \
			rows_[count_++] = (struct numbered){each_->row.name, each_->member};       \
		validate_numbers(kind, what, rows_, count_, d);                                    \
	} while (0)

#define VALIDATE_NAMES(type, list, kind, joiners)                                                  \
	registry_validate_names(a, NAME_LIST(kind, type, list), joiners, d)

static void validate_log(const struct registry *r, struct diag *d)
{
	static const char *const words[] = {"off",  "trace", "debug", "info",
	                                    "warn", "error", "fatal"};
	const struct registry_row *levels = r->levels.items;
	for (size_t i = 0; i < r->levels.count; i++)
		if (i >= COUNT(words) || !str_equal(levels[i].name.value, str_from_c(words[i])))
			diag_error(d, levels[i].name.span,
			           STR("off trace debug info warn error fatal, in this order"),
			           "level %zu cannot be '%.*s'", i, STR_ARG(levels[i].name.value));
	if (r->levels.count < COUNT(words))
		diag_error(d, r->levels.span, STR("off trace debug info warn error fatal"),
		           "there are %zu levels instead of %zu", r->levels.count, COUNT(words));
	if (r->categories.count > LOG_CATEGORIES_MAX)
		diag_error(d, r->categories.span, (struct str){},
		           "there are %zu categories, but the tool keeps at most %d",
		           r->categories.count, (int)LOG_CATEGORIES_MAX);
}

static void validate_services(struct arena *a, const struct registry *r, struct diag *d)
{
	VALIDATE_NAMES(struct registry_capability, r->capabilities, "capability", "");
	VALIDATE_NAMES(struct registry_service, r->services, "service", "");
	VALIDATE_NUMBERS(struct registry_capability, r->capabilities, bit, "capability", "bit");
	VALIDATE_NUMBERS(struct registry_service, r->services, id, "service", "id");
	VALIDATE_NAMES(struct registry_restart, r->restarts, "restart", "");
	ROWS(struct registry_service, service, r->services) {
		registry_expect_name(
		        a, r, NAME_LIST("capability", struct registry_capability, r->capabilities),
		        service->capability, d);
		for (size_t i = 0; i < service->also_holds.count; i++)
			registry_expect_name(a, r,
			                     NAME_LIST("capability", struct registry_capability,
			                               r->capabilities),
			                     service->also_holds.items[i], d);
		registry_expect_name(a, r,
		                     NAME_LIST("restart", struct registry_restart, r->restarts),
		                     service->restart, d);
	}
}

/* Statuses that generated code answers with by itself. */
static void validate_statuses(const struct registry *r, struct diag *d)
{
	static const char *const names[] = {"access_denied", "invalid_args", "not_implemented"};
	for (size_t i = 0; i < COUNT(names) && !r->incomplete; i++) {
		bool found = false;
		ROWS(struct registry_status, each, r->statuses)
			found |= str_equal(each->row.name.value, str_from_c(names[i]));
		if (!found)
			diag_error(d, r->statuses.span, STR("generated code answers with it"),
			           "there must be a status '%s'", names[i]);
	}
}

bool registry_validate(struct arena *a, const struct registry *r, struct diag *d)
{
	size_t errors = d->errors;
	VALIDATE_NAMES(struct registry_status, r->statuses, "status", "");
	VALIDATE_NUMBERS(struct registry_status, r->statuses, number, "status", "number");
	validate_statuses(r, d);
	validate_services(a, r, d);
	VALIDATE_NAMES(struct registry_row, r->faults, "fault point", ".-");
	registry_validate_outcomes(a, r, d);
	VALIDATE_NAMES(struct registry_row, r->levels, "level", "");
	VALIDATE_NAMES(struct registry_row, r->categories, "category", "");
	validate_log(r, d);
	VALIDATE_NAMES(struct registry_number, r->numbers, "number", ".");
	VALIDATE_NAMES(struct registry_text, r->texts, "text", ".");
	registry_validate_calls(a, r, d);
	registry_validate_interfaces(a, r, d);
	return d->errors == errors;
}
