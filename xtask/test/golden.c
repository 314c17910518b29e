/*
 * Golden cases: what the tool prints for a small tree, compared as text.
 *
 * A case is a folder: command (arguments of xtask, one run a line), tree/ (laid
 * over a copy of base/, config/ and registry/), remove (paths taken away again),
 * expected.txt (stdout and stderr together) and status (of the last run).
 */
#include "os/files.h"
#include "test/diff.h"
#include "test/suite.h"
#include "test/words.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RUN_LIMIT_MS = 600000 };

struct golden_case {
	struct arena *arena;
	const struct test_request *request;
	const struct found_test *test;
	struct str tree; /* temporary, absolute */
	struct str expected_file, status_file;
	struct str output; /* normalised */
	int status;
	struct str problem; /* not empty: the case could not be run to its end */
	enum verdict verdict; /* of the problem */
};

static bool fail(struct golden_case *c, struct str what, int error)
{
	c->problem = str_format(c->arena, "%.*s: %s", STR_ARG(what), strerror(error));
	c->verdict = VERDICT_HOST_ERROR;
	return false;
}

static bool copy_file(struct golden_case *c, struct str from, struct str to)
{
	struct str content;
	struct stat st;
	int error = stat(arena_c_str(c->arena, from), &st) == 0 ? 0 : errno;
	if (!error)
		error = file_read(c->arena, arena_c_str(c->arena, from), &content);
	if (!error)
		error = file_write(arena_c_str(c->arena, to), content, st.st_mode & 0777);
	return error ? fail(c, from, error) : true;
}

/* A folder that does not exist copies nothing. */
static bool copy_tree(struct golden_case *c, struct str from, struct str to)
{
	struct strs files = {};
	if (!file_exists(arena_c_str(c->arena, from)))
		return true;
	int error = tree_files(c->arena, arena_c_str(c->arena, from), &files);
	if (error)
		return fail(c, from, error);
	for (size_t i = 0; i < files.count; i++) {
		struct str below = str_slice(files.items[i], from.len + 1, files.items[i].len);
		if (!copy_file(c, files.items[i], path_join(c->arena, to, below)))
			return false;
	}
	return true;
}

static bool remove_listed(struct golden_case *c)
{
	struct str list;
	struct str file = path_join(c->arena, c->test->path, STR("remove"));
	int error = file_read(c->arena, arena_c_str(c->arena, file), &list);
	if (error)
		return error == ENOENT ? true : fail(c, file, error);
	while (list.len) {
		struct str_split cut = str_cut(list, '\n');
		struct str path = str_trim(cut.head);
		list = cut.rest;
		if (!path.len)
			continue;
		path = path_join(c->arena, c->tree, path);
		error = tree_remove(arena_c_str(c->arena, path));
		if (error)
			return fail(c, path, error);
	}
	return true;
}

static bool prepare_tree(struct golden_case *c)
{
	struct arena *a = c->arena;
	const char *folder = getenv("TMPDIR");
	struct str pattern =
	        str_format(a, "%s/xtask-golden-XXXXXX", folder && folder[0] ? folder : "/tmp");
	char *made = mkdtemp(arena_c_str(a, pattern));
	if (!made)
		return fail(c, pattern, errno);
	c->tree = str_from_c(made);
	struct str base = path_join(a, c->request->golden, STR("base"));
	return copy_tree(c, base, c->tree) &&
	       copy_tree(c, STR("config"), path_join(a, c->tree, STR("config"))) &&
	       copy_tree(c, STR("registry"), path_join(a, c->tree, STR("registry"))) &&
	       copy_tree(c, path_join(a, c->test->path, STR("tree")), c->tree) && remove_listed(c);
}

static bool run_line(struct golden_case *c, const char *tool, struct str line, struct text *output)
{
	struct child_request child = {
	        .folder = arena_c_str(c->arena, c->tree),
	        .plain_environment = true,
	        .timeout_ms = RUN_LIMIT_MS,
	};
	struct strs words = {};
	if (!split_words(c->arena, line, &words)) {
		c->problem = str_format(c->arena, "a quote is not closed: %.*s", STR_ARG(line));
		return false;
	}
	size_t at = 0;
	for (; at < words.count && is_assignment(words.items[at]); at++)
		strs_add(&child.environment, c->arena, words.items[at]);
	strs_add(&child.argv, c->arena, str_from_c(tool));
	for (; at < words.count; at++)
		strs_add(&child.argv, c->arena, words.items[at]);

	struct child_result result;
	int error = child_run(c->arena, &child, &result);
	if (error)
		return fail(c, str_from_c(tool), error);
	text_add(output, result.output);
	if (result.timed_out || WIFSIGNALED(result.wait_status)) {
		c->verdict = result.timed_out ? VERDICT_TIMEOUT : VERDICT_FAILED;
		c->problem = str_format(c->arena, "`xtask %.*s` ended by %.*s\n%.*s", STR_ARG(line),
		                        STR_ARG(child_end(c->arena, &child, &result)),
		                        STR_ARG(last_lines(result.output, 40)));
		return false;
	}
	c->status = WEXITSTATUS(result.wait_status);
	return true;
}

/* More than one line: each is shown before what it printed. */
static bool run_commands(struct golden_case *c)
{
	struct str commands;
	struct str file = path_join(c->arena, c->test->path, STR("command"));
	int error = file_read(c->arena, arena_c_str(c->arena, file), &commands);
	if (error)
		return fail(c, file, error);
	char *tool = realpath(arena_c_str(c->arena, c->request->tool), NULL);
	if (!tool)
		return fail(c, c->request->tool, errno);
	commands = str_trim(commands);
	bool several = str_contains(commands, '\n');
	struct text output = {.arena = c->arena};
	bool ok = true;
	while (ok && commands.len) {
		struct str_split cut = str_cut(commands, '\n');
		if (several)
			text_addf(&output, "$ xtask %.*s\n", STR_ARG(str_trim(cut.head)));
		ok = run_line(c, tool, cut.head, &output);
		commands = cut.rest;
	}
	free(tool);
	c->output = normalise_output(c->arena, text_str(&output), c->tree);
	return ok;
}

static bool update(struct golden_case *c)
{
	int error = file_write(arena_c_str(c->arena, c->expected_file), c->output, 0644);
	if (error)
		return fail(c, c->expected_file, error);
	struct str status = str_format(c->arena, "%d\n", c->status);
	error = file_write(arena_c_str(c->arena, c->status_file), status, 0644);
	return error ? fail(c, c->status_file, error) : true;
}

/* Empty: as expected. */
static struct str compare(struct golden_case *c)
{
	struct arena *a = c->arena;
	struct str expected;
	struct str status;
	uint64_t number = 0;
	if (file_read(a, arena_c_str(a, c->expected_file), &expected) != 0)
		return str_format(a, "no %.*s; this is what came:\n%.*s", STR_ARG(c->expected_file),
		                  STR_ARG(c->output));
	if (file_read(a, arena_c_str(a, c->status_file), &status) == 0 &&
	    !str_to_u64(str_trim(status), &number))
		return str_format(a, "%.*s holds no number", STR_ARG(c->status_file));
	struct text reason = {.arena = a};
	if ((int)number != c->status)
		text_addf(&reason, "status %d instead of %d\n", c->status, (int)number);
	text_add(&reason, unified_diff(a, expected, c->output));
	return text_str(&reason);
}

void run_golden(struct arena *a, const struct test_request *request, const struct found_test *test,
                struct outcomes *out)
{
	struct golden_case c = {
	        .arena = a,
	        .request = request,
	        .test = test,
	        .expected_file = path_join(a, test->path, STR("expected.txt")),
	        .status_file = path_join(a, test->path, STR("status")),
	        .verdict = VERDICT_FAILED,
	};
	uint64_t begin = monotonic_us();
	bool ran = prepare_tree(&c) && run_commands(&c);
	if (ran && request->update)
		ran = update(&c);
	struct str reason = ran ? compare(&c) : c.problem;
	if (c.tree.len)
		(void)!tree_remove(arena_c_str(a, c.tree)); /* in the folder for temporary files */
	struct test_outcome outcome = {
	        .kind = TEST_GOLDEN,
	        .verdict = reason.len ? c.verdict : VERDICT_PASSED,
	        .name = test->name,
	        .reason = reason,
	        .repeat = str_format(a, "%.*s test %.*s", STR_ARG(request->tool),
	                             STR_ARG(test->name)),
	        .elapsed_us = monotonic_us() - begin,
	};
	outcomes_add(out, a, &outcome);
}
