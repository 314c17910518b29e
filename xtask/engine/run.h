/* What one engine_run knows; private to the engine. */
#pragma once

#include "engine/process/tool.h"
#include "engine/progress.h"

enum step_state { STEP_WAITING, STEP_RUNNING, STEP_DONE, STEP_FAILED };

/* An action with its place in the graph. */
struct step {
	const struct action *action;
	struct tracked_file **inputs; /* action->inputs */
	struct tracked_file **order_only; /* action->order_only */
	struct tracked_file **outputs; /* action->outputs */
	struct tool *tool; /* NULL: in process */
	struct trace *trace; /* of its last success; NULL: none */
	uint32_t *needs; /* steps that make what it reads; some may come twice */
	uint32_t need_count;
	uint32_t
	        declared_need_count; /* the first of needs; the others its depfile told last time */
	uint32_t *dependents; /* the reverse of needs */
	uint32_t dependent_count;
	uint32_t unmet; /* needs not done yet */
	uint32_t rank; /* every step comes behind the ones it needs */
	uint32_t visit; /* mark of the last walk that came here */
	bool wanted;
	enum step_state state;
	uint64_t estimate_us;
	uint64_t priority_us; /* length of the longest chain of work that begins here */
};

struct run {
	const struct engine_request *request;
	struct diag *diag;
	struct arena arena;
	struct file_table files;
	struct journal journal;
	struct tools tools;
	struct step *steps; /* as many as the graph's actions, same order */
	uint32_t *order; /* steps by rank */
	size_t wanted_count;
	uint32_t last_visit;
	uint32_t *walk_stack; /* room for every step; NULL until needed */
	uint32_t temporary_count; /* names given out */
	char **environment; /* of children */
	struct reasons *reasons;
	struct cache *cache;
	struct progress progress;
	struct engine_summary summary;
	bool unconfined; /* it was said that sandboxes don't work here */
	bool unstable; /* something changed while it was being used */
	int64_t entered_ns; /* clock_now_ns of the call */
	int64_t newest_output_ns; /* latest time stamp of our own making */
};

/* "compile kernel/core/log.c" */
struct str action_title(struct arena *a, const struct action *action);
[[gnu::format(printf, 2, 3)]] void run_error(struct run *r, const char *format, ...);

/* graph_check.c: fills r->steps; reports what is wrong with the graph, all of it. */
bool run_check_graph(struct run *r);
/* Marks what the targets need; false after reporting unknown ones. */
bool run_mark_wanted(struct run *r);
/* Whether `from` needs `to`, however indirectly, by declared inputs. */
bool run_step_needs(struct run *r, uint32_t from, uint32_t to);
