/* documents: what is in the image, and what it was made from, for other people's tools. */
#include "cmd/image/actions.h"
#include "cmd/image/bill.h"
#include "image/gpt.h"
#include "os/files.h"
#include "sign/openpgp.h"
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PAYLOAD_TYPE "application/vnd.in-toto+json"

static const struct option *const options[] = {options_system, NULL};

static struct str json_text(struct arena *a, const json_t *document)
{
	char *bytes = json_dumps(document, JSON_INDENT(1));
	struct str text = str_format(a, "%s\n", bytes ? bytes : "");
	free(bytes);
	return text;
}

static bool document_write(struct bill *b, const char *name, struct str content)
{
	struct str path = pipeline_path(b->pipeline, name);
	int error = file_write(path.ptr, content, 0644);
	if (error)
		diag_error(b->diag, (struct span){}, (struct str){}, "cannot write %s: %s",
		           path.ptr, strerror(error));
	else if (!b->pipeline->in->quiet)
		printf("documents: %s\n", path.ptr);
	return !error;
}

static struct str base64(struct arena *a, struct str bytes)
{
	unsigned char *out = arena_alloc(a, (bytes.len + 2) / 3 * 4 + 1);
	int len = EVP_EncodeBlock(out, (const unsigned char *)bytes.ptr, (int)bytes.len);
	return (struct str){(char *)out, (size_t)len};
}

/* Over the pre-authentication encoding of DSSE 1.0, RSA with SHA-256. */
static int envelope_sign(struct bill *b, struct str payload, struct str *out_envelope,
                         struct text *why)
{
	struct arena *a = b->arena;
	struct signing_key *key;
	struct str keyring, id;
	uint8_t number[1024];
	size_t len = sizeof number;
	struct str encoded = str_format(a, "DSSEv1 %zu %s %zu %.*s", strlen(PAYLOAD_TYPE),
	                                PAYLOAD_TYPE, payload.len, STR_ARG(payload));
	struct digest digest = digest_bytes(encoded);
	TRY(file_read(a, pipeline_path(b->pipeline, "boot/public-key.gpg").ptr, &keyring));
	TRY(openpgp_fingerprint(a, keyring, &id, why));
	TRY(signing_key_open(arena_c_str(a, b->pipeline->key), &key, why));
	int error = signing_key_sign(key, digest.bytes, number, &len);
	signing_key_destroy(key);
	if (error)
		return error;
	json_t *signature = json_object(), *envelope = json_object();
	json_object_set_new(signature, "keyid", bill_text(id));
	json_object_set_new(signature, "sig",
	                    bill_text(base64(a, (struct str){(char *)number, len})));
	json_object_set_new(envelope, "payloadType", json_string(PAYLOAD_TYPE));
	json_object_set_new(envelope, "payload", bill_text(base64(a, payload)));
	json_object_set_new(envelope, "signatures", json_pack("[o]", signature));
	*out_envelope = json_text(a, envelope);
	json_decref(envelope);
	return 0;
}

static bool provenance_write(struct bill *b)
{
	struct text why = {.arena = b->arena};
	struct str envelope;
	json_t *statement = bill_provenance(b);
	if (!statement)
		return false;
	int error = envelope_sign(b, json_text(b->arena, statement), &envelope, &why);
	json_decref(statement);
	if (!error)
		return document_write(b, "rustos-boot.provenance.json", envelope);
	diag_error(b->diag, (struct span){}, (struct str){}, "cannot sign the provenance: %s",
	           why.len ? why.bytes : strerror(error));
	return false;
}

static bool bill_begin(struct bill *b, struct pipeline *p)
{
	char text[32];
	time_t epoch = (time_t)image_epoch();
	struct tm utc;
	*b = (struct bill){.pipeline = p, .arena = p->in->arena, .diag = p->in->diag};
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&epoch, &utc));
	b->time = arena_str(b->arena, str_from_c(text));
	if (!bill_digest(b, pipeline_path(p, "rustos-boot.img"), &b->image_digest))
		return false;
	struct guid id = guid_derive(&guid_namespace, b->image_digest);
	b->id = guid_text(b->arena, &id);
	return !file_exists(DEB_LOCK_PATH) ||
	       deb_lock_read(b->arena, DEB_LOCK_PATH, &b->debs, b->diag);
}

static bool written(struct bill *b, const char *name, json_t *document)
{
	if (!document)
		return false;
	bool ok = document_write(b, name, json_text(b->arena, document));
	json_decref(document);
	return ok;
}

static int run_documents(struct invocation *in)
{
	struct pipeline p;
	struct bill b;
	pipeline_name(&p, in);
	if (!pipeline_read(&p))
		return EXIT_USAGE;
	int code = pipeline_goal(&p, GOAL_IMAGE);
	if (code != EXIT_DONE)
		return code;
	bool ok = bill_begin(&b, &p) && written(&b, "rustos-boot.spdx.json", bill_spdx(&b)) &&
	          written(&b, "rustos-boot.cdx.json", bill_cyclonedx(&b)) && provenance_write(&b);
	return ok ? EXIT_DONE : EXIT_FAILED;
}

const struct command command_documents = {
        .name = "documents",
        .summary = "write SPDX, CycloneDX and signed SLSA provenance of the image",
        .usage = "[OPTIONS]",
        .details = "Beside the image: rustos-boot.spdx.json, .cdx.json, .provenance.json (a DSSE "
                   "envelope,\nsigned with the key that GRUB checks by). Equal builds give equal "
                   "documents.\n",
        .example = "  xtask documents\n",
        .options = options,
        .run = run_documents,
};
