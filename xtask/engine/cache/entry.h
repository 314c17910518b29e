/*
 * What the cache says of one key: made of what, from what, by whom.
 *
 * Lines of text, in this order; the last one signs (Ed25519) all bytes above it:
 *   xtask-cache 1
 *   for KEY
 *   took MICROSECONDS
 *   depends PATH                  each; of an entry that names discovered inputs
 *   output SHA-256 MODE           each, in the action's order; of an entry of results
 *   by PUBLIC-KEY
 *   signature HEX
 * The key stands in it so that an entry can't be put under another one.
 */
#pragma once

#include "engine/engine.h"

enum { CACHE_KEY_BYTES = 32, CACHE_SIGNATURE_BYTES = 64 };

struct cache_signer {
	uint8_t seed[CACHE_KEY_BYTES];
	uint8_t public_key[CACHE_KEY_BYTES];
	struct strs trusted; /* public keys of others whose entries count, hexadecimal */
};

struct cache_output {
	struct digest digest;
	uint32_t mode;
};

struct cache_entry {
	struct digest key;
	uint64_t duration_us;
	struct strs depends;
	struct cache_output *outputs;
	size_t output_count;
};

/* Reads the signer's file, or makes one (mode 0600). 0 or an errno value. */
[[nodiscard]] int cache_signer_load(struct arena *a, const char *path, struct cache_signer *out);
/* The signed text. */
struct str cache_entry_write(struct arena *a, const struct cache_entry *entry,
                             const struct cache_signer *signer);
/*
 * False, and why, unless the text is whole, for this key and signed by the signer or one of
 * its trusted ones.
 */
bool cache_entry_read(struct arena *a, struct str text, const struct digest *key,
                      const struct cache_signer *signer, struct cache_entry *out_entry,
                      const char **out_why);
/* The parser alone, without a look at the signature; *out_signed_bytes is what it signs. */
bool cache_entry_parse(struct arena *a, struct str text, struct cache_entry *out_entry,
                       struct str *out_by, struct str *out_signature, size_t *out_signed_bytes);
struct str cache_hex(struct arena *a, const uint8_t *bytes, size_t count);
