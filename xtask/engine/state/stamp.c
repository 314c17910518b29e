#include "engine/state/file_table.h"
#include "os/files.h"
#include <errno.h>
#include <string.h>
#include <time.h>

enum { NS_PER_S = 1000000000 };
static const int64_t settle_ns = 2 * (int64_t)NS_PER_S;

static int64_t time_ns(const struct timespec *t)
{
	return (int64_t)t->tv_sec * NS_PER_S + t->tv_nsec;
}

int stamp_read(const char *path, struct stamp *out_stamp, bool *out_is_folder)
{
	struct stat st;
	if (stat(path, &st) < 0)
		return errno;
	*out_is_folder = S_ISDIR(st.st_mode);
	*out_stamp = (struct stamp){
	        .device = st.st_dev,
	        .inode = st.st_ino,
	        .size = (uint64_t)st.st_size,
	        .modified_ns = time_ns(&st.st_mtim),
	        .changed_ns = time_ns(&st.st_ctim),
	};
	return 0;
}

bool stamp_equal(const struct stamp *a, const struct stamp *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

bool stamp_settled(const struct stamp *s, int64_t now_ns)
{
	return s->changed_ns + settle_ns <= now_ns; /* every change of content sets it */
}

bool stamp_is_coarse(const struct stamp *s)
{
	return s->modified_ns % NS_PER_S == 0 && s->changed_ns % NS_PER_S == 0;
}

int64_t clock_stamp_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	return time_ns(&now);
}

int64_t clock_now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return time_ns(&now);
}

int folder_digest(const char *path, struct digest *out_digest)
{
	struct arena a;
	host_arena_init(&a);
	struct folder folder;
	int error = folder_read(&a, path, &folder);
	if (!error) {
		struct text names = {.arena = &a};
		for (size_t i = 0; i < folder.count; i++) {
			const struct folder_entry *entry = &folder.entries[i];
			text_add(&names, entry->name);
			text_add_byte(&names, '\0');
			text_add_byte(&names, entry->is_folder ? 'd' : entry->is_link ? 'l' : 'f');
		}
		*out_digest = digest_bytes(text_str(&names));
	}
	arena_release(&a);
	return error;
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
	return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}
