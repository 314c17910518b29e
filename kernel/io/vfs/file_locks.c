#include "io/vfs/file_locks.h"
#include "core/api.h"
#include <base/cleanup.h>

struct file_lock {
	struct list link;
	struct file_lock_request request;
};

void file_locks_init(struct file_locks *locks)
{
	*locks = (struct file_locks){};
	sleep_lock_init(&locks->lock);
	list_init(&locks->held);
	readiness_init(&locks->released, 0);
}

/* flock and fcntl do not see each other. */
static bool file_lock_meets(const struct file_lock *lock, const struct file_lock_request *request)
{
	const struct file_lock_request *held = &lock->request;
	return !held->pid == !request->pid && held->start < request->end &&
	       request->start < held->end;
}

static struct file_lock *file_locks_conflict(const struct file_locks *locks,
                                             const struct file_lock_request *request)
{
	if (request->kind == FILE_LOCK_NONE)
		return NULL;
	list_for_each(link, &locks->held) {
		struct file_lock *lock = container_of(link, struct file_lock, link);
		bool shares =
		        lock->request.kind == FILE_LOCK_SHARED && request->kind == FILE_LOCK_SHARED;
		if (lock->request.owner != request->owner && !shares &&
		    file_lock_meets(lock, request))
			return lock;
	}
	return NULL;
}

static void file_lock_add(struct file_locks *locks, struct file_lock *lock)
{
	list_push_back(&locks->held, &lock->link);
	locks->count++;
}

static void file_lock_remove(struct file_locks *locks, struct file_lock *lock)
{
	list_remove(&lock->link);
	locks->count--;
	heap_free(lock, sizeof *lock);
}

/*
 * Takes [start, end) of the owner's own locks away; one in the middle of which it lies becomes two,
 * the second of which is *spare, used up then.
 */
static void file_locks_cut(struct file_locks *locks, const struct file_lock_request *request,
                           struct file_lock **spare)
{
	struct list *link = locks->held.next;
	while (link != &locks->held) {
		struct file_lock *lock = container_of(link, struct file_lock, link);
		struct file_lock_request *held = &lock->request;
		link = link->next;
		if (held->owner != request->owner || !file_lock_meets(lock, request))
			continue;
		bool keeps_front = held->start < request->start;
		bool keeps_back = held->end > request->end;
		if (keeps_front && keeps_back) {
			struct file_lock *back = TAKE(*spare);
			back->request = *held;
			back->request.start = request->end;
			file_lock_add(locks, back);
		}
		if (keeps_front)
			held->end = request->start;
		else if (keeps_back)
			held->start = request->end;
		else
			file_lock_remove(locks, lock);
	}
}

/* Nothing can fail any more. The lock is held. */
static void file_locks_apply(struct file_locks *locks, const struct file_lock_request *request,
                             struct file_lock **made, struct file_lock **spare)
{
	file_locks_cut(locks, request, spare);
	if (request->kind != FILE_LOCK_NONE) {
		struct file_lock *lock = TAKE(*made);
		lock->request = *request;
		file_lock_add(locks, lock);
	}
	readiness_set(&locks->released, 0, READY_IN);
}

/* One may become two, and a new one comes; giving back has room beyond, but not for ever. */
static bool file_locks_full(const struct file_locks *locks, enum file_lock_kind kind)
{
	uint32_t most = kind == FILE_LOCK_NONE ? 2 * FILE_LOCKS_MAX : FILE_LOCKS_MAX;
	return locks->count + 2 > most;
}

static enum status file_locks_set_with(struct file_locks *locks,
                                       const struct file_lock_request *request,
                                       struct file_lock **made, struct file_lock **spare)
{
	for (;;) {
		sleep_lock_acquire(&locks->lock);
		if (file_locks_full(locks, request->kind)) {
			sleep_lock_release(&locks->lock);
			return ERR_NO_MEMORY;
		}
		if (!file_locks_conflict(locks, request)) {
			file_locks_apply(locks, request, made, spare);
			sleep_lock_release(&locks->lock);
			return OK;
		}
		if (!request->waits) {
			sleep_lock_release(&locks->lock);
			return ERR_TRY_AGAIN;
		}
		TRY(task_wait_told(&locks->released, &locks->lock));
	}
}

enum status file_locks_set(struct file_locks *locks, const struct file_lock_request *request)
{
	struct file_lock *made = HEAP_NEW(struct file_lock), *spare = HEAP_NEW(struct file_lock);
	enum status status = ERR_NO_MEMORY;
	if (made && spare) {
		list_init(&made->link);
		list_init(&spare->link);
		status = file_locks_set_with(locks, request, &made, &spare);
	}
	heap_free(made, sizeof *made);
	heap_free(spare, sizeof *spare);
	return status;
}

bool file_locks_test(struct file_locks *locks, const struct file_lock_request *request,
                     struct file_lock_request *out_other)
{
	sleep_lock_acquire(&locks->lock);
	const struct file_lock *lock = file_locks_conflict(locks, request);
	if (lock)
		*out_other = lock->request;
	sleep_lock_release(&locks->lock);
	return lock;
}

void file_locks_drop(struct file_locks *locks, const void *owner)
{
	bool any = false;
	sleep_lock_acquire(&locks->lock);
	struct list *link = locks->held.next;
	while (link != &locks->held) {
		struct file_lock *lock = container_of(link, struct file_lock, link);
		link = link->next;
		if (lock->request.owner != owner)
			continue;
		file_lock_remove(locks, lock);
		any = true;
	}
	if (any)
		readiness_set(&locks->released, 0, READY_IN);
	sleep_lock_release(&locks->lock);
}
