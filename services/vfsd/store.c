/* Cells, their chains, and the record that takes changes back. */
#include "store.h"

#include <string.h>

static const uint64_t store_magic = 0x31736d6166667376; /* "vsffams1" */
enum { STORE_VERSION = 3, STORE_ALIGN = 64, STORE_PAGE = 4096 };

struct store_places {
	size_t buckets, inodes, entries, texts, end;
};

static size_t place_after(size_t at, size_t count, size_t size)
{
	return (at + count * size + STORE_ALIGN - 1) & ~(size_t)(STORE_ALIGN - 1);
}

static struct store_places places(void)
{
	struct store_places p = {};
	p.buckets = place_after(0, 1, sizeof(struct store_header));
	p.inodes = place_after(p.buckets, STORE_BUCKETS, sizeof(uint32_t));
	p.entries = place_after(p.inodes, STORE_INODES_MAX, sizeof(struct store_inode));
	p.texts = place_after(p.entries, STORE_ENTRIES_MAX, sizeof(struct store_entry));
	p.end = place_after(p.texts, STORE_TEXTS_MAX, sizeof(struct store_text));
	return p;
}

size_t store_size(void)
{
	return (places().end + STORE_PAGE - 1) & ~(size_t)(STORE_PAGE - 1);
}

static void store_map(struct store *s, void *memory)
{
	const struct store_places p = places();
	s->memory = memory;
	s->header = memory;
	s->buckets = (void *)(s->memory + p.buckets);
	s->inodes = (void *)(s->memory + p.inodes);
	s->entries = (void *)(s->memory + p.entries);
	s->texts = (void *)(s->memory + p.texts);
}

/* Stores happen in the order they are written: death comes between two of them. */
static void write32(struct store *s, uint32_t *at, uint32_t value)
{
	if (s->before_write)
		s->before_write(s->context);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	*(volatile uint32_t *)at = value;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

static void write64(struct store *s, uint64_t *at, uint64_t value)
{
	if (s->before_write)
		s->before_write(s->context);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	*(volatile uint64_t *)at = value;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

void store_create(struct store *s, void *memory)
{
	store_map(s, memory);
	s->header->version = STORE_VERSION;
	s->header->inodes.used = s->header->entries.used = s->header->texts.used = 1;
	write64(s, &s->header->magic, store_magic);
}

bool store_adopt(struct store *s, void *memory)
{
	store_map(s, memory);
	const struct store_header *h = s->header;
	if (h->magic != store_magic || h->version != STORE_VERSION ||
	    h->log_count > STORE_LOG_MAX || h->inodes.used > STORE_INODES_MAX ||
	    h->entries.used > STORE_ENTRIES_MAX || h->texts.used > STORE_TEXTS_MAX)
		return false;
	store_undo(s);
	return true;
}

/* The old value first, then that there is one more, then the new value. */
static void store_record(struct store *s, const void *at, bool wide, uint64_t old)
{
	struct store_header *h = s->header;
	if (h->log_count == STORE_LOG_MAX)
		__builtin_trap(); /* no operation changes as much */
	struct store_log_entry *entry = &h->log[h->log_count];
	write32(s, &entry->offset, (uint32_t)((const uint8_t *)at - s->memory));
	write32(s, &entry->wide, wide);
	write64(s, &entry->old, old);
	write32(s, &h->log_count, h->log_count + 1);
}

void store_set32(struct store *s, uint32_t *at, uint32_t value)
{
	if (*at == value)
		return;
	store_record(s, at, false, *at);
	write32(s, at, value);
}

void store_set64(struct store *s, void *at, uint64_t value)
{
	uint64_t *word = at;
	if (*word == value)
		return;
	store_record(s, at, true, *word);
	write64(s, word, value);
}

void store_poke32(struct store *s, uint32_t *at, uint32_t value)
{
	write32(s, at, value);
}

void store_commit(struct store *s)
{
	if (s->header->log_count)
		write32(s, &s->header->log_count, 0);
	s->gave = false;
}

void store_undo(struct store *s)
{
	struct store_header *h = s->header;
	/* Newest first; a death in between does the same again. */
	for (uint32_t i = h->log_count; i-- > 0;) {
		const struct store_log_entry *entry = &h->log[i];
		void *at = s->memory + entry->offset;
		if (entry->wide)
			write64(s, at, entry->old);
		else
			write32(s, at, (uint32_t)entry->old);
	}
	store_commit(s);
}

/* Takes a cell; `next` is the chain's link of a cell. 0: full. */
static uint32_t cell_take(struct store *s, struct store_cells *cells, uint32_t max,
                          uint32_t next_of_free)
{
	uint32_t index = cells->free;
	if (s->gave)
		__builtin_trap(); /* the cell's former content may be wanted back */
	if (!index && cells->used == max)
		return 0;
	if (index) {
		store_set32(s, &cells->free, next_of_free);
	} else {
		index = cells->used;
		store_set32(s, &cells->used, index + 1);
	}
	store_set32(s, &cells->live, cells->live + 1);
	return index;
}

static void cell_give(struct store *s, struct store_cells *cells, uint32_t index, uint32_t *next)
{
	s->gave = true;
	store_set32(s, next, cells->free);
	store_set32(s, &cells->free, index);
	store_set32(s, &cells->live, cells->live - 1);
}

uint32_t store_inode_take(struct store *s, uint32_t mode)
{
	struct store_cells *cells = &s->header->inodes;
	uint32_t index = cell_take(s, cells, STORE_INODES_MAX, s->inodes[cells->free].next_free);
	if (!index)
		return 0;
	struct store_inode *inode = &s->inodes[index];
	/* Words that matter only while the cell is in use need no record. */
	struct store_inode fresh = {.generation = inode->generation, .next_free = inode->next_free};
	*inode = fresh;
	store_set32(s, &inode->generation, inode->generation + 1);
	store_set32(s, &inode->mode, mode);
	return index;
}

void store_inode_give(struct store *s, uint32_t index)
{
	s->changes++;
	struct store_inode *inode = &s->inodes[index];
	store_text_give(s, inode->text);
	store_set32(s, &inode->mode, 0);
	cell_give(s, &s->header->inodes, index, &inode->next_free);
}

uint32_t store_entry_take(struct store *s)
{
	struct store_cells *cells = &s->header->entries;
	uint32_t index = cell_take(s, cells, STORE_ENTRIES_MAX, s->entries[cells->free].next_free);
	if (index)
		s->entries[index] = (struct store_entry){.next_free = s->entries[index].next_free};
	return index;
}

void store_entry_give(struct store *s, uint32_t index)
{
	struct store_entry *entry = &s->entries[index];
	store_text_give(s, entry->text);
	store_set32(s, &entry->directory, 0);
	cell_give(s, &s->header->entries, index, &entry->next_free);
}

enum status store_text_take(struct store *s, struct str bytes, uint32_t *out_text)
{
	struct store_cells *cells = &s->header->texts;
	uint32_t first = 0, *link = &first;
	while (bytes.len) {
		uint32_t index = cell_take(s, cells, STORE_TEXTS_MAX, s->texts[cells->free].next);
		if (!index)
			return ERR_NO_SPACE;
		struct store_text *text = &s->texts[index];
		size_t len = bytes.len < STORE_TEXT_BYTES ? bytes.len : STORE_TEXT_BYTES;
		memcpy(text->bytes, bytes.ptr, len);
		if (link == &first)
			first = index;
		else
			store_set32(s, link, index);
		link = &text->next;
		store_set32(s, link, 0);
		bytes = str_slice(bytes, len, bytes.len);
	}
	*out_text = first;
	return OK;
}

void store_text_give(struct store *s, uint32_t text)
{
	while (text) {
		uint32_t next = s->texts[text].next;
		cell_give(s, &s->header->texts, text, &s->texts[text].next);
		text = next;
	}
}

size_t store_text_copy(const struct store *s, uint32_t text, size_t len, char *out, size_t capacity)
{
	size_t done = 0;
	if (len > capacity)
		len = capacity;
	for (; text && done < len; text = s->texts[text].next) {
		size_t piece = len - done < STORE_TEXT_BYTES ? len - done : STORE_TEXT_BYTES;
		memcpy(out + done, s->texts[text].bytes, piece);
		done += piece;
	}
	return done;
}

bool store_text_equal(const struct store *s, uint32_t text, size_t len, struct str bytes)
{
	if (len != bytes.len)
		return false;
	for (size_t done = 0; done < len; text = s->texts[text].next) {
		size_t piece = len - done < STORE_TEXT_BYTES ? len - done : STORE_TEXT_BYTES;
		if (!text || memcmp(s->texts[text].bytes, bytes.ptr + done, piece) != 0)
			return false;
		done += piece;
	}
	return true;
}
