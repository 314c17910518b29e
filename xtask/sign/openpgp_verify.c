/* Verifier of detached OpenPGP signatures; every byte of key ring and signature is distrusted. */
#include "sign/openpgp.h"
#include "sign/packet.h"
#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <string.h>

/* Reads on while what is there is sound; sets is_bad once it is not, and gives zeros from then on.
 */
struct reader {
	struct str rest;
	bool is_bad;
};

static struct str take(struct reader *r, size_t len)
{
	if (r->is_bad || len > r->rest.len) {
		r->is_bad = true;
		return (struct str){};
	}
	struct str out = str_slice(r->rest, 0, len);
	r->rest = str_slice(r->rest, len, r->rest.len);
	return out;
}

static uint32_t take_number(struct reader *r, unsigned bytes)
{
	struct str s = take(r, bytes);
	uint32_t value = 0;
	for (size_t i = 0; i < s.len; i++)
		value = value << 8 | (uint8_t)s.ptr[i];
	return value;
}

/* Multiprecision integer; its bit count must be exact, so that there is one way to write a number.
 */
static struct str take_mpi(struct reader *r)
{
	size_t bits = take_number(r, 2);
	struct str bytes = take(r, (bits + 7) / 8);
	if (!bytes.len || (uint8_t)bytes.ptr[0] >> ((bits - 1) % 8) != 1)
		r->is_bad = true;
	return bytes;
}

/* Lengths of new format packets and of subpackets (RFC 4880, 4.2.2 and 5.2.3.1). */
static size_t take_length(struct reader *r)
{
	uint32_t first = take_number(r, 1);
	if (first < 192)
		return first;
	if (first < 224)
		return ((size_t)(first - 192) << 8) + take_number(r, 1) + 192;
	if (first == 255)
		return take_number(r, 4);
	r->is_bad = true; /* partial lengths are not of our form */
	return 0;
}

struct packet {
	unsigned tag;
	struct str body;
};

/* False at the end, and when what is there is no packet. */
static bool packet_next(struct reader *r, struct packet *out)
{
	if (!r->rest.len)
		return false;
	uint32_t head = take_number(r, 1);
	size_t len;
	if (!(head & 0x80)) {
		r->is_bad = true;
	} else if (head & 0x40) {
		out->tag = head & 0x3f;
		len = take_length(r);
		out->body = take(r, len);
	} else {
		out->tag = head >> 2 & 0x0f;
		len = (head & 3) == 3 ? r->rest.len : take_number(r, 1u << (head & 3));
		out->body = take(r, len);
	}
	return !r->is_bad;
}

struct public_key {
	struct fingerprint fingerprint;
	struct str modulus, exponent; /* big endian */
};

static bool public_key_read(struct str body, struct public_key *out)
{
	struct reader r = {.rest = body};
	uint32_t version = take_number(&r, 1);
	(void)take_number(&r, 4); /* when it was made */
	uint32_t algorithm = take_number(&r, 1);
	out->modulus = take_mpi(&r);
	out->exponent = take_mpi(&r);
	out->fingerprint = fingerprint_of(body);
	return !r.is_bad && version == OPENPGP_VERSION && algorithm == OPENPGP_RSA &&
	       out->modulus.len && out->modulus.len <= RSA_BYTES_MAX && out->exponent.len &&
	       out->exponent.len <= 8;
}

struct signature {
	struct str head; /* version to hashed subpackets: part of what is signed */
	struct str issuer; /* key id; empty: not told */
	uint32_t digest_start; /* 16 bits */
	struct str number;
};

static struct str issuer_find(struct str subpackets)
{
	struct reader r = {.rest = subpackets};
	while (r.rest.len && !r.is_bad) {
		struct reader body = {.rest = take(&r, take_length(&r))};
		if (take_number(&body, 1) == SUBPACKET_ISSUER && body.rest.len == KEY_ID_BYTES)
			return body.rest;
	}
	return (struct str){};
}

static bool signature_read(struct str bytes, struct signature *out)
{
	struct reader packets = {.rest = bytes};
	struct packet packet;
	if (!packet_next(&packets, &packet) || packet.tag != PACKET_SIGNATURE || packets.rest.len)
		return false;
	struct reader r = {.rest = packet.body};
	uint32_t version = take_number(&r, 1), type = take_number(&r, 1);
	uint32_t algorithm = take_number(&r, 1), hash = take_number(&r, 1);
	(void)take(&r, take_number(&r, 2));
	out->head = str_slice(packet.body, 0, packet.body.len - r.rest.len);
	out->issuer = issuer_find(take(&r, take_number(&r, 2)));
	out->digest_start = take_number(&r, 2);
	out->number = take_mpi(&r);
	return !r.is_bad && !r.rest.len && version == OPENPGP_VERSION &&
	       type == SIGNATURE_OF_CONTENT && algorithm == OPENPGP_RSA && hash == OPENPGP_SHA256 &&
	       out->issuer.len && out->number.len && out->number.len <= RSA_BYTES_MAX;
}

/* EBADMSG for a damaged ring, ENOKEY when it has no key of this id (empty: any). */
static int key_find(struct str keyring, struct str id, struct public_key *out)
{
	struct reader packets = {.rest = keyring};
	struct packet packet;
	while (packet_next(&packets, &packet)) {
		if (packet.tag != PACKET_PUBLIC_KEY)
			continue;
		if (!public_key_read(packet.body, out))
			return EBADMSG;
		const uint8_t *own = out->fingerprint.bytes + FINGERPRINT_BYTES - KEY_ID_BYTES;
		if (!id.len || memcmp(own, id.ptr, KEY_ID_BYTES) == 0)
			return 0;
	}
	return packets.is_bad ? EBADMSG : ENOKEY;
}

static EVP_PKEY *pair_make(const struct public_key *key)
{
	BIGNUM *n = BN_bin2bn((const uint8_t *)key->modulus.ptr, (int)key->modulus.len, NULL);
	BIGNUM *e = BN_bin2bn((const uint8_t *)key->exponent.ptr, (int)key->exponent.len, NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *pair = NULL;
	if (n && e && build && context && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e))
		params = OSSL_PARAM_BLD_to_param(build);
	if (params && EVP_PKEY_fromdata_init(context) == 1 &&
	    EVP_PKEY_fromdata(context, &pair, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pair = NULL;
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(context);
	BN_free(n);
	BN_free(e);
	return pair;
}

static bool rsa_verify(const struct public_key *key, const uint8_t *digest, struct str number)
{
	/* OpenSSL wants the signature as long as the modulus; the packet drops leading zeros. */
	uint8_t padded[RSA_BYTES_MAX] = {};
	size_t len = key->modulus.len;
	EVP_PKEY *pair = number.len <= len ? pair_make(key) : NULL;
	EVP_PKEY_CTX *context = pair ? EVP_PKEY_CTX_new(pair, NULL) : NULL;
	if (pair)
		memcpy(padded + (len - number.len), number.ptr, number.len);
	bool is_good = context && EVP_PKEY_verify_init(context) == 1 &&
	               EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
	               EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1 &&
	               EVP_PKEY_verify(context, padded, len, digest, SHA256_BYTES) == 1;
	EVP_PKEY_CTX_free(context);
	EVP_PKEY_free(pair);
	return is_good;
}

static int fails(struct text *why, int error, const char *what)
{
	text_addf(why, "%s", what);
	return error;
}

int openpgp_verify(struct str keyring, struct str data, struct str signature, struct text *why)
{
	struct signature s;
	struct public_key key;
	crypto_start();
	if (!signature_read(signature, &s))
		return fails(why, EBADMSG, "damaged signature");
	int error = key_find(keyring, s.issuer, &key);
	if (error)
		return fails(why, error,
		             error == ENOKEY ? "signed by another key" : "damaged public key");

	uint8_t digest[SHA256_BYTES];
	uint8_t trailer[6] = {OPENPGP_VERSION, 0xff};
	for (unsigned i = 0; i < 4; i++)
		trailer[2 + i] = (uint8_t)(s.head.len >> 8 * (3 - i));
	struct str parts[] = {data, s.head, {(const char *)trailer, sizeof trailer}};
	if (sha256_parts(parts, COUNT(parts), digest))
		return fails(why, EIO, "cannot compute a digest");
	if (s.digest_start != ((uint32_t)digest[0] << 8 | digest[1]) ||
	    !rsa_verify(&key, digest, s.number))
		return fails(why, EKEYREJECTED, "bad signature");
	return 0;
}

int openpgp_fingerprint(struct arena *a, struct str keyring, struct str *out_fingerprint,
                        struct text *why)
{
	struct public_key key;
	struct text text = {.arena = a};
	crypto_start();
	if (key_find(keyring, (struct str){}, &key))
		return fails(why, EBADMSG, "damaged public key");
	for (size_t i = 0; i < FINGERPRINT_BYTES; i++)
		text_addf(&text, "%02X", key.fingerprint.bytes[i]);
	*out_fingerprint = text_str(&text);
	return 0;
}

int openpgp_verify_files(struct str keyring, const struct signed_file *files, size_t count,
                         struct text *why)
{
	int first = 0;
	for (size_t i = 0; i < count; i++) {
		struct text reason = {.arena = why->arena};
		int error = ENOENT;
		if (files[i].signature.ptr)
			error = openpgp_verify(keyring, files[i].data, files[i].signature, &reason);
		else
			text_addf(&reason, "no signature");
		if (!error)
			continue;
		if (!first)
			first = error;
		else
			text_add_byte(why, '\n');
		text_addf(why, "%.*s: %.*s", STR_ARG(files[i].path), STR_ARG(text_str(&reason)));
	}
	return first;
}
