/* clean: removes what was built. The tool, the development key, fetched packages and build/data.img
 * stay unless --all. */
#include "cmd/cmd.h"
#include "os/files.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct option options_clean[] = {
        {"--all", NULL, "the tool, the development key, fetched packages and the data volume too"},
        {},
};

static const struct option *const options[] = {options_clean, NULL};

static bool kept(struct str name)
{
	static const struct str names[] = {STR_INIT("bin"), STR_INIT("data.img"), STR_INIT("host"),
	                                   STR_INIT("keys"), STR_INIT("store")};
	for (size_t i = 0; i < COUNT(names); i++)
		if (str_equal(name, names[i]))
			return true;
	return false;
}

static int run_clean(struct invocation *in)
{
	bool all = option_given(in, "--all");
	size_t removed = 0;
	struct folder folder = {};
	int error = folder_read(in->arena, "build", &folder);
	for (size_t i = 0; i < folder.count; i++) {
		if (!all && kept(folder.entries[i].name))
			continue;
		struct str path = path_join(in->arena, STR("build"), folder.entries[i].name);
		error = tree_remove(path.ptr);
		if (error) {
			diag_error(in->diag, (struct span){}, (struct str){},
			           "cannot remove %s: %s", path.ptr, strerror(error));
			return EXIT_FAILED;
		}
		removed++;
	}
	if (error && error != ENOENT) {
		diag_error(in->diag, (struct span){}, (struct str){}, "build: %s", strerror(error));
		return EXIT_FAILED;
	}
	if (in->json)
		printf("{\"command\":\"clean\",\"removed\":%zu}\n", removed);
	else
		printf("clean: removed %zu entries of build/%s\n", removed,
		       all ? "" : ", kept the tool, keys, fetched packages and data.img");
	return EXIT_DONE;
}

const struct command command_clean = {
        .name = "clean",
        .group = GROUP_MORE,
        .summary = "remove what was built",
        .usage = "[--all]",
        .example = "  xtask clean\n",
        .options = options,
        .run = run_clean,
};
