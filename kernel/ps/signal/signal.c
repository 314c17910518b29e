#include "ps/signal/signal.h"

enum signal_default signal_default(uint32_t signal)
{
	static const uint8_t defaults[SIGNAL_REAL_TIME] = {
	        [SIGNAL_QUIT] = SIGNAL_DUMPS,
	        [SIGNAL_ILL] = SIGNAL_DUMPS,
	        [SIGNAL_TRAP] = SIGNAL_DUMPS,
	        [SIGNAL_ABRT] = SIGNAL_DUMPS,
	        [SIGNAL_BUS] = SIGNAL_DUMPS,
	        [SIGNAL_FPE] = SIGNAL_DUMPS,
	        [SIGNAL_SEGV] = SIGNAL_DUMPS,
	        [SIGNAL_SYS] = SIGNAL_DUMPS,
	        [24] = SIGNAL_DUMPS,
	        [25] = SIGNAL_DUMPS,
	        [SIGNAL_CHLD] = SIGNAL_IS_IGNORED,
	        [SIGNAL_URG] = SIGNAL_IS_IGNORED,
	        [SIGNAL_WINCH] = SIGNAL_IS_IGNORED,
	        [SIGNAL_CONT] = SIGNAL_CONTINUES,
	        [SIGNAL_STOP] = SIGNAL_STOPS,
	        [SIGNAL_TSTP] = SIGNAL_STOPS,
	        [SIGNAL_TTIN] = SIGNAL_STOPS,
	        [SIGNAL_TTOU] = SIGNAL_STOPS,
	};
	return signal < SIGNAL_REAL_TIME ? (enum signal_default)defaults[signal] : SIGNAL_ENDS;
}

const char *signal_name(uint32_t signal)
{
	static const char *const names[SIGNAL_REAL_TIME] = {
	        "none",     "SIGHUP",  "SIGINT",    "SIGQUIT", "SIGILL",  "SIGTRAP",   "SIGABRT",
	        "SIGBUS",   "SIGFPE",  "SIGKILL",   "SIGUSR1", "SIGSEGV", "SIGUSR2",   "SIGPIPE",
	        "SIGALRM",  "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP",   "SIGTSTP",
	        "SIGTTIN",  "SIGTTOU", "SIGURG",    "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF",
	        "SIGWINCH", "SIGIO",   "SIGPWR",    "SIGSYS",
	};
	return signal < SIGNAL_REAL_TIME ? names[signal] : "SIGRT";
}

void signal_queue_init(struct signal_queue *queue)
{
	*queue = (struct signal_queue){};
	list_init(&queue->entries);
}

bool signal_queue_add(struct signal_queue *queue, uint32_t signal, struct signal_entry *entry)
{
	uint64_t bit = signal_bit(signal);
	if (signal < SIGNAL_REAL_TIME && (queue->pending & bit))
		return false;
	queue->pending |= bit;
	if (entry) {
		list_push_back(&queue->entries, &entry->link);
		queue->count++;
	}
	return true;
}

/* The oldest entry of one of these signals; NULL: none. */
static struct signal_entry *signal_queue_find(const struct signal_queue *queue, uint64_t signals)
{
	list_for_each(link, &queue->entries) {
		struct signal_entry *entry = container_of(link, struct signal_entry, link);
		if (signal_bit(entry->info.signal) & signals)
			return entry;
	}
	return NULL;
}

static void signal_queue_remove(struct signal_queue *queue, struct signal_entry *entry)
{
	list_remove(&entry->link);
	entry->is_lent = false;
	queue->count--;
}

bool signal_queue_take(struct signal_queue *queue, uint64_t wanted, struct signal_info *out_info,
                       struct signal_entry **out_entry)
{
	const uint64_t faults = signal_bit(SIGNAL_SEGV) | signal_bit(SIGNAL_BUS) |
	                        signal_bit(SIGNAL_ILL) | signal_bit(SIGNAL_TRAP) |
	                        signal_bit(SIGNAL_FPE) | signal_bit(SIGNAL_SYS);
	uint64_t ready = queue->pending & wanted;
	if (!ready)
		return false;
	uint32_t signal = (uint32_t)__builtin_ctzll(ready & faults ? ready & faults : ready) + 1;
	struct signal_entry *entry = signal_queue_find(queue, signal_bit(signal));
	*out_info = entry ? entry->info
	                  : (struct signal_info){.signal = signal, .code = SIGNAL_FROM_KERNEL};
	*out_entry = entry && !entry->is_lent ? entry : NULL;
	if (entry)
		signal_queue_remove(queue, entry);
	if (!signal_queue_find(queue, signal_bit(signal)))
		queue->pending &= ~signal_bit(signal);
	return true;
}

struct signal_entry *signal_queue_drop(struct signal_queue *queue, uint64_t signals)
{
	bool was_lent = true;
	struct signal_entry *entry = NULL;
	while (was_lent && (entry = signal_queue_find(queue, signals))) {
		was_lent = entry->is_lent;
		signal_queue_remove(queue, entry);
	}
	if (!entry)
		queue->pending &= ~signals;
	return entry;
}
