/*
 * OVMF: found, padded, and with a private variable store where that matters.
 *
 * The firmware looks for a TPM at 0xfed40000 and waits twice 750 ms for the
 * device that it takes unmapped memory for. A copy with 0xFF in front covers
 * that page when it is given with -bios, which maps it to end at 4 GiB.
 */
#include "qemu/firmware.h"
#include "engine/engine.h"
#include "os/files.h"
#include "qemu/enroll.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum {
	PADDED_BYTES = 0x12C0000, /* 4 GiB - 0xfed40000: down to the TPM's page */
};

static const struct span nowhere;
static const struct str apt_hint = STR_INIT("apt-get install ovmf");

struct str firmware_find(struct arena *a, struct str configured)
{
	static const char *const places[] = {"/usr/share/ovmf/OVMF.fd", "/usr/share/OVMF/OVMF.fd"};
	if (configured.len)
		return file_exists(arena_c_str(a, configured)) ? configured : (struct str){};
	for (size_t i = 0; i < COUNT(places); i++)
		if (file_exists(places[i]))
			return str_from_c(places[i]);
	return (struct str){};
}

static bool report_file(struct diag *d, struct str path, int error)
{
	diag_error(d, nowhere, (struct str){}, "%.*s: %s", STR_ARG(path), strerror(error));
	return false;
}

/* Named for size and time of the original, so that another firmware makes another copy. */
static bool make_padded(struct arena *a, struct str out, struct str original, struct str *out_path,
                        struct diag *d)
{
	struct stat st;
	if (stat(arena_c_str(a, original), &st) != 0)
		return report_file(d, original, errno);
	if (st.st_size >= PADDED_BYTES) {
		*out_path = original;
		return true;
	}
	struct str path = str_format(a, "%.*s/firmware/%.*s-%lld-%lld.padded", STR_ARG(out),
	                             STR_ARG(path_name(original)), (long long)st.st_size,
	                             (long long)st.st_mtime);
	*out_path = path;
	struct stat copy;
	if (stat(path.ptr, &copy) == 0 && copy.st_size == PADDED_BYTES)
		return true;

	struct str content;
	int error = file_read(a, arena_c_str(a, original), &content);
	if (error)
		return report_file(d, original, error);
	if (content.len > PADDED_BYTES)
		return report_file(d, original, EFBIG);
	char *padded = arena_alloc(a, PADDED_BYTES);
	size_t front = PADDED_BYTES - content.len;
	memset(padded, 0xff, front);
	memcpy(padded + front, content.ptr, content.len);
	error = file_write(path.ptr, (struct str){padded, PADDED_BYTES}, 0644);
	return error ? report_file(d, path, error) : true;
}

/* The code and variable files that belong together; Debian's names. */
static bool find_flash_pair(struct arena *a, struct str configured, struct firmware *out)
{
	if (configured.len) {
		struct str_split cut = str_cut_last(configured, '/');
		static const char marker[] = "_CODE";
		const char *hit = memmem(cut.rest.ptr, cut.rest.len, marker, sizeof marker - 1);
		if (!hit)
			return false;
		size_t before = (size_t)(hit - configured.ptr);
		struct str behind = str_slice(configured, before + 5, configured.len);
		out->code = configured;
		out->variables = str_format(a, "%.*s_VARS%.*s", (int)before, configured.ptr,
		                            STR_ARG(behind));
	} else {
		out->code = STR("/usr/share/OVMF/OVMF_CODE_4M.fd");
		out->variables = STR("/usr/share/OVMF/OVMF_VARS_4M.fd");
	}
	return file_exists(arena_c_str(a, out->code)) &&
	       file_exists(arena_c_str(a, out->variables));
}

static bool prepare_flash(struct arena *a, const struct qemu_request *request, struct firmware *out,
                          struct diag *d)
{
	struct firmware found;
	if (!find_flash_pair(a, request->config->firmware, &found)) {
		diag_error(
		        d, nowhere, apt_hint,
		        "no firmware with a variable store (OVMF_CODE*.fd beside OVMF_VARS*.fd)");
		return false;
	}
	out->code = found.code;
	out->variables = path_join(a, path_join(a, request->out, STR("firmware")),
	                           path_name(found.variables));
	if (file_exists(arena_c_str(a, out->variables)))
		return true;
	struct str content;
	int error = file_read(a, arena_c_str(a, found.variables), &content);
	if (error)
		return report_file(d, found.variables, error);
	error = file_write(arena_c_str(a, out->variables), content, 0644);
	return error ? report_file(d, out->variables, error) : true;
}

/* The variables with a certificate of somebody's own, below OUT/firmware, under the digest of both.
 */
static bool enroll(struct arena *a, const struct qemu_request *request, struct firmware *out,
                   struct diag *d)
{
	static const char empty[] = "/usr/share/OVMF/OVMF_VARS_4M.fd";
	struct str store, certificate, enrolled;
	struct text why = {.arena = a};
	int error = file_read(a, empty, &store);
	if (error)
		return report_file(d, str_from_c(empty), error);
	error = file_read(a, arena_c_str(a, request->certificate), &certificate);
	if (error)
		return report_file(d, request->certificate, error);
	if (variables_enroll(a, store, certificate, &enrolled, &why) != 0) {
		diag_error(d, nowhere, (struct str){}, "%.*s: %.*s", STR_ARG(request->certificate),
		           STR_ARG(text_str(&why)));
		return false;
	}
	struct digest digest = digest_bytes(enrolled);
	out->variables = str_format(a, "%.*s/firmware/enrolled-%.16s.fd", STR_ARG(request->out),
	                            digest_hex(a, &digest).ptr);
	error = file_write(out->variables.ptr, enrolled, 0644);
	return error ? report_file(d, out->variables, error) : true;
}

/* Debian's: enforcing, with one test certificate enrolled, or another. QEMU throws changes to it
 * away. */
static bool find_secure(struct arena *a, const struct qemu_request *request, struct firmware *out,
                        struct diag *d)
{
	*out = (struct firmware){
	        .code = STR("/usr/share/OVMF/OVMF_CODE_4M.secboot.fd"),
	        .variables = STR("/usr/share/OVMF/OVMF_VARS_4M.snakeoil.fd"),
	};
	if (!file_exists(out->code.ptr) || !file_exists(out->variables.ptr)) {
		diag_error(d, nowhere, apt_hint, "no firmware for Secure Boot (%s)", out->code.ptr);
		return false;
	}
	return !request->certificate.len || enroll(a, request, out, d);
}

bool firmware_prepare(struct arena *a, const struct qemu_request *request,
                      struct firmware *out_firmware, struct diag *d)
{
	if (request->secure_boot)
		return find_secure(a, request, out_firmware, d);
	if (request->variables)
		return prepare_flash(a, request, out_firmware, d);
	struct str original = firmware_find(a, request->config->firmware);
	if (!original.len) {
		struct str configured = request->config->firmware;
		if (configured.len)
			diag_error(d, nowhere, STR("correct qemu.firmware, or leave it empty"),
			           "the configured firmware '%.*s' does not exist",
			           STR_ARG(configured));
		else
			diag_error(d, nowhere, apt_hint, "no UEFI firmware (OVMF.fd) was found");
		return false;
	}
	return make_padded(a, request->out, original, &out_firmware->code, d);
}
