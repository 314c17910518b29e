#include "image/gpt.h"
#include <errno.h>
#include <openssl/sha.h>
#include <string.h>
#include <unistd.h>

enum {
	GPT_HEADER_BYTES = 92,
	GPT_TABLE_BYTES = GPT_TABLE_SECTORS * GPT_SECTOR_BYTES,
	GPT_ENTRY_COUNT_MAX = 1024, /* of others' tables; ours have GPT_ENTRY_COUNT */
	GPT_REVISION = 0x00010000,
	GUID_BYTES = 16,
	MBR_TYPE_PROTECTIVE = 0xee,
};

const struct guid guid_linux_data = {{0x0F, 0xC6, 0x3D, 0xAF, 0x84, 0x83, 0x47, 0x72, 0x8E, 0x79,
                                      0x3D, 0x69, 0xD8, 0x47, 0x7D, 0xE4}};
const struct guid guid_efi_system = {{0xc1, 0x2a, 0x73, 0x28, 0xf8, 0x1f, 0x11, 0xd2, 0xba, 0x4b,
                                      0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b}};
const struct guid guid_namespace = {{0x5c, 0x7b, 0x20, 0x34, 0x91, 0xd6, 0x4e, 0x0f, 0x8a, 0x52,
                                     0x1e, 0x60, 0xb7, 0xf3, 0x4d, 0xc9}};

static void put(uint8_t *at, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t get(const uint8_t *at, unsigned bytes)
{
	uint64_t value = 0;
	for (unsigned i = 0; i < bytes; i++)
		value |= (uint64_t)at[i] << 8 * i;
	return value;
}

struct guid guid_derive(const struct guid *space, struct str name)
{
	uint8_t digest[SHA_DIGEST_LENGTH], bytes[256];
	size_t len = name.len < sizeof bytes - GUID_BYTES ? name.len : sizeof bytes - GUID_BYTES;
	struct guid guid;
	memcpy(bytes, space->bytes, GUID_BYTES);
	if (len)
		memcpy(bytes + GUID_BYTES, name.ptr, len);
	SHA1(bytes, GUID_BYTES + len, digest);
	memcpy(guid.bytes, digest, GUID_BYTES);
	guid.bytes[6] = (uint8_t)((guid.bytes[6] & 0x0f) | 0x50);
	guid.bytes[8] = (uint8_t)((guid.bytes[8] & 0x3f) | 0x80);
	return guid;
}

bool guid_equal(const struct guid *a, const struct guid *b)
{
	return memcmp(a->bytes, b->bytes, GUID_BYTES) == 0;
}

struct str guid_text(struct arena *a, const struct guid *guid)
{
	struct text text = {.arena = a};
	for (size_t i = 0; i < GUID_BYTES; i++)
		text_addf(&text, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02X" : "%02X",
		          guid->bytes[i]);
	return text_str(&text);
}

/* On disk the first three fields are little endian; the same swap in both directions. */
static void guid_swap(uint8_t *out, const uint8_t *in)
{
	static const uint8_t order[GUID_BYTES] = {3, 2, 1,  0,  5,  4,  7,  6,
	                                          8, 9, 10, 11, 12, 13, 14, 15};
	for (size_t i = 0; i < GUID_BYTES; i++)
		out[i] = in[order[i]];
}

uint32_t crc32_bytes(struct str bytes)
{
	/* Remainders of four bits each. */
	static const uint32_t table[16] = {
	        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
	        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
	        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	uint32_t crc = 0xffffffff;
	for (size_t i = 0; i < bytes.len; i++) {
		crc ^= (uint8_t)bytes.ptr[i];
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}

static uint32_t crc(const uint8_t *bytes, size_t len)
{
	return crc32_bytes((struct str){(const char *)bytes, len});
}

uint64_t gpt_disk_sectors(uint64_t end)
{
	uint64_t sectors = end + GPT_TABLE_SECTORS + 1;
	return (sectors + GPT_ALIGN_SECTORS - 1) / GPT_ALIGN_SECTORS * GPT_ALIGN_SECTORS;
}

static bool partitions_fit(uint64_t disk_sectors, const struct gpt_partition *p, size_t count)
{
	uint64_t usable_end = disk_sectors - GPT_TABLE_SECTORS - 1;
	if (count > GPT_ENTRY_COUNT || disk_sectors < GPT_FIRST_USABLE + GPT_TABLE_SECTORS + 1)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (p[i].first < GPT_FIRST_USABLE || p[i].end <= p[i].first ||
		    p[i].end > usable_end || p[i].name.len > GPT_NAME_UNITS)
			return false;
		for (size_t j = 0; j < i; j++)
			if (p[i].first < p[j].end && p[j].first < p[i].end)
				return false;
	}
	return true;
}

static void entry_fill(uint8_t *at, const struct gpt_partition *p)
{
	guid_swap(at, p->type.bytes);
	guid_swap(at + 16, p->id.bytes);
	put(at + 32, p->first, 8);
	put(at + 40, p->end - 1, 8);
	for (size_t i = 0; i < p->name.len; i++)
		put(at + 56 + 2 * i, (uint8_t)p->name.ptr[i], 2);
}

struct gpt_place {
	uint64_t header, other_header, table;
};

static void header_fill(uint8_t *at, uint64_t disk_sectors, const struct guid *disk,
                        struct gpt_place place, uint32_t table_crc)
{
	memcpy(at, "EFI PART", 8);
	put(at + 8, GPT_REVISION, 4);
	put(at + 12, GPT_HEADER_BYTES, 4);
	put(at + 24, place.header, 8);
	put(at + 32, place.other_header, 8);
	put(at + 40, GPT_FIRST_USABLE, 8);
	put(at + 48, disk_sectors - GPT_TABLE_SECTORS - 2, 8);
	guid_swap(at + 56, disk->bytes);
	put(at + 72, place.table, 8);
	put(at + 80, GPT_ENTRY_COUNT, 4);
	put(at + 84, GPT_ENTRY_BYTES, 4);
	put(at + 88, table_crc, 4);
	put(at + 16, crc(at, GPT_HEADER_BYTES), 4);
}

static void protective_fill(uint8_t *at, uint64_t disk_sectors)
{
	uint8_t *record = at + 446;
	uint64_t sectors = disk_sectors - 1;
	put(record + 1, 0x000200, 3); /* CHS of sector 1 */
	record[4] = MBR_TYPE_PROTECTIVE;
	put(record + 5, 0xffffff, 3); /* CHS: beyond what it can say */
	put(record + 8, 1, 4);
	put(record + 12, sectors > 0xffffffff ? 0xffffffff : sectors, 4);
	put(at + 510, 0xaa55, 2);
}

static int sectors_write(int fd, const uint8_t *bytes, size_t len, uint64_t sector,
                         struct text *why)
{
	off_t offset = (off_t)(sector * GPT_SECTOR_BYTES);
	ssize_t put_bytes = pwrite(fd, bytes, len, offset);
	if (put_bytes == (ssize_t)len)
		return 0;
	int error = put_bytes < 0 ? errno : ENOSPC;
	text_addf(why, "cannot write the partition table: %s", strerror(error));
	return error;
}

int gpt_fill(uint64_t disk_sectors, const struct guid *disk, const struct gpt_partition *partitions,
             size_t count, struct gpt_bytes *out_bytes, struct text *why)
{
	uint64_t end = disk_sectors - 1;
	uint8_t *table = out_bytes->first + 2 * (size_t)GPT_SECTOR_BYTES;
	if (!partitions_fit(disk_sectors, partitions, count)) {
		text_addf(why, "partitions overlap or lie outside the disk");
		return EINVAL;
	}
	for (size_t i = 0; i < count; i++)
		entry_fill(table + i * GPT_ENTRY_BYTES, &partitions[i]);
	uint32_t table_crc = crc(table, GPT_TABLE_BYTES);
	const struct gpt_place primary = {.header = 1, .other_header = end, .table = 2};
	const struct gpt_place backup = {
	        .header = end,
	        .other_header = 1,
	        .table = end - GPT_TABLE_SECTORS,
	};
	protective_fill(out_bytes->first, disk_sectors);
	header_fill(out_bytes->first + GPT_SECTOR_BYTES, disk_sectors, disk, primary, table_crc);
	memcpy(out_bytes->last, table, GPT_TABLE_BYTES);
	header_fill(out_bytes->last + GPT_TABLE_BYTES, disk_sectors, disk, backup, table_crc);
	return 0;
}

int gpt_write(int fd, uint64_t disk_sectors, const struct guid *disk,
              const struct gpt_partition *partitions, size_t count, struct text *why)
{
	struct gpt_bytes bytes = {};
	TRY(gpt_fill(disk_sectors, disk, partitions, count, &bytes, why));
	TRY(sectors_write(fd, bytes.last, sizeof bytes.last, disk_sectors - GPT_TABLE_SECTORS - 1,
	                  why));
	return sectors_write(fd, bytes.first, sizeof bytes.first, 0, why);
}

static const uint8_t *sector_at(struct str disk, uint64_t sector, uint64_t count)
{
	uint64_t sectors = disk.len / GPT_SECTOR_BYTES;
	if (sector > sectors || count > sectors - sector)
		return NULL;
	return (const uint8_t *)disk.ptr + sector * GPT_SECTOR_BYTES;
}

/* Of the header's table. */
static uint64_t table_bytes(const uint8_t *header)
{
	return get(header + 80, 4) * GPT_ENTRY_BYTES;
}

static uint64_t table_sectors(const uint8_t *header)
{
	return (table_bytes(header) + GPT_SECTOR_BYTES - 1) / GPT_SECTOR_BYTES;
}

/* The header at this sector, or NULL after adding the reason. */
static const uint8_t *header_check(struct str disk, uint64_t sector, const char *which,
                                   struct text *why)
{
	const uint8_t *at = sector_at(disk, sector, 1);
	if (!at || memcmp(at, "EFI PART", 8) != 0) {
		text_addf(why, "no %s partition table header", which);
		return NULL;
	}
	uint8_t header[GPT_HEADER_BYTES];
	memcpy(header, at, sizeof header);
	uint32_t header_crc = (uint32_t)get(header + 16, 4);
	put(header + 16, 0, 4);
	if (get(header + 12, 4) != GPT_HEADER_BYTES || crc(header, sizeof header) != header_crc) {
		text_addf(why, "the %s partition table header is damaged", which);
		return NULL;
	}
	uint64_t count = get(header + 80, 4);
	const uint8_t *table = sector_at(disk, get(header + 72, 8), table_sectors(header));
	if (get(header + 24, 8) != sector || !count || count > GPT_ENTRY_COUNT_MAX ||
	    get(header + 84, 4) != GPT_ENTRY_BYTES || !table ||
	    crc(table, table_bytes(header)) != (uint32_t)get(header + 88, 4)) {
		text_addf(why, "the %s partition table is damaged", which);
		return NULL;
	}
	return at;
}

/* usable_end: the sector behind the last that a partition may have. */
static bool entry_take(struct arena *a, const uint8_t *at, uint64_t usable_end,
                       struct gpt_partition *out)
{
	char name[GPT_NAME_UNITS];
	size_t len = 0;
	while (len < GPT_NAME_UNITS && get(at + 56 + 2 * len, 2)) {
		uint64_t unit = get(at + 56 + 2 * len, 2);
		name[len++] = unit < 0x80 ? (char)unit : '?';
	}
	guid_swap(out->type.bytes, at);
	guid_swap(out->id.bytes, at + 16);
	out->first = get(at + 32, 8);
	out->end = get(at + 40, 8) + 1;
	out->name = arena_str(a, (struct str){name, len});
	return out->first >= GPT_FIRST_USABLE && out->first < out->end && out->end <= usable_end;
}

int gpt_read(struct arena *a, struct str disk, struct gpt_table *out_table, struct text *why)
{
	static const uint8_t unused[GUID_BYTES];
	uint64_t sectors = disk.len / GPT_SECTOR_BYTES;
	const uint8_t *first = sector_at(disk, 1, 1);
	if (!first || memcmp(first, "EFI PART", 8) != 0) {
		text_addf(why, "no partition table");
		return ENOENT;
	}
	const uint8_t *header = header_check(disk, 1, "primary", why);
	const uint8_t *backup = header ? header_check(disk, sectors - 1, "backup", why) : NULL;
	if (!backup)
		return EBADMSG;
	if (get(header + 88, 4) != get(backup + 88, 4) ||
	    memcmp(header + 56, backup + 56, GUID_BYTES) != 0 ||
	    table_bytes(header) != table_bytes(backup) || get(header + 32, 8) != sectors - 1 ||
	    sectors < GPT_FIRST_USABLE + table_sectors(header) + 1) {
		text_addf(why, "primary and backup partition table differ");
		return EBADMSG;
	}
	struct gpt_table table = {
	        .partitions = ARENA_ARRAY(a, struct gpt_partition, get(header + 80, 4)),
	        .table_sectors = table_sectors(header),
	};
	guid_swap(table.disk.bytes, header + 56);
	uint64_t usable_end = sectors - table.table_sectors - 1;
	const uint8_t *entries = sector_at(disk, get(header + 72, 8), table.table_sectors);
	for (size_t i = 0; entries && i < get(header + 80, 4); i++) {
		const uint8_t *at = entries + i * GPT_ENTRY_BYTES;
		if (memcmp(at, unused, GUID_BYTES) == 0)
			continue;
		if (!entry_take(a, at, usable_end, &table.partitions[table.count++])) {
			text_addf(why, "partition %zu lies outside the disk", i + 1);
			return EBADMSG;
		}
	}
	*out_table = table;
	return 0;
}

static void header_seal(uint8_t *header, size_t len)
{
	put(header + 16, 0, 4);
	put(header + 16, crc(header, len), 4);
}

int gpt_move_backup(struct arena *a, uint8_t *disk, size_t len, struct text *why)
{
	uint64_t sectors = len / GPT_SECTOR_BYTES;
	uint8_t *header = disk + GPT_SECTOR_BYTES, *end = disk + sectors * GPT_SECTOR_BYTES;
	bool sound = sectors > GPT_FIRST_USABLE && memcmp(header, "EFI PART", 8) == 0;
	uint64_t old = sound ? get(header + 32, 8) : 0;
	uint64_t table_bytes = sound ? get(header + 80, 4) * get(header + 84, 4) : 0;
	uint64_t table = (table_bytes + GPT_SECTOR_BYTES - 1) / GPT_SECTOR_BYTES;
	size_t header_bytes = sound ? (size_t)get(header + 12, 4) : 0;
	if (!sound || header_bytes < GPT_HEADER_BYTES || header_bytes > GPT_SECTOR_BYTES ||
	    old >= sectors || old <= table || !table || table > GPT_FIRST_USABLE * 8 ||
	    memcmp(disk + old * GPT_SECTOR_BYTES, "EFI PART", 8) != 0) {
		text_addf(why, "no sound partition table");
		return EBADMSG;
	}
	size_t moved = (size_t)(table + 1) * GPT_SECTOR_BYTES;
	uint8_t *copy = arena_alloc(a, moved), *from = disk + (old - table) * GPT_SECTOR_BYTES;
	memcpy(copy, from, moved);
	memset(from, 0, moved);
	memcpy(end - moved, copy, moved);
	uint8_t *backup = end - GPT_SECTOR_BYTES;
	put(backup + 24, sectors - 1, 8);
	put(backup + 72, sectors - 1 - table, 8);
	header_seal(backup, header_bytes);
	put(header + 32, sectors - 1, 8);
	header_seal(header, header_bytes);
	return 0;
}
