/*
 * Random maps, reads, writes, copies, write-backs, evictions and changes of size of two objects in
 * a few spaces, against plain arrays. One object has a pager with a disk behind it, which answers
 * at once or when somebody waits, and sometimes fails.
 */
#include "../../test.h"

#include "fake_cpu.h"

enum { OBJECTS = 2, OBJECT_PAGES = 24, PAGES = 40, SPACES = 3, STEPS = 60000, OFFSET = 77 };

struct model_object {
	struct vm_object *object;
	uint64_t page_count;
	char values[OBJECT_PAGES]; /* as everybody sees them */
	char disk[OBJECT_PAGES];
	bool dirty[OBJECT_PAGES];
};

struct model_page {
	struct model_object *object; /* NULL: nothing is mapped */
	size_t index;
	unsigned rights;
	bool shared;
	bool own; /* a private page that was written */
	char value; /* then */
};

struct model_space {
	struct vm_space *space;
	struct model_page pages[PAGES];
};

static struct model {
	struct model_object objects[OBJECTS]; /* the first has a pager */
	struct model_space spaces[SPACES];
	uint64_t random;
	/* what the pager has not answered yet */
	struct vm_object *asked;
	uint64_t asked_index;
	paddr_t asked_frame;
	size_t asked_count, released_count;
	bool fails; /* the disk, for now */
} model;

static uint64_t pick(uint64_t below)
{
	model.random = model.random * 6364136223846793005 + 1442695040888963407;
	return (model.random >> 33) % below;
}

static void pager_answers(void)
{
	struct vm_object *object = model.asked;
	assert_non_null(object);
	model.asked = NULL;
	if (!model.fails)
		fake.bytes[model.asked_frame + OFFSET] = model.objects[0].disk[model.asked_index];
	vm_object_ready(object, model.asked_index, model.fails ? ERR_IO : OK);
}

static void pager_fill(void *context, struct vm_object *object, uint64_t index, paddr_t frame)
{
	assert_ptr_equal(context, &model);
	assert_null(model.asked);
	assert_int_equal(spinlock_depth(), 0);
	model.asked = object;
	model.asked_index = index;
	model.asked_frame = frame;
	model.asked_count++;
	if (pick(2))
		pager_answers();
}

static void pager_release(void *)
{
	model.released_count++;
}

static const struct vm_pager pager = {.fill = pager_fill, .release = pager_release};

static uintptr_t address_of(size_t page)
{
	return 0x40000000 - PAGES / 2 * PAGE_SIZE + page * PAGE_SIZE;
}

static void do_map(struct model_space *at)
{
	static const unsigned rights[] = {MAP_READ, MAP_READ | MAP_WRITE, MAP_READ | MAP_WRITE};
	struct model_object *object = &model.objects[pick(OBJECTS)];
	size_t first = pick(PAGES - 8), count = 1 + pick(8), index = pick(OBJECT_PAGES - 8);
	const struct vm_request request = {
	        .address = address_of(first),
	        .size = count * PAGE_SIZE,
	        .rights = rights[pick(COUNT(rights))],
	        .flags = VM_REPLACE | (pick(2) ? VM_SHARED : 0),
	        .object = object->object,
	        .object_page = index,
	};
	assert_int_equal(vm_space_map(at->space, &request, NULL), OK);
	for (size_t i = 0; i < count; i++)
		at->pages[first + i] = (struct model_page){
		        .object = object,
		        .index = index + i,
		        .rights = request.rights,
		        .shared = request.flags & VM_SHARED,
		};
}

static void do_unmap(struct model_space *at)
{
	size_t first = pick(PAGES - 4), count = 1 + pick(4);
	assert_int_equal(vm_space_unmap(at->space, address_of(first), count * PAGE_SIZE), OK);
	memset(&at->pages[first], 0, count * sizeof at->pages[0]);
}

static void do_protect(struct model_space *at)
{
	static const unsigned rights[] = {0, MAP_READ, MAP_READ | MAP_WRITE};
	size_t page = pick(PAGES);
	unsigned now = rights[pick(COUNT(rights))];
	enum status status = vm_space_protect(at->space, address_of(page), PAGE_SIZE, now);
	assert_int_equal(status, at->pages[page].object ? OK : ERR_BAD_ADDRESS);
	at->pages[page].rights = now;
}

/* What an access must answer; ERR_IO when it needs a page that the disk does not give now. */
static enum status expected_access(const struct model_page *page, bool write)
{
	if (!page->object)
		return ERR_BAD_ADDRESS;
	if (write ? !(page->rights & MAP_WRITE) : !page->rights)
		return ERR_ACCESS_DENIED;
	return page->own || page->index < page->object->page_count ? OK : ERR_IO;
}

/* The disk's failure shows only when the page is not in memory. */
static bool is_disk_failure(const struct model_page *page, enum status status)
{
	return status == ERR_IO && model.fails && page->object == &model.objects[0] && !page->own;
}

static void do_write(struct model_space *at)
{
	size_t index = pick(PAGES);
	struct model_page *page = &at->pages[index];
	char value = (char)(1 + pick(100));
	enum status status = fake_store(at->space, address_of(index) + OFFSET, value);
	if (is_disk_failure(page, status))
		return;
	assert_int_equal(status, expected_access(page, true));
	if (status != OK)
		return;
	if (page->shared) {
		page->object->values[page->index] = value;
		page->object->dirty[page->index] = page->object == &model.objects[0];
	} else {
		page->own = true;
		page->value = value;
	}
}

static void do_read(struct model_space *at)
{
	size_t index = pick(PAGES);
	const struct model_page *page = &at->pages[index];
	char value = 0;
	enum status status = fake_load(at->space, address_of(index) + OFFSET, &value);
	if (is_disk_failure(page, status))
		return;
	assert_int_equal(status, expected_access(page, false));
	if (status == OK)
		assert_int_equal(value,
		                 page->own ? page->value : page->object->values[page->index]);
}

static void do_duplicate(const struct model_space *from)
{
	struct model_space *to = &model.spaces[pick(SPACES)];
	if (to == from)
		return;
	vm_space_destroy(to->space);
	*to = *from;
	assert_int_equal(vm_space_duplicate(from->space, NULL, &to->space), OK);
}

static void do_clean(struct model_object *object)
{
	static char bytes[PAGE_SIZE];
	uint64_t index = pick(OBJECT_PAGES), first = index;
	bool found = vm_object_next_dirty(object->object, &index);
	for (uint64_t i = first; i < (found ? index : OBJECT_PAGES); i++)
		assert_false(object->dirty[i]);
	if (!found) {
		assert_int_equal(vm_object_clean(object->object, first, bytes), ERR_NOT_FOUND);
		return;
	}
	assert_true(object->dirty[index]);
	assert_int_equal(vm_object_clean(object->object, index, bytes), OK);
	assert_int_equal(bytes[OFFSET], object->values[index]);
	object->disk[index] = bytes[OFFSET];
	object->dirty[index] = false;
}

static void do_evict(struct model_object *object)
{
	uint64_t index = pick(OBJECT_PAGES);
	enum status status = vm_object_evict(object->object, index);
	if (object->dirty[index])
		assert_int_equal(status, ERR_BUSY);
	else if (object == &model.objects[0])
		assert_true(status == OK || status == ERR_NOT_FOUND);
	else
		assert_int_not_equal(status, OK);
}

static void do_resize(struct model_object *object)
{
	object->page_count = pick(4) ? OBJECT_PAGES : pick(OBJECT_PAGES + 1);
	assert_int_equal(vm_object_resize(object->object, object->page_count), OK);
	for (uint64_t i = object->page_count; i < OBJECT_PAGES; i++) {
		object->values[i] = object->disk[i] = 0;
		object->dirty[i] = false;
	}
}

static void do_copy(struct model_object *object)
{
	uint64_t index = pick(OBJECT_PAGES), offset = index * PAGE_SIZE + OFFSET;
	char value = (char)(1 + pick(100));
	bool write = pick(2);
	enum status status = write ? vm_object_write(object->object, offset, &value, 1)
	                           : vm_object_read(object->object, offset, &value, 1);
	if (status == ERR_IO && (model.fails || index >= object->page_count))
		return;
	assert_int_equal(status, OK);
	assert_true(index < object->page_count);
	if (write) {
		object->values[index] = value;
		object->dirty[index] = object == &model.objects[0];
	} else {
		assert_int_equal(value, object->values[index]);
	}
}

static void do_something(void)
{
	struct model_object *object = &model.objects[pick(OBJECTS)];
	struct model_space *at = &model.spaces[pick(SPACES)];
	model.fails = pick(16) == 0;
	switch (pick(32)) {
	case 0:
	case 1:
		do_map(at);
		return;
	case 2:
		do_unmap(at);
		return;
	case 3:
	case 4:
		do_protect(at);
		return;
	case 5:
		do_duplicate(at);
		return;
	case 6:
	case 7:
		do_clean(object);
		return;
	case 8:
	case 9:
		do_evict(object);
		return;
	case 10:
		if (pick(4) == 0)
			do_resize(object);
		return;
	case 11:
		do_copy(object);
		return;
	}
	if (pick(2))
		do_write(at);
	else
		do_read(at);
}

static void objects_agree_with_plain_arrays(void **)
{
	model.random = 11;
	fake_happens = pager_answers;
	mm_drain();
	size_t before = fake_free_frames();
	for (size_t i = 0; i < OBJECTS; i++) {
		struct vm_object_request request = {.page_count = OBJECT_PAGES};
		if (i == 0) {
			request.pager = &pager;
			request.context = &model;
		}
		model.objects[i].page_count = OBJECT_PAGES;
		assert_int_equal(vm_object_create(&request, &model.objects[i].object), OK);
	}
	for (size_t i = 0; i < SPACES; i++)
		assert_int_equal(vm_space_create(NULL, &model.spaces[i].space), OK);
	for (size_t step = 0; step < STEPS; step++)
		do_something();

	assert_true(model.asked_count > 100);
	/* spaces keep their objects */
	for (size_t i = 0; i < OBJECTS; i++)
		vm_object_unref(model.objects[i].object);
	assert_int_equal(model.released_count, 0);
	for (size_t i = 0; i < SPACES; i++)
		vm_space_destroy(model.spaces[i].space);
	assert_int_equal(model.released_count, 1);
	mm_drain();
	assert_int_equal(fake_free_frames(), before);
}

static struct vm_object *object_of_pages(uint64_t count)
{
	const struct vm_object_request request = {
	        .page_count = count, .pager = &pager, .context = &model};
	struct vm_object *object;
	memset(&model.objects[0], 0, sizeof model.objects[0]);
	model.fails = false;
	fake_happens = pager_answers;
	assert_int_equal(vm_object_create(&request, &object), OK);
	model.objects[0].object = object;
	for (uint64_t i = 0; i < count; i++)
		model.objects[0].disk[i] = (char)(i + 1);
	return object;
}

static void assert_page(struct vm_object *object, uint64_t index, char expected)
{
	char value = 0;
	assert_int_equal(vm_object_read(object, index * PAGE_SIZE + OFFSET, &value, 1), OK);
	assert_int_equal(value, expected);
}

static void clean_pages_are_taken_back_and_dirty_ones_kept(void **)
{
	enum { COUNT_OF_PAGES = 20, DIRTY = 3, ALL = 100 };
	mm_drain();
	size_t before = fake_free_frames();
	struct vm_object *object = object_of_pages(COUNT_OF_PAGES);
	const char written = 99;
	for (uint64_t i = 0; i < COUNT_OF_PAGES; i++)
		assert_page(object, i, (char)(i + 1));
	for (uint64_t i = 0; i < DIRTY; i++)
		assert_int_equal(vm_object_write(object, i * 5 * PAGE_SIZE + OFFSET, &written, 1),
		                 OK);
	assert_int_equal(vm_reclaim(4), 4);
	assert_int_equal(vm_object_usage(object).present, COUNT_OF_PAGES - 4);
	assert_int_equal(vm_reclaim(ALL), COUNT_OF_PAGES - 4 - DIRTY);
	assert_int_equal(vm_reclaim(ALL), 0);
	assert_int_equal(vm_object_usage(object).present, DIRTY);
	assert_int_equal(vm_object_usage(object).dirty, DIRTY);
	for (uint64_t i = 0; i < COUNT_OF_PAGES; i++)
		assert_page(object, i, i % 5 == 0 && i < 5 * DIRTY ? written : (char)(i + 1));
	vm_object_unref(object);
	mm_drain();
	assert_int_equal(fake_free_frames(), before);
}

static void a_page_on_its_way_back_is_not_taken_before_it_is_there(void **)
{
	static char bytes[PAGE_SIZE];
	const char written = 99;
	mm_drain();
	size_t before = fake_free_frames();
	struct vm_object *object = object_of_pages(2);
	assert_int_equal(vm_object_write(object, OFFSET, &written, 1), OK);
	assert_int_equal(vm_reclaim(1), 0);
	assert_int_equal(vm_object_clean(object, 0, bytes), OK);
	assert_int_equal(vm_reclaim(1), 0);
	assert_page(object, 0, written);
	model.objects[0].disk[0] = bytes[OFFSET];
	vm_object_stored(object, 0);
	assert_int_equal(vm_reclaim(1), 1);
	assert_page(object, 0, written);
	vm_object_unref(object);
	mm_drain();
	assert_int_equal(fake_free_frames(), before);
}

/* Other pages of files make room, for files as for programs. */
static void who_finds_no_memory_gets_what_files_hold(void **)
{
	enum { COUNT_OF_PAGES = 20, TAKEN_MAX = 20000 };
	static paddr_t taken[TAKEN_MAX];
	size_t count = 0;
	mm_drain();
	size_t before = fake_free_frames();
	struct vm_object *object = object_of_pages(COUNT_OF_PAGES);
	struct vm_space *space;
	assert_int_equal(vm_space_create(NULL, &space), OK);
	const struct vm_request map = {
	        .address = 0x10000, .size = 8 * PAGE_SIZE, .rights = MAP_READ | MAP_WRITE};
	assert_int_equal(vm_space_map(space, &map, NULL), OK);
	assert_int_equal(fake_store(space, 0x10000, 1), OK);
	for (uint64_t i = 0; i < COUNT_OF_PAGES - 4; i++)
		assert_page(object, i, (char)(i + 1));
	while (count < TAKEN_MAX && frame_alloc(&taken[count]) == OK)
		count++;
	assert_true(count < TAKEN_MAX);
	for (uint64_t i = COUNT_OF_PAGES - 4; i < COUNT_OF_PAGES; i++)
		assert_page(object, i, (char)(i + 1));
	for (uint64_t i = 1; i < 8; i++)
		assert_int_equal(fake_store(space, 0x10000 + i * PAGE_SIZE, 1), OK);
	/* nothing is left that could be taken, and that is an error */
	while (count < TAKEN_MAX && frame_alloc(&taken[count]) == OK)
		count++;
	(void)vm_reclaim(TAKEN_MAX);
	while (count < TAKEN_MAX && frame_alloc(&taken[count]) == OK)
		count++;
	char byte;
	assert_int_equal(vm_object_read(object, OFFSET, &byte, 1), ERR_NO_MEMORY);
	while (count)
		frame_free(taken[--count]);
	vm_object_unref(object);
	vm_space_destroy(space);
	mm_drain();
	assert_int_equal(fake_free_frames(), before);
}

static void whichever_allocation_fails_nothing_is_lost(void **)
{
	mm_drain();
	size_t before = fake_free_frames();
	bool reached_the_end = false;
	for (long n = 0; n < 500 && !reached_the_end; n++) {
		const struct vm_object_request request = {.page_count = 8};
		struct vm_object *object = NULL;
		struct vm_space *space = NULL, *copy = NULL;
		fake.fail_in = n;
		enum status status = vm_object_create(&request, &object);
		if (status == OK)
			status = vm_space_create(NULL, &space);
		const struct vm_request map = {.address = 0x10000,
		                               .size = 4 * PAGE_SIZE,
		                               .rights = MAP_READ | MAP_WRITE,
		                               .object = object};
		if (status == OK)
			status = vm_space_map(space, &map, NULL);
		if (status == OK)
			status = fake_store(space, 0x11000, 1);
		if (status == OK)
			status = vm_space_duplicate(space, NULL, &copy);
		if (status == OK)
			status = fake_store(copy, 0x12000, 1);
		reached_the_end = status == OK && fake.fail_in != FAKE_NEVER;
		fake.fail_in = FAKE_NEVER;
		assert_true(status == OK || status == ERR_NO_MEMORY);
		vm_object_unref(object);
		vm_space_destroy(space);
		vm_space_destroy(copy);
		mm_drain();
		assert_int_equal(fake_free_frames(), before);
	}
	assert_true(reached_the_end);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(objects_agree_with_plain_arrays),
	        cmocka_unit_test(clean_pages_are_taken_back_and_dirty_ones_kept),
	        cmocka_unit_test(a_page_on_its_way_back_is_not_taken_before_it_is_there),
	        cmocka_unit_test(who_finds_no_memory_gets_what_files_hold),
	        cmocka_unit_test(whichever_allocation_fails_nothing_is_lost),
	};
	return cmocka_run_group_tests(tests, fake_cpu_start, fake_memory_end);
}
