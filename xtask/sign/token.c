#include "sign/token.h"
#include "sign/packet.h"
#include <errno.h>
#include <openssl/pem.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROGRAM_ARGUMENTS_MAX = 24 };

extern char **environ;

/* A program with input on stdin; what it writes to stdout, at most *len bytes. */
static int program_run(char *const argv[], struct str input, char *out, size_t *len)
{
	posix_spawn_file_actions_t files;
	pid_t pid;
	int status, result = memfd_create("result", MFD_CLOEXEC);
	int source = memfd_create("input", MFD_CLOEXEC);
	int error = result < 0 || source < 0 ? errno : 0;
	if (!error && input.len && pwrite(source, input.ptr, input.len, 0) != (ssize_t)input.len)
		error = EIO;
	if (!error && !(error = posix_spawn_file_actions_init(&files))) {
		posix_spawn_file_actions_adddup2(&files, source, STDIN_FILENO);
		posix_spawn_file_actions_adddup2(&files, result, STDOUT_FILENO);
		error = posix_spawnp(&pid, argv[0], &files, NULL, argv, environ);
		posix_spawn_file_actions_destroy(&files);
		if (!error && (waitpid(pid, &status, 0) < 0 || status != 0))
			error = EIO;
	}
	ssize_t got = error ? 0 : pread(result, out, *len, 0);
	if (!error && got <= 0)
		error = EIO;
	*len = got > 0 ? (size_t)got : 0;
	if (source >= 0)
		close(source);
	if (result >= 0)
		close(result);
	return error;
}

static char *word(const char *text)
{
	return (char *)(uintptr_t)text; /* posix_spawn does not write to its arguments */
}

int token_key_read(const char *uri, EVP_PKEY **out_public, struct text *why)
{
	char pem[8192];
	size_t len = sizeof pem;
	char *const argv[PROGRAM_ARGUMENTS_MAX] = {
	        word("openssl"), word("pkey"), word("-engine"), word("pkcs11"),  word("-inform"),
	        word("engine"),  word("-in"),  word(uri),       word("-pubout"),
	};
	int error = program_run(argv, (struct str){}, pem, &len);
	if (error) {
		text_addf(
		        why,
		        "cannot read the key %s: `openssl pkey -engine pkcs11` failed; the engine "
		        "is in the package libengine-pkcs11-openssl",
		        uri);
		return error;
	}
	BIO *source = BIO_new_mem_buf(pem, (int)len);
	*out_public = source ? PEM_read_bio_PUBKEY(source, NULL, NULL, NULL) : NULL;
	BIO_free(source);
	return 0;
}

int token_key_sign(const char *uri, const uint8_t *digest, uint8_t *out, size_t *len)
{
	char *const argv[PROGRAM_ARGUMENTS_MAX] = {
	        word("openssl"),
	        word("pkeyutl"),
	        word("-sign"),
	        word("-engine"),
	        word("pkcs11"),
	        word("-keyform"),
	        word("engine"),
	        word("-inkey"),
	        word(uri),
	        word("-pkeyopt"),
	        word("digest:sha256"),
	        word("-pkeyopt"),
	        word("rsa_padding_mode:pkcs1"),
	};
	return program_run(argv, (struct str){(const char *)digest, SHA256_BYTES}, (char *)out,
	                   len);
}
