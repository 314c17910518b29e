/*
 * The null build: one mapped file, one stat() a path, no allocation, no hashing
 * but of files so fresh that their stamps prove nothing yet.
 */
#include "engine/state/snapshot.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static bool content_equal(const char *path, const struct snapshot_entry *entry)
{
	struct digest now;
	int error = entry->flags & SNAPSHOT_FOLDER ? folder_digest(path, &now)
	                                           : digest_file(path, &now);
	return error == 0 && entry->flags & SNAPSHOT_DIGEST && digest_equal(&now, &entry->digest);
}

static bool entry_unchanged(const char *path, const struct snapshot_entry *entry)
{
	struct stamp now;
	bool is_folder;
	int error = stamp_read(path, &now, &is_folder);
	if (entry->flags & SNAPSHOT_ABSENT)
		return error == ENOENT || error == ENOTDIR;
	if (error || is_folder != !!(entry->flags & SNAPSHOT_FOLDER))
		return false;
	bool settled = entry->flags & SNAPSHOT_SETTLED;
	if (settled && stamp_equal(&now, &entry->stamp))
		return true;
	if (entry->flags & SNAPSHOT_PLAN && !settled)
		return false;
	if (is_folder) /* its time stamp also changes with what came and went again */
		return content_equal(path, entry);
	/* An old stamp is proof once a run has noted it: one that goes the long way spares all the
	 * next ones the hashing. */
	return !settled && stamp_equal(&now, &entry->stamp) &&
	       !stamp_settled(&now, clock_stamp_ns()) && content_equal(path, entry);
}

static bool snapshot_unchanged(struct str bytes, struct str identity, size_t *out_actions)
{
	struct snapshot s;
	if (!snapshot_parse(bytes, &s) || s.header->complete != SNAPSHOT_COMPLETE ||
	    !str_equal(s.identity, identity) || !snapshot_is_of_this_boot(&s))
		return false;
	for (size_t i = 0; i < s.header->checked_count; i++)
		if (!entry_unchanged(snapshot_path(&s, &s.entries[i]), &s.entries[i]))
			return false;
	*out_actions = s.header->action_count;
	return true;
}

static uint64_t clock_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

bool engine_unchanged(const char *out, struct str identity, struct engine_summary *out_summary)
{
	uint64_t started_us = clock_us();
	char path[4096];
	int len = snprintf(path, sizeof path, "%s/.state/snapshot", out);
	if (len < 0 || (size_t)len >= sizeof path)
		return false;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	if (fd < 0)
		return false;
	size_t size = fstat(fd, &st) == 0 && st.st_size > 0 ? (size_t)st.st_size : 0;
	void *map =
	        size ? mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0) : MAP_FAILED;
	close(fd);
	if (map == MAP_FAILED)
		return false;
	size_t actions;
	bool unchanged = snapshot_unchanged((struct str){map, size}, identity, &actions);
	munmap(map, size);
	if (unchanged)
		*out_summary = (struct engine_summary){
		        .up_to_date = actions,
		        .elapsed_us = clock_us() - started_us,
		};
	return unchanged;
}
