/* Memory objects: shared and private mappings of the same pages. */
#include "memory_calls.h"

enum { OBJECT_PAGES = 8, OBJECT_BYTES_MAX = 256 << 20 };

static char *map_object(uint64_t object, uint64_t pages, uint64_t offset, uint32_t flags)
{
	uint64_t start;
	const struct memory_object_view view = {.object = object,
	                                        .size = pages * PAGE,
	                                        .offset = offset,
	                                        .rights = RW,
	                                        .flags = flags};
	enum status status = rustos_memory_object_map(&view, &start);
	if (status != OK) {
		print("# mapping an object failed: %d\n", (int)status);
		rustos_process_exit(5);
	}
	return (char *)start;
}

static void check_views(struct tap *tap, uint64_t object)
{
	char *first = map_object(object, OBJECT_PAGES, 0, MEMORY_SHARED);
	char *second = map_object(object, 2, 3 * PAGE, MEMORY_SHARED);
	char *own = map_object(object, OBJECT_PAGES, 0, 0);
	tap_check(tap, first[3 * PAGE] == 0 && own[0] == 0, "a new object is zero");
	first[3 * PAGE] = 'a';
	tap_check_equal(tap, second[0], 'a', "two shared views show the same");
	tap_check_equal(tap, own[3 * PAGE], 'a', "a private view shows it too");
	own[3 * PAGE] = 'b';
	second[0] = 'c';
	tap_check(tap, own[3 * PAGE] == 'b' && first[3 * PAGE] == 'c',
	          "until it is written, and then both go their ways");
	tap_check_equal(tap, kernel_writes(second + PAGE), OK,
	                "the kernel writes into a shared page");
	tap_check(tap, ((struct memory_use *)(void *)(first + 4 * PAGE))->bytes > 0,
	          "which the other view shows");
	must_unmap(second, 2 * PAGE);
	tap_check_equal(tap, first[3 * PAGE], 'c', "one view outlives another");
	must_unmap(first, OBJECT_PAGES * PAGE);
	must_unmap(own, OBJECT_PAGES * PAGE);
	first = map_object(object, OBJECT_PAGES, 0, MEMORY_SHARED);
	tap_check_equal(tap, first[3 * PAGE], 'c', "the object keeps its contents unmapped");
	must_unmap(first, OBJECT_PAGES * PAGE);
}

static void check_end(struct tap *tap, uint64_t object)
{
	char *view = map_object(object, 2, (OBJECT_PAGES - 1) * PAGE, MEMORY_SHARED);
	tap_check_equal(tap, kernel_reads(view), OK, "the last page is there");
	tap_check_equal(tap, kernel_reads(view + PAGE), ERR_BAD_ADDRESS, "the one behind is not");
	must_unmap(view, 2 * PAGE);
}

/* Its pages come when they are touched: it needs no more memory than any other. */
static void check_largest(struct tap *tap)
{
	uint64_t got = 0, before = bytes_held();
	tap_check_equal(tap, rustos_memory_object_create(OBJECT_BYTES_MAX, &got), OK,
	                "the largest object is made");
	char *last = map_object(got, 1, OBJECT_BYTES_MAX - PAGE, MEMORY_SHARED);
	last[PAGE - 1] = 'z';
	tap_check_equal(tap, kernel_reads(last), OK, "its last page is there");
	must_unmap(last, PAGE);
	tap_check_equal(tap, rustos_handle_close(got), OK, "and it is closed");
	tap_check_equal(tap, (int64_t)bytes_held(), (int64_t)before, "with all that it held");
	tap_check_equal(tap, rustos_memory_object_create(OBJECT_BYTES_MAX + PAGE, &got),
	                ERR_TOO_BIG, "one page more is refused");
}

static void check_refused(struct tap *tap, uint64_t object)
{
	uint64_t got;
	tap_check_equal(tap, rustos_memory_object_create(0, &got), ERR_INVALID_ARGS,
	                "an empty object is refused");
	tap_check_equal(tap, rustos_memory_object_create(PAGE + 1, &got), ERR_INVALID_ARGS,
	                "and one of half a page");
	tap_check_equal(tap, rustos_memory_object_create((uint64_t)1 << 40, &got), ERR_TOO_BIG,
	                "and one too large");
	check_largest(tap);
	static const struct {
		const char *name;
		struct memory_object_view view; /* object 0: a good one */
		enum status status;
	} cases[] = {
	        {"a number that is no handle is refused",
	         {9999, 0, PAGE, 0, RW, 0},
	         ERR_BAD_HANDLE},
	        {"an odd offset is refused", {0, 0, PAGE, 1, RW, 0}, ERR_INVALID_ARGS},
	        {"an offset behind every object is refused",
	         {0, 0, PAGE, UINT64_MAX - PAGE + 1, RW, 0},
	         ERR_INVALID_ARGS},
	        {"an odd size is refused", {0, 0, PAGE - 1, 0, RW, 0}, ERR_INVALID_ARGS},
	        {"shared memory is not executed",
	         {0, 0, PAGE, 0, MEMORY_EXECUTE, 0},
	         ERR_ACCESS_DENIED},
	        {"unknown rights are refused", {0, 0, PAGE, 0, 16, 0}, ERR_INVALID_ARGS},
	        {"shared memory is not wired", {0, 0, PAGE, 0, RW, MEMORY_WIRED}, ERR_INVALID_ARGS},
	        {"nor mapped over the kernel",
	         {0, 0xffff800000000000, PAGE, 0, RW, 0},
	         ERR_INVALID_ARGS},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct memory_object_view view = cases[i].view;
		view.object = view.object ? view.object : object;
		tap_check_equal(tap, rustos_memory_object_map(&view, &got), cases[i].status,
		                cases[i].name);
	}
	tap_check_equal(tap, rustos_memory_object_map((const void *)0xffff800000000000, &got),
	                ERR_BAD_ADDRESS, "arguments are not read from the kernel");

	struct memory_object_view view = {
	        .size = PAGE, .rights = MEMORY_READ, .flags = MEMORY_SHARED};
	if (rustos_handle_duplicate(object, HANDLE_RIGHT_READ | HANDLE_RIGHT_MAP, &view.object) !=
	    OK)
		rustos_process_exit(7);
	tap_check_equal(tap, rustos_memory_object_map(&view, &got), ERR_ACCESS_DENIED,
	                "who may only read gets no shared view");
	must_unmap(map_object(view.object, 1, 0, 0), PAGE);
	(void)rustos_handle_close(view.object);
}

/* A view is not made executable later either. */
static void check_never_executed(struct tap *tap, uint64_t object)
{
	static const uint32_t flags[] = {0, MEMORY_SHARED};
	bool refused = true, allowed = true;
	for (size_t i = 0; i < COUNT(flags); i++) {
		char *view = map_object(object, 1, 0, flags[i]);
		uint64_t at = (uint64_t)view;
		allowed &= rustos_memory_protect(at, PAGE, MEMORY_READ) == OK;
		refused &= rustos_memory_protect(at, PAGE, MEMORY_READ | MEMORY_EXECUTE) ==
		           ERR_ACCESS_DENIED;
		refused &= rustos_memory_protect(at, PAGE, MEMORY_EXECUTE) == ERR_ACCESS_DENIED;
		allowed &= rustos_memory_protect(at, PAGE, RW) == OK;
		must_unmap(view, PAGE);
	}
	tap_check(tap, refused, "no view of an object becomes executable");
	tap_check(tap, allowed, "though it may be read only for a while");
}

void check_objects(struct tap *tap)
{
	uint64_t object = 0;
	if (rustos_memory_object_create(OBJECT_PAGES * PAGE, &object) != OK)
		rustos_process_exit(6);
	uint64_t before = bytes_held();
	check_views(tap, object);
	tap_check_equal(tap, (int64_t)(bytes_held() - before) / PAGE, 3,
	                "the pages that were touched are its maker's");
	check_end(tap, object);
	check_refused(tap, object);
	check_never_executed(tap, object);
	tap_check_equal(tap, rustos_handle_close(object), OK, "its handle can be closed");
}
