/* The whole runner over a small made-up project; the tool in it is a script. */
#pragma once

#include "../../folder.h"
#include "../../test.h"
#include "os/files.h"
#include "test/test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fixture {
	struct arena arena;
	struct diag diag;
	struct test_request request;
	struct test_summary summary;
	char folder[64];
	struct str printed;
};

static struct str put(struct fixture *f, const char *name, const char *content, mode_t mode)
{
	struct str path = str_format(&f->arena, "%s/%s", f->folder, name);
	assert_int_equal(file_write(path.ptr, str_from_c(content), mode), 0);
	return path;
}

static struct str at(struct fixture *f, const char *name)
{
	return str_format(&f->arena, "%s/%s", f->folder, name);
}

static int make(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	host_arena_init(&f->arena);
	diag_init(&f->diag, &f->arena);
	test_folder_make(f->folder, sizeof f->folder);
	f->request = (struct test_request){
	        .unit_programs = at(f, "bin"),
	        .golden = at(f, "golden"),
	        .scenarios = at(f, "scenarios"),
	        .programs = at(f, "program"),
	        .work = at(f, "work"),
	        .fresh = true,
	        .timeout_ms = 5000,
	};
	strs_add(&f->request.unit_sources, &f->arena, STR("none"));
	/* echo: prints its arguments; fail: ends with 3; qemu: says what $folder/answer says. */
	f->request.tool = put(f, "xtask",
	                      "#!/bin/sh\ncase $1 in\n"
	                      "echo) shift; echo \"$@ ${MARK-}\"; ls ;;\n"
	                      "fail) echo failing >&2; exit 3 ;;\n"
	                      "build) exit 0 ;;\n"
	                      "qemu) cat \"$(dirname \"$0\")/answer\" ;;\n"
	                      "esac\n",
	                      0755);
	*state = f;
	return 0;
}

static int drop(void **state)
{
	struct fixture *f = *state;
	int error = tree_remove(f->folder);
	arena_release(&f->arena);
	free(f);
	return error;
}

static bool run(struct fixture *f)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	bool ran = test_run(&f->arena, &f->request, out, &f->summary, &f->diag);
	fclose(out);
	f->printed = arena_str(&f->arena, (struct str){text, len});
	free(text);
	return ran;
}

static void assert_counts(struct fixture *f, size_t passed, size_t failed, size_t skipped)
{
	if (f->summary.passed != passed || f->summary.failed != failed ||
	    f->summary.skipped != skipped)
		fail_msg("%zu passed, %zu failed, %zu skipped:\n%s", f->summary.passed,
		         f->summary.failed, f->summary.skipped, f->printed.ptr);
}

static void assert_printed(struct fixture *f, const char *text)
{
	if (!strstr(f->printed.ptr, text))
		fail_msg("no '%s' in:\n%s", text, f->printed.ptr);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)
