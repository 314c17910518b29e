/* Files with content that can be told from any other's. */
#pragma once

#include "image.h"

static const int64_t now_ns = 1700000000123456789;

static inline uint8_t content_byte(unsigned seed, size_t at)
{
	return (uint8_t)(seed + at * 7 + at / 251);
}

static inline uint32_t create(struct image *i, uint32_t directory, const char *name, uint32_t mode)
{
	const struct ext_new new = {.directory = directory,
	                            .name = str_from_c(name),
	                            .mode = mode,
	                            .uid = 1000,
	                            .gid = 70000,
	                            .major = 300,
	                            .minor = 70000,
	                            .target = STR("some/where"),
	                            .now_ns = now_ns};
	uint32_t inode;
	assert_int_equal(ext_create(&i->volume, &new, &inode), OK);
	return inode;
}

static inline void write_content(struct image *i, uint32_t inode, unsigned seed,
                                 struct ext_range range)
{
	uint8_t *bytes = malloc(range.len);
	size_t done;
	for (size_t k = 0; k < range.len; k++)
		bytes[k] = content_byte(seed, range.offset + k);
	assert_int_equal(ext_write(&i->volume, inode, range, bytes, &done), OK);
	assert_int_equal(done, range.len);
	free(bytes);
}

static inline void expect_content(struct image *i, uint32_t inode, unsigned seed,
                                  struct ext_range range)
{
	uint8_t *bytes = malloc(range.len);
	size_t done;
	assert_int_equal(ext_read(&i->volume, inode, range, bytes, &done), OK);
	assert_int_equal(done, range.len);
	for (size_t k = 0; k < range.len; k++)
		if (bytes[k] != content_byte(seed, range.offset + k))
			fail_msg("byte %zu", (size_t)range.offset + k);
	free(bytes);
}

static inline uint32_t find(struct image *i, uint32_t directory, const char *name)
{
	uint32_t inode;
	assert_int_equal(ext_find(&i->volume, directory, str_from_c(name), &inode), OK);
	return inode;
}

/* Takes a name away and the file with it. */
static inline void remove_name(struct image *i, uint32_t directory, const char *name)
{
	const struct ext_name gone = {directory, str_from_c(name), now_ns};
	uint32_t inode;
	assert_int_equal(ext_unlink(&i->volume, &gone, &inode), OK);
	assert_int_equal(ext_forget(&i->volume, inode), OK);
}
