/*
 * Random maps, unmaps, moves, changes of rights, writes and copies of a few spaces, against a plain
 * array of pages. Every step also reads and writes through a CPU with a TLB.
 */
#include "../../test.h"

#include "fake_cpu.h"

enum { PAGES = 1600, SPACES = 4, STEPS = 60000, HOT = 8 };

struct model_page {
	bool mapped;
	unsigned rights;
	char value;
};

struct model_space {
	struct vm_space *space; /* NULL: none */
	struct memory_account *account;
	struct model_page pages[PAGES];
};

struct model {
	struct model_space spaces[SPACES];
	uint64_t random;
};

/* Across the border of two large pages, and of two tables of tables. */
static const uintptr_t model_base = 0x3fc00000;

static uint64_t pick(struct model *model, uint64_t below)
{
	model->random = model->random * 6364136223846793005 + 1442695040888963407;
	return (model->random >> 33) % below;
}

static uintptr_t address_of(size_t page)
{
	return model_base + page * PAGE_SIZE;
}

static unsigned pick_rights(struct model *model)
{
	static const unsigned rights[] = {0,
	                                  MAP_READ,
	                                  MAP_READ | MAP_WRITE,
	                                  MAP_READ | MAP_WRITE,
	                                  MAP_READ | MAP_WRITE,
	                                  MAP_READ | MAP_EXECUTE};
	return rights[pick(model, COUNT(rights))];
}

struct range {
	size_t first;
	size_t count;
};

static struct range pick_range(struct model *model)
{
	struct range range = {.first = pick(model, PAGES)};
	size_t most = pick(model, 8) ? 12 : 1200;
	range.count = 1 + pick(model, most);
	if (range.count > PAGES - range.first)
		range.count = PAGES - range.first;
	return range;
}

static void do_map(struct model *model, struct model_space *at)
{
	struct range range = pick_range(model);
	const struct vm_request request = {
	        .address = address_of(range.first),
	        .size = range.count * PAGE_SIZE,
	        .rights = pick_rights(model),
	        .flags = (pick(model, 2) ? VM_REPLACE : 0) | (pick(model, 2) ? VM_LARGE_PAGES : 0) |
	                 (range.count < 12 && pick(model, 4) == 0 ? VM_WIRED : 0),
	};
	bool free = true;
	for (size_t i = 0; i < range.count; i++)
		free &= !at->pages[range.first + i].mapped;
	enum status expected = free || request.flags & VM_REPLACE ? OK : ERR_EXISTS;
	assert_int_equal(vm_space_map(at->space, &request, NULL), expected);
	for (size_t i = 0; i < range.count && expected == OK; i++)
		at->pages[range.first + i] = (struct model_page){true, request.rights, 0};
}

static void do_unmap(struct model *model, struct model_space *at)
{
	struct range range = pick_range(model);
	assert_int_equal(
	        vm_space_unmap(at->space, address_of(range.first), range.count * PAGE_SIZE), OK);
	memset(&at->pages[range.first], 0, range.count * sizeof at->pages[0]);
}

static void do_protect(struct model *model, struct model_space *at)
{
	struct range range = pick_range(model);
	unsigned rights = pick_rights(model);
	enum status expected = OK;
	for (size_t i = 0; i < range.count; i++)
		if (!at->pages[range.first + i].mapped)
			expected = ERR_BAD_ADDRESS;
	assert_int_equal(vm_space_protect(at->space, address_of(range.first),
	                                  range.count * PAGE_SIZE, rights),
	                 expected);
	for (size_t i = 0; i < range.count && expected == OK; i++)
		at->pages[range.first + i].rights = rights;
}

/* Mostly one of a few, so that a CPU comes back while it remembers. */
static size_t pick_page(struct model *model)
{
	return pick(model, 4) ? 508 + pick(model, HOT) : pick(model, PAGES);
}

/* By the CPU, or by the kernel, which needs no right. */
static void do_write(struct model *model, struct model_space *at)
{
	size_t index = pick_page(model);
	struct model_page *page = &at->pages[index];
	char value = (char)(1 + pick(model, 100));
	bool kernel = pick(model, 4) == 0;
	enum status status = kernel ? vm_space_write(at->space, address_of(index) + 77, &value, 1)
	                            : fake_store(at->space, address_of(index) + 77, value);
	enum status expected = OK;
	if (!page->mapped)
		expected = ERR_BAD_ADDRESS;
	else if (!kernel && !(page->rights & MAP_WRITE))
		expected = ERR_ACCESS_DENIED;
	assert_int_equal(status, expected);
	if (expected == OK)
		page->value = value;
}

static void do_read(struct model *model, struct model_space *at)
{
	size_t index = pick_page(model);
	const struct model_page *page = &at->pages[index];
	char value = 0;
	enum status status = fake_load(at->space, address_of(index) + 77, &value);
	enum status expected = OK;
	if (!page->mapped)
		expected = ERR_BAD_ADDRESS;
	else if (!page->rights)
		expected = ERR_ACCESS_DENIED;
	assert_int_equal(status, expected);
	assert_int_equal(value, expected == OK ? page->value : 0);
}

/* Is the range of one kind, and nothing of it wired? Then it may move. */
static enum status expected_move(struct model_space *at, struct range from, size_t to, size_t size,
                                 bool replaces)
{
	struct vm_region_view view;
	if (size < from.count || (from.first < to + size && to < from.first + from.count))
		return ERR_INVALID_ARGS;
	if (!vm_space_query(at->space, address_of(from.first), &view) ||
	    view.start > address_of(from.first) || view.end < address_of(from.first + from.count))
		return ERR_BAD_ADDRESS;
	if (view.flags & VM_WIRED)
		return ERR_INVALID_ARGS;
	for (size_t i = 0; i < size && !replaces; i++)
		if (at->pages[to + i].mapped)
			return ERR_EXISTS;
	return OK;
}

static void do_move(struct model *model, struct model_space *at)
{
	struct range from = pick_range(model), to = pick_range(model);
	bool replaces = pick(model, 2);
	const struct vm_move move = {address_of(from.first), from.count * PAGE_SIZE,
	                             address_of(to.first), to.count * PAGE_SIZE, replaces};
	enum status expected = expected_move(at, from, to.first, to.count, replaces);
	uintptr_t place = 0;
	assert_int_equal(vm_space_move(at->space, &move, &place), expected);
	if (expected != OK)
		return;
	assert_int_equal(place, address_of(to.first));
	struct model_page *pages = at->pages;
	unsigned rights = pages[from.first].rights;
	for (size_t i = 0; i < to.count; i++)
		pages[to.first + i] = i < from.count ? pages[from.first + i]
		                                     : (struct model_page){true, rights, 0};
	memset(&pages[from.first], 0, from.count * sizeof *pages);
}

static void do_grow(struct model *model, struct model_space *at)
{
	struct range range = pick_range(model);
	size_t more = 1 + pick(model, 8), end = range.first + range.count;
	const struct vm_move move = {.from = address_of(range.first),
	                             .from_size = range.count * PAGE_SIZE,
	                             .to_size = (range.count + more) * PAGE_SIZE};
	if (end + more > PAGES)
		return;
	enum status expected = expected_move(at, range, end, range.count + more, true);
	for (size_t i = 0; i < more && expected == OK; i++)
		if (at->pages[end + i].mapped)
			expected = ERR_EXISTS;
	assert_int_equal(vm_space_grow(at->space, &move), expected);
	for (size_t i = 0; i < more && expected == OK; i++)
		at->pages[end + i] = (struct model_page){true, at->pages[range.first].rights, 0};
}

static void destroy(struct model_space *at)
{
	vm_space_destroy(at->space);
	if (at->account) {
		assert_int_equal(memory_account_usage(at->account).bytes, 0);
		memory_account_unref(at->account);
	}
	*at = (struct model_space){};
}

static void do_duplicate(struct model *model, struct model_space *from)
{
	struct model_space *to = &model->spaces[pick(model, SPACES)];
	if (to == from)
		return;
	destroy(to);
	*to = *from;
	assert_int_equal(memory_account_create(MEMORY_UNLIMITED, &to->account), OK);
	assert_int_equal(vm_space_duplicate(from->space, to->account, &to->space), OK);
}

static void do_something(struct model *model, struct model_space *at)
{
	switch (pick(model, 40)) {
	case 0:
	case 1:
	case 2:
		do_map(model, at);
		return;
	case 3:
	case 4:
		do_unmap(model, at);
		return;
	case 5:
	case 6:
		do_protect(model, at);
		return;
	case 7:
		do_duplicate(model, at);
		return;
	case 8:
	case 9:
		do_move(model, at);
		return;
	case 10:
		do_grow(model, at);
		return;
	}
	if (pick(model, 2))
		do_write(model, at);
	else
		do_read(model, at);
}

/* What the space tells of itself; regions that are alike are one. */
static void check_views(struct model_space *at)
{
	struct vm_region_view view;
	uintptr_t next = USER_BASE, last_end = 0;
	size_t mapped = 0, expected = 0;
	unsigned last_rights = 0, last_flags = 0;
	while (vm_space_query(at->space, next, &view)) {
		assert_true(view.start >= next && view.end > view.start);
		assert_false(view.start == last_end && view.rights == last_rights &&
		             view.flags == last_flags && !(view.flags & VM_WIRED));
		for (uintptr_t page = view.start; page < view.end; page += PAGE_SIZE, mapped++) {
			size_t index = (page - model_base) / PAGE_SIZE;
			assert_true(at->pages[index].mapped);
			assert_int_equal(at->pages[index].rights, view.rights);
		}
		next = last_end = view.end;
		last_rights = view.rights;
		last_flags = view.flags;
	}
	for (size_t i = 0; i < PAGES; i++)
		expected += at->pages[i].mapped;
	assert_int_equal(mapped, expected);
	assert_int_equal(vm_space_mapped_bytes(at->space), mapped * PAGE_SIZE);
}

static void spaces_agree_with_plain_arrays_of_pages(void **)
{
	struct model *model = calloc(1, sizeof *model);
	model->random = 2;
	mm_drain();
	size_t before = fake_free_frames();
	struct model_space *first = &model->spaces[0];
	assert_int_equal(memory_account_create(MEMORY_UNLIMITED, &first->account), OK);
	assert_int_equal(vm_space_create(first->account, &first->space), OK);
	for (size_t step = 0; step < STEPS; step++) {
		struct model_space *at = &model->spaces[pick(model, SPACES)];
		if (!at->space)
			continue;
		do_something(model, at);
		if (step % 64 == 0)
			check_views(at);
	}
	for (size_t i = 0; i < SPACES; i++)
		destroy(&model->spaces[i]);
	free(model);
	mm_drain();
	assert_int_equal(fake_free_frames(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(spaces_agree_with_plain_arrays_of_pages),
	};
	return cmocka_run_group_tests(tests, fake_cpu_start, fake_memory_end);
}
