/* What the formats of `xtask export` share. */
#pragma once

#include "cmd/pipeline.h"

struct export
{
	struct pipeline *pipeline;
	struct arena *arena;
	struct str source, out;
	struct text why;
};

/* A program without input; what it prints is shown when it fails. */
[[nodiscard]] int export_program_run(struct export *e, const struct strs *words);
/* network.c: a folder for a TFTP server: the boot loader, and one signed archive with what it
 * loads. */
[[nodiscard]] int network_make(struct export *e, const char *folder);
/* Whether it makes a file of this name there. */
bool network_makes(struct str name);
