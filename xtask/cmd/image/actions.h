/*
 * Actions from the linked kernel and the staged tree to the signed image: symbols, boot archive,
 * public key, signatures, GRUB, disk image. Kinds that the engine runs in process.
 */
#pragma once

#include "cmd/pipeline.h"

/* SOURCE_DATE_EPOCH, or the time that all files of an image carry: 2000-01-01. */
uint64_t image_epoch(void);

/* Says on stderr that the archive is asked for it: without a network apt tries for long. */
struct deb_package;
void say_fetching(const struct deb_package *package);

/* Hooks of the plan. context is the pipeline. */
bool image_plan_boot(struct graph *g, const struct package *package, struct artifact *out,
                     void *context, struct diag *d);
bool image_plan_deb(struct graph *g, const struct package *package, struct artifact *out,
                    void *context, struct diag *d);
/* Everything above the staged tree. */
bool image_plan(struct pipeline *p);
