/* The table of futexes against what it promises; a thread is a flag here. */
#include "../../../test.h"
#include "ps/futex/futex.h"
#include <string.h>

void waiter_wake(struct waiter *waiter)
{
	waiter->woken = true;
}

enum { WAITERS = 8 };

static struct futex_table table;
static struct waiter threads[WAITERS];
static struct futex_waiter waiters[WAITERS];
static const char spaces[2];

static struct futex_key key_of(int space, uint64_t address)
{
	return (struct futex_key){.space = &spaces[space], .address = address};
}

static void begin(void)
{
	futex_table_init(&table);
	memset(threads, 0, sizeof threads);
	memset(waiters, 0, sizeof waiters);
}

static void queue(int i, int space, uint64_t address, uint32_t bits)
{
	waiters[i] = (struct futex_waiter){
	        .key = key_of(space, address), .bits = bits, .waiter = &threads[i]};
	futex_queue(&table, &waiters[i]);
}

static uint32_t wake(int space, uint64_t address, uint32_t count, uint32_t bits)
{
	struct futex_key key = key_of(space, address);
	return futex_wake(&table, &key, count, bits);
}

static void the_longest_waiting_is_woken_first(void **)
{
	begin();
	for (int i = 0; i < 3; i++)
		queue(i, 0, 0x1000, UINT32_MAX);
	assert_int_equal(wake(0, 0x1000, 1, UINT32_MAX), 1);
	assert_true(threads[0].woken && !threads[1].woken && !threads[2].woken);
	assert_int_equal(wake(0, 0x1000, 9, UINT32_MAX), 2);
	assert_int_equal(wake(0, 0x1000, 9, UINT32_MAX), 0);
}

static void places_and_spaces_are_told_apart(void **)
{
	begin();
	queue(0, 0, 0x1000, UINT32_MAX);
	queue(1, 1, 0x1000, UINT32_MAX);
	queue(2, 0, 0x1004, UINT32_MAX);
	assert_int_equal(wake(1, 0x1000, 9, UINT32_MAX), 1);
	assert_true(threads[1].woken);
	assert_int_equal(wake(0, 0x1004, 9, UINT32_MAX), 1);
	assert_true(threads[2].woken && !threads[0].woken);
	assert_true(futex_unqueue(&table, &waiters[0]));
}

static void bits_choose_who_is_woken(void **)
{
	begin();
	queue(0, 0, 0x1000, 1);
	queue(1, 0, 0x1000, 6);
	assert_int_equal(wake(0, 0x1000, 9, 4), 1);
	assert_true(threads[1].woken && !threads[0].woken);
	assert_int_equal(wake(0, 0x1000, 9, 1), 1);
}

static void whoever_was_woken_is_not_in_the_table(void **)
{
	begin();
	queue(0, 0, 0x1000, UINT32_MAX);
	assert_int_equal(wake(0, 0x1000, 1, UINT32_MAX), 1);
	assert_false(futex_unqueue(&table, &waiters[0]));
	queue(0, 0, 0x1000, UINT32_MAX);
	assert_true(futex_unqueue(&table, &waiters[0]));
	assert_false(futex_unqueue(&table, &waiters[0]));
}

static void requeue_wakes_some_and_moves_others(void **)
{
	begin();
	struct futex_key from = key_of(0, 0x1000), to = key_of(0, 0x2000);
	for (int i = 0; i < 5; i++)
		queue(i, 0, 0x1000, UINT32_MAX);
	assert_int_equal(futex_requeue(&table, &from, &to, 1, 2), 3);
	assert_true(threads[0].woken && !threads[1].woken);
	assert_int_equal(wake(0, 0x2000, 9, UINT32_MAX), 2);
	assert_true(threads[1].woken && threads[2].woken);
	assert_int_equal(wake(0, 0x1000, 9, UINT32_MAX), 2);
}

static void requeue_within_one_bucket_ends(void **)
{
	begin();
	struct futex_key key = key_of(0, 0x1000);
	for (int i = 0; i < 3; i++)
		queue(i, 0, 0x1000, UINT32_MAX);
	assert_int_equal(futex_requeue(&table, &key, &key, 0, 9), 3);
	assert_int_equal(wake(0, 0x1000, 9, UINT32_MAX), 3);
}

/* Random queueing, waking and leaving against a plain array. */
static void the_table_behaves_as_a_plain_list(void **)
{
	begin();
	uint32_t random = 12345;
	uint64_t order[WAITERS] = {}, clock = 0; /* 0: not waiting */
	for (int step = 0; step < 20000; step++) {
		random = random * 1664525 + 1013904223;
		int i = (int)(random >> 8 & 7);
		uint64_t address = 0x1000 + (random >> 16 & 3) * 4;
		if (!order[i]) {
			threads[i].woken = false;
			queue(i, 0, address, UINT32_MAX);
			order[i] = ++clock;
			continue;
		}
		if (random >> 20 & 1) {
			assert_true(futex_unqueue(&table, &waiters[i]));
			order[i] = 0;
			continue;
		}
		int first = -1;
		for (int j = 0; j < WAITERS; j++)
			if (order[j] && waiters[j].key.address == address &&
			    (first < 0 || order[j] < order[first]))
				first = j;
		assert_int_equal(wake(0, address, 1, UINT32_MAX), first >= 0);
		if (first >= 0) {
			assert_true(threads[first].woken);
			order[first] = 0;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_longest_waiting_is_woken_first),
	        cmocka_unit_test(places_and_spaces_are_told_apart),
	        cmocka_unit_test(bits_choose_who_is_woken),
	        cmocka_unit_test(whoever_was_woken_is_not_in_the_table),
	        cmocka_unit_test(requeue_wakes_some_and_moves_others),
	        cmocka_unit_test(requeue_within_one_bucket_ends),
	        cmocka_unit_test(the_table_behaves_as_a_plain_list),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
