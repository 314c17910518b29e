/* Cells in a table of hash buckets. */
#include "holds.h"

static uint32_t *bucket_of(struct holds *holds, uint32_t volume, uint32_t file)
{
	return &holds->buckets[(file * 0x9e3779b1u ^ volume) % HOLDS_BUCKETS];
}

/* The link that leads to the cell, or to the end. */
static uint32_t *link_to(struct holds *holds, uint32_t volume, uint32_t file)
{
	uint32_t *link = bucket_of(holds, volume, file);
	while (*link && (holds->cells[*link].volume != volume || holds->cells[*link].file != file))
		link = &holds->cells[*link].next;
	return link;
}

struct hold *holds_find(struct holds *holds, uint32_t volume, uint32_t file)
{
	uint32_t index = *link_to(holds, volume, file);
	return index ? &holds->cells[index] : NULL;
}

static uint32_t cell_new(struct holds *holds)
{
	uint32_t index = holds->free;
	if (index)
		holds->free = holds->cells[index].next;
	else if (holds->used + 1 < HOLDS_MAX)
		index = ++holds->used;
	return index;
}

enum status holds_add(struct holds *holds, const struct hold *hold)
{
	struct hold *known = holds_find(holds, hold->volume, hold->file);
	if (known) {
		known->count += hold->count;
		if (hold->directory)
			known->directory = hold->directory;
		return OK;
	}
	uint32_t *bucket = bucket_of(holds, hold->volume, hold->file);
	uint32_t index = cell_new(holds);
	if (!index)
		return ERR_NO_MEMORY;
	holds->cells[index] = *hold;
	holds->cells[index].next = *bucket;
	*bucket = index;
	return OK;
}

bool holds_drop(struct holds *holds, const struct hold *hold)
{
	uint32_t *link = link_to(holds, hold->volume, hold->file), index = *link;
	if (!index)
		return false;
	struct hold *cell = &holds->cells[index];
	cell->count -= hold->count < cell->count ? hold->count : cell->count;
	if (cell->count)
		return false;
	*link = cell->next;
	cell->next = holds->free;
	holds->free = index;
	return true;
}

bool holds_any(const struct holds *holds, uint32_t volume)
{
	for (uint32_t i = 1; i <= holds->used; i++)
		if (holds->cells[i].count && holds->cells[i].volume == volume)
			return true;
	return false;
}
