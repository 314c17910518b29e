#include "engine/engine.h"
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <unistd.h>

enum { DIGEST_READ_BYTES = 64 * 1024 };

/* The library's own settings file is not declared to us, so it is not read. */
static const EVP_MD *digest_algorithm(void)
{
	if (!OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL))
		abort();
	return EVP_sha256();
}

struct digest digest_bytes(struct str bytes)
{
	struct digest digest;
	if (!EVP_Digest(bytes.ptr, bytes.len, digest.bytes, NULL, digest_algorithm(), NULL))
		abort();
	return digest;
}

static int digest_stream(int fd, EVP_MD_CTX *context, struct digest *out_digest)
{
	char bytes[DIGEST_READ_BYTES];
	if (!EVP_DigestInit_ex(context, digest_algorithm(), NULL))
		return ENOMEM;
	for (;;) {
		ssize_t got = read(fd, bytes, sizeof bytes);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno;
		if (got == 0)
			break;
		if (!EVP_DigestUpdate(context, bytes, (size_t)got))
			return ENOMEM;
	}
	return EVP_DigestFinal_ex(context, out_digest->bytes, NULL) ? 0 : ENOMEM;
}

/* Reads instead of mapping: a file cut short meanwhile must not end the tool with SIGBUS. */
int digest_file(const char *path, struct digest *out_digest)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	int error = context ? digest_stream(fd, context, out_digest) : ENOMEM;
	EVP_MD_CTX_free(context);
	close(fd);
	return error;
}

struct str digest_hex(struct arena *a, const struct digest *digest)
{
	static const char digits[] = "0123456789abcdef";
	char *hex = arena_alloc(a, 2 * sizeof digest->bytes + 1);
	for (size_t i = 0; i < sizeof digest->bytes; i++) {
		hex[2 * i] = digits[digest->bytes[i] >> 4];
		hex[2 * i + 1] = digits[digest->bytes[i] & 15];
	}
	return (struct str){hex, 2 * sizeof digest->bytes};
}
