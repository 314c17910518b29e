#include "resolve/resolve.h"
#include "resolve/package_graph.h"
#include "resolve/profiles.h"

struct resolver {
	struct arena *arena;
	struct diag *diag;
	const struct manifests *manifests;
	struct profiles profiles;
	struct name_map by_id; /* struct package; the first of an id */
	struct name_map by_driver; /* struct package, by autoload.name */
	struct name_map hints; /* struct str, by the missing id: one search for all who name it */
};

static struct str nearest_id(const struct manifests *manifests, struct str id, struct diag *d)
{
	struct str *ids = ARENA_ARRAY(d->arena, struct str, manifests->count);
	for (size_t i = 0; i < manifests->count; i++)
		ids[i] = manifests->packages[i].id.value;
	return diag_did_you_mean(d, id, ids, manifests->count);
}

enum { SEARCHES_MAX = 100 }; /* each compares one word with every id */

static struct str hint_for_missing(struct resolver *r, struct str id)
{
	static const struct str plain = STR_INIT("runtime_deps holds ids of packages");
	if (!name_map_find(&r->hints, id) && r->hints.count >= SEARCHES_MAX)
		return plain;
	void **slot = name_map_at(&r->hints, id);
	if (!*slot) {
		struct str *hint = ARENA_NEW(r->arena, struct str);
		*hint = nearest_id(r->manifests, id, r->diag);
		if (!hint->len)
			*hint = plain;
		*slot = hint;
	}
	return *(const struct str *)*slot;
}

static uint32_t index_of(const struct resolver *r, const struct package *package)
{
	return (uint32_t)(package - r->manifests->packages);
}

/* True when wherever the one package is, the other is too. */
static bool is_in_all_profiles(const struct resolver *r, const struct package *from,
                               const struct package *to, const struct toml_str *item)
{
	/* Profiles that could not be read were reported. */
	if (!from->profiles.count || !to->profiles.count)
		return false;
	struct strs missing = profiles_missing(&r->profiles, index_of(r, from), index_of(r, to));
	if (!missing.count)
		return true;
	struct text names = {.arena = r->arena};
	for (size_t i = 0; i < missing.count; i++)
		text_addf(&names, "%s'%.*s'", i ? ", " : "", STR_ARG(missing.items[i]));
	diag_error(
	        r->diag, item->span,
	        str_format(r->arena, "add it to the profiles in %.*s", STR_ARG(to->source->path)),
	        "'%.*s' needs '%.*s', which is not in profile%s %s", STR_ARG(from->id.value),
	        STR_ARG(item->value), missing.count > 1 ? "s" : "", names.bytes);
	return false;
}

/* The package that an item of runtime_deps means; NULL after reporting. */
static const struct package *dependency(struct resolver *r, const struct package *from,
                                        const struct toml_str *item)
{
	const struct package *to = name_map_find(&r->by_id, item->value);
	if (!to) {
		diag_error(r->diag, item->span, hint_for_missing(r, item->value),
		           "no package has the id '%.*s'", STR_ARG(item->value));
		return NULL;
	}
	if (!str_equal(item->value, from->id.value))
		return to;
	diag_error(r->diag, item->span, STR("take it out"), "package '%.*s' depends on itself",
	           STR_ARG(item->value));
	return NULL;
}

/* Unknown names and the driver itself were reported when the manifests were read. */
static const struct package *driver(struct resolver *r, const struct package *from,
                                    const struct toml_str *item)
{
	const struct package *to = name_map_find(&r->by_driver, item->value);
	return to == from ? NULL : to;
}

/* One of the two lists by which packages need each other. */
struct relation {
	const char *name;
	size_t offset; /* of its struct toml_strs in struct package */
	const struct package *(*target)(struct resolver *, const struct package *from,
	                                const struct toml_str *item);
};

static const struct relation runtime_deps = {"runtime_deps", offsetof(struct package, runtime_deps),
                                             dependency};
static const struct relation autoload_deps = {"autoload.deps",
                                              offsetof(struct package, autoload.deps), driver};

static const struct toml_strs *items_of(const struct relation *relation,
                                        const struct package *package)
{
	return (const void *)((const char *)package + relation->offset);
}

/* Reports what is wrong with it; bad links are left out, cycles are not. */
static struct package_graph graph_of(struct resolver *r, const struct relation *relation)
{
	const struct manifests *m = r->manifests;
	size_t total = 0;
	for (size_t i = 0; i < m->count; i++)
		total += items_of(relation, &m->packages[i])->count;
	struct package_graph graph = {.node_count = m->count,
	                              .edges = ARENA_ARRAY(r->arena, struct edge, total)};
	for (uint32_t i = 0; i < m->count; i++) {
		const struct package *from = &m->packages[i];
		const struct toml_strs *items = items_of(relation, from);
		for (size_t k = 0; k < items->count; k++) {
			const struct toml_str *item = &items->items[k];
			const struct package *to = relation->target(r, from, item);
			if (to && is_in_all_profiles(r, from, to, item))
				graph.edges[graph.edge_count++] =
				        (struct edge){i, index_of(r, to), item};
		}
	}
	package_graph_init(r->arena, &graph);
	package_graph_report_cycles(r->arena, &graph, m, relation->name, r->diag);
	return graph;
}

static void put_first(struct name_map *map, struct str name, void *value)
{
	void **slot = name_map_at(map, name);
	if (!*slot)
		*slot = value;
}

static void resolver_init(struct resolver *r)
{
	const struct manifests *m = r->manifests;
	profiles_init(&r->profiles, r->arena, m);
	name_map_init(&r->by_id, r->arena, m->count);
	name_map_init(&r->by_driver, r->arena, 0);
	name_map_init(&r->hints, r->arena, 0);
	for (size_t i = 0; i < m->count; i++) {
		struct package *package = &m->packages[i];
		put_first(&r->by_id, package->id.value, package);
		if (package->autoload.name.span.source)
			put_first(&r->by_driver, package->autoload.name.value, package);
	}
}

static void pick(const struct resolver *r, const struct package_graph *graph,
                 const struct profile *profile, struct system *out)
{
	const struct manifests *m = r->manifests;
	bool *members = ARENA_ARRAY(r->arena, bool, m->count);
	out->profile = profile->name;
	out->packages = ARENA_ARRAY(r->arena, const struct package *, m->count);
	for (uint32_t i = 0; i < m->count; i++) {
		members[i] = profiles_contain(&r->profiles, i, profile);
		if (members[i])
			out->packages[out->count++] = &m->packages[i];
	}
	size_t count;
	const uint32_t *order = package_graph_order(r->arena, graph, members, &count);
	out->order = ARENA_ARRAY(r->arena, const struct package *, count);
	for (size_t i = 0; i < count; i++)
		out->order[i] = &m->packages[order[i]];
}

static bool has_unreadable_profiles(const struct manifests *manifests)
{
	for (size_t i = 0; i < manifests->count; i++)
		if (!manifests->packages[i].profiles.count)
			return true;
	return false;
}

bool resolve(struct arena *a, const struct manifests *manifests, struct str profile,
             struct system *out_system, struct diag *d)
{
	size_t errors = d->errors;
	struct resolver r = {.arena = a, .diag = d, .manifests = manifests};
	resolver_init(&r);
	struct package_graph graph = graph_of(&r, &runtime_deps);
	(void)graph_of(&r, &autoload_deps); /* driverd orders drivers; here they are only checked */
	profiles_warn_of_misspelt(&r.profiles, d);

	struct system system = {.profile = profile};
	const struct profile *wanted = profiles_find(&r.profiles, profile);
	if (wanted)
		pick(&r, &graph, wanted, &system);
	else if (!has_unreadable_profiles(manifests))
		diag_error(d, (struct span){}, profiles_hint(&r.profiles, profile, d),
		           "no package is part of profile '%.*s'", STR_ARG(profile));
	*out_system = system;
	return wanted && d->errors == errors;
}

/* Lower bound by id. */
static const struct package *find_sorted(const struct manifests *manifests, struct str id)
{
	size_t low = 0, high = manifests->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (str_compare(manifests->packages[middle].id.value, id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	bool found = low < manifests->count && str_equal(manifests->packages[low].id.value, id);
	return found ? &manifests->packages[low] : NULL;
}

const struct package *resolve_find(const struct manifests *manifests, struct str id, struct diag *d)
{
	const struct package *package = find_sorted(manifests, id);
	if (!package)
		diag_error(d, (struct span){}, nearest_id(manifests, id, d),
		           "no package has the id '%.*s'", STR_ARG(id));
	return package;
}

/* The system's own graph: what is outside it is no edge. */
static struct package_graph system_graph(struct arena *a, const struct system *system)
{
	struct name_map numbers;
	name_map_init(&numbers, a, system->count);
	size_t total = 0;
	for (size_t i = 0; i < system->count; i++) {
		put_first(&numbers, system->packages[i]->id.value, &system->packages[i]);
		total += system->packages[i]->runtime_deps.count;
	}
	struct package_graph graph = {.node_count = system->count,
	                              .edges = ARENA_ARRAY(a, struct edge, total)};
	for (uint32_t i = 0; i < system->count; i++) {
		const struct toml_strs *deps = &system->packages[i]->runtime_deps;
		for (size_t k = 0; k < deps->count; k++) {
			const struct package **to = name_map_find(&numbers, deps->items[k].value);
			if (to)
				graph.edges[graph.edge_count++] = (struct edge){
				        i, (uint32_t)(to - system->packages), &deps->items[k]};
		}
	}
	package_graph_init(a, &graph);
	return graph;
}

void resolve_closure(struct arena *a, const struct system *system, const struct package *package,
                     bool reverse, struct closure *out_closure)
{
	struct package_graph graph = system_graph(a, system);
	if (reverse)
		graph = package_graph_reverse(a, &graph);
	const struct package **packages = ARENA_ARRAY(a, const struct package *, system->count);
	size_t count = 0;
	for (uint32_t start = 0; start < system->count; start++) {
		if (system->packages[start] != package)
			continue;
		const bool *reached = package_graph_reach(a, &graph, start);
		for (size_t i = 0; i < system->count; i++)
			if (reached[i] && i != start)
				packages[count++] = system->packages[i];
	}
	*out_closure = (struct closure){packages, count};
}
