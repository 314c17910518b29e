/* What is kept, what comes back, and what is refused. */
#include "engine/cache/entry.h"
#include "engine/cache/http.h"
#include "engine_fixture.h"
#include <sys/stat.h>

static const struct cache_settings local = {.folder = STR_INIT("cache"), .key = STR_INIT("key")};

/* a with a header that only the depfile names -> out/a; -> out/b. Each notes that it ran. */
static void make_graph(struct world *w, struct cache_settings cache)
{
	arena_release(&w->arena);
	world_clear(w);
	w->request.cache = cache;
	struct action *action =
	        world_shell(w, "a", "out/a", "cat a h > $0; echo 'x: h' > $1; echo a >> ran");
	action->depfile = STR("out/a.d");
	strs_add(&action->argv, &w->arena, STR("$dep"));
	world_shell(w, "out/a", "out/b", "cp out/a $0; chmod 755 $0; echo b >> ran");
}

static void assert_built(struct world *w, size_t run, size_t cached)
{
	if (!world_run(w))
		diag_print(&w->diag, stderr, DIAG_TEXT);
	assert_int_equal(w->diag.errors, 0);
	assert_int_equal(w->summary.run, run);
	assert_int_equal(w->summary.cached, cached);
	assert_int_equal(w->summary.failed, 0);
}

static void put_inputs(const char *a, const char *h)
{
	put_file("a", a);
	put_file("h", h);
}

static void a_tree_made_anew_comes_from_the_cache(void **state)
{
	struct world *w = *state;
	struct stat st;
	put_inputs("A\n", "H\n");
	make_graph(w, local);
	assert_built(w, 2, 0);
	assert_int_equal(tree_remove("out"), 0);
	make_graph(w, local);
	assert_built(w, 0, 2);
	assert_file(w, "out/b", "A\nH\n");
	assert_int_equal(stat("out/b", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0755);
	assert_file(w, "ran", "a\nb\n");
	assert_runs(w, 0, 2);
	/* What was restored knows its header. */
	put_inputs("A\n", "H2\n");
	make_graph(w, local);
	assert_built(w, 2, 0);
	assert_file(w, "out/b", "A\nH2\n");
}

static void a_change_taken_back_runs_nothing(void **state)
{
	struct world *w = *state;
	make_graph(w, local);
	put_inputs("A\n", "H\n");
	assert_built(w, 2, 0);
	put_inputs("A\n", "H2\n");
	make_graph(w, local);
	assert_built(w, 2, 0);
	put_inputs("A\n", "H\n");
	make_graph(w, local);
	assert_built(w, 0, 2);
	assert_file(w, "out/b", "A\nH\n");
}

/* The only file of cache/FOLDER, or the one whose content holds text. */
static const char *cached_file(struct world *w, const char *folder, const char *text)
{
	struct strs paths;
	assert_int_equal(tree_files(&w->arena, folder, &paths), 0);
	for (size_t i = 0; i < paths.count; i++) {
		struct str content;
		assert_int_equal(file_read(&w->arena, paths.items[i].ptr, &content), 0);
		if (memmem(content.ptr, content.len, text, strlen(text)))
			return paths.items[i].ptr;
	}
	fail();
	return NULL;
}

enum harm { SWAPPED_BLOB, CUT_BLOB, CUT_ENTRY, CHANGED_ENTRY, REPLAYED_ENTRY, STRANGER, HARMS };

static const char *harm(struct world *w, enum harm how)
{
	struct str content;
	const char *entry = cached_file(w, "cache/ac", "depends h");
	const char *other = cached_file(w, "cache/ac", "output");
	const char *blob = cached_file(w, "cache/cas", "A\nH\n");
	switch (how) {
	case SWAPPED_BLOB:
		put_file(blob, "A\nX\n");
		return "its bytes are others than its name says";
	case CUT_BLOB:
		put_file(blob, "A");
		return "its bytes are others";
	case CUT_ENTRY:
		assert_int_equal(file_read(&w->arena, entry, &content), 0);
		assert_int_equal(file_write(entry, str_slice(content, 0, content.len / 2), 0644),
		                 0);
		return "it is not whole";
	case CHANGED_ENTRY:
		assert_int_equal(file_read(&w->arena, entry, &content), 0);
		char *at = memmem(content.ptr, content.len, "depends h", 9);
		at[8] = 'a';
		assert_int_equal(file_write(entry, content, 0644), 0);
		return "its signature is wrong";
	case REPLAYED_ENTRY:
		assert_int_equal(file_read(&w->arena, other, &content), 0);
		assert_int_equal(file_write(entry, content, 0644), 0);
		return "it is of another action";
	default:
		assert_int_equal(unlink("key"), 0); /* a new one is made */
		return "nobody we trust signed it";
	}
}

static void what_was_poisoned_is_refused_and_made_here(void **state)
{
	struct world *w = *state;
	for (enum harm how = 0; how < HARMS; how++) {
		assert_int_equal(tree_remove("cache"), 0);
		assert_int_equal(tree_remove("out"), 0);
		put_inputs("A\n", "H\n");
		make_graph(w, local);
		assert_built(w, 2, 0);
		const char *says = harm(w, how);
		assert_int_equal(tree_remove("out"), 0);
		make_graph(w, local);
		assert_true(world_run(w));
		assert_diag(w, says);
		assert_true(w->summary.run >= 1);
		assert_file(w, "out/b", "A\nH\n");
		/* And it is mended. */
		assert_int_equal(tree_remove("out"), 0);
		make_graph(w, local);
		assert_built(w, 0, 2);
		assert_int_equal(w->diag.warnings, 0);
	}
}

static void entries_of_trusted_writers_count(void **state)
{
	struct world *w = *state;
	struct cache_signer writer;
	put_inputs("A\n", "H\n");
	make_graph(w, local);
	assert_built(w, 2, 0);
	assert_int_equal(cache_signer_load(&w->arena, "key", &writer), 0);
	assert_int_equal(unlink("key"), 0);
	assert_int_equal(tree_remove("out"), 0);
	make_graph(w, local);
	strs_add(&w->request.cache.trusted, &w->arena,
	         cache_hex(&w->arena, writer.public_key, sizeof writer.public_key));
	assert_built(w, 0, 2);
}

/* --- HTTP ------------------------------------------------------------------------------- */

static void answers_are_read_whole_or_refused(void **state)
{
	(void)state;
	static const struct {
		struct str bytes;
		bool ended;
		enum http_parse parse;
		int status;
		struct str body;
	} cases[] = {
	        {STR_INIT("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab"), false, HTTP_DONE, 200,
	         STR_INIT("ab")},
	        {STR_INIT("HTTP/1.1 200 OK\r\ncontent-length:2\r\n\r\na"), false, HTTP_MORE, 0, {}},
	        {STR_INIT("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na"), true, HTTP_BAD, 0, {}},
	        {STR_INIT("HTTP/1.0 200 OK\r\n\r\nab"), false, HTTP_MORE, 0, {}},
	        {STR_INIT("HTTP/1.0 200 OK\r\n\r\nab"), true, HTTP_DONE, 200, STR_INIT("ab")},
	        {STR_INIT("HTTP/1.1 204 No Content\r\n\r\n"), false, HTTP_DONE, 204, STR_INIT("")},
	        {STR_INIT("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), false, HTTP_DONE,
	         404, STR_INIT("")},
	        {STR_INIT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
	         false,
	         HTTP_BAD,
	         0,
	         {}},
	        {STR_INIT("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"), false, HTTP_BAD, 0, {}},
	        {STR_INIT("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
	         false,
	         HTTP_BAD,
	         0,
	         {}},
	        {STR_INIT("HTTP/1.1 20"), true, HTTP_BAD, 0, {}},
	        {STR_INIT("SSH-2.0-x\r\n\r\n"), false, HTTP_BAD, 0, {}},
	        {STR_INIT(""), false, HTTP_MORE, 0, {}},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct http_answer answer = {};
		assert_int_equal(http_answer_parse(cases[i].bytes, cases[i].ended, &answer),
		                 cases[i].parse);
		if (cases[i].parse != HTTP_DONE)
			continue;
		assert_int_equal(answer.status, cases[i].status);
		assert_true(str_equal(answer.body, cases[i].body));
	}
}

static void addresses_are_taken_apart(void **state)
{
	struct world *w = *state;
	struct http h;
	assert_true(http_address_parse(&w->arena, STR("http://h:81/a/b/"), &h));
	assert_true(str_equal(h.host, STR("h")) && str_equal(h.port, STR("81")) &&
	            str_equal(h.path, STR("a/b")));
	assert_true(http_address_parse(&w->arena, STR("http://h"), &h));
	assert_true(str_equal(h.port, STR("80")) && h.path.len == 0);
	assert_false(http_address_parse(&w->arena, STR("https://h/"), &h));
	assert_false(http_address_parse(&w->arena, STR("http://"), &h));
}

static void a_server_that_is_not_there_costs_a_warning(void **state)
{
	struct world *w = *state;
	struct cache_settings remote = local;
	remote.url = STR("http://127.0.0.1:1/x");
	remote.write = true;
	put_inputs("A\n", "H\n");
	make_graph(w, remote);
	assert_true(world_run(w));
	assert_diag(w, "Connection refused; it is left alone from here on");
	assert_int_equal(w->diag.warnings, 1);
	assert_int_equal(w->summary.run, 2);
}

static void a_release_does_not_ask_the_server(void **state)
{
	struct world *w = *state;
	struct cache_settings remote = local;
	remote.url = STR("http://127.0.0.1:1/x");
	remote.ignore_remote = true;
	put_inputs("A\n", "H\n");
	make_graph(w, remote);
	assert_built(w, 2, 0);
	assert_int_equal(w->diag.warnings, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        WORLD_TEST(a_tree_made_anew_comes_from_the_cache),
	        WORLD_TEST(a_change_taken_back_runs_nothing),
	        WORLD_TEST(what_was_poisoned_is_refused_and_made_here),
	        WORLD_TEST(entries_of_trusted_writers_count),
	        cmocka_unit_test(answers_are_read_whole_or_refused),
	        WORLD_TEST(addresses_are_taken_apart),
	        WORLD_TEST(a_server_that_is_not_there_costs_a_warning),
	        WORLD_TEST(a_release_does_not_ask_the_server),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
