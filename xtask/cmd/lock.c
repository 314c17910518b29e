/* lock: the Debian packages that manifests take files from, pinned by version and digest. */
#include "cmd/image/actions.h"
#include "deb/store.h"
#include "manifest/manifest.h"
#include <stdio.h>

static const struct option options_lock[] = {
        {"--update", NULL, "lock the versions that the archive has now, and fetch them"},
        {},
};

static const struct option *const options[] = {options_lock, NULL};

static struct strs wanted_packages(struct arena *a, const struct manifests *manifests)
{
	struct strs names = {};
	for (size_t i = 0; i < manifests->count; i++) {
		const struct package_build *build = &manifests->packages[i].build;
		if (build->builder.value == BUILDER_DEB && !strs_contain(&names, build->deb.value))
			strs_add(&names, a, build->deb.value);
	}
	return names;
}

static int update(struct invocation *in, const struct deb_store *store, const struct strs *names)
{
	struct text changes = {.arena = in->arena}, why = {.arena = in->arena};
	if (deb_lock_update(DEB_LOCK_PATH, store, names, &changes, &why) != 0) {
		diag_error(in->diag, (struct span){}, (struct str){}, "%.*s",
		           STR_ARG(str_trim(text_str(&why))));
		return EXIT_FAILED;
	}
	printf("%.*slock: %zu packages in " DEB_LOCK_PATH "%s\n", STR_ARG(text_str(&changes)),
	       names->count, changes.len ? "" : ", nothing changed");
	return EXIT_DONE;
}

static int run_lock(struct invocation *in)
{
	struct manifests manifests;
	if (!manifest_read_all(in->arena, &manifests, in->diag))
		return EXIT_USAGE;
	struct strs names = wanted_packages(in->arena, &manifests);
	const struct deb_store store = {DEB_STORE_PATH, in->quiet ? NULL : say_fetching};
	if (option_given(in, "--update"))
		return update(in, &store, &names);

	struct deb_lock lock = {};
	if (!deb_lock_read(in->arena, DEB_LOCK_PATH, &lock, in->diag))
		return EXIT_USAGE;
	for (size_t i = 0; i < names.count; i++) {
		const struct deb_package *package = deb_lock_find(&lock, names.items[i]);
		struct text why = {.arena = in->arena};
		if (!package)
			text_addf(&why, "'%.*s' is not locked", STR_ARG(names.items[i]));
		else if (deb_store_fetch(in->arena, &store, package, &why) == 0) {
			printf("%.*s %.*s\n", STR_ARG(names.items[i]),
			       STR_ARG(package->version.value));
			continue;
		}
		diag_error(in->diag, (struct span){}, STR("`xtask lock --update`"), "%.*s",
		           STR_ARG(str_trim(text_str(&why))));
	}
	if (in->diag->errors)
		return EXIT_FAILED;
	printf("lock: %zu packages fetched and verified\n", names.count);
	return EXIT_DONE;
}

const struct command command_lock = {
        .name = "lock",
        .group = GROUP_MORE,
        .summary = "fetch and verify the pinned Debian packages, or pin newer ones",
        .usage = "[--update]",
        .example = "  xtask lock\n  xtask lock --update\n",
        .options = options,
        .run = run_lock,
};
