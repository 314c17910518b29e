/*
 * The build engine: a graph of actions, decided by content digests.
 *
 * An action runs when its key has changed: SHA-256 over its kind and version,
 * argv, params, the tools' digests, the path and digest of every input (declared
 * ones and those its depfile named) and its declared outputs; or when an output
 * is missing or not what the action left. Time stamps only spare hashing. An output
 * that comes out the same stops everything above it. State lies in
 * OUT/.state and may be deleted at any time: that costs time, never correctness.
 * Design: build from verifying traces; journal and graph snapshot are private.
 */
#pragma once

#include "diag/diag.h"

struct action;

/* SHA-256. */
struct digest {
	uint8_t bytes[32];
};

struct action_result {
	int exit_status; /* 0: done */
	struct str output; /* what it said (stdout and stderr together); shown when not empty */
};

/* What the engine knows of an input when its action runs. */
struct action_input {
	struct digest digest;
	uint64_t size;
};

/*
 * A kind of action. run == NULL: argv is run as a child process. Otherwise run is
 * called, possibly in a forked child: it reads the inputs, writes each output at
 * the path the engine gives (action->outputs are final names; a temporary name
 * comes from engine_output), and reports through out->output.
 */
struct action_kind {
	const char *name; /* "compile", "write", "sign" */
	uint32_t version; /* raise it when run's result changes for equal inputs */
	void (*run)(const struct action *action, struct arena *a, struct action_result *out);
	/*
	 * run changes its outputs where they are: engine_output gives their final names, nothing is
	 * renamed, discarded or read again, and what was there before is run's to keep whole when
	 * it fails or is killed. The action's key stands for the digest of each such output.
	 */
	bool in_place;
};

struct action {
	const struct action_kind *kind;
	struct str subject; /* shown behind the kind's name: "kernel/core/log.c" */
	struct strs inputs; /* files, from the root */
	/* Made before this runs, but not part of the key: generated headers, say. */
	struct strs order_only;
	struct strs outputs; /* files, from the root; each belongs to one action */
	/*
	 * Of a child process; $out_N stands for the temporary name of output N, $root for the
	 * project's folder, so that the key is the same in every clone.
	 */
	struct strs argv;
	struct str params; /* of an in-process action: what decides its result besides the inputs */
	/* Makefile rules naming further inputs, written by the child to $dep; "": none. */
	struct str depfile;
	/* Of a child process: it may open its inputs, files below these folders, and no others. */
	bool confined;
	struct str launcher; /* a program to run it with, whose result is the same; not part of the
	                        key */
	struct strs folders;
	const void *data; /* for run; whatever in it decides the result must be in params too */
	const struct action_input *known; /* of each input; the engine's, for kinds in process */
	const struct str *temporary; /* the engine's, in the copy that run is given */
};

struct graph {
	struct arena *arena;
	struct action *actions;
	size_t count;
	size_t capacity;
};

/* A zeroed action of this kind; the pointer is valid until the next graph_add. */
struct action *graph_add(struct graph *g, const struct action_kind *kind);

/* Where outputs are kept for other builds; see engine/cache/cache.h. */
struct cache_settings {
	struct str folder; /* empty: nowhere */
	struct str url; /* "http://HOST:PORT/PATH" of a server behind it; empty: none */
	bool write; /* to the server */
	bool ignore_remote; /* the server's answers don't count: a release */
	struct str key; /* file with our signing key, made when it is not there */
	struct strs trusted; /* public keys of others whose entries count, hexadecimal */
};

struct engine_request {
	const struct graph *graph;
	const char *out; /* folder of state and outputs: "build" */
	struct strs targets; /* outputs wanted; empty: all */
	int jobs; /* 0: as many as CPUs */
	uint64_t shuffle; /* not 0: what is ready starts in an order that this decides */
	bool keep_going;
	struct cache_settings cache;
	bool unconfined; /* let confined actions read what they like */
	bool keep_dead; /* leave outputs of actions that are gone (default: removed, empty folders
	                   too) */
	/* What the plan itself was made from; for engine_unchanged. */
	struct str identity; /* command, profile, preset, overrides, the environment that counts */
	struct strs plan_files;
	struct strs plan_folders; /* their entries decide, not their files' content */
	bool quiet; /* no progress on stderr */
	bool json;
};

struct engine_summary {
	size_t run, up_to_date, failed, skipped; /* skipped: something they need failed */
	size_t cached; /* taken from the cache */
	size_t removed; /* dead outputs */
	uint64_t elapsed_us;
	int signal; /* the one that ended the run early; 0: none */
};

/*
 * Reports cycles, an output claimed twice, inputs that nothing makes and that do
 * not exist (with the action that wants them), before anything runs. False when
 * anything was reported or failed. Waits for another run on the same state,
 * saying whose.
 */
bool engine_run(const struct engine_request *request, struct engine_summary *out_summary,
                struct diag *d);

/*
 * True when by stat() alone nothing has changed since a complete run with this
 * identity: no plan file or folder, no input, no output. Reads one snapshot file
 * and nothing else.
 */
bool engine_unchanged(const char *out, struct str identity, struct engine_summary *out_summary);

/* Where output `index` of the running action has to be written; the engine renames it. */
struct str engine_output(const struct action *action, size_t index);

/*
 * Runs one action whatever its state, in the foreground, and puts its outputs in place
 * (equal ones are left alone). Nothing is noted. Its exit status; for programs that
 * have the graph from us.
 */
int engine_act(struct arena *a, const struct action *action, struct diag *d);
/* Of each action, microseconds of its last success as OUT/.state tells; 0: not known. */
uint64_t *engine_durations(struct arena *a, const struct graph *g, const char *out);

/* compile_commands.json content for the compile actions (kind name "compile"). */
struct str engine_compile_commands(struct arena *a, const struct graph *g);

struct digest digest_bytes(struct str bytes);
[[nodiscard]] int digest_file(const char *path, struct digest *out_digest);
/* In lower case. */
struct str digest_hex(struct arena *a, const struct digest *digest);
