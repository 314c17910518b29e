/* What can be launched: the staged registries. */
#include "runtimed.h"

/* Not in every registry. */
static uint64_t catalog_number(const struct registry_record *record, struct str key)
{
	struct str value;
	uint64_t number;
	return registry_value(record, key, &value) && str_to_u64(value, &number) ? number : 0;
}

static bool record_has(const struct registry_record *record, struct str key, struct str wanted)
{
	struct str value;
	return registry_value(record, key, &value) && str_equal(value, wanted);
}

static enum catalog_policy catalog_policy_of(const struct registry_record *record)
{
	if (record_has(record, STR("launch"), STR("all-sessions")))
		return POLICY_ALL_SESSIONS;
	return record_has(record, STR("launch"), STR("new-session")) ? POLICY_NEW_SESSION
	                                                             : POLICY_NONE;
}

static bool catalog_read(const struct registry_record *record, struct catalog_program *out)
{
	*out = (struct catalog_program){
	        .id = record->line,
	        .weight_micros = catalog_number(record, STR("weight")),
	        .console_hosted = catalog_number(record, STR("console_hosted")) != 0,
	        .no_display = catalog_number(record, STR("no_display")) != 0,
	        .policy = catalog_policy_of(record),
	};
	return registry_value(record, STR("desktop_id"), &out->desktop_id) &&
	       registry_value(record, STR("display_name"), &out->display_name) &&
	       registry_value(record, STR("exec"), &out->exec) &&
	       registry_value(record, STR("deps"), &out->deps) &&
	       registry_value(record, STR("args"), &out->args) &&
	       registry_value(record, STR("env"), &out->env);
}

enum status catalog_find(struct str registry, struct str key, struct str wanted,
                         struct catalog_program *out)
{
	struct registry_reader reader = registry_begin(registry);
	struct registry_record record;
	enum status status;
	while ((status = registry_next(&reader, &record)) != ERR_NOT_FOUND) {
		struct str value;
		if (status == OK && registry_value(&record, key, &value) &&
		    str_equal(value, wanted) && catalog_read(&record, out))
			return OK;
	}
	return ERR_NOT_FOUND;
}

enum status catalog_next_launch(struct registry_reader *reader, struct catalog_program *out)
{
	struct registry_record record;
	enum status status;
	while ((status = registry_next(reader, &record)) != ERR_NOT_FOUND) {
		bool wanted = record_has(&record, STR("startup"), STR("desktop")) ||
		              (record_has(&record, STR("startup"), STR("none")) &&
		               record_has(&record, STR("autostart_enabled"), STR("1")));
		if (status == OK && wanted && catalog_read(&record, out))
			return OK;
	}
	return ERR_NOT_FOUND;
}

enum status catalog_next_companion(struct registry_reader *reader, struct catalog_program *out)
{
	struct registry_record record;
	enum status status;
	while ((status = registry_next(reader, &record)) != ERR_NOT_FOUND)
		if (status == OK && catalog_policy_of(&record) != POLICY_NONE &&
		    catalog_read(&record, out))
			return OK;
	return ERR_NOT_FOUND;
}

unsigned catalog_rank(const struct catalog_program *program)
{
	if (program->console_hosted)
		return 1;
	return program->no_display ? 2 : 0;
}

bool catalog_item_next(struct str *rest, struct str *out_item)
{
	if (!rest->len)
		return false;
	struct str_split split = str_cut(*rest, '|');
	*out_item = split.head;
	*rest = split.rest;
	return true;
}

bool catalog_variable_next(struct registry_reader *reader, struct str *out_key,
                           struct str *out_value)
{
	struct registry_record record;
	enum status status;
	while ((status = registry_next(reader, &record)) != ERR_NOT_FOUND)
		if (status == OK && record_has(&record, STR("scope"), STR("runtime")) &&
		    registry_value(&record, STR("key"), out_key) &&
		    registry_value(&record, STR("value"), out_value))
			return true;
	return false;
}
