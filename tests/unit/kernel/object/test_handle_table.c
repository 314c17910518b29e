#include "../../test.h"
#include "object/api.h"
#include <stdlib.h>
#include <string.h>

struct test_object {
	struct object object;
	int handles; /* in tables and on their way */
	bool destroyed;
};

static unsigned test_fail_in; /* the allocation that fails, from 1; 0: none */
static size_t test_bytes;

static void *fake_alloc(size_t size)
{
	if (test_fail_in && --test_fail_in == 0)
		return NULL;
	test_bytes += size;
	return calloc(1, size);
}

static void fake_free(void *memory, size_t size)
{
	test_bytes -= size;
	free(memory);
}

static const struct object_memory test_memory = {fake_alloc, fake_free};

static void test_destroy(struct object *object)
{
	container_of(object, struct test_object, object)->destroyed = true;
}

static void test_added(struct object *object, uint32_t)
{
	container_of(object, struct test_object, object)->handles++;
}

static void test_removed(struct object *object, uint32_t)
{
	container_of(object, struct test_object, object)->handles--;
}

static const struct object_type test_type = {
        .name = "test",
        .rights = RIGHTS_ALL,
        .destroy = test_destroy,
        .handle_added = test_added,
        .handle_removed = test_removed,
};
static const struct object_type test_inherited_type = {
        .name = "inherited", .rights = RIGHTS_ALL, .is_inherited = true, .destroy = test_destroy};
static const struct object_type test_other_type = {
        .name = "other", .rights = RIGHT_READ, .destroy = test_destroy};

static void test_start(struct handle_table *table, uint32_t limit)
{
	test_fail_in = 0;
	test_bytes = 0;
	handle_table_init(table, &test_memory, limit);
}

static enum status test_add(struct handle_table *table, struct test_object *object, uint32_t rights,
                            int32_t *out_handle)
{
	const struct handle_request request = {.object = &object->object, .rights = rights};
	return handle_table_add(table, &request, out_handle);
}

static void lowest_free_number_is_taken(void **)
{
	struct handle_table table;
	struct test_object object = {};
	int32_t handle;
	test_start(&table, HANDLES_MAX);
	object_init(&object.object, &test_type);
	for (int i = 0; i < 130; i++) {
		assert_int_equal(test_add(&table, &object, RIGHT_READ, &handle), OK);
		assert_int_equal(handle, i);
	}
	assert_int_equal(handle_table_close(&table, 70), OK);
	assert_int_equal(handle_table_close(&table, 3), OK);
	assert_int_equal(test_add(&table, &object, RIGHT_READ, &handle), OK);
	assert_int_equal(handle, 3);
	const struct handle_request above = {.object = &object.object, .first = 66};
	assert_int_equal(handle_table_add(&table, &above, &handle), OK);
	assert_int_equal(handle, 70);
	assert_int_equal(object.handles, 130);
	handle_table_release(&table);
	assert_int_equal(object.handles, 0);
	assert_int_equal(object_references(&object.object), 1);
	assert_int_equal(test_bytes, 0);
}

static void the_version_rises_when_a_number_stops_to_mean_what_it_meant(void **)
{
	struct handle_table table;
	struct test_object object = {};
	int32_t first, second;
	test_start(&table, HANDLES_MAX);
	object_init(&object.object, &test_type);

	uint64_t version = handle_table_version(&table);
	assert_int_equal(test_add(&table, &object, RIGHTS_ALL, &first), OK);
	assert_int_equal(handle_table_duplicate(&table, (uint64_t)first, RIGHTS_ALL, 0, &second),
	                 OK);
	assert_int_equal(handle_table_set_flags(&table, (uint64_t)first, HANDLE_CLOSE_ON_EXEC), OK);
	assert_int_equal(handle_table_version(&table), version);

	assert_int_equal(handle_table_close(&table, (uint64_t)second), OK);
	assert_int_not_equal(handle_table_version(&table), version);
	version = handle_table_version(&table);
	assert_int_equal(handle_table_close(&table, (uint64_t)second), ERR_BAD_HANDLE);
	assert_int_equal(handle_table_version(&table), version);
	handle_table_renew(&table);
	assert_int_not_equal(handle_table_version(&table), version);
	handle_table_release(&table);
}

/* A limit that was lowered closes nothing, and lets numbers below it be meant anew. */
static void replacing_asks_for_the_number_not_the_count(void **)
{
	struct handle_table table;
	struct test_object old = {}, new = {};
	int32_t handle;
	test_start(&table, 16);
	object_init(&old.object, &test_type);
	object_init(&new.object, &test_type);
	for (int i = 0; i < 12; i++)
		assert_int_equal(test_add(&table, &old, RIGHT_READ, &handle), OK);
	handle_table_set_limit(&table, 8);

	const struct handle_request request = {
	        .object = &new.object, .rights = RIGHT_WRITE, .flags = HANDLE_CLOSE_ON_EXEC};
	struct handle_facts facts;
	uint64_t version = handle_table_version(&table);
	assert_int_equal(handle_table_replace(&table, 1, &request), OK);
	assert_int_not_equal(handle_table_version(&table), version);
	assert_int_equal(handle_table_look(&table, 1, &facts), OK);
	assert_int_equal(facts.rights, RIGHT_WRITE);
	assert_int_equal(facts.flags, HANDLE_CLOSE_ON_EXEC);
	assert_int_equal(old.handles, 11);
	assert_int_equal(new.handles, 1);
	assert_int_equal(handle_table_count(&table), 12);
	/* one that is free */
	assert_int_equal(handle_table_close(&table, 7), OK);
	assert_int_equal(handle_table_replace(&table, 7, &request), OK);
	assert_int_equal(handle_table_count(&table), 12);
	/* beyond the limit nothing is closed either */
	assert_int_equal(handle_table_replace(&table, 8, &request), ERR_BAD_HANDLE);
	assert_int_equal(handle_table_look(&table, 8, &facts), OK);
	assert_int_equal(facts.rights, RIGHT_READ);
	/* a part of the table that is not there yet */
	handle_table_set_limit(&table, HANDLES_MAX);
	test_fail_in = 1;
	assert_int_equal(handle_table_replace(&table, 700, &request), ERR_NO_MEMORY);
	assert_int_equal(handle_table_replace(&table, 700, &request), OK);
	assert_int_equal(handle_table_look(&table, 700, &facts), OK);
	assert_int_equal(new.handles, 3);
	handle_table_release(&table);
	assert_int_equal(old.handles + new.handles, 0);
	assert_int_equal(object_references(&old.object) + object_references(&new.object), 2);
	assert_int_equal(test_bytes, 0);
}

/* More than a limit that was lowered are copied all the same. */
static void a_copy_has_what_its_original_has(void **)
{
	struct handle_table table, copy;
	struct test_object object = {};
	int32_t handle;
	test_start(&table, 16);
	handle_table_init(&copy, &test_memory, 4);
	object_init(&object.object, &test_inherited_type);
	for (int i = 0; i < 12; i++)
		assert_int_equal(test_add(&table, &object, RIGHT_READ, &handle), OK);
	handle_table_set_limit(&table, 4);
	assert_int_equal(handle_table_copy(&copy, &table), OK);
	assert_int_equal(handle_table_count(&copy), 12);
	assert_int_equal(test_add(&copy, &object, RIGHT_READ, &handle), ERR_TOO_MANY_HANDLES);
	handle_table_release(&copy);
	handle_table_release(&table);
	assert_int_equal(object_references(&object.object), 1);
	assert_int_equal(test_bytes, 0);
}

static void rights_and_kinds_are_checked(void **)
{
	static const struct {
		uint64_t handle;
		const struct object_type *type;
		uint32_t rights;
		enum status status;
	} cases[] = {
	        {0, &test_type, RIGHT_READ, OK},
	        {0, NULL, RIGHT_READ | RIGHT_CALL, OK},
	        {0, &test_type, RIGHT_WRITE, ERR_ACCESS_DENIED},
	        {0, &test_other_type, RIGHT_READ, ERR_BAD_HANDLE},
	        {1, &test_type, 0, ERR_BAD_HANDLE},
	        {HANDLES_MAX - 1, &test_type, 0, ERR_BAD_HANDLE},
	        {HANDLES_MAX, &test_type, 0, ERR_BAD_HANDLE},
	        {UINT64_MAX, &test_type, 0, ERR_BAD_HANDLE},
	        {1ULL << 32, &test_type, 0, ERR_BAD_HANDLE},
	};
	struct handle_table table;
	struct test_object object = {};
	int32_t handle;
	test_start(&table, 8);
	object_init(&object.object, &test_type);
	assert_int_equal(test_add(&table, &object, RIGHT_READ | RIGHT_CALL, &handle), OK);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct object *got = NULL;
		assert_int_equal(handle_table_get(&table, cases[i].handle, cases[i].type,
		                                  cases[i].rights, &got),
		                 cases[i].status);
		assert_true((got != NULL) == (cases[i].status == OK));
		object_unref(got);
	}
	handle_table_release(&table);
}

static void rights_without_meaning_are_not_given(void **)
{
	struct handle_table table;
	struct test_object object = {};
	struct handle_facts facts;
	int32_t handle;
	test_start(&table, 8);
	object_init(&object.object, &test_other_type);
	assert_int_equal(test_add(&table, &object, RIGHTS_ALL, &handle), OK);
	assert_int_equal(handle_table_look(&table, (uint64_t)handle, &facts), OK);
	assert_int_equal(facts.rights, RIGHT_READ);
	handle_table_release(&table);
}

static void duplicate_never_gains_rights(void **)
{
	struct handle_table table;
	struct test_object object = {};
	struct handle_facts facts;
	int32_t first, second, third;
	test_start(&table, 8);
	object_init(&object.object, &test_type);
	assert_int_equal(test_add(&table, &object, RIGHT_READ | RIGHT_DUPLICATE, &first), OK);
	assert_int_equal(handle_table_duplicate(&table, 0, RIGHTS_ALL, 5, &second), OK);
	assert_int_equal(second, 5);
	assert_int_equal(handle_table_look(&table, 5, &facts), OK);
	assert_int_equal(facts.rights, RIGHT_READ | RIGHT_DUPLICATE);
	assert_int_equal(handle_table_duplicate(&table, 5, RIGHT_READ, 0, &third), OK);
	assert_int_equal(handle_table_duplicate(&table, (uint64_t)third, RIGHT_READ, 0, &second),
	                 ERR_ACCESS_DENIED);
	assert_int_equal(handle_table_duplicate(&table, 77, RIGHT_READ, 0, &second),
	                 ERR_BAD_HANDLE);
	handle_table_release(&table);
	assert_int_equal(object.handles, 0);
}

static void quota_and_missing_memory_are_errors(void **)
{
	struct handle_table table;
	struct test_object object = {};
	int32_t handle;
	test_start(&table, 2);
	object_init(&object.object, &test_type);
	test_fail_in = 1;
	assert_int_equal(test_add(&table, &object, RIGHT_READ, &handle), ERR_NO_MEMORY);
	assert_int_equal(test_add(&table, &object, RIGHT_READ, &handle), OK);
	assert_int_equal(test_add(&table, &object, RIGHT_READ, &handle), OK);
	assert_int_equal(test_add(&table, &object, RIGHT_READ, &handle), ERR_TOO_MANY_HANDLES);
	const struct handle_request beyond = {.object = &object.object, .first = HANDLES_MAX};
	assert_int_equal(handle_table_add(&table, &beyond, &handle), ERR_TOO_MANY_HANDLES);
	assert_int_equal(object_references(&object.object), 3);
	assert_int_equal(object.handles, 2);
	handle_table_release(&table);
	assert_int_equal(object_references(&object.object), 1);
}

static void transfer_needs_its_right_and_a_ticket(void **)
{
	struct handle_table from, to;
	struct test_object object = {};
	struct handle_transfer transfer[2] = {};
	int32_t handle, got[2];
	test_start(&from, 8);
	test_start(&to, 8);
	object_init(&object.object, &test_type);
	assert_int_equal(test_add(&from, &object, RIGHT_READ, &handle), OK);
	assert_int_equal(test_add(&from, &object, RIGHT_READ | RIGHT_TRANSFER, &handle), OK);
	assert_int_equal(handle_table_export(&from, 0, transfer), ERR_ACCESS_DENIED);
	assert_int_equal(handle_table_export(&from, 9, transfer), ERR_BAD_HANDLE);
	assert_int_equal(handle_table_export(&from, 1, transfer), OK);
	assert_int_not_equal(transfer[0].ticket, 0);
	assert_int_equal(handle_table_install(&to, transfer, 2, got), ERR_INVALID_ARGS);
	assert_int_equal(handle_table_install(&to, transfer, 1, got), OK);
	assert_int_equal(got[0], HANDLE_FIRST_NATIVE);
	/* used up */
	assert_int_equal(handle_table_install(&to, transfer, 1, got), ERR_INVALID_ARGS);
	assert_int_equal(object.handles, 3);
	handle_table_release(&from);
	handle_table_release(&to);
	assert_int_equal(object.handles, 0);
	assert_int_equal(object_references(&object.object), 1);
}

static void install_is_all_or_nothing(void **)
{
	struct handle_table from, to;
	struct test_object object = {};
	struct handle_transfer transfer[3] = {};
	int32_t handle, got[3];
	test_start(&from, 8);
	test_start(&to, 2);
	object_init(&object.object, &test_type);
	assert_int_equal(test_add(&from, &object, RIGHTS_ALL, &handle), OK);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(handle_table_export(&from, 0, &transfer[i]), OK);
	assert_int_equal(handle_table_install(&to, transfer, 3, got), ERR_TOO_MANY_HANDLES);
	assert_int_equal(handle_table_count(&to), 0);
	handle_table_set_limit(&to, 3);
	assert_int_equal(handle_table_install(&to, transfer, 3, got), OK);
	assert_int_equal(handle_table_export(&from, 0, &transfer[0]), OK);
	handle_transfer_drop(transfer, 3);
	assert_int_equal(object.handles, 4);
	handle_table_release(&to);
	handle_table_release(&from);
	assert_int_equal(object_references(&object.object), 1);
	assert_int_equal(test_bytes, 0);
}

static void last_reference_destroys(void **)
{
	struct handle_table table;
	struct test_object object = {};
	int32_t handle;
	test_start(&table, 8);
	object_init(&object.object, &test_type);
	assert_int_equal(test_add(&table, &object, RIGHTS_ALL, &handle), OK);
	object_unref(&object.object);
	assert_false(object.destroyed);
	assert_int_equal(handle_table_close(&table, 0), OK);
	assert_true(object.destroyed);
	assert_int_equal(handle_table_close(&table, 0), ERR_BAD_HANDLE);
	handle_table_release(&table);
}

/* ---- a random walk beside the simplest table there is ---- */

enum { MODEL_HANDLES = 200, MODEL_OBJECTS = 5, MODEL_STEPS = 40000 };

struct model_entry {
	int object; /* -1: free */
	uint32_t rights;
};

struct model {
	struct handle_table table;
	struct test_object objects[MODEL_OBJECTS];
	struct model_entry entries[HANDLES_MAX];
	uint32_t count;
	uint32_t limit;
	uint64_t random;
};

static uint32_t model_random(struct model *m, uint32_t below)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 7;
	m->random ^= m->random << 17;
	return (uint32_t)(m->random >> 11) % below;
}

static int32_t model_lowest(const struct model *m, uint32_t first)
{
	while (first < HANDLES_MAX && m->entries[first].object >= 0)
		first++;
	return (int32_t)first;
}

static void model_place(struct model *m, enum status status, int32_t handle, uint32_t first,
                        struct model_entry entry)
{
	if (m->count >= m->limit) {
		assert_int_equal(status, ERR_TOO_MANY_HANDLES);
		return;
	}
	if (status == ERR_NO_MEMORY)
		return;
	assert_int_equal(status, OK);
	assert_int_equal(handle, model_lowest(m, first));
	m->entries[handle] = entry;
	m->count++;
}

static void model_add(struct model *m)
{
	int object = (int)model_random(m, MODEL_OBJECTS);
	uint32_t rights = model_random(m, RIGHTS_ALL + 1), first = model_random(m, MODEL_HANDLES);
	const struct handle_request request = {
	        .object = &m->objects[object].object, .rights = rights, .first = first};
	int32_t handle = -1;
	test_fail_in = model_random(m, 4) == 0;
	enum status status = handle_table_add(&m->table, &request, &handle);
	test_fail_in = 0;
	model_place(m, status, handle, first, (struct model_entry){object, rights});
}

static void model_duplicate(struct model *m)
{
	uint32_t from = model_random(m, MODEL_HANDLES), mask = model_random(m, RIGHTS_ALL + 1);
	struct model_entry entry = m->entries[from];
	int32_t handle = -1;
	enum status status = handle_table_duplicate(&m->table, from, mask, 3, &handle);
	if (entry.object < 0)
		assert_int_equal(status, ERR_BAD_HANDLE);
	else if (!(entry.rights & RIGHT_DUPLICATE))
		assert_int_equal(status, ERR_ACCESS_DENIED);
	else
		model_place(m, status, handle, 3,
		            (struct model_entry){entry.object, entry.rights & mask});
}

static void model_close(struct model *m)
{
	uint32_t handle = model_random(m, MODEL_HANDLES);
	enum status status = handle_table_close(&m->table, handle);
	if (m->entries[handle].object < 0) {
		assert_int_equal(status, ERR_BAD_HANDLE);
		return;
	}
	assert_int_equal(status, OK);
	m->entries[handle].object = -1;
	m->count--;
}

static void model_get(struct model *m)
{
	uint32_t handle = model_random(m, MODEL_HANDLES), rights = 1u << model_random(m, 7);
	struct model_entry entry = m->entries[handle];
	struct object *got = NULL;
	enum status status = handle_table_get(&m->table, handle, &test_type, rights, &got);
	if (entry.object < 0)
		assert_int_equal(status, ERR_BAD_HANDLE);
	else if (!(entry.rights & rights))
		assert_int_equal(status, ERR_ACCESS_DENIED);
	else
		assert_ptr_equal(got, &m->objects[entry.object].object);
	object_unref(got);
}

static void model_move(struct model *m)
{
	uint32_t handle = model_random(m, MODEL_HANDLES);
	struct model_entry entry = m->entries[handle];
	struct handle_transfer transfer = {};
	int32_t got = -1;
	enum status status = handle_table_export(&m->table, handle, &transfer);
	assert_int_equal(status == OK, entry.object >= 0 && (entry.rights & RIGHT_TRANSFER));
	if (status != OK)
		return;
	if (model_random(m, 2)) {
		status = handle_table_install(&m->table, &transfer, 1, &got);
		model_place(m, status, got, HANDLE_FIRST_NATIVE, entry);
	}
	handle_transfer_drop(&transfer, 1);
}

static void model_set_limit(struct model *m)
{
	if (model_random(m, 50))
		return;
	m->limit = model_random(m, MODEL_HANDLES);
	handle_table_set_limit(&m->table, m->limit);
}

static void table_behaves_as_its_model(void **)
{
	static struct model m;
	static void (*const steps[])(struct model *) = {model_add,  model_add,       model_add,
	                                                model_get,  model_duplicate, model_close,
	                                                model_move, model_set_limit, model_close};
	m = (struct model){.limit = 100, .random = 0x2545f4914f6cdd1d};
	test_start(&m.table, m.limit);
	for (size_t i = 0; i < HANDLES_MAX; i++)
		m.entries[i].object = -1;
	for (size_t i = 0; i < MODEL_OBJECTS; i++)
		object_init(&m.objects[i].object, &test_type);

	for (unsigned step = 0; step < MODEL_STEPS; step++) {
		steps[model_random(&m, COUNT(steps))](&m);
		assert_int_equal(handle_table_count(&m.table), m.count);
		assert_int_equal(m.table.lock.held, 0);
	}
	int expected[MODEL_OBJECTS] = {};
	for (size_t i = 0; i < HANDLES_MAX; i++)
		if (m.entries[i].object >= 0)
			expected[m.entries[i].object]++;
	for (size_t i = 0; i < MODEL_OBJECTS; i++) {
		assert_int_equal(m.objects[i].handles, expected[i]);
		assert_int_equal(object_references(&m.objects[i].object), expected[i] + 1);
	}
	handle_table_release(&m.table);
	for (size_t i = 0; i < MODEL_OBJECTS; i++)
		assert_int_equal(object_references(&m.objects[i].object), 1);
	assert_int_equal(test_bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(lowest_free_number_is_taken),
	        cmocka_unit_test(the_version_rises_when_a_number_stops_to_mean_what_it_meant),
	        cmocka_unit_test(replacing_asks_for_the_number_not_the_count),
	        cmocka_unit_test(a_copy_has_what_its_original_has),
	        cmocka_unit_test(rights_and_kinds_are_checked),
	        cmocka_unit_test(rights_without_meaning_are_not_given),
	        cmocka_unit_test(duplicate_never_gains_rights),
	        cmocka_unit_test(quota_and_missing_memory_are_errors),
	        cmocka_unit_test(transfer_needs_its_right_and_a_ticket),
	        cmocka_unit_test(install_is_all_or_nothing),
	        cmocka_unit_test(last_reference_destroys),
	        cmocka_unit_test(table_behaves_as_its_model),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
