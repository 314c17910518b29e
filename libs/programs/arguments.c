/*
 * What a program is started with: its record in desktop-programs.tsv has args and env, items joined
 * with '|'; runtime-env.tsv has what every environment holds at least.
 */
#include <abi/machine.h>
#include <programs/api.h>
#include <string.h>

void program_arguments_init(struct program_arguments *out)
{
	out->arguments.len_max = SPAWN_EXEC_ARGS_BYTES_MAX;
	out->arguments.count_max = SPAWN_EXEC_ARGS_MAX;
	out->environment.len_max = SPAWN_EXEC_ENVS_BYTES_MAX;
	out->environment.count_max = SPAWN_EXEC_ENVS_MAX;
	out->arguments.len = out->arguments.count = 0;
	out->environment.len = out->environment.count = 0;
}

bool program_strings_add(struct program_strings *strings, struct str text)
{
	if (strings->count == strings->count_max || text.len >= strings->len_max - strings->len)
		return false;
	memcpy(strings->bytes + strings->len, text.ptr, text.len);
	strings->bytes[strings->len + text.len] = '\0';
	strings->len += text.len + 1;
	strings->count++;
	return true;
}

static bool strings_add_items(struct program_strings *strings, struct str items)
{
	while (items.len) {
		struct str_split split = str_cut(items, '|');
		if (!program_strings_add(strings, split.head))
			return false;
		items = split.rest;
	}
	return true;
}

bool programs_read_arguments(const struct program_table *table, const struct program *program,
                             struct program_arguments *out)
{
	struct registry_record record;
	struct str args, env;
	program_arguments_init(out);
	if (!program_strings_add(&out->arguments, program->entry.exec))
		return false;
	if (!programs_find_record(table, STR("desktop_id"), program->entry.desktop_id, &record))
		return true;
	return registry_value(&record, STR("args"), &args) &&
	       registry_value(&record, STR("env"), &env) &&
	       strings_add_items(&out->arguments, args) &&
	       strings_add_items(&out->environment, env);
}

/* Is there a string `key=...`? */
static bool strings_have(const struct program_strings *strings, struct str key)
{
	for (size_t at = 0; at < strings->len; at += strlen(strings->bytes + at) + 1) {
		struct str text = str_from_c(strings->bytes + at);
		if (str_starts_with(text, key) && text.len > key.len && text.ptr[key.len] == '=')
			return true;
	}
	return false;
}

static bool strings_add_pair(struct program_strings *strings, struct str key, struct str value)
{
	size_t len = key.len + 1 + value.len;
	char *to = strings->bytes + strings->len;
	if (strings->count == strings->count_max || len >= strings->len_max - strings->len)
		return false;
	memcpy(to, key.ptr, key.len);
	to[key.len] = '=';
	memcpy(to + key.len + 1, value.ptr, value.len);
	to[len] = '\0';
	strings->len += len + 1;
	strings->count++;
	return true;
}

bool programs_add_environment(const struct program_table *table, struct str scope,
                              struct program_strings *environment)
{
	struct boot_archive_entry file;
	struct registry_record record;
	if (boot_archive_find(table->archive, STR(MACHINE_PATH_RUNTIME_ENV), &file) != OK)
		return true;
	struct registry_reader reader = registry_begin(file.data);
	enum status status;
	while ((status = registry_next(&reader, &record)) != ERR_NOT_FOUND) {
		struct str its_scope, key, value;
		bool is_meant = status == OK && registry_value(&record, STR("scope"), &its_scope) &&
		                str_equal(its_scope, scope) &&
		                registry_value(&record, STR("key"), &key) &&
		                registry_value(&record, STR("value"), &value);
		if (is_meant && !strings_have(environment, key) &&
		    !strings_add_pair(environment, key, value))
			return false;
	}
	return true;
}

uint64_t programs_weight(const struct program_table *table, const struct program *program)
{
	struct registry_record record;
	struct str text;
	uint64_t weight;
	if (!programs_find_record(table, STR("desktop_id"), program->entry.desktop_id, &record) ||
	    !registry_value(&record, STR("weight"), &text) || !str_to_u64(text, &weight))
		return 0;
	return weight;
}
