/*
 * Threads that wait in exec until loaderd has built their program. Inside kernel/ps; what brokers
 * use stands in ps/api.h.
 */
#pragma once

#include "ps/api.h"
#include "ps/program/prepare.h"

/*
 * Asks loaderd for the program at path, in the name of the calling task; the answer is the
 * caller's. ERR_IO: there is no loaderd, or none that lives long enough; else what loaderd says.
 */
enum status loader_build(struct str path, struct program_built **out_built);
