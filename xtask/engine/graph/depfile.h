/*
 * Dependency files as compilers write them: Makefile rules.
 *
 * Format: GNU make manual, "Rule Syntax", as far as gcc -MD, clang -MD and ld
 * --dependency-file use it: several rules, "\ " for a space, "\#", "$$", backslash at a line's end.
 */
#pragma once

#include "os/text.h"

/*
 * Adds every prerequisite of every rule, each once, in order of first
 * appearance; targets are passed over. False when a line is no rule.
 */
bool depfile_parse(struct arena *a, struct str content, struct strs *out_paths);
