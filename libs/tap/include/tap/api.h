/* Test Anything Protocol over the debug console: "ok N - name" per check, "1..N" at the end. */
#pragma once

#include <rt/api.h>

struct tap {
	unsigned count;
	unsigned failed;
};

void tap_check(struct tap *tap, bool passed, const char *name);
/* As tap_check, with what was there when the two differ. */
void tap_check_equal(struct tap *tap, int64_t got, int64_t expected, const char *name);
/* Prints the plan; the program's exit status. */
int tap_finish(const struct tap *tap);
