#include "deb/store.h"
#include "deb/apt.h"
#include "engine/engine.h"
#include "os/files.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNPACK_PROGRAM "build/bin/xtask-unpack"

struct str deb_store_path(struct arena *a, const char *store, const struct deb_package *package)
{
	return str_format(a, "%s/%.*s.deb", store, STR_ARG(package->sha256.value));
}

/* ENOENT, EBADMSG for another digest, or why it can't be read. */
static int file_verify(struct arena *a, const char *path, const struct deb_package *package)
{
	struct digest digest;
	TRY(digest_file(path, &digest));
	return str_equal(digest_hex(a, &digest), package->sha256.value) ? 0 : EBADMSG;
}

/* apt has failed: because the archive has moved on, or for a reason of its own. */
static int explain(struct arena *a, const struct deb_package *package, int error,
                   struct str apt_says, struct text *why)
{
	struct apt_record now = {}, locked = {};
	struct text unused = {.arena = a};
	struct str name = package->name.value;
	bool has_locked = apt_show(a, name, package->version.value, &locked, &unused) == 0;
	bool has_any = apt_show(a, name, (struct str){}, &now, &unused) == 0;
	if (has_locked || !has_any) {
		text_addf(why, "%.*s%s", STR_ARG(apt_says),
		          has_any ? "" : " (does `apt-get update` work?)");
		return error;
	}
	text_addf(why,
	          "%.*s %.*s, which " DEB_LOCK_PATH " names, is no longer in the archive; it has "
	          "%.*s now: `xtask lock --update` takes that",
	          STR_ARG(name), STR_ARG(package->version.value), STR_ARG(now.version));
	return ENOENT;
}

/* The downloaded file, checked and moved into the store. */
static int download_keep(struct arena *a, const char *folder, const char *target,
                         const struct deb_package *package, struct text *why)
{
	struct folder found = {};
	int error = folder_read(a, folder, &found);
	if (!error && found.count != 1)
		error = EIO;
	if (error) {
		text_addf(why, "apt-get download left no package: %s", strerror(error));
		return error;
	}
	const char *file = arena_c_str(a, path_join(a, str_from_c(folder), found.entries[0].name));
	error = file_verify(a, file, package);
	if (error == EBADMSG) {
		text_addf(why,
		          "%.*s %.*s from the archive has another digest than " DEB_LOCK_PATH
		          " names; `xtask lock --update` takes it if that is right",
		          STR_ARG(package->name.value), STR_ARG(package->version.value));
		return error;
	}
	if (!error && rename(file, target) < 0)
		error = errno;
	if (error)
		text_addf(why, "cannot keep %s: %s", target, strerror(error));
	return error;
}

static int package_download(struct arena *a, const char *folder, const char *target,
                            const struct deb_package *package, struct text *why)
{
	struct text apt_says = {.arena = a};
	int error = apt_download(a, package->name.value, package->version.value, folder, &apt_says);
	if (error)
		return explain(a, package, error, text_str(&apt_says), why);
	return download_keep(a, folder, target, package, why);
}

int deb_store_fetch(struct arena *a, const struct deb_store *store,
                    const struct deb_package *package, struct text *why)
{
	const char *target = deb_store_path(a, store->folder, package).ptr;
	int error = file_verify(a, target, package);
	if (!error)
		return 0;
	error = folder_create(store->folder);
	char *folder = arena_c_str(a, str_format(a, "%s/download.XXXXXX", store->folder));
	if (!error && !mkdtemp(folder))
		error = errno;
	if (error) {
		text_addf(why, "cannot make a folder in %s: %s", store->folder, strerror(error));
		return error;
	}
	if (store->fetching)
		store->fetching(package);
	error = package_download(a, folder, target, package, why);
	int left = tree_remove(folder);
	if (!error && left) {
		text_addf(why, "cannot remove %s: %s", folder, strerror(left));
		return left;
	}
	return error;
}

struct strs deb_unpack_argv(struct arena *a, struct str deb, struct str out, bool folder,
                            const struct strs *paths)
{
	struct strs argv = {};
	strs_add(&argv, a, STR(UNPACK_PROGRAM));
	if (folder)
		strs_add(&argv, a, STR("--tree"));
	strs_add(&argv, a, deb);
	strs_add(&argv, a, out);
	for (size_t i = 0; i < paths->count; i++)
		strs_add(&argv, a, paths->items[i]);
	return argv;
}

struct strs deb_pack_argv(struct arena *a, struct str deb, struct str out, const struct strs *paths)
{
	struct strs argv = {};
	const struct str words[] = {STR(UNPACK_PROGRAM), STR("--pack"), deb, out};
	for (size_t i = 0; i < COUNT(words); i++)
		strs_add(&argv, a, words[i]);
	for (size_t i = 0; i < paths->count; i++)
		strs_add(&argv, a, paths->items[i]);
	return argv;
}
