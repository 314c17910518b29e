/* What a step may read becomes rules for its sandbox, and the sandbox's report a problem. */
#pragma once

#include "engine/process/job.h"

/* Starts the step's program under a supervisor. 0 or an errno value. */
[[nodiscard]] int confine_start(struct job *j, struct run *r, const struct child_program *program);
/* What the job read or wrote without declaring it, or "". Once it has ended. */
struct str confine_problem(struct job *j, struct run *r);
/* The same of files in declared folders, which its depfile has to name; "" when it did. */
struct str confine_check_noted(struct job *j, const struct run *r, const struct trace *trace);
