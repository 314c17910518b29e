/* Arguments and environment of a program, as execve wants them. */
#include "runtimed.h"
#include <string.h>

/* The parts one after the other, with a NUL behind; NULL: no room. */
static const char *arguments_add(struct program_arguments *out, const struct str *parts,
                                 size_t count)
{
	char *begin = out->bytes + out->used;
	for (size_t i = 0; i < count; i++) {
		if (parts[i].len >= sizeof out->bytes - out->used)
			return NULL;
		memcpy(out->bytes + out->used, parts[i].ptr, parts[i].len);
		out->used += parts[i].len;
	}
	if (out->used == sizeof out->bytes)
		return NULL;
	out->bytes[out->used++] = '\0';
	return begin;
}

static bool arguments_have(const struct program_arguments *out, struct str key)
{
	for (size_t i = 0; i < out->variables; i++)
		if (str_equal(str_cut(str_from_c(out->envp[i]), '=').head, key))
			return true;
	return false;
}

static enum status arguments_add_variable(struct program_arguments *out, const struct str *parts,
                                          size_t count)
{
	if (out->variables == VARIABLES_MAX)
		return ERR_TOO_BIG;
	out->envp[out->variables] = arguments_add(out, parts, count);
	return out->envp[out->variables++] ? OK : ERR_TOO_BIG;
}

/* What a login would give. */
static enum status arguments_add_user(const struct runtime_user *user,
                                      struct program_arguments *out)
{
	const struct {
		struct str key, value;
	} variables[] = {
	        {STR("HOME"), user->home},
	        {STR("USER"), user->name},
	        {STR("LOGNAME"), user->name},
	        {STR("SHELL"), user->shell},
	};
	for (size_t i = 0; i < COUNT(variables); i++) {
		const struct str parts[] = {variables[i].key, STR("="), variables[i].value};
		if (variables[i].value.len && !arguments_have(out, variables[i].key))
			TRY(arguments_add_variable(out, parts, COUNT(parts)));
	}
	return OK;
}

static enum status arguments_add_environment(const struct catalog *catalog,
                                             const struct catalog_program *program,
                                             const struct runtime_user *user,
                                             struct program_arguments *out)
{
	struct str rest = program->env, item, key, value;
	while (catalog_item_next(&rest, &item))
		TRY(arguments_add_variable(out, &item, 1));
	if (user)
		TRY(arguments_add_user(user, out));
	struct registry_reader reader = registry_begin(catalog->environment);
	while (catalog_variable_next(&reader, &key, &value)) {
		const struct str parts[] = {key, STR("="), value};
		if (!arguments_have(out, key))
			TRY(arguments_add_variable(out, parts, COUNT(parts)));
	}
	return OK;
}

enum status arguments_fill(const struct catalog *catalog, const struct catalog_program *program,
                           const struct runtime_user *user, struct program_arguments *out)
{
	/* the registry's paths have no slash before them */
	const struct str path[] = {program->id ? STR("/") : STR(""), program->exec};
	struct str rest = program->args, item;
	size_t count = 0;
	*out = (struct program_arguments){};
	out->path = arguments_add(out, path, COUNT(path));
	out->argv[count++] = out->path;
	while (catalog_item_next(&rest, &item)) {
		if (count == ARGUMENTS_MAX)
			return ERR_TOO_BIG;
		out->argv[count++] = arguments_add(out, &item, 1);
	}
	if (!out->argv[count - 1])
		return ERR_TOO_BIG;
	return arguments_add_environment(catalog, program, user, out);
}
