/* What the parts of runctl share. */
#pragma once

#include <linux_calls/api.h>
#include <runtime_control/api.h>

enum { STANDARD_INPUT = 0, STANDARD_OUTPUT = 1, STANDARD_ERROR = 2 };

[[gnu::format(printf, 2, 3)]] void say(int descriptor, const char *format, ...);
/* 1, the status for that. */
int refused(const char *what, enum status status);

/* ---- attach.c ---- */

/* Until the session ends, or the person leaves it. Exit status. */
int attach(uint64_t session);
