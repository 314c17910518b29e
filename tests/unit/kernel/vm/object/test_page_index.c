#include "../../../test.h"

#include "../../mm/fake_memory.h"
#include "vm/object/page_index.h"

enum { SPREADS = 5, KEYS = 64, STEPS = 20000 };

/* Keys near each other, and far apart up to the last one. */
static uint64_t key_of(unsigned spread, unsigned key)
{
	static const unsigned shifts[SPREADS] = {0, 3, 6, 30, 58};
	return (uint64_t)key << shifts[spread];
}

static void the_index_agrees_with_a_plain_array(void **)
{
	uint64_t random = 5;
	mm_drain();
	size_t before = fake_free_frames();
	for (unsigned spread = 0; spread < SPREADS; spread++) {
		struct page_index pages = {};
		uint64_t words[KEYS] = {};
		for (unsigned step = 0; step < STEPS; step++) {
			random = random * 6364136223846793005 + 1442695040888963407;
			unsigned key = random >> 33 & (KEYS - 1);
			uint64_t *found = page_index_find(&pages, key_of(spread, key));
			assert_int_equal(found ? *found : 0, words[key]);
			if (words[key])
				page_index_remove(&pages, key_of(spread, key));
			else
				assert_int_equal(
				        page_index_insert(&pages, key_of(spread, key), step + 1),
				        OK);
			words[key] = words[key] ? 0 : step + 1;

			unsigned next = random >> 40 & (KEYS - 1);
			uint64_t at = key_of(spread, next);
			const uint64_t *word = page_index_next(&pages, &at);
			while (next < KEYS && !words[next])
				next++;
			assert_int_equal(word ? *word : 0, next < KEYS ? words[next] : 0);
			if (word)
				assert_int_equal(at, key_of(spread, next));
		}
		for (unsigned key = 0; key < KEYS; key++)
			if (words[key])
				page_index_remove(&pages, key_of(spread, key));
		assert_null(pages.root);
	}
	mm_drain();
	assert_int_equal(fake_free_frames(), before);
}

static void an_insert_that_fails_leaves_no_node_behind(void **)
{
	mm_drain();
	size_t before = fake_free_frames();
	for (long n = 0; n < 20; n++) {
		struct page_index pages = {};
		fake.fail_in = n;
		enum status status = page_index_insert(&pages, 5, 1);
		if (status == OK)
			status = page_index_insert(&pages, UINT64_MAX, 1);
		fake.fail_in = FAKE_NEVER;
		if (page_index_find(&pages, 5))
			page_index_remove(&pages, 5);
		if (status == OK)
			page_index_remove(&pages, UINT64_MAX);
		assert_null(pages.root);
		mm_drain();
		assert_int_equal(fake_free_frames(), before);
	}
}

static void one_word_far_out_leaves_nothing_behind(void **)
{
	static const uint64_t places[] = {0, 63, 64, 256, 4096, UINT64_MAX};
	for (size_t i = 0; i < COUNT(places); i++) {
		struct page_index pages = {};
		assert_int_equal(page_index_insert(&pages, places[i], 1), OK);
		assert_non_null(page_index_find(&pages, places[i]));
		page_index_remove(&pages, places[i]);
		assert_null(pages.root);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_index_agrees_with_a_plain_array),
	        cmocka_unit_test(one_word_far_out_leaves_nothing_behind),
	        cmocka_unit_test(an_insert_that_fails_leaves_no_node_behind),
	};
	return cmocka_run_group_tests(tests, fake_memory_start, fake_memory_end);
}
