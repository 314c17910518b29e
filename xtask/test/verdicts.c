#include "test/verdicts.h"
#include "engine/engine.h"
#include "os/files.h"
#include "qemu/pool/named_files.h"
#include <jansson.h>
#include <stdlib.h>

/* Changes when what is remembered changes its form. */
#define FORM "verdicts 2\n"

struct verdict_key verdict_key(struct arena *a, const struct test_request *request,
                               const struct found_test *test, struct str command)
{
	struct text t = {.arena = a};
	text_addf(&t, FORM "%.*s\n", STR_ARG(command));
	if (!named_file_add(&t, arena_c_str(a, request->tool)) ||
	    !named_file_add(&t, arena_c_str(a, test->path)) || !named_files_add(&t, command))
		return (struct verdict_key){};
	struct digest digest = digest_bytes(text_str(&t));
	struct str folder = path_join(a, request->work, STR("verdicts"));
	return (struct verdict_key){path_join(a, folder, digest_hex(a, &digest))};
}

static struct str text_of(struct arena *a, const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? arena_str(a, str_from_c(text)) : (struct str){};
}

bool verdict_recall(struct arena *a, const struct verdict_key *key, struct outcomes *out)
{
	struct str content;
	if (!key->file.len || file_read(a, arena_c_str(a, key->file), &content) != 0)
		return false;
	json_t *list = json_loadb(content.ptr, content.len, 0, NULL);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *object = json_array_get(list, i);
		struct test_outcome outcome = {
		        .kind = TEST_SCENARIO,
		        .verdict = VERDICT_PASSED,
		        .name = text_of(a, object, "name"),
		        .repeat = text_of(a, object, "repeat"),
		        .note = json_is_true(json_object_get(object, "resumed"))
		                        ? STR("known: the same bytes were resumed")
		                        : STR("known: the same bytes were booted"),
		        .known = true,
		};
		outcomes_add(out, a, &outcome);
	}
	json_decref(list);
	return out->count;
}

void verdict_remember(struct arena *a, const struct verdict_key *key, bool resumed,
                      const struct outcomes *outcomes)
{
	json_t *list = json_array();
	bool all_passed = true;
	for (size_t i = 0; i < outcomes->count; i++) {
		const struct test_outcome *o = &outcomes->items[i];
		all_passed &= o->verdict == VERDICT_PASSED;
		json_array_append_new(list, json_pack("{s:s%, s:s%, s:b}", "name", o->name.ptr,
		                                      o->name.len, "repeat", o->repeat.ptr,
		                                      o->repeat.len, "resumed", resumed));
	}
	char *text = json_dumps(list, JSON_COMPACT);
	if (text && all_passed && key->file.len)
		(void)!file_write(arena_c_str(a, key->file), str_from_c(text), 0644);
	free(text);
	json_decref(list);
}
