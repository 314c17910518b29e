/*
 * runtime-env.tsv and linux-runtime-access.tsv, from the policy tables in
 * registry/ and, for the latter, the ld.so.conf of the overlay with what it includes.
 */
#include "os/files.h"
#include "stage/registries.h"
#include <fnmatch.h>

struct env_row {
	struct span span;
	struct toml_str scope, key, value;
};

struct env_file {
	struct toml_list rows;
};

bool registry_runtime_env(struct arena *a, struct str *out_text, struct diag *d)
{
	static const struct toml_field row_fields[] = {
	        {.key = STR_INIT("scope"),
	         .kind = FIELD_STRING,
	         .required = true,
	         .offset = offsetof(struct env_row, scope),
	         .doc = "init or runtime"},
	        {.key = STR_INIT("key"),
	         .kind = FIELD_STRING,
	         .required = true,
	         .offset = offsetof(struct env_row, key),
	         .doc = "name of the variable"},
	        {.key = STR_INIT("value"),
	         .kind = FIELD_STRING,
	         .required = true,
	         .offset = offsetof(struct env_row, value),
	         .doc = "its default"},
	};
	static const struct toml_schema row = {.name = "[[variable]]",
	                                       .fields = row_fields,
	                                       .field_count = COUNT(row_fields),
	                                       .size = sizeof(struct env_row),
	                                       .span_offset = offsetof(struct env_row, span),
	                                       .has_span = true};
	static const struct toml_field file_fields[] = {
	        {.key = STR_INIT("variable"),
	         .kind = FIELD_TABLES,
	         .offset = offsetof(struct env_file, rows),
	         .schema = &row,
	         .doc = "one variable"},
	};
	static const struct toml_schema schema = {.name = "the top level",
	                                          .fields = file_fields,
	                                          .field_count = COUNT(file_fields),
	                                          .size = sizeof(struct env_file)};

	struct env_file file = {};
	if (!toml_read_file(a, "registry/runtime_env.toml", &schema, &file, d))
		return false;
	struct text t = {.arena = a};
	const struct env_row *rows = file.rows.items;
	for (size_t i = 0; i < file.rows.count; i++)
		text_addf(&t, "scope=%.*s\tkey=%.*s\tvalue=%.*s\n", STR_ARG(rows[i].scope.value),
		          STR_ARG(rows[i].key.value), STR_ARG(rows[i].value.value));
	*out_text = text_str(&t);
	return true;
}

struct access_file {
	struct toml_strs directories, files;
	struct toml_str ld_so_conf;
};

struct access {
	struct arena *arena;
	struct overlay *overlay;
	struct strs directories, files, visited;
};

static void add_once(struct access *access, struct strs *list, struct str path)
{
	struct str normal;
	if (!path.len || path.ptr[0] != '/' || !path_normalise(access->arena, path, &normal))
		return;
	if (!strs_contain(list, normal))
		strs_add(list, access->arena, normal);
}

static void read_ld_so_conf(struct access *access, struct str path);

/* `*` in the last component only, names sorted. */
static void include_pattern(struct access *access, struct str pattern)
{
	struct arena *a = access->arena;
	struct str folder = path_folder(pattern), name = path_name(pattern);
	struct str host = str_format(a, "%s%.*s", access->overlay->folder, STR_ARG(folder));
	struct folder entries;
	if (folder_read(a, host.ptr, &entries) != 0)
		return;
	for (size_t i = 0; i < entries.count; i++) {
		struct str entry = entries.entries[i].name;
		if (fnmatch(arena_c_str(a, name), entry.ptr, FNM_PERIOD) != 0)
			continue;
		struct str path = str_format(a, "%.*s/%.*s", STR_ARG(folder), STR_ARG(entry));
		if (strs_contain(&access->visited, path))
			continue;
		add_once(access, &access->files, path);
		read_ld_so_conf(access, path);
	}
}

static void read_ld_so_conf(struct access *access, struct str path)
{
	struct str content;
	strs_add(&access->visited, access->arena, path);
	if (!overlay_read(access->overlay, str_slice(path, 1, path.len), &content))
		return;
	while (content.len) {
		struct str_split line = str_cut(content, '\n');
		content = line.rest;
		struct str word = str_trim(str_cut(line.head, '#').head);
		if (str_starts_with(word, STR("include ")))
			include_pattern(access, str_trim(str_slice(word, 8, word.len)));
		else
			add_once(access, &access->directories, word);
	}
}

bool registry_linux_access(struct arena *a, struct overlay *overlay, struct str *out_text,
                           struct diag *d)
{
	static const struct toml_field fields[] = {
	        {.key = STR_INIT("dirs"),
	         .kind = FIELD_STRINGS,
	         .required = true,
	         .offset = offsetof(struct access_file, directories),
	         .doc = "folders that Linux programs may read"},
	        {.key = STR_INIT("files"),
	         .kind = FIELD_STRINGS,
	         .required = true,
	         .offset = offsetof(struct access_file, files),
	         .doc = "single files"},
	        {.key = STR_INIT("ld_so_conf"),
	         .kind = FIELD_STRING,
	         .required = true,
	         .offset = offsetof(struct access_file, ld_so_conf),
	         .doc = "the loader's configuration in the overlay; the folders and files it names "
	                "are added"},
	};
	static const struct toml_schema schema = {.name = "the top level",
	                                          .fields = fields,
	                                          .field_count = COUNT(fields),
	                                          .size = sizeof(struct access_file)};

	struct access_file file = {};
	if (!toml_read_file(a, "registry/linux_runtime_access.toml", &schema, &file, d))
		return false;
	struct access access = {.arena = a, .overlay = overlay};
	for (size_t i = 0; i < file.directories.count; i++)
		add_once(&access, &access.directories, file.directories.items[i].value);
	for (size_t i = 0; i < file.files.count; i++)
		add_once(&access, &access.files, file.files.items[i].value);
	read_ld_so_conf(&access, file.ld_so_conf.value);

	struct text t = {.arena = a};
	for (size_t i = 0; i < access.directories.count; i++)
		text_addf(&t, "kind=dir\tpath=%.*s\n", STR_ARG(access.directories.items[i]));
	for (size_t i = 0; i < access.files.count; i++)
		text_addf(&t, "kind=file\tpath=%.*s\n", STR_ARG(access.files.items[i]));
	*out_text = text_str(&t);
	return true;
}
