/* One step while it runs: its process, its temporary files. */
#pragma once

#include "engine/process/child.h"
#include "engine/run.h"
#include "engine/sandbox/sandbox.h"

struct job {
	uint32_t step;
	struct action action; /* as kind->run gets it */
	uint64_t *body_us; /* what kind->run itself took, without the fork; shared with the copy */
	struct child child; /* pid 0: runs in this process */
	struct arena arena; /* of this job */
	struct str *temporary; /* of each output, then of the depfile */
	size_t temporary_count;
	int report; /* of its sandbox; -1: none */
	struct sandbox_report reported; /* once it has ended */
	bool restored; /* from the cache: nothing runs */
	uint64_t restored_us; /* what it took who made it */
	struct tracked_file **restored_files; /* what its dependency file would name */
	size_t restored_count;
	uint64_t started_us; /* monotonic */
	int64_t started_ns; /* clock_stamp_ns */
};

uint64_t clock_us(void);

/* Temporary names and the folders they lie in; problem is "" on success. */
struct str job_prepare(struct job *j, struct run *r, uint32_t step);
/* Removes what the action left under temporary names. */
void job_discard(struct job *j);
/*
 * The action succeeded: checks what it made and read, puts the outputs in place and
 * notes it in the journal. The problem, or "".
 */
struct str job_commit(struct job *j, struct run *r, uint64_t duration_us);
void job_release(struct job *j);
