/*
 * A pool of machine snapshots, each taken at a machine's prompt, to be resumed instead of booting.
 *
 * FOLDER/KEY holds `state`, QEMU's migration stream, and what the machine had said until then:
 * `serial` and `debugcon`. The key is a digest over the command line and the content of every file
 * named there, QEMU's own included, and under KVM the host's start. An entry is made under another
 * name and renamed, so it is whole or absent; what does not resume is removed.
 * Those that were used last stay, at most POOL_ENTRIES_MAX and POOL_BYTES_MAX in all.
 */
#pragma once

#include "os/text.h"
#include "qemu/session/marks.h"

enum { POOL_ENTRIES_MAX = 8 };
#define POOL_BYTES_MAX (1ULL << 30)

struct pool_entry {
	struct str folder; /* FOLDER/KEY; empty: a file could not be read, so there is no key */
	struct str made_in; /* where it is being made; empty: it is not */
	int state; /* open file; -1: none */
	struct str said[MARK_CHANNELS];
};

/* command: QEMU's words. */
struct pool_entry pool_entry_name(struct arena *a, struct str pool, const struct strs *command,
                                  bool kvm);
/* Opens what is kept and marks it as used; false: nothing is. */
bool pool_entry_open(struct arena *a, struct pool_entry *entry);
/* Opens an empty state, to be written; false: it cannot be kept. */
bool pool_entry_begin(struct arena *a, struct pool_entry *entry);
/* With state written and said filled in, it is kept, and the oldest are removed. */
bool pool_entry_keep(struct arena *a, struct pool_entry *entry);
/* Removes what is kept. */
void pool_entry_remove(struct arena *a, const struct pool_entry *entry);
/* Closes it, and removes what was begun and not kept. */
void pool_entry_close(struct arena *a, struct pool_entry *entry);
