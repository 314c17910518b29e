/*
 * Keys in PKCS #11 tokens, through `openssl` and its pkcs11 engine: the tool itself is linked
 * statically and can't load a token's module. Private to sign/.
 */
#pragma once

#include "sign/key.h"
#include <openssl/evp.h>

/* The public half. The URI tells how to log in (pin-value, pin-source: RFC 7512). */
[[nodiscard]] int token_key_read(const char *uri, EVP_PKEY **out_public, struct text *why);
[[nodiscard]] int token_key_sign(const char *uri, const uint8_t *digest, uint8_t *out, size_t *len);
