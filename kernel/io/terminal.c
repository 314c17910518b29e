/*
 * The system console as a terminal: typed bytes through the line discipline to readers, signals to
 * the foreground group, text to where the log goes.
 *
 * The serial port's interrupt only notes bytes; a kernel thread does the rest.
 */
#include "core/api.h"
#include "io/api.h"
#include "io/line_discipline.h"
#include <base/cleanup.h>
#include <string.h>

enum {
	TERMINAL_TYPED_MAX = 256, /* bytes between two runs of the thread */
	TERMINAL_CHUNK = 256,
	TERMINAL_MODE = 020620,
	TERMINAL_DEVICE = 5 << 8 | 1,
	TERMINAL_BLOCK_BYTES = 1024,
	TERMINAL_ROWS = 24,
	TERMINAL_COLUMNS = 80,
};

struct terminal_size {
	uint16_t rows, columns, width, height;
};

struct terminal {
	bool has_input; /* set at start: a port that can be typed at */
	struct thread *thread;
	struct waiter thread_waiter;
	struct readiness readiness;

	struct spinlock typed_lock;
	/* guarded by typed_lock */
	uint8_t typed[TERMINAL_TYPED_MAX];
	size_t typed_count; /* more are lost */

	struct sleep_lock lock;
	/* guarded by lock */
	struct line_discipline line;
	struct line_effect effect; /* of the byte at hand */
	struct terminal_size size;
	uint64_t session; /* whose terminal it is; 0: nobody's */
	uint64_t group; /* in the foreground; 0: nobody */
};

static struct terminal system_terminal;

static void terminal_print(const struct terminal *terminal, const char *text, size_t len)
{
	enum { TERMINAL_RETURNS = LINE_POST | LINE_NL_TO_CR_NL };
	bool add_returns = (terminal->line.settings.output & TERMINAL_RETURNS) == TERMINAL_RETURNS;
	log_write_terminal(kernel_log(), (struct str){text, len}, add_returns);
}

/* The lock is held. */
static void terminal_tell(struct terminal *terminal)
{
	uint32_t word = READY_OUT | (line_is_readable(&terminal->line) ? READY_IN : 0);
	readiness_set(&terminal->readiness, word, word);
}

static void terminal_type(struct terminal *terminal, uint8_t byte)
{
	sleep_lock_acquire(&terminal->lock);
	line_type(&terminal->line, byte, &terminal->effect);
	uint32_t signal = terminal->effect.signal;
	uint64_t group = terminal->group;
	terminal_print(terminal, terminal->effect.echo, terminal->effect.echo_len);
	terminal_tell(terminal);
	sleep_lock_release(&terminal->lock);
	if (!signal || !group)
		return;
	const struct signal_info info = {.signal = signal, .code = SIGNAL_FROM_KERNEL};
	/* a group that is gone hears nothing */
	(void)!signal_send_group(group, &info);
}

static size_t terminal_take_typed(struct terminal *terminal, uint8_t *out)
{
	spinlock_acquire(&terminal->typed_lock);
	size_t count = terminal->typed_count;
	memcpy(out, terminal->typed, count);
	terminal->typed_count = 0;
	spinlock_release(&terminal->typed_lock);
	return count;
}

static void terminal_main(void *argument)
{
	struct terminal *terminal = argument;
	uint8_t bytes[TERMINAL_TYPED_MAX];
	for (;;) {
		waiter_begin(&terminal->thread_waiter);
		size_t count = terminal_take_typed(terminal, bytes);
		for (size_t i = 0; i < count; i++)
			terminal_type(terminal, bytes[i]);
		if (!count)
			(void)waiter_sleep(&terminal->thread_waiter, 0);
	}
}

void terminal_receive(uint8_t byte)
{
	struct terminal *terminal = &system_terminal;
	spinlock_acquire(&terminal->typed_lock);
	if (terminal->typed_count < TERMINAL_TYPED_MAX)
		terminal->typed[terminal->typed_count++] = byte;
	spinlock_release(&terminal->typed_lock);
	waiter_wake(&terminal->thread_waiter);
}

enum status terminal_start(bool has_input)
{
	struct terminal *terminal = &system_terminal;
	const struct thread_request request = {.entry = terminal_main, .argument = terminal};
	line_init(&terminal->line);
	sleep_lock_init(&terminal->lock);
	waiter_init(&terminal->thread_waiter);
	readiness_init(&terminal->readiness, READY_OUT);
	terminal->has_input = has_input;
	terminal->size = (struct terminal_size){TERMINAL_ROWS, TERMINAL_COLUMNS, 0, 0};
	TRY(thread_create(&request, &terminal->thread));
	thread_start(terminal->thread);
	return OK;
}

/* ---- as a file ---- */

static enum status terminal_read(struct file *, struct transfer *to, size_t *out_count)
{
	struct terminal *terminal = &system_terminal;
	char bytes[TERMINAL_CHUNK];
	size_t len = to->left < sizeof bytes ? to->left : sizeof bytes;
	sleep_lock_acquire(&terminal->lock);
	bool ready = line_read(&terminal->line, bytes, len, &len);
	terminal_tell(terminal);
	sleep_lock_release(&terminal->lock);
	if (!ready)
		return terminal->has_input ? ERR_TRY_AGAIN : OK;
	*out_count = len;
	return len ? transfer_to_user(to, bytes, len) : OK;
}

static enum status terminal_write(struct file *, struct transfer *from, size_t *out_count)
{
	char bytes[TERMINAL_CHUNK];
	while (from->left) {
		size_t len = from->left < sizeof bytes ? from->left : sizeof bytes;
		TRY(transfer_from_user(from, bytes, len));
		terminal_print(&system_terminal, bytes, len);
		*out_count += len;
	}
	return OK;
}

/* Linux include/uapi/asm-generic/ioctls.h */
enum terminal_request {
	TERMINAL_GET_SETTINGS = 0x5401,
	TERMINAL_SET_SETTINGS = 0x5402,
	TERMINAL_SET_SETTINGS_FLUSH = 0x5404,
	TERMINAL_FLUSH = 0x540b,
	TERMINAL_TAKE = 0x540e,
	TERMINAL_GET_GROUP = 0x540f,
	TERMINAL_SET_GROUP = 0x5410,
	TERMINAL_TYPE = 0x5412,
	TERMINAL_GET_SIZE = 0x5413,
	TERMINAL_SET_SIZE = 0x5414,
	TERMINAL_GET_SESSION = 0x5429,
};

static enum status terminal_set_settings(struct terminal *terminal, uintptr_t argument, bool flush)
{
	struct line_settings settings;
	TRY(user_copy_in(&settings, (struct user_in){argument, sizeof settings}));
	sleep_lock_acquire(&terminal->lock);
	if (flush)
		line_flush(&terminal->line);
	line_set(&terminal->line, &settings);
	terminal_tell(terminal);
	sleep_lock_release(&terminal->lock);
	return OK;
}

/* Who asks first is in the foreground: there is one console, and nobody gives it out yet. */
static enum status terminal_get_group(struct terminal *terminal, uintptr_t argument)
{
	uint64_t own, session;
	TRY(process_groups(0, &own, &session));
	sleep_lock_acquire(&terminal->lock);
	if (!terminal->group || !process_group_exists(terminal->group))
		terminal->group = own;
	uint32_t group = (uint32_t)terminal->group;
	sleep_lock_release(&terminal->lock);
	return user_copy_out((struct user_out){argument, sizeof group}, &group);
}

static enum status terminal_set_group(struct terminal *terminal, uintptr_t argument)
{
	uint32_t group;
	TRY(user_copy_in(&group, (struct user_in){argument, sizeof group}));
	if ((int32_t)group <= 0)
		return ERR_INVALID_ARGS;
	if (!process_group_exists(group))
		return ERR_NOT_PERMITTED;
	sleep_lock_acquire(&terminal->lock);
	terminal->group = group;
	sleep_lock_release(&terminal->lock);
	return OK;
}

static enum status terminal_get_session(uintptr_t argument)
{
	uint64_t group, session;
	TRY(process_groups(0, &group, &session));
	uint32_t word = (uint32_t)session;
	return user_copy_out((struct user_out){argument, sizeof word}, &word);
}

static enum status terminal_type_from(struct terminal *terminal, uintptr_t argument)
{
	uint8_t byte;
	TRY(user_copy_in(&byte, (struct user_in){argument, 1}));
	terminal_type(terminal, byte);
	return OK;
}

static enum status terminal_set_size(struct terminal *terminal, uintptr_t argument)
{
	struct terminal_size size;
	TRY(user_copy_in(&size, (struct user_in){argument, sizeof size}));
	sleep_lock_acquire(&terminal->lock);
	terminal->size = size;
	sleep_lock_release(&terminal->lock);
	return OK;
}

static enum status terminal_flush(struct terminal *terminal)
{
	sleep_lock_acquire(&terminal->lock);
	line_flush(&terminal->line);
	terminal_tell(terminal);
	sleep_lock_release(&terminal->lock);
	return OK;
}

static enum status terminal_control(struct file *, uint32_t request, uintptr_t argument, int64_t *)
{
	struct terminal *terminal = &system_terminal;
	switch (request) {
	case TERMINAL_GET_SETTINGS:
		return user_copy_out((struct user_out){argument, sizeof terminal->line.settings},
		                     &terminal->line.settings);
	case TERMINAL_SET_SETTINGS:
	case TERMINAL_SET_SETTINGS + 1: /* once all is written: it is at once */
	case TERMINAL_SET_SETTINGS_FLUSH:
		return terminal_set_settings(terminal, argument,
		                             request == TERMINAL_SET_SETTINGS_FLUSH);
	case TERMINAL_FLUSH:
		return terminal_flush(terminal);
	case TERMINAL_TAKE:
		return OK;
	case TERMINAL_GET_GROUP:
		return terminal_get_group(terminal, argument);
	case TERMINAL_SET_GROUP:
		return terminal_set_group(terminal, argument);
	case TERMINAL_TYPE:
		return terminal_type_from(terminal, argument);
	case TERMINAL_GET_SIZE:
		return user_copy_out((struct user_out){argument, sizeof terminal->size},
		                     &terminal->size);
	case TERMINAL_SET_SIZE:
		return terminal_set_size(terminal, argument);
	case TERMINAL_GET_SESSION:
		return terminal_get_session(argument);
	default:
		return ERR_NOT_TERMINAL;
	}
}

static void terminal_describe(struct file *, struct file_facts *out_facts)
{
	*out_facts = (struct file_facts){
	        .mode = TERMINAL_MODE,
	        .inode = TERMINAL_DEVICE,
	        .device = TERMINAL_DEVICE,
	        .block_bytes = TERMINAL_BLOCK_BYTES,
	};
}

static void terminal_release(struct file *file)
{
	heap_free(file, sizeof *file);
}

static const struct file_ops terminal_ops = {
        .name = "terminal",
        .read = terminal_read,
        .write = terminal_write,
        .control = terminal_control,
        .describe = terminal_describe,
        .release = terminal_release,
};

/* A person is there: the log leaves the line to the session. */
static void terminal_give(struct terminal *terminal, uint64_t session)
{
	sleep_lock_acquire(&terminal->lock);
	terminal->session = terminal->group = session;
	line_flush(&terminal->line);
	terminal_tell(terminal);
	sleep_lock_release(&terminal->lock);
	log_set_quiet(kernel_log(), session != 0);
}

void console_session_ended(uint64_t session)
{
	if (session == system_terminal.session)
		terminal_give(&system_terminal, 0);
}

enum status console_file_open(uint64_t session, struct file **out_file)
{
	struct file *file = HEAP_NEW(struct file);
	if (!file)
		return ERR_NO_MEMORY;
	file_init(file, &terminal_ops, &system_terminal.readiness, FILE_READ_WRITE);
	if (session)
		terminal_give(&system_terminal, session);
	*out_file = file;
	return OK;
}
