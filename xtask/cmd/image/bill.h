/* What the documents about an image say: shared by their writers. Private to cmd/image. */
#pragma once

#include "cmd/pipeline.h"
#include "deb/lock.h"
#include "deb/store.h"
#include "image/image.h"
#include <jansson.h>

struct bill {
	struct pipeline *pipeline;
	struct arena *arena;
	struct diag *diag;
	struct str time; /* the build's epoch, ISO 8601 */
	struct str id; /* UUID derived from the image's digest */
	struct str image_digest; /* SHA-256, hexadecimal */
	struct deb_lock debs;
};

json_t *bill_text(struct str s);
/* {"name": value, ...} from pairs that end with NULL; values are texts. */
json_t *bill_object(const char *name, ...);
/* NULL: not from a Debian package. */
const struct deb_package *bill_deb(const struct bill *b, const struct package *package);
/* Digest of a file in hexadecimal; reports when it can't be read. */
bool bill_digest(struct bill *b, struct str path, struct str *out_hex);

/* Each: a document, or NULL after reporting. */
json_t *bill_spdx(struct bill *b);
json_t *bill_cyclonedx(struct bill *b);
json_t *bill_provenance(struct bill *b);
