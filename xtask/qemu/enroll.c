#include "qemu/enroll.h"
#include <errno.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

enum {
	VOLUME_HEADER_LENGTH_AT = 48, /* of the firmware volume */
	STORE_HEADER_BYTES = 28, /* kind, size, format, state */
	STORE_SIZE_AT = 16,
	STORE_FORMATTED_AT = 20,
	STORE_FORMATTED = 0x5A,
	VARIABLE_START = 0x55AA,
	VARIABLE_ADDED = 0x3F,
	VARIABLE_BYTES = 60,
	VARIABLE_ATTRIBUTES_AT = 4,
	VARIABLE_TIME_AT = 16,
	VARIABLE_NAME_SIZE_AT = 36,
	VARIABLE_DATA_SIZE_AT = 40,
	VARIABLE_VENDOR_AT = 44,
	STORED = 7, /* non-volatile, for boot services, for the system */
	AUTHENTICATED = 0x20, /* changed only by what the key above signs, with a later time */
	GUID_BYTES = 16,
	LIST_BYTES = 28, /* header of a signature list */
};

/* GUIDs as they lie in memory. */
static const char store_kind[] = "\x78\x2c\xf3\xaa\x7b\x94\x9a\x43\xa1\x80\x2e\x14\x4e\xc3\x77\x92";
static const char global_vendor[] =
        "\x61\xdf\xe4\x8b\xca\x93\xd2\x11\xaa\x0d\x00\xe0\x98\x03\x2b\x8c";
static const char database_vendor[] =
        "\xcb\xb2\x19\xd7\x3a\x3d\x96\x45\xa3\xbc\xda\xd0\x0e\x67\x65\x6f";
static const char certificate_kind[] =
        "\xa1\x59\xc0\xa5\xe4\x94\xa7\x4a\x87\xb5\xab\x15\x5c\x2b\xf0\x72";
static const char owner[] = "RustOS enrolment"; /* any 16 bytes: who put it there */

static void put(char *at, uint64_t value, size_t len)
{
	for (size_t i = 0; i < len; i++)
		at[i] = (char)(value >> 8 * i);
}

static uint64_t get(const char *at, size_t len)
{
	uint64_t value = 0;
	for (size_t i = len; i > 0; i--)
		value = value << 8 | (uint8_t)at[i - 1];
	return value;
}

static int certificate_decode(struct arena *a, struct str pem, struct str *out_der)
{
	BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
	X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	unsigned char *der = NULL;
	int len = certificate ? i2d_X509(certificate, &der) : -1;
	if (len > 0)
		*out_der = arena_str(a, (struct str){(char *)der, (size_t)len});
	OPENSSL_free(der);
	X509_free(certificate);
	BIO_free(bio);
	return len > 0 ? 0 : EBADMSG;
}

/* A list of one certificate. */
static struct str signature_list(struct arena *a, struct str der)
{
	size_t size = LIST_BYTES + GUID_BYTES + der.len;
	char *list = arena_alloc(a, size);
	memcpy(list, certificate_kind, GUID_BYTES);
	put(list + 16, size, 4);
	put(list + 24, GUID_BYTES + der.len, 4);
	memcpy(list + LIST_BYTES, owner, GUID_BYTES);
	memcpy(list + LIST_BYTES + GUID_BYTES, der.ptr, der.len);
	return (struct str){list, size};
}

struct variables {
	char *bytes; /* the whole file */
	size_t at, end; /* where the next one goes; of the store */
};

/* Finds the first free place; false when this is no store, or one with a platform key. */
static bool store_open(struct variables *v, size_t file_bytes)
{
	if (file_bytes < VOLUME_HEADER_LENGTH_AT + 2)
		return false;
	size_t start = get(v->bytes + VOLUME_HEADER_LENGTH_AT, 2);
	if (start + STORE_HEADER_BYTES > file_bytes ||
	    memcmp(v->bytes + start, store_kind, GUID_BYTES) != 0 ||
	    get(v->bytes + start + STORE_FORMATTED_AT, 1) != STORE_FORMATTED)
		return false;
	v->end = start + get(v->bytes + start + STORE_SIZE_AT, 4);
	v->at = start + STORE_HEADER_BYTES;
	if (v->end > file_bytes)
		return false;
	while (v->at + VARIABLE_BYTES <= v->end && get(v->bytes + v->at, 2) == VARIABLE_START) {
		const char *variable = v->bytes + v->at;
		uint64_t size = VARIABLE_BYTES + get(variable + VARIABLE_NAME_SIZE_AT, 4) +
		                get(variable + VARIABLE_DATA_SIZE_AT, 4);
		if (size > v->end - v->at ||
		    memcmp(variable + VARIABLE_VENDOR_AT, database_vendor, GUID_BYTES) == 0)
			return false;
		v->at = (v->at + size + 3) & ~(size_t)3;
	}
	return v->at <= v->end;
}

static int variable_add(struct variables *v, const char *name, const char *vendor, struct str data)
{
	size_t name_bytes = 2 * (strlen(name) + 1);
	size_t size = VARIABLE_BYTES + name_bytes + data.len;
	if (size + 4 > v->end - v->at)
		return ENOSPC;
	char *at = v->bytes + v->at;
	memset(at, 0, VARIABLE_BYTES + name_bytes);
	put(at, VARIABLE_START, 2);
	at[2] = VARIABLE_ADDED;
	put(at + VARIABLE_ATTRIBUTES_AT, STORED | AUTHENTICATED, 4);
	put(at + VARIABLE_TIME_AT, 2000, 2); /* a time of 2000-01-01: any real one is later */
	at[VARIABLE_TIME_AT + 2] = at[VARIABLE_TIME_AT + 3] = 1;
	put(at + VARIABLE_NAME_SIZE_AT, name_bytes, 4);
	put(at + VARIABLE_DATA_SIZE_AT, data.len, 4);
	memcpy(at + VARIABLE_VENDOR_AT, vendor, GUID_BYTES);
	for (size_t i = 0; name[i]; i++)
		at[VARIABLE_BYTES + 2 * i] = name[i];
	memcpy(at + VARIABLE_BYTES + name_bytes, data.ptr, data.len);
	v->at = (v->at + size + 3) & ~(size_t)3;
	return 0;
}

int variables_enroll(struct arena *a, struct str store, struct str certificate,
                     struct str *out_store, struct text *why)
{
	struct variables v = {.bytes = arena_c_str(a, store)};
	struct str der;
	if (certificate_decode(a, certificate, &der) != 0) {
		text_addf(why, "it holds no certificate in PEM");
		return EBADMSG;
	}
	if (!store_open(&v, store.len)) {
		text_addf(why,
		          "the firmware's variable file is of another kind, or has keys already");
		return EINVAL;
	}
	/* The platform's owner, who may change the second, who may change what boots. */
	struct str list = signature_list(a, der);
	int error = variable_add(&v, "PK", global_vendor, list);
	if (!error)
		error = variable_add(&v, "KEK", global_vendor, list);
	if (!error)
		error = variable_add(&v, "db", database_vendor, list);
	if (error) {
		text_addf(why, "the certificate is too large for the firmware's variable file");
		return error;
	}
	*out_store = (struct str){v.bytes, store.len};
	return 0;
}
