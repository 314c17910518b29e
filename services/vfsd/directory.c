/* Entries hang in a list of their directory and in a chain of their hash. */
#include "directory.h"

/* FNV-1a, with the directory before the name. */
static uint32_t entry_hash(uint32_t directory, struct str name)
{
	uint32_t hash = (0x811c9dc5u ^ directory) * 0x01000193u;
	for (size_t i = 0; i < name.len; i++)
		hash = (hash ^ (unsigned char)name.ptr[i]) * 0x01000193u;
	return hash;
}

static uint32_t *hash_bucket(const struct store *s, uint32_t hash)
{
	return &s->buckets[hash % STORE_BUCKETS];
}

uint32_t directory_find(const struct store *s, uint32_t directory, struct str name)
{
	uint32_t hash = entry_hash(directory, name);
	for (uint32_t i = *hash_bucket(s, hash); i; i = s->entries[i].bucket_next) {
		const struct store_entry *entry = &s->entries[i];
		if (entry->hash == hash && entry->directory == directory &&
		    store_text_equal(s, entry->text, entry->name_len, name))
			return i;
	}
	return 0;
}

static void entry_append(struct store *s, uint32_t directory, uint32_t index)
{
	struct store_inode *inode = &s->inodes[directory];
	struct store_entry *entry = &s->entries[index];
	uint64_t cookie = inode->next_cookie ? inode->next_cookie : DIRECTORY_COOKIE_FIRST;
	store_set64(s, &entry->cookie, cookie);
	store_set64(s, &inode->next_cookie, cookie + 1);
	store_set32(s, &entry->previous, inode->last);
	store_set32(s, &entry->next, 0);
	if (inode->last)
		store_set32(s, &s->entries[inode->last].next, index);
	else
		store_set32(s, &inode->first, index);
	store_set32(s, &inode->last, index);
	store_set32(s, &inode->entry_count, inode->entry_count + 1);
}

enum status directory_insert(struct store *s, uint32_t directory, struct str name, uint32_t inode)
{
	uint32_t index = store_entry_take(s), text = 0;
	if (!index || store_text_take(s, name, &text) != OK)
		return ERR_NO_SPACE;
	struct store_entry *entry = &s->entries[index];
	uint32_t hash = entry_hash(directory, name), *bucket = hash_bucket(s, hash);
	store_set32(s, &entry->directory, directory);
	store_set32(s, &entry->inode, inode);
	store_set32(s, &entry->hash, hash);
	store_set32(s, &entry->text, text);
	store_set32(s, &entry->name_len, (uint32_t)name.len);
	store_set32(s, &entry->bucket_next, *bucket);
	store_set32(s, bucket, index);
	entry_append(s, directory, index);
	return OK;
}

void directory_remove(struct store *s, uint32_t index)
{
	struct store_entry *entry = &s->entries[index];
	struct store_inode *inode = &s->inodes[entry->directory];
	uint32_t *link = hash_bucket(s, entry->hash);
	while (*link != index)
		link = &s->entries[*link].bucket_next;
	store_set32(s, link, entry->bucket_next);
	store_set32(s, entry->previous ? &s->entries[entry->previous].next : &inode->first,
	            entry->next);
	store_set32(s, entry->next ? &s->entries[entry->next].previous : &inode->last,
	            entry->previous);
	store_set32(s, &inode->entry_count, inode->entry_count - 1);
	store_entry_give(s, index);
}

uint32_t directory_after(const struct store *s, uint32_t directory, uint64_t cookie)
{
	uint32_t index = s->inodes[directory].first;
	while (index && s->entries[index].cookie <= cookie)
		index = s->entries[index].next;
	return index;
}

uint32_t directory_name_of(const struct store *s, uint32_t directory, uint32_t inode)
{
	uint32_t index = s->inodes[directory].first;
	while (index && s->entries[index].inode != inode)
		index = s->entries[index].next;
	return index;
}
