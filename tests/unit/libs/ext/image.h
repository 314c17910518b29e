/* A volume that mke2fs made, in a file that is mapped; e2fsck and debugfs look at the same file. */
#pragma once

#include "../../folder.h"
#include <ext/api.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { IMAGE_MEMORY = EXT_MEMORY_MIN };

struct image {
	char folder[256];
	uint8_t *disk;
	size_t bytes;
	void *memory;
	struct ext_source source;
	struct ext_volume volume;
	unsigned reads, writes, flushes;
	/* Of every request, 1 fails when it comes to 0. */
	int fail_in;
};

static inline int image_shell(const struct image *i, const char *command, const char *argument)
{
	char line[2048];
	int len = snprintf(line, sizeof line,
	                   "cd %s && PATH=$PATH:/sbin:/usr/sbin && { %s %s; } >log 2>&1", i->folder,
	                   command, argument);
	assert_true(len < (int)sizeof line);
	return system(line);
}

static inline void image_show_log(const struct image *i)
{
	char line[512];
	snprintf(line, sizeof line, "head -30 %.256s/log >&2", i->folder);
	(void)!system(line);
}

static inline void image_run(const struct image *i, const char *command, const char *argument)
{
	if (image_shell(i, command, argument) != 0) {
		image_show_log(i);
		fail_msg("%s %s", command, argument);
	}
}

static inline enum status image_turn(struct image *i)
{
	return i->fail_in && --i->fail_in == 0 ? ERR_IO : OK;
}

static inline void image_require(const struct image *i, uint64_t block, uint32_t count)
{
	uint64_t blocks = i->bytes / EXT_BLOCK_BYTES;
	assert_true(count && block < blocks && count <= blocks - block);
}

static inline enum status image_read(void *context, uint64_t block, uint32_t count, void *bytes)
{
	struct image *i = context;
	image_require(i, block, count);
	i->reads++;
	memcpy(bytes, i->disk + block * EXT_BLOCK_BYTES, (size_t)count * EXT_BLOCK_BYTES);
	return image_turn(i);
}

static inline enum status image_write(void *context, uint64_t block, uint32_t count,
                                      const void *bytes)
{
	struct image *i = context;
	image_require(i, block, count);
	i->writes++;
	enum status status = image_turn(i);
	/* what failed may have happened in part */
	uint32_t done = status == OK ? count : count / 2;
	memcpy(i->disk + block * EXT_BLOCK_BYTES, bytes, (size_t)done * EXT_BLOCK_BYTES);
	return status;
}

static inline enum status image_flush(void *context)
{
	struct image *i = context;
	i->flushes++;
	return image_turn(i);
}

#define IMAGE_FORMAT                                                                               \
	"-t ext3 -b 4096 -I 256 -m 0 -O none,has_journal,filetype,sparse_super,large_file "        \
	"-J size=4"

/* options: of mke2fs; IMAGE_FORMAT is what the data volume is made with. */
static inline void image_make(struct image *i, const char *options, size_t bytes)
{
	char line[1024], path[512];
	snprintf(line, sizeof line, "%s image %zuk", options, bytes / 1024);
	image_run(i, "E2FSPROGS_FAKE_TIME=1600000000 mke2fs -q -F", line);
	snprintf(path, sizeof path, "%s/image", i->folder);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	i->bytes = bytes;
	i->disk = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(i->disk != MAP_FAILED);
	close(fd);
	i->memory = mmap(NULL, IMAGE_MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
	                 -1, 0);
	assert_true(i->memory != MAP_FAILED);
	i->source = (struct ext_source){.context = i,
	                                .read = image_read,
	                                .write = image_write,
	                                .flush = image_flush,
	                                .block_count = bytes / EXT_BLOCK_BYTES};
}

static inline void image_open(struct image *i)
{
	assert_int_equal(ext_open(&i->volume, &i->source, i->memory, IMAGE_MEMORY), OK);
}

/* Closes it; e2fsck finds nothing. */
static inline void image_close_clean(struct image *i)
{
	assert_int_equal(ext_close(&i->volume), OK);
	image_run(i, "e2fsck -fn image", "");
}

static inline int image_setup(void **state)
{
	struct image *i = calloc(1, sizeof *i);
	assert_non_null(i);
	test_folder_make(i->folder, sizeof i->folder);
	*state = i;
	return 0;
}

static inline void image_clean(struct image *i)
{
	if (i->disk)
		munmap(i->disk, i->bytes);
	if (i->memory)
		munmap(i->memory, IMAGE_MEMORY);
	image_shell(i, "rm -f", "image* content* log*");
	image_shell(i, "rm -f", "log");
	rmdir(i->folder);
}

static inline int image_teardown(void **state)
{
	image_clean(*state);
	free(*state);
	return 0;
}
