/* Locks on ranges against one entry for each byte and owner. */
#include "../../../test.h"
#include "io/vfs/file_locks.h"
#include <stdlib.h>

enum { OWNERS = 4, BYTES = 24, STEPS = 20000, MODEL_FREE = FILE_LOCK_NONE };

/* ---- what is beyond the host ---- */

static unsigned blocks, told, fail_in;

void *slab_alloc(struct slab *slab)
{
	if (fail_in && --fail_in == 0)
		return NULL;
	blocks++;
	return calloc(1, slab->size);
}

void *heap_alloc(size_t size)
{
	blocks++;
	return calloc(1, size);
}

void heap_free(void *memory, size_t)
{
	blocks -= memory != NULL;
	free(memory);
}

void sleep_lock_init(struct sleep_lock *)
{
}

void sleep_lock_acquire(struct sleep_lock *lock)
{
	assert_false(lock->held);
	lock->held = true;
}

void sleep_lock_release(struct sleep_lock *lock)
{
	assert_true(lock->held);
	lock->held = false;
}

void readiness_init(struct readiness *, uint32_t)
{
}

void readiness_set(struct readiness *, uint32_t, uint32_t happened)
{
	told += happened == READY_IN;
}

/* A signal comes to whoever waits. */
enum status task_wait_told(struct readiness *, struct sleep_lock *lock)
{
	sleep_lock_release(lock);
	return ERR_INTERRUPTED;
}

/* ---- the reference ---- */

static int model[OWNERS][BYTES];
static char owner_marks[OWNERS];

static bool model_allows(const struct file_lock_request *request, size_t owner)
{
	for (size_t other = 0; other < OWNERS; other++)
		for (uint64_t i = request->start; i < request->end && other != owner; i++)
			if (model[other][i] != MODEL_FREE && request->kind != FILE_LOCK_NONE &&
			    (model[other][i] == FILE_LOCK_EXCLUSIVE ||
			     request->kind == FILE_LOCK_EXCLUSIVE))
				return false;
	return true;
}

static struct file_lock_request request_of(size_t owner, enum file_lock_kind kind, uint64_t start,
                                           uint64_t end)
{
	return (struct file_lock_request){
	        .owner = &owner_marks[owner],
	        .pid = owner + 1,
	        .kind = kind,
	        .start = start,
	        .end = end,
	};
}

static void compare(struct file_locks *locks)
{
	for (size_t owner = 0; owner < OWNERS; owner++) {
		for (uint64_t i = 0; i < BYTES; i++) {
			const struct file_lock_request ask =
			        request_of(owner, FILE_LOCK_EXCLUSIVE, i, i + 1);
			struct file_lock_request other;
			bool found = file_locks_test(locks, &ask, &other);
			assert_int_equal(found, !model_allows(&ask, owner));
			if (!found)
				continue;
			size_t holder = (size_t)((const char *)other.owner - owner_marks);
			assert_int_equal(model[holder][i], other.kind);
			assert_int_equal(other.pid, holder + 1);
		}
	}
}

static void ranges_agree_with_a_table_of_bytes(void **)
{
	struct file_locks locks;
	uint64_t random = 3;
	for (size_t owner = 0; owner < OWNERS; owner++)
		for (size_t i = 0; i < BYTES; i++)
			model[owner][i] = MODEL_FREE;
	file_locks_init(&locks);
	for (unsigned step = 0; step < STEPS; step++) {
		random = random * 6364136223846793005 + 1442695040888963407;
		size_t owner = random >> 33 & (OWNERS - 1);
		uint64_t start = (random >> 40) % BYTES;
		uint64_t end = start + 1 + (random >> 48) % (BYTES - start);
		const struct file_lock_request request =
		        request_of(owner, (enum file_lock_kind)((random >> 36) % 3), start, end);
		bool allowed = model_allows(&request, owner);
		assert_int_equal(file_locks_set(&locks, &request), allowed ? OK : ERR_TRY_AGAIN);
		for (uint64_t i = start; i < end && allowed; i++)
			model[owner][i] = (int)request.kind;
		if (step % 50 == 0)
			compare(&locks);
	}
	for (size_t owner = 0; owner < OWNERS; owner++)
		file_locks_drop(&locks, &owner_marks[owner]);
	assert_true(list_empty(&locks.held));
	assert_int_equal(blocks, 0);
	assert_true(told > 0);
}

static void locks_of_files_and_of_processes_do_not_meet(void **)
{
	struct file_locks locks;
	struct file_lock_request other;
	file_locks_init(&locks);
	const struct file_lock_request whole = {
	        .owner = &owner_marks[0], .kind = FILE_LOCK_EXCLUSIVE, .end = UINT64_MAX};
	const struct file_lock_request range = request_of(1, FILE_LOCK_EXCLUSIVE, 0, 10);
	assert_int_equal(file_locks_set(&locks, &whole), OK);
	assert_int_equal(file_locks_set(&locks, &range), OK);
	assert_false(file_locks_test(&locks, &range, &other));
	file_locks_drop(&locks, &owner_marks[0]);
	file_locks_drop(&locks, &owner_marks[1]);
	assert_int_equal(blocks, 0);
}

static void who_waits_is_interrupted_and_nothing_is_left(void **)
{
	struct file_locks locks;
	file_locks_init(&locks);
	const struct file_lock_request first = request_of(0, FILE_LOCK_EXCLUSIVE, 0, 10);
	struct file_lock_request second = request_of(1, FILE_LOCK_SHARED, 5, 6);
	second.waits = true;
	assert_int_equal(file_locks_set(&locks, &first), OK);
	assert_int_equal(file_locks_set(&locks, &second), ERR_INTERRUPTED);
	for (unsigned n = 1; n <= 2; n++) {
		fail_in = n;
		assert_int_equal(file_locks_set(&locks, &first), ERR_NO_MEMORY);
		fail_in = 0;
	}
	file_locks_drop(&locks, &owner_marks[0]);
	assert_int_equal(blocks, 0);
}

static void a_file_has_only_so_many(void **)
{
	struct file_locks locks;
	enum status status = OK;
	uint64_t n = 0;
	file_locks_init(&locks);
	for (; status == OK; n++) {
		const struct file_lock_request request =
		        request_of(0, FILE_LOCK_SHARED, 2 * n, 2 * n + 1);
		status = file_locks_set(&locks, &request);
	}
	assert_int_equal(status, ERR_NO_MEMORY);
	assert_int_equal(n, FILE_LOCKS_MAX);
	/* giving back goes on, also when that makes two of one */
	for (uint64_t i = 0; i < n; i++) {
		const struct file_lock_request part =
		        request_of(0, FILE_LOCK_NONE, 4 * i, 4 * i + 1);
		assert_int_equal(file_locks_set(&locks, &part), OK);
	}
	const struct file_lock_request none = request_of(0, FILE_LOCK_NONE, 0, UINT64_MAX);
	assert_int_equal(file_locks_set(&locks, &none), OK);
	assert_int_equal(blocks, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(ranges_agree_with_a_table_of_bytes),
	        cmocka_unit_test(locks_of_files_and_of_processes_do_not_meet),
	        cmocka_unit_test(a_file_has_only_so_many),
	        cmocka_unit_test(who_waits_is_interrupted_and_nothing_is_left),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
