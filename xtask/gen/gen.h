/*
 * registry/ -> generated headers, tables, stubs and reference pages.
 *
 * A pure function of the registry and the configuration: the plan writes what
 * comes out. The registry's files and their fields are described in docs/abi.md.
 */
#pragma once

#include "config/config.h"

struct generated_file {
	struct str path; /* below OUT/gen, e.g. "abi/status.h" */
	struct str content;
};

struct generated {
	struct generated_file *files;
	size_t count;
};

struct registry;

/* Reads every registry/ file, reports everything wrong; NULL then. */
const struct registry *registry_load(struct arena *a, struct diag *d);
/* Registry files that were read. */
const struct strs *registry_files(const struct registry *r);
/* Everything that depends on the registry alone (abi/, kernel/, rt/). */
struct generated gen_abi(struct arena *a, const struct registry *r);
/* config/kernel.h */
struct generated gen_kernel_config(struct arena *a, const struct registry *r,
                                   const struct config *c);
/* docs/abi/ reference pages. */
struct generated gen_reference(struct arena *a, const struct registry *r);
/* One line an entry: kind, number, name, digest of the signature; sorted. */
struct str gen_abi_lock(struct arena *a, const struct registry *r);
/*
 * Compares with registry/abi.lock: a changed, renumbered or vanished entry is an
 * error at its registry line; a new one is an error with the command that adds it.
 */
bool gen_check_abi_lock(struct arena *a, const struct registry *r, struct diag *d);
/*
 * The lock's new content. False after reporting what may not change at all: a number, a
 * signature without a new version, an entry that is gone. What is new is accepted.
 */
bool gen_accept_abi_lock(struct arena *a, const struct registry *r, struct str *out_lock,
                         struct diag *d);

/* For other stages: the value of a machine constant (registry/machine.toml), e.g. "exit.panic". */
bool registry_machine_value(const struct registry *r, struct str name, int64_t *out_value);
/* Log levels for one boot, `memory=trace;vfs=off` or one level; reports unknown names. */
bool registry_log_spec_check(const struct registry *r, struct str spec, struct diag *d);
/* The same for texts, e.g. "fw_cfg.exit_port". */
bool registry_machine_text(const struct registry *r, struct str name, struct str *out_value);
