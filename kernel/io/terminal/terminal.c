/*
 * Reading and writing a terminal: typed bytes through the line discipline to readers, signals to
 * the foreground group.
 */
#include "io/terminal/terminal.h"
#include "core/api.h"
#include <base/cleanup.h>

enum {
	TERMINAL_CHUNK = 256,
	TERMINAL_MODE = 020620,
	TERMINAL_BLOCK_BYTES = 1024,
	TERMINAL_ROWS = 24,
	TERMINAL_COLUMNS = 80,
};

void terminal_init(struct terminal *terminal, const struct terminal_device *ops, uint64_t device)
{
	terminal->ops = ops;
	terminal->device = device;
	terminal->references = 1;
	line_init(&terminal->line);
	sleep_lock_init(&terminal->lock);
	readiness_init(&terminal->readiness, READY_OUT);
	terminal->size = (struct terminal_size){TERMINAL_ROWS, TERMINAL_COLUMNS, 0, 0};
}

void terminal_unref(struct terminal *terminal)
{
	if (__atomic_sub_fetch(&terminal->references, 1, __ATOMIC_ACQ_REL) == 0)
		terminal->ops->destroy(terminal);
}

/* Bytes that a writer may hand over now. */
static size_t terminal_room(const struct terminal *terminal)
{
	enum { GROWTH = 2 }; /* a line end becomes two bytes */
	if (terminal->line.stopped)
		return 0;
	return terminal->ops->room ? terminal->ops->room(terminal) / GROWTH : SIZE_MAX;
}

void terminal_tell(struct terminal *terminal)
{
	uint32_t word = terminal_room(terminal) ? READY_OUT : 0;
	if (line_is_readable(&terminal->line))
		word |= READY_IN;
	if (terminal->is_gone)
		word = READY_IN | READY_OUT | READY_ERROR | READY_HANGUP;
	readiness_set(&terminal->readiness, word, word);
	if (terminal->ops->told)
		terminal->ops->told(terminal);
}

void terminal_print(struct terminal *terminal, const char *text, size_t len)
{
	enum { TERMINAL_RETURNS = LINE_POST | LINE_NL_TO_CR_NL };
	bool add_returns = (terminal->line.settings.output & TERMINAL_RETURNS) == TERMINAL_RETURNS;
	if (len)
		terminal->ops->print(terminal, (struct str){text, len}, add_returns);
}

void terminal_type(struct terminal *terminal, uint8_t byte)
{
	sleep_lock_acquire(&terminal->lock);
	line_type(&terminal->line, byte, &terminal->effect);
	uint32_t signal = terminal->effect.signal;
	terminal_print(terminal, terminal->effect.echo, terminal->effect.echo_len);
	terminal_tell(terminal);
	sleep_lock_release(&terminal->lock);
	if (signal)
		terminal_signal_foreground(terminal, signal);
}

bool terminal_file_is_hung(const struct terminal_file *file)
{
	return file->terminal->is_gone ||
	       (file->session && file->session <= file->terminal->hung_session);
}

/* ---- reading ---- */

/* What is there now; ERR_TRY_AGAIN: nothing. */
static enum status terminal_read_now(struct terminal_file *self, struct transfer *to,
                                     size_t *out_count)
{
	struct terminal *terminal = self->terminal;
	char bytes[TERMINAL_CHUNK];
	size_t len = to->left < sizeof bytes ? to->left : sizeof bytes;
	TRY(terminal_check_job(terminal, SIGNAL_TTIN));
	sleep_lock_acquire(&terminal->lock);
	bool ready = line_read(&terminal->line, bytes, len, &len);
	terminal_tell(terminal);
	sleep_lock_release(&terminal->lock);
	if (!ready)
		return terminal->has_input ? ERR_TRY_AGAIN : OK;
	*out_count += len;
	return len ? transfer_to_user(to, bytes, len) : OK;
}

/* How a read waits when lines are not edited: termios(3). */
struct terminal_patience {
	size_t minimum; /* bytes; 0: what is there */
	uint64_t between_ns; /* for the next byte, once there is one; 0: for ever */
	uint64_t end_ns; /* without a minimum: when it is over; 0: at once */
};

static struct terminal_patience terminal_patience(struct terminal *terminal)
{
	enum { TENTH_NS = 100000000 };
	sleep_lock_acquire(&terminal->lock);
	const struct line_settings settings = terminal->line.settings;
	sleep_lock_release(&terminal->lock);
	if (settings.local & LINE_CANONICAL)
		return (struct terminal_patience){.minimum = 1};
	size_t minimum = settings.characters[LINE_MINIMUM];
	uint64_t time_ns = (uint64_t)settings.characters[LINE_TIME] * TENTH_NS;
	return (struct terminal_patience){
	        .minimum = minimum,
	        .between_ns = minimum ? time_ns : 0,
	        .end_ns = !minimum && time_ns ? clock_ns() + time_ns : 0,
	};
}

/* Sleeps for more bytes. ERR_TIMED_OUT: they did not come in time; ERR_TRY_AGAIN: it may not. */
static enum status terminal_await(struct terminal_file *self,
                                  const struct terminal_patience *patience, size_t count)
{
	uint64_t deadline_ns = patience->end_ns;
	if (!patience->minimum && !deadline_ns)
		return ERR_TIMED_OUT;
	if (__atomic_load_n(&self->file.flags, __ATOMIC_RELAXED) & FILE_NONBLOCK)
		return ERR_TRY_AGAIN;
	if (patience->between_ns && count)
		deadline_ns = clock_ns() + patience->between_ns;
	return task_wait(&self->terminal->readiness, READY_IN | READY_HANGUP | READY_ERROR,
	                 deadline_ns);
}

/* Waits by itself: how long depends on what has come. */
static enum status terminal_read(struct file *file, struct transfer *to, size_t *out_count)
{
	struct terminal_file *self = terminal_file_of(file);
	const struct terminal_patience patience = terminal_patience(self->terminal);
	enum status status = OK;
	while (to->left && status == OK && !terminal_file_is_hung(self)) {
		size_t before = *out_count;
		status = terminal_read_now(self, to, out_count);
		bool is_end = status == OK && *out_count == before;
		if (!to->left || is_end || (*out_count && *out_count >= patience.minimum))
			break;
		if (status == OK || status == ERR_TRY_AGAIN)
			status = terminal_await(self, &patience, *out_count);
	}
	return *out_count || status == ERR_TIMED_OUT ? OK : status;
}

/* ---- writing ---- */

static enum status terminal_write_piece(struct terminal *terminal, struct transfer *from,
                                        size_t *out_count)
{
	char bytes[TERMINAL_CHUNK];
	size_t room = terminal_room(terminal);
	size_t len = from->left < sizeof bytes ? from->left : sizeof bytes;
	len = len < room ? len : room;
	if (terminal->is_gone)
		return ERR_IO;
	if (!len)
		return *out_count ? OK : ERR_TRY_AGAIN;
	TRY(transfer_from_user(from, bytes, len));
	terminal_print(terminal, bytes, len);
	*out_count += len;
	return OK;
}

static enum status terminal_write(struct file *file, struct transfer *from, size_t *out_count)
{
	struct terminal_file *self = terminal_file_of(file);
	struct terminal *terminal = self->terminal;
	enum status status = OK;
	if (terminal_file_is_hung(self))
		return ERR_IO;
	if (terminal->line.settings.local & LINE_STOP_BACKGROUND)
		TRY(terminal_check_job(terminal, SIGNAL_TTOU));
	for (size_t before = SIZE_MAX; from->left && status == OK && *out_count != before;) {
		before = *out_count;
		sleep_lock_acquire(&terminal->lock);
		status = terminal_write_piece(terminal, from, out_count);
		terminal_tell(terminal);
		sleep_lock_release(&terminal->lock);
	}
	return *out_count ? OK : status;
}

static void terminal_describe(struct file *file, struct file_facts *out_facts)
{
	uint64_t device = terminal_file_of(file)->terminal->device;
	*out_facts = (struct file_facts){
	        .mode = TERMINAL_MODE,
	        .inode = device,
	        .device = device,
	        .block_bytes = TERMINAL_BLOCK_BYTES,
	};
}

static void terminal_release(struct file *file)
{
	struct terminal_file *self = terminal_file_of(file);
	struct terminal *terminal = self->terminal;
	sleep_lock_acquire(&terminal->lock);
	if (terminal->ops->closed)
		terminal->ops->closed(terminal);
	sleep_lock_release(&terminal->lock);
	heap_free(self, sizeof *self);
	terminal_unref(terminal);
}

static const struct file_ops terminal_ops = {
        .name = "terminal",
        .read = terminal_read,
        .write = terminal_write,
        .control = terminal_control,
        .describe = terminal_describe,
        .release = terminal_release,
};

enum status terminal_file_create(struct terminal *terminal, uint64_t session, uint32_t flags,
                                 struct file **out_file)
{
	struct terminal_file *file = HEAP_NEW(struct terminal_file);
	if (!file)
		return ERR_NO_MEMORY;
	terminal_ref(terminal);
	file->terminal = terminal;
	file->session = session;
	file_init(&file->file, &terminal_ops, &terminal->readiness, flags);
	sleep_lock_acquire(&terminal->lock);
	if (terminal->ops->opened)
		terminal->ops->opened(terminal);
	sleep_lock_release(&terminal->lock);
	*out_file = &file->file;
	return OK;
}
