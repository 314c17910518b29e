/* Where a test keeps its files: below the run's own folder, which `xtask test` removes. */
#pragma once

#include "test.h"
#include <stdio.h>
#include <stdlib.h>

/* Makes a new folder; its path goes to out_path. Who calls removes it. */
static inline void test_folder_make(char *out_path, size_t size)
{
	const char *parent = getenv("TMPDIR");
	if (!parent || !parent[0])
		parent = "/tmp";
	size_t len = (size_t)snprintf(out_path, size, "%s/test-XXXXXX", parent);
	assert_true(len < size);
	assert_non_null(mkdtemp(out_path));
}
