#include "sign/openpgp.h"
#include "os/files.h"
#include "sign/packet.h"
#include <errno.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <string.h>

enum { KEY_FLAG_CERTIFY = 1, KEY_FLAG_SIGN = 2 };

static void put_u16(struct text *t, size_t value)
{
	text_add_byte(t, (char)(value >> 8));
	text_add_byte(t, (char)value);
}

static void put_u32(struct text *t, uint64_t value)
{
	put_u16(t, (size_t)(value >> 16));
	put_u16(t, (size_t)value);
}

static void put_bytes(struct text *t, const uint8_t *bytes, size_t len)
{
	text_add(t, (struct str){(const char *)bytes, len});
}

/* Old format header: GRUB and gpg write it like this. */
static void put_packet(struct text *t, unsigned tag, struct str body)
{
	bool is_long = tag != PACKET_USER_ID;
	text_add_byte(t, (char)(0x80 | tag << 2 | (is_long ? 1 : 0)));
	if (is_long)
		put_u16(t, body.len);
	else
		text_add_byte(t, (char)body.len);
	text_add(t, body);
}

/* Multiprecision integer: bits, then bytes without leading zeros (RFC 4880, 3.2). */
static void put_mpi(struct text *t, const uint8_t *bytes, size_t len)
{
	while (len && !*bytes) {
		bytes++;
		len--;
	}
	size_t bits = len * 8;
	for (uint8_t top = len ? *bytes : 0x80; !(top & 0x80); top = (uint8_t)(top << 1))
		bits--;
	put_u16(t, bits);
	put_bytes(t, bytes, len);
}

static bool put_number(struct text *t, EVP_PKEY *pair, const char *name)
{
	uint8_t bytes[RSA_BYTES_MAX];
	BIGNUM *number = NULL;
	if (EVP_PKEY_get_bn_param(pair, name, &number) != 1)
		return false;
	int len = BN_num_bytes(number) <= RSA_BYTES_MAX ? BN_bn2bin(number, bytes) : 0;
	BN_free(number);
	put_mpi(t, bytes, (size_t)len);
	return len > 0;
}

static int public_body(struct arena *a, const struct signing_key *key, struct str *out_body,
                       struct text *why)
{
	struct text body = {.arena = a};
	EVP_PKEY *pair = signing_key_pair(key);
	text_add_byte(&body, OPENPGP_VERSION);
	put_u32(&body, OPENPGP_KEY_TIME);
	text_add_byte(&body, OPENPGP_RSA);
	if (!put_number(&body, pair, OSSL_PKEY_PARAM_RSA_N) ||
	    !put_number(&body, pair, OSSL_PKEY_PARAM_RSA_E)) {
		text_addf(why, "the signing key has no public half");
		return EINVAL;
	}
	*out_body = text_str(&body);
	return 0;
}

struct fingerprint fingerprint_of(struct str public_key_body)
{
	struct fingerprint out = {};
	uint8_t head[3] = {0x99, (uint8_t)(public_key_body.len >> 8), (uint8_t)public_key_body.len};
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	if (context && EVP_DigestInit_ex(context, EVP_sha1(), NULL) == 1 &&
	    EVP_DigestUpdate(context, head, sizeof head) == 1 &&
	    EVP_DigestUpdate(context, public_key_body.ptr, public_key_body.len) == 1)
		(void)EVP_DigestFinal_ex(context, out.bytes, NULL); /* zeros match no key */
	EVP_MD_CTX_free(context);
	return out;
}

int sha256_parts(const struct str *parts, size_t count, uint8_t out[SHA256_BYTES])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool done = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;
	for (size_t i = 0; i < count && done; i++)
		done = EVP_DigestUpdate(context, parts[i].ptr, parts[i].len) == 1;
	done = done && EVP_DigestFinal_ex(context, out, NULL) == 1;
	EVP_MD_CTX_free(context);
	return done ? 0 : EIO;
}

struct signature_request {
	const struct signing_key *key;
	struct fingerprint fingerprint;
	unsigned type;
	uint64_t time;
	struct str content; /* what is signed, as the type wants it hashed */
};

/* What is hashed behind the content: the packet up to its hashed subpackets, then a trailer. */
static struct str signature_head(struct arena *a, const struct signature_request *r)
{
	struct text hashed = {.arena = a}, head = {.arena = a};
	text_add_byte(&hashed, 5);
	text_add_byte(&hashed, SUBPACKET_TIME);
	put_u32(&hashed, r->time);
	if (r->type == SIGNATURE_OF_USER_ID) {
		text_add_byte(&hashed, 2);
		text_add_byte(&hashed, SUBPACKET_KEY_FLAGS);
		text_add_byte(&hashed, KEY_FLAG_CERTIFY | KEY_FLAG_SIGN);
	}
	text_add_byte(&hashed, FINGERPRINT_BYTES + 2);
	text_add_byte(&hashed, SUBPACKET_ISSUER_FINGERPRINT);
	text_add_byte(&hashed, OPENPGP_VERSION);
	put_bytes(&hashed, r->fingerprint.bytes, FINGERPRINT_BYTES);

	text_add_byte(&head, OPENPGP_VERSION);
	text_add_byte(&head, (char)r->type);
	text_add_byte(&head, OPENPGP_RSA);
	text_add_byte(&head, OPENPGP_SHA256);
	put_u16(&head, hashed.len);
	text_add(&head, text_str(&hashed));
	return text_str(&head);
}

static int signature_make(struct arena *a, const struct signature_request *r,
                          struct str *out_packet, struct text *why)
{
	struct str head = signature_head(a, r);
	struct text trailer = {.arena = a}, body = {.arena = a}, packet = {.arena = a};
	uint8_t digest[SHA256_BYTES], number[RSA_BYTES_MAX];
	size_t len = sizeof number;
	text_add_byte(&trailer, OPENPGP_VERSION);
	text_add_byte(&trailer, (char)0xff);
	put_u32(&trailer, head.len);
	struct str parts[] = {r->content, head, text_str(&trailer)};
	if (sha256_parts(parts, COUNT(parts), digest) ||
	    signing_key_sign(r->key, digest, number, &len)) {
		text_addf(why, "the signing key cannot sign");
		return EIO;
	}
	text_add(&body, head);
	put_u16(&body, KEY_ID_BYTES + 2); /* not hashed: who signed, where GRUB looks for it */
	text_add_byte(&body, KEY_ID_BYTES + 1);
	text_add_byte(&body, SUBPACKET_ISSUER);
	put_bytes(&body, r->fingerprint.bytes + FINGERPRINT_BYTES - KEY_ID_BYTES, KEY_ID_BYTES);
	put_bytes(&body, digest, 2);
	put_mpi(&body, number, len);
	put_packet(&packet, PACKET_SIGNATURE, text_str(&body));
	*out_packet = text_str(&packet);
	return 0;
}

int openpgp_public_key(struct arena *a, const struct signing_key *key, struct str *out_keyring,
                       struct text *why)
{
	struct str body, signature;
	struct str user = STR(OPENPGP_USER_ID);
	TRY(public_body(a, key, &body, why));
	struct text content = {.arena = a}, keyring = {.arena = a};
	put_packet(&content, PACKET_PUBLIC_KEY, body);
	text_add_byte(&content, (char)0xb4);
	put_u32(&content, user.len);
	text_add(&content, user);
	struct signature_request request = {
	        .key = key,
	        .fingerprint = fingerprint_of(body),
	        .type = SIGNATURE_OF_USER_ID,
	        .time = OPENPGP_KEY_TIME,
	        .content = text_str(&content),
	};
	TRY(signature_make(a, &request, &signature, why));
	put_packet(&keyring, PACKET_PUBLIC_KEY, body);
	put_packet(&keyring, PACKET_USER_ID, user);
	text_add(&keyring, signature);
	*out_keyring = text_str(&keyring);
	return 0;
}

int openpgp_sign(const struct signing_key *key, uint64_t epoch, struct str data,
                 struct str *out_signature, struct text *why)
{
	struct arena *a = why->arena;
	struct str body;
	TRY(public_body(a, key, &body, why));
	if (epoch > UINT32_MAX) {
		text_addf(why, "time %llu is beyond what a signature can hold",
		          (unsigned long long)epoch);
		return EINVAL;
	}
	struct signature_request request = {
	        .key = key,
	        .fingerprint = fingerprint_of(body),
	        .type = SIGNATURE_OF_CONTENT,
	        .time = epoch < OPENPGP_KEY_TIME ? (uint64_t)OPENPGP_KEY_TIME : epoch,
	        .content = data,
	};
	return signature_make(a, &request, out_signature, why);
}

static int output_write(const char *out, struct str content, struct text *why)
{
	int error = file_write(out, content, 0644);
	if (error)
		text_addf(why, "cannot write %s: %s", out, strerror(error));
	return error;
}

int openpgp_export_file(const char *key_path, const char *out, struct text *why)
{
	struct signing_key *key;
	struct str keyring;
	TRY(signing_key_open(key_path, &key, why));
	int error = openpgp_public_key(why->arena, key, &keyring, why);
	signing_key_destroy(key);
	return error ? error : output_write(out, keyring, why);
}

int openpgp_sign_file(const char *key_path, uint64_t epoch, const char *path, const char *out,
                      struct text *why)
{
	struct signing_key *key;
	struct str data, signature;
	int error = file_read(why->arena, path, &data);
	if (error) {
		text_addf(why, "cannot read %s: %s", path, strerror(error));
		return error;
	}
	TRY(signing_key_open(key_path, &key, why));
	error = openpgp_sign(key, epoch, data, &signature, why);
	signing_key_destroy(key);
	return error ? error : output_write(out, signature, why);
}
