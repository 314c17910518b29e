/* Log levels, log categories and fault points: registry/log.toml, registry/faults.toml. */
#include "config/settings.h"

static const char log_path[] = "registry/log.toml";
static const char faults_path[] = "registry/faults.toml";

struct named_row {
	struct toml_str name;
};

struct log_rows {
	struct toml_list levels, categories;
};

struct fault_rows {
	struct toml_list faults;
};

static const struct toml_field name_fields[] = {
        {.key = STR_INIT("name"),
         .kind = FIELD_STRING,
         .offset = offsetof(struct named_row, name),
         .required = true},
};
/* What else stands in a row is the generator's. */
static const struct toml_schema name_schema = {
        .name = "a row",
        .fields = name_fields,
        .field_count = COUNT(name_fields),
        .size = sizeof(struct named_row),
        .open = true,
};
static const struct toml_field log_fields[] = {
        {.key = STR_INIT("level"),
         .kind = FIELD_TABLES,
         .offset = offsetof(struct log_rows, levels),
         .required = true,
         .schema = &name_schema},
        {.key = STR_INIT("category"),
         .kind = FIELD_TABLES,
         .offset = offsetof(struct log_rows, categories),
         .required = true,
         .schema = &name_schema},
};
static const struct toml_schema log_schema = {
        .name = "the top level",
        .fields = log_fields,
        .field_count = COUNT(log_fields),
        .size = sizeof(struct log_rows),
        .open = true,
};
static const struct toml_field fault_fields[] = {
        {.key = STR_INIT("fault"),
         .kind = FIELD_TABLES,
         .offset = offsetof(struct fault_rows, faults),
         .schema = &name_schema},
};
static const struct toml_schema fault_schema = {
        .name = "the top level",
        .fields = fault_fields,
        .field_count = COUNT(fault_fields),
        .size = sizeof(struct fault_rows),
        .open = true,
};

static struct str *row_names(struct arena *a, const struct toml_list *rows, size_t *out_count)
{
	const struct named_row *row = rows->items;
	struct str *names = ARENA_ARRAY(a, struct str, rows->count);
	for (size_t i = 0; i < rows->count; i++)
		names[i] = row[i].name.value;
	*out_count = rows->count;
	return names;
}

static struct toml_choice *level_choices(struct arena *a, const struct toml_list *rows)
{
	const struct named_row *row = rows->items;
	struct toml_choice *choices = ARENA_ARRAY(a, struct toml_choice, rows->count);
	for (size_t i = 0; i < rows->count; i++)
		choices[i] = (struct toml_choice){.word = row[i].name.value, .value = (int)i};
	return choices;
}

bool config_names_read(struct loader *l)
{
	struct log_rows log = {};
	struct fault_rows faults = {};
	strs_add(&l->config->files_read, l->arena, str_from_c(log_path));
	strs_add(&l->config->files_read, l->arena, str_from_c(faults_path));
	bool ok = toml_read_file(l->arena, log_path, &log_schema, &log, l->diag);
	ok &= toml_read_file(l->arena, faults_path, &fault_schema, &faults, l->diag);
	if (log.categories.count > LOG_CATEGORIES_MAX) {
		diag_error(l->diag, log.categories.span, (struct str){},
		           "more than %d log categories", LOG_CATEGORIES_MAX);
		return false;
	}
	struct config_names *names = &l->names;
	names->levels = level_choices(l->arena, &log.levels);
	names->level_count = log.levels.count;
	names->categories = row_names(l->arena, &log.categories, &names->category_count);
	names->faults = row_names(l->arena, &faults.faults, &names->fault_count);
	return ok;
}
