/*
 * Rules between packages: ids, install paths, desktop ids, driver names.
 *
 * Everything is looked up by hash, so the time grows with the text and not with
 * the square of the number of packages. The later package (by id) gets the error.
 */
#include "manifest/check/check.h"
#include "manifest/name_map.h"
#include <string.h>

struct system_check {
	struct arena *arena;
	struct diag *diag;
	const struct manifests *manifests;
};

static void check_ids(const struct system_check *s)
{
	for (size_t i = 1; i < s->manifests->count; i++) {
		const struct package *p = &s->manifests->packages[i], *first = p - 1;
		if (!p->id.span.source || !first->id.span.source ||
		    !str_equal(p->id.value, first->id.value))
			continue;
		diag_error(s->diag, p->id.span, STR("an id names one package: choose another"),
		           "id '%.*s' is taken by %.*s", STR_ARG(p->id.value),
		           STR_ARG(first->source->path));
	}
}

/* A path of the image, or a folder on the way to one. */
struct occupied {
	struct str spelled;
	const struct package *owner; /* installs exactly this; NULL: only a folder */
	const struct package *inside; /* the first that installs below it */
};

static struct str folded(struct arena *a, struct str path)
{
	char *bytes = arena_c_str(a, path);
	for (size_t i = 0; i < path.len; i++)
		if (bytes[i] >= 'A' && bytes[i] <= 'Z')
			bytes[i] = (char)(bytes[i] - 'A' + 'a');
	return (struct str){bytes, path.len};
}

static void report_occupied(const struct system_check *s, const struct package *p,
                            const struct package *other, const char *relation, const char *hint)
{
	diag_error(s->diag, p->install.path.span, str_from_c(hint),
	           "install.path '%.*s' %s '%.*s' of package '%.*s' (%.*s)",
	           STR_ARG(p->install.path.value), relation, STR_ARG(other->install.path.value),
	           STR_ARG(other->id.value), STR_ARG(other->source->path));
}

/* The path or one of its folders meets what stands there already; false after reporting. */
static bool meet(const struct system_check *s, const struct package *p, struct str part,
                 const struct occupied *at)
{
	const struct package *other = at->owner ? at->owner : at->inside;
	bool is_whole = part.len == p->install.path.value.len;
	if (!str_equal(part, at->spelled))
		report_occupied(s, p, other, "differs only in case from",
		                "on FAT they are one: spell both alike, or choose another name");
	else if (is_whole && at->owner)
		report_occupied(s, p, other, "is the same as",
		                "each package needs a path of its own");
	else if (is_whole)
		report_occupied(s, p, other, "is a folder on the way to",
		                "a path is either a package or a folder: choose another");
	else if (at->owner)
		report_occupied(s, p, other, "lies inside", "install it beside, not inside");
	else
		return true;
	return false;
}

static void check_install_path(const struct system_check *s, struct name_map *map,
                               const struct package *p)
{
	struct str path = p->install.path.value;
	struct str key = folded(s->arena, path);
	for (size_t end = 1; end <= path.len; end++) {
		if (end < path.len && path.ptr[end] != '/')
			continue;
		struct str part = str_slice(path, 0, end);
		void **slot = name_map_at(map, str_slice(key, 0, end));
		struct occupied *at = *slot;
		if (at) {
			if (!meet(s, p, part, at))
				return;
			continue;
		}
		*slot = at = ARENA_NEW(s->arena, struct occupied);
		at->spelled = part;
		if (end == path.len)
			at->owner = p;
		else
			at->inside = p;
	}
}

static void check_install_paths(const struct system_check *s)
{
	struct name_map map;
	name_map_init(&map, s->arena, s->manifests->count * 2);
	for (size_t i = 0; i < s->manifests->count; i++)
		if (s->manifests->packages[i].install.path.value.len)
			check_install_path(s, &map, &s->manifests->packages[i]);
}

/* "a" with two entries makes a-1.desktop, and so does "a-1" with one. */
static void check_desktop_ids(const struct system_check *s, const struct name_map *by_id)
{
	for (size_t i = 0; i < s->manifests->count; i++) {
		const struct package *p = &s->manifests->packages[i];
		for (size_t n = 1; p->desktop.count > 1 && n <= p->desktop.count; n++) {
			struct str id = str_format(s->arena, "%.*s-%zu", STR_ARG(p->id.value), n);
			const struct package *other = name_map_find(by_id, id);
			if (!other || other->desktop.count != 1 || !other->id.span.source)
				continue;
			const struct desktop_entry *entries = p->desktop.items;
			diag_error(s->diag, entries[n - 1].span, STR("rename one of the packages"),
			           "entry %zu is called '%.*s.desktop', and so is that of package "
			           "'%.*s' "
			           "(%.*s)",
			           n, STR_ARG(id), STR_ARG(id), STR_ARG(other->source->path));
		}
	}
}

static void check_driver_names(const struct system_check *s, struct name_map *drivers,
                               struct strs *names)
{
	for (size_t i = 0; i < s->manifests->count; i++) {
		const struct package *p = &s->manifests->packages[i];
		if (!p->autoload.name.span.source)
			continue;
		void **slot = name_map_at(drivers, p->autoload.name.value);
		const struct package *other = *slot;
		if (other)
			diag_error(s->diag, p->autoload.name.span,
			           STR("drivers are told apart by this name: choose another"),
			           "autoload.name '%.*s' is taken by package '%.*s' (%.*s)",
			           STR_ARG(p->autoload.name.value), STR_ARG(other->id.value),
			           STR_ARG(other->source->path));
		else
			strs_add(names, s->arena, p->autoload.name.value);
		if (!other)
			*slot = &s->manifests->packages[i];
	}
}

static void check_driver_deps(const struct system_check *s, const struct package *p,
                              const struct name_map *drivers, const struct strs *names)
{
	for (size_t i = 0; i < p->autoload.deps.count; i++) {
		const struct toml_str *dep = &p->autoload.deps.items[i];
		if (str_equal(dep->value, p->autoload.name.value)) {
			diag_error(s->diag, dep->span, STR("take it out"),
			           "driver '%.*s' depends on itself", STR_ARG(dep->value));
			continue;
		}
		const struct package *other = name_map_find(drivers, dep->value);
		if (!other) {
			struct str hint =
			        diag_did_you_mean(s->diag, dep->value, names->items, names->count);
			diag_error(s->diag, dep->span,
			           hint.len ? hint
			                    : STR("deps are the autoload.name of other drivers"),
			           "no driver is called '%.*s'", STR_ARG(dep->value));
		} else if (p->autoload.enabled.value && !other->autoload.enabled.value) {
			diag_error(
			        s->diag, dep->span, STR("enable it, or disable this one too"),
			        "driver '%.*s' is not enabled, so this one could never be loaded",
			        STR_ARG(dep->value));
		}
	}
}

static void check_drivers(const struct system_check *s)
{
	struct name_map drivers;
	struct strs names = {};
	name_map_init(&drivers, s->arena, 64);
	check_driver_names(s, &drivers, &names);
	for (size_t i = 0; i < s->manifests->count; i++)
		check_driver_deps(s, &s->manifests->packages[i], &drivers, &names);
}

void check_system(struct arena *a, const struct manifests *manifests, struct diag *d)
{
	struct system_check s = {a, d, manifests};
	struct name_map by_id;
	name_map_init(&by_id, a, manifests->count);
	for (size_t i = 0; i < manifests->count; i++)
		*name_map_at(&by_id, manifests->packages[i].id.value) = &manifests->packages[i];
	check_ids(&s);
	check_install_paths(&s);
	check_desktop_ids(&s, &by_id);
	check_drivers(&s);
}
