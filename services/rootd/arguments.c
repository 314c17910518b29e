/*
 * What a program is started with: its record in desktop-programs.tsv has args and env, items joined
 * with '|'.
 */
#include "rootd.h"
#include <abi/machine.h>
#include <string.h>

bool rootd_find_record(const struct rootd *self, struct str key, struct str wanted,
                       struct registry_record *out_record)
{
	struct boot_archive_entry file;
	if (boot_archive_find(self->archive, STR(MACHINE_PATH_DESKTOP_PROGRAMS), &file) != OK)
		return false;
	struct registry_reader reader = registry_begin(file.data);
	enum status status;
	while ((status = registry_next(&reader, out_record)) != ERR_NOT_FOUND) {
		struct str value;
		if (status == OK && registry_value(out_record, key, &value) &&
		    str_equal(value, wanted))
			return true;
	}
	return false;
}

static const char *arguments_add_text(struct program_arguments *self, struct str text)
{
	char *to = self->bytes + self->used;
	if (text.len >= sizeof self->bytes - self->used)
		return NULL;
	memcpy(to, text.ptr, text.len);
	to[text.len] = '\0';
	self->used += text.len + 1;
	return to;
}

/* Appends the items to list, which keeps its NULL at the end. */
static bool arguments_add_items(struct program_arguments *self, const char **list, size_t capacity,
                                struct str items)
{
	size_t count = 0;
	while (list[count])
		count++;
	while (items.len) {
		struct str_split split = str_cut(items, '|');
		if (count + 1 >= capacity || !(list[count] = arguments_add_text(self, split.head)))
			return false;
		list[++count] = NULL;
		items = split.rest;
	}
	return true;
}

bool rootd_read_arguments(const struct rootd *self, const struct startup_program *entry,
                          struct program_arguments *out)
{
	struct registry_record record;
	struct str args, env;
	out->used = 0;
	out->argv[0] = arguments_add_text(out, entry->exec);
	out->argv[1] = NULL;
	out->envp[0] = NULL;
	if (!out->argv[0])
		return false;
	if (!rootd_find_record(self, STR("desktop_id"), entry->desktop_id, &record))
		return true;
	return registry_value(&record, STR("args"), &args) &&
	       registry_value(&record, STR("env"), &env) &&
	       arguments_add_items(out, out->argv, COUNT(out->argv), args) &&
	       arguments_add_items(out, out->envp, COUNT(out->envp), env);
}
