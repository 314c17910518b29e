/*
 * GUID partition tables: protective MBR, primary and backup table, 128 entries of 128 bytes.
 *
 * Sectors of 512 bytes. GUIDs are given, never random: guid_derive makes them from names.
 * Format: UEFI 2.10, sections 5.2.3 and 5.3.
 */
#pragma once

#include "os/text.h"

enum {
	GPT_SECTOR_BYTES = 512,
	GPT_ENTRY_COUNT = 128,
	GPT_ENTRY_BYTES = 128,
	GPT_TABLE_SECTORS = GPT_ENTRY_COUNT * GPT_ENTRY_BYTES / GPT_SECTOR_BYTES,
	GPT_FIRST_USABLE = 2 + GPT_TABLE_SECTORS,
	GPT_ALIGN_SECTORS = 2048, /* partitions begin at whole mebibytes */
	GPT_NAME_UNITS = 36,
};

/* 16 bytes in the order in which a UUID is printed. */
struct guid {
	uint8_t bytes[16];
};

extern const struct guid guid_efi_system; /* C12A7328-F81F-11D2-BA4B-00A0C93EC93B */
extern const struct guid guid_linux_data; /* 0FC63DAF-8483-4772-8E79-3D69D8477DE4 */
extern const struct guid guid_namespace; /* of all names that this project derives */

/* RFC 4122 version 5 (SHA-1). */
struct guid guid_derive(const struct guid *space, struct str name);
bool guid_equal(const struct guid *a, const struct guid *b);
struct str guid_text(struct arena *a, const struct guid *guid); /* upper case, with dashes */

struct gpt_partition {
	struct guid type;
	struct guid id;
	uint64_t first; /* sector */
	uint64_t end; /* sector behind the last one */
	struct str name; /* ASCII, at most 36 characters */
};

/* Sectors of a disk whose last partition ends at end. */
uint64_t gpt_disk_sectors(uint64_t end);

/* Both tables: what lies at the disk's begin and at its end. */
struct gpt_bytes {
	uint8_t first[GPT_FIRST_USABLE * GPT_SECTOR_BYTES]; /* protective MBR, header, table */
	uint8_t last[(GPT_TABLE_SECTORS + 1) * GPT_SECTOR_BYTES]; /* table, header */
};

/* EINVAL when a partition lies outside or two overlap. out_bytes must be zero. */
[[nodiscard]] int gpt_fill(uint64_t disk_sectors, const struct guid *disk,
                           const struct gpt_partition *partitions, size_t count,
                           struct gpt_bytes *out_bytes, struct text *why);
/*
 * Moves the backup table of another program's disk to the disk's end, where it belongs. disk: the
 * whole of it. EBADMSG when there is no sound table.
 */
[[nodiscard]] int gpt_move_backup(struct arena *a, uint8_t *disk, size_t len, struct text *why);
/*
 * Writes both tables to fd, a file of disk_sectors sectors; the backup first, so that an
 * interrupted write leaves no valid primary. EINVAL when a partition lies outside or they overlap.
 */
[[nodiscard]] int gpt_write(int fd, uint64_t disk_sectors, const struct guid *disk,
                            const struct gpt_partition *partitions, size_t count, struct text *why);

struct gpt_table {
	struct guid disk;
	struct gpt_partition *partitions; /* in the table's order */
	size_t count;
	uint64_t table_sectors; /* of each of the two tables, without headers */
};
/*
 * Reads the primary table of a disk in memory, checking signature, CRCs and ranges, and that the
 * backup agrees. ENOENT when there is no table at all (a bare volume), EBADMSG when one is damaged.
 */
[[nodiscard]] int gpt_read(struct arena *a, struct str disk, struct gpt_table *out_table,
                           struct text *why);

/* CRC-32 (ISO 3309, reflected, as GPT uses it). */
uint32_t crc32_bytes(struct str bytes);
