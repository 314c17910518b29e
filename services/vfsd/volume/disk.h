/*
 * Block devices: which there are, and their bytes, by way of a few lines that are kept.
 *
 * Reading waits for the disk, and for nothing else: below it are only the kernel and its driver.
 * Other requests may be served meanwhile, but for those of the same volume (waits.h).
 * Lines are for volumes that nobody writes: disk_read, not disk_transfer.
 */
#pragma once

#include <abi/status.h>
#include <abi/syscalls.h>
#include <base/str.h>

enum { DISK_LINE_BYTES = 32 * 1024, DISK_LINES = 16 };

/* The kernel, or a test. */
struct disk_source {
	void *context;
	/* The device with the lowest id above `after`. False: none. */
	bool (*next)(void *context, uint32_t after, struct storage_descriptor *out_device);
	/* Whole blocks, at most BLOCK_BYTES_MAX bytes. */
	enum status (*read)(void *context, const struct storage_descriptor *device, uint64_t first,
	                    void *bytes, size_t len);
	enum status (*write)(void *context, const struct storage_descriptor *device, uint64_t first,
	                     const void *bytes, size_t len);
	/* What was written stays, whatever happens to the machine. */
	enum status (*flush)(void *context, const struct storage_descriptor *device);
};

struct disk_line {
	uint32_t device; /* id; 0: free */
	uint32_t len; /* bytes that the device has of it */
	uint64_t number;
	uint64_t used; /* clock of the latest use */
	bool is_filling; /* somebody waits for its bytes */
};

struct disks {
	struct disk_source source;
	struct disk_line lines[DISK_LINES];
	uint8_t bytes[DISK_LINES][DISK_LINE_BYTES];
	uint64_t clock;
};

static inline uint64_t disk_size(const struct storage_descriptor *device)
{
	return device->block_count * device->logical_block_size;
}

static inline struct str disk_name(const struct storage_descriptor *device)
{
	return (struct str){(const char *)device->path, device->path_len};
}

/* ERR_NO_DEVICE. */
enum status disk_find(const struct disks *disks, uint32_t id,
                      struct storage_descriptor *out_device);
/* ERR_NO_DEVICE. */
enum status disk_find_named(const struct disks *disks, struct str name,
                            struct storage_descriptor *out_device);
/* Whole blocks of DISK_UNIT_BYTES, past the lines. One of `to` and `from` is NULL. */
struct disk_transfer {
	uint64_t unit; /* the first of them */
	uint32_t count;
	void *to;
	const void *from;
};
enum { DISK_UNIT_BYTES = 4096 };
enum status disk_transfer(struct disks *disks, const struct storage_descriptor *device,
                          const struct disk_transfer *transfer);
enum status disk_flush(struct disks *disks, const struct storage_descriptor *device);
/* Any bytes of a device. ERR_IO: behind its end, too. */
enum status disk_read(struct disks *disks, const struct storage_descriptor *device, uint64_t offset,
                      void *bytes, size_t len);
