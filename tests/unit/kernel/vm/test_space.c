#include "../../test.h"

#include "fake_cpu.h"
#include "vm/space.h"

static struct memory_account *new_account(uint64_t limit)
{
	struct memory_account *account = NULL;
	assert_int_equal(memory_account_create(limit, &account), OK);
	return account;
}

static struct vm_space *new_space(void)
{
	struct vm_space *space = NULL;
	assert_int_equal(vm_space_create(NULL, &space), OK);
	return space;
}

static enum status map(struct vm_space *space, uintptr_t address, size_t pages, unsigned rights,
                       unsigned flags)
{
	const struct vm_request request = {
	        .address = address, .size = pages * PAGE_SIZE, .rights = rights, .flags = flags};
	return vm_space_map(space, &request, NULL);
}

static uint64_t entry_at(struct vm_space *space, uintptr_t address)
{
	struct page_slot slot = page_table_find(&space->tables->table, address);
	return slot.entry ? *slot.entry : 0;
}

static void bad_requests_are_refused_by_status(void **)
{
	const unsigned known = VM_WIRED | VM_LARGE_PAGES | VM_REPLACE | VM_SHARED |
	                       VM_NEVER_WRITTEN | VM_NEVER_EXECUTED | VM_HUGE_PAGES;
	const struct {
		struct vm_request request;
		enum status expected;
	} cases[] = {
	        {{0x10000, PAGE_SIZE, MAP_WRITE | MAP_EXECUTE, 0, NULL, 0}, ERR_ACCESS_DENIED},
	        {{0x10000, PAGE_SIZE, 7, 0, NULL, 0}, ERR_ACCESS_DENIED},
	        {{0x10000, PAGE_SIZE, MAP_READ, VM_SHARED, NULL, 0}, ERR_INVALID_ARGS},
	        {{0x10000, PAGE_SIZE, MAP_READ, 0, NULL, 1}, ERR_INVALID_ARGS},
	        {{0x10000, PAGE_SIZE, 8, 0, NULL, 0}, ERR_INVALID_ARGS},
	        {{0x10000, PAGE_SIZE, MAP_READ, known + 1, NULL, 0}, ERR_INVALID_ARGS},
	        {{0x10000, PAGE_SIZE, MAP_READ, VM_FRAMES, NULL, 0}, ERR_INVALID_ARGS},
	        {{0x10000, 0, MAP_READ, 0, NULL, 0}, ERR_INVALID_ARGS},
	        {{0x10000, PAGE_SIZE - 1, MAP_READ, 0, NULL, 0}, ERR_INVALID_ARGS},
	        {{0x10001, PAGE_SIZE, MAP_READ, 0, NULL, 0}, ERR_INVALID_ARGS},
	        {{USER_BASE - PAGE_SIZE, 2 * PAGE_SIZE, MAP_READ, 0, NULL, 0}, ERR_INVALID_ARGS},
	        {{USER_END, PAGE_SIZE, MAP_READ, 0, NULL, 0}, ERR_INVALID_ARGS},
	        {{USER_END - PAGE_SIZE, 2 * PAGE_SIZE, MAP_READ, 0, NULL, 0}, ERR_INVALID_ARGS},
	        {{KERNEL_IMAGE_BASE, PAGE_SIZE, MAP_READ, 0, NULL, 0}, ERR_INVALID_ARGS},
	        {{0x10000, SIZE_MAX & ~(size_t)(PAGE_SIZE - 1), MAP_READ, 0, NULL, 0},
	         ERR_INVALID_ARGS},
	        {{0, SIZE_MAX & ~(size_t)(PAGE_SIZE - 1), MAP_READ, 0, NULL, 0}, ERR_INVALID_ARGS},
	        {{0, USER_END - USER_BASE, MAP_READ, 0, NULL, 0}, ERR_NO_MEMORY},
	        {{0x10000, (size_t)1 << 46, MAP_READ, VM_WIRED, NULL, 0}, ERR_NO_MEMORY},
	        {{0, HUGE_PAGE_SIZE, MAP_READ, VM_HUGE_PAGES, NULL, 0}, ERR_NO_MEMORY},
	        {{0, LARGE_PAGE_SIZE, MAP_READ, VM_HUGE_PAGES, NULL, 0}, ERR_INVALID_ARGS},
	        {{LARGE_PAGE_SIZE, HUGE_PAGE_SIZE, MAP_READ, VM_HUGE_PAGES, NULL, 0},
	         ERR_INVALID_ARGS},
	};
	struct vm_space *space = new_space();
	for (size_t i = 0; i < COUNT(cases); i++)
		if (vm_space_map(space, &cases[i].request, NULL) != cases[i].expected)
			fail_msg("case %zu", i);
	struct vm_region_view view;
	assert_false(vm_space_query(space, 0, &view));
	assert_int_equal(vm_space_protect(space, 0x10000, PAGE_SIZE, 8), ERR_INVALID_ARGS);
	assert_int_equal(vm_space_protect(space, 0x10000, PAGE_SIZE, MAP_READ), ERR_BAD_ADDRESS);
	assert_int_equal(vm_space_unmap(space, 0, PAGE_SIZE), ERR_INVALID_ARGS);
	assert_int_equal(vm_space_discard(space, 0x10000, 1), ERR_INVALID_ARGS);
	vm_space_destroy(space);
}

/* Also where only a part of the range has such a flag. */
static void what_never_has_a_right_does_not_get_it(void **)
{
	static const struct {
		unsigned flags, refused, allowed;
	} cases[] = {
	        {VM_NEVER_EXECUTED, MAP_READ | MAP_EXECUTE, MAP_READ | MAP_WRITE},
	        {VM_NEVER_WRITTEN, MAP_READ | MAP_WRITE, MAP_READ | MAP_EXECUTE},
	};
	struct vm_space *space = new_space();
	for (size_t i = 0; i < COUNT(cases); i++) {
		uintptr_t start = 0x100000 * (i + 1), end = start + 2 * PAGE_SIZE;
		assert_int_equal(map(space, start, 1, MAP_READ, 0), OK);
		assert_int_equal(map(space, start + PAGE_SIZE, 1, MAP_READ, cases[i].flags), OK);
		assert_int_equal(vm_space_protect(space, start, end - start, cases[i].refused),
		                 ERR_ACCESS_DENIED);
		assert_int_equal(vm_space_protect(space, start, PAGE_SIZE, cases[i].refused), OK);
		assert_int_equal(vm_space_protect(space, start, end - start, 0), OK);
		assert_int_equal(
		        vm_space_protect(space, start + PAGE_SIZE, PAGE_SIZE, cases[i].refused),
		        ERR_ACCESS_DENIED);
		assert_int_equal(vm_space_protect(space, start, end - start, cases[i].allowed), OK);
	}
	vm_space_destroy(space);
}

static void memory_comes_with_the_first_touch_and_goes_with_the_mapping(void **)
{
	struct vm_space *space = new_space();
	size_t before = fake_free_frames();
	/* as large as nothing here could hold */
	assert_int_equal(map(space, 0x100000000, (size_t)1 << 30, MAP_READ | MAP_WRITE, 0), OK);
	assert_true(before - fake_free_frames() <= 1);
	char value = 1;
	assert_int_equal(fake_load(space, 0x123456789, &value), OK);
	assert_int_equal(value, 0);
	assert_int_equal(fake_store(space, 0x123456789, 5), OK);
	assert_true(before - fake_free_frames() >= 4);
	assert_int_equal(vm_space_unmap(space, 0x100000000, (size_t)1 << 42), OK);
	mm_drain();
	assert_true(fake_free_frames() + 1 >= before);
	assert_int_equal(fake_load(space, 0x123456789, &value), ERR_BAD_ADDRESS);
	vm_space_destroy(space);
}

static void long_ranges_go_in_pieces_with_others_in_between(void **)
{
	enum { PAGES = 3000, APART = 64 };
	const uintptr_t base = 0x100000000;
	mm_drain();
	size_t before = fake_free_frames();
	for (int destroys = 0; destroys < 2; destroys++) {
		struct vm_space *space = new_space();
		assert_int_equal(map(space, base, (size_t)1 << 20, MAP_READ | MAP_WRITE, 0), OK);
		assert_int_equal(map(space, base - PAGE_SIZE, 1, MAP_READ | MAP_WRITE, 0), OK);
		assert_int_equal(fake_store(space, base - 1, 9), OK);
		for (uintptr_t i = 0; i < PAGES; i++)
			assert_int_equal(fake_store(space, base + i * PAGE_SIZE, (char)i), OK);
		assert_int_equal(fake_store(space, base + ((uintptr_t)1 << 31), 7), OK);
		fake_offers = 0;
		char value = 0;
		if (!destroys) {
			assert_int_equal(vm_space_unmap(space, base, (size_t)1 << 32), OK);
			assert_in_range(fake_offers, PAGES / 1024, PAGES / 1024 + APART);
			for (uintptr_t i = 0; i < PAGES; i += APART)
				assert_int_equal(fake_load(space, base + i * PAGE_SIZE, &value),
				                 ERR_BAD_ADDRESS);
			assert_int_equal(fake_load(space, base - 1, &value), OK);
			assert_int_equal(value, 9);
		}
		vm_space_destroy(space);
		mm_drain();
		assert_int_equal(fake_free_frames(), before);
	}
	/* a short one at once */
	struct vm_space *space = new_space();
	assert_int_equal(map(space, base, 4, MAP_READ | MAP_WRITE, 0), OK);
	fake_offers = 0;
	assert_int_equal(vm_space_unmap(space, base, 4 * PAGE_SIZE), OK);
	vm_space_destroy(space);
	assert_int_equal(fake_offers, 0);
}

/* ---- long work, and what others may do in between ---- */

enum { LONG_PAGES = 1500, LONG_PIECE = 1024 };

static const uintptr_t long_base = 0x100000000, long_other = 0x200000000;

static struct long_work {
	struct vm_space *space;
	enum status inside, outside; /* what somebody else's access to it ends in */
	bool waits_inside, waits_outside; /* its own threads */
} long_work;

static void look_in_between(void)
{
	struct vm_space *space = long_work.space;
	const uintptr_t inside = long_base + 7, outside = 0x10000;
	assert_int_equal(vm_space_fault(space, inside, PAGE_ACCESS_WRITE), long_work.inside);
	assert_int_equal(fake_store(space, outside, 3), long_work.outside);
	fake_thread.space = vm_space_tables(space);
	assert_int_equal(vm_space_admits(space, inside), !long_work.waits_inside);
	assert_int_equal(vm_space_admits(space, outside), !long_work.waits_outside);
	fake_thread.space = NULL;
}

static struct vm_space *new_long_space(void)
{
	struct vm_space *space = new_space();
	assert_int_equal(map(space, 0x10000, 1, MAP_READ | MAP_WRITE, 0), OK);
	assert_int_equal(map(space, long_base, LONG_PAGES + 512, MAP_READ | MAP_WRITE, 0), OK);
	for (uintptr_t i = 0; i < LONG_PAGES; i++)
		assert_int_equal(fake_store(space, long_base + i * PAGE_SIZE, (char)(i + i / 256)),
		                 OK);
	return space;
}

static void expect_bytes(struct vm_space *space, uintptr_t base, bool kept)
{
	for (uintptr_t i = 0; i < LONG_PAGES; i += 61) {
		char value = 77;
		assert_int_equal(fake_load(space, base + i * PAGE_SIZE, &value), OK);
		assert_int_equal(value, kept ? (char)(i + i / 256) : 0);
	}
}

static void long_replace(struct vm_space *space)
{
	assert_int_equal(map(space, long_base, LONG_PAGES, MAP_READ | MAP_WRITE, VM_REPLACE), OK);
	expect_bytes(space, long_base, false);
}

static void long_discard(struct vm_space *space)
{
	assert_int_equal(vm_space_discard(space, long_base, LONG_PAGES * PAGE_SIZE), OK);
	expect_bytes(space, long_base, false);
}

static void long_protect(struct vm_space *space)
{
	char value;
	const size_t size = LONG_PAGES * PAGE_SIZE;
	assert_int_equal(vm_space_protect(space, long_base, size, 0), OK);
	assert_int_equal(fake_load(space, long_base, &value), ERR_ACCESS_DENIED);
	long_work.inside = OK;
	assert_int_equal(vm_space_protect(space, long_base, size, MAP_READ | MAP_WRITE), OK);
	expect_bytes(space, long_base, true);
}

static void long_move(struct vm_space *space)
{
	uintptr_t place = 0;
	const struct vm_move move = {long_base, LONG_PAGES * PAGE_SIZE, long_other,
	                             LONG_PAGES * PAGE_SIZE, true};
	assert_int_equal(vm_space_move(space, &move, &place), OK);
	assert_int_equal(place, long_other);
	expect_bytes(space, long_other, true);
	assert_int_equal(vm_space_fault(space, long_base, PAGE_ACCESS_READ), ERR_BAD_ADDRESS);
}

static void long_copy(struct vm_space *space)
{
	struct vm_space *copy = NULL;
	assert_int_equal(vm_space_duplicate(space, NULL, &copy), OK);
	expect_bytes(copy, long_base, true);
	assert_int_equal(fake_store(space, long_base + PAGE_SIZE, 99), OK);
	fake_between = NULL;
	expect_bytes(copy, long_base, true);
	vm_space_destroy(copy);
}

static void long_wire(struct vm_space *space)
{
	assert_int_equal(map(space, long_other, LONG_PAGES, MAP_READ, VM_WIRED), OK);
	expect_bytes(space, long_other, false);
	expect_bytes(space, long_base, true);
}

static void long_work_lets_others_in_and_they_see_what_was_or_will_be(void **)
{
	static const struct {
		void (*work)(struct vm_space *space);
		enum status inside;
		bool waits_inside, waits_outside;
		size_t pieces; /* at least */
	} cases[] = {
	        {long_replace, ERR_BAD_ADDRESS, true, false, LONG_PAGES / LONG_PIECE},
	        {long_discard, OK, false, false, LONG_PAGES / LONG_PIECE},
	        {long_protect, ERR_ACCESS_DENIED, false, false, LONG_PAGES / LONG_PIECE},
	        {long_move, ERR_BAD_ADDRESS, true, false, 2 * (LONG_PAGES / LONG_PIECE)},
	        {long_copy, OK, true, true, LONG_PAGES / LONG_PIECE},
	        {long_wire, OK, false, false, LONG_PAGES * 16 / LONG_PIECE},
	};
	mm_drain();
	size_t before = fake_free_frames();
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct vm_space *space = new_long_space();
		long_work = (struct long_work){.space = space,
		                               .inside = cases[i].inside,
		                               .waits_inside = cases[i].waits_inside,
		                               .waits_outside = cases[i].waits_outside};
		fake_offers = 0;
		fake_between = look_in_between;
		cases[i].work(space);
		fake_between = NULL;
		assert_in_range(fake_offers, cases[i].pieces, 3 * cases[i].pieces + 3);
		/* it is nobody's any more */
		assert_int_equal(map(space, 0x20000, 1, MAP_READ, 0), OK);
		vm_space_destroy(space);
		mm_drain();
		assert_int_equal(fake_free_frames(), before);
	}
}

/* ---- memory is out ---- */

static struct vm_space *taker;
static size_t rooms_asked;

static bool end_the_taker(struct vm_space *)
{
	rooms_asked++;
	vm_space_destroy(taker);
	taker = NULL;
	return true;
}

static bool end_nobody(struct vm_space *)
{
	rooms_asked++;
	return true;
}

static bool refuse_room(struct vm_space *)
{
	rooms_asked++;
	return false;
}

static void take_everything(void)
{
	enum status status = OK;
	taker = new_space();
	assert_int_equal(map(taker, long_base, 1 << 20, MAP_READ | MAP_WRITE, 0), OK);
	for (uintptr_t at = long_base; status == OK; at += PAGE_SIZE)
		status = fake_store(taker, at, 1);
	assert_int_equal(status, ERR_NO_MEMORY);
}

static void who_finds_no_memory_goes_on_once_somebody_made_room(void **)
{
	struct vm_space *space = new_space();
	assert_int_equal(map(space, long_base, 100, MAP_READ | MAP_WRITE, 0), OK);
	take_everything();
	rooms_asked = 0;
	fake_make_room = refuse_room;
	assert_int_equal(fake_store(space, long_base, 1), ERR_NO_MEMORY);
	assert_int_equal(rooms_asked, 1);
	/* whatever it says, the end comes */
	fake_make_room = end_nobody;
	assert_int_equal(fake_store(space, long_base, 1), ERR_NO_MEMORY);
	assert_in_range(rooms_asked, 2, 100);
	rooms_asked = 0;
	fake_make_room = end_the_taker;
	assert_int_equal(fake_store(space, long_base, 1), OK);
	assert_int_equal(rooms_asked, 1);
	/* a fault that is injected, or a limit, is no reason */
	fake.fail_in = 0;
	assert_int_equal(fake_store(space, long_base + 50 * PAGE_SIZE, 1), ERR_NO_MEMORY);
	fake.fail_in = FAKE_NEVER;
	assert_int_equal(rooms_asked, 1);
	fake_make_room = NULL;
	vm_space_destroy(space);
}

static void rooms_are_found_from_the_top_down_and_do_not_overlap(void **)
{
	struct vm_space *space = new_space();
	uintptr_t last = USER_END;
	for (size_t i = 0; i < 20; i++) {
		const struct vm_request request = {.size = (i + 1) * PAGE_SIZE,
		                                   .rights = MAP_READ | i % 2 * MAP_WRITE};
		uintptr_t start = 0;
		assert_int_equal(vm_space_map(space, &request, &start), OK);
		assert_true(start + request.size <= last);
		last = start;
	}
	vm_space_destroy(space);
}

static void a_large_page_is_used_where_one_fits(void **)
{
	struct vm_space *space = new_space();
	const uintptr_t start = 2 * LARGE_PAGE_SIZE - PAGE_SIZE;
	assert_int_equal(map(space, start, 1024, MAP_READ | MAP_WRITE, VM_LARGE_PAGES), OK);
	assert_int_equal(fake_store(space, start, 1), OK);
	assert_int_equal(fake_store(space, start + 2 * PAGE_SIZE, 2), OK);
	assert_int_equal(fake_store(space, start + LARGE_PAGE_SIZE + PAGE_SIZE, 3), OK);
	assert_false(entry_at(space, start) & PAGE_LARGE);
	assert_true(entry_at(space, start + 2 * PAGE_SIZE) & PAGE_LARGE);
	assert_false(entry_at(space, start + LARGE_PAGE_SIZE + PAGE_SIZE) & PAGE_LARGE);

	/* cut in the middle, it goes on as small ones with what it held */
	assert_int_equal(vm_space_protect(space, start + 3 * PAGE_SIZE, PAGE_SIZE, MAP_READ), OK);
	assert_false(entry_at(space, start + 2 * PAGE_SIZE) & PAGE_LARGE);
	char value = 0;
	assert_int_equal(fake_load(space, start + 2 * PAGE_SIZE, &value), OK);
	assert_int_equal(value, 2);
	assert_int_equal(fake_store(space, start + 3 * PAGE_SIZE, 1), ERR_ACCESS_DENIED);
	vm_space_destroy(space);
}

static void frames_of_somebody_else_are_mapped_but_never_freed_or_written(void **)
{
	struct vm_space *space = new_space(), *copy = NULL;
	paddr_t lent;
	assert_int_equal(frames_alloc_run(2, FRAMES_ANYWHERE, &lent), OK);
	const struct vm_request request = {
	        .address = 0x10000, .size = 2 * PAGE_SIZE, .rights = MAP_READ};
	assert_int_equal(vm_space_map_frames(space, &request, lent), OK);
	assert_int_equal(vm_space_map_frames(space, &request, lent), ERR_EXISTS);
	assert_int_equal(vm_space_map_frames(space, &request, lent + 1), ERR_INVALID_ARGS);
	assert_true((entry_at(space, 0x11000) & PAGE_ADDRESS_MASK) == lent + PAGE_SIZE);
	assert_int_equal(vm_space_write(space, 0x10000, "x", 1), ERR_BAD_ADDRESS);
	assert_int_equal(vm_space_discard(space, 0x10000, PAGE_SIZE), OK);
	assert_true(entry_at(space, 0x10000) != 0);
	assert_int_equal(vm_space_duplicate(space, NULL, &copy), OK);
	assert_true((entry_at(copy, 0x11000) & PAGE_ADDRESS_MASK) == lent + PAGE_SIZE);
	vm_space_destroy(copy);
	vm_space_destroy(space);
	frames_free_run(lent, 2);
}

static void discarded_memory_is_zero_again_and_free(void **)
{
	struct vm_space *space = new_space();
	assert_int_equal(map(space, 0x10000, 3, MAP_READ | MAP_WRITE, 0), OK);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(fake_store(space, 0x10000 + i * PAGE_SIZE, 9), OK);
	size_t before = fake_free_frames();
	assert_int_equal(vm_space_discard(space, 0x11000, PAGE_SIZE), OK);
	assert_int_equal(fake_free_frames(), before + 1);
	char value = 1;
	assert_int_equal(fake_load(space, 0x11000, &value), OK);
	assert_int_equal(value, 0);
	assert_int_equal(fake_load(space, 0x12000, &value), OK);
	assert_int_equal(value, 9);
	struct vm_region_view view;
	assert_true(vm_space_query(space, 0x11000, &view));
	assert_int_equal(view.end - view.start, 3 * PAGE_SIZE);
	vm_space_destroy(space);
}

static void only_what_is_there_is_seen_by_others(void **)
{
	char seen[6] = {};
	struct vm_space *space = new_space();
	assert_int_equal(map(space, 0x10000, 3, MAP_READ | MAP_WRITE, 0), OK);
	assert_int_equal(vm_space_write(space, 0x10ffd, "one", 3), OK);
	size_t before = fake_free_frames();
	/* up to the page that nobody has touched */
	assert_int_equal(vm_space_peek(space, 0x10ffd, seen, sizeof seen), 3);
	assert_memory_equal(seen, "one", 3);
	assert_int_equal(fake_free_frames(), before);
	assert_int_equal(vm_space_write(space, 0x11000, "two", 3), OK);
	assert_int_equal(vm_space_peek(space, 0x10ffd, seen, sizeof seen), 6);
	assert_memory_equal(seen, "onetwo", 6);
	assert_int_equal(vm_space_protect(space, 0x11000, PAGE_SIZE, 0), OK);
	assert_int_equal(vm_space_peek(space, 0x10ffd, seen, sizeof seen), 3);
	assert_int_equal(vm_space_peek(space, 0x14000, seen, sizeof seen), 0);
	vm_space_destroy(space);
}

static void over_the_limit_the_caller_is_told_and_nothing_is_lost(void **)
{
	struct memory_account *account = new_account(40 * PAGE_SIZE);
	struct vm_space *space = NULL, *copy = NULL;
	assert_int_equal(vm_space_create(account, &space), OK);
	assert_int_equal(map(space, 0x100000, 100, MAP_READ | MAP_WRITE, VM_WIRED), ERR_NO_MEMORY);
	assert_int_equal(map(space, 0x100000, 100, MAP_READ | MAP_WRITE, 0), OK);
	size_t touched = 0;
	while (fake_store(space, 0x100000 + touched * PAGE_SIZE, 1) == OK)
		touched++;
	assert_in_range(touched, 30, 39);
	assert_int_equal(fake_store(space, 0x100000 + touched * PAGE_SIZE, 1), ERR_NO_MEMORY);

	/* a copy is charged in full to its own account */
	struct memory_account *poor = new_account(20 * PAGE_SIZE);
	assert_int_equal(vm_space_duplicate(space, poor, &copy), ERR_NO_MEMORY);
	assert_int_equal(memory_account_usage(poor).bytes, 0);
	memory_account_unref(poor);
	char value = 0;
	assert_int_equal(fake_load(space, 0x100000, &value), OK);
	assert_int_equal(value, 1);
	assert_int_equal(fake_store(space, 0x100000, 2), OK);
	vm_space_destroy(space);
	assert_int_equal(memory_account_usage(account).bytes, 0);
	memory_account_unref(account);
}

/* What a process does in its life, short. */
static enum status live(struct vm_space *space, struct vm_space **out_copy)
{
	TRY(map(space, 0x3ff000, 10, MAP_READ | MAP_WRITE, VM_WIRED));
	TRY(map(space, 0x200000, 1024, MAP_READ | MAP_WRITE, VM_LARGE_PAGES | VM_REPLACE));
	TRY(fake_store(space, 0x234567, 1));
	TRY(vm_space_protect(space, 0x210000, PAGE_SIZE, MAP_READ));
	TRY(vm_space_duplicate(space, NULL, out_copy));
	TRY(fake_store(*out_copy, 0x234567, 2));
	TRY(fake_store(space, 0x234567, 3));
	TRY(vm_space_unmap(space, 0x220000, PAGE_SIZE));
	TRY(vm_space_discard(space, 0x234000, PAGE_SIZE));
	return vm_space_write(space, 0x210fff, "ab", 2);
}

static void whichever_allocation_fails_nothing_is_lost(void **)
{
	mm_drain();
	size_t at_start = fake_free_frames();
	bool reached_the_end = false;
	for (long n = 0; n < 2000 && !reached_the_end; n++) {
		struct vm_space *space = NULL, *copy = NULL;
		fake.fail_in = n;
		enum status status = vm_space_create(NULL, &space);
		if (status == OK)
			status = live(space, &copy);
		reached_the_end = status == OK && fake.fail_in != FAKE_NEVER;
		fake.fail_in = FAKE_NEVER;
		assert_true(status == OK || status == ERR_NO_MEMORY);
		vm_space_destroy(space);
		vm_space_destroy(copy);
		mm_drain();
		assert_int_equal(fake_free_frames(), at_start);
	}
	assert_true(reached_the_end);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(bad_requests_are_refused_by_status),
	        cmocka_unit_test(what_never_has_a_right_does_not_get_it),
	        cmocka_unit_test(memory_comes_with_the_first_touch_and_goes_with_the_mapping),
	        cmocka_unit_test(long_ranges_go_in_pieces_with_others_in_between),
	        cmocka_unit_test(long_work_lets_others_in_and_they_see_what_was_or_will_be),
	        cmocka_unit_test(who_finds_no_memory_goes_on_once_somebody_made_room),
	        cmocka_unit_test(rooms_are_found_from_the_top_down_and_do_not_overlap),
	        cmocka_unit_test(a_large_page_is_used_where_one_fits),
	        cmocka_unit_test(frames_of_somebody_else_are_mapped_but_never_freed_or_written),
	        cmocka_unit_test(discarded_memory_is_zero_again_and_free),
	        cmocka_unit_test(only_what_is_there_is_seen_by_others),
	        cmocka_unit_test(over_the_limit_the_caller_is_told_and_nothing_is_lost),
	        cmocka_unit_test(whichever_allocation_fails_nothing_is_lost),
	};
	return cmocka_run_group_tests(tests, fake_cpu_start, fake_memory_end);
}
