#include "sign/authenticode.h"
#include "os/files.h"
#include "sign/packet.h"
#include "sign/pe.h"
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/x509v3.h>
#include <string.h>

enum {
	DER_INTEGER = 0x02,
	DER_OCTETS = 0x04,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_CONTEXT_0 = 0xa0,
};

#define OID_SHA256 "\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00"
#define OID_RSA "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00"
#define OID_SIGNED_DATA "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
#define OID_CONTENT_TYPE "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03"
#define OID_MESSAGE_DIGEST "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04"
#define OID_INDIRECT_DATA "\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x04"
/* SpcPeImageData: no flags, an empty file name. Then what stands before the digest. */
#define INDIRECT_HEAD                                                                              \
	"\x30\x17\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x0f"                                 \
	"\x30\x09\x03\x01\x00\xa0\x04\xa2\x02\x80\x00"
#define INDIRECT_DIGEST "\x30\x31" OID_SHA256 "\x04\x20"

static void release_certificate(X509 **certificate)
{
	X509_free(*certificate);
}

static struct str wrapped(struct arena *a, unsigned tag, struct str content)
{
	struct text t = {.arena = a};
	text_add_byte(&t, (char)tag);
	if (content.len < 0x80) {
		text_add_byte(&t, (char)content.len);
	} else {
		unsigned bytes = content.len > 0xffff ? 3 : content.len > 0xff ? 2 : 1;
		text_add_byte(&t, (char)(0x80 | bytes));
		for (unsigned i = bytes; i-- > 0;)
			text_add_byte(&t, (char)(content.len >> (8 * i)));
	}
	text_add(&t, content);
	return text_str(&t);
}

static struct str joined(struct arena *a, const struct str *parts, size_t count)
{
	struct text t = {.arena = a};
	for (size_t i = 0; i < count; i++)
		text_add(&t, parts[i]);
	return text_str(&t);
}

#define JOINED(a, ...)                                                                             \
	joined((a), (const struct str[]){__VA_ARGS__},                                             \
	       sizeof(const struct str[]){__VA_ARGS__} / sizeof(struct str))

static X509 *certificate_read(struct str pem)
{
	BIO *source = BIO_new_mem_buf(pem.ptr, (int)pem.len);
	X509 *certificate = source ? PEM_read_bio_X509(source, NULL, NULL, NULL) : NULL;
	BIO_free(source);
	return certificate;
}

/* DER of the certificate, and of its issuer and serial number as signer information has them. */
static bool certificate_parts(struct arena *a, X509 *certificate, struct str *out_der,
                              struct str *out_issuer)
{
	unsigned char *der = NULL, *name = NULL, *serial = NULL;
	int der_len = i2d_X509(certificate, &der);
	int name_len = i2d_X509_NAME(X509_get_issuer_name(certificate), &name);
	int serial_len = i2d_ASN1_INTEGER(X509_get0_serialNumber(certificate), &serial);
	bool ok = der_len > 0 && name_len > 0 && serial_len > 0;
	if (ok) {
		*out_der = arena_str(a, (struct str){(char *)der, (size_t)der_len});
		*out_issuer = wrapped(a, DER_SEQUENCE,
		                      JOINED(a, {(char *)name, (size_t)name_len},
		                             {(char *)serial, (size_t)serial_len}));
	}
	OPENSSL_free(der);
	OPENSSL_free(name);
	OPENSSL_free(serial);
	return ok;
}

static struct str attribute(struct arena *a, struct str type, struct str value)
{
	return wrapped(a, DER_SEQUENCE, JOINED(a, type, wrapped(a, DER_SET, value)));
}

/* What the signature is over: the content's type and digest, in the order that DER wants. */
static int attributes_make(struct arena *a, struct str content, struct str *out_attributes)
{
	uint8_t digest[SHA256_BYTES];
	TRY(sha256_parts(&content, 1, digest));
	struct str octets = wrapped(a, DER_OCTETS, (struct str){(char *)digest, sizeof digest});
	*out_attributes = JOINED(a, attribute(a, STR(OID_CONTENT_TYPE), STR(OID_INDIRECT_DATA)),
	                         attribute(a, STR(OID_MESSAGE_DIGEST), octets));
	return 0;
}

static int signer_make(struct arena *a, const struct signing_key *key, struct str issuer,
                       struct str content, struct str *out_signer)
{
	struct str attributes;
	uint8_t digest[SHA256_BYTES], number[RSA_BYTES_MAX];
	size_t len = sizeof number;
	TRY(attributes_make(a, content, &attributes));
	struct str set = wrapped(a, DER_SET, attributes);
	TRY(sha256_parts(&set, 1, digest));
	TRY(signing_key_sign(key, digest, number, &len));
	*out_signer = wrapped(a, DER_SEQUENCE,
	                      JOINED(a, STR("\x02\x01\x01"), issuer, STR(OID_SHA256),
	                             wrapped(a, DER_CONTEXT_0, attributes), STR(OID_RSA),
	                             wrapped(a, DER_OCTETS, (struct str){(char *)number, len})));
	return 0;
}

static int pkcs7_make(struct arena *a, const struct signing_key *key, X509 *certificate,
                      struct str content, struct str *out_pkcs7)
{
	struct str der, issuer, signer;
	if (!certificate_parts(a, certificate, &der, &issuer))
		return EINVAL;
	TRY(signer_make(a, key, issuer, content, &signer));
	struct str indirect = JOINED(a, STR(OID_INDIRECT_DATA),
	                             wrapped(a, DER_CONTEXT_0, wrapped(a, DER_SEQUENCE, content)));
	struct str data = JOINED(a, STR("\x02\x01\x01"), wrapped(a, DER_SET, STR(OID_SHA256)),
	                         wrapped(a, DER_SEQUENCE, indirect), wrapped(a, DER_CONTEXT_0, der),
	                         wrapped(a, DER_SET, signer));
	struct str body = JOINED(a, STR(OID_SIGNED_DATA),
	                         wrapped(a, DER_CONTEXT_0, wrapped(a, DER_SEQUENCE, data)));
	*out_pkcs7 = wrapped(a, DER_SEQUENCE, body);
	return 0;
}

static int content_make(struct arena *a, struct str program, struct str *out_content,
                        struct text *why)
{
	struct pe pe;
	uint8_t digest[PE_DIGEST_BYTES];
	TRY(pe_open(program, &pe, why));
	TRY(pe_digest(a, &pe, digest, why));
	*out_content = JOINED(a, STR(INDIRECT_DIGEST), {(char *)digest, sizeof digest});
	return 0;
}

int efi_sign(struct arena *a, const struct signing_key *key, struct str certificate,
             struct str program, struct str *out_program, struct text *why)
{
	struct str plain, content, pkcs7;
	crypto_start();
	AUTO(release_certificate) X509 *x509 = certificate_read(certificate);
	if (!x509 || EVP_PKEY_eq(X509_get0_pubkey(x509), signing_key_pair(key)) != 1) {
		text_addf(why, x509 ? "the certificate is of another key" : "no X.509 certificate");
		return EINVAL;
	}
	TRY(pe_unsigned(a, program, &plain, why));
	TRY(content_make(a, plain, &content, why));
	content = JOINED(a, STR(INDIRECT_HEAD), content);
	if (pkcs7_make(a, key, x509, content, &pkcs7) != 0) {
		text_addf(why, "the signing key cannot sign");
		return EIO;
	}
	return pe_with_signature(a, plain, pkcs7, out_program, why);
}

/* Its content as signed, or empty when it is no signature of an EFI program. */
static struct str indirect_content(const PKCS7 *p7)
{
	static const char type[] = OID_INDIRECT_DATA;
	if (!PKCS7_type_is_signed(p7) || !p7->d.sign || !p7->d.sign->contents)
		return (struct str){};
	const PKCS7 *contents = p7->d.sign->contents;
	const ASN1_OBJECT *object = contents->type;
	const ASN1_TYPE *other = contents->d.other;
	if (OBJ_length(object) != sizeof type - 3 ||
	    memcmp(OBJ_get0_data(object), type + 2, sizeof type - 3) != 0 || !other ||
	    other->type != V_ASN1_SEQUENCE)
		return (struct str){};
	const ASN1_STRING *sequence = other->value.sequence;
	return (struct str){(const char *)ASN1_STRING_get0_data(sequence),
	                    (size_t)ASN1_STRING_length(sequence)};
}

static int pkcs7_check(PKCS7 *p7, X509 *trusted, struct str content)
{
	X509_STORE *store = X509_STORE_new();
	BIO *data = BIO_new_mem_buf(content.ptr, (int)content.len);
	int error = ENOMEM;
	if (store && data && X509_STORE_add_cert(store, trusted)) {
		/* As the firmware does: the certificate itself is trusted, whatever the date. */
		X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME);
		X509_STORE_set_purpose(store, X509_PURPOSE_ANY);
		error = PKCS7_verify(p7, NULL, store, data, NULL, PKCS7_BINARY) == 1 ? 0 : ENOKEY;
	}
	BIO_free(data);
	X509_STORE_free(store);
	ERR_clear_error();
	return error;
}

static int signature_check(PKCS7 *p7, X509 *trusted, struct str wanted, struct text *why)
{
	struct str sequence = indirect_content(p7);
	if (sequence.len < 2 || (uint8_t)sequence.ptr[1] >= 0x80) {
		text_addf(why, "the signature is damaged");
		return EBADMSG;
	}
	struct str content = str_slice(sequence, 2, sequence.len);
	/* Others name the program before its digest in other ways. */
	if (!str_ends_with(content, wanted)) {
		text_addf(why, "bad signature: the program is not what was signed");
		return EKEYREJECTED;
	}
	int error = pkcs7_check(p7, trusted, content);
	if (error)
		text_addf(why, "signed by another key");
	return error;
}

int efi_verify(struct arena *a, struct str certificate, struct str program, struct text *why)
{
	struct pe pe;
	struct str wanted;
	crypto_start();
	TRY(pe_open(program, &pe, why));
	TRY(content_make(a, program, &wanted, why));
	struct str signature = pe_signature(&pe);
	if (!signature.len) {
		text_addf(why, "no Secure Boot signature");
		return ENOKEY;
	}
	AUTO(release_certificate) X509 *trusted = certificate_read(certificate);
	if (!trusted) {
		text_addf(why, "no X.509 certificate");
		return EINVAL;
	}
	const unsigned char *at = (const unsigned char *)signature.ptr;
	PKCS7 *p7 = d2i_PKCS7(NULL, &at, (long)signature.len);
	if (!p7) {
		text_addf(why, "the signature is damaged");
		return EBADMSG;
	}
	int error = signature_check(p7, trusted, wanted, why);
	PKCS7_free(p7);
	return error;
}

int efi_sign_file(const char *key_name, const char *certificate, const char *path, const char *out,
                  struct text *why)
{
	struct signing_key *key;
	struct str pem, program, result;
	int error = file_read(why->arena, certificate, &pem);
	const char *failed = certificate;
	if (!error) {
		error = file_read(why->arena, path, &program);
		failed = path;
	}
	if (error) {
		text_addf(why, "cannot read %s: %s", failed, strerror(error));
		return error;
	}
	TRY(signing_key_open(key_name, &key, why));
	error = efi_sign(why->arena, key, pem, program, &result, why);
	signing_key_destroy(key);
	if (!error && (error = file_write(out, result, 0644)) != 0)
		text_addf(why, "cannot write %s: %s", out, strerror(error));
	return error;
}
