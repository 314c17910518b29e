#include "sign/pe.h"
#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum {
	PE_OFFSET_AT = 0x3c,
	COFF_BYTES = 24, /* with the "PE\0\0" before it */
	OPTIONAL_MIN_BYTES = 152, /* up to the certificate table's directory entry */
	MAGIC_PE32_PLUS = 0x20b,
	SECTION_BYTES = 40,
	SECTION_NAME_BYTES = 8,
	SECTIONS_MAX = 96,
	DIRECTORY_SECURITY = 4,
	CERTIFICATE_BYTES = 8, /* length, revision, type */
	CERTIFICATE_REVISION = 0x0200,
	CERTIFICATE_PKCS7 = 0x0002,
	ALIGN_BYTES = 8,
};

struct part {
	size_t offset, len;
};

static uint32_t get(struct str bytes, size_t at, size_t len)
{
	uint32_t value = 0;
	for (size_t i = 0; i < len; i++)
		value |= (uint32_t)(uint8_t)bytes.ptr[at + i] << (8 * i);
	return value;
}

static void put(char *at, uint32_t value, size_t len)
{
	for (size_t i = 0; i < len; i++)
		at[i] = (char)(value >> (8 * i));
}

static bool lies_inside(struct str bytes, uint64_t offset, uint64_t len)
{
	return offset <= bytes.len && len <= bytes.len - offset;
}

static struct part section_part(const struct pe *pe, size_t index)
{
	size_t at = pe->sections + index * SECTION_BYTES;
	return (struct part){get(pe->bytes, at + 20, 4), get(pe->bytes, at + 16, 4)};
}

static bool sections_inside(const struct pe *pe)
{
	if (pe->section_count > SECTIONS_MAX ||
	    !lies_inside(pe->bytes, pe->sections, pe->section_count * SECTION_BYTES))
		return false;
	for (size_t i = 0; i < pe->section_count; i++) {
		struct part part = section_part(pe, i);
		if (!lies_inside(pe->bytes, part.offset, part.len))
			return false;
	}
	return true;
}

static bool headers_read(struct pe *pe)
{
	struct str b = pe->bytes;
	if (b.len < PE_OFFSET_AT + 4 || memcmp(b.ptr, "MZ", 2) != 0)
		return false;
	size_t coff = get(b, PE_OFFSET_AT, 4);
	if (!lies_inside(b, coff, COFF_BYTES + OPTIONAL_MIN_BYTES) ||
	    memcmp(b.ptr + coff, "PE\0\0", 4) != 0)
		return false;
	size_t optional = coff + COFF_BYTES, optional_bytes = get(b, coff + 20, 2);
	if (get(b, optional, 2) != MAGIC_PE32_PLUS || optional_bytes < OPTIONAL_MIN_BYTES ||
	    get(b, optional + 108, 4) <= DIRECTORY_SECURITY)
		return false;
	pe->checksum = optional + 64;
	pe->security = optional + 112 + DIRECTORY_SECURITY * 8;
	pe->headers_bytes = get(b, optional + 60, 4);
	pe->sections = optional + optional_bytes;
	pe->section_count = get(b, coff + 6, 2);
	return lies_inside(b, 0, pe->headers_bytes) && pe->headers_bytes >= pe->security + 8 &&
	       sections_inside(pe);
}

int pe_open(struct str bytes, struct pe *out_pe, struct text *why)
{
	struct pe pe = {.bytes = bytes};
	bool good = headers_read(&pe);
	if (good) {
		uint64_t offset = get(bytes, pe.security, 4), len = get(bytes, pe.security + 4, 4);
		good = lies_inside(bytes, offset, len) && (!len || offset + len == bytes.len) &&
		       (!len || offset >= pe.headers_bytes);
		pe.certificates = str_slice(bytes, offset, offset + len);
	}
	if (!good) {
		text_addf(why, "no EFI program, or a damaged one");
		return EBADMSG;
	}
	*out_pe = pe;
	return 0;
}

static int part_compare(const void *left, const void *right)
{
	const struct part *a = left, *b = right;
	return a->offset < b->offset ? -1 : a->offset > b->offset;
}

/* What is hashed, in order. Sections must not overlap each other or the certificates. */
static bool parts_collect(const struct pe *pe, struct part *parts, size_t *out_count)
{
	size_t end = pe->bytes.len - pe->certificates.len, count = 0;
	parts[count++] = (struct part){0, pe->checksum};
	parts[count++] = (struct part){pe->checksum + 4, pe->security - pe->checksum - 4};
	parts[count++] = (struct part){pe->security + 8, pe->headers_bytes - pe->security - 8};
	size_t first = count, hashed = pe->headers_bytes;
	for (size_t i = 0; i < pe->section_count; i++)
		if (section_part(pe, i).len)
			parts[count++] = section_part(pe, i);
	qsort(parts + first, count - first, sizeof *parts, part_compare);
	size_t before = pe->headers_bytes;
	for (size_t i = first; i < count; i++) {
		if (parts[i].offset < before)
			return false;
		before = parts[i].offset + parts[i].len;
		hashed += parts[i].len;
	}
	if (before > end || hashed > end)
		return false;
	parts[count++] = (struct part){hashed, end - hashed};
	*out_count = count;
	return true;
}

int pe_digest(struct arena *a, const struct pe *pe, uint8_t out[PE_DIGEST_BYTES], struct text *why)
{
	struct part *parts = ARENA_ARRAY(a, struct part, pe->section_count + 4);
	size_t count = 0;
	if (!parts_collect(pe, parts, &count)) {
		text_addf(why, "the EFI program's sections overlap");
		return EBADMSG;
	}
	EVP_MD_CTX *sha = EVP_MD_CTX_new();
	bool ok = sha && EVP_DigestInit_ex(sha, EVP_sha256(), NULL);
	for (size_t i = 0; i < count && ok; i++)
		ok = EVP_DigestUpdate(sha, pe->bytes.ptr + parts[i].offset, parts[i].len);
	ok = ok && EVP_DigestFinal_ex(sha, out, NULL);
	EVP_MD_CTX_free(sha);
	return ok ? 0 : ENOMEM;
}

struct str pe_section(const struct pe *pe, struct str name)
{
	char wanted[SECTION_NAME_BYTES] = {};
	memcpy(wanted, name.ptr, name.len < sizeof wanted ? name.len : sizeof wanted);
	for (size_t i = 0; i < pe->section_count; i++) {
		const char *at = pe->bytes.ptr + pe->sections + i * SECTION_BYTES;
		struct part part = section_part(pe, i);
		if (memcmp(at, wanted, sizeof wanted) == 0)
			return str_slice(pe->bytes, part.offset, part.offset + part.len);
	}
	return (struct str){};
}

struct str pe_signature(const struct pe *pe)
{
	struct str table = pe->certificates;
	while (table.len >= CERTIFICATE_BYTES) {
		size_t len = get(table, 0, 4);
		if (len < CERTIFICATE_BYTES || len > table.len)
			return (struct str){};
		if (get(table, 4, 2) == CERTIFICATE_REVISION &&
		    get(table, 6, 2) == CERTIFICATE_PKCS7)
			return str_slice(table, CERTIFICATE_BYTES, len);
		table = str_slice(table, (len + ALIGN_BYTES - 1) / ALIGN_BYTES * ALIGN_BYTES,
		                  table.len);
	}
	return (struct str){};
}

static size_t aligned(size_t len)
{
	return (len + ALIGN_BYTES - 1) / ALIGN_BYTES * ALIGN_BYTES;
}

int pe_unsigned(struct arena *a, struct str program, struct str *out_program, struct text *why)
{
	struct pe pe;
	TRY(pe_open(program, &pe, why));
	size_t len = program.len - pe.certificates.len;
	char *copy = arena_alloc(a, aligned(len));
	memcpy(copy, program.ptr, len);
	put(copy + pe.security, 0, 4);
	put(copy + pe.security + 4, 0, 4);
	*out_program = (struct str){copy, aligned(len)};
	return 0;
}

int pe_with_signature(struct arena *a, struct str program, struct str pkcs7,
                      struct str *out_program, struct text *why)
{
	struct str plain;
	struct pe pe;
	TRY(pe_unsigned(a, program, &plain, why));
	TRY(pe_open(plain, &pe, why));
	size_t entry = aligned(CERTIFICATE_BYTES + pkcs7.len);
	if (plain.len + entry > UINT32_MAX)
		return EFBIG;
	char *bytes = arena_alloc(a, plain.len + entry), *at = bytes + plain.len;
	memcpy(bytes, plain.ptr, plain.len);
	put(at, (uint32_t)entry, 4);
	put(at + 4, CERTIFICATE_REVISION, 2);
	put(at + 6, CERTIFICATE_PKCS7, 2);
	memcpy(at + CERTIFICATE_BYTES, pkcs7.ptr, pkcs7.len);
	put(bytes + pe.security, (uint32_t)plain.len, 4);
	put(bytes + pe.security + 4, (uint32_t)entry, 4);
	*out_program = (struct str){bytes, plain.len + entry};
	return 0;
}
