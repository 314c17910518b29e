/*
 * A machine that is kept at its prompt, or goes on from there.
 *
 * The prompt: the first answer is due, or the agent takes the first command. Nothing is typed or
 * run before the snapshot is on disk; of a resumed machine, before the guest has been told the time
 * and was given random numbers that no other one has. The machine stands while it is written, so
 * what it has said by then belongs to the snapshot, and is said again by one that is resumed.
 */
#pragma once

#include "os/text.h"
#include "qemu/pool/pool.h"

enum snapshot_phase {
	SNAPSHOT_OFF, /* nothing (more) is to be done */
	/* taken */
	SNAPSHOT_PROMPT, /* is waited for */
	SNAPSHOT_STOPPING,
	SNAPSHOT_WRITING,
	SNAPSHOT_CONTINUING,
	/* resumed */
	SNAPSHOT_LOADING,
	SNAPSHOT_STARTING,
	SNAPSHOT_TELLING,
	SNAPSHOT_LOST,
};

struct snapshot {
	enum snapshot_phase phase; /* as begun: SNAPSHOT_PROMPT or SNAPSHOT_LOADING */
	struct pool_entry *entry; /* with its state open */
	bool asked; /* QEMU, in this phase */
	bool resumed;
	struct text heard[MARK_CHANNELS]; /* of one that is taken */
	uint64_t deadline_ms; /* of one that is resumed */
	uint64_t again_ms; /* when QEMU is told to go on once more; 0: it is not */
	struct str problem; /* why it was not kept or resumed */
};

struct session;

/* snapshot may be NULL: there is none. */
bool snapshot_holds(const struct snapshot *snapshot);
bool snapshot_resumes(const struct snapshot *snapshot);
void snapshot_hear(struct snapshot *snapshot, size_t channel, struct str bytes);
/* The session is open: what a resumed machine had said is said again. */
void snapshot_begin(struct session *s);
/* Whatever is to be done now. */
void snapshot_step(struct session *s, uint64_t now_ms);
/* The agent is not to be spoken to: there is no machine yet. */
bool snapshot_is_silent(const struct snapshot *snapshot);
/* When snapshot_step is due at the latest; UINT64_MAX: not by time. */
uint64_t snapshot_due_ms(const struct snapshot *snapshot);
/* QEMU has ended. */
void snapshot_end(struct session *s);
