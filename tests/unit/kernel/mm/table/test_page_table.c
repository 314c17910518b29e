#include "../../../test.h"

#include "../fake_memory.h"

static struct page_table new_table(void)
{
	struct page_table table;
	assert_int_equal(page_table_create(NULL, &table), OK);
	return table;
}

static void a_mapped_page_is_found_with_its_flags(void **)
{
	static const struct {
		uintptr_t address;
		uint64_t flags;
	} cases[] = {
	        {0x10000, PAGE_USER},
	        {USER_END - PAGE_SIZE, PAGE_USER | PAGE_WRITABLE | PAGE_NO_EXECUTE},
	        {KERNEL_IMAGE_BASE, PAGE_GLOBAL},
	        {UINTPTR_MAX - PAGE_SIZE + 1, PAGE_WRITABLE | PAGE_NO_EXECUTE},
	};
	struct page_table table = new_table();
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(page_table_map(&table, cases[i].address, 0x5000, cases[i].flags),
		                 OK);
		const uint64_t *entry = page_table_entry(&table, cases[i].address);
		assert_non_null(entry);
		assert_true(*entry == (0x5000 | PAGE_PRESENT | cases[i].flags));
	}
}

static void without_hardware_support_the_no_execute_bit_stays_clear(void **)
{
	struct page_table table = new_table();
	table.no_execute_mask = 0;
	assert_int_equal(page_table_map(&table, 0x10000, 0x5000, PAGE_NO_EXECUTE), OK);
	assert_true(*page_table_entry(&table, 0x10000) == (0x5000 | PAGE_PRESENT));
}

static void a_mapped_page_is_never_replaced(void **)
{
	struct page_table table = new_table();
	assert_int_equal(page_table_map(&table, 0x10000, 0x5000, PAGE_USER), OK);
	assert_int_equal(page_table_map(&table, 0x10000, 0x6000, PAGE_USER), ERR_EXISTS);
	assert_true((*page_table_entry(&table, 0x10000) & PAGE_ADDRESS_MASK) == 0x5000);
	assert_int_equal(page_table_map_large(&table, 0x400000, 0x800000, 0), OK);
	assert_int_equal(page_table_map(&table, 0x401000, 0x6000, 0), ERR_EXISTS);
	assert_null(page_table_entry(&table, 0x401000));
}

static void a_map_that_fails_leaves_no_table_behind(void **)
{
	for (int fail_in = 0; fail_in < 3; fail_in++) {
		struct page_table table = new_table();
		size_t before = fake_free_frames();
		fake.fail_in = fail_in;
		assert_int_equal(page_table_map(&table, 0x10000, 0x5000, 0), ERR_NO_MEMORY);
		assert_int_equal(fake_free_frames(), before);
		assert_int_equal(table.table_count, 0);
	}
}

static void tables_go_with_their_last_page(void **)
{
	struct page_table table = new_table();
	size_t before = fake_free_frames();
	uintptr_t far_apart[] = {0x10000, 0x11000, 0x40000000, (uintptr_t)1 << 39,
	                         USER_END - PAGE_SIZE};
	for (size_t i = 0; i < COUNT(far_apart); i++)
		assert_int_equal(page_table_map(&table, far_apart[i], 0x5000, PAGE_USER), OK);
	assert_int_equal(table.table_count, 3 + 2 + 3 + 3);
	assert_int_equal(table.page_count, COUNT(far_apart));

	page_table_unmap(&table, 0x10000, 0x11000, NULL, NULL);
	assert_int_equal(table.table_count, 11);
	assert_non_null(page_table_entry(&table, 0x11000));
	page_table_unmap(&table, 0x11000, 0x12000, NULL, NULL);
	assert_int_equal(table.table_count, 9);
	assert_int_equal(table.page_count, COUNT(far_apart) - 2);
	page_table_unmap(&table, 0, USER_END, NULL, NULL);
	assert_int_equal(table.table_count, 0);
	assert_int_equal(table.page_count, 0);
	assert_int_equal(fake_free_frames(), before);
}

struct released {
	size_t count;
	uint64_t sum;
};

static void count_released(void *context, uint64_t entry)
{
	struct released *released = context;
	released->count++;
	released->sum += (entry & PAGE_ADDRESS_MASK) / PAGE_SIZE;
}

static void unmapping_tells_of_each_page_in_the_range_and_no_other(void **)
{
	struct page_table table = new_table();
	struct released released = {};
	const uintptr_t start = 0x7ff00000;
	for (uintptr_t page = 0; page < 1030; page++)
		assert_int_equal(page_table_map(&table, start + page * PAGE_SIZE,
		                                (page + 1) * PAGE_SIZE, PAGE_USER),
		                 OK);
	page_table_unmap(&table, start + PAGE_SIZE, start + 1029 * PAGE_SIZE, count_released,
	                 &released);
	assert_int_equal(released.count, 1028);
	assert_int_equal(released.sum, 1031 * 1030 / 2 - 1 - 1030);
	assert_non_null(page_table_entry(&table, start));
	assert_non_null(page_table_entry(&table, start + 1029 * PAGE_SIZE));
	assert_true(fake.invalidated >= 1028);
}

static void the_last_page_of_the_address_space_can_be_unmapped(void **)
{
	struct page_table table = new_table();
	uintptr_t last = UINTPTR_MAX - PAGE_SIZE + 1;
	assert_int_equal(page_table_map(&table, last, 0x5000, 0), OK);
	page_table_unmap(&table, last, UINTPTR_MAX, NULL, NULL);
	assert_null(page_table_entry(&table, last));
	/* what hangs directly below the root is shared between address spaces */
	assert_int_equal(table.table_count, 1);
}

static void changing_rights_keeps_the_frame_and_whose_it_is(void **)
{
	struct page_table table = new_table();
	assert_int_equal(
	        page_table_map(&table, 0x10000, 0x5000, PAGE_USER | PAGE_WRITABLE | PAGE_BORROWED),
	        OK);
	uint64_t *entry = page_table_entry(&table, 0x10000);
	*entry = page_table_with_flags(&table, *entry, PAGE_USER | PAGE_NO_EXECUTE);
	assert_true(*entry ==
	            (0x5000 | PAGE_PRESENT | PAGE_USER | PAGE_BORROWED | PAGE_NO_EXECUTE));
	*entry = page_table_with_flags(&table, *entry, PAGE_HIDDEN);
	assert_true(*entry == (0x5000 | PAGE_HIDDEN | PAGE_BORROWED));
	/* what is hidden is there all the same */
	assert_null(page_table_entry(&table, 0x10000));
	assert_ptr_equal(page_table_find(&table, 0x10000).entry, entry);
	assert_int_equal(page_table_map(&table, 0x10000, 0x6000, PAGE_USER), ERR_EXISTS);
}

static void a_large_page_is_split_into_equal_small_ones(void **)
{
	struct page_table table = new_table();
	size_t before = fake_free_frames();
	assert_int_equal(page_table_map_large(&table, 0x400000, 0x800000, PAGE_USER), OK);
	assert_int_equal(page_table_split(&table, 0x5ff000, 1), OK);
	for (uintptr_t at = 0x400000; at < 0x600000; at += PAGE_SIZE)
		assert_true(*page_table_entry(&table, at) ==
		            ((at + 0x400000) | PAGE_PRESENT | PAGE_USER));
	/* no large page there, or none any more: nothing to do */
	assert_int_equal(page_table_split(&table, 0x400000, 1), OK);
	assert_int_equal(page_table_split(&table, 0x40000000, 1), OK);
	page_table_unmap(&table, 0x400000, 0x600000, NULL, NULL);
	assert_int_equal(table.table_count, 0);
	assert_int_equal(fake_free_frames(), before);
}

static void a_huge_page_is_found_and_unmapped_whole(void **)
{
	struct page_table table = new_table();
	size_t before = fake_free_frames();
	assert_int_equal(page_table_map_huge(&table, 0x40000000, 0x80000000, PAGE_USER), OK);
	struct page_slot slot = page_table_find(&table, 0x7fffffff);
	assert_int_equal(slot.level, 3);
	assert_true(*slot.entry ==
	            (0x80000000 | PAGE_PRESENT | PAGE_USER | PAGE_LARGE | PAGE_HUGE));
	assert_int_equal(page_table_map(&table, 0x50000000, 0x5000, 0), ERR_EXISTS);
	assert_int_equal(page_table_map_large(&table, 0x40000000, 0, 0), ERR_EXISTS);
	page_table_unmap(&table, 0x40000000, 0x80000000, NULL, NULL);
	assert_int_equal(table.table_count, 0);
	assert_int_equal(fake_free_frames(), before);
}

static void a_huge_page_is_split_as_far_as_is_asked(void **)
{
	struct page_table table = new_table();
	size_t before = fake_free_frames();
	assert_int_equal(page_table_map_huge(&table, 0x40000000, 0x80000000, PAGE_USER), OK);
	assert_int_equal(page_table_split(&table, 0x40000000, 3), OK);
	assert_int_equal(page_table_find(&table, 0x40000000).level, 3);
	assert_int_equal(page_table_split(&table, 0x40000000, 2), OK);
	assert_int_equal(page_table_split(&table, 0x50000000, 1), OK);
	for (uintptr_t at = 0x40000000; at < 0x80000000; at += LARGE_PAGE_SIZE) {
		struct page_slot slot = page_table_find(&table, at);
		bool is_small = at == 0x50000000;
		uint64_t flags = PAGE_PRESENT | PAGE_USER | (is_small ? 0 : PAGE_LARGE);
		assert_int_equal(slot.level, is_small ? 1 : 2);
		assert_true(*slot.entry == ((at + 0x40000000) | flags));
	}
	/* without memory for a table nothing is lost */
	fake.fail_in = 0;
	assert_int_equal(page_table_split(&table, 0x40000000, 1), ERR_NO_MEMORY);
	fake.fail_in = FAKE_NEVER;
	assert_int_equal(page_table_find(&table, 0x40000000).level, 2);
	page_table_unmap(&table, 0x40000000, 0x80000000, NULL, NULL);
	assert_int_equal(table.table_count, 0);
	assert_int_equal(fake_free_frames(), before);
}

struct visited {
	size_t count;
	uintptr_t last;
	unsigned levels;
};

static enum status note_visit(void *context, uint64_t *entry, uintptr_t address, unsigned level)
{
	struct visited *visited = context;
	assert_true(*entry != 0);
	assert_true(visited->count == 0 || address > visited->last);
	visited->count++;
	visited->last = address;
	visited->levels |= 1U << level;
	return address == 0x800000000 ? ERR_IO : OK;
}

static void a_visit_sees_every_page_in_order_until_one_fails(void **)
{
	struct page_table table = new_table();
	struct visited visited = {};
	static const uintptr_t pages[] = {0x10000, 0x12000, 0x800000000, 0x800001000};
	for (size_t i = 0; i < COUNT(pages); i++)
		assert_int_equal(page_table_map(&table, pages[i], 0x5000, PAGE_USER), OK);
	assert_int_equal(page_table_map_large(&table, 0x400000, 0x800000, PAGE_USER), OK);
	assert_int_equal(page_table_visit(&table, 0x11000, 0x800000000, note_visit, &visited), OK);
	assert_int_equal(visited.count, 2);
	assert_int_equal(visited.levels, 1U << 1 | 1U << 2);
	visited = (struct visited){};
	assert_int_equal(page_table_visit(&table, 0, USER_END, note_visit, &visited), ERR_IO);
	assert_int_equal(visited.count, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_mapped_page_is_found_with_its_flags),
	        cmocka_unit_test(without_hardware_support_the_no_execute_bit_stays_clear),
	        cmocka_unit_test(a_mapped_page_is_never_replaced),
	        cmocka_unit_test(a_map_that_fails_leaves_no_table_behind),
	        cmocka_unit_test(tables_go_with_their_last_page),
	        cmocka_unit_test(unmapping_tells_of_each_page_in_the_range_and_no_other),
	        cmocka_unit_test(the_last_page_of_the_address_space_can_be_unmapped),
	        cmocka_unit_test(changing_rights_keeps_the_frame_and_whose_it_is),
	        cmocka_unit_test(a_large_page_is_split_into_equal_small_ones),
	        cmocka_unit_test(a_huge_page_is_found_and_unmapped_whole),
	        cmocka_unit_test(a_huge_page_is_split_as_far_as_is_asked),
	        cmocka_unit_test(a_visit_sees_every_page_in_order_until_one_fails),
	};
	return cmocka_run_group_tests(tests, fake_memory_start, fake_memory_end);
}
