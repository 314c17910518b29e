/*
 * OpenPGP version 4 packets, RSA with SHA-256, no more than GRUB and gpgv need.
 *
 * PKCS#1 v1.5 is deterministic, times are given: equal input gives equal bytes. The key's own
 * creation time is OPENPGP_KEY_TIME, so a key's fingerprint depends on nothing but the key. Format:
 * RFC 4880, sections 4.2, 5.2, 5.5.2 and 12.2.
 */
#pragma once

#include "sign/key.h"

enum { OPENPGP_KEY_TIME = 946684800 }; /* 2000-01-01 */
#define OPENPGP_USER_ID "RustOS boot signing key"

/* Public key, user id, self-signature as binary packets. */
[[nodiscard]] int openpgp_public_key(struct arena *a, const struct signing_key *key,
                                     struct str *out_keyring, struct text *why);
/* Detached signature. Its time is epoch, but never before the key's. */
[[nodiscard]] int openpgp_sign(const struct signing_key *key, uint64_t epoch, struct str data,
                               struct str *out_signature, struct text *why);
/*
 * Both from file to file (out made or cut off; the caller renames). key_path: a private key in PEM.
 */
[[nodiscard]] int openpgp_export_file(const char *key_path, const char *out, struct text *why);
[[nodiscard]] int openpgp_sign_file(const char *key_path, uint64_t epoch, const char *path,
                                    const char *out, struct text *why);

/*
 * Checks a detached signature by a keyring of openpgp_public_key's form; distrusts all three.
 * EBADMSG when a packet is damaged or not of our form, ENOKEY for a signature by another key,
 * EKEYREJECTED when the content is not what was signed.
 */
[[nodiscard]] int openpgp_verify(struct str keyring, struct str data, struct str signature,
                                 struct text *why);

/* Fingerprint of the first key of a keyring, 40 hexadecimal digits. */
[[nodiscard]] int openpgp_fingerprint(struct arena *a, struct str keyring,
                                      struct str *out_fingerprint, struct text *why);

struct signed_file {
	struct str path; /* as shown */
	struct str data;
	struct str signature; /* ptr NULL: there is none */
};
/* Every file that fails, one line each in why: "nucleus.elf: bad signature". 0 when none does. */
[[nodiscard]] int openpgp_verify_files(struct str keyring, const struct signed_file *files,
                                       size_t count, struct text *why);
