#include "qemu/pool/pool.h"
#include "engine/engine.h"
#include "os/boot_id.h"
#include "os/files.h"
#include "qemu/pool/named_files.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Changes when what is kept changes its form. */
#define POOL_FORM "snapshots 1\n"
#define POOL_MADE_PREFIX ".new-"

static const char *const said_names[MARK_CHANNELS] = {"serial", "debugcon"};

static const char *entry_file(struct arena *a, struct str folder, const char *name)
{
	return arena_c_str(a, path_join(a, folder, str_from_c(name)));
}

struct pool_entry pool_entry_name(struct arena *a, struct str pool, const struct strs *command,
                                  bool kvm)
{
	struct pool_entry entry = {.state = -1};
	struct text key = {.arena = a}, line = {.arena = a};
	char boot[BOOT_ID_BYTES] = {};
	for (size_t i = 0; i < command->count; i++)
		text_addf(&line, "'%.*s' ", STR_ARG(command->items[i]));
	if (kvm) /* the processor may be another one after the host's next start */
		boot_id_read(boot);
	text_addf(&key, POOL_FORM "%.*s\n%.*s\n", BOOT_ID_BYTES, boot, STR_ARG(text_str(&line)));
	if (!named_files_add(&key, text_str(&line)))
		return entry;
	struct digest digest = digest_bytes(text_str(&key));
	entry.folder = path_join(a, pool, digest_hex(a, &digest));
	return entry;
}

bool pool_entry_open(struct arena *a, struct pool_entry *entry)
{
	if (!entry->folder.len)
		return false;
	entry->state = open(entry_file(a, entry->folder, "state"), O_RDONLY | O_CLOEXEC);
	bool whole = entry->state >= 0;
	for (size_t i = 0; i < MARK_CHANNELS && whole; i++)
		whole = file_read(a, entry_file(a, entry->folder, said_names[i]),
		                  &entry->said[i]) == 0;
	if (!whole)
		pool_entry_close(a, entry);
	else
		(void)futimens(entry->state, NULL); /* its age then is that of another use */
	return whole;
}

bool pool_entry_begin(struct arena *a, struct pool_entry *entry)
{
	if (!entry->folder.len)
		return false;
	struct str name = str_format(a, POOL_MADE_PREFIX "%d", (int)getpid());
	entry->made_in = path_join(a, path_folder(entry->folder), name);
	if (tree_remove(arena_c_str(a, entry->made_in)) == 0 &&
	    folder_create(arena_c_str(a, entry->made_in)) == 0)
		entry->state = open(entry_file(a, entry->made_in, "state"),
		                    O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (entry->state < 0)
		pool_entry_close(a, entry);
	return entry->state >= 0;
}

struct pool_age {
	struct str path;
	struct timespec used;
	uint64_t bytes;
};

static int newer_first(const void *first, const void *second)
{
	const struct pool_age *x = first, *y = second;
	if (x->used.tv_sec != y->used.tv_sec)
		return x->used.tv_sec < y->used.tv_sec ? 1 : -1;
	if (x->used.tv_nsec != y->used.tv_nsec)
		return x->used.tv_nsec < y->used.tv_nsec ? 1 : -1;
	return str_compare(x->path, y->path);
}

/* What a process was making that is gone. */
static bool is_left_over(struct str name)
{
	if (!str_starts_with(name, STR(POOL_MADE_PREFIX)))
		return false;
	uint64_t pid;
	return str_to_u64(str_slice(name, sizeof POOL_MADE_PREFIX - 1, name.len), &pid) &&
	       pid > 0 && pid <= INT32_MAX && kill((pid_t)pid, 0) < 0 && errno == ESRCH;
}

static void pool_trim(struct arena *a, struct str pool)
{
	struct folder folder;
	if (folder_read(a, arena_c_str(a, pool), &folder) != 0)
		return;
	struct pool_age *ages = ARENA_ARRAY(a, struct pool_age, folder.count + 1);
	size_t count = 0;
	for (size_t i = 0; i < folder.count; i++) {
		struct str path = path_join(a, pool, folder.entries[i].name);
		struct stat st;
		if (is_left_over(folder.entries[i].name))
			(void)!tree_remove(arena_c_str(a, path));
		else if (folder.entries[i].name.ptr[0] != '.' &&
		         stat(entry_file(a, path, "state"), &st) == 0)
			ages[count++] = (struct pool_age){path, st.st_mtim, (uint64_t)st.st_size};
	}
	qsort(ages, count, sizeof *ages, newer_first);
	uint64_t bytes = 0;
	for (size_t i = 0; i < count; i++) {
		bytes += ages[i].bytes;
		if (i >= POOL_ENTRIES_MAX || (i && bytes > POOL_BYTES_MAX))
			(void)!tree_remove(arena_c_str(a, ages[i].path));
	}
}

bool pool_entry_keep(struct arena *a, struct pool_entry *entry)
{
	bool kept = true;
	for (size_t i = 0; i < MARK_CHANNELS && kept; i++)
		kept = file_write(entry_file(a, entry->made_in, said_names[i]), entry->said[i],
		                  0600) == 0;
	/* another run may have been quicker: its snapshot stays */
	kept = kept && rename(arena_c_str(a, entry->made_in), arena_c_str(a, entry->folder)) == 0;
	if (kept)
		entry->made_in = (struct str){};
	pool_trim(a, path_folder(entry->folder));
	return kept;
}

void pool_entry_remove(struct arena *a, const struct pool_entry *entry)
{
	if (entry->folder.len)
		(void)!tree_remove(arena_c_str(a, entry->folder));
}

void pool_entry_close(struct arena *a, struct pool_entry *entry)
{
	if (entry->state >= 0)
		close(entry->state);
	entry->state = -1;
	if (entry->made_in.len)
		(void)!tree_remove(arena_c_str(a, entry->made_in));
	entry->made_in = (struct str){};
}
