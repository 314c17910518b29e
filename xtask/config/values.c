/* Every effective value as TOML, with where it comes from. */
#include "config/settings.h"

struct lister {
	struct loader *loader;
	struct config_value *values;
	size_t count, capacity;
};

static void list_add(struct lister *list, struct config_value value)
{
	if (list->count == list->capacity) {
		list->capacity = list->capacity ? list->capacity * 2 : 64;
		struct config_value *values =
		        ARENA_ARRAY(list->loader->arena, struct config_value, list->capacity);
		for (size_t i = 0; i < list->count; i++)
			values[i] = list->values[i];
		list->values = values;
	}
	list->values[list->count++] = value;
}

/* Environment and options are one line of their own: only files have line numbers. */
static struct str origin_of(const struct loader *l, struct span span)
{
	const struct source *source = span.source;
	if (!source || source == l->defaults)
		return STR("default");
	if (str_starts_with(source->path, STR("environment ")) ||
	    str_starts_with(source->path, STR("--")))
		return source->path;
	uint32_t line = source_position(source, span.start).line;
	struct str place = str_format(l->arena, "%.*s:%u", STR_ARG(source->path), line);
	if (source != l->preset)
		return place;
	return str_format(l->arena, "preset %.*s (%.*s)", STR_ARG(l->settings.preset.value),
	                  STR_ARG(place));
}

static struct str quoted(struct arena *a, struct str s)
{
	struct text t = {.arena = a};
	toml_add_string(&t, s);
	return text_str(&t);
}

static struct str strings_text(struct arena *a, const struct toml_strs *strings)
{
	struct text t = {.arena = a};
	text_add_byte(&t, '[');
	for (size_t i = 0; i < strings->count; i++) {
		if (i)
			text_add(&t, STR(", "));
		toml_add_string(&t, strings->items[i].value);
	}
	text_add_byte(&t, ']');
	return text_str(&t);
}

static struct str word_of(const struct toml_field *field, int value)
{
	for (size_t i = 0; i < field->choice_count; i++)
		if (!field->choices[i].refused && field->choices[i].value == value)
			return field->choices[i].word;
	return (struct str){};
}

static struct config_value leaf_value(const struct loader *l, const struct toml_field *field,
                                      const void *member)
{
	struct arena *a = l->arena;
	const struct toml_int *integer = member;
	const struct toml_bool *boolean = member;
	const struct toml_word *word = member;
	const struct toml_str *string = member;
	const struct toml_strs *strings = member;
	switch (field->kind) {
	case FIELD_INTEGER:
		return (struct config_value){
		        .text = str_format(a, "%lld", (long long)integer->value),
		        .origin = origin_of(l, integer->span)};
	case FIELD_BOOLEAN:
		return (struct config_value){.text = boolean->value ? STR("true") : STR("false"),
		                             .origin = origin_of(l, boolean->span)};
	case FIELD_WORD:
		return (struct config_value){.text = quoted(a, word_of(field, word->value)),
		                             .origin = origin_of(l, word->span)};
	case FIELD_STRINGS:
		return (struct config_value){.text = strings_text(a, strings),
		                             .origin = origin_of(l, strings->span)};
	default:
		return (struct config_value){.text = quoted(a, string->value),
		                             .origin = origin_of(l, string->span)};
	}
}

/* A category's level is what min_level leaves of it. */
static struct config_value category_value(const struct loader *l, const struct toml_field *field,
                                          const struct toml_word *word)
{
	size_t index = (size_t)(word - l->settings.logging.categories.levels);
	int level = l->config->logging.thresholds[index];
	const struct toml_word *floor = &l->settings.logging.min_level;
	struct str origin = origin_of(l, word->span);
	if (!word->span.source)
		origin =
		        str_format(l->arena, "min_level, %.*s", STR_ARG(origin_of(l, floor->span)));
	else if (level != word->value)
		origin = str_format(l->arena, "%.*s, but min_level (%.*s) is the floor",
		                    STR_ARG(origin), STR_ARG(origin_of(l, floor->span)));
	return (struct config_value){.text = quoted(l->arena, word_of(field, level)),
	                             .origin = origin};
}

/* What the guest gets, which is not only what the file says. */
static struct config_value rules_value(const struct loader *l)
{
	const struct fault_settings *s = &l->settings.fault_injection;
	struct arena *a = l->arena;
	struct toml_strs effective = {
	        .items = ARENA_ARRAY(a, struct toml_str, l->config->faults.rules.count)};
	for (; effective.count < l->config->faults.rules.count; effective.count++)
		effective.items[effective.count].value =
		        l->config->faults.rules.items[effective.count];
	struct text origin = {.arena = a};
	text_add(&origin, origin_of(l, s->rules.span));
	if (!s->enabled.value && s->rules.count)
		text_add(&origin, STR(", not enabled"));
	for (size_t i = 0; i < l->fault_origins.count; i++)
		text_addf(&origin, ", %.*s", STR_ARG(l->fault_origins.items[i]));
	return (struct config_value){.text = strings_text(a, &effective),
	                             .origin = text_str(&origin)};
}

static void list_schema(struct lister *list, const struct toml_schema *schema, const char *base,
                        struct str prefix)
{
	const struct loader *l = list->loader;
	const char *categories = (const char *)&l->settings.logging.categories;
	for (size_t i = 0; i < schema->field_count; i++) {
		const struct toml_field *field = &schema->fields[i];
		if (field->refused)
			continue;
		const void *member = base + field->offset;
		struct str key = str_format(l->arena, "%.*s%s%.*s", STR_ARG(prefix),
		                            prefix.len ? "." : "", STR_ARG(field->key));
		if (field->kind == FIELD_TABLE) {
			list_schema(list, field->schema, member, key);
			continue;
		}
		struct config_value value;
		if (base == categories)
			value = category_value(l, field, member);
		else if (member == &l->settings.fault_injection.rules)
			value = rules_value(l);
		else
			value = leaf_value(l, field, member);
		value.key = key;
		list_add(list, value);
	}
}

void config_values_list(struct loader *l)
{
	struct lister list = {.loader = l};
	list_schema(&list, l->schema, (const char *)&l->settings, (struct str){});
	l->config->values = list.values;
	l->config->value_count = list.count;
}

struct str config_show(struct arena *a, const struct config *config)
{
	struct text t = {.arena = a};
	struct str table = {};
	for (size_t i = 0; i < config->value_count; i++) {
		const struct config_value *v = &config->values[i];
		struct str_split key = str_cut_last(v->key, '.');
		if (!str_equal(key.head, table))
			text_addf(&t, "\n[%.*s]\n", STR_ARG(key.head));
		table = key.head;
		text_addf(&t, "%.*s = %.*s # %.*s\n", STR_ARG(key.rest), STR_ARG(v->text),
		          STR_ARG(v->origin));
	}
	return text_str(&t);
}
