/*
 * What runs first: rootd, out of the signed boot archive, or the self-test that
 * the boot asks for. A kernel with debug assertions can be told of another first program.
 */
#pragma once

#include <abi/status.h>
#include <stdbool.h>

/* The boot asks for suites of kernel/selftest. */
bool first_program_is_selftest(void);
enum status first_program_start(void);
