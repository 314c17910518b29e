/*
 * Random bytes for keys, from whatever sources are mixed in.
 *
 * What is added goes through SHA-256 together with the key that stands, so a bad source takes
 * nothing away; output is ChaCha20 (RFC 8439, section 2.4) under that key. Each request also makes
 * the next key, which replaces the one that was used: who reads the state later learns
 * nothing of what was given out before. Not for two threads at once.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { RANDOM_KEY_BYTES = 32, RANDOM_NONCE_BYTES = 12, CHACHA20_BLOCK_BYTES = 64 };

struct random_generator {
	uint8_t key[RANDOM_KEY_BYTES];
};

/* Also for the first seed of a zeroed generator. */
void random_generator_add(struct random_generator *generator, const void *bytes, size_t len);
void random_generator_fill(struct random_generator *generator, void *buffer, size_t len);

struct chacha20_position {
	uint32_t counter;
	uint8_t nonce[RANDOM_NONCE_BYTES];
};

/* One block of key stream. */
void chacha20_block(const uint8_t key[RANDOM_KEY_BYTES], const struct chacha20_position *position,
                    uint8_t out[CHACHA20_BLOCK_BYTES]);
