#include "manifest/discover.h"
#include "os/files.h"
#include <string.h>

/* Folders that hold no packages, from the root. */
static const struct str skipped[] = {
        STR_INIT("build"),        STR_INIT("target"),     STR_INIT("logs"),
        STR_INIT("tests/golden"), STR_INIT("tests/fuzz"),
};

struct search {
	struct arena *arena;
	struct manifests *found;
	struct diag *diag;
};

static bool is_skipped(struct str path)
{
	for (size_t i = 0; i < COUNT(skipped); i++)
		if (str_equal(path, skipped[i]))
			return true;
	return false;
}

static void add_file(struct search *s, struct str folder, struct str name)
{
	struct str path = path_join(s->arena, folder, name);
	if (str_equal(name, STR(MANIFEST_NAME)))
		strs_add(&s->found->files, s->arena, path);
	else
		diag_error(s->diag, (struct span){}, STR("rename it to " MANIFEST_NAME),
		           "'%.*s' is not read under this name", STR_ARG(path));
}

static void search_folder(struct search *s, struct str path)
{
	struct folder folder;
	int error = folder_read(s->arena, path.len ? path.ptr : ".", &folder);
	if (error) {
		diag_error(s->diag, (struct span){}, STR("packages may lie in it"),
		           "cannot read the folder '%s': %s", path.len ? path.ptr : ".",
		           strerror(error));
		return;
	}
	strs_add(&s->found->folders, s->arena, path);
	for (size_t i = 0; i < folder.count; i++) {
		const struct folder_entry *entry = &folder.entries[i];
		if (!entry->is_folder && str_equal_no_case(entry->name, STR(MANIFEST_NAME)))
			add_file(s, path, entry->name);
		if (!entry->is_folder || entry->name.ptr[0] == '.')
			continue;
		struct str below = path_join(s->arena, path, entry->name);
		if (!is_skipped(below))
			search_folder(s, below);
	}
}

bool manifest_discover(struct arena *a, struct manifests *out_manifests, struct diag *d)
{
	size_t errors = d->errors;
	struct search search = {a, out_manifests, d};
	search_folder(&search, (struct str){});
	strs_sort(&out_manifests->files);
	strs_sort(&out_manifests->folders);
	return d->errors == errors;
}
