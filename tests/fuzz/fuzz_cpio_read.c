/* Reader of boot archives: whatever the bytes, entries lie in the archive, in ascending order. */
#include "image/cpio_reader.h"
#include <errno.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cpio_cursor cursor = {.archive = {(const char *)data, size}};
	struct cpio_entry entry;
	const char *end = cursor.archive.ptr + size;
	int error;
	for (size_t before = 0; (error = cpio_next(&cursor, &entry)) == 0; before = cursor.offset)
		if (cursor.offset <= before || cursor.offset > size || entry.offset != before ||
		    entry.path.ptr + entry.path.len > end || entry.data.ptr + entry.data.len > end)
			abort();
	if (error != ENOENT && error != EBADMSG)
		abort();
	return 0;
}
