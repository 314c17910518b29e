/* Which package is part of which profile. */
#pragma once

#include "manifest/manifest.h"
#include "manifest/name_map.h"

struct profile {
	struct str name;
	uint32_t number; /* in order of first use */
	uint32_t uses; /* packages that name it */
	const struct toml_str *first_use;
};

struct profiles {
	struct arena *arena;
	struct name_map by_name; /* struct profile */
	struct profile **all; /* by number */
	size_t count;
	/* Of package i: items[first[i]..first[i + 1]), sorted by number. */
	struct profile **items;
	uint32_t *first;
};

void profiles_init(struct profiles *p, struct arena *a, const struct manifests *manifests);
/* NULL when no package names it. */
const struct profile *profiles_find(const struct profiles *p, struct str name);
bool profiles_contain(const struct profiles *p, uint32_t package, const struct profile *profile);
/* The names of profiles of `of` that `not_in` is not part of. */
struct strs profiles_missing(const struct profiles *p, uint32_t of, uint32_t not_in);
/* "did you mean 'x'?" or the list of profiles. */
struct str profiles_hint(const struct profiles *p, struct str name, struct diag *d);
/* A profile that one package alone names, and that looks like another, is worth a warning. */
void profiles_warn_of_misspelt(const struct profiles *p, struct diag *d);
