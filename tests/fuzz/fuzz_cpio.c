/*
 * cpio writer: lists of paths and sizes from the input, written and read again by libarchive, which
 * must see the same files in the same order with the same content.
 */
#include "image/cpio.h"
#include "os/files.h"
#include "require.h"
#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { EPOCH = 1700000000, CONTENT_MAX = 600 };

static char folder[64]; /* host files by their size */

static void folder_remove(void)
{
	(void)tree_remove(folder); /* at exit, nobody is left to be told */
}

/* Entries of the form: length of the path, the path, size of the content. Links to one host file of
 * that size. */
static void list_fill(struct image_files *files, struct arena *a, const uint8_t *data, size_t size)
{
	while (size > 2) {
		size_t len = data[0] % 40 < size - 2 ? data[0] % 40 : size - 2;
		struct str path = {(const char *)data + 1, len};
		unsigned bytes = data[1 + len] * 2u;
		image_files_add(files, a, path, str_format(a, "%s/%u", folder, bytes));
		data += len + 2;
		size -= len + 2;
	}
}

static void archive_compare(const struct image_files *files, const char *path)
{
	struct archive *in = archive_read_new();
	struct archive_entry *entry;
	size_t next = 0;
	archive_read_support_format_cpio(in);
	require(archive_read_open_filename(in, path, 65536) == ARCHIVE_OK);
	while (archive_read_next_header(in, &entry) == ARCHIVE_OK) {
		if (archive_entry_filetype(entry) == AE_IFDIR)
			continue;
		require(next < files->count);
		const struct image_file *file = &files->items[next++];
		const char *name = archive_entry_pathname(entry);
		require(!name || str_equal(str_from_c(name), file->path));
		require((uint64_t)archive_entry_size(entry) == file->size);
		char bytes[CONTENT_MAX];
		require(archive_read_data(in, bytes, sizeof bytes) == (la_ssize_t)file->size);
		for (uint64_t i = 0; i < file->size; i++)
			require(bytes[i] == (char)(i * 7));
	}
	require(next == files->count);
	archive_read_free(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct image_files files = {};
	host_arena_init(&a);
	struct text why = {.arena = &a};
	if (!folder[0]) {
		char content[CONTENT_MAX];
		strcpy(folder, "/tmp/xtask-fuzz-cpio-XXXXXX");
		require(mkdtemp(folder));
		atexit(folder_remove);
		for (size_t i = 0; i < sizeof content; i++)
			content[i] = (char)(i * 7);
		for (unsigned bytes = 0; bytes <= 510; bytes += 2)
			require(!file_write(str_format(&a, "%s/%u", folder, bytes).ptr,
			                    (struct str){content, bytes}, 0644));
	}
	list_fill(&files, &a, data, size);
	if (image_files_prepare(&files, &why) == 0) {
		struct str out = str_format(&a, "%s/out", folder);
		/* It refuses but one name: that of the end. */
		if (cpio_write(&files, EPOCH, out.ptr, &why) == 0)
			archive_compare(&files, out.ptr);
		else
			require(strstr(text_str(&why).ptr, "TRAILER!!!"));
	}
	arena_release(&a);
	return 0;
}
