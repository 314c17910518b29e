#include "engine/sandbox/sandbox.h"
#include "os/files.h"
#include <fcntl.h>
#include <stdlib.h>

static const struct str system_folders[] = {
        STR_INIT("/usr"),   STR_INIT("/lib"), STR_INIT("/lib64"),
        STR_INIT("/lib32"), STR_INIT("/bin"), STR_INIT("/sbin"),
        STR_INIT("/proc"),  STR_INIT("/dev"), STR_INIT("/sys")};
static const struct str system_files[] = {STR_INIT("/etc/ld.so.cache"),
                                          STR_INIT("/etc/ld.so.preload")};
#define TEMPORARY_FOLDER "/tmp"

static bool is_below(struct str path, struct str folder)
{
	return str_starts_with(path, folder) &&
	       (path.len == folder.len || path.ptr[folder.len] == '/');
}

/* "/a/./b/../c" -> "/a/c"; by the letters, whatever links there are. */
static struct str absolute(struct sandbox_rules *r, struct str path)
{
	if (!path.len || path.ptr[0] != '/')
		path = str_format(r->arena, "%.*s/%.*s", STR_ARG(r->root), STR_ARG(path));
	struct str normal;
	if (!path_normalise(r->arena, str_slice(path, 1, path.len), &normal))
		return path;
	return str_format(r->arena, "/%.*s", STR_ARG(normal));
}

void sandbox_rules_open(struct sandbox_rules *rules, struct arena *a, struct str root)
{
	*rules = (struct sandbox_rules){.arena = a, .root = root};
}

void sandbox_add(struct sandbox_rules *rules, struct strs *list, struct str path)
{
	strs_add(list, rules->arena, absolute(rules, path));
}

void sandbox_rules_close(struct sandbox_rules *rules)
{
	strs_sort(&rules->files);
}

static bool holds(const struct strs *sorted, struct str path)
{
	size_t first = 0, end = sorted->count;
	while (first < end) {
		size_t middle = (first + end) / 2;
		int order = str_compare(sorted->items[middle], path);
		if (order == 0)
			return true;
		if (order < 0)
			first = middle + 1;
		else
			end = middle;
	}
	return false;
}

static bool is_system(struct str path)
{
	for (size_t i = 0; i < COUNT(system_folders); i++)
		if (is_below(path, system_folders[i]))
			return true;
	for (size_t i = 0; i < COUNT(system_files); i++)
		if (str_equal(path, system_files[i]))
			return true;
	return false;
}

static bool is_output(const struct sandbox_rules *r, struct str path)
{
	for (size_t i = 0; i < r->outputs.count; i++)
		if (str_starts_with(path, r->outputs.items[i]))
			return true;
	return strs_contain(&r->made, path);
}

static enum sandbox_verdict judge_reading(const struct sandbox_rules *r, struct str path)
{
	if (holds(&r->files, path) || is_output(r, path) || is_system(path))
		return SANDBOX_PASS;
	for (size_t i = 0; i < r->folders.count; i++)
		if (is_below(path, r->folders.items[i]))
			return SANDBOX_NOTE;
	return SANDBOX_REFUSE;
}

/* Beside an output, or in the folder for temporary files, anything new may be made. */
static enum sandbox_verdict judge_making(struct sandbox_rules *r, struct str path)
{
	struct str folder = path_folder(path);
	bool allowed = is_output(r, path) || is_system(path);
	bool temporary = is_below(path, STR(TEMPORARY_FOLDER)) && !is_below(path, r->root);
	bool is_new = temporary || !file_exists(arena_c_str(r->arena, path));
	for (size_t i = 0; i < r->outputs.count && !allowed && is_new; i++)
		allowed = str_equal(folder, path_folder(r->outputs.items[i]));
	allowed |= temporary;
	if (allowed && !is_output(r, path))
		strs_add(&r->made, r->arena, path);
	return allowed ? SANDBOX_PASS : SANDBOX_REFUSE;
}

/* Where links lead to, or an empty string. */
static struct str real_path(struct sandbox_rules *r, struct str path)
{
	char *real = realpath(arena_c_str(r->arena, path), NULL);
	struct str copy = real ? arena_str(r->arena, str_from_c(real)) : STR("");
	free(real);
	return copy;
}

enum sandbox_verdict sandbox_judge(struct sandbox_rules *rules, struct str path, int flags)
{
	struct stat st;
	path = absolute(rules, path);
	bool reads = (flags & O_ACCMODE) == O_RDONLY;
	if (!reads || flags & (O_CREAT | O_TRUNC))
		return judge_making(rules, path);
	enum sandbox_verdict verdict = judge_reading(rules, path);
	if (verdict == SANDBOX_PASS || stat(arena_c_str(rules->arena, path), &st) < 0)
		return SANDBOX_PASS; /* what is not there can't be read */
	if (S_ISDIR(st.st_mode)) /* passing through a folder is no reading; listing one is */
		return flags & O_PATH || verdict == SANDBOX_NOTE ||
		                       str_equal(path, STR(TEMPORARY_FOLDER))
		               ? SANDBOX_PASS
		               : SANDBOX_REFUSE;
	if (verdict == SANDBOX_NOTE)
		return verdict;
	struct str real = real_path(rules, path);
	return real.len ? judge_reading(rules, real) : SANDBOX_REFUSE;
}
