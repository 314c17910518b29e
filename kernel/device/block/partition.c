#include "device/block/partition.h"
#include <string.h>

enum {
	HEADER_SIZE = 12,
	HEADER_CHECKSUM = 16,
	HEADER_OWN_BLOCK = 24,
	HEADER_FIRST_USABLE = 40,
	HEADER_LAST_USABLE = 48,
	HEADER_ENTRIES_BLOCK = 72,
	HEADER_ENTRY_COUNT = 80,
	HEADER_ENTRY_BYTES = 84,
	HEADER_ENTRIES_CHECKSUM = 88,
	HEADER_BYTES = 92,
	ENTRY_FIRST = 32,
	ENTRY_LAST = 40,
	ENTRY_BYTES = 128,
};

/* C12A7328-F81F-11D2-BA4B-00A0C93EC93B */
static const uint8_t partition_system_type[PARTITION_GUID_BYTES] = {
        0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11,
        0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b,
};

static uint32_t partition_u32(const uint8_t *bytes)
{
	uint32_t value;
	memcpy(&value, bytes, sizeof value);
	return value;
}

static uint64_t partition_u64(const uint8_t *bytes)
{
	uint64_t value;
	memcpy(&value, bytes, sizeof value);
	return value;
}

/* CRC-32 of IEEE 802.3, bit by bit: tables are small, and read once. */
static uint32_t partition_checksum(uint32_t sum, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		sum ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (sum & 1 ? 0xedb88320 : 0);
	}
	return sum;
}

/* With the checksum's own field counted as 0. */
static bool partition_header_is_whole(const uint8_t *block, uint32_t size)
{
	static const uint8_t zero[4];
	uint32_t sum = partition_checksum(UINT32_MAX, block, HEADER_CHECKSUM);
	sum = partition_checksum(sum, zero, sizeof zero);
	sum = partition_checksum(sum, block + HEADER_CHECKSUM + 4, size - HEADER_CHECKSUM - 4);
	return ~sum == partition_u32(block + HEADER_CHECKSUM);
}

enum status partition_read_header(const uint8_t *block, uint64_t at,
                                  const struct partition_disk *disk,
                                  struct partition_header *out_header)
{
	if (memcmp(block, "EFI PART", 8) != 0)
		return ERR_NOT_FOUND;
	uint32_t size = partition_u32(block + HEADER_SIZE);
	if (size < HEADER_BYTES || size > disk->block_bytes ||
	    !partition_header_is_whole(block, size) ||
	    partition_u64(block + HEADER_OWN_BLOCK) != at)
		return ERR_IO;
	const struct partition_header header = {
	        .entries_block = partition_u64(block + HEADER_ENTRIES_BLOCK),
	        .first_usable = partition_u64(block + HEADER_FIRST_USABLE),
	        .last_usable = partition_u64(block + HEADER_LAST_USABLE),
	        .entry_count = partition_u32(block + HEADER_ENTRY_COUNT),
	        .entry_bytes = partition_u32(block + HEADER_ENTRY_BYTES),
	        .entries_checksum = partition_u32(block + HEADER_ENTRIES_CHECKSUM),
	};
	bool entries_fit = header.entry_bytes >= ENTRY_BYTES &&
	                   header.entry_bytes <= PARTITION_ENTRIES_BYTES_MAX &&
	                   header.entry_count &&
	                   header.entry_count <= PARTITION_ENTRIES_BYTES_MAX / header.entry_bytes;
	if (!entries_fit || header.last_usable >= disk->block_count ||
	    header.first_usable > header.last_usable)
		return ERR_IO;
	uint64_t blocks =
	        (partition_entries_bytes(&header) + disk->block_bytes - 1) / disk->block_bytes;
	if (header.entries_block >= disk->block_count ||
	    blocks > disk->block_count - header.entries_block)
		return ERR_IO;
	*out_header = header;
	return OK;
}

size_t partition_entries_bytes(const struct partition_header *header)
{
	return (size_t)header->entry_count * header->entry_bytes;
}

static bool partition_overlaps(const struct partition *partitions, size_t count, uint64_t first,
                               uint64_t last)
{
	for (size_t i = 0; i < count; i++)
		if (first < partitions[i].first_block + partitions[i].block_count &&
		    partitions[i].first_block <= last)
			return true;
	return false;
}

enum status partition_read_entries(const uint8_t *entries, const struct partition_header *header,
                                   struct partition *out_partitions, size_t *out_count)
{
	static const uint8_t unused[PARTITION_GUID_BYTES];
	size_t bytes = partition_entries_bytes(header);
	if (~partition_checksum(UINT32_MAX, entries, bytes) != header->entries_checksum)
		return ERR_IO;
	size_t count = 0;
	for (uint32_t i = 0; i < header->entry_count && count < PARTITIONS_MAX; i++) {
		const uint8_t *entry = entries + (size_t)i * header->entry_bytes;
		uint64_t first = partition_u64(entry + ENTRY_FIRST);
		uint64_t last = partition_u64(entry + ENTRY_LAST);
		if (memcmp(entry, unused, sizeof unused) == 0)
			continue;
		if (first < header->first_usable || last > header->last_usable || first > last ||
		    partition_overlaps(out_partitions, count, first, last))
			continue;
		out_partitions[count++] = (struct partition){
		        .first_block = first,
		        .block_count = last - first + 1,
		        .number = i + 1,
		        .is_system = memcmp(entry, partition_system_type,
		                            sizeof partition_system_type) == 0,
		};
	}
	*out_count = count;
	return OK;
}
