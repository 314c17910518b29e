/* What is said of a run: one closing line, or one JSON object. */
#include "qemu/qemu.h"
#include <jansson.h>

static const char *const sentences[QEMU_OUTCOME_COUNT] = {
        [QEMU_PASS] = "pass: the guest's program ended with status 0",
        [QEMU_EXPECTED] = "pass: every expected mark was seen",
        [QEMU_STOPPED] = "stopped as planned",
        [QEMU_LEFT] = "left from the terminal",
        [QEMU_POWERED_OFF] = "the guest switched the machine off",
        [QEMU_GUEST_STATUS] = "the guest's program ended with status",
        [QEMU_PANIC] = "the kernel panicked",
        [QEMU_BOOT_FAILURE] = "the kernel could not start its first program",
        [QEMU_REFUSED] = "the boot was refused: a signature is bad or missing",
        [QEMU_LOADER_STOPPED] = "the boot loader could not load the kernel",
        [QEMU_NOTHING_TO_BOOT] = "the firmware found nothing to boot",
        [QEMU_FORBIDDEN] = "a forbidden mark was seen",
        [QEMU_MARK_MISSING] = "an expected mark was not seen",
        [QEMU_TIMEOUT] = "timeout",
        [QEMU_NO_STATUS] = "the machine ended without a status",
        [QEMU_CRASHED] = "QEMU crashed",
        [QEMU_HOST_ERROR] = "QEMU failed",
        [QEMU_INTERRUPTED] = "interrupted",
};

static void add_missing(struct text *line, const struct strs *missing)
{
	for (size_t i = 0; i < missing->count; i++)
		text_addf(line, "%s'%.*s'", i ? ", " : "; not seen: ", STR_ARG(missing->items[i]));
}

static void print_line(struct arena *a, const struct qemu_result *result, FILE *out)
{
	struct text line = {.arena = a};
	text_addf(&line, "qemu: %s", sentences[result->outcome]);
	if (result->outcome == QEMU_GUEST_STATUS)
		text_addf(&line, " %llu", (unsigned long long)result->guest_status);
	if (result->detail.len)
		text_addf(&line, ": %.*s", STR_ARG(result->detail));
	add_missing(&line, &result->missing);
	bool unplain = result->outcome != QEMU_PASS && result->outcome != QEMU_EXPECTED &&
	               result->outcome != QEMU_STOPPED && result->outcome != QEMU_LEFT &&
	               result->outcome != QEMU_POWERED_OFF;
	if (result->success && unplain)
		text_addf(&line, "; as wanted");
	if (result->expected && !result->missing.count)
		text_addf(&line, ", %zu mark%s seen", result->expected,
		          result->expected == 1 ? "" : "s");
	if (result->resumed)
		text_addf(&line, ", resumed from a snapshot");
	if (result->pool_note.len)
		text_addf(&line, "; %.*s", STR_ARG(result->pool_note));
	text_addf(&line, ", %llu.%02llu s (%s)\n",
	          (unsigned long long)(result->elapsed_us / 1000000),
	          (unsigned long long)(result->elapsed_us / 10000 % 100), result->accelerator);
	struct str text = text_str(&line);
	fwrite(text.ptr, 1, text.len, out);
}

/* Guest text may be no UTF-8; such bytes are shown as '?'. */
static json_t *json_text(struct arena *a, struct str s)
{
	json_t *text = json_stringn(s.ptr, s.len);
	if (text)
		return text;
	struct str copy = arena_str(a, s);
	char *bytes = arena_c_str(a, copy);
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)bytes[i] >= 0x80 || !bytes[i])
			bytes[i] = '?';
	return json_stringn(bytes, s.len);
}

static json_t *json_execs(struct arena *a, const struct qemu_result *result)
{
	json_t *list = json_array();
	for (size_t i = 0; i < result->exec_count; i++) {
		const struct qemu_exec *exec = &result->execs[i];
		json_t *object = json_object();
		json_object_set_new(object, "command", json_text(a, exec->command));
		json_object_set_new(object, "status",
		                    exec->done ? json_integer(exec->status) : json_null());
		json_object_set_new(object, "stdout", json_text(a, exec->out));
		json_object_set_new(object, "stderr", json_text(a, exec->error));
		json_array_append_new(list, object);
	}
	return list;
}

static void print_json(struct arena *a, const struct qemu_result *result, FILE *out)
{
	json_t *object = json_object();
	json_object_set_new(object, "command", json_string("qemu"));
	json_object_set_new(object, "outcome", json_string(qemu_outcome_name(result->outcome)));
	json_object_set_new(object, "success", json_boolean(result->success));
	json_object_set_new(object, "guest_status", json_integer((json_int_t)result->guest_status));
	json_object_set_new(object, "detail", json_text(a, result->detail));
	json_t *missing = json_array();
	for (size_t i = 0; i < result->missing.count; i++)
		json_array_append_new(missing, json_text(a, result->missing.items[i]));
	json_object_set_new(object, "missing", missing);
	if (result->exec_count)
		json_object_set_new(object, "execs", json_execs(a, result));
	json_object_set_new(object, "started", json_string(result->resumed ? "resumed" : "booted"));
	if (result->resumed)
		json_object_set_new(object, "snapshot", json_text(a, result->snapshot));
	if (result->pool_note.len)
		json_object_set_new(object, "pool", json_text(a, result->pool_note));
	json_object_set_new(object, "accelerator", json_string(result->accelerator));
	json_object_set_new(object, "serial_file", json_text(a, result->serial_file));
	json_object_set_new(object, "debugcon_file", json_text(a, result->debugcon_file));
	json_object_set_new(object, "elapsed_us", json_integer((json_int_t)result->elapsed_us));
	json_dumpf(object, out, JSON_COMPACT);
	fputc('\n', out);
	json_decref(object);
}

void qemu_print_result(struct arena *a, const struct qemu_result *result, bool json, FILE *out)
{
	if (json)
		print_json(a, result, out);
	else
		print_line(a, result, out);
}
