/*
 * The face of kernel/selftest: what the kernel can prove or measure about itself, where no program
 * is needed.
 *
 * Runs instead of the first program, when fw_cfg names it, and ends the machine. Tests print TAP,
 * benches print lines `bench: name=NAME value=N unit=UNIT`.
 */
#pragma once

#include <abi/status.h>
#include <base/api.h>

/* names: of suites, separated by ','. done is called once, on a thread of its own. ERR_NOT_FOUND:
 * no such suite, and nothing runs. */
enum status selftest_start(struct str names, void (*done)(int32_t status));
