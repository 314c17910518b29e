/* The queue of pending signals. */
#include "../../../test.h"
#include "ps/signal/signal.h"

enum { ENTRIES = 64 };

static struct signal_entry entries[ENTRIES];
static struct signal_queue queue;

static void begin(void)
{
	signal_queue_init(&queue);
}

static bool add(int i, uint32_t signal, uint64_t value)
{
	entries[i].info = (struct signal_info){.signal = signal, .value = value};
	return signal_queue_add(&queue, signal, &entries[i]);
}

static uint32_t take(uint64_t wanted, uint64_t *out_value)
{
	struct signal_info info = {};
	struct signal_entry *entry;
	if (!signal_queue_take(&queue, wanted, &info, &entry))
		return 0;
	if (out_value)
		*out_value = info.value;
	return info.signal;
}

static void standard_signals_are_pending_once(void **)
{
	uint64_t value;
	begin();
	assert_true(add(0, SIGNAL_INT, 1));
	assert_false(add(1, SIGNAL_INT, 2));
	assert_int_equal(take(UINT64_MAX, &value), SIGNAL_INT);
	assert_int_equal(value, 1);
	assert_int_equal(take(UINT64_MAX, NULL), 0);
	assert_true(add(1, SIGNAL_INT, 2));
}

static void real_time_signals_queue_in_order(void **)
{
	uint64_t value;
	begin();
	for (int i = 0; i < 3; i++)
		assert_true(add(i, 40, (uint64_t)i));
	for (uint64_t i = 0; i < 3; i++) {
		assert_int_equal(take(UINT64_MAX, &value), 40);
		assert_int_equal(value, i);
	}
	assert_int_equal(queue.pending, 0);
	assert_int_equal(queue.count, 0);
}

static void faults_come_first_then_the_lowest_number(void **)
{
	begin();
	add(0, 50, 0);
	add(1, SIGNAL_HUP, 0);
	add(2, SIGNAL_SEGV, 0);
	add(3, SIGNAL_CHLD, 0);
	assert_int_equal(take(UINT64_MAX, NULL), SIGNAL_SEGV);
	assert_int_equal(take(UINT64_MAX, NULL), SIGNAL_HUP);
	assert_int_equal(take(UINT64_MAX, NULL), SIGNAL_CHLD);
	assert_int_equal(take(UINT64_MAX, NULL), 50);
}

static void only_wanted_signals_are_taken(void **)
{
	begin();
	add(0, SIGNAL_INT, 0);
	add(1, SIGNAL_QUIT, 0);
	assert_int_equal(take(signal_bit(SIGNAL_QUIT), NULL), SIGNAL_QUIT);
	assert_int_equal(take(signal_bit(SIGNAL_QUIT), NULL), 0);
	assert_int_equal(queue.pending, signal_bit(SIGNAL_INT));
}

static void without_memory_a_signal_still_arrives_once(void **)
{
	begin();
	assert_true(signal_queue_add(&queue, SIGNAL_INT, NULL));
	assert_true(signal_queue_add(&queue, 40, NULL));
	assert_true(signal_queue_add(&queue, 40, NULL));
	assert_int_equal(take(UINT64_MAX, NULL), SIGNAL_INT);
	assert_int_equal(take(UINT64_MAX, NULL), 40);
	assert_int_equal(take(UINT64_MAX, NULL), 0);
}

static void dropped_signals_give_their_entries_back(void **)
{
	begin();
	add(0, 40, 0);
	add(1, SIGNAL_INT, 0);
	add(2, 40, 0);
	assert_ptr_equal(signal_queue_drop(&queue, signal_bit(40)), &entries[0]);
	assert_ptr_equal(signal_queue_drop(&queue, signal_bit(40)), &entries[2]);
	assert_null(signal_queue_drop(&queue, signal_bit(40)));
	assert_int_equal(queue.pending, signal_bit(SIGNAL_INT));
}

static void entries_that_are_lent_are_given_to_nobody(void **)
{
	struct signal_info info;
	struct signal_entry *entry;
	begin();
	add(0, SIGNAL_SEGV, 7);
	entries[0].is_lent = true;
	assert_true(signal_queue_take(&queue, UINT64_MAX, &info, &entry));
	assert_int_equal(info.value, 7);
	assert_null(entry);
	assert_false(entries[0].is_lent);
	add(0, SIGNAL_SEGV, 8);
	entries[0].is_lent = true;
	add(1, SIGNAL_INT, 0);
	assert_ptr_equal(signal_queue_drop(&queue, UINT64_MAX), &entries[1]);
	assert_false(entries[0].is_lent);
	assert_null(signal_queue_drop(&queue, UINT64_MAX));
	assert_int_equal(queue.pending, 0);
	assert_int_equal(queue.count, 0);
}

static void defaults_are_those_of_the_manual(void **)
{
	static const struct {
		uint32_t signal;
		enum signal_default what;
	} cases[] = {{SIGNAL_HUP, SIGNAL_ENDS},         {SIGNAL_SEGV, SIGNAL_DUMPS},
	             {SIGNAL_CHLD, SIGNAL_IS_IGNORED},  {SIGNAL_URG, SIGNAL_IS_IGNORED},
	             {SIGNAL_WINCH, SIGNAL_IS_IGNORED}, {SIGNAL_STOP, SIGNAL_STOPS},
	             {SIGNAL_TSTP, SIGNAL_STOPS},       {SIGNAL_CONT, SIGNAL_CONTINUES},
	             {SIGNAL_ALRM, SIGNAL_ENDS},        {64, SIGNAL_ENDS}};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(signal_default(cases[i].signal), cases[i].what);
	assert_string_equal(signal_name(SIGNAL_SEGV), "SIGSEGV");
	assert_string_equal(signal_name(SIGNAL_SYS), "SIGSYS");
	assert_string_equal(signal_name(40), "SIGRT");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(standard_signals_are_pending_once),
	        cmocka_unit_test(real_time_signals_queue_in_order),
	        cmocka_unit_test(faults_come_first_then_the_lowest_number),
	        cmocka_unit_test(only_wanted_signals_are_taken),
	        cmocka_unit_test(without_memory_a_signal_still_arrives_once),
	        cmocka_unit_test(dropped_signals_give_their_entries_back),
	        cmocka_unit_test(entries_that_are_lent_are_given_to_nobody),
	        cmocka_unit_test(defaults_are_those_of_the_manual),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
