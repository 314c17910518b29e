/* What every unit test includes: cmocka with what it needs before it. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <base/api.h>

/* A struct str against a literal, with both shown on failure. */
#define assert_str(actual, expected)                                                               \
	do {                                                                                       \
		struct str actual_ = (actual), expected_ = (expected);                             \
		if (!str_equal(actual_, expected_))                                                \
			fail_msg("got '%.*s', want '%.*s'", STR_ARG(actual_), STR_ARG(expected_)); \
	} while (0)
