/*
 * Brings an image up to date where it is, when little has changed, and otherwise writes it anew.
 *
 * Either way the bytes are those that image_write gives for the same request. In place, old and
 * new content are compared by sector and only what differs is written, through the redo journal
 * (image/redo.h). Anew: into a temporary file that is renamed; so it is too when somebody has the
 * image open, a virtual machine say.
 */
#pragma once

#include "image/image.h"

/* Part of every record and of the build's keys: raise it when equal requests give other bytes. */
enum { IMAGE_LAYOUT_VERSION = 1 };

struct image_update_report {
	bool whole; /* written anew */
	uint64_t image_bytes; /* written to the image */
	uint64_t journal_bytes, record_bytes; /* written beside it */
};

/* request's files need not be prepared. */
[[nodiscard]] int image_update(const struct image_request *request, const char *path,
                               struct image_update_report *out_report, struct text *why);
