/* Files that nobody answers for any more: dead outputs, temporaries of a killed run. */
#pragma once

#include "engine/run.h"

/* Temporary files beside outputs and in the state folder. */
void run_sweep_temporaries(struct run *r, const char *state_folder);
/*
 * Removes what former runs made and this graph does not, and the folders that this
 * empties. Below request->out always; elsewhere only what is still as we made it.
 */
void run_remove_dead(struct run *r);
