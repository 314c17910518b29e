/*
 * Typed model of RUSTOS.package.toml (contract section 2, deltas "Tool").
 *
 * manifest_read_all finds, reads and checks every manifest of the tree and
 * reports every problem of every file. What comes out is sorted by id.
 */
#pragma once

#include "toml/schema.h"

enum package_kind {
	KIND_BOOT,
	KIND_KERNEL,
	KIND_BRIDGE_DRIVER,
	KIND_USER_DRIVER,
	KIND_SERVICE,
	KIND_APP,
	KIND_COMPAT,
	KIND_COUNT,
};
enum execution_domain { DOMAIN_UNSET, DOMAIN_KERNEL, DOMAIN_USER };
enum startup { STARTUP_NONE, STARTUP_INIT, STARTUP_SESSION, STARTUP_DESKTOP };
enum builder {
	BUILDER_BOOT_GRUB,
	BUILDER_KERNEL,
	BUILDER_C_PROGRAM,
	BUILDER_LINUX_PROGRAM,
	BUILDER_MODULE_IMAGE,
	BUILDER_MINGW_C_EXE,
	BUILDER_WINSYS_DLL_BUNDLE,
	BUILDER_EXTERNAL_COPY,
	BUILDER_DEB,
};
enum linkage { LINKAGE_UNSET, LINKAGE_STATIC_PIE, LINKAGE_STATIC, LINKAGE_DYNAMIC };
enum layout { LAYOUT_FILE, LAYOUT_DIRECTORY, LAYOUT_TREE };
enum launch { LAUNCH_NONE, LAUNCH_NEW_SESSION, LAUNCH_ALL_SESSIONS };

struct package_build {
	struct span span;
	struct toml_word builder;
	struct toml_str source; /* file or folder, from the manifest's folder; default "." for
	                           compiled kinds */
	struct toml_str source_env; /* external-copy: environment variable that replaces source */
	struct toml_strs
	        libs; /* folders of libs/ that are linked in and whose headers are visible */
	struct toml_strs extra_args; /* further compiler flags */
	struct toml_bool optional; /* a missing artifact is no error */
	struct toml_word linkage;
	struct toml_str linker_script; /* kernel: from the manifest's folder */
	struct toml_str deb; /* deb: name of the Debian package; version and digest stand in
	                        manifests/deb.lock */
	struct toml_strs
	        files; /* deb: paths inside the package to take; layout file takes exactly one */
};

struct package_install {
	struct span span;
	struct toml_str path; /* normalised */
	struct toml_word layout;
	struct toml_strs links; /* other paths in the running system that lead to it */
};

struct package_boot {
	struct span span;
	struct toml_bool preload; /* part of the early archive */
	struct toml_bool required;
	struct toml_int priority;
};

struct package_autoload {
	struct span span;
	struct toml_str name, class, bus, when, provider_group;
	struct toml_bool enabled, fallback_only;
	struct toml_int priority;
	struct toml_strs aliases, deps, softdeps, linux_driver_names;
};

struct desktop_entry {
	struct span span;
	struct toml_str display_name, image, exec;
	struct toml_int weight_micros;
	struct toml_bool logical_admin, console_hosted;
	struct toml_word launch;
	struct toml_strs args, env;
};

struct package {
	const struct source *source; /* the manifest's text; path from the root */
	struct str folder; /* of the manifest, from the root: "services/rootd" */
	struct toml_str id;
	struct toml_word kind;
	struct toml_word domain; /* execution_domain, resolved by kind */
	struct toml_strs profiles; /* ["default"] when absent */
	struct toml_word startup;
	struct toml_strs runtime_deps;
	struct package_build build;
	struct package_install install;
	struct package_boot boot;
	struct package_autoload autoload; /* span.source == NULL: none */
	struct toml_list desktop; /* struct desktop_entry */
};

struct manifests {
	struct package *packages; /* sorted by id */
	size_t count;
	struct strs files; /* every manifest read, from the root */
	struct strs folders; /* every folder that was looked into: they decide what exists */
};

/* False when anything was reported; out then holds what could be read. */
bool manifest_read_all(struct arena *a, struct manifests *out_manifests, struct diag *d);

const char *package_kind_name(enum package_kind kind);
const char *builder_name(enum builder builder);
const char *startup_name(enum startup startup);
const char *launch_name(enum launch launch);
