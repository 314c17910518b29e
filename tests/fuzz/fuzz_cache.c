/*
 * What a cache's server answers: HTTP as it comes in, in one piece and in two, and the entries in
 * it. The first byte chooses; entries get their first line from here, or nothing behind it is
 * reached.
 */
#include "engine/cache/entry.h"
#include "engine/cache/http.h"
#include "os/files.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A part of an answer never says more than the whole: done early means done with the same. */
static void read_answer(struct str bytes, size_t part)
{
	struct http_answer early = {}, whole = {};
	enum http_parse first = http_answer_parse(str_slice(bytes, 0, part), false, &early);
	enum http_parse last = http_answer_parse(bytes, true, &whole);
	if (last == HTTP_MORE)
		abort();
	if (first == HTTP_DONE && (last != HTTP_DONE || early.status != whole.status))
		abort();
	if (last == HTTP_DONE && whole.body.len &&
	    (whole.body.ptr < bytes.ptr || whole.body.ptr + whole.body.len > bytes.ptr + bytes.len))
		abort();
}

static void read_entry(struct arena *a, struct str bytes)
{
	struct cache_entry entry;
	struct str by, signature;
	size_t signed_bytes;
	struct text t = {.arena = a};
	text_add(&t, STR("xtask-cache 1\n"));
	text_add(&t, bytes);
	if (cache_entry_parse(a, text_str(&t), &entry, &by, &signature, &signed_bytes) &&
	    signed_bytes > t.len)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	if (size < 2)
		return 0;
	host_arena_init(&a);
	struct str bytes = arena_str(&a, (struct str){(const char *)data + 2, size - 2});
	if (data[0] & 1)
		read_entry(&a, bytes);
	else
		read_answer(bytes, bytes.len * data[1] / 255);
	arena_release(&a);
	return 0;
}
