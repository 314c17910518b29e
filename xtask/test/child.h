/* One command, run to its end or to its time limit, with all it says captured. */
#pragma once

#include "os/text.h"

struct child_request {
	struct strs argv;
	const char *folder; /* working folder; NULL: the present one */
	struct strs environment; /* NAME=VALUE, set */
	bool plain_environment; /* without HOME, RUSTOS_* and what else would change a result */
	uint64_t timeout_ms;
};

struct child_result {
	int wait_status; /* of waitpid */
	bool timed_out;
	struct str output; /* stdout and stderr, as they came */
	uint64_t elapsed_us;
};

/* 0 or an errno value. Whatever the command left running in its group is killed. */
[[nodiscard]] int child_run(struct arena *a, const struct child_request *request,
                            struct child_result *out_result);
/* "status 3", "signal 11 (Segmentation fault)", "no end within 5 s". */
struct str child_end(struct arena *a, const struct child_request *request,
                     const struct child_result *result);
bool child_succeeded(const struct child_result *result);
/* argv as one would type it in a shell. */
struct str child_shell_line(struct arena *a, const struct strs *argv);
uint64_t monotonic_us(void);
