/* Folders: entries with short and long names. */
#include "bytes.h"
#include <base/cleanup.h>
#include <fat/api.h>

enum {
	ENTRY_BYTES = 32,
	ENTRY_ATTRIBUTES = 11,
	ENTRY_CASE = 12,
	ENTRY_CLUSTER_HIGH = 20,
	ENTRY_TIME = 22,
	ENTRY_DATE = 24,
	ENTRY_CLUSTER_LOW = 26,
	ENTRY_SIZE = 28,
	ENTRY_FREE = 0xe5,
	ENTRY_FREE_ESCAPE = 0x05,
	SHORT_BYTES = 11,
	SHORT_BASE = 8,
	CASE_BASE_LOWER = 0x08,
	CASE_EXTENSION_LOWER = 0x10,

	ATTRIBUTE_READ_ONLY = 0x01,
	ATTRIBUTE_LABEL = 0x08,
	ATTRIBUTE_FOLDER = 0x10,
	ATTRIBUTE_LONG = 0x0f,
	ATTRIBUTE_LONG_MASK = 0x3f,

	LONG_LAST = 0x40,
	LONG_CHECKSUM = 13,
	LONG_UNITS = 13, /* UTF-16 units of one entry */
	LONG_ENTRIES_MAX = 20,
	LONG_NAME_UNITS_MAX = 255,
};

/* The pieces of a long name, which stand before the entry that they belong to, last one first. */
struct long_name {
	uint16_t units[LONG_ENTRIES_MAX * LONG_UNITS];
	uint8_t count; /* pieces in all; 0: there is no name */
	uint8_t missing; /* pieces still to come */
	uint8_t checksum;
};

static uint8_t short_checksum(const uint8_t *name)
{
	uint8_t sum = 0;
	for (size_t i = 0; i < SHORT_BYTES; i++)
		sum = (uint8_t)((sum & 1 ? 0x80 : 0) + (sum >> 1) + name[i]);
	return sum;
}

static void long_take(struct long_name *name, const uint8_t *entry)
{
	static const uint8_t places[LONG_UNITS] = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};
	uint8_t ordinal = entry[0] & (LONG_LAST - 1);
	if (entry[0] & LONG_LAST) {
		bool sound = ordinal && ordinal <= LONG_ENTRIES_MAX;
		name->count = name->missing = sound ? ordinal : 0;
		name->checksum = entry[LONG_CHECKSUM];
	}
	if (!name->count || ordinal != name->missing || entry[LONG_CHECKSUM] != name->checksum) {
		name->count = 0;
		return;
	}
	name->missing--;
	for (size_t i = 0; i < LONG_UNITS; i++)
		name->units[name->missing * LONG_UNITS + i] = fat_u16(entry + places[i]);
}

static size_t utf8_put(char *to, uint32_t code)
{
	if (code < 0x80) {
		to[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		to[0] = (char)(0xc0 | code >> 6);
		to[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	size_t len = code < 0x10000 ? 3 : 4;
	to[0] = (char)(len == 3 ? 0xe0 | code >> 12 : 0xf0 | code >> 18);
	for (size_t i = 1; i < len; i++)
		to[i] = (char)(0x80 | (code >> 6 * (len - 1 - i) & 0x3f));
	return len;
}

/* One character of UTF-16 at units[*at]; false: half of one. */
static bool utf16_take(const uint16_t *units, size_t count, size_t *at, uint32_t *out_code)
{
	uint32_t unit = units[(*at)++];
	*out_code = unit;
	if (unit < 0xd800 || unit > 0xdfff)
		return true;
	if (unit > 0xdbff || *at == count || units[*at] < 0xdc00 || units[*at] > 0xdfff)
		return false;
	*out_code = 0x10000 + ((unit & 0x3ff) << 10 | (units[(*at)++] & 0x3ff));
	return true;
}

/* False when the name is not whole, or could not be told apart from a path. */
static bool long_finish(const struct long_name *name, const uint8_t *entry,
                        struct fat_entry *out_entry)
{
	size_t count = 0, at = 0, len = 0;
	if (!name->count || name->missing || name->checksum != short_checksum(entry))
		return false;
	while (count < (size_t)name->count * LONG_UNITS && name->units[count])
		count++;
	if (!count || count > LONG_NAME_UNITS_MAX)
		return false;
	while (at < count) {
		uint32_t code;
		if (!utf16_take(name->units, count, &at, &code) || code == '/' || code < 0x20)
			return false;
		len += utf8_put(out_entry->name + len, code);
	}
	out_entry->name_len = len;
	return true;
}

/* Letters of the volume's code page become '_'. */
static size_t short_copy(char *to, const uint8_t *from, size_t count, bool lower)
{
	while (count && from[count - 1] == ' ')
		count--;
	for (size_t i = 0; i < count; i++) {
		uint8_t c = from[i];
		bool plain = c > ' ' && c < 0x7f && c != '/';
		if (lower && c >= 'A' && c <= 'Z')
			c = (uint8_t)(c - 'A' + 'a');
		to[i] = plain ? (char)c : '_';
	}
	return count;
}

static void short_finish(const uint8_t *entry, struct fat_entry *out_entry)
{
	uint8_t name[SHORT_BYTES];
	memcpy(name, entry, sizeof name);
	if (name[0] == ENTRY_FREE_ESCAPE)
		name[0] = ENTRY_FREE;
	size_t len =
	        short_copy(out_entry->name, name, SHORT_BASE, entry[ENTRY_CASE] & CASE_BASE_LOWER);
	size_t extension =
	        short_copy(out_entry->name + len + 1, name + SHORT_BASE, SHORT_BYTES - SHORT_BASE,
	                   entry[ENTRY_CASE] & CASE_EXTENSION_LOWER);
	if (extension) {
		out_entry->name[len] = '.';
		len += 1 + extension;
	}
	out_entry->name_len = len;
}

/* Days since 1970 of a date of the Gregorian calendar; month from 1. */
static int64_t days_from_date(int64_t year, int64_t month, int64_t day)
{
	/* years begin in March, so that the leap day is the last one */
	year -= month <= 2;
	int64_t era = year / 400, of_era = year % 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int64_t entry_time(const uint8_t *entry)
{
	uint32_t date = fat_u16(entry + ENTRY_DATE), time = fat_u16(entry + ENTRY_TIME);
	int64_t month = date >> 5 & 15, day = date & 31;
	if (!month || month > 12 || !day)
		return 0;
	int64_t days = days_from_date(1980 + (int64_t)(date >> 9), month, day);
	return days * 86400 + (int64_t)(time >> 11) * 3600 + (int64_t)(time >> 5 & 63) * 60 +
	       (int64_t)(time & 31) * 2;
}

static void entry_finish(const struct fat_volume *volume, const uint8_t *bytes,
                         struct fat_entry *out_entry)
{
	uint32_t high = volume->is_fat32 ? fat_u16(bytes + ENTRY_CLUSTER_HIGH) : 0;
	bool is_folder = bytes[ENTRY_ATTRIBUTES] & ATTRIBUTE_FOLDER;
	out_entry->file = (struct fat_file){
	        .first_cluster = high << 16 | fat_u16(bytes + ENTRY_CLUSTER_LOW),
	        .size = is_folder ? 0 : fat_u32(bytes + ENTRY_SIZE),
	        .is_folder = is_folder,
	        .is_read_only = bytes[ENTRY_ATTRIBUTES] & ATTRIBUTE_READ_ONLY,
	        .modify_time = entry_time(bytes),
	};
}

struct fat_folder fat_folder_open(const struct fat_volume *volume, const struct fat_file *file,
                                  uint32_t position)
{
	return (struct fat_folder){.volume = volume, .file = *file, .position = position};
}

/* The next 32 bytes. ERR_NOT_FOUND: the folder ends. */
static enum status folder_take(struct fat_folder *folder, uint8_t *entry)
{
	struct fat_run run;
	const struct fat_range range = {folder->position, ENTRY_BYTES};
	TRY(fat_find_run(folder->volume, &folder->file, &folder->cursor, range, &run));
	const struct fat_source *source = &folder->volume->source;
	TRY(source->read(source->context, run.offset, entry, ENTRY_BYTES));
	if (entry[0] == 0)
		return ERR_NOT_FOUND;
	folder->position += ENTRY_BYTES;
	return OK;
}

/* Neither a file nor a folder that somebody named. */
static bool entry_is_passed_over(const uint8_t *entry)
{
	return entry[0] == ENTRY_FREE || entry[0] == '.' ||
	       (entry[ENTRY_ATTRIBUTES] & ATTRIBUTE_LABEL);
}

enum status fat_folder_next(struct fat_folder *folder, struct fat_entry *out_entry)
{
	struct long_name name = {};
	uint8_t entry[ENTRY_BYTES];
	for (;;) {
		TRY(folder_take(folder, entry));
		if (entry[0] != ENTRY_FREE &&
		    (entry[ENTRY_ATTRIBUTES] & ATTRIBUTE_LONG_MASK) == ATTRIBUTE_LONG) {
			long_take(&name, entry);
			continue;
		}
		if (!entry_is_passed_over(entry))
			break;
		name.count = 0;
	}
	entry_finish(folder->volume, entry, out_entry);
	if (!long_finish(&name, entry, out_entry))
		short_finish(entry, out_entry);
	out_entry->position = folder->position;
	return OK;
}

static char letter_fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool names_are_equal(struct str a, struct str b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (letter_fold(a.ptr[i]) != letter_fold(b.ptr[i]))
			return false;
	return true;
}

enum status fat_find(const struct fat_volume *volume, const struct fat_file *folder,
                     struct str name, struct fat_entry *out_entry)
{
	if (!folder->is_folder)
		return ERR_NOT_DIRECTORY;
	struct fat_folder reader = fat_folder_open(volume, folder, 0);
	for (;;) {
		TRY(fat_folder_next(&reader, out_entry));
		if (names_are_equal((struct str){out_entry->name, out_entry->name_len}, name))
			return OK;
	}
}

enum status fat_walk(const struct fat_volume *volume, struct str path, struct fat_file *out_file)
{
	struct fat_file at = fat_root(volume);
	while (path.len) {
		struct fat_entry entry;
		struct str_split cut = str_cut(path, '/');
		path = cut.rest;
		if (!cut.head.len || str_equal(cut.head, STR(".")))
			continue;
		TRY(fat_find(volume, &at, cut.head, &entry));
		at = entry.file;
	}
	*out_file = at;
	return OK;
}
