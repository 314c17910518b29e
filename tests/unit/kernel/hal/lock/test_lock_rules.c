#include "../../../test.h"
#include "hal/lock/lock_rules.h"
#include "hal/lock/spinlock.h"

enum { OWNER = 3, OTHER = 4 };

static const struct spinlock *other_lock;

static enum lock_violation try_take(struct lock_record *record, struct spinlock *lock)
{
	enum lock_violation violation = lock_may_take(record, lock, OWNER, false, &other_lock);
	if (violation == LOCK_FINE) {
		lock->held = 1;
		lock_taken(record, lock, OWNER);
	}
	return violation;
}

static enum lock_violation try_release(struct lock_record *record, struct spinlock *lock)
{
	enum lock_violation violation = lock_released(record, lock, OWNER);
	if (violation == LOCK_FINE)
		lock->held = 0;
	return violation;
}

static void locks_are_taken_in_ascending_rank_only(void **)
{
	static const struct {
		uint16_t first, second;
		enum lock_violation expected;
	} cases[] = {
	        {LOCK_HEAP, LOCK_FRAMES, LOCK_FINE},
	        {LOCK_FRAMES, LOCK_HEAP, LOCK_ORDER},
	        {LOCK_HEAP, LOCK_HEAP, LOCK_ORDER},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct lock_record record = {};
		struct spinlock first = SPINLOCK_INIT(cases[i].first);
		struct spinlock second = SPINLOCK_INIT(cases[i].second);
		assert_int_equal(try_take(&record, &first), LOCK_FINE);
		assert_int_equal(try_take(&record, &second), cases[i].expected);
		if (cases[i].expected == LOCK_ORDER)
			assert_ptr_equal(other_lock, &first);
	}
}

static void a_lock_without_rank_is_refused(void **)
{
	struct lock_record record = {};
	struct spinlock forgotten = {}, ranked = SPINLOCK_INIT(LOCK_HEAP);
	assert_int_equal(try_take(&record, &forgotten), LOCK_NO_RANK);
	assert_int_equal(try_take(&record, &ranked), LOCK_FINE);
	assert_int_equal(try_take(&record, &forgotten), LOCK_NO_RANK);
}

static void several_futexes_are_taken_in_order_of_address(void **)
{
	struct lock_record record = {};
	struct spinlock futexes[2] = {SPINLOCK_INIT(LOCK_FUTEX), SPINLOCK_INIT(LOCK_FUTEX)};
	assert_int_equal(try_take(&record, &futexes[0]), LOCK_FINE);
	assert_int_equal(try_take(&record, &futexes[1]), LOCK_FINE);
	assert_int_equal(try_release(&record, &futexes[0]), LOCK_FINE);
	assert_int_equal(try_take(&record, &futexes[0]), LOCK_ORDER);
}

static void a_lock_is_shared_while_another_cpu_took_it_not_long_ago(void **)
{
	static const struct {
		uint16_t owner;
		uint64_t tsc;
		bool shared;
	} steps[] = {
	        {OWNER, 10, false},
	        {OWNER, 20, false},
	        {OTHER, 30, true},
	        {OTHER, 30 + LOCK_SHARED_TICKS, true},
	        {OTHER, 31 + LOCK_SHARED_TICKS, false},
	        {OWNER, 32 + LOCK_SHARED_TICKS, true},
	};
	struct lock_record record = {};
	struct lock_use use = {};
	const struct spinlock lock = {}, other = {};
	uint64_t shared = 0;
	for (size_t i = 0; i < COUNT(steps); i++) {
		lock_count(&record, &use, &lock, steps[i].owner, steps[i].tsc);
		shared += steps[i].shared;
		assert_int_equal(record.taken, i + 1);
		assert_int_equal(record.shared, shared);
	}
	lock_count(&record, &use, &other, OTHER, 40 + LOCK_SHARED_TICKS);
	assert_int_equal(record.shared, shared);
}

static void a_lock_is_taken_once_and_released_by_its_holder(void **)
{
	struct lock_record record = {}, elsewhere = {};
	struct spinlock lock = SPINLOCK_INIT(LOCK_WAIT);
	assert_int_equal(lock_released(&record, &lock, OWNER), LOCK_NOT_HELD);
	assert_int_equal(try_take(&record, &lock), LOCK_FINE);
	assert_int_equal(try_take(&record, &lock), LOCK_TWICE);
	assert_int_equal(lock_may_take(&elsewhere, &lock, OTHER, false, &other_lock), LOCK_FINE);
	assert_int_equal(lock_released(&elsewhere, &lock, OTHER), LOCK_NOT_HELD);
	assert_int_equal(try_release(&record, &lock), LOCK_FINE);
	assert_int_equal(record.depth, 0);
}

static void the_context_decides(void **)
{
	struct lock_record record = {};
	struct spinlock lock = SPINLOCK_INIT(LOCK_WAIT);
	assert_int_equal(lock_may_take(&record, &lock, OWNER, true, &other_lock),
	                 LOCK_INTERRUPTS_ON);
	assert_int_equal(lock_may_sleep(&record), LOCK_FINE);
	record.context = LOCK_CONTEXT_INTERRUPT;
	assert_int_equal(lock_may_sleep(&record), LOCK_SLEEP_CONTEXT);
	assert_int_equal(try_take(&record, &lock), LOCK_FINE);
	assert_int_equal(try_release(&record, &lock), LOCK_FINE);
	record.context = LOCK_CONTEXT_CALL;
	assert_int_equal(try_take(&record, &lock), LOCK_IN_CALL);
	assert_int_equal(lock_may_sleep(&record), LOCK_SLEEP_CONTEXT);
}

static void nobody_sleeps_with_a_lock_held(void **)
{
	struct lock_record record = {};
	struct spinlock lock = SPINLOCK_INIT(LOCK_WAIT);
	assert_int_equal(try_take(&record, &lock), LOCK_FINE);
	assert_int_equal(lock_may_sleep(&record), LOCK_SLEEP_HELD);
	assert_int_equal(try_release(&record, &lock), LOCK_FINE);
	assert_int_equal(lock_may_sleep(&record), LOCK_FINE);
}

static void locks_beyond_the_record_are_counted(void **)
{
	struct lock_record record = {};
	struct spinlock locks[LOCK_RECORD_MAX + 2] = {};
	for (size_t i = 0; i < COUNT(locks); i++) {
		locks[i].rank = (uint16_t)(LOCK_WAIT + i);
		assert_int_equal(try_take(&record, &locks[i]), LOCK_FINE);
	}
	/* from the oldest on, so not in the order of taking */
	for (size_t i = 0; i < COUNT(locks); i++) {
		assert_int_equal(record.depth, COUNT(locks) - i);
		assert_int_equal(try_release(&record, &locks[i]), LOCK_FINE);
	}
	assert_int_equal(lock_may_sleep(&record), LOCK_FINE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(locks_are_taken_in_ascending_rank_only),
	        cmocka_unit_test(a_lock_without_rank_is_refused),
	        cmocka_unit_test(several_futexes_are_taken_in_order_of_address),
	        cmocka_unit_test(a_lock_is_shared_while_another_cpu_took_it_not_long_ago),
	        cmocka_unit_test(a_lock_is_taken_once_and_released_by_its_holder),
	        cmocka_unit_test(the_context_decides),
	        cmocka_unit_test(nobody_sleeps_with_a_lock_held),
	        cmocka_unit_test(locks_beyond_the_record_are_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
