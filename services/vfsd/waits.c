/* Turns of volumes, and what is stale. */
#include "waits.h"

/* So often a request is run once more; then it waits with everybody. */
enum { RUNS_MAX = 8 };

static struct request_waits *waits_of(struct vfs_service *self)
{
	return &request_memory(self)->waits;
}

static bool is_served_alone(const struct vfs_service *self)
{
	return !self->strands.running;
}

/* Waits for it. */
static void turn_enter(struct vfs_service *self, uint32_t turn)
{
	struct request_waits *waits = waits_of(self);
	uint64_t before = self->tree.store.changes;
	service_enter(&self->strands, &self->turns[turn]);
	waits->held |= 1U << turn;
	if (self->tree.store.changes != before)
		waits->is_stale = true;
}

static void turns_leave(struct vfs_service *self)
{
	struct request_waits *waits = waits_of(self);
	for (uint32_t turn = 0; waits->held; turn++) {
		if (!(waits->held >> turn & 1))
			continue;
		waits->held &= ~(1U << turn);
		service_leave(&self->strands, &self->turns[turn]);
	}
}

bool waits_enter_new(struct vfs_service *self, uint32_t turn)
{
	struct request_waits *waits = waits_of(self);
	if (waits->held && !service_try_enter(&self->strands, &self->turns[turn])) {
		waits->wanted = turn + 1;
		waits->again = true;
		return false;
	}
	turn_enter(self, turn);
	return true;
}

void waits_enter_all(struct vfs_service *self)
{
	if (is_served_alone(self))
		return;
	for (uint32_t turn = 0; turn < TURNS; turn++)
		turn_enter(self, turn);
	/* what it has found it found before; it begins only now */
	waits_of(self)->is_stale = false;
	waits_of(self)->is_alone = true;
}

void waits_leave(struct vfs_service *self)
{
	if (!is_served_alone(self) && !waits_of(self)->is_alone)
		turns_leave(self);
}

/* With what it has then it does not wait for that again. */
static void run_once_more(struct vfs_service *self, struct request_waits *waits)
{
	uint32_t wanted = waits->wanted;
	*waits = (struct request_waits){.held = waits->held, .runs = waits->runs + 1};
	if (wanted) {
		turns_leave(self);
		turn_enter(self, wanted - 1);
	}
	waits->is_stale = false;
	waits->is_alone = waits->runs > RUNS_MAX;
}

bool waits_ended(struct vfs_service *self)
{
	struct request_waits *waits = waits_of(self);
	bool again = waits->again;
	if (again) {
		run_once_more(self, waits);
	} else {
		turns_leave(self);
		*waits = (struct request_waits){};
	}
	return again;
}

bool waits_may_await(struct vfs_service *self)
{
	const struct store *s = &self->tree.store;
	return self->endpoint && !is_served_alone(self) && !waits_of(self)->is_alone &&
	       !store_is_changing(s) && service_may_await(&self->strands);
}

int64_t waits_await(struct vfs_service *self, uint64_t cookie)
{
	uint64_t before = self->tree.store.changes;
	int64_t value = service_await(&self->strands, cookie);
	if (self->tree.store.changes != before)
		waits_of(self)->is_stale = true;
	return value;
}
