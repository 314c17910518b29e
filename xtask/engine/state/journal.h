/*
 * What finished actions left behind, one record each, in OUT/.state/journal.
 *
 * A record is appended the moment an action has finished, so a killed run loses
 * nothing but what was running. Layout: the header (magic, generation), then records of
 * length, generation, checksum and payload; reading stops at the first record
 * that is not whole and of this generation, and the rest is cut off. Paths are
 * written once, as records of their own, and named by number after that.
 */
#pragma once

#include "engine/state/file_table.h"

struct trace_output {
	struct tracked_file *file;
	struct digest digest;
};

enum trace_role { TRACE_INPUT, TRACE_TOOL, TRACE_DISCOVERED };

/* What one action's key was made of, to say later what changed; digests cut to 8 bytes. */
struct trace_input {
	struct tracked_file *file;
	uint64_t digest; /* 0: it could not be read */
	enum trace_role role;
};
struct trace_parts {
	uint64_t kind, outputs, params, environment;
	uint32_t *words; /* a checksum of each word of argv */
	size_t word_count;
	struct trace_input *inputs;
	size_t input_count;
};

/* One action's last success: from these inputs came these outputs. */
struct trace {
	struct digest key;
	uint64_t duration_us;
	struct trace_output *outputs; /* the first one names the action */
	size_t output_count;
	struct tracked_file **discovered; /* inputs that the depfile named */
	size_t discovered_count;
	struct trace_parts *parts; /* NULL: not known */
	bool valid; /* false: it has to run again, but its outputs are known */
	bool claimed; /* by an action of the graph */
};

/* The programs behind a compiler driver, as it named them itself. */
struct tool_record {
	struct tracked_file *driver;
	struct digest digest; /* of the driver */
	struct tracked_file **parts;
	size_t part_count;
	struct tool_record *next;
};

struct journal {
	struct str path;
	struct file_table *files;
	int fd; /* -1: not open for writing */
	uint32_t generation;
	uint64_t size; /* of the good part of the file */
	struct tracked_file **numbered; /* by path number - 1 */
	size_t numbered_count;
	size_t numbered_capacity;
	size_t record_count; /* in the file, paths not counted */
	struct tool_record *tools;
};

/*
 * Reads journal bytes into traces (tracked_file.trace) and tools. Never fails:
 * *out_good_bytes is where the good part ends, 0 when not even the header is good.
 */
void journal_parse(struct journal *j, struct str bytes, size_t *out_good_bytes);

/* Reads path and opens it for appending, cutting off what is bad. 0 or an errno value. */
[[nodiscard]] int journal_open(struct journal *j, struct file_table *files, const char *path);
/* Each appends with one write and takes it back when it fails: 0 or an errno value. */
[[nodiscard]] int journal_add_trace(struct journal *j, const struct trace *trace);
[[nodiscard]] int journal_add_gone(struct journal *j, struct tracked_file *first_output);
[[nodiscard]] int journal_add_tool(struct journal *j, const struct tool_record *tool);
/* Writes the file anew, of the next generation, when most of its records are out of date. */
[[nodiscard]] int journal_compact(struct journal *j);
void journal_close(struct journal *j);
