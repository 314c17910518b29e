#include "resolve/profiles.h"
#include <stdlib.h>

enum { NAMES_COMPARED_MAX = 64 }; /* every name with every other */

static struct profile *profile_at(struct profiles *p, const struct toml_str *item)
{
	void **slot = name_map_at(&p->by_name, item->value);
	if (!*slot) {
		struct profile *profile = ARENA_NEW(p->arena, struct profile);
		*profile = (struct profile){
		        .name = item->value, .number = (uint32_t)p->count, .first_use = item};
		p->all[p->count++] = profile;
		*slot = profile;
	}
	struct profile *profile = *slot;
	profile->uses++;
	return profile;
}

static int compare_profiles(const void *a, const void *b)
{
	uint32_t left = (*(struct profile *const *)a)->number;
	uint32_t right = (*(struct profile *const *)b)->number;
	return left < right ? -1 : left > right;
}

void profiles_init(struct profiles *p, struct arena *a, const struct manifests *manifests)
{
	size_t total = 0;
	for (size_t i = 0; i < manifests->count; i++)
		total += manifests->packages[i].profiles.count;
	*p = (struct profiles){.arena = a};
	name_map_init(&p->by_name, a, 16);
	p->all = ARENA_ARRAY(a, struct profile *, total);
	p->items = ARENA_ARRAY(a, struct profile *, total);
	p->first = ARENA_ARRAY(a, uint32_t, manifests->count + 1);
	uint32_t at = 0;
	for (size_t i = 0; i < manifests->count; i++) {
		const struct toml_strs *names = &manifests->packages[i].profiles;
		for (size_t k = 0; k < names->count; k++)
			p->items[at++] = profile_at(p, &names->items[k]);
		p->first[i + 1] = at;
		if (names->count > 1)
			qsort(&p->items[p->first[i]], names->count, sizeof *p->items,
			      compare_profiles);
	}
}

const struct profile *profiles_find(const struct profiles *p, struct str name)
{
	return name_map_find(&p->by_name, name);
}

bool profiles_contain(const struct profiles *p, uint32_t package, const struct profile *profile)
{
	for (uint32_t i = p->first[package]; i < p->first[package + 1]; i++)
		if (p->items[i] == profile)
			return true;
	return false;
}

struct strs profiles_missing(const struct profiles *p, uint32_t of, uint32_t not_in)
{
	struct strs names = {};
	uint32_t other = p->first[not_in], other_end = p->first[not_in + 1];
	for (uint32_t i = p->first[of]; i < p->first[of + 1]; i++) {
		const struct profile *profile = p->items[i];
		while (other < other_end && p->items[other]->number < profile->number)
			other++;
		if (other == other_end || p->items[other] != profile)
			strs_add(&names, p->arena, profile->name);
	}
	return names;
}

static struct strs names_but(const struct profiles *p, const struct profile *left_out)
{
	struct strs names = {};
	for (size_t i = 0; i < p->count; i++)
		if (p->all[i] != left_out)
			strs_add(&names, p->arena, p->all[i]->name);
	strs_sort(&names);
	return names;
}

struct str profiles_hint(const struct profiles *p, struct str name, struct diag *d)
{
	struct strs names = names_but(p, NULL);
	struct str hint = diag_did_you_mean(d, name, names.items, names.count);
	if (hint.len || !names.count)
		return hint;
	struct text known = {.arena = p->arena};
	for (size_t i = 0; i < names.count; i++)
		text_addf(&known, "%s%.*s", i ? ", " : "profiles: ", STR_ARG(names.items[i]));
	return text_str(&known);
}

void profiles_warn_of_misspelt(const struct profiles *p, struct diag *d)
{
	if (p->count > NAMES_COMPARED_MAX)
		return;
	for (size_t i = 0; i < p->count; i++) {
		const struct profile *profile = p->all[i];
		if (profile->uses > 1 || !profile->first_use->span.source)
			continue;
		struct strs names = names_but(p, profile);
		struct str hint = diag_did_you_mean(d, profile->name, names.items, names.count);
		if (hint.len)
			diag_warning(d, profile->first_use->span, hint,
			             "profile '%.*s' is named here only", STR_ARG(profile->name));
	}
}
