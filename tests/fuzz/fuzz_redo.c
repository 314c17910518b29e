/*
 * Redo journal and piece record of an image. First byte: bit 0 chooses, bit 1 makes digest and
 * stamp right again, so that what lies behind them is reached. What is taken must lie in the image.
 */
#include "image/update/piece_record.h"
#include "image/update/redo.h"
#include "os/files.h"
#include "require.h"
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { IMAGE_BYTES = 8192, REDO_HEADER_BYTES = 80, REDO_DIGEST_AT = 48 };

static char folder[] = "/tmp/xtask-fuzz-redo-XXXXXX";
static char image[64];
static int fd;

static void folder_remove(void)
{
	(void)tree_remove(folder); /* at exit, nobody is left to be told */
}

int LLVMFuzzerInitialize(int *, char ***);
int LLVMFuzzerInitialize(int *, char ***)
{
	require(mkdtemp(folder) != NULL);
	atexit(folder_remove);
	snprintf(image, sizeof image, "%s/disk", folder);
	fd = open(image, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	require(fd >= 0 && ftruncate(fd, IMAGE_BYTES) == 0);
	return 0;
}

static void journal_mend(char *bytes, size_t size)
{
	struct image_stamp stamp;
	uint64_t fields[] = {0, 0, IMAGE_BYTES};
	if (size < REDO_HEADER_BYTES || image_stamp_take(fd, &stamp) != 0)
		return;
	fields[0] = stamp.device;
	fields[1] = stamp.inode;
	uint64_t file_bytes = size;
	memcpy(bytes, "xtaskR01", 8);
	memcpy(bytes + 8, fields, sizeof fields);
	memcpy(bytes + 40, &file_bytes, 8);
	memset(bytes + REDO_DIGEST_AT, 0, sizeof(struct digest));
	struct digest digest = digest_bytes((struct str){bytes, size});
	memcpy(bytes + REDO_DIGEST_AT, &digest, sizeof digest);
}

static void journal_take(struct arena *a)
{
	struct redo redo;
	struct text why = {.arena = a};
	if (redo_load(a, image, fd, &redo, &why) != 0)
		return;
	uint8_t *copy = arena_alloc(a, IMAGE_BYTES);
	for (size_t i = 0; i < redo.count; i++)
		require(redo.items[i].offset <= IMAGE_BYTES &&
		        redo.items[i].len <= IMAGE_BYTES - redo.items[i].offset);
	redo_apply_in_memory(&redo, copy);
}

static void record_take(struct arena *a)
{
	struct piece_record record;
	uint64_t end = 0;
	if (!piece_record_load(a, image, fd, &record))
		return;
	for (size_t i = 0; i < record.header.entry_count; i++) {
		require(record.entries[i].offset >= end);
		end = record.entries[i].offset + record.entries[i].len;
		require(end <= IMAGE_BYTES);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	if (!size)
		return 0;
	host_arena_init(&a);
	bool is_record = data[0] & 1, mended = data[0] & 2;
	char *bytes = arena_alloc(&a, size);
	memcpy(bytes, data + 1, size - 1);
	struct image_stamp stamp;
	if (mended && !is_record)
		journal_mend(bytes, size - 1);
	if (mended && is_record && size > sizeof(struct piece_record_header)) {
		require(image_stamp_take(fd, &stamp) == 0);
		memcpy(bytes, "xtaskP02", 8);
		boot_id_read(bytes + offsetof(struct piece_record_header, boot));
		memcpy(bytes + offsetof(struct piece_record_header, stamp), &stamp, sizeof stamp);
	}
	struct str name = image_side_path(&a, image, is_record ? "pieces" : "redo");
	require(file_write(name.ptr, (struct str){bytes, size - 1}, 0600) == 0);
	if (is_record)
		record_take(&a);
	else
		journal_take(&a);
	arena_release(&a);
	return 0;
}
