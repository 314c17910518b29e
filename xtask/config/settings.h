/*
 * Inside of config: every setting as it was read, with its span.
 *
 * The layers (defaults, preset, file, environment, command line) are read one
 * over the other by the same schema, so a member's span tells who set it.
 */
#pragma once

#include "config/config.h"

struct kernel_build_settings {
	struct toml_int codegen_units;
	struct toml_word opt_level, lto, debuginfo, relocation_model, strip, panic;
	struct toml_bool overflow_checks, debug_assertions, frame_pointers;
	struct toml_strs extra_cflags;
};

struct kernel_settings {
	struct kernel_build_settings build;
};

struct category_settings {
	struct toml_word levels[LOG_CATEGORIES_MAX];
};

struct logging_settings {
	struct toml_bool enabled, boot_trace_enabled, serial_mirror;
	struct toml_int ring_buffer_bytes;
	struct toml_word compiled_level, min_level;
	struct category_settings categories;
};

struct fault_settings {
	struct toml_bool enabled, compiled;
	struct toml_strs rules;
};

struct image_settings {
	struct toml_str label;
	struct toml_int slack_percent;
};

struct qemu_settings {
	struct toml_word profile, accelerator;
	struct toml_int memory_mib, cpus, timeout_seconds, data_mib;
	struct toml_str firmware;
};

struct signing_settings {
	struct toml_str key, efi_key, efi_certificate;
	struct toml_bool release;
};

struct host_build_settings {
	struct toml_word launcher;
};

struct artifact_cache_settings {
	struct toml_str folder, url, key;
	struct toml_bool write;
	struct toml_strs trusted;
};

struct settings {
	struct toml_str preset;
	struct kernel_settings kernel;
	struct logging_settings logging;
	struct fault_settings fault_injection;
	struct image_settings image;
	struct qemu_settings qemu;
	struct signing_settings signing;
	struct host_build_settings build;
	struct artifact_cache_settings cache;
};

/* The names that the registry gives to what settings speak of. */
struct config_names {
	struct toml_choice *levels; /* value = level, from 0 = off */
	size_t level_count;
	struct str *categories;
	size_t category_count; /* at most LOG_CATEGORIES_MAX */
	struct str *faults;
	size_t fault_count;
};

struct loader {
	struct arena *arena;
	struct diag *diag;
	const struct config_request *request;
	struct config *config; /* being made */
	struct config_names names;
	const struct toml_schema *schema; /* of struct settings */
	struct settings settings;
	const struct source *defaults, *preset; /* to tell origins */
	struct strs fault_origins; /* of rules from outside of the file */
};

/* names.c */
bool config_names_read(struct loader *l);

/* schema.c */
const struct toml_schema *config_schema(struct arena *a, const struct config_names *names);
extern const char config_defaults[]; /* TOML */
/* The leaf that a dotted key names, or NULL. */
const struct toml_field *config_field_find(const struct toml_schema *schema, struct str key);

/* layers.c */
/* Defaults, preset, files, environment, command line. False after reporting. */
bool config_layers_read(struct loader *l);

/* override.c: reads one value given as text over the settings. */
struct config_override {
	const struct source *source; /* "NAME=VALUE" */
	struct str key; /* "kernel.build.lto" */
	struct span key_span, value_span;
	struct str name; /* for messages: the variable, or the key */
};
bool config_override_read(struct loader *l, const struct config_override *override);
/* Environment variables that are settings. */
bool config_environment_read(struct loader *l);
/* --set TABLE.KEY=VALUE */
bool config_sets_read(struct loader *l);
/* NULL when it is not set or empty. */
const char *config_variable(const struct loader *l, const char *name);

/* faults.c: config->faults from settings and request. */
bool config_faults_resolve(struct loader *l);

/* effective.c: struct config from settings, and its list of values. */
bool config_resolve(struct loader *l);
void config_values_list(struct loader *l);
