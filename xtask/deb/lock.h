/*
 * manifests/deb.lock: which Debian packages are used, at which version, with which digest.
 *
 *     [[package]]
 *     name = "busybox-static"
 *     version = "1:1.35.0-4+b3"
 *     architecture = "amd64"
 *     sha256 = "..."
 *     file = "busybox-static_1.35.0-4+b3_amd64.deb"
 *
 * Sorted by name; committed. Which archive they come from is the host's apt configuration, never
 * ours.
 */
#pragma once

#include "toml/schema.h"

#define DEB_LOCK_PATH "manifests/deb.lock"

struct deb_package {
	struct span span;
	struct toml_str name;
	struct toml_str version;
	struct toml_str architecture;
	struct toml_str sha256; /* of the .deb file, 64 lower-case digits */
	struct toml_str file; /* the archive's name for it, for people */
};

struct deb_store;

struct deb_lock {
	struct toml_list packages; /* struct deb_package, sorted by name */
};

/* A missing file is an error unless no package is wanted: the caller reads only when one is. */
bool deb_lock_read(struct arena *a, const char *path, struct deb_lock *out_lock, struct diag *d);
/* NULL when the lock file has no such package. */
const struct deb_package *deb_lock_find(const struct deb_lock *lock, struct str name);
/* The file's text, packages sorted by name. */
struct str deb_lock_text(struct arena *a, const struct deb_package *packages, size_t count);
/*
 * Locks the candidate version of every name (the whole set: others leave the file), fetches it into
 * the store, and replaces the lock file. Adds a line for each change ("busybox-static: 1.0 -> 1.1")
 * to out_changes.
 */
[[nodiscard]] int deb_lock_update(const char *path, const struct deb_store *store,
                                  const struct strs *names, struct text *out_changes,
                                  struct text *why);
