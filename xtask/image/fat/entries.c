/*
 * Reader of folder entries. A long name counts only when all its entries are there in
 * order with the alias's checksum; otherwise the alias is the name.
 */
#include "image/fat/format.h"
#include <string.h>

enum {
	ENTRY_FREE = 0xe5,
	CASE_BASE_LOWER = 0x08, /* byte 12: the alias stands for a lower case name */
	CASE_EXTENSION_LOWER = 0x10,
	LONG_ENTRIES_MAX = 20,
};

struct long_name {
	uint16_t units[LONG_ENTRIES_MAX * FAT_LONG_UNITS];
	unsigned next_order; /* that must come now; 0: complete or none */
	unsigned entries;
	uint8_t checksum;
};

static void long_name_take(struct long_name *name, const char *at)
{
	static const uint8_t places[FAT_LONG_UNITS] = {1,  3,  5,  7,  9,  14, 16,
	                                               18, 20, 22, 24, 28, 30};
	uint8_t order = (uint8_t)at[0], checksum = (uint8_t)at[13];
	if (order & FAT_LONG_LAST) {
		order &= (uint8_t)~FAT_LONG_LAST;
		*name = (struct long_name){
		        .entries = order,
		        .next_order = order,
		        .checksum = checksum,
		};
	}
	if (!order || order > LONG_ENTRIES_MAX || order != name->next_order ||
	    checksum != name->checksum) {
		name->entries = name->next_order = 0;
		return;
	}
	for (unsigned i = 0; i < FAT_LONG_UNITS; i++)
		name->units[(order - 1) * FAT_LONG_UNITS + i] = (uint16_t)get_le16(at + places[i]);
	name->next_order--;
}

static size_t utf8_put(char *out, uint32_t point)
{
	if (point < 0x80) {
		out[0] = (char)point;
		return 1;
	}
	unsigned more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
	static const uint8_t leads[] = {0, 0xc0, 0xe0, 0xf0};
	out[0] = (char)(leads[more] | point >> 6 * more);
	for (unsigned i = 1; i <= more; i++)
		out[i] = (char)(0x80 | (point >> 6 * (more - i) & 0x3f));
	return more + 1;
}

static bool is_plain_name(struct str name)
{
	for (size_t i = 0; i < name.len; i++)
		if ((uint8_t)name.ptr[i] < 0x20 || name.ptr[i] == '/')
			return false;
	return name.len && !str_equal(name, STR(".")) && !str_equal(name, STR(".."));
}

/* False when it is no whole, sound UTF-16 name for this alias. */
static bool long_name_decode(struct arena *a, const struct long_name *name, const uint8_t *alias,
                             struct str *out)
{
	char text[4 * LONG_ENTRIES_MAX * FAT_LONG_UNITS];
	size_t len = 0, units = (size_t)name->entries * FAT_LONG_UNITS;
	if (!name->entries || name->next_order || name->checksum != fat_alias_checksum(alias))
		return false;
	for (size_t i = 0; i < units && name->units[i]; i++) {
		uint32_t point = name->units[i];
		if (point >= 0xdc00 && point < 0xe000)
			return false;
		if (point >= 0xd800 && point < 0xdc00) {
			uint32_t low = i + 1 < units ? name->units[++i] : 0;
			if (low < 0xdc00 || low >= 0xe000)
				return false;
			point = 0x10000 + ((point - 0xd800) << 10 | (low - 0xdc00));
		}
		len += utf8_put(text + len, point);
	}
	*out = (struct str){text, len};
	if (!is_plain_name(*out))
		return false;
	*out = arena_str(a, *out);
	return true;
}

static size_t alias_part(char *out, const uint8_t *part, size_t max, bool is_lower)
{
	size_t len = max;
	while (len && part[len - 1] == ' ')
		len--;
	for (size_t i = 0; i < len; i++) {
		char c = (char)part[i];
		bool is_upper = c >= 'A' && c <= 'Z';
		if (c <= ' ' || c == '/' || c == 0x7f) /* what is not ASCII is negative here */
			c = '_';
		out[i] = is_lower && is_upper ? (char)(c - 'A' + 'a') : c;
	}
	return len;
}

static struct str alias_decode(struct arena *a, const uint8_t *entry)
{
	char text[FAT_ALIAS_BYTES + 1];
	size_t base = alias_part(text, entry, 8, entry[12] & CASE_BASE_LOWER);
	size_t extension =
	        alias_part(text + base + 1, entry + 8, 3, entry[12] & CASE_EXTENSION_LOWER);
	text[base] = '.';
	return arena_str(a, (struct str){text, extension ? base + 1 + extension : base});
}

bool fat_entries_next(struct arena *a, struct fat_entries *walk, struct fat_entry *out_entry)
{
	struct long_name name = {};
	while (walk->content.len - walk->offset >= FAT_ENTRY_BYTES) {
		const char *at = walk->content.ptr + walk->offset;
		uint8_t entry[FAT_ENTRY_BYTES];
		memcpy(entry, at, sizeof entry);
		if (!entry[0])
			return false;
		walk->offset += FAT_ENTRY_BYTES;
		if (entry[0] != ENTRY_FREE && (entry[11] & 0x3f) == FAT_ATTRIBUTE_LONG_NAME) {
			long_name_take(&name, at);
			continue;
		}
		bool is_real = entry[0] != ENTRY_FREE && !(entry[11] & FAT_ATTRIBUTE_LABEL) &&
		               memcmp(entry, ".          ", FAT_ALIAS_BYTES) != 0 &&
		               memcmp(entry, "..         ", FAT_ALIAS_BYTES) != 0;
		if (!is_real) {
			name = (struct long_name){};
			continue;
		}
		struct fat_entry found = {
		        .is_folder = entry[11] & FAT_ATTRIBUTE_FOLDER,
		        .first_cluster = get_le16(at + 26) | get_le16(at + 20) << 16,
		        .size = get_le32(at + 28),
		};
		if (!long_name_decode(a, &name, entry, &found.name))
			found.name = alias_decode(a, entry);
		if (!found.name.len)
			found.name = STR("_");
		*out_entry = found;
		return true;
	}
	return false;
}
