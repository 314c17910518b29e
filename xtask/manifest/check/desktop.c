/*
 * [[desktop.entries]]: rows of desktop-programs.tsv and .desktop files.
 *
 * What the guest would drop in silence at start (runtimed keeps printable ASCII
 * without backslashes, of bounded size) is an error here.
 */
#include "manifest/check/check.h"
#include "manifest/name_map.h"
#include "manifest/rules.h"

static void check_display_name(struct check *c, const struct toml_str *name)
{
	if (!name->span.source)
		return;
	struct problem problem = {};
	const char *unfit = unfit_byte(name->value, "");
	if (!str_trim(name->value).len)
		problem = (struct problem){STR("is empty"), STR("it is what people see")};
	else if (unfit)
		problem =
		        (struct problem){str_format(c->arena, "contains %s", unfit),
		                         STR("a row of the registry is one line with tabs between "
		                             "fields: use a blank")};
	else if (name->value.len > DISPLAY_NAME_BYTES_MAX)
		problem = (struct problem){
		        str_format(c->arena, "is %zu bytes long", name->value.len),
		        str_format(c->arena, "at most %d fit the guest's structure",
		                   DISPLAY_NAME_BYTES_MAX)};
	check_problem(c, name, "display_name", problem);
}

static void check_image_path(struct check *c, const struct toml_str *path, const char *key)
{
	if (!path->span.source)
		return;
	check_problem(c, path, key, image_path_problem(c->arena, path->value));
}

/* Arguments and environment are joined with '|'. */
static bool string_fits(struct check *c, const struct toml_str *item, const char *list)
{
	const char *unfit = unfit_byte(item->value, "|\\");
	if (!item->value.len) {
		diag_error(c->diag, item->span, STR("the registry cannot carry it: leave it out"),
		           "empty item in %s", list);
		return false;
	}
	for (size_t i = 0; !unfit && i < item->value.len; i++)
		if ((unsigned char)item->value.ptr[i] >= 0x80)
			unfit = "a character that is not ASCII";
	if (unfit) {
		struct str hint =
		        str_contains(item->value, '|')
		                ? STR("the registry joins the items with '|': put the value "
		                      "into a file and name the file")
		                : STR("the guest takes printable ASCII without backslashes: "
		                      "put the value into a file and name the file");
		diag_error(c->diag, item->span, hint, "item of %s contains %s", list, unfit);
		return false;
	}
	if (item->value.len <= ARGUMENT_BYTES_MAX)
		return true;
	diag_error(c->diag, item->span,
	           str_format(c->arena, "at most %d bytes fit", ARGUMENT_BYTES_MAX),
	           "item of %s is %zu bytes long", list, item->value.len);
	return false;
}

static bool variable_fits(struct check *c, const struct toml_str *item, const char *list)
{
	if (!string_fits(c, item, list))
		return false;
	if (str_contains(item->value, '=') && is_variable_name(str_cut(item->value, '=').head))
		return true;
	diag_error(c->diag, item->span, STR("write NAME=VALUE"), "'%.*s' in %s sets no variable",
	           STR_ARG(item->value), list);
	return false;
}

/* False when something was reported. */
static bool check_strings(struct check *c, const struct toml_strs *items, const char *list,
                          item_check fits)
{
	bool all = true;
	for (size_t i = 0; i < items->count; i++)
		all &= fits(c, &items->items[i], list);
	return all;
}

/* Each with its NUL. */
static size_t blob_size(const struct toml_strs *items)
{
	size_t size = 0;
	for (size_t i = 0; i < items->count; i++)
		size += items->items[i].value.len + 1;
	return size;
}

static void check_bounds(struct check *c, const struct toml_strs *items, const char *list,
                         size_t most_items, size_t most_bytes)
{
	size_t size = blob_size(items);
	struct str hint = STR("put the values into a file and name the file");
	if (items->count > most_items)
		diag_error(c->diag, items->span, hint, "%s has %zu items, and the guest takes %zu",
		           list, items->count, most_items);
	else if (size > most_bytes)
		diag_error(c->diag, items->span, hint,
		           "%s is %zu bytes long, and the guest takes %zu", list, size, most_bytes);
}

static void check_repeated_variables(struct check *c, const struct toml_strs *env)
{
	struct name_map seen;
	name_map_init(&seen, c->arena, env->count);
	for (size_t i = 0; i < env->count; i++) {
		struct str name = str_cut(env->items[i].value, '=').head;
		void **value = name_map_at(&seen, name);
		if (*value)
			diag_error(c->diag, env->items[i].span, STR("delete one of them"),
			           "'%.*s' is set twice in env", STR_ARG(name));
		*value = &seen;
	}
}

static void check_entry(struct check *c, struct desktop_entry *entry)
{
	const struct package_install *install = &c->package->install;
	if (!entry->console_hosted.span.source)
		entry->console_hosted.value = true;
	check_display_name(c, &entry->display_name);
	check_image_path(c, &entry->image, "image");
	check_image_path(c, &entry->exec, "exec");
	if (c->layout_trusted && !entry->image.span.source && install->layout.value != LAYOUT_FILE)
		diag_error(
		        c->diag, entry->span, STR("add image = \"...\" with the program's path"),
		        "the package installs many files, and this entry does not say which is the "
		        "program");

	/* The program's path is the first argument, with a slash before and a NUL behind it. */
	struct str exec = entry->exec.value.len    ? entry->exec.value
	                  : entry->image.value.len ? entry->image.value
	                                           : install->path.value;
	size_t program = exec.len < IMAGE_PATH_BYTES_MAX ? exec.len + 2 : IMAGE_PATH_BYTES_MAX + 2;
	if (check_strings(c, &entry->args, "args", string_fits))
		check_bounds(c, &entry->args, "args", ARGUMENTS_MAX, ARGUMENTS_BLOB_MAX - program);
	if (check_strings(c, &entry->env, "env", variable_fits)) {
		check_repeated_variables(c, &entry->env);
		check_bounds(c, &entry->env, "env", ENVIRONMENT_MAX, ENVIRONMENT_BLOB_MAX);
	}
}

void check_desktop(struct check *c)
{
	struct package *p = c->package;
	enum package_kind kind = (enum package_kind)p->kind.value;
	struct desktop_entry *entries = p->desktop.items;
	if (p->desktop.count && c->kind_trusted && !kind_rule(kind)->is_program) {
		diag_error(c->diag, entries[0].span, STR("delete the table"),
		           "kind '%s' has no program that a desktop entry could start",
		           package_kind_name(kind));
		p->desktop = (struct toml_list){};
		return;
	}
	for (size_t i = 0; i < p->desktop.count; i++)
		check_entry(c, &entries[i]);
}
