/* Names to pointers: open addressing in an arena, doubled at half full. Names are not copied. */
#pragma once

#include "os/text.h"

struct name_slot {
	struct str name; /* ptr == NULL: free */
	void *value;
};

struct name_map {
	struct arena *arena;
	struct name_slot *slots;
	size_t capacity; /* a power of two */
	size_t count;
};

/* expected: how many names will be put in; more is fine. */
void name_map_init(struct name_map *map, struct arena *a, size_t expected);
/* The value of name, NULL when it was never put in. */
void *name_map_find(const struct name_map *map, struct str name);
/* Where the value of name stands, added as NULL when new; valid until the next call. */
void **name_map_at(struct name_map *map, struct str name);
