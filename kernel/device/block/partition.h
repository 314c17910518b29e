/*
 * GUID partition tables: which parts a disk has. Nothing that the disk says is trusted. Private to
 * device. UEFI 2.10, section 5.3.
 */
#pragma once

#include <abi/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PARTITIONS_MAX = 16, PARTITION_GUID_BYTES = 16, PARTITION_ENTRIES_BYTES_MAX = 16384 };

struct partition {
	uint64_t first_block;
	uint64_t block_count;
	uint32_t number; /* from 1: its place in the table */
	bool is_system; /* the one that firmware boots from */
};

/* The header, once it is known to be whole. */
struct partition_header {
	uint64_t entries_block;
	uint64_t first_usable;
	uint64_t last_usable;
	uint32_t entry_count;
	uint32_t entry_bytes;
	uint32_t entries_checksum;
};

struct partition_disk {
	uint64_t block_count;
	uint32_t block_bytes;
};

/* block: the bytes of block number at. ERR_NOT_FOUND: no table; ERR_IO: a damaged one. */
enum status partition_read_header(const uint8_t *block, uint64_t at,
                                  const struct partition_disk *disk,
                                  struct partition_header *out_header);
/* Bytes of the table's entries, at most PARTITION_ENTRIES_BYTES_MAX. */
size_t partition_entries_bytes(const struct partition_header *header);
/* entries holds those bytes. ERR_IO: damaged. Parts that overlap or lie outside are left out. */
enum status partition_read_entries(const uint8_t *entries, const struct partition_header *header,
                                   struct partition *out_partitions, size_t *out_count);
