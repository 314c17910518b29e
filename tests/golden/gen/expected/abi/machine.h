/* Generated from registry/machine.toml; edit that. */
#pragma once

#define MACHINE_EXIT_PANIC 0x20 /* After a panic. */

#define MACHINE_FW_CFG_QUOTED "a \"b\" \\c" /* Needs escapes. */
