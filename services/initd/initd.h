/*
 * initd: orders the programs that rootd does not start by itself. Decides what starts when and what
 * starts again; rootd starts it, and tells how it does.
 */
#pragma once

#include <abi/root.h>
#include <programs/api.h>
#include <rt/api.h>

struct initd {
	struct program_table table; /* with the core services, which are rootd's */
	uint64_t root; /* rootd's endpoint */
	bool has_session; /* somebody may be at the console */
};

/* ---- root.c: what rootd is asked ---- */

extern const struct program_ops initd_ops; /* of a table whose context is the initd */

/* One lease that has changed, with its names; valid until the next question. */
struct lease_news {
	const struct root_lease *lease;
	struct str package, awaited;
};

/* ERR_TIMED_OUT: nothing has changed for so long. flags: ROOT_ALL. */
enum status initd_next(struct initd *self, uint32_t flags, uint64_t timeout_ns,
                       struct lease_news *out);
enum status initd_finish(struct initd *self, int status);

/* ---- adopt.c ---- */

/* Takes over what a lease says; of programs that an earlier initd has started too. */
void initd_take(struct initd *self, const struct lease_news *news);
