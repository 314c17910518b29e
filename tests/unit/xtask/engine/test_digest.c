#include "engine/engine.h"
#include "engine/state/record.h"
#include "engine_fixture.h"
#include <errno.h>

static void digests_are_sha_256(void **state)
{
	/* FIPS 180-4 examples, and one that needs more than one read. */
	static const struct {
		const char *unit;
		size_t times;
		const char *hex;
	} cases[] = {
	        {"", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	        {"abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	        {"a", 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
	};
	struct world *w = *state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct text t = {.arena = &w->arena};
		for (size_t k = 0; k < cases[i].times; k++)
			text_add(&t, str_from_c(cases[i].unit));
		struct digest of_bytes = digest_bytes(text_str(&t)), of_file;
		assert_int_equal(file_write("file", text_str(&t), 0644), 0);
		assert_int_equal(digest_file("file", &of_file), 0);
		assert_string_equal(digest_hex(&w->arena, &of_bytes).ptr, cases[i].hex);
		assert_string_equal(digest_hex(&w->arena, &of_file).ptr, cases[i].hex);
	}
}

static void files_that_can_not_be_read_say_why(void **state)
{
	struct digest digest;
	(void)state;
	assert_int_equal(digest_file("absent", &digest), ENOENT);
	assert_int_equal(digest_file(".", &digest), EISDIR);
}

static void a_checksum_sees_each_flipped_bit_and_each_length(void **state)
{
	(void)state;
	char bytes[37];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)(i * 31);
	uint64_t whole = record_checksum((struct str){bytes, sizeof bytes});
	for (size_t bit = 0; bit < 8 * sizeof bytes; bit++) {
		bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << bit % 8));
		assert_true(record_checksum((struct str){bytes, sizeof bytes}) != whole);
		bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << bit % 8));
	}
	for (size_t len = 0; len < sizeof bytes; len++)
		assert_true(record_checksum((struct str){bytes, len}) != whole);
	static const char zeros[16];
	assert_true(record_checksum((struct str){zeros, 8}) !=
	            record_checksum((struct str){zeros, 9}));
}

static void a_reader_never_runs_past_its_end(void **state)
{
	struct world *w = *state;
	struct text t = {.arena = &w->arena};
	record_add_u32(&t, 7);
	record_add_str(&t, STR("seven"));
	record_add_u8(&t, 1);
	for (size_t len = 0; len <= t.len; len++) {
		struct record_reader r = {t.bytes, t.bytes + len, false};
		uint32_t number = record_read_u32(&r);
		struct str s = record_read_str(&r);
		uint8_t byte = record_read_u8(&r);
		assert_int_equal(r.failed, len < t.len);
		assert_true(number == (len >= 4 ? 7u : 0u));
		assert_int_equal(s.len, len >= 13 ? 5 : 0);
		assert_int_equal(byte, len == t.len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        WORLD_TEST(digests_are_sha_256),
	        WORLD_TEST(files_that_can_not_be_read_say_why),
	        WORLD_TEST(a_checksum_sees_each_flipped_bit_and_each_length),
	        WORLD_TEST(a_reader_never_runs_past_its_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
