/* tree.tsv, from registry/tree.toml: folders, links and mounts of every system. */
#include "stage/registries.h"

struct tree_row {
	struct span span;
	struct toml_str path, rights, owner, target, volume, source;
	struct toml_bool over;
};

struct tree_file {
	struct toml_list folders, links, mounts;
};

#define TREE_TEXT(member, needed, text)                                                            \
	{                                                                                          \
		.key = STR_INIT(#member), .kind = FIELD_STRING, .required = (needed),              \
		.offset = offsetof(struct tree_row, member), .doc = (text)                         \
	}

#define TREE_TABLE(title, rows)                                                                    \
	{                                                                                          \
		.name = (title), .fields = (rows), .field_count = COUNT(rows),                     \
		.size = sizeof(struct tree_row), .span_offset = offsetof(struct tree_row, span),   \
		.has_span = true                                                                   \
	}

static const struct toml_field folder_fields[] = {
        TREE_TEXT(path, true, "absolute"),
        TREE_TEXT(rights, true, "octal"),
        TREE_TEXT(owner, false, "number of its user and group"),
};
static const struct toml_field link_fields[] = {
        TREE_TEXT(path, true, "absolute"),
        TREE_TEXT(target, true, "where it leads"),
};
static const struct toml_field mount_fields[] = {
        TREE_TEXT(path, true, "absolute"),
        TREE_TEXT(volume, true, "its kind"),
        TREE_TEXT(source, true, "system or label=NAME"),
        TREE_TEXT(rights, false, "octal"),
        {.key = STR_INIT("over"),
         .kind = FIELD_BOOLEAN,
         .offset = offsetof(struct tree_row, over),
         .doc = "laid over the tree"},
};

static const struct toml_schema folder_schema = TREE_TABLE("[[folder]]", folder_fields);
static const struct toml_schema link_schema = TREE_TABLE("[[link]]", link_fields);
static const struct toml_schema mount_schema = TREE_TABLE("[[mount]]", mount_fields);

static bool check_number(const struct toml_str *number, char highest, struct diag *d)
{
	struct str text = number->value;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] >= '0' && text.ptr[i] <= highest && text.len <= 4)
			continue;
		diag_error(d, number->span, (struct str){},
		           "'%.*s' is no %s number of at most 4 digits", STR_ARG(text),
		           highest == '7' ? "octal" : "decimal");
		return false;
	}
	return true;
}

/* What stands in every row of the kind. */
static bool check_row(const struct tree_row *row, struct diag *d)
{
	struct str path = row->path.value;
	bool ok = path.len && path.ptr[0] == '/';
	if (!ok)
		diag_error(d, row->path.span, (struct str){}, "'%.*s' is no absolute path",
		           STR_ARG(path));
	ok &= check_number(&row->rights, '7', d);
	ok &= check_number(&row->owner, '9', d);
	return ok;
}

static bool check_mount(const struct tree_row *row, struct diag *d)
{
	static const struct str volumes[] = {STR_INIT("erofs"), STR_INIT("ext3"), STR_INIT("fat")};
	struct str volume = row->volume.value, source = row->source.value;
	bool known = false;
	for (size_t i = 0; i < COUNT(volumes); i++)
		known |= str_equal(volume, volumes[i]);
	bool found = str_equal(source, STR("system")) || str_starts_with(source, STR("label="));
	if (!known)
		diag_error(d, row->volume.span,
		           diag_did_you_mean(d, volume, volumes, COUNT(volumes)),
		           "unknown kind of volume '%.*s'", STR_ARG(volume));
	if (!found)
		diag_error(d, row->source.span, STR("system, or label=NAME"),
		           "'%.*s' names no volume", STR_ARG(source));
	return known && found;
}

static void add_field(struct text *t, const char *key, struct str value)
{
	if (value.len)
		text_addf(t, "\t%s=%.*s", key, STR_ARG(value));
}

static bool add_rows(struct text *t, const char *kind, const struct toml_list *list, struct diag *d)
{
	const struct tree_row *rows = list->items;
	bool ok = true;
	for (size_t i = 0; i < list->count; i++) {
		ok &= check_row(&rows[i], d);
		if (rows[i].volume.value.len)
			ok &= check_mount(&rows[i], d);
		text_addf(t, "kind=%s", kind);
		add_field(t, "path", rows[i].path.value);
		add_field(t, "rights", rows[i].rights.value);
		add_field(t, "owner", rows[i].owner.value);
		add_field(t, "target", rows[i].target.value);
		add_field(t, "volume", rows[i].volume.value);
		add_field(t, "source", rows[i].source.value);
		if (rows[i].over.value)
			add_field(t, "over", STR("1"));
		text_addf(t, "\n");
	}
	return ok;
}

bool registry_tree(struct arena *a, struct str *out_text, struct diag *d)
{
	static const struct toml_field fields[] = {
	        {.key = STR_INIT("folder"),
	         .kind = FIELD_TABLES,
	         .offset = offsetof(struct tree_file, folders),
	         .schema = &folder_schema,
	         .doc = "one folder"},
	        {.key = STR_INIT("link"),
	         .kind = FIELD_TABLES,
	         .offset = offsetof(struct tree_file, links),
	         .schema = &link_schema,
	         .doc = "one link"},
	        {.key = STR_INIT("mount"),
	         .kind = FIELD_TABLES,
	         .offset = offsetof(struct tree_file, mounts),
	         .schema = &mount_schema,
	         .doc = "one mount"},
	};
	static const struct toml_schema schema = {.name = "the top level",
	                                          .fields = fields,
	                                          .field_count = COUNT(fields),
	                                          .size = sizeof(struct tree_file)};
	struct tree_file file = {};
	struct text t = {.arena = a};
	bool ok = toml_read_file(a, "registry/tree.toml", &schema, &file, d);
	ok &= add_rows(&t, "folder", &file.folders, d);
	ok &= add_rows(&t, "link", &file.links, d);
	ok &= add_rows(&t, "mount", &file.mounts, d);
	*out_text = text_str(&t);
	return ok;
}
