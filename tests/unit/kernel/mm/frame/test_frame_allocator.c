#include "../../../test.h"

#include "mm/frame/frame_allocator.h"
#include <stdlib.h>
#include <string.h>

enum { MODEL_FRAMES = 5000 }; /* not a multiple of the largest block */

struct fixture {
	struct frame_allocator frames;
	void *bookkeeping;
};

static void fixture_init(struct fixture *fixture, size_t frame_count)
{
	fixture->bookkeeping = calloc(1, frame_allocator_bookkeeping(frame_count));
	assert_non_null(fixture->bookkeeping);
	frame_allocator_init(&fixture->frames, frame_count, fixture->bookkeeping);
}

static void fixture_release(struct fixture *fixture)
{
	free(fixture->bookkeeping);
}

static void a_fresh_allocator_has_nothing_to_give(void **)
{
	struct fixture f;
	size_t first;
	fixture_init(&f, 64);
	assert_int_equal(frame_allocator_take(&f.frames, 0, &first), ERR_NO_MEMORY);
	fixture_release(&f);
}

static void the_lowest_address_is_given_first(void **)
{
	struct fixture f;
	size_t first;
	fixture_init(&f, 2048);
	assert_int_equal(frame_allocator_add(&f.frames, 3, 2048), OK);
	for (size_t expected = 3; expected < 2048; expected++) {
		assert_int_equal(frame_allocator_take(&f.frames, 0, &first), OK);
		assert_int_equal(first, expected);
	}
	assert_int_equal(frame_allocator_take(&f.frames, 0, &first), ERR_NO_MEMORY);
	fixture_release(&f);
}

static void blocks_are_aligned_to_their_size(void **)
{
	for (unsigned order = 0; order <= FRAME_ORDER_MAX; order++) {
		struct fixture f;
		size_t first;
		fixture_init(&f, 8192);
		assert_int_equal(frame_allocator_add(&f.frames, 1, 8192), OK);
		assert_int_equal(frame_allocator_take(&f.frames, order, &first), OK);
		assert_int_equal(first % ((size_t)1 << order), 0);
		fixture_release(&f);
	}
}

static void neighbours_grow_together_when_freed_in_any_order(void **)
{
	struct fixture f;
	size_t first;
	size_t taken[1024];
	fixture_init(&f, 1024);
	assert_int_equal(frame_allocator_add(&f.frames, 0, 1024), OK);
	for (size_t i = 0; i < 1024; i++)
		assert_int_equal(frame_allocator_take(&f.frames, 0, &taken[i]), OK);
	for (size_t i = 0; i < 1024; i++)
		assert_int_equal(frame_allocator_give(&f.frames, 0, taken[i * 389 % 1024]), OK);
	assert_int_equal(frame_allocator_take(&f.frames, 10, &first), OK);
	assert_int_equal(first, 0);
	fixture_release(&f);
}

static void what_must_not_be_freed_is_refused(void **)
{
	static const struct {
		unsigned order;
		size_t first;
	} cases[] = {
	        {0, 10}, /* free */
	        {3, 8}, /* part of it is free */
	        {1, 4}, /* inside a larger free block */
	        {1, 1}, /* misaligned */
	        {0, 100}, /* outside */
	        {FRAME_ORDER_MAX + 1, 0},
	        {FRAME_ORDER_MAX, 0}, /* larger than everything */
	        {0, SIZE_MAX},
	        {2, SIZE_MAX - 3},
	};
	struct fixture f;
	fixture_init(&f, 100);
	assert_int_equal(frame_allocator_add(&f.frames, 4, 8), OK);
	assert_int_equal(frame_allocator_add(&f.frames, 10, 11), OK);
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(frame_allocator_give(&f.frames, cases[i].order, cases[i].first),
		                 ERR_INVALID_ARGS);
	assert_int_equal(f.frames.free_frames, 5);
	fixture_release(&f);
}

static void a_range_outside_or_overlapping_cannot_be_added(void **)
{
	struct fixture f;
	fixture_init(&f, 100);
	assert_int_equal(frame_allocator_add(&f.frames, 0, 101), ERR_INVALID_ARGS);
	assert_int_equal(frame_allocator_add(&f.frames, 9, 8), ERR_INVALID_ARGS);
	assert_int_equal(frame_allocator_add(&f.frames, 16, 32), OK);
	assert_int_equal(frame_allocator_add(&f.frames, 31, 33), ERR_INVALID_ARGS);
	assert_int_equal(f.frames.total_frames, 16);
	fixture_release(&f);
}

static void a_bounded_block_ends_below_its_limit(void **)
{
	struct fixture f;
	size_t first;
	fixture_init(&f, 256);
	assert_int_equal(frame_allocator_add(&f.frames, 10, 256), OK);
	assert_int_equal(frame_allocator_take_below(&f.frames, 3, 23, &first), ERR_NO_MEMORY);
	assert_int_equal(frame_allocator_take_below(&f.frames, 3, 24, &first), OK);
	assert_int_equal(first, 16);
	assert_int_equal(frame_allocator_take_below(&f.frames, 0, 11, &first), OK);
	assert_int_equal(first, 10);
	assert_int_equal(frame_allocator_take_below(&f.frames, 0, 11, &first), ERR_NO_MEMORY);
	assert_int_equal(frame_allocator_take_below(&f.frames, 4, 15, &first), ERR_NO_MEMORY);
	fixture_release(&f);
}

/* The reference: one byte per frame, blocks kept in a list. */
struct model {
	bool is_free[MODEL_FRAMES];
	struct {
		size_t first;
		unsigned order;
	} taken[MODEL_FRAMES];
	size_t taken_count;
	size_t free_count;
};

static uint32_t model_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

static void model_set(struct model *model, size_t first, unsigned order, bool is_free)
{
	for (size_t i = first; i < first + ((size_t)1 << order); i++) {
		assert_int_equal(model->is_free[i], !is_free);
		model->is_free[i] = is_free;
	}
	size_t size = (size_t)1 << order;
	model->free_count = is_free ? model->free_count + size : model->free_count - size;
}

static bool model_has_block(const struct model *model, unsigned order)
{
	size_t size = (size_t)1 << order;
	for (size_t first = 0; first + size <= MODEL_FRAMES; first += size) {
		size_t i = 0;
		while (i < size && model->is_free[first + i])
			i++;
		if (i == size)
			return true;
	}
	return false;
}

static void model_step(struct model *model, struct frame_allocator *frames, uint32_t *random)
{
	bool take = model_random(random) % 100 < 55;
	if (take) {
		unsigned order = model_random(random) % 14;
		order = order > 6 && model_random(random) % 4 ? 0 : order;
		size_t first;
		enum status status = frame_allocator_take(frames, order, &first);
		bool expected = order <= FRAME_ORDER_MAX && model_has_block(model, order);
		assert_int_equal(status, expected ? OK : ERR_NO_MEMORY);
		if (status != OK)
			return;
		model_set(model, first, order, false);
		model->taken[model->taken_count].first = first;
		model->taken[model->taken_count++].order = order;
	} else if (model->taken_count) {
		size_t at = model_random(random) % model->taken_count;
		size_t first = model->taken[at].first;
		unsigned order = model->taken[at].order;
		model->taken[at] = model->taken[--model->taken_count];
		assert_int_equal(frame_allocator_give(frames, order, first), OK);
		model_set(model, first, order, true);
	}
	assert_int_equal(frames->free_frames, model->free_count);
}

static void it_agrees_with_a_byte_map_over_random_requests(void **)
{
	static struct model model;
	for (uint32_t seed = 1; seed <= 4; seed++) {
		struct fixture f;
		uint32_t random = seed;
		memset(&model, 0, sizeof model);
		fixture_init(&f, MODEL_FRAMES);
		for (size_t first = 7; first + 400 < MODEL_FRAMES; first += 450) {
			assert_int_equal(frame_allocator_add(&f.frames, first, first + 400), OK);
			memset(model.is_free + first, true, 400);
			model.free_count += 400;
		}
		for (int step = 0; step < 6000; step++)
			model_step(&model, &f.frames, &random);
		fixture_release(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_fresh_allocator_has_nothing_to_give),
	        cmocka_unit_test(the_lowest_address_is_given_first),
	        cmocka_unit_test(blocks_are_aligned_to_their_size),
	        cmocka_unit_test(neighbours_grow_together_when_freed_in_any_order),
	        cmocka_unit_test(what_must_not_be_freed_is_refused),
	        cmocka_unit_test(a_range_outside_or_overlapping_cannot_be_added),
	        cmocka_unit_test(a_bounded_block_ends_below_its_limit),
	        cmocka_unit_test(it_agrees_with_a_byte_map_over_random_requests),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
