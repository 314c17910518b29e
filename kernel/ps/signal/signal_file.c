/*
 * Pending signals as a file: signalfd(2).
 *
 * It stands for the process that made it, also where a copy of that process reads it; once that has
 * ended it never becomes ready again. The table's lock guards whose it is.
 */
#include "core/api.h"
#include "ps/process.h"
#include <base/cleanup.h>

struct signal_file {
	struct file file;
	struct readiness readiness;
	struct list link; /* in process->signal_files; guarded by the process's lock, too */
	struct process *process; /* NULL: it has ended */
	uint64_t mask; /* guarded by the process's lock */
};

/* What a read gives: Linux include/uapi/linux/signalfd.h. */
struct signal_record {
	uint32_t signal;
	int32_t error, code;
	uint32_t pid, uid;
	int32_t descriptor;
	uint32_t timer, band, overrun, trap;
	int32_t status, value;
	uint64_t pointer, user_ticks, system_ticks, address;
	uint8_t rest[48];
};

_Static_assert(sizeof(struct signal_record) == 128);

static const struct file_ops signal_file_ops;

static struct signal_file *signal_file_of(struct file *file)
{
	return container_of(file, struct signal_file, file);
}

/* Of the process and all of its tasks. process->lock is held. */
static uint64_t signal_file_pending(const struct process *process)
{
	uint64_t pending = process->signals.pending;
	list_for_each(link, &process->tasks)
		pending |= container_of(link, struct task, link)->signals.pending;
	return pending;
}

void signal_files_tell_each(struct process *process)
{
	uint64_t pending = signal_file_pending(process);
	list_for_each(link, &process->signal_files) {
		struct signal_file *self = container_of(link, struct signal_file, link);
		uint32_t word = pending & self->mask ? READY_IN : 0;
		readiness_set(&self->readiness, word, word);
	}
}

void signal_files_leave(struct process *process)
{
	spinlock_acquire(process_table_lock());
	spinlock_acquire(&process->lock);
	list_for_each(link, &process->signal_files) {
		struct signal_file *self = container_of(link, struct signal_file, link);
		list_remove(link);
		self->process = NULL;
		readiness_set(&self->readiness, 0, 0);
	}
	spinlock_release(&process->lock);
	spinlock_release(process_table_lock());
}

/* process->lock is held. */
static bool signal_file_take_from(struct process *process, uint64_t mask, struct signal_info *out,
                                  struct signal_entry **out_entry)
{
	if (signal_queue_take(&process->signals, mask, out, out_entry))
		return true;
	list_for_each(link, &process->tasks) {
		struct task *task = container_of(link, struct task, link);
		if (signal_queue_take(&task->signals, mask, out, out_entry))
			return true;
	}
	return false;
}

static bool signal_file_take(struct signal_file *self, struct signal_info *out)
{
	struct signal_entry *entry = NULL;
	bool taken = false;
	spinlock_acquire(process_table_lock());
	struct process *process = self->process;
	if (process) {
		spinlock_acquire(&process->lock);
		taken = signal_file_take_from(process, self->mask, out, &entry);
		if (taken)
			process_timers_taken(process, signal_bit(out->signal), out);
		signal_files_tell(process);
		spinlock_release(&process->lock);
	}
	spinlock_release(process_table_lock());
	heap_free(entry, sizeof *entry);
	return taken;
}

static struct signal_record signal_file_record(const struct signal_info *info)
{
	bool of_timer = info->code == SIGNAL_FROM_TIMER;
	return (struct signal_record){
	        .signal = info->signal,
	        .code = info->code,
	        .pid = of_timer ? 0 : (uint32_t)info->pid,
	        .uid = of_timer ? 0 : info->uid,
	        .timer = of_timer ? (uint32_t)info->pid : 0,
	        .overrun = of_timer ? info->uid : 0,
	        .status = info->status,
	        .value = (int32_t)info->value,
	        .pointer = info->value,
	};
}

static enum status signal_file_read(struct file *file, struct transfer *to, size_t *out_count)
{
	struct signal_file *self = signal_file_of(file);
	struct signal_info info;
	enum status status = ERR_TRY_AGAIN;
	size_t done = 0;
	if (to->left < sizeof(struct signal_record))
		return ERR_INVALID_ARGS;
	while (to->left >= sizeof(struct signal_record) && signal_file_take(self, &info)) {
		const struct signal_record record = signal_file_record(&info);
		status = transfer_to_user(to, &record, sizeof record);
		if (status != OK)
			break;
		done += sizeof record;
	}
	*out_count = done;
	return done ? OK : status;
}

static void signal_file_describe(struct file *, struct file_facts *out_facts)
{
	enum { SIGNAL_FILE_MODE = 0600 };
	*out_facts = (struct file_facts){.mode = SIGNAL_FILE_MODE, .block_bytes = PAGE_SIZE};
}

static void signal_file_release(struct file *file)
{
	struct signal_file *self = signal_file_of(file);
	spinlock_acquire(process_table_lock());
	struct process *process = self->process;
	if (process) {
		spinlock_acquire(&process->lock);
		list_remove(&self->link);
		spinlock_release(&process->lock);
	}
	spinlock_release(process_table_lock());
	heap_free(self, sizeof *self);
}

static const struct file_ops signal_file_ops = {
        .name = "signalfd",
        .read = signal_file_read,
        .describe = signal_file_describe,
        .release = signal_file_release,
};

enum status signal_file_create(uint64_t mask, uint32_t flags, struct file **out_file)
{
	struct process *process = process_current();
	struct signal_file *self = HEAP_NEW(struct signal_file);
	if (!self)
		return ERR_NO_MEMORY;
	readiness_init(&self->readiness, 0);
	file_init(&self->file, &signal_file_ops, &self->readiness, flags | FILE_READ_ONLY);
	self->process = process;
	self->mask = mask & ~SIGNALS_UNBLOCKABLE;
	spinlock_acquire(&process->lock);
	list_push_back(&process->signal_files, &self->link);
	signal_files_tell(process);
	spinlock_release(&process->lock);
	*out_file = &self->file;
	return OK;
}

enum status signal_file_set_mask(struct file *file, uint64_t mask)
{
	struct signal_file *self = signal_file_of(file);
	if (file->ops != &signal_file_ops)
		return ERR_INVALID_ARGS;
	spinlock_acquire(process_table_lock());
	struct process *process = self->process;
	if (process) {
		spinlock_acquire(&process->lock);
		self->mask = mask & ~SIGNALS_UNBLOCKABLE;
		signal_files_tell(process);
		spinlock_release(&process->lock);
	}
	spinlock_release(process_table_lock());
	return OK;
}
