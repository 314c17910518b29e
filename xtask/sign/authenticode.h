/*
 * Signatures of EFI programs for Secure Boot: PKCS #7 with no time in it, so equal input gives
 * equal bytes.
 *
 * Format: Windows Authenticode Portable Executable Signature Format 1.0; RFC 2315.
 */
#pragma once

#include "sign/key.h"

/*
 * Signs program, replacing signatures it had. certificate: of key, one X.509 in PEM; EINVAL when it
 * is of another key.
 */
[[nodiscard]] int efi_sign(struct arena *a, const struct signing_key *key, struct str certificate,
                           struct str program, struct str *out_program, struct text *why);
/*
 * Checks the signature of program by this certificate (PEM). ENOKEY: there is no signature, or it
 * is by another key; EKEYREJECTED: the program is not what was signed; EBADMSG: damaged.
 */
[[nodiscard]] int efi_verify(struct arena *a, struct str certificate, struct str program,
                             struct text *why);
/* efi_sign from file to file; the key as for signing_key_open. */
[[nodiscard]] int efi_sign_file(const char *key, const char *certificate, const char *path,
                                const char *out, struct text *why);
