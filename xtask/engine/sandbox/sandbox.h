/*
 * A child that opens only what its action declared.
 *
 * A seccomp filter hands every open and exec of the child, and of what it starts, to a
 * supervisor, a copy of this process that is its parent. It lets pass: the system's folders
 * (/usr, /lib, /bin, /proc, /dev and the loader's files), declared files, files below
 * declared folders (which it notes), the outputs' temporary names, and what the action made
 * itself. Everything else that exists is refused with EACCES and reported, so that a tool that
 * copes without the file fails too. A guard against mistakes, not against attackers: a path
 * can change between the look and the call. Format: seccomp_unotify(2).
 */
#pragma once

#include "engine/process/child.h"

/* Who may open what; absolute paths without "." and "..", sorted by sandbox_rules_close. */
struct sandbox_rules {
	struct arena *arena;
	struct str root; /* the project's folder; what lies outside of it and of the system is
	                    refused */
	struct strs files; /* may be read */
	struct strs folders; /* what lies below them may be read, and is noted */
	struct strs outputs; /* may be written; names that begin with one of them too */
	struct strs made; /* by the action itself */
};

enum sandbox_verdict { SANDBOX_PASS, SANDBOX_NOTE, SANDBOX_REFUSE };

void sandbox_rules_open(struct sandbox_rules *rules, struct arena *a, struct str root);
/* From the root or absolute. */
void sandbox_add(struct sandbox_rules *rules, struct strs *list, struct str path);
void sandbox_rules_close(struct sandbox_rules *rules);
/* What to do with open(path, flags); path is absolute, as the child gave it. */
enum sandbox_verdict sandbox_judge(struct sandbox_rules *rules, struct str path, int flags);

struct sandbox_request {
	const struct child_program *program;
	struct sandbox_rules *rules;
	int report; /* what was noted and refused is written there */
};
/* As child_start; the program runs under a supervisor, whose status is its own. */
[[nodiscard]] int sandbox_start(struct child *c, struct sandbox_request *request);

/* What a supervisor reported. */
struct sandbox_report {
	struct strs noted, refused,
	        overwritten; /* paths from the root, or absolute ones outside of it */
	struct str unavailable; /* why nothing was supervised; empty: it was */
};
void sandbox_report_read(struct arena *a, int report, struct sandbox_report *out_report);
