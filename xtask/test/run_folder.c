#include "test/run_folder.h"
#include "os/files.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char prefix[] =
        "xtask-test-"; /* then the runner's process number, and a random part */

static bool is_left_over(struct arena *a, struct str parent, struct str name)
{
	struct stat st;
	uint64_t pid;
	if (!str_starts_with(name, STR(prefix)))
		return false;
	struct str number = str_cut(str_slice(name, strlen(prefix), name.len), '-').head;
	return str_to_u64(number, &pid) && pid && pid <= INT32_MAX && kill((pid_t)pid, 0) < 0 &&
	       errno == ESRCH && lstat(arena_c_str(a, path_join(a, parent, name)), &st) == 0 &&
	       st.st_uid == geteuid();
}

static void sweep(struct arena *a, struct str parent, struct diag *d)
{
	struct folder folder;
	if (folder_read(a, arena_c_str(a, parent), &folder) != 0)
		return; /* then no folder can be made there either, and that is told */
	for (size_t i = 0; i < folder.count; i++) {
		struct str name = folder.entries[i].name;
		if (!is_left_over(a, parent, name))
			continue;
		struct str path = path_join(a, parent, name);
		int error = tree_remove(arena_c_str(a, path));
		if (error)
			diag_warning(d, (struct span){}, (struct str){},
			             "%.*s of a killed run stays: %s", STR_ARG(path),
			             strerror(error));
	}
}

bool run_folder_enter(struct arena *a, struct run_folder *out_folder, struct diag *d)
{
	const char *former = getenv("TMPDIR");
	out_folder->former = former ? arena_str(a, str_from_c(former)) : (struct str){};
	struct str parent = out_folder->former.len ? out_folder->former : STR("/tmp");
	sweep(a, parent, d);
	char *path = arena_c_str(
	        a, str_format(a, "%.*s/%s%d-XXXXXX", STR_ARG(parent), prefix, (int)getpid()));
	if (!mkdtemp(path)) {
		diag_error(d, (struct span){}, STR("TMPDIR names another folder"),
		           "no temporary folder: %s: %s", path, strerror(errno));
		return false;
	}
	out_folder->path = str_from_c(path);
	setenv("TMPDIR", path, 1);
	return true;
}

void run_folder_leave(struct arena *a, const struct run_folder *folder, struct diag *d)
{
	if (folder->former.len)
		setenv("TMPDIR", arena_c_str(a, folder->former), 1);
	else
		unsetenv("TMPDIR");
	int error = tree_remove(arena_c_str(a, folder->path));
	if (error)
		diag_warning(d, (struct span){}, (struct str){}, "%.*s stays: %s",
		             STR_ARG(folder->path), strerror(error));
}
