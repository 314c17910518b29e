/*
 * Settings that come as text: environment variables and --set.
 *
 * Each becomes a small tree that the ordinary schema reads, so that unknown
 * names, ranges and words are judged in one place.
 */
#include "config/settings.h"
#include <string.h>
#include <unistd.h>

static bool word_is_one_of(struct str text, const char *const *words)
{
	for (; *words; words++)
		if (str_equal(text, str_from_c(*words)))
			return true;
	return false;
}

/* Contract 5.3. */
static bool boolean_from_text(struct str text, bool *out_value)
{
	static const char *const yes[] = {"1", "true", "True", "TRUE", "yes", "on", NULL};
	static const char *const no[] = {"0", "false", "False", "FALSE", "no", "off", NULL};
	bool value = word_is_one_of(text, yes);
	if (!value && !word_is_one_of(text, no))
		return false;
	*out_value = value;
	return true;
}

static bool take_word(struct str *rest, struct str *out_word)
{
	*rest = str_trim(*rest);
	size_t end = 0;
	while (end < rest->len && !str_contains(STR(" \t\r\n"), rest->ptr[end]))
		end++;
	*out_word = str_slice(*rest, 0, end);
	*rest = str_slice(*rest, end, rest->len);
	return out_word->len > 0;
}

/* Words between blanks; there is no quoting. */
static void words_from_text(struct arena *a, struct str text, struct toml_value *value)
{
	struct str rest = text, word;
	size_t count = 0;
	while (take_word(&rest, &word))
		count++;
	*value = (struct toml_value){TOML_ARRAY, value->span, .array = {}};
	value->array.items = ARENA_ARRAY(a, struct toml_value *, count);
	for (rest = text; take_word(&rest, &word);) {
		struct toml_value *item = ARENA_NEW(a, struct toml_value);
		*item = (struct toml_value){TOML_STRING, value->span, .string = word};
		value->array.items[value->array.count++] = item;
	}
}

static void report_expected(struct loader *l, const struct config_override *o, struct str text,
                            const char *wanted, struct str hint)
{
	diag_error(l->diag, o->value_span, hint, "invalid %.*s=\"%.*s\": expected %s",
	           STR_ARG(o->name), STR_ARG(text), wanted);
}

static struct toml_value *value_from_text(struct loader *l, const struct config_override *o,
                                          const struct toml_field *field)
{
	struct toml_value *value = ARENA_NEW(l->arena, struct toml_value);
	struct str text = str_slice(o->source->text, o->value_span.start, o->value_span.end);
	*value = (struct toml_value){TOML_STRING, o->value_span, .string = text};
	bool truth;
	uint64_t number;
	size_t errors = l->diag->errors;
	switch (field ? field->kind : FIELD_STRING) {
	case FIELD_BOOLEAN:
		if (boolean_from_text(text, &truth))
			*value = (struct toml_value){TOML_BOOLEAN, o->value_span, .boolean = truth};
		else
			report_expected(l, o, text, "boolean",
			                STR("1 true yes on, or 0 false no off"));
		break;
	case FIELD_INTEGER:
		if (str_to_u64(text, &number) && number <= INT64_MAX)
			*value = (struct toml_value){TOML_INTEGER, o->value_span,
			                             .integer = (int64_t)number};
		else
			report_expected(l, o, text, "integer", (struct str){});
		break;
	case FIELD_STRINGS:
		words_from_text(l->arena, text, value);
		break;
	default:
		break;
	}
	if (l->diag->errors > errors)
		value->kind = TOML_INVALID;
	return value;
}

static struct toml_value *new_table(struct arena *a, struct span span)
{
	struct toml_value *table = ARENA_NEW(a, struct toml_value);
	table->kind = TOML_TABLE;
	table->span = span;
	return table;
}

static void set_only_entry(struct arena *a, struct toml_value *table, struct str key,
                           struct span span, struct toml_value *value)
{
	struct toml_entry *entry = ARENA_NEW(a, struct toml_entry);
	*entry = (struct toml_entry){.key = key, .key_span = span, .value = value};
	table->table.first = table->table.last = entry;
	table->table.count = 1;
}

/* Place of a part of the key: inside the key's text when it stands there as such. */
static struct span part_span(const struct config_override *o, struct str part)
{
	struct span span = o->key_span;
	if (span.end - span.start != o->key.len)
		return span;
	span.start += (uint32_t)(part.ptr - o->key.ptr);
	span.end = span.start + (uint32_t)part.len;
	return span;
}

bool config_override_read(struct loader *l, const struct config_override *override)
{
	const struct toml_field *field = config_field_find(l->schema, override->key);
	struct toml_value *value = value_from_text(l, override, field);
	struct toml_value *root = new_table(l->arena, override->key_span), *table = root;
	for (struct str rest = override->key;;) {
		struct str_split cut = str_cut(rest, '.');
		struct span span = part_span(override, cut.head);
		bool last = cut.head.len == rest.len;
		struct toml_value *below = last ? value : new_table(l->arena, span);
		set_only_entry(l->arena, table, cut.head, span, below);
		if (last)
			break;
		table = below;
		rest = cut.rest;
	}
	return toml_read(l->arena, l->schema, root, &l->settings, l->diag);
}

static char *const *environment_of(const struct loader *l)
{
	return l->request->environment ? l->request->environment : environ;
}

const char *config_variable(const struct loader *l, const char *name)
{
	size_t len = strlen(name);
	for (char *const *variable = environment_of(l); *variable; variable++)
		if (strncmp(*variable, name, len) == 0 && (*variable)[len] == '=')
			return (*variable)[len + 1] ? *variable + len + 1 : NULL;
	return NULL;
}

/* variable is "NAME=VALUE". */
static bool read_variable(struct loader *l, struct str variable, struct str key)
{
	struct str_split cut = str_cut(variable, '=');
	struct source *source = ARENA_NEW(l->arena, struct source);
	source->path = str_format(l->arena, "environment %.*s", STR_ARG(cut.head));
	source->text = variable;
	uint32_t name_end = (uint32_t)cut.head.len;
	struct config_override override = {
	        .source = source,
	        .key = key,
	        .key_span = {source, 0, name_end},
	        .value_span = {source, name_end + 1, (uint32_t)variable.len},
	        .name = cut.head,
	};
	return config_override_read(l, &override);
}

static void warn_old_name(struct loader *l, const char *name)
{
	diag_warning(l->diag, (struct span){}, STR("write RUSTOS_KERNEL_CODEGEN_UNITS"),
	             "the environment variable %s is an old name", name);
}

/* Variables with names of their own; the later one wins. */
static bool read_named_variables(struct loader *l)
{
	static const struct {
		const char *name, *key;
		bool old;
	} named[] = {
	        {"KERNEL_CODEGEN_UNITS", "kernel.build.codegen_units", true},
	        {"RUSTOS_QEMU_PROFILE", "qemu.profile", false},
	        {"RUSTOS_QEMU_ACCEL", "qemu.accelerator", false},
	        {"OVMF_PATH", "qemu.firmware", false},
	};
	bool ok = true;
	for (size_t i = 0; i < COUNT(named); i++) {
		const char *value = config_variable(l, named[i].name);
		if (!value)
			continue;
		if (named[i].old)
			warn_old_name(l, named[i].name);
		struct str variable = str_format(l->arena, "%s=%s", named[i].name, value);
		ok &= read_variable(l, variable, str_from_c(named[i].key));
	}
	return ok;
}

static struct str lower_case(struct arena *a, struct str s)
{
	struct str copy = arena_str(a, s);
	struct text t = {.arena = a};
	for (size_t i = 0; i < copy.len; i++) {
		char c = copy.ptr[i];
		text_add_byte(&t, c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
	}
	return text_str(&t);
}

bool config_environment_read(struct loader *l)
{
	const struct str prefix = STR("RUSTOS_KERNEL_");
	bool ok = read_named_variables(l);
	struct strs found = {};
	for (char *const *variable = environment_of(l); *variable; variable++) {
		struct str text = str_from_c(*variable);
		if (str_starts_with(text, prefix) && str_cut(text, '=').rest.len)
			strs_add(&found, l->arena, text);
	}
	strs_sort(&found);
	for (size_t i = 0; i < found.count; i++) {
		struct str name = str_cut(found.items[i], '=').head;
		struct str key = lower_case(l->arena, str_slice(name, prefix.len, name.len));
		key = str_format(l->arena, "kernel.build.%.*s", STR_ARG(key));
		ok &= read_variable(l, found.items[i], key);
	}
	return ok;
}

/* Behind '=' a quoted string or an array is TOML; everything else is plain text. */
static bool read_set(struct loader *l, struct str text)
{
	struct source *source = ARENA_NEW(l->arena, struct source);
	*source = (struct source){STR("--set"), text};
	struct span all = {source, 0, (uint32_t)text.len};
	struct str_split cut = str_cut(text, '=');
	struct str key = str_trim(cut.head), value = str_trim(cut.rest);
	if (!key.len || cut.head.len == text.len) {
		diag_error(l->diag, all, STR("--set kernel.build.lto=full"),
		           "--set takes TABLE.KEY=VALUE");
		return false;
	}
	if (str_equal(key, STR("preset"))) {
		diag_error(l->diag, all, STR("write --preset NAME"),
		           "the preset is not chosen with --set");
		return false;
	}
	if (value.len && str_contains(STR("\"'["), value.ptr[0])) {
		size_t errors = l->diag->errors;
		const struct toml_value *root = toml_parse(l->arena, source, l->diag);
		return toml_read(l->arena, l->schema, root, &l->settings, l->diag) &&
		       l->diag->errors == errors;
	}
	uint32_t key_start = (uint32_t)(key.ptr - text.ptr);
	uint32_t value_start = value.len ? (uint32_t)(value.ptr - text.ptr) : (uint32_t)text.len;
	struct config_override override = {
	        .source = source,
	        .key = key,
	        .key_span = {source, key_start, key_start + (uint32_t)key.len},
	        .value_span = {source, value_start, value_start + (uint32_t)value.len},
	        .name = key,
	};
	return config_override_read(l, &override);
}

bool config_sets_read(struct loader *l)
{
	bool ok = true;
	for (size_t i = 0; i < l->request->sets.count; i++)
		ok &= read_set(l, l->request->sets.items[i]);
	return ok;
}
