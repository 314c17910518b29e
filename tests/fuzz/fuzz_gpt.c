/*
 * GPT reader: a sound disk with edits from the input (offset, value), half of the time with
 * checksums made right again, so that what lies behind them is reached. Partitions must lie on the
 * disk.
 */
#include "image/gpt.h"
#include "os/files.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SECTORS = 128, DISK_BYTES = SECTORS * 512, HEADER_BYTES = 92 };

static char sound[DISK_BYTES], disk[DISK_BYTES];

int LLVMFuzzerInitialize(int *, char ***);
int LLVMFuzzerInitialize(int *, char ***)
{
	struct arena a;
	static const struct guid id = {{1, 2, 3}};
	const struct gpt_partition partition = {
	        .type = guid_efi_system,
	        .id = id,
	        .first = 40,
	        .end = 90,
	        .name = STR("part"),
	};
	host_arena_init(&a);
	struct text why = {.arena = &a};
	int fd = memfd_create("disk", 0);
	if (fd < 0 || ftruncate(fd, DISK_BYTES) < 0 ||
	    gpt_write(fd, SECTORS, &id, &partition, 1, &why) ||
	    pread(fd, sound, DISK_BYTES, 0) != DISK_BYTES)
		abort();
	close(fd);
	arena_release(&a);
	return 0;
}

static void checksum(char *header, size_t table)
{
	size_t count = (uint8_t)header[80];
	size_t len = count * 128 < DISK_BYTES - table ? count * 128 : DISK_BYTES - table;
	uint32_t crc = crc32_bytes((struct str){disk + table, len});
	memcpy(header + 88, &crc, 4);
	memset(header + 16, 0, 4);
	crc = crc32_bytes((struct str){header, HEADER_BYTES});
	memcpy(header + 16, &crc, 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct gpt_table table;
	if (!size)
		return 0;
	memcpy(disk, sound, sizeof disk);
	for (size_t i = 1; i + 2 < size; i += 3) {
		size_t at = (size_t)data[i] << 8 | data[i + 1];
		/* The two tables lie at both ends. */
		at = at & 0x8000 ? DISK_BYTES - 1 - (at & 0x7fff) : at;
		disk[at] = (char)data[i + 2];
	}
	if (data[0] & 1) {
		checksum(disk + 512, 1024);
		checksum(disk + DISK_BYTES - 512, DISK_BYTES - 33 * 512);
	}
	host_arena_init(&a);
	struct text why = {.arena = &a};
	size_t len = data[0] & 2 ? DISK_BYTES : (size_t)data[0] * 256;
	if (gpt_read(&a, (struct str){disk, len}, &table, &why) == 0)
		for (size_t i = 0; i < table.count; i++)
			if (table.partitions[i].end > SECTORS ||
			    table.partitions[i].first >= table.partitions[i].end)
				abort();
	arena_release(&a);
	return 0;
}
