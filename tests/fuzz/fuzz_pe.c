/*
 * EFI programs: sections, digest, Secure Boot signature. Odd first byte: the input as it is. Even:
 * a small signed program with edits (offset, value) from the input. What the reader hands out must
 * lie in the program, and an edited program must not verify, except where no signature looks.
 */
#include "image/grub.h"
#include "os/files.h"
#include "require.h"
#include "sign/authenticode.h"
#include "sign/pe.h"
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	PROGRAM_BYTES = 1024,
	PE_AT = 64,
	OPTIONAL_AT = PE_AT + 24,
	SECTIONS_AT = OPTIONAL_AT + 240
};

static struct arena arena;
static struct str certificate, signed_program;

static void put(char *at, uint32_t value, size_t len)
{
	for (size_t i = 0; i < len; i++)
		at[i] = (char)(value >> (8 * i));
}

/* One section, "mods", in the second half. */
static void program_fill(char *bytes)
{
	memcpy(bytes, "MZ", 2);
	put(bytes + 0x3c, PE_AT, 4);
	memcpy(bytes + PE_AT, "PE\0\0", 4);
	put(bytes + PE_AT + 6, 1, 2); /* sections */
	put(bytes + PE_AT + 20, 240, 2);
	put(bytes + OPTIONAL_AT, 0x20b, 2);
	put(bytes + OPTIONAL_AT + 60, 512, 4); /* bytes of headers */
	put(bytes + OPTIONAL_AT + 108, 16, 4);
	memcpy(bytes + SECTIONS_AT, "mods", 4);
	put(bytes + SECTIONS_AT + 16, 512, 4);
	put(bytes + SECTIONS_AT + 20, 512, 4);
	memcpy(bytes + 512, "mimg", 4);
}

static struct str certificate_make(EVP_PKEY *pair)
{
	X509 *x509 = X509_new();
	BIO *pem = BIO_new(BIO_s_mem());
	char *bytes;
	require(x509 && pem && X509_set_pubkey(x509, pair) == 1);
	X509_gmtime_adj(X509_getm_notBefore(x509), 0);
	X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
	require(X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC,
	                                   (const unsigned char *)"fuzz", -1, -1, 0) == 1);
	require(X509_set_issuer_name(x509, X509_get_subject_name(x509)) == 1);
	require(X509_sign(x509, pair, EVP_sha256()) > 0 && PEM_write_bio_X509(pem, x509) == 1);
	long len = BIO_get_mem_data(pem, &bytes);
	struct str text = arena_str(&arena, (struct str){bytes, (size_t)len});
	BIO_free(pem);
	X509_free(x509);
	return text;
}

int LLVMFuzzerInitialize(int *, char ***);
int LLVMFuzzerInitialize(int *, char ***)
{
	static char program[PROGRAM_BYTES];
	char path[] = "/tmp/xtask-fuzz-pe-XXXXXX";
	struct signing_key *key;
	host_arena_init(&arena);
	struct text why = {.arena = &arena};
	require(mkdtemp(path) != NULL);
	struct str file = str_format(&arena, "%s/key", path);
	require(!signing_key_ensure(file.ptr, &why) && !signing_key_open(file.ptr, &key, &why));
	FILE *pem = fopen(file.ptr, "re");
	EVP_PKEY *pair = pem ? PEM_read_PrivateKey(pem, NULL, NULL, NULL) : NULL;
	require(pair != NULL);
	fclose(pem);
	certificate = certificate_make(pair);
	EVP_PKEY_free(pair);
	program_fill(program);
	require(!efi_sign(&arena, key, certificate, (struct str){program, sizeof program},
	                  &signed_program, &why));
	require(!efi_verify(&arena, certificate, signed_program, &why));
	signing_key_destroy(key);
	return tree_remove(path);
}

static bool lies_in(struct str part, struct str whole)
{
	return !part.len || (part.ptr >= whole.ptr && part.len <= whole.len &&
	                     part.ptr + part.len <= whole.ptr + whole.len);
}

static void read_all(struct arena *a, struct str program)
{
	struct text why = {.arena = a};
	struct pe pe;
	uint8_t digest[PE_DIGEST_BYTES];
	struct str plain;
	if (pe_open(program, &pe, &why) != 0)
		return;
	require(lies_in(pe_signature(&pe), program));
	struct str modules = pe_section(&pe, STR("mods"));
	require(lies_in(modules, program));
	require(lies_in(grub_embedded(modules, GRUB_OBJECT_CONFIGURATION), modules));
	(void)pe_digest(a, &pe, digest, &why);
	(void)efi_verify(a, certificate, program, &why);
	if (pe_unsigned(a, program, &plain, &why) == 0)
		require(plain.len <= program.len + 8);
}

/* Bytes that a signature covers: all but the checksum. */
static bool covered_bytes_differ(const char *bytes)
{
	const size_t checksum = OPTIONAL_AT + 64;
	return memcmp(bytes, signed_program.ptr, checksum) != 0 ||
	       memcmp(bytes + checksum + 4, signed_program.ptr + checksum + 4,
	              PROGRAM_BYTES - checksum - 4) != 0;
}

static void edited(struct arena *a, const uint8_t *data, size_t size)
{
	char *bytes = arena_alloc(a, signed_program.len);
	struct text why = {.arena = a};
	memcpy(bytes, signed_program.ptr, signed_program.len);
	for (; size >= 3; data += 3, size -= 3)
		bytes[(data[0] | (size_t)data[1] << 8) % PROGRAM_BYTES] = (char)data[2];
	struct str program = {bytes, signed_program.len};
	read_all(a, program);
	if (covered_bytes_differ(bytes))
		require(efi_verify(a, certificate, program, &why) != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	host_arena_init(&a);
	if (size && data[0] & 1)
		read_all(&a, (struct str){(const char *)data + 1, size - 1});
	else if (size)
		edited(&a, data + 1, size - 1);
	arena_release(&a);
	return 0;
}
