#include "../../test.h"

#include "fake_memory.h"

static struct address_space *new_space(void)
{
	struct address_space *space = NULL;
	assert_int_equal(address_space_create(&space), OK);
	return space;
}

static uint64_t entry_at(struct address_space *space, uintptr_t address)
{
	const uint64_t *entry = page_table_entry(&space->table, address);
	return entry ? *entry : 0;
}

static void the_kernel_half_is_shared_and_the_user_half_is_empty(void **)
{
	struct address_space *space = new_space();
	const uint64_t *root = fake_view(space->table.root);
	assert_true(root[511] == (0x1234000 | PAGE_PRESENT));
	for (size_t i = 0; i < KERNEL_HALF_FIRST; i++)
		assert_true(root[i] == 0);
	address_space_destroy(space);
}

static void mapped_memory_is_zeroed_and_has_the_asked_rights(void **)
{
	static const struct {
		unsigned rights;
		uint64_t flags;
	} cases[] = {
	        {MAP_READ, PAGE_USER | PAGE_NO_EXECUTE},
	        {MAP_READ | MAP_WRITE, PAGE_USER | PAGE_WRITABLE | PAGE_NO_EXECUTE},
	        {MAP_READ | MAP_EXECUTE, PAGE_USER},
	        {MAP_EXECUTE, PAGE_USER},
	};
	struct address_space *space = new_space();
	for (size_t i = 0; i < COUNT(cases); i++) {
		uintptr_t at = 0x10000 + i * 0x10000;
		assert_int_equal(address_space_map(space, at, 3 * PAGE_SIZE, cases[i].rights), OK);
		uint64_t entry = entry_at(space, at + 2 * PAGE_SIZE);
		assert_true((entry & ~PAGE_ADDRESS_MASK) == (cases[i].flags | PAGE_PRESENT));
		const char *bytes = direct_map(entry & PAGE_ADDRESS_MASK);
		for (size_t k = 0; k < PAGE_SIZE; k++)
			assert_int_equal(bytes[k], 0);
	}
	address_space_destroy(space);
}

static void bad_requests_are_refused_by_status(void **)
{
	static const struct {
		uintptr_t address;
		size_t size;
		unsigned rights;
		enum status expected;
	} cases[] = {
	        {0x10000, PAGE_SIZE, MAP_WRITE | MAP_EXECUTE, ERR_ACCESS_DENIED},
	        {0x10000, PAGE_SIZE, MAP_READ | MAP_WRITE | MAP_EXECUTE, ERR_ACCESS_DENIED},
	        {0x10000, PAGE_SIZE, 0, ERR_INVALID_ARGS},
	        {0x10000, PAGE_SIZE, 8 | MAP_READ, ERR_INVALID_ARGS},
	        {0x10000, 0, MAP_READ, ERR_INVALID_ARGS},
	        {0x10000, PAGE_SIZE - 1, MAP_READ, ERR_INVALID_ARGS},
	        {0x10001, PAGE_SIZE, MAP_READ, ERR_INVALID_ARGS},
	        {0, PAGE_SIZE, MAP_READ, ERR_INVALID_ARGS},
	        {USER_BASE - PAGE_SIZE, 2 * PAGE_SIZE, MAP_READ, ERR_INVALID_ARGS},
	        {USER_END, PAGE_SIZE, MAP_READ, ERR_INVALID_ARGS},
	        {USER_END - PAGE_SIZE, 2 * PAGE_SIZE, MAP_READ, ERR_INVALID_ARGS},
	        {KERNEL_IMAGE_BASE, PAGE_SIZE, MAP_READ, ERR_INVALID_ARGS},
	        {0x10000, SIZE_MAX & ~(size_t)(PAGE_SIZE - 1), MAP_READ, ERR_INVALID_ARGS},
	        {0x10000, (size_t)1 << 46, MAP_READ, ERR_NO_MEMORY},
	};
	struct address_space *space = new_space();
	size_t before = fake_free_frames();
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(
		        address_space_map(space, cases[i].address, cases[i].size, cases[i].rights),
		        cases[i].expected);
	assert_int_equal(fake_free_frames(), before);
	address_space_destroy(space);
}

static void a_map_that_meets_another_changes_nothing(void **)
{
	struct address_space *space = new_space();
	assert_int_equal(address_space_map(space, 0x20000, PAGE_SIZE, MAP_READ), OK);
	size_t before = fake_free_frames();
	assert_int_equal(address_space_map(space, 0x1e000, 4 * PAGE_SIZE, MAP_READ), ERR_EXISTS);
	assert_int_equal(fake_free_frames(), before);
	assert_true(entry_at(space, 0x1e000) == 0);
	assert_true(entry_at(space, 0x20000) != 0);
	assert_int_equal(space->owned_pages, 1);
	address_space_destroy(space);
}

static void whichever_allocation_fails_nothing_is_lost(void **)
{
	size_t at_start = fake_free_frames();
	bool reached_the_end = false;
	for (long n = 0; n < 100 && !reached_the_end; n++) {
		struct address_space *space = NULL;
		fake.fail_in = n;
		enum status status = address_space_create(&space);
		if (status == OK)
			status = address_space_map(space, 0x3ff000, 10 * PAGE_SIZE, MAP_READ);
		reached_the_end = status == OK && fake.fail_in != FAKE_NEVER;
		fake.fail_in = FAKE_NEVER;
		assert_true(status == OK || status == ERR_NO_MEMORY);
		if (space && status != OK)
			assert_int_equal(space->owned_pages + space->table.table_count, 0);
		address_space_destroy(space);
		/* the heap keeps one empty slab */
		assert_in_range(fake_free_frames(), at_start - 1, at_start);
	}
	assert_true(reached_the_end);
}

static void protect_changes_all_pages_or_none(void **)
{
	struct address_space *space = new_space();
	assert_int_equal(address_space_map(space, 0x10000, 2 * PAGE_SIZE, MAP_READ | MAP_WRITE),
	                 OK);
	assert_int_equal(address_space_protect(space, 0x10000, 3 * PAGE_SIZE, MAP_READ),
	                 ERR_BAD_ADDRESS);
	assert_true(entry_at(space, 0x10000) & PAGE_WRITABLE);
	assert_int_equal(
	        address_space_protect(space, 0x10000, 2 * PAGE_SIZE, MAP_WRITE | MAP_EXECUTE),
	        ERR_ACCESS_DENIED);
	assert_int_equal(
	        address_space_protect(space, 0x10000, 2 * PAGE_SIZE, MAP_READ | MAP_EXECUTE), OK);
	assert_false(entry_at(space, 0x11000) & (PAGE_WRITABLE | PAGE_NO_EXECUTE));
	address_space_destroy(space);
}

static void borrowed_frames_are_mapped_but_never_freed_or_written(void **)
{
	struct address_space *space = new_space();
	paddr_t lent;
	assert_int_equal(frames_alloc_run(2, FRAMES_ANYWHERE, &lent), OK);
	size_t before = fake_free_frames();
	assert_int_equal(address_space_map_frames(space, 0x10000, lent, 2 * PAGE_SIZE, MAP_READ),
	                 OK);
	assert_true((entry_at(space, 0x11000) & PAGE_ADDRESS_MASK) == lent + PAGE_SIZE);
	assert_int_equal(address_space_write(space, 0x10000, "x", 1), ERR_BAD_ADDRESS);
	assert_int_equal(address_space_unmap(space, 0x10000, 2 * PAGE_SIZE), OK);
	assert_int_equal(fake_free_frames(), before);
	frames_free_run(lent, 2);
	address_space_destroy(space);
}

static void writing_crosses_pages_and_ignores_rights(void **)
{
	struct address_space *space = new_space();
	assert_int_equal(address_space_map(space, 0x10000, 2 * PAGE_SIZE, MAP_EXECUTE), OK);
	assert_int_equal(address_space_write(space, 0x10ffe, "abcd", 4), OK);
	const char *low = direct_map(entry_at(space, 0x10000) & PAGE_ADDRESS_MASK);
	const char *high = direct_map(entry_at(space, 0x11000) & PAGE_ADDRESS_MASK);
	assert_memory_equal(low + 0xffe, "ab", 2);
	assert_memory_equal(high, "cd", 2);
	assert_int_equal(address_space_write(space, 0x11fff, "xy", 2), ERR_BAD_ADDRESS);
	assert_int_equal(address_space_write(space, USER_END - 1, "xy", 2), ERR_BAD_ADDRESS);
	assert_int_equal(address_space_write(space, UINTPTR_MAX, "xy", 2), ERR_BAD_ADDRESS);
	address_space_destroy(space);
}

static void unmapping_skips_holes_and_gives_everything_back(void **)
{
	struct address_space *space = new_space();
	size_t before = fake_free_frames();
	assert_int_equal(address_space_map(space, 0x10000, PAGE_SIZE, MAP_READ), OK);
	assert_int_equal(address_space_map(space, USER_END - PAGE_SIZE, PAGE_SIZE, MAP_READ), OK);
	assert_int_equal(address_space_unmap(space, USER_BASE, USER_END - USER_BASE), OK);
	assert_int_equal(fake_free_frames(), before);
	assert_int_equal(space->owned_pages, 0);
	address_space_destroy(space);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_kernel_half_is_shared_and_the_user_half_is_empty),
	        cmocka_unit_test(mapped_memory_is_zeroed_and_has_the_asked_rights),
	        cmocka_unit_test(bad_requests_are_refused_by_status),
	        cmocka_unit_test(a_map_that_meets_another_changes_nothing),
	        cmocka_unit_test(whichever_allocation_fails_nothing_is_lost),
	        cmocka_unit_test(protect_changes_all_pages_or_none),
	        cmocka_unit_test(borrowed_frames_are_mapped_but_never_freed_or_written),
	        cmocka_unit_test(writing_crosses_pages_and_ignores_rights),
	        cmocka_unit_test(unmapping_skips_holes_and_gives_everything_back),
	};
	return cmocka_run_group_tests(tests, fake_memory_start, fake_memory_end);
}
