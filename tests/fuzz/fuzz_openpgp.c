/*
 * Verifier of signatures. Odd first byte: the input is key ring and signature as they are. Even: a
 * sound pair with edits (offset, value) from the input; whatever is edited in the signature must
 * not verify.
 */
#include "os/files.h"
#include "sign/openpgp.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct arena arena;
static struct str keyring, signature;
static const struct str signed_data = STR_INIT("some data");

int LLVMFuzzerInitialize(int *, char ***);
int LLVMFuzzerInitialize(int *, char ***)
{
	char path[] = "/tmp/xtask-fuzz-key-XXXXXX";
	struct signing_key *key;
	host_arena_init(&arena);
	struct text why = {.arena = &arena};
	int fd = mkstemp(path);
	if (fd < 0)
		abort();
	close(fd);
	unlink(path);
	if (signing_key_ensure(path, &why) || signing_key_open(path, &key, &why) ||
	    openpgp_public_key(&arena, key, &keyring, &why) ||
	    openpgp_sign(key, 1700000000, signed_data, &signature, &why))
		abort();
	unlink(path);
	signing_key_destroy(key);
	return 0;
}

static void edited(const uint8_t *data, size_t size)
{
	struct arena a;
	host_arena_init(&a);
	struct text why = {.arena = &a};
	char *ring = arena_c_str(&a, keyring), *sig = arena_c_str(&a, signature);
	for (size_t i = 0; i + 2 < size; i += 3) {
		size_t at = (size_t)data[i] << 8 | data[i + 1];
		if (at < keyring.len)
			ring[at] = (char)data[i + 2];
		else if (at - keyring.len < signature.len)
			sig[at - keyring.len] = (char)data[i + 2];
	}
	bool is_same = memcmp(sig, signature.ptr, signature.len) == 0;
	int error = openpgp_verify((struct str){ring, keyring.len}, signed_data,
	                           (struct str){sig, signature.len}, &why);
	if (!error && !is_same)
		abort();
	arena_release(&a);
}

static void raw(const uint8_t *data, size_t size)
{
	struct arena a;
	struct str print;
	host_arena_init(&a);
	struct text why = {.arena = &a};
	size_t split = size < 2 ? 0 : ((size_t)data[0] << 8 | data[1]) % (size - 1);
	size_t head = size < 2 ? size : 2;
	const char *bytes = (const char *)data + head;
	split = split > size - head ? size - head : split;
	struct str ring = {bytes, split}, sig = {bytes + split, size - head - split};
	(void)openpgp_verify(ring, signed_data, sig, &why);
	(void)openpgp_verify(keyring, signed_data, sig, &why);
	(void)openpgp_verify(ring, signed_data, signature, &why);
	(void)openpgp_fingerprint(&a, ring, &print, &why);
	arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (data[0] & 1)
		raw(data + 1, size - 1);
	else
		edited(data + 1, size - 1);
	return 0;
}
