/* config/packages.txt: a package a line, `package  probe  purpose`; '#' begins a comment line. */
#pragma once

#include "diag/diag.h"

#define PACKAGES_PATH "config/packages.txt"

enum probe_kind { PROBE_FILE, PROBE_COMMAND, PROBE_VERSION };

struct needed_package {
	struct str name;
	enum probe_kind kind;
	struct str target; /* a path, or a command's name */
	struct str minimum; /* PROBE_VERSION: "2.06" */
	struct str purpose;
};

struct needed_packages {
	struct needed_package *items;
	size_t count;
};

/* Reports every line that is wrong. */
bool packages_read(struct arena *a, struct str path, struct needed_packages *out_packages,
                   struct diag *d);

/* What to do where a command is missing: names its package, or `xtask doctor`. For hints. */
struct str packages_hint(struct arena *a, struct str command);

/* The first dotted number in what a command says of its version; empty when there is none. */
struct str version_find(struct str text);
/* By number, part for part: 2.06 = 2.6 < 2.12. */
int version_compare(struct str a, struct str b);
