/*
 * Which tag (PCID) an address space has on one CPU, and whether what the CPU remembers under the
 * tag may still be used. Knows no CPU: runs on the host. Intel SDM volume 3, section 4.10.1.
 *
 * A space has a version that grows with every invalidation. A CPU that has it loaded is told of
 * each one; a CPU that has not finds out by the version when it loads it again.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { SPACE_TAGS = 8 };

struct space_tag {
	uint64_t space; /* number of the space; 0: unused */
	uint64_t version; /* what this CPU has been told of */
};

/* Of one CPU. Zeroed: all unused. */
struct space_tags {
	struct space_tag tags[SPACE_TAGS]; /* tag number: index + 1 */
	uint32_t next; /* whose turn it is to be replaced */
};

/* What is loaded for a space at this version; *out_forget: entries under the tag are useless. */
uint32_t space_tags_load(struct space_tags *tags, uint64_t space, uint64_t version,
                         bool *out_forget);
/* This CPU, which has the space loaded, forgets what made it this version. */
void space_tags_told(struct space_tags *tags, uint64_t space, uint64_t version);
