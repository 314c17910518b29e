#include "stage/stage.h"
#include "os/files.h"
#include "stage/registries.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct stage {
	struct arena *arena;
	struct graph *graph;
	struct str image; /* OUT/image */
	struct staged *out;
};

static struct staged_file *staged_add(struct stage *s, struct str path)
{
	struct staged *out = s->out;
	if (out->count == out->capacity) {
		size_t capacity = out->capacity ? out->capacity * 2 : 64;
		struct staged_file *files = ARENA_ARRAY(s->arena, struct staged_file, capacity);
		if (out->count)
			memcpy(files, out->files, out->count * sizeof *files);
		out->files = files;
		out->capacity = capacity;
	}
	struct staged_file *file = &out->files[out->count++];
	*file = (struct staged_file){.path = path, .file = path_join(s->arena, s->image, path)};
	return file;
}

static void stage_text(struct stage *s, struct str path, struct str content, bool preload)
{
	struct staged_file *file = staged_add(s, path);
	file->preload = preload;
	plan_write(s->graph, file->file, content);
}

static bool stage_overlay(struct stage *s, const char *overlay, struct diag *d)
{
	struct strs files = {};
	int error = tree_files(s->arena, overlay, &files);
	if (error == ENOENT)
		return true;
	if (error) {
		diag_error(d, (struct span){}, (struct str){}, "%s: %s", overlay, strerror(error));
		return false;
	}
	struct str last_folder = {};
	for (size_t i = 0; i < files.count; i++) {
		struct str from = files.items[i];
		struct str path = str_slice(from, strlen(overlay) + 1, from.len);
		struct staged_file *file = staged_add(s, path);
		/* what every program may want before there is a disk */
		file->preload = str_starts_with(path, STR("etc/"));
		plan_copy(s->graph, from, file->file);
		if (!str_equal(path_folder(from), last_folder)) {
			last_folder = path_folder(from);
			strs_add(&s->out->overlay_folders, s->arena,
			         arena_str(s->arena, last_folder));
		}
	}
	return true;
}

static void stage_artifacts(struct stage *s, const struct artifacts *artifacts)
{
	for (size_t i = 0; i < artifacts->count; i++) {
		const struct artifact *artifact = &artifacts->items[i];
		for (size_t k = 0; k < artifact->files.count; k++) {
			struct staged_file *file = staged_add(s, artifact->paths.items[k]);
			file->package = artifact->package;
			file->preload = artifact->package->boot.preload.value;
			if (artifact->has_debug_info)
				plan_strip(s->graph, STR("--strip-debug"),
				           artifact->files.items[k], file->file);
			else
				plan_copy(s->graph, artifact->files.items[k], file->file);
		}
	}
}

static bool stage_registries(struct stage *s, const struct registry_input *in, struct diag *d)
{
	struct arena *a = s->arena;
	struct str environment, access, tree;
	bool ok = registry_runtime_env(a, &environment, d);
	ok &= registry_tree(a, &tree, d);
	if (!registry_linux_access(a, in->overlay, &access, d) || !ok)
		return false;

	const struct {
		struct str path;
		struct str content;
	} registries[] = {
	        {STR("system/registry/kernel/loadable-drivers.tsv"),
	         registry_loadable_drivers(a, in)},
	        {STR("system/registry/system/desktop-programs.tsv"),
	         registry_desktop_programs(a, in)},
	        {STR("system/registry/system/runtime-launch-programs.tsv"),
	         registry_runtime_launch(a, in)},
	        {STR("system/registry/system/startup-programs.tsv"),
	         registry_startup_programs(a, in)},
	        {STR("system/registry/system/core-programs.tsv"), registry_core_programs(a, in)},
	        {STR("system/registry/system/linux-runtime-access.tsv"), access},
	        {STR("system/registry/system/runtime-env.tsv"), environment},
	        {STR("system/registry/system/links.tsv"), registry_links(a, in)},
	        {STR("system/registry/system/tree.tsv"), tree},
	        {STR("system/registry/compat/windows-system-dlls.txt"),
	         registry_windows_dlls(a, in)},
	};
	for (size_t i = 0; i < COUNT(registries); i++)
		stage_text(s, registries[i].path, registries[i].content, true);
	return true;
}

static void stage_desktop_files(struct stage *s, const struct registry_input *in)
{
	struct programs programs = programs_collect(s->arena, in);
	for (size_t i = 0; i < programs.count; i++) {
		const struct program *program = &programs.items[i];
		if (program->package->startup.value == STARTUP_NONE && !program->autostart)
			continue;
		struct str path =
		        path_join(s->arena, STR("usr/share/applications"), program->desktop_id);
		stage_text(s, path, desktop_file(s->arena, program), false);
	}
}

static int compare_staged(const void *a, const void *b)
{
	return str_compare(((const struct staged_file *)a)->path,
	                   ((const struct staged_file *)b)->path);
}

/* A package and the overlay (or the stage itself) may not give the same file, nor names that FAT
 * takes for one. */
static bool check_clashes(const struct staged *staged, struct diag *d)
{
	bool ok = true;
	for (size_t i = 0; i + 1 < staged->count; i++) {
		const struct staged_file *one = &staged->files[i], *two = &staged->files[i + 1];
		if (!str_equal_no_case(one->path, two->path))
			continue;
		const struct package *p = one->package ? one->package : two->package;
		diag_error(d, p ? p->install.path.span : (struct span){},
		           STR("install it elsewhere or take it out of assets/image"),
		           "two files want '%.*s' in the image", STR_ARG(two->path));
		ok = false;
	}
	return ok;
}

bool stage_plan(struct arena *a, const struct stage_request *request, struct graph *g,
                struct staged *out_staged, struct diag *d)
{
	struct overlay overlay = {.arena = a, .folder = request->overlay};
	const struct registry_input in = {request->system, request->artifacts, &overlay};
	struct staged staged = {};
	struct stage s = {a, g, path_join(a, request->out, STR("image")), &staged};

	bool ok = stage_overlay(&s, request->overlay, d);
	stage_artifacts(&s, request->artifacts);
	ok &= stage_registries(&s, &in, d);
	stage_desktop_files(&s, &in);
	if (staged.count)
		qsort(staged.files, staged.count, sizeof *staged.files, compare_staged);
	ok &= check_clashes(&staged, d);
	staged.inputs = overlay.inputs;
	strs_add(&staged.inputs, a, STR("registry/runtime_env.toml"));
	strs_add(&staged.inputs, a, STR("registry/tree.toml"));
	strs_add(&staged.inputs, a, STR("registry/linux_runtime_access.toml"));
	if (ok)
		*out_staged = staged;
	return ok;
}
