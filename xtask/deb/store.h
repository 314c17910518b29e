/*
 * Store of Debian packages by digest: STORE/<sha256>.deb. What lies there is checked again at each
 * use.
 *
 * Fetching asks apt (the host's sources and keys) for exactly the locked version.
 */
#pragma once

#include "deb/lock.h"

#define DEB_STORE_PATH "build/store"

struct deb_store {
	const char *folder;
	/* Told of each package before the archive is asked for it, which may take long; or NULL. */
	void (*fetching)(const struct deb_package *package);
};

/* "build/store/<sha256>.deb" */
struct str deb_store_path(struct arena *a, const char *store, const struct deb_package *package);
/*
 * Makes sure that the package lies in the store with the right digest. When the archive has no such
 * version any more, why names both versions and `xtask lock --update` (ENOENT); EBADMSG when what
 * came has another digest.
 */
[[nodiscard]] int deb_store_fetch(struct arena *a, const struct deb_store *store,
                                  const struct deb_package *package, struct text *why);
/* argv of the unpacker: one file to OUT, or (folder) the named paths below OUT. */
struct strs deb_unpack_argv(struct arena *a, struct str deb, struct str out, bool folder,
                            const struct strs *paths);
/* The command that packs paths of deb, or all of it, with modes, owners and links
 * (image/packages/tree.h). */
struct strs deb_pack_argv(struct arena *a, struct str deb, struct str out,
                          const struct strs *paths);
