/* Do the tables agree with each other? Every cell is counted where it must be, once. */
#include "directory.h"
#include "tree.h"

#include <abi/vfs.h>

static bool chain_sound(const struct store_cells *cells, uint32_t max, uint32_t in_use,
                        uint32_t free_count)
{
	return cells->used <= max && cells->live == in_use &&
	       cells->used - 1 == in_use + free_count;
}

static bool texts_sound(const struct store *s)
{
	const struct store_cells *cells = &s->header->texts;
	uint32_t in_use = 0, free_count = 0;
	for (uint32_t i = cells->free; i && free_count <= cells->used; i = s->texts[i].next)
		free_count++;
	for (uint32_t i = 1; i < s->header->entries.used; i++)
		for (uint32_t t = s->entries[i].directory ? s->entries[i].text : 0; t;
		     t = s->texts[t].next)
			in_use++;
	for (uint32_t i = 1; i < s->header->inodes.used; i++)
		for (uint32_t t = s->inodes[i].mode ? s->inodes[i].text : 0; t;
		     t = s->texts[t].next)
			in_use++;
	return chain_sound(cells, STORE_TEXTS_MAX, in_use, free_count);
}

static bool entry_in_bucket(const struct store *s, uint32_t index)
{
	uint32_t at = s->buckets[s->entries[index].hash % STORE_BUCKETS];
	while (at && at != index)
		at = s->entries[at].bucket_next;
	return at == index;
}

/* The directory's list holds the entry, with ascending cookies, as often as it says. */
static bool directory_sound(const struct store *s, uint32_t directory)
{
	const struct store_inode *inode = &s->inodes[directory];
	uint32_t count = 0, before = 0;
	uint64_t cookie = 0;
	for (uint32_t i = inode->first; i; i = s->entries[i].next) {
		const struct store_entry *entry = &s->entries[i];
		if (entry->directory != directory || entry->previous != before ||
		    entry->cookie <= cookie || !s->inodes[entry->inode].mode ||
		    !entry_in_bucket(s, i) || ++count > inode->entry_count)
			return false;
		before = i;
		cookie = entry->cookie;
	}
	return inode->last == before && count == inode->entry_count;
}

static uint32_t names_of(const struct store *s, uint32_t inode, uint32_t *out_folders)
{
	uint32_t names = 0;
	*out_folders = 0;
	for (uint32_t i = 1; i < s->header->entries.used; i++) {
		const struct store_entry *entry = &s->entries[i];
		names += entry->directory && entry->inode == inode;
		*out_folders += entry->directory == inode &&
		                mode_is(s->inodes[entry->inode].mode, MODE_DIRECTORY);
	}
	return names;
}

static bool inode_sound(const struct store *s, uint32_t index)
{
	const struct store_inode *inode = &s->inodes[index];
	uint32_t folders, names = names_of(s, index, &folders);
	bool is_root = s->header->volumes[inode->volume].root == index;
	if (!mode_is(inode->mode, MODE_DIRECTORY))
		return inode->links == names;
	if (!names && !is_root)
		return !inode->links && !inode->entry_count;
	return inode->links == 2 + folders && directory_sound(s, index);
}

bool store_sound(const struct store *s)
{
	const struct store_header *h = s->header;
	uint32_t inodes = 0, entries = 0, free_inodes = 0, free_entries = 0;
	for (uint32_t i = h->inodes.free; i && free_inodes <= h->inodes.used;
	     i = s->inodes[i].next_free)
		free_inodes++;
	for (uint32_t i = h->entries.free; i && free_entries <= h->entries.used;
	     i = s->entries[i].next_free)
		free_entries++;
	for (uint32_t i = 1; i < h->entries.used; i++)
		entries += s->entries[i].directory != 0;
	for (uint32_t i = 1; i < h->inodes.used; i++) {
		inodes += s->inodes[i].mode != 0;
		if (s->inodes[i].mode && !inode_sound(s, i))
			return false;
	}
	return !h->log_count && texts_sound(s) &&
	       chain_sound(&h->inodes, STORE_INODES_MAX, inodes, free_inodes) &&
	       chain_sound(&h->entries, STORE_ENTRIES_MAX, entries, free_entries);
}
