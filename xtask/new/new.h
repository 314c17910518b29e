/*
 * New packages from templates: each builds, starts at boot and brings its test.
 *
 * A template is a folder of xtask/new/templates with the files of a kind; each ends in .in, so that
 * nothing takes it for what it will be. In its text and path @NAME@ is the name, @IDENT@ the same
 * as an identifier of C, and @SERVICE@ an id that no service has. registry/services.toml is added
 * to.
 */
#pragma once

#include "diag/diag.h"

struct new_kind {
	struct str word; /* "app", as it is asked for */
	const char *makes; /* one line for people */
	const char *next; /* the commands that build and test it; @NAME@ */
	bool boots; /* it says so when it starts; a scenario waits for that */
	bool c_name; /* the name becomes an identifier, so it has no '-' */
	const char *refused; /* not NULL: why there is no template */
};

extern const struct new_kind new_kinds[];
extern const size_t new_kind_count;

/* Reports a wrong kind or name; NULL then. */
const struct new_kind *new_kind_find(struct str word, struct diag *d);
/*
 * Writes the files of a package below the current folder; their paths go to out_paths. Nothing
 * is written over: when one of them is there already, that is reported and false. What it adds to
 * the registry is locked in registry/abi.lock.
 */
bool new_create(struct arena *a, const struct new_kind *kind, struct str name,
                struct strs *out_paths, struct diag *d);
/* A template's text for a name. */
struct str new_fill(struct arena *a, struct str text, struct str name);
