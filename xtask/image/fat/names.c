/*
 * Names of FAT folders: UTF-8 to UTF-16, and an 8.3 alias that is unique in its folder.
 *
 * Plain upper case 8.3 names keep theirs; the others come after them in order, so an alias never
 * depends on the order in which files were added.
 */
#include "image/fat/format.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { ALIAS_BASE_BYTES = 8, ALIAS_TAILS_MAX = 999999 };

/* One code point at *at, which moves on. False for what is no UTF-8 (RFC 3629). */
static bool utf8_next(struct str s, size_t *at, uint32_t *out_point)
{
	uint8_t lead = (uint8_t)s.ptr[*at];
	unsigned more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
	static const uint32_t lowest[] = {0, 0x80, 0x800, 0x10000};
	if ((lead >= 0x80 && lead < 0xc2) || lead > 0xf4 || s.len - *at <= more)
		return false;
	uint32_t point = more ? lead & (0x3fu >> more) : lead;
	for (unsigned i = 1; i <= more; i++) {
		uint8_t byte = (uint8_t)s.ptr[*at + i];
		if ((byte & 0xc0) != 0x80)
			return false;
		point = point << 6 | (byte & 0x3f);
	}
	if (point < lowest[more] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
		return false;
	*at += more + 1;
	*out_point = point;
	return true;
}

static int name_fails(const struct fat_node *node, const char *reason, int error, struct text *why)
{
	text_addf(why, "'%.*s' can't be the name of a FAT file: %s", STR_ARG(node->path), reason);
	return error;
}

static int units_encode(struct arena *a, struct fat_node *node, struct text *why)
{
	struct str name = node->name;
	uint16_t units[FAT_NAME_UNITS_MAX + 2];
	uint32_t count = 0;
	for (size_t i = 0; i < name.len;) {
		uint32_t point;
		if (!utf8_next(name, &i, &point))
			return name_fails(node, "it is no UTF-8", EILSEQ, why);
		if (point < 0x20 || point == 0x7f ||
		    (point < 0x80 && strchr("\"*/:<>?\\|", (int)point)))
			return name_fails(node,
			                  "it contains a control character or one of \"*:<>?\\|",
			                  EINVAL, why);
		if (point >= 0x10000) {
			units[count++] = (uint16_t)(0xd800 + ((point - 0x10000) >> 10));
			point = 0xdc00 + ((point - 0x10000) & 0x3ff);
		}
		units[count++] = (uint16_t)point;
		if (count > FAT_NAME_UNITS_MAX)
			return name_fails(node, "it is longer than 255 UTF-16 units", ENAMETOOLONG,
			                  why);
	}
	char last = name.ptr[name.len - 1];
	if (last == '.' || last == ' ' || name.ptr[0] == ' ')
		return name_fails(node, "it begins or ends with a space, or ends with a dot",
		                  EINVAL, why);
	node->units = ARENA_ARRAY(a, uint16_t, count);
	memcpy(node->units, units, count * sizeof *units);
	node->unit_count = count;
	return 0;
}

static bool alias_byte(char c)
{
	if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
		return true;
	return c && strchr("!#$%&'()-@^_`{}~", c);
}

/*
 * Up to max bytes of part, upper case, without spaces and dots, '_' for what an alias can't
 * hold. Sets *out_lossy when something else than case was lost.
 */
static size_t alias_part(struct str part, size_t max, uint8_t *out, bool *out_lossy)
{
	size_t len = 0;
	for (size_t i = 0; i < part.len; i++) {
		char c = part.ptr[i];
		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		if (c == ' ' || c == '.' || len == max) {
			*out_lossy = true;
			continue;
		}
		if (!alias_byte(c)) {
			*out_lossy = true;
			/* One for a whole character, not for each of its bytes. */
			if (((uint8_t)c & 0xc0) == 0x80)
				continue;
			c = '_';
		}
		out[len++] = (uint8_t)c;
	}
	return len;
}

/* The name's alias before it is made unique. True when the name needs a numeric tail. */
static bool alias_basis(struct str name, uint8_t out_alias[FAT_ALIAS_BYTES])
{
	bool lossy = false;
	struct str_split parts = str_cut_last(name, '.');
	bool has_extension = parts.head.len > 0;
	memset(out_alias, ' ', FAT_ALIAS_BYTES);
	struct str base = has_extension ? parts.head : name;
	if (!alias_part(base, ALIAS_BASE_BYTES, out_alias, &lossy)) {
		out_alias[0] = '_';
		lossy = true;
	}
	if (has_extension)
		alias_part(parts.rest, FAT_ALIAS_BYTES - ALIAS_BASE_BYTES,
		           out_alias + ALIAS_BASE_BYTES, &lossy);
	return lossy;
}

static bool name_is_alias(struct str name, const uint8_t alias[FAT_ALIAS_BYTES])
{
	char text[FAT_ALIAS_BYTES + 2];
	size_t len = 0;
	for (size_t i = 0; i < FAT_ALIAS_BYTES && len < sizeof text - 1; i++) {
		if (i == ALIAS_BASE_BYTES && alias[i] != ' ')
			text[len++] = '.';
		if (alias[i] != ' ')
			text[len++] = (char)alias[i];
	}
	return str_equal(name, (struct str){text, len});
}

/* Aliases in use, and for each basis the tail tried last: one open table by key. */
struct alias_slot {
	uint8_t key[FAT_ALIAS_BYTES];
	bool is_basis;
	bool is_used;
	uint32_t tail;
};

struct alias_set {
	struct alias_slot *slots;
	size_t capacity; /* power of 2, at least twice what goes in */
};

/* The slot of key, or the free one where it belongs. */
static struct alias_slot *alias_slot(const struct alias_set *set, const uint8_t *key, bool is_basis)
{
	uint32_t hash = is_basis ? 2166136261u : 3323198485u;
	for (size_t i = 0; i < FAT_ALIAS_BYTES; i++)
		hash = (hash ^ key[i]) * 16777619u;
	for (size_t i = hash;; i++) {
		struct alias_slot *slot = &set->slots[i & (set->capacity - 1)];
		if (!slot->is_used ||
		    (slot->is_basis == is_basis && memcmp(slot->key, key, FAT_ALIAS_BYTES) == 0))
			return slot;
	}
}

static bool alias_claim(const struct alias_set *set, const uint8_t *alias)
{
	struct alias_slot *slot = alias_slot(set, alias, false);
	if (slot->is_used)
		return false;
	slot->is_used = true;
	memcpy(slot->key, alias, FAT_ALIAS_BYTES);
	return true;
}

/* basis with "~number" at the end of its base. */
static void alias_with_tail(uint8_t *alias, const uint8_t *basis, uint32_t number)
{
	char tail[ALIAS_BASE_BYTES + 1];
	int tail_len = snprintf(tail, sizeof tail, "~%u", number);
	size_t base = ALIAS_BASE_BYTES - (size_t)tail_len, len = 0;
	while (len < base && basis[len] != ' ')
		len++;
	memcpy(alias, basis, FAT_ALIAS_BYTES);
	memset(alias + len, ' ', ALIAS_BASE_BYTES - len);
	memcpy(alias + len, tail, (size_t)tail_len);
}

static int alias_choose(const struct alias_set *set, struct fat_node *node, struct text *why)
{
	uint8_t basis[FAT_ALIAS_BYTES];
	bool needs_tail = alias_basis(node->name, basis);
	memcpy(node->alias, basis, FAT_ALIAS_BYTES);
	if (!needs_tail && alias_claim(set, node->alias))
		return 0;
	struct alias_slot *tried = alias_slot(set, basis, true);
	tried->is_used = tried->is_basis = true;
	memcpy(tried->key, basis, FAT_ALIAS_BYTES);
	while (tried->tail < ALIAS_TAILS_MAX) {
		alias_with_tail(node->alias, basis, ++tried->tail);
		if (alias_claim(set, node->alias))
			return 0;
	}
	return name_fails(node, "no 8.3 alias is left in its folder", EINVAL, why);
}

int fat_name_children(struct arena *a, struct fat_node *folder, struct text *why)
{
	struct alias_set set = {.capacity = 8};
	size_t children = 0;
	for (struct fat_node *node = folder->first_child; node; node = node->next_sibling)
		children++;
	while (set.capacity < children * 4)
		set.capacity *= 2;
	set.slots = ARENA_ARRAY(a, struct alias_slot, set.capacity);

	for (struct fat_node *node = folder->first_child; node; node = node->next_sibling) {
		TRY(units_encode(a, node, why));
		if (!alias_basis(node->name, node->alias) &&
		    name_is_alias(node->name, node->alias)) {
			node->units = NULL;
			(void)alias_claim(&set, node->alias); /* names are unique already */
		}
	}
	for (struct fat_node *node = folder->first_child; node; node = node->next_sibling)
		if (node->units)
			TRY(alias_choose(&set, node, why));
	return 0;
}

int fat_label_encode(struct str label, uint8_t out_label[FAT_LABEL_BYTES], struct text *why)
{
	bool is_sound = label.len <= FAT_LABEL_BYTES && !(label.len && label.ptr[0] == ' ');
	for (size_t i = 0; i < label.len; i++)
		is_sound = is_sound && (alias_byte(label.ptr[i]) || label.ptr[i] == ' ');
	if (!is_sound) {
		text_addf(why,
		          "'%.*s' can't be a FAT volume label: at most 11 characters, upper case "
		          "letters, "
		          "digits and !#$%%&'()-@^_`{}~",
		          STR_ARG(label));
		return EINVAL;
	}
	memset(out_label, ' ', FAT_LABEL_BYTES);
	memcpy(out_label, label.len ? label.ptr : "NO NAME", label.len ? label.len : 7);
	return 0;
}

uint8_t fat_alias_checksum(const uint8_t alias[FAT_ALIAS_BYTES])
{
	uint8_t sum = 0;
	for (size_t i = 0; i < FAT_ALIAS_BYTES; i++)
		sum = (uint8_t)((sum >> 1 | sum << 7) + alias[i]);
	return sum;
}
