/* Thresholds given at boot: "category=level" items or one bare level, separated by ';'. */
#include "core/log.h"
#include <string.h>

static const char *const log_threshold_levels[] = LOG_LEVEL_NAMES;
static const char *const log_threshold_categories[] = LOG_CATEGORY_NAMES;

static bool log_find_name(const char *const *names, size_t count, struct str name,
                          size_t *out_index)
{
	for (size_t i = 0; i < count; i++) {
		if (!str_equal(name, str_from_c(names[i])))
			continue;
		*out_index = i;
		return true;
	}
	return false;
}

uint8_t log_floor(size_t category)
{
	uint8_t threshold = log_default_thresholds[category];
	bool lower = CONFIG_LOG_COMPILED_LEVEL != LOG_LEVEL_OFF &&
	             (threshold == LOG_LEVEL_OFF || CONFIG_LOG_COMPILED_LEVEL < threshold);
	return lower ? CONFIG_LOG_COMPILED_LEVEL : threshold;
}

/* What is not compiled in can't be had: such a threshold stays where the compiler put it. */
static void log_set_threshold(struct log *log, size_t category, size_t level)
{
	uint8_t floor = log_floor(category);
	bool below = level != LOG_LEVEL_OFF && (floor == LOG_LEVEL_OFF || level < floor);
	log->thresholds[category] = below ? floor : (uint8_t)level;
}

static bool log_set_item(struct log *log, struct str item)
{
	size_t level, category;
	struct str_split parts = str_cut(item, '=');
	bool bare = !str_contains(item, '=');
	struct str name = str_trim(bare ? item : parts.rest);
	if (!log_find_name(log_threshold_levels, COUNT(log_threshold_levels), name, &level))
		return false;
	if (bare) {
		for (category = 0; category < LOG_CATEGORY_COUNT; category++)
			log_set_threshold(log, category, level);
		return true;
	}
	if (!log_find_name(log_threshold_categories, COUNT(log_threshold_categories),
	                   str_trim(parts.head), &category))
		return false;
	log_set_threshold(log, category, level);
	return true;
}

enum status log_set_levels(struct log *log, struct str spec, struct str *out_bad)
{
	enum status status = OK;
	while (spec.len) {
		struct str_split parts = str_cut(spec, ';');
		struct str item = str_trim(parts.head);
		spec = parts.rest;
		if (item.len == 0 || log_set_item(log, item) || status != OK)
			continue;
		status = ERR_INVALID_ARGS;
		*out_bad = item;
	}
	return status;
}
