#include "engine/cache/entry.h"
#include "os/files.h"
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

struct str cache_hex(struct arena *a, const uint8_t *bytes, size_t count)
{
	struct text t = {.arena = a};
	text_add(&t, STR(""));
	for (size_t i = 0; i < count; i++)
		text_addf(&t, "%02x", bytes[i]);
	return text_str(&t);
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool hex_read(struct str text, uint8_t *out_bytes, size_t count)
{
	if (text.len != 2 * count)
		return false;
	for (size_t i = 0; i < count; i++) {
		int high = hex_digit(text.ptr[2 * i]), low = hex_digit(text.ptr[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		out_bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static bool signer_complete(struct cache_signer *s)
{
	size_t len = sizeof s->public_key;
	EVP_PKEY *pair =
	        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, s->seed, sizeof s->seed);
	bool good = pair && EVP_PKEY_get_raw_public_key(pair, s->public_key, &len) == 1;
	EVP_PKEY_free(pair);
	return good;
}

static int signer_make(struct arena *a, const char *path, struct cache_signer *out)
{
	struct str folder = path_folder(str_from_c(path));
	int error = folder.len ? folder_create(arena_c_str(a, folder)) : 0;
	if (error)
		return error;
	if (getrandom(out->seed, sizeof out->seed, 0) != (ssize_t)sizeof out->seed)
		return EIO;
	struct str line =
	        str_format(a, "%.*s\n", STR_ARG(cache_hex(a, out->seed, sizeof out->seed)));
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	error = write(fd, line.ptr, line.len) == (ssize_t)line.len ? 0 : EIO;
	close(fd);
	return error;
}

int cache_signer_load(struct arena *a, const char *path, struct cache_signer *out)
{
	struct str content;
	int error = file_read(a, path, &content);
	if (error == ENOENT)
		error = signer_make(a, path, out);
	else if (!error && !hex_read(str_trim(content), out->seed, sizeof out->seed))
		error = EINVAL;
	return error ? error : signer_complete(out) ? 0 : EIO;
}

static bool sign(const struct cache_signer *signer, struct str text,
                 uint8_t out_signature[CACHE_SIGNATURE_BYTES])
{
	size_t len = CACHE_SIGNATURE_BYTES;
	EVP_PKEY *pair = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, signer->seed,
	                                              sizeof signer->seed);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good = pair && context && EVP_DigestSignInit(context, NULL, NULL, NULL, pair) == 1 &&
	            EVP_DigestSign(context, out_signature, &len, (const uint8_t *)text.ptr,
	                           text.len) == 1;
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(pair);
	return good;
}

static bool signature_holds(const uint8_t public_key[CACHE_KEY_BYTES],
                            const uint8_t signature[CACHE_SIGNATURE_BYTES], struct str text)
{
	EVP_PKEY *key =
	        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, CACHE_KEY_BYTES);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good = key && context && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
	            EVP_DigestVerify(context, signature, CACHE_SIGNATURE_BYTES,
	                             (const uint8_t *)text.ptr, text.len) == 1;
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	return good;
}

struct str cache_entry_write(struct arena *a, const struct cache_entry *entry,
                             const struct cache_signer *signer)
{
	struct text t = {.arena = a};
	uint8_t signature[CACHE_SIGNATURE_BYTES] = {};
	text_addf(&t, "xtask-cache 1\nfor %s\ntook %llu\n", digest_hex(a, &entry->key).ptr,
	          (unsigned long long)entry->duration_us);
	for (size_t i = 0; i < entry->depends.count; i++)
		text_addf(&t, "depends %.*s\n", STR_ARG(entry->depends.items[i]));
	for (size_t i = 0; i < entry->output_count; i++)
		text_addf(&t, "output %s %o\n", digest_hex(a, &entry->outputs[i].digest).ptr,
		          entry->outputs[i].mode);
	text_addf(&t, "by %.*s\n", STR_ARG(cache_hex(a, signer->public_key, CACHE_KEY_BYTES)));
	if (!sign(signer, text_str(&t), signature))
		return STR("");
	text_addf(&t, "signature %.*s\n", STR_ARG(cache_hex(a, signature, sizeof signature)));
	return text_str(&t);
}

/* Takes "NAME VALUE\n" off the text when it begins with NAME. */
static bool take_line(struct str *text, struct str name, struct str *out_value)
{
	struct str rest = str_slice(*text, name.len, text->len);
	if (!str_starts_with(*text, name) || !str_contains(rest, '\n'))
		return false;
	struct str_split line = str_cut(rest, '\n');
	*out_value = line.head;
	*text = line.rest;
	return true;
}

static bool read_output(struct str value, struct cache_output *out)
{
	struct str_split words = str_cut(value, ' ');
	out->mode = 0;
	for (size_t i = 0; i < words.rest.len; i++) {
		char c = words.rest.ptr[i];
		if (c < '0' || c > '7')
			return false;
		out->mode = out->mode << 3 | (uint32_t)(c - '0');
	}
	return hex_read(words.head, out->digest.bytes, sizeof out->digest.bytes) &&
	       words.rest.len > 0 && words.rest.len <= 4 && out->mode <= 0777;
}

bool cache_entry_parse(struct arena *a, struct str text, struct cache_entry *out_entry,
                       struct str *out_by, struct str *out_signature, size_t *out_signed_bytes)
{
	struct str whole = text, value;
	struct cache_entry entry = {};
	if (!take_line(&text, STR("xtask-cache "), &value) || !str_equal(value, STR("1")) ||
	    !take_line(&text, STR("for "), &value) ||
	    !hex_read(value, entry.key.bytes, sizeof entry.key.bytes) ||
	    !take_line(&text, STR("took "), &value) || !str_to_u64(value, &entry.duration_us))
		return false;
	while (take_line(&text, STR("depends "), &value))
		strs_add(&entry.depends, a, value);
	entry.outputs = ARENA_ARRAY(a, struct cache_output, text.len / 64 + 1);
	while (take_line(&text, STR("output "), &value))
		if (!read_output(value, &entry.outputs[entry.output_count++]))
			return false;
	if (!take_line(&text, STR("by "), out_by))
		return false;
	*out_signed_bytes = whole.len - text.len;
	*out_entry = entry;
	return take_line(&text, STR("signature "), out_signature) && text.len == 0;
}

bool cache_entry_read(struct arena *a, struct str text, const struct digest *key,
                      const struct cache_signer *signer, struct cache_entry *out_entry,
                      const char **out_why)
{
	struct str by, signature;
	uint8_t public_key[CACHE_KEY_BYTES], bytes[CACHE_SIGNATURE_BYTES];
	size_t signed_bytes;
	*out_why = "it is not whole";
	if (!cache_entry_parse(a, text, out_entry, &by, &signature, &signed_bytes) ||
	    !hex_read(by, public_key, sizeof public_key) ||
	    !hex_read(signature, bytes, sizeof bytes))
		return false;
	*out_why = "nobody we trust signed it";
	if (memcmp(public_key, signer->public_key, sizeof public_key) != 0 &&
	    !strs_contain(&signer->trusted, by))
		return false;
	*out_why = "its signature is wrong";
	if (!signature_holds(public_key, bytes, str_slice(text, 0, signed_bytes)))
		return false;
	*out_why = "it is of another action";
	return memcmp(key, &out_entry->key, sizeof *key) == 0;
}
