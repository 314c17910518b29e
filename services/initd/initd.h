/*
 * initd: orders the programs that rootd does not start by itself. Decides what starts when and what
 * starts again; rootd says what each may do, loaderd starts it, and rootd tells how it does.
 */
#pragma once

#include <abi/root.h>
#include <programs/api.h>
#include <rt/api.h>
#include <service/client.h>

struct initd {
	struct program_table table; /* with the core services, which are rootd's */
	uint64_t root; /* rootd's endpoint */
	struct service_client loader;
	bool has_session; /* somebody may be at the console */
};

/* ---- root.c: what rootd is asked ---- */

extern const struct program_ops initd_ops; /* of a table whose context is the initd */

struct root_question {
	struct ipc_message_header header;
	struct root_request request;
	char bytes[2 * ROOT_PACKAGE_MAX + SPAWN_EXEC_ARGS_BYTES_MAX + SPAWN_EXEC_ENVS_BYTES_MAX];
};

struct root_answer {
	struct root_reply reply;
	struct root_lease lease;
	char names[2 * ROOT_PACKAGE_MAX];
};

void question_begin(struct root_question *question, enum root_operation op);
/* Appends to the bytes behind the request; the length as the request names it. */
uint16_t question_add(struct root_question *question, struct str bytes);
/* rootd's own status, or why it cannot be asked. */
enum status question_ask(const struct initd *self, const struct root_question *question,
                         struct root_answer *out);

/* One lease that has changed, with its names; valid until the next question. */
struct lease_news {
	const struct root_lease *lease;
	struct str package, awaited;
};

/* ERR_TIMED_OUT: nothing has changed for so long. flags: ROOT_ALL. */
enum status initd_next(struct initd *self, uint32_t flags, uint64_t timeout_ns,
                       struct lease_news *out);
enum status initd_finish(struct initd *self, int status);

/* ---- start.c ---- */

/* Of struct program_ops. */
enum status initd_start(void *context, const struct program *program, uint64_t *out_pid);

/* ---- adopt.c ---- */

/* Takes over what a lease says; of programs that an earlier initd has started too. */
void initd_take(struct initd *self, const struct lease_news *news);
