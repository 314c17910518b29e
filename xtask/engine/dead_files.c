#include "engine/dead_files.h"
#include "os/files.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* ".NAME.xtask-<pid>-<n>" and whatever was written beside it under a longer name. */
static bool is_temporary(struct str name)
{
	static const struct str mark = STR_INIT(".xtask-");
	if (!str_starts_with(name, STR(".")))
		return false;
	for (size_t i = 1; i + mark.len < name.len; i++) {
		if (!str_starts_with(str_slice(name, i, name.len), mark))
			continue;
		struct str_split pid = str_cut(str_slice(name, i + mark.len, name.len), '-');
		uint64_t number;
		if (str_to_u64(pid.head, &number) &&
		    str_to_u64(str_cut(pid.rest, '.').head, &number))
			return true;
	}
	return false;
}

static void sweep_folder(struct run *r, struct str path, bool (*unwanted)(struct str name))
{
	struct arena a;
	host_arena_init(&a);
	struct folder folder;
	int error = folder_read(&a, path.len ? arena_c_str(&a, path) : ".", &folder);
	if (error && error != ENOENT && error != ENOTDIR)
		run_error(r, "%.*s: %s", STR_ARG(path), strerror(error));
	for (size_t i = 0; !error && i < folder.count; i++) {
		if (folder.entries[i].is_folder || !unwanted(folder.entries[i].name))
			continue;
		struct str file = path_join(&a, path, folder.entries[i].name);
		if (unlink(file.ptr) < 0 && errno != ENOENT)
			run_error(r, "%.*s: %s", STR_ARG(file), strerror(errno));
	}
	arena_release(&a);
}

/* What file_write leaves when it is killed. */
static bool is_state_temporary(struct str name)
{
	return str_starts_with(name, STR("snapshot.")) || str_starts_with(name, STR("journal.")) ||
	       str_starts_with(name, STR("graph.dot."));
}

void run_sweep_temporaries(struct run *r, const char *state_folder)
{
	struct arena a;
	host_arena_init(&a);
	struct strs folders = {};
	for (size_t i = 0; i < r->files.count; i++) {
		const struct tracked_file *f = r->files.files[i];
		const struct trace *trace = f->trace;
		if (f->producer != NO_ACTION)
			strs_add(&folders, &a, path_folder(f->path));
		for (size_t k = 0; trace && k < trace->output_count; k++)
			strs_add(&folders, &a, path_folder(trace->outputs[k].file->path));
	}
	strs_sort(&folders);
	for (size_t i = 0; i < folders.count; i++)
		if (i == 0 || !str_equal(folders.items[i], folders.items[i - 1]))
			sweep_folder(r, folders.items[i], is_temporary);
	sweep_folder(r, str_from_c(state_folder), is_state_temporary);
	arena_release(&a);
}

static bool is_below(struct str path, struct str folder)
{
	return path.len > folder.len && path.ptr[folder.len] == '/' &&
	       str_starts_with(path, folder);
}

static void remove_empty_folders(struct run *r, struct str file)
{
	struct str out = str_from_c(r->request->out);
	struct str folder = path_folder(file);
	for (; is_below(folder, out); folder = path_folder(folder))
		if (rmdir(arena_c_str(&r->arena, folder)) < 0)
			return; /* not empty, most often */
}

static void remove_dead(struct run *r, const struct trace_output *output)
{
	struct tracked_file *f = output->file;
	if (f->producer != NO_ACTION || f->is_input || f->is_plan || file_look(f) != FILE_PRESENT ||
	    f->is_folder)
		return;
	bool ours = is_below(f->path, str_from_c(r->request->out)) ||
	            (file_hash(f) == 0 && digest_equal(&f->digest, &output->digest));
	if (!ours)
		return;
	if (unlink(f->path.ptr) < 0) {
		run_error(r, "%.*s: %s", STR_ARG(f->path), strerror(errno));
		return;
	}
	f->state = FILE_ABSENT;
	f->error = ENOENT;
	f->has_digest = f->has_former = false;
	r->summary.removed++;
	remove_empty_folders(r, f->path);
}

void run_remove_dead(struct run *r)
{
	for (size_t i = 0; i < r->files.count; i++) {
		struct tracked_file *f = r->files.files[i];
		const struct trace *trace = f->trace;
		if (!trace)
			continue;
		for (size_t k = 0; k < trace->output_count; k++)
			remove_dead(r, &trace->outputs[k]);
		if (trace->claimed)
			continue;
		f->trace = NULL;
		int error = journal_add_gone(&r->journal, f);
		if (error)
			run_error(r, "%.*s: %s", STR_ARG(r->journal.path), strerror(error));
	}
}
