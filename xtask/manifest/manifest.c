/* Reading: every file is read, typed and checked alone, then all together. */
#include "manifest/check/check.h"
#include "manifest/discover.h"
#include "manifest/schema.h"
#include "os/files.h"
#include <stdlib.h>

/* Names of the folders below libs/, from the folders that were searched. */
static struct strs library_names(struct arena *a, const struct strs *folders)
{
	struct strs names = {};
	for (size_t i = 0; i < folders->count; i++) {
		struct str_split cut = str_cut(folders->items[i], '/');
		if (str_equal(cut.head, STR("libs")) && cut.rest.len &&
		    !str_contains(cut.rest, '/'))
			strs_add(&names, a, cut.rest);
	}
	return names;
}

void package_read(struct arena *a, const struct source *source, const struct strs *libs,
                  struct package *out, struct diag *d)
{
	*out = (struct package){.source = source, .folder = path_folder(source->path)};
	struct check c = {.arena = a, .diag = d, .package = out, .libs = libs};
	struct arena tree; /* nothing of the package points into it */
	host_arena_init(&tree);
	c.root = toml_parse_into(&tree, a, source, d);
	(void)toml_read(a, &manifest_schema, c.root, out,
	                d); /* false says no more than d->errors */
	check_identity(&c);
	check_kind(&c);
	check_build(&c);
	check_install(&c);
	check_autoload(&c);
	check_desktop(&c);
	arena_release(&tree);
}

static int compare_packages(const void *a, const void *b)
{
	const struct package *left = *(const struct package *const *)a;
	const struct package *right = *(const struct package *const *)b;
	int order = str_compare(left->id.value, right->id.value);
	return order ? order : str_compare(left->source->path, right->source->path);
}

static bool is_sorted(const struct manifests *manifests)
{
	for (size_t i = 1; i < manifests->count; i++) {
		const struct package *pair[] = {&manifests->packages[i - 1],
		                                &manifests->packages[i]};
		if (compare_packages(&pair[0], &pair[1]) > 0)
			return false;
	}
	return true;
}

/* A package is large, so pointers are sorted and each is moved once. */
static void sort_packages(struct arena *a, struct manifests *manifests)
{
	size_t count = manifests->count;
	if (is_sorted(manifests))
		return;
	const struct package **order = ARENA_ARRAY(a, const struct package *, count);
	struct package *sorted = ARENA_ARRAY(a, struct package, count);
	for (size_t i = 0; i < count; i++)
		order[i] = &manifests->packages[i];
	qsort(order, count, sizeof *order, compare_packages);
	for (size_t i = 0; i < count; i++)
		sorted[i] = *order[i];
	manifests->packages = sorted;
}

void packages_check(struct arena *a, struct manifests *manifests, struct diag *d)
{
	sort_packages(a, manifests);
	check_system(a, manifests, d);
}

bool manifest_read_all(struct arena *a, struct manifests *out_manifests, struct diag *d)
{
	size_t errors = d->errors;
	struct manifests manifests = {};
	(void)manifest_discover(a, &manifests,
	                        d); /* reported; what was found is read all the same */
	struct strs libs = library_names(a, &manifests.folders);
	packages_read_all(a, &manifests, &libs, d);
	packages_check(a, &manifests, d);
	*out_manifests = manifests;
	return d->errors == errors;
}
