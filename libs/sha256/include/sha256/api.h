/* SHA-256: FIPS 180-4, section 6.2. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { SHA256_BYTES = 32, SHA256_BLOCK_BYTES = 64 };

struct sha256 {
	uint32_t words[8];
	uint64_t total; /* bytes so far */
	uint8_t block[SHA256_BLOCK_BYTES]; /* total % 64 of them wait */
};

void sha256_init(struct sha256 *state);
void sha256_update(struct sha256 *state, const void *bytes, size_t len);
/* The state is used up. */
void sha256_finish(struct sha256 *state, uint8_t out_digest[SHA256_BYTES]);
