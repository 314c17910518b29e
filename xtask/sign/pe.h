/*
 * EFI programs (PE32+) as Secure Boot sees them: digest, signature table, sections. Reads
 * distrustfully.
 *
 * Formats: Microsoft PE/COFF, "Optional Header", "The Attribute Certificate Table"; Windows
 * Authenticode Portable Executable Signature Format 1.0, "Calculating the PE Image Hash".
 */
#pragma once

#include "os/text.h"

enum { PE_DIGEST_BYTES = 32 };

struct pe {
	struct str bytes;
	size_t checksum; /* offset of the field */
	size_t security; /* offset of the certificate table's directory entry */
	size_t headers_bytes;
	size_t sections; /* offset of the section table */
	size_t section_count;
	struct str certificates; /* the certificate table; empty: not signed */
};

/* EBADMSG when the bytes are no PE32+ program, or lie about their sizes. */
[[nodiscard]] int pe_open(struct str bytes, struct pe *out_pe, struct text *why);
/* SHA-256 over what a signature covers. */
[[nodiscard]] int pe_digest(struct arena *a, const struct pe *pe, uint8_t out[PE_DIGEST_BYTES],
                            struct text *why);
/* Content of a section; empty: there is none of that name. */
struct str pe_section(const struct pe *pe, struct str name);
/* The first PKCS #7 signature of the certificate table; empty: none. */
struct str pe_signature(const struct pe *pe);
/* A copy with this signature in place of what certificates it had. */
[[nodiscard]] int pe_with_signature(struct arena *a, struct str program, struct str pkcs7,
                                    struct str *out_program, struct text *why);
/* The same without any, padded to where a signature would begin. */
[[nodiscard]] int pe_unsigned(struct arena *a, struct str program, struct str *out_program,
                              struct text *why);
