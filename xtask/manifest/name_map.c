#include "manifest/name_map.h"

enum { SMALLEST = 16 };

/* FNV-1a, 64 bits. */
static uint64_t name_hash(struct str name)
{
	uint64_t hash = 0xcbf29ce484222325;
	for (size_t i = 0; i < name.len; i++)
		hash = (hash ^ (unsigned char)name.ptr[i]) * 0x100000001b3;
	return hash ^ hash >> 32;
}

/* The slot of name, or the free one where it belongs. */
static struct name_slot *slot_of(const struct name_map *map, struct str name)
{
	size_t mask = map->capacity - 1;
	for (size_t i = name_hash(name) & mask;; i = (i + 1) & mask) {
		struct name_slot *slot = &map->slots[i];
		if (!slot->name.ptr || str_equal(slot->name, name))
			return slot;
	}
}

static void slots_create(struct name_map *map, size_t capacity)
{
	map->capacity = capacity;
	map->slots = ARENA_ARRAY(map->arena, struct name_slot, capacity);
}

void name_map_init(struct name_map *map, struct arena *a, size_t expected)
{
	size_t capacity = SMALLEST;
	while (capacity / 2 < expected)
		capacity *= 2;
	*map = (struct name_map){.arena = a};
	slots_create(map, capacity);
}

static void name_map_grow(struct name_map *map)
{
	struct name_map old = *map;
	slots_create(map, old.capacity * 2);
	for (size_t i = 0; i < old.capacity; i++)
		if (old.slots[i].name.ptr)
			*slot_of(map, old.slots[i].name) = old.slots[i];
}

void *name_map_find(const struct name_map *map, struct str name)
{
	return slot_of(map, name)->value;
}

void **name_map_at(struct name_map *map, struct str name)
{
	if (map->count >= map->capacity / 2)
		name_map_grow(map);
	struct name_slot *slot = slot_of(map, name);
	if (!slot->name.ptr) {
		slot->name = name.ptr ? name : STR("");
		map->count++;
	}
	return &slot->value;
}
