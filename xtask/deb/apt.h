/*
 * The host's apt, run as a child: what its archives have now, and one package at a time from them.
 * Private to deb/. Nothing of apt's configuration is read or known here.
 */
#pragma once

#include "deb/lock.h"

/* What apt's lists say about one version; strings live in the arena. */
struct apt_record {
	struct str version;
	struct str architecture;
	struct str sha256;
	struct str file; /* without folders */
};

/* version empty: the one that apt would install. ENOENT when the archives have no such package. */
[[nodiscard]] int apt_show(struct arena *a, struct str name, struct str version,
                           struct apt_record *out_record, struct text *why);
/* Puts the package's file into folder, under apt's own name for it. */
[[nodiscard]] int apt_download(struct arena *a, struct str name, struct str version,
                               const char *folder, struct text *why);
