/*
 * Project configuration: config/rustos.toml, presets, overrides.
 *
 * Effective value = first of: command line (--set TABLE.KEY=VALUE), environment
 * (RUSTOS_KERNEL_<KEY> and a few more), the file, the preset (config/presets/NAME.toml), the
 * default. The file is the one of --config, else of RUSTOS_CONFIG, else config/rustos.toml;
 * KERNEL_BUILD_CONFIG names a file whose [kernel.build] stands for the file's. Preset, file and
 * override know the same keys (contract section 5 in C terms, docs/configuration.md).
 */
#pragma once

#include "toml/schema.h"
#include <fault_rules/api.h>

enum { LOG_CATEGORIES_MAX = 32 };

enum lto { LTO_OFF, LTO_FULL };
enum strip { STRIP_NONE, STRIP_DEBUGINFO, STRIP_SYMBOLS };
enum accelerator { ACCEL_AUTO, ACCEL_KVM, ACCEL_TCG };

enum { CODEGEN_UNITS_MAX = 256 };

struct kernel_build_config {
	int64_t codegen_units; /* translation units that the sources are joined into; at its maximum
	                          one each */
	struct str opt_level; /* 0 1 2 3 s */
	bool overflow_checks;
	bool debug_assertions;
	enum lto lto;
	bool frame_pointers;
	int64_t debuginfo; /* 0 1 2 */
	enum strip strip;
	struct strs extra_cflags;
};

struct logging_config {
	bool enabled;
	bool boot_trace_enabled;
	bool serial_mirror;
	int64_t ring_buffer_bytes;
	int compiled_level; /* boot may lower thresholds down to here; 0: not below the thresholds
	                     */
	int min_level; /* enum log_level: 0 off, 1 trace .. 6 fatal */
	size_t category_count; /* in the registry's order */
	struct str category_names[LOG_CATEGORIES_MAX];
	int thresholds[LOG_CATEGORIES_MAX]; /* effective: at least min_level, 0 = off */
};

struct fault_config {
	bool enabled;
	bool compiled; /* false in a preset without fault points (release) */
	/*
	 * What the guest gets: "location=action", validated, one rule a point. Those of the
	 * file only when enabled; those of the command line always.
	 */
	struct strs rules;
};

struct image_config {
	struct str label; /* FAT volume label, at most 11 characters */
	int64_t slack_percent; /* room each file may grow in its slot */
};

struct qemu_config {
	struct str profile; /* default | nvme */
	enum accelerator accelerator;
	int64_t memory_mib;
	int64_t cpus;
	struct str firmware; /* empty: look for OVMF */
	int64_t timeout_seconds; /* 0: none */
	int64_t data_mib; /* of a new data volume */
};

struct signing_config {
	struct str key; /* path of a private key (PEM); empty: the development key under build/ */
	struct str efi_key; /* the same for Secure Boot; empty: the test firmware's */
	struct str efi_certificate; /* of efi_key, X.509 in PEM */
	bool release; /* development keys are refused */
};

enum launcher { LAUNCHER_NONE, LAUNCHER_CCACHE, LAUNCHER_ICECC, LAUNCHER_DISTCC };

struct cache_config {
	struct str folder; /* empty: none */
	struct str url; /* of a server behind it; empty: none */
	bool write; /* to the server too */
	struct str key; /* file of the key that signs entries; made when it is not there */
	struct strs trusted; /* public keys of others, hexadecimal */
};

struct config {
	struct str preset; /* "debug", "release" */
	struct str source; /* path of the file that was read */
	struct kernel_build_config kernel;
	struct logging_config logging;
	struct fault_config faults;
	struct image_config image;
	struct qemu_config qemu;
	struct signing_config signing;
	struct str launcher; /* program in front of every compiler; empty: none */
	struct cache_config cache;
	const struct config_value
	        *values; /* every effective value with its origin, in schema order */
	size_t value_count;
	struct strs files_read; /* inputs of this configuration, for freshness */
};

struct config_value {
	struct str key; /* "kernel.build.opt_level" */
	struct str text; /* as TOML */
	struct str origin; /* "default", "preset debug", "config/rustos.toml:12", "environment
	                      RUSTOS_KERNEL_LTO" */
};

struct config_request {
	const char *file; /* of --config, or NULL */
	struct str preset; /* of --preset, or empty */
	struct strs sets; /* of --set */
	struct strs faults; /* of --fault; RUSTOS_FAULTS is read from the environment */
	char *const *environment; /* NULL: the process's own */
};

/*
 * Reads everything and reports everything wrong; false then. Fault points and
 * log categories are those of registry/faults.toml and registry/log.toml.
 */
bool config_load(struct arena *a, const struct config_request *request, struct config *out_config,
                 struct diag *d);
/* The effective configuration as TOML with `# origin` behind each value. */
struct str config_show(struct arena *a, const struct config *config);
