/*
 * Shared by the writer and the verifier of OpenPGP packets; private to sign/.
 * Numbers: RFC 4880, sections 4.3, 5.2.1, 5.2.3.1, 9.1 and 9.4.
 */
#pragma once

#include "sign/openpgp.h"
#include <openssl/evp.h>

enum {
	PACKET_SIGNATURE = 2,
	PACKET_PUBLIC_KEY = 6,
	PACKET_USER_ID = 13,

	OPENPGP_VERSION = 4,
	OPENPGP_RSA = 1,
	OPENPGP_SHA256 = 8,

	SIGNATURE_OF_CONTENT = 0x00,
	SIGNATURE_OF_USER_ID = 0x13, /* positive certification */

	SUBPACKET_TIME = 2,
	SUBPACKET_ISSUER = 16,
	SUBPACKET_KEY_FLAGS = 27,
	SUBPACKET_ISSUER_FINGERPRINT = 33,

	FINGERPRINT_BYTES = 20,
	KEY_ID_BYTES = 8, /* the fingerprint's last */
	SHA256_BYTES = 32,
	RSA_BYTES_MAX = 1024, /* of a modulus that is accepted */
};

/* The OpenSSL key behind it; lives as long as key. */
EVP_PKEY *signing_key_pair(const struct signing_key *key);
/* OpenSSL without the host's configuration file. Harmless when called again. */
void crypto_start(void);

struct fingerprint {
	uint8_t bytes[FINGERPRINT_BYTES];
};
/* SHA-1 of a public key packet's body behind 0x99 and its length (RFC 4880, 12.2). */
struct fingerprint fingerprint_of(struct str public_key_body);
/* SHA-256 over up to three parts. */
[[nodiscard]] int sha256_parts(const struct str *parts, size_t count, uint8_t out[SHA256_BYTES]);
