/* Reads every source file once, for all checks. */
#include "check/check.h"
#include "check/code.h"
#include "os/files.h"
#include <string.h>

static const char *const roots[] = {"apps", "compat",   "drivers",      "kernel",
                                    "libs", "services", "tests/target", "xtask"};

static bool is_source(struct str path)
{
	return str_ends_with(path, STR(".c")) || str_ends_with(path, STR(".h")) ||
	       str_ends_with(path, STR(".S"));
}

static bool read_file(struct arena *a, struct str path, struct check_file *out_file, struct diag *d)
{
	struct str text;
	int error = file_read(a, path.ptr, &text);
	if (error) {
		diag_error(d, (struct span){}, (struct str){}, "cannot read %.*s: %s",
		           STR_ARG(path), strerror(error));
		return false;
	}
	*out_file = (struct check_file){.source = {path, text}, .code = code_blank(a, text)};
	return true;
}

bool check_tree_read(struct arena *a, struct check_tree *out_tree, struct diag *d)
{
	struct strs paths = {};
	size_t errors = d->errors;
	for (size_t i = 0; i < COUNT(roots); i++) {
		struct strs below = {};
		int error = file_exists(roots[i]) ? tree_files(a, roots[i], &below) : 0;
		if (error)
			diag_error(d, (struct span){}, (struct str){}, "cannot read %s: %s",
			           roots[i], strerror(error));
		for (size_t j = 0; j < below.count; j++)
			strs_add(&paths, a, below.items[j]);
	}
	strs_sort(&paths);
	struct check_tree tree = {.files = ARENA_ARRAY(a, struct check_file, paths.count + 1)};
	for (size_t i = 0; i < paths.count; i++)
		if (is_source(paths.items[i]) &&
		    read_file(a, paths.items[i], &tree.files[tree.count], d))
			tree.count++;
	*out_tree = tree;
	return d->errors == errors;
}

bool check_abi(struct arena *a, const struct registry *r, struct diag *d)
{
	return r && gen_check_abi_lock(a, r, d);
}
