/* What a fuzz target demands of what it drives: otherwise the run ends as a crash. */
#pragma once

#include <base/str.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

static inline void require(bool holds)
{
	if (!holds)
		abort();
}

static inline void require_inside(struct str part, struct str whole)
{
	require(!part.len || (part.ptr >= whole.ptr && part.len <= whole.len &&
	                      part.ptr - whole.ptr <= (ptrdiff_t)(whole.len - part.len)));
}
