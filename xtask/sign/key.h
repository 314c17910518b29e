/*
 * The signing key: RSA, PEM (PKCS#8), private to its owner.
 *
 * The development key is made on first use; a given key is only read. Two runs that make it at
 * the same time end up with one and the same key.
 */
#pragma once

#include "os/text.h"

#define SIGNING_DEVELOPMENT_KEY "build/keys/development.pem"
enum { SIGNING_KEY_BITS = 2048 };

struct signing_key; /* an RSA key pair; private */

/* Makes the key at path unless one is there: folder 0700, file 0600. */
[[nodiscard]] int signing_key_ensure(const char *path, struct text *why);
/*
 * Reads a private key. EINVAL when it is no RSA key of 2048 to 4096 bits, or is encrypted. Ends
 * with signing_key_destroy.
 */
[[nodiscard]] int signing_key_open(const char *path, struct signing_key **out_key,
                                   struct text *why);
void signing_key_destroy(struct signing_key *key);
