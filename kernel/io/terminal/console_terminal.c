/*
 * The system console as a terminal: bytes of the serial port are typed at it, text goes to where
 * the log goes.
 *
 * The serial port's interrupt only notes bytes; a kernel thread does the rest. When it falls behind
 * the port keeps the bytes, and its other end waits.
 */
#include "core/api.h"
#include "device/api.h"
#include "io/terminal/terminal.h"
#include <base/cleanup.h>
#include <string.h>

enum {
	CONSOLE_TYPED_MAX = 256, /* bytes between two runs of the thread */
	CONSOLE_DEVICE = 5 << 8 | 1,
};

struct console_terminal {
	struct terminal terminal;
	struct thread *thread;
	struct waiter thread_waiter;

	struct spinlock lock;
	/* guarded by lock */
	uint8_t typed[CONSOLE_TYPED_MAX];
	size_t typed_count; /* at the maximum the port is held */
};

static struct console_terminal system_console = {.lock = SPINLOCK_INIT(LOCK_FILE)};

struct terminal *console_terminal(void)
{
	return &system_console.terminal;
}

static void console_print(struct terminal *, struct str text, bool add_returns)
{
	log_write_terminal(kernel_log(), text, add_returns);
	display_write(text, add_returns);
}

static const struct terminal_device console_device = {.print = console_print};

static size_t console_take_typed(struct console_terminal *console, uint8_t *out)
{
	spinlock_acquire(&console->lock);
	size_t count = console->typed_count;
	memcpy(out, console->typed, count);
	console->typed_count = 0;
	if (count == CONSOLE_TYPED_MAX)
		serial_receive_again();
	spinlock_release(&console->lock);
	return count;
}

static void console_main(void *argument)
{
	struct console_terminal *console = argument;
	uint8_t bytes[CONSOLE_TYPED_MAX];
	for (;;) {
		waiter_begin(&console->thread_waiter);
		size_t count = console_take_typed(console, bytes);
		for (size_t i = 0; i < count; i++)
			terminal_type(&console->terminal, bytes[i]);
		if (!count)
			(void)waiter_sleep(&console->thread_waiter, 0);
	}
}

/* An interrupt that was due when the port was held still comes, and finds no room. */
void terminal_receive(void)
{
	struct console_terminal *console = &system_console;
	spinlock_acquire(&console->lock);
	console->typed_count += serial_read(console->typed + console->typed_count,
	                                    CONSOLE_TYPED_MAX - console->typed_count);
	if (console->typed_count == CONSOLE_TYPED_MAX)
		serial_receive_hold();
	spinlock_release(&console->lock);
	waiter_wake(&console->thread_waiter);
}

void terminal_type_keys(struct str text)
{
	struct console_terminal *console = &system_console;
	if (!console->thread)
		return;
	spinlock_acquire(&console->lock);
	/* the last place is the serial port's, which is told to wait then */
	bool fits = text.len < CONSOLE_TYPED_MAX - console->typed_count;
	if (fits) {
		memcpy(console->typed + console->typed_count, text.ptr, text.len);
		console->typed_count += text.len;
	}
	spinlock_release(&console->lock);
	if (fits)
		waiter_wake(&console->thread_waiter);
}

enum status terminal_start(bool has_input)
{
	struct console_terminal *console = &system_console;
	const struct thread_request request = {.entry = console_main, .argument = console};
	terminal_init(&console->terminal, &console_device, CONSOLE_DEVICE);
	console->terminal.has_input = has_input;
	waiter_init(&console->thread_waiter);
	TRY(thread_create(&request, &console->thread));
	thread_start(console->thread);
	return OK;
}

enum status console_file_open(uint64_t session, struct file **out_file)
{
	struct terminal *terminal = &system_console.terminal;
	TRY(terminal_file_create(terminal, session, FILE_READ_WRITE, out_file));
	if (session)
		terminal_give(terminal, session);
	return OK;
}
