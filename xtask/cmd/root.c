#include "cmd/root.h"
#include "os/files.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_root(void)
{
	return file_exists("registry") && file_exists("config");
}

/* Empty when the command is called in the root itself: paths stay as they were given. */
static struct str folder_of_call(struct arena *a)
{
	char *folder = is_root() ? NULL : getcwd(NULL, 0);
	struct str copy = arena_str(a, str_from_c(folder ? folder : ""));
	free(folder);
	return copy;
}

bool root_enter(struct invocation *in)
{
	in->start_folder = folder_of_call(in->arena);
	if (option_given(in, "--root")) {
		const char *folder = arena_c_str(in->arena, option_value(in, "--root"));
		if (chdir(folder) < 0) {
			diag_error(in->diag, (struct span){}, (struct str){}, "--root %s: %s",
			           folder, strerror(errno));
			return false;
		}
		if (is_root())
			return true;
		diag_error(in->diag, (struct span){},
		           STR("the root holds the folders registry and config"),
		           "%s is not the root of a project", folder);
		return false;
	}

	struct stat before = {}, here;
	while (!is_root()) {
		if (stat(".", &here) < 0 ||
		    (here.st_dev == before.st_dev && here.st_ino == before.st_ino) ||
		    chdir("..") < 0) {
			diag_error(in->diag, (struct span){},
			           STR("change into the project, or use --root DIR"),
			           "there is no project here or above");
			return false;
		}
		before = here;
	}
	return true;
}
