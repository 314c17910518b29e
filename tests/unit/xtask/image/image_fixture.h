/*
 * A folder of its own for each test, files in it from a seed, and other programs to judge what we
 * write.
 *
 * Paths of a test are relative to that folder; it is the current one while the test runs.
 */
#pragma once

#include "../../test.h"
#include "../place.h"
#include "image/image.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

struct world {
	struct test_place place;
	struct arena arena;
	struct text why;
	struct image_files files;
	uint64_t seed;
};

static inline int world_setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	assert_non_null(w);
	place_enter(&w->place);
	host_arena_init(&w->arena);
	w->why.arena = &w->arena;
	w->seed = 1;
	*state = w;
	return 0;
}

static inline int world_teardown(void **state)
{
	struct world *w = *state;
	place_leave(&w->place);
	arena_release(&w->arena);
	free(w);
	return 0;
}

/* xorshift64*: the same numbers for the same seed everywhere. */
static inline uint64_t world_random(struct world *w, uint64_t below)
{
	w->seed ^= w->seed >> 12;
	w->seed ^= w->seed << 25;
	w->seed ^= w->seed >> 27;
	return (w->seed * 2685821657736338717u >> 33) % below;
}

/* size bytes that a compiler can't guess, under path in the image and as a host file. */
static inline void world_file(struct world *w, const char *path, size_t size)
{
	struct str host = str_format(&w->arena, "tree/%s", path);
	char *bytes = arena_alloc(&w->arena, size + 1);
	for (size_t i = 0; i < size; i++)
		bytes[i] = (char)world_random(w, 256);
	assert_int_equal(file_write(host.ptr, (struct str){bytes, size}, 0644), 0);
	image_files_add(&w->files, &w->arena, str_from_c(path), host);
}

static inline void world_prepare(struct world *w)
{
	if (image_files_prepare(&w->files, &w->why))
		fail_msg("%.*s", STR_ARG(text_str(&w->why)));
}

static inline struct str world_read(struct world *w, const char *path)
{
	struct str content;
	if (file_read(&w->arena, path, &content))
		fail_msg("cannot read %s", path);
	return content;
}

static inline void world_write(const char *path, struct str content)
{
	assert_int_equal(file_write(path, content, 0644), 0);
}

/* Runs a command line; it must exit with 0. Its output is shown when it does not. */
[[gnu::format(printf, 2, 3)]] static inline void world_run(struct world *w, const char *format, ...)
{
	char line[1024], shell[1200];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	snprintf(shell, sizeof shell,
	         "export LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin; { %s; } >said.txt 2>&1",
	         line);
	int status = system(shell);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("%s: status %#x: %.*s", line, (unsigned)status,
		         STR_ARG(world_read(w, "said.txt")));
}

static inline struct image_request world_request(struct world *w, enum image_format format)
{
	return (struct image_request){
	        .format = format,
	        .files = w->files,
	        .label = STR("RUSTOS"),
	        .slack_percent = 25,
	        .epoch = 1700000001,
	        .identity = STR("test"),
	};
}

static inline void world_image(struct world *w, const struct image_request *request,
                               const char *out)
{
	if (image_write(request, out, &w->why))
		fail_msg("%.*s", STR_ARG(text_str(&w->why)));
}

/*
 * Changes one byte of a file inside an image, at this offset of its content: what a
 * tampered disk looks like.
 */
static inline void world_tamper(struct world *w, const char *image_path, const char *path,
                                uint64_t at)
{
	struct image image;
	struct fat_listing listing;
	struct str bytes = world_read(w, image_path);
	assert_int_equal(image_open(image_path, &image, &w->why), 0);
	assert_int_equal(fat_list(&w->arena, &image.volume, &listing, &w->why), 0);
	for (size_t i = 0; i < listing.count; i++) {
		const struct fat_file *file = &listing.files[i];
		if (!str_equal(file->path, str_from_c(path)))
			continue;
		assert_int_equal(file->extent_count, 1);
		assert_true(at < file->size);
		uint64_t offset = image.volume_start + file->extents[0].offset + at;
		char *changed = arena_alloc(&w->arena, bytes.len);
		memcpy(changed, bytes.ptr, bytes.len);
		changed[offset] ^= 1;
		image_close(&image);
		world_write(image_path, (struct str){changed, bytes.len});
		return;
	}
	fail_msg("%s is not in %s", path, image_path);
}
