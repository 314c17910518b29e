/* A timer as a file: timerfd(2). Readings of the clock are those of clock_ns. */
#include "core/api.h"
#include "io/api.h"
#include <base/cleanup.h>

struct timer_file {
	struct file file;
	struct readiness readiness;
	struct timer timer;
	struct sleep_lock setting; /* one at a time sets, and cancels before */

	struct spinlock lock;
	/* guarded by lock */
	bool has_run_out; /* not read yet: then it is counted, and goes on */
	uint64_t deadline_ns; /* when it ran out first, if it has; 0: off */
	uint64_t interval_ns; /* 0: once */
	bool was_set; /* the timer, ever */
};

static const struct file_ops timer_file_ops;

static struct timer_file *timer_file_of(struct file *file)
{
	return container_of(file, struct timer_file, file);
}

static void timer_file_fire(struct timer *timer)
{
	struct timer_file *self = container_of(timer, struct timer_file, timer);
	spinlock_acquire(&self->lock);
	self->has_run_out = true;
	if (!self->interval_ns)
		self->deadline_ns = 0;
	readiness_set(&self->readiness, READY_IN, READY_IN);
	spinlock_release(&self->lock);
}

static bool timer_file_has_run_out(struct timer_file *self)
{
	spinlock_acquire(&self->lock);
	bool has = self->has_run_out;
	spinlock_release(&self->lock);
	return has;
}

/* How often it has run out; goes on from now. 0: not since. */
static uint64_t timer_file_take(struct timer_file *self)
{
	sleep_lock_acquire(&self->setting);
	uint64_t count = timer_file_has_run_out(self);
	if (count) {
		timer_cancel(&self->timer); /* it has fired, but is perhaps not back from that */
		spinlock_acquire(&self->lock);
		self->has_run_out = false;
		readiness_set(&self->readiness, 0, 0);
		if (self->interval_ns) {
			count = timer_catch_up(&self->deadline_ns, self->interval_ns, clock_ns());
			timer_set_again(&self->timer, self->deadline_ns);
		}
		spinlock_release(&self->lock);
	}
	sleep_lock_release(&self->setting);
	return count;
}

static enum status timer_file_read(struct file *file, struct transfer *to, size_t *out_count)
{
	struct timer_file *self = timer_file_of(file);
	uint64_t count = 0;
	if (to->left < sizeof count)
		return ERR_INVALID_ARGS;
	if (timer_file_has_run_out(self))
		count = timer_file_take(self);
	if (!count)
		return ERR_TRY_AGAIN;
	TRY(transfer_to_user(to, &count, sizeof count));
	*out_count = sizeof count;
	return OK;
}

static void timer_file_describe(struct file *, struct file_facts *out_facts)
{
	enum { TIMER_MODE = 0600 };
	*out_facts = (struct file_facts){.mode = TIMER_MODE, .block_bytes = PAGE_SIZE};
}

static void timer_file_stop(struct timer_file *self)
{
	spinlock_acquire(&self->lock);
	self->interval_ns = 0; /* it does not set itself again */
	bool was_set = self->was_set;
	spinlock_release(&self->lock);
	if (was_set)
		timer_cancel(&self->timer);
}

static void timer_file_release(struct file *file)
{
	struct timer_file *self = timer_file_of(file);
	timer_file_stop(self);
	heap_free(self, sizeof *self);
}

static const struct file_ops timer_file_ops = {
        .name = "timerfd",
        .read = timer_file_read,
        .describe = timer_file_describe,
        .release = timer_file_release,
};

enum status timer_file_create(uint32_t flags, struct file **out_file)
{
	struct timer_file *self = HEAP_NEW(struct timer_file);
	if (!self)
		return ERR_NO_MEMORY;
	self->timer.fire = timer_file_fire;
	sleep_lock_init(&self->setting);
	spinlock_set_rank(&self->lock, LOCK_FILE);
	readiness_init(&self->readiness, 0);
	file_init(&self->file, &timer_file_ops, &self->readiness, flags | FILE_READ_ONLY);
	*out_file = &self->file;
	return OK;
}

enum status timer_file_set(struct file *file, uint64_t deadline_ns, uint64_t interval_ns)
{
	struct timer_file *self = timer_file_of(file);
	if (file->ops != &timer_file_ops)
		return ERR_INVALID_ARGS;
	sleep_lock_acquire(&self->setting);
	timer_file_stop(self);
	spinlock_acquire(&self->lock);
	self->has_run_out = false;
	self->deadline_ns = deadline_ns;
	self->interval_ns = interval_ns;
	self->timer.deadline_ns = deadline_ns;
	readiness_set(&self->readiness, 0, 0);
	if (deadline_ns) {
		self->was_set = true;
		timer_set(&self->timer);
	}
	spinlock_release(&self->lock);
	sleep_lock_release(&self->setting);
	return OK;
}

enum status timer_file_get(struct file *file, uint64_t *out_deadline_ns, uint64_t *out_interval_ns)
{
	struct timer_file *self = timer_file_of(file);
	if (file->ops != &timer_file_ops)
		return ERR_INVALID_ARGS;
	spinlock_acquire(&self->lock);
	*out_deadline_ns = self->deadline_ns;
	*out_interval_ns = self->interval_ns;
	if (self->has_run_out && self->interval_ns)
		(void)timer_catch_up(out_deadline_ns, self->interval_ns, clock_ns());
	spinlock_release(&self->lock);
	return OK;
}
