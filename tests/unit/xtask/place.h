/* A folder of a test's own, the current one while it runs: paths of the test are relative to it. */
#pragma once

#include "../folder.h"
#include "os/files.h"
#include <unistd.h>

struct test_place {
	char former[4096]; /* where the test program was started: the project's root */
	char root[64];
};

static inline void place_enter(struct test_place *place)
{
	assert_non_null(getcwd(place->former, sizeof place->former));
	test_folder_make(place->root, sizeof place->root);
	assert_int_equal(chdir(place->root), 0);
}

/* Removes the folder with all that is in it. */
static inline void place_leave(const struct test_place *place)
{
	assert_int_equal(chdir(place->former), 0);
	assert_int_equal(tree_remove(place->root), 0);
}
