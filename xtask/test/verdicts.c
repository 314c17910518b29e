#include "test/verdicts.h"
#include "engine/engine.h"
#include "os/files.h"
#include <jansson.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Changes when what is remembered changes its form. */
#define FORM "verdicts 1\n"

static bool is_file(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* False when a file that is there could not be read. */
static bool add_file(struct text *t, const char *path)
{
	struct digest digest;
	if (digest_file(path, &digest) != 0)
		return false;
	text_addf(t, "%s %.*s\n", path, STR_ARG(digest_hex(t->arena, &digest)));
	return true;
}

/* Words of the command and the values inside of them ("file=a,format=raw"). */
static bool add_files_of(struct text *t, struct str command)
{
	while (command.len) {
		size_t len = 0;
		while (len < command.len && !str_contains(STR("' ,=\n"), command.ptr[len]))
			len++;
		const char *word = arena_c_str(t->arena, str_slice(command, 0, len));
		if (len && is_file(word) && !add_file(t, word))
			return false;
		command = str_slice(command, len + 1, command.len);
	}
	return true;
}

struct verdict_key verdict_key(struct arena *a, const struct test_request *request,
                               const struct found_test *test, struct str command)
{
	struct text t = {.arena = a};
	text_addf(&t, FORM "%.*s\n", STR_ARG(command));
	if (!add_file(&t, arena_c_str(a, request->tool)) ||
	    !add_file(&t, arena_c_str(a, test->path)) || !add_files_of(&t, command))
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
		        .known = true,
		};
		outcomes_add(out, a, &outcome);
	}
	json_decref(list);
	return out->count;
}

void verdict_remember(struct arena *a, const struct verdict_key *key,
                      const struct outcomes *outcomes)
{
	json_t *list = json_array();
	bool all_passed = true;
	for (size_t i = 0; i < outcomes->count; i++) {
		const struct test_outcome *o = &outcomes->items[i];
		all_passed &= o->verdict == VERDICT_PASSED;
		json_array_append_new(list,
		                      json_pack("{s:s%, s:s%}", "name", o->name.ptr, o->name.len,
		                                "repeat", o->repeat.ptr, o->repeat.len));
	}
	char *text = json_dumps(list, JSON_COMPACT);
	if (text && all_passed && key->file.len)
		(void)!file_write(arena_c_str(a, key->file), str_from_c(text), 0644);
	free(text);
	json_decref(list);
}
