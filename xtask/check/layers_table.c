/* Reading of config/layers.toml, and where a path stands in it. */
#include "check/layers.h"
#include "config/library.h"
#include "os/files.h"
#include <errno.h>
#include <stddef.h>
#include <string.h>

static const struct toml_field stack_fields[] = {
        {.key = STR_INIT("root"),
         .kind = FIELD_STRING,
         .required = true,
         .offset = offsetof(struct layer_stack, root),
         .doc = "the folder that holds them"},
        {.key = STR_INIT("face"),
         .kind = FIELD_STRING,
         .offset = offsetof(struct layer_stack, face),
         .doc = "the file that others include"},
        {.key = STR_INIT("order"),
         .kind = FIELD_STRINGS,
         .required = true,
         .offset = offsetof(struct layer_stack, order),
         .doc = "levels, lowest first"},
};
static const struct toml_schema stack_schema = {.name = "[[stack]]",
                                                .fields = stack_fields,
                                                .field_count = COUNT(stack_fields),
                                                .size = sizeof(struct layer_stack),
                                                .span_offset = offsetof(struct layer_stack, span),
                                                .has_span = true};

static const struct toml_field part_fields[] = {
        {.key = STR_INIT("folder"),
         .kind = FIELD_STRING,
         .required = true,
         .offset = offsetof(struct layer_part, folder),
         .doc = "a folder, or each below it"},
        {.key = STR_INIT("may"),
         .kind = FIELD_STRINGS,
         .required = true,
         .offset = offsetof(struct layer_part, may),
         .doc = "what it sees outside of itself"},
};
static const struct toml_schema part_schema = {.name = "[[part]]",
                                               .fields = part_fields,
                                               .field_count = COUNT(part_fields),
                                               .size = sizeof(struct layer_part),
                                               .span_offset = offsetof(struct layer_part, span),
                                               .has_span = true};

static const struct toml_field file_fields[] = {
        {.key = STR_INIT("generated"),
         .kind = FIELD_STRINGS,
         .required = true,
         .offset = offsetof(struct layers, generated),
         .doc = "folders of build/gen"},
        {.key = STR_INIT("stack"),
         .kind = FIELD_TABLES,
         .schema = &stack_schema,
         .offset = offsetof(struct layers, stacks),
         .doc = "folders on top of each other"},
        {.key = STR_INIT("part"),
         .kind = FIELD_TABLES,
         .required = true,
         .schema = &part_schema,
         .offset = offsetof(struct layers, parts),
         .doc = "a part of the tree"},
};
static const struct toml_schema file_schema = {.name = "the top level",
                                               .fields = file_fields,
                                               .field_count = COUNT(file_fields),
                                               .size = sizeof(struct layers)};

static void add_items(struct arena *a, const struct toml_strs *names, const char *folder,
                      struct toml_strs *list)
{
	for (size_t i = 0; i < names->count; i++) {
		struct toml_str *item = &list->items[list->count++];
		item->value = str_format(a, "%s/%.*s", folder, STR_ARG(names->items[i].value));
		item->span = names->items[i].span;
	}
}

/* Each library is a part that may see what its library.toml says. */
static bool add_libraries(struct arena *a, struct toml_list *parts, struct diag *d)
{
	struct folder folders = {};
	int error = folder_read(a, LIBRARIES_FOLDER, &folders);
	if (error && error != ENOENT)
		return false;
	struct layer_part *all = ARENA_ARRAY(a, struct layer_part, parts->count + folders.count);
	if (parts->count)
		memcpy(all, parts->items, parts->count * sizeof *all);
	size_t count = parts->count;
	for (size_t i = 0; i < folders.count; i++) {
		struct str name = folders.entries[i].name;
		struct library_file file;
		if (!folders.entries[i].is_folder)
			continue;
		if (!library_read(a, name, (struct span){}, &file, d))
			return false;
		struct layer_part *part = &all[count++];
		part->span = file.doc.span;
		part->folder.value = str_format(a, LIBRARIES_FOLDER "/%.*s", STR_ARG(name));
		part->folder.span = file.doc.span;
		part->may.items =
		        ARENA_ARRAY(a, struct toml_str, file.needs.count + file.generated.count);
		add_items(a, &file.needs, LIBRARIES_FOLDER, &part->may);
		add_items(a, &file.generated, "gen", &part->may);
	}
	parts->items = all;
	parts->count = count;
	return true;
}

bool layers_read(struct arena *a, struct layers *out_layers, struct diag *d)
{
	struct layers layers = {};
	if (!toml_read_file(a, "config/layers.toml", &file_schema, &layers, d) ||
	    !add_libraries(a, &layers.parts, d))
		return false;
	struct layer_part *parts = layers.parts.items;
	for (size_t i = 0; i < layers.parts.count; i++)
		parts[i].used = ARENA_ARRAY(a, bool, parts[i].may.count + 1);
	*out_layers = layers;
	return true;
}

static bool is_below(struct str path, struct str folder)
{
	return path.len > folder.len && str_starts_with(path, folder) &&
	       path.ptr[folder.len] == '/';
}

/* The folder without its "/" and '*'. */
static struct str part_folder(const struct layer_part *part)
{
	struct str folder = part->folder.value;
	return str_ends_with(folder, STR("/*")) ? str_slice(folder, 0, folder.len - 2) : folder;
}

struct layer_part *layers_part(const struct layers *layers, struct str path)
{
	struct layer_part *parts = layers->parts.items, *found = NULL;
	for (size_t i = 0; i < layers->parts.count; i++)
		if (is_below(path, part_folder(&parts[i])) &&
		    (!found || part_folder(found).len < part_folder(&parts[i]).len))
			found = &parts[i];
	return found;
}

struct str layers_unit(const struct layer_part *part, struct str path)
{
	struct str folder = part_folder(part);
	if (folder.len == part->folder.value.len)
		return folder;
	struct str rest = str_slice(path, folder.len + 1, path.len);
	return str_slice(path, 0, folder.len + 1 + str_cut(rest, '/').head.len);
}

const struct layer_stack *layers_stack(const struct layers *layers, struct str path)
{
	const struct layer_stack *stacks = layers->stacks.items;
	for (size_t i = 0; i < layers->stacks.count; i++)
		if (is_below(path, stacks[i].root.value))
			return &stacks[i];
	return NULL;
}

struct str layers_folder(const struct layer_stack *stack, struct str path)
{
	struct str rest = str_slice(path, stack->root.value.len + 1, path.len);
	struct str_split split = str_cut(rest, '/');
	return split.head.len == rest.len ? STR(".") : split.head;
}

int layers_level(const struct layer_stack *stack, struct str folder)
{
	for (size_t i = 0; i < stack->order.count; i++) {
		struct str rest = stack->order.items[i].value;
		while (rest.len) {
			struct str_split word = str_cut(rest, ' ');
			if (str_equal(word.head, folder))
				return (int)i;
			rest = word.rest;
		}
	}
	return -1;
}
