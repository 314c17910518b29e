/*
 * rootd: the first process. Starts the core programs, which include the one that orders all others,
 * and those that it is asked to start; holds a lease on each and tells how they do.
 */
#pragma once

#include <abi/root.h>
#include <programs/api.h>
#include <rt/api.h>
#include <service/api.h>
#include <sha256/api.h>

enum { ROOTD_WORDS_MAX = 8 };

/* What is known of the program of the same index beside its place in the order. */
struct lease {
	bool is_core; /* rootd itself starts it again */
	bool changed; /* since who orders programs was told */
	uint32_t starts;
	uint64_t ticket; /* by which loaderd may start it, or has; 0: none */
	int32_t last_status;
	struct str image; /* mapped memory: what was pushed, and replaces the archive's; or empty */
	uint32_t image_ends; /* of programs with that image, after they had been there */
};

/* An image that is being pushed. */
struct push {
	struct program *program; /* NULL: none */
	uint8_t *bytes; /* mapped */
	size_t size, have;
};

/* A request of `reload` that waits for the new program. */
struct reload {
	struct program *program; /* NULL: none */
	uint64_t reply_cap, old_pid;
	uint64_t begun_ns, due_ns;
};

/* The request of `next` that nothing was there to answer with yet. */
struct next_request {
	bool waits;
	uint64_t reply_cap;
	uint64_t due_ns; /* of clock_now; UINT64_MAX: none */
};

/* What was read of the audit record so far; zeroed: nothing. */
struct audit_walk {
	uint64_t sequence; /* of the last one */
	uint8_t hash[SHA256_BYTES]; /* and its hash */
	uint64_t records;
	uint64_t lost; /* never read: overwritten, or refusals that the kernel only counted */
	uint64_t counts[AUDIT_REPLY_REFUSED + 1]; /* by event */
	bool broken; /* a record is not what its hash says, or not where it belongs */
};

struct root_service {
	struct program_table table; /* core programs, and those that others ask for */
	struct lease *leases; /* by index in the table */
	const char *words[ROOTD_WORDS_MAX]; /* for who orders programs */
	size_t word_count;
	uint64_t endpoint;
	struct next_request next;
	struct push push;
	struct reload reload;
	struct audit_walk audit;
	bool finished; /* nothing is to come any more */
};

/* ---- main.c ---- */
uint64_t rootd_now_ns(void);

/* ---- leases.c ---- */

struct lease *rootd_lease(const struct root_service *self, const struct program *program);
/* Who orders programs is told at its next question. */
void rootd_mark(struct root_service *self, const struct program *program);
/* The program of this package; one that nobody has asked for yet is put into the table. NULL: no
 * package in the archive has this name and a program, or there is no room. */
struct program *rootd_find_or_add(struct root_service *self, struct str package_id);
/* Is the request from the core program that is no service? */
bool rootd_is_orderer(const struct root_service *self, uint64_t pid);
/* The first core program that is no service; NULL: there is none. */
struct program *rootd_orderer(const struct root_service *self);
/* The lease and its names, behind the reply. */
enum status rootd_reply_lease(const struct root_service *self, const struct program *program,
                              struct service_call *call);

/* ---- core.c ---- */

/* Puts the core programs into the table. False: there is no registry. */
bool rootd_read_core(struct root_service *self);

/* ---- spawn.c ---- */

struct spawn_order {
	struct str arguments, environment; /* each string with its NUL */
	uint64_t weight_micros;
};

/* Says so, with what it waited for. */
enum status rootd_spawn(struct root_service *self, struct program *program,
                        const struct spawn_order *order, uint64_t *out_pid);

/* A ticket for who orders programs; 0: the program has a pushed image. ERR_BUSY: the last one was
 * used. */
enum status rootd_authorize(struct root_service *self, struct program *program,
                            uint64_t weight_micros, uint64_t *out_ticket);
/* Somebody had it started by this ticket. */
void rootd_started(struct root_service *self, uint64_t ticket, uint64_t pid);

/* ---- next.c ---- */

/* Answers a waiting `next` when there is something to tell, or its time is over. */
void rootd_answer_next(struct root_service *self);

/* ---- reload.c ---- */

/* Starts the pushed image of a program; ERR_NOT_FOUND: it has none, or it could not be started and
 * is given up. */
enum status rootd_spawn_pushed(struct root_service *self, struct program *program,
                               const struct spawn_image_args *args, uint64_t *out_pid);
/* The program has come as far as it must, or has ended: for a reload that waits for it. What ends
 * too early, or for the third time, is the archive's again. */
void rootd_reload_done(struct root_service *self, const struct program *program);
void rootd_reload_ended(struct root_service *self, const struct program *program, int32_t status);
/* Gives up what takes too long. */
void rootd_reload_expire(struct root_service *self);

/* ---- supervise.c ---- */

/* Serves requests and hears of exits until nothing is to come any more. */
enum status rootd_serve(struct root_service *self);
/* What the kernel has to tell so far. */
enum status rootd_hear(struct root_service *self);

/* ---- shutdown.c ---- */

/* Ends every other process, programs before services. Their ends are not heard of. */
void rootd_end_programs(void);
/* One that asks for the end of the machine brings it about; others mean nothing. SIGABRT is the end
 * of rootd itself, which the kernel takes for the panic that it is. */
void rootd_handle_signal(struct root_service *self, int32_t signal);

/* ---- audit.c ---- */

/* What is new in the audit record, before there is no room for more. */
enum status rootd_read_audit(struct root_service *self);
/* The same, and says what the record holds. A broken chain is a failure. */
void rootd_report_audit(struct root_service *self);
