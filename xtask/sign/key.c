#include "sign/key.h"
#include "os/files.h"
#include "sign/packet.h"
#include "sign/token.h"
#include <errno.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SIGNING_KEY_BITS_MAX = 4096 };

struct signing_key {
	EVP_PKEY *pair; /* of a URI: the public half */
	char *uri; /* NULL: the pair signs */
};

void crypto_start(void)
{
	/* Fails only without memory, and then so does what follows. */
	(void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
}

EVP_PKEY *signing_key_pair(const struct signing_key *key)
{
	return key->pair;
}

static void release_pair(EVP_PKEY **pair)
{
	EVP_PKEY_free(*pair);
}

static void release_bio(BIO **bio)
{
	BIO_free(*bio);
}

/* A new key as unencrypted PEM. */
static int key_generate(struct arena *a, struct str *out_pem, struct text *why)
{
	AUTO(release_pair) EVP_PKEY *pair = EVP_RSA_gen(SIGNING_KEY_BITS);
	AUTO(release_bio) BIO *pem = BIO_new(BIO_s_mem());
	char *bytes = NULL;
	long len = 0;
	if (pair && pem && PEM_write_bio_PKCS8PrivateKey(pem, pair, NULL, NULL, 0, NULL, NULL) == 1)
		len = BIO_get_mem_data(pem, &bytes);
	if (len <= 0) {
		text_addf(why, "cannot make an RSA key");
		return EIO;
	}
	*out_pem = arena_str(a, (struct str){bytes, (size_t)len});
	return 0;
}

/* link() refuses when the key is there already: of two runs the first one's key stays. */
static int key_publish(struct arena *a, const char *path, struct str pem)
{
	char *temporary = arena_c_str(a, str_format(a, "%s.XXXXXX", path));
	int fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600 */
	if (fd < 0)
		return errno;
	int error = write_fully(fd, pem);
	if (!error && fsync(fd) < 0)
		error = errno;
	if (close(fd) < 0 && !error)
		error = errno;
	if (!error && link(temporary, path) < 0 && errno != EEXIST)
		error = errno;
	unlink(temporary);
	return error;
}

static int key_folder_create(struct arena *a, const char *path)
{
	char *folder = arena_c_str(a, path_folder(str_from_c(path)));
	if (!*folder || file_exists(folder))
		return 0;
	char *above = arena_c_str(a, path_folder(str_from_c(folder)));
	int error = *above ? folder_create(above) : 0;
	if (error)
		return error;
	return mkdir(folder, 0700) < 0 && errno != EEXIST ? errno : 0;
}

int signing_key_ensure(const char *path, struct text *why)
{
	struct str pem;
	if (access(path, F_OK) == 0)
		return 0;
	crypto_start();
	TRY(key_generate(why->arena, &pem, why));
	int error = key_folder_create(why->arena, path);
	if (!error)
		error = key_publish(why->arena, path, pem);
	if (error)
		text_addf(why, "cannot make the signing key %s: %s", path, strerror(error));
	return error;
}

/* No passphrase is ever asked for; that of the development key is known to everybody. */
static int passphrase_give(char *out, int size, int, void *path)
{
	static const char known[] = "snakeoil";
	if (strcmp(path, SIGNING_EFI_DEVELOPMENT_KEY) != 0 || size < (int)sizeof known)
		return -1;
	memcpy(out, known, sizeof known - 1);
	return sizeof known - 1;
}

static int pem_read(const char *path, EVP_PKEY **out_pair, struct text *why)
{
	struct str pem;
	int error = file_read(why->arena, path, &pem);
	if (error) {
		text_addf(why, "cannot read the signing key %s: %s", path, strerror(error));
		return error;
	}
	AUTO(release_bio) BIO *source = BIO_new_mem_buf(pem.ptr, (int)pem.len);
	*out_pair = source ? PEM_read_bio_PrivateKey(source, NULL, passphrase_give,
	                                             (void *)(uintptr_t)path)
	                   : NULL;
	return 0;
}

int signing_key_open(const char *path, struct signing_key **out_key, struct text *why)
{
	AUTO(release_pair) EVP_PKEY *pair = NULL;
	bool in_token = strncmp(path, SIGNING_KEY_URI, sizeof SIGNING_KEY_URI - 1) == 0;
	crypto_start();
	TRY(in_token ? token_key_read(path, &pair, why) : pem_read(path, &pair, why));
	if (!pair || !EVP_PKEY_is_a(pair, "RSA") || EVP_PKEY_get_bits(pair) < SIGNING_KEY_BITS ||
	    EVP_PKEY_get_bits(pair) > SIGNING_KEY_BITS_MAX) {
		text_addf(
		        why,
		        "%s is no signing key: an unencrypted RSA private key of %d to %d bits in "
		        "PEM is needed",
		        path, SIGNING_KEY_BITS, SIGNING_KEY_BITS_MAX);
		return EINVAL;
	}
	struct signing_key *key = calloc(1, sizeof *key);
	if (!key || (in_token && !(key->uri = strdup(path)))) {
		free(key);
		return ENOMEM;
	}
	key->pair = TAKE(pair);
	*out_key = key;
	return 0;
}

void signing_key_destroy(struct signing_key *key)
{
	if (key) {
		EVP_PKEY_free(key->pair);
		free(key->uri);
	}
	free(key);
}

int signing_key_sign(const struct signing_key *key, const uint8_t *digest, uint8_t *out,
                     size_t *len)
{
	if (key->uri)
		return token_key_sign(key->uri, digest, out, len);
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key->pair, NULL);
	bool done = context && EVP_PKEY_sign_init(context) == 1 &&
	            EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
	            EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1 &&
	            EVP_PKEY_sign(context, out, len, digest, SHA256_BYTES) == 1;
	EVP_PKEY_CTX_free(context);
	return done ? 0 : EIO;
}

int signing_key_refuse_development(const char *path, struct text *why)
{
	static const char *const known[] = {SIGNING_DEVELOPMENT_KEY, SIGNING_EFI_DEVELOPMENT_KEY};
	struct signing_key *key, *other;
	TRY(signing_key_open(path, &key, why));
	int error = 0;
	for (size_t i = 0; i < COUNT(known) && !error; i++) {
		struct text absent = {.arena = why->arena};
		if (signing_key_open(known[i], &other, &absent) != 0)
			continue; /* not on this machine: then it is not that one */
		if (EVP_PKEY_eq(key->pair, other->pair) == 1) {
			text_addf(why,
			          "%s is a development key (%s); a release is never signed "
			          "with one",
			          path, known[i]);
			error = EPERM;
		}
		signing_key_destroy(other);
	}
	signing_key_destroy(key);
	return error;
}
