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
#define SIGNING_KEY_URI "pkcs11:" /* what a key in a token begins with (RFC 7512) */
/* Key and certificate that Debian's test firmware trusts: for development only. */
#define SIGNING_EFI_DEVELOPMENT_KEY "/usr/share/ovmf/PkKek-1-snakeoil.key"
#define SIGNING_EFI_DEVELOPMENT_CERTIFICATE "/usr/share/ovmf/PkKek-1-snakeoil.pem"

/*
 * Opens a private key: a file in PEM, or a PKCS #11 URI, which `openssl` reads with its pkcs11
 * engine and which never leaves its token. EINVAL when it is no RSA key of 2048 to 4096 bits, or is
 * encrypted. Ends with signing_key_destroy.
 */
[[nodiscard]] int signing_key_open(const char *path, struct signing_key **out_key,
                                   struct text *why);
void signing_key_destroy(struct signing_key *key);
/* PKCS #1 v1.5 over a SHA-256 digest of 32 bytes. *len: room in out, then what was written. */
[[nodiscard]] int signing_key_sign(const struct signing_key *key, const uint8_t *digest,
                                   uint8_t *out, size_t *len);
/* EPERM, with the reason, when key is one that everybody has: for releases. */
[[nodiscard]] int signing_key_refuse_development(const char *path, struct text *why);
