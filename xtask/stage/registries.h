/*
 * The registries and the desktop files as text. Lines are `key=value`
 * fields separated by one tab; order of rows is package id, then entry.
 */
#pragma once

#include "plan/plan.h"
#include "stage/overlay.h"

struct registry_input {
	const struct system *system;
	const struct artifacts *artifacts;
	struct overlay *overlay;
};

struct str registry_loadable_drivers(struct arena *a, const struct registry_input *in);
struct str registry_desktop_programs(struct arena *a, const struct registry_input *in);
struct str registry_runtime_launch(struct arena *a, const struct registry_input *in);
struct str registry_startup_programs(struct arena *a, const struct registry_input *in);
/* Programs of startup-programs.tsv whose package says `[boot] required = true`. */
struct str registry_core_programs(struct arena *a, const struct registry_input *in);
struct str registry_windows_dlls(struct arena *a, const struct registry_input *in);
struct str registry_links(struct arena *a, const struct registry_input *in);
/* From registry/runtime_env.toml and registry/linux_runtime_access.toml. */
bool registry_runtime_env(struct arena *a, struct str *out_text, struct diag *d);
bool registry_linux_access(struct arena *a, struct overlay *overlay, struct str *out_text,
                           struct diag *d);

/* From registry/tree.toml. */
bool registry_tree(struct arena *a, struct str *out_text, struct diag *d);

/* One program that a person or the system starts: a desktop entry of a package. */
struct program {
	const struct package *package;
	const struct desktop_entry *entry;
	struct str desktop_id; /* "shell.desktop", "execsmoke-2.desktop" */
	struct str image, exec;
	bool first; /* entry of its package */
	bool autostart; /* a file of that name lies in etc/xdg/autostart */
	bool autostart_enabled;
};
struct programs {
	struct program *items;
	size_t count;
};
struct programs programs_collect(struct arena *a, const struct registry_input *in);
/* Content of usr/share/applications/<desktop_id>. */
struct str desktop_file(struct arena *a, const struct program *program);
