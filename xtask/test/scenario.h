/* tests/scenarios/NAME.toml: one boot in QEMU and what has to come of it. */
#pragma once

#include "qemu/qemu.h"
#include "test/suite.h"
#include "toml/schema.h"

/* Two numbers in what the guest says that have to be equal, each behind a text. */
struct scenario_equal {
	struct span span;
	struct toml_str first, second;
	struct toml_int minimum; /* of both */
};

/* Something that is typed at the prompt. */
struct scenario_answer {
	struct span span;
	struct toml_str mark, text;
};

/* A command that is run in the guest. */
struct scenario_exec {
	struct span span;
	struct toml_str command, out;
	struct toml_int status;
	struct toml_strs expect; /* within what it writes */
};

struct scenario {
	struct span span;
	struct toml_str summary;
	struct toml_str profile, preset, machine, log, exit;
	struct toml_word boot; /* enum boot_method */
	struct toml_int timeout_seconds, memory_mib, cpus;
	struct toml_bool data;
	struct toml_bool ordered, tap;
	struct toml_strs expect, forbid, faults, arguments;
	struct toml_list equal; /* struct scenario_equal */
	struct toml_list answers; /* struct scenario_answer */
	struct toml_list execs; /* struct scenario_exec */
};

/* Reports everything wrong; false then. */
bool scenario_read(struct arena *a, const char *path, struct scenario *out_scenario,
                   struct diag *d);
/* `xtask build ...` for its profile, and `xtask qemu ...`. */
struct strs scenario_build_command(struct arena *a, const struct test_request *request,
                                   const struct scenario *scenario);
struct strs scenario_qemu_command(struct arena *a, const struct test_request *request,
                                  struct str name, const struct scenario *scenario);
/* It begins at the prompt of a machine that others may have too: no faults or arguments of its own,
 * nothing on a disk. */
bool scenario_starts_at_prompt(const struct scenario *scenario);
/* Why what came of it is not what was wanted; empty: it is. out, error: what it wrote. */
struct str scenario_judge_exec(struct arena *a, const struct scenario_exec *exec,
                               const struct qemu_exec *result);
/* Why the two numbers do not agree; empty: they do. */
struct str scenario_compare(struct arena *a, const struct scenario_equal *equal, struct str said);
