/*
 * Outputs of actions by what they were made from: in a folder, and on an HTTP server behind it.
 *
 * Layout of both, as other build caches have it: cas/SHA-256 holds a file's bytes,
 * ac/KEY an entry (entry.h). An action with a dependency file takes two: the key of what it
 * declares leads to the files it read last time, and with their digests the second
 * key leads to its outputs. What does not prove itself is refused, with a warning, and
 * made here.
 */
#pragma once

#include "engine/cache/entry.h"
#include "engine/cache/http.h"
#include "engine/process/job.h"

struct cache {
	struct run *run;
	struct str folder; /* empty: no cache */
	struct http remote;
	bool reads_remote, writes_remote;
	struct cache_signer signer;
	struct strs fresh; /* names ("cas/...", "ac/...") made in this run, to be sent at its end */
};

/* What request->cache says; a cache that can't be used is an error that was reported. */
struct cache *cache_open(struct run *r);
/* Whether this step's outputs are kept at all. */
bool cache_takes(const struct cache *c, const struct step *s);
/*
 * Puts the step's outputs under their temporary names and fills j->restored. False: they are
 * not there, or were refused.
 */
bool cache_restore(struct cache *c, struct job *j);
/* Keeps what a successful action made. A cache that can't be written costs a warning. */
void cache_keep(struct cache *c, const struct step *s);
/* Sends what is fresh to the server. */
void cache_close(struct cache *c);
