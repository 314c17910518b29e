/* An arena for each test of a file, released after it. */
#pragma once

#include "os/files.h"

static struct arena arena;

static int set_up(void **)
{
	host_arena_init(&arena);
	return 0;
}

static int tear_down(void **)
{
	arena_release(&arena);
	return 0;
}
