/* Boot archive reader: any bytes; entries lie in the archive, and what is found is what was listed.
 */
#include "require.h"
#include <boot_archive/api.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first regular file of this path is the one that is found. */
static void check_found(struct boot_archive archive, const struct boot_archive_entry *entry)
{
	struct boot_archive_entry found;
	if ((entry->mode & BOOT_ARCHIVE_MODE_KIND) != BOOT_ARCHIVE_MODE_FILE)
		return;
	if (boot_archive_find(archive, entry->path, &found) != OK)
		return; /* a path that begins with another '/' names something else */
	require(str_equal(found.path, entry->path) && found.path.ptr <= entry->path.ptr);
	require_inside(found.data, archive.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = malloc(size + !size); /* of its exact size, so that its end is seen */
	struct boot_archive_entry entry;
	require(bytes);
	if (size)
		memcpy(bytes, data, size);
	struct boot_archive archive = {{bytes, size}};
	struct boot_archive_cursor cursor = boot_archive_begin(archive);
	enum status status;
	size_t former = 0;
	while ((status = boot_archive_next(&cursor, &entry)) == OK) {
		require(cursor.offset > former && cursor.offset <= size + 3); /* padding */
		former = cursor.offset;
		require_inside(entry.path, archive.bytes);
		require_inside(entry.data, archive.bytes);
		check_found(archive, &entry);
	}
	require(status == ERR_NOT_FOUND || status == ERR_INVALID_ARGS);
	require((boot_archive_check(archive) == OK) == (status == ERR_NOT_FOUND));
	free(bytes);
	return 0;
}
