/*
 * Doctor: is everything here that building, booting and testing need?
 *
 * The list is config/packages.txt, the same that `make setup` installs from:
 * `package  probe  purpose`, where probe is a file that must exist, a command
 * on the PATH, or `command>=version` (the first number of `command --version`).
 */
#pragma once

#include "diag/diag.h"

struct doctor_request {
	struct str packages; /* empty: config/packages.txt */
	struct str out; /* folder whose file system is measured and where the KVM answer is kept:
	                   "build" */
	struct str firmware; /* config's; empty: look for OVMF */
	uint64_t free_bytes_wanted; /* 0: 1 GiB */
	bool json;
};

struct doctor_check {
	struct str name; /* package, or "kvm", "disk", "firmware" */
	struct str purpose;
	struct str found; /* what is there, or what is wrong */
	struct str version; /* of a tool: what it says itself, else its package's; may be empty */
	struct str mend; /* the command that mends it; empty when it is ok */
	bool ok;
	bool needed; /* not so: slower or less without it, as with KVM */
};

struct doctor_checks {
	struct doctor_check *items;
	size_t count;
	size_t missing; /* needed and not ok */
};

/* False when the list cannot be read: reported. */
bool doctor_look(struct arena *a, const struct doctor_request *request,
                 struct doctor_checks *out_checks, struct diag *d);
/*
 * A line a check, below one that is not ok the command that mends it, one command for all
 * packages, then the closing line.
 */
void doctor_print(struct arena *a, const struct doctor_checks *checks, bool json, FILE *out);
