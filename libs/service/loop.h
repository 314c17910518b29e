/* What the loop and its strands know of each other. Inside libs/service only. */
#pragma once

#include <service/strands.h>

/* The loop of one strand, or of a service without them; memory: SERVICE_MEMORY_BYTES. */
enum status loop_run(const struct service_definition *definition,
                     const struct service_transport *transport, uint8_t *memory);

/* ---- strands.c ---- */

/* Runs the loop on strands; back with what it ended with. ERR_NO_MEMORY: it did not begin. */
enum status strands_run(struct service_strands *s);
/* Those go on that wait no more; this one, which has no request, when another one is wanted. */
void strands_give_way(struct service_strands *s);
/* The same of one that has a request: it comes after them. */
void strands_pass(struct service_strands *s);
/* The event's strand waits no more. False: nobody waits for it. */
bool strands_tell(struct service_strands *s, uint64_t cookie, int64_t value);
/* Whether no strand waits, nor was left. */
bool strands_are_quiet(const struct service_strands *s);
/* Whether there is one that could take over; makes it when there is none. */
bool strands_have_spare(struct service_strands *s);
