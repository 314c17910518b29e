/*
 * Reading and writing a terminal: typed bytes through the line discipline to readers, signals to
 * the foreground group.
 */
#include "io/terminal.h"
#include "core/api.h"
#include <base/cleanup.h>
#include <string.h>

enum {
	TERMINAL_CHUNK = 256,
	TERMINAL_MODE = 020620,
	TERMINAL_BLOCK_BYTES = 1024,
	TERMINAL_ROWS = 24,
	TERMINAL_COLUMNS = 80,
};

void terminal_init(struct terminal *terminal, uint64_t device)
{
	terminal->device = device;
	line_init(&terminal->line);
	sleep_lock_init(&terminal->lock);
	readiness_init(&terminal->readiness, READY_OUT);
	terminal->size = (struct terminal_size){TERMINAL_ROWS, TERMINAL_COLUMNS, 0, 0};
}

void terminal_tell(struct terminal *terminal)
{
	uint32_t word = READY_OUT | (line_is_readable(&terminal->line) ? READY_IN : 0);
	readiness_set(&terminal->readiness, word, word);
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
	return file->session && file->session <= file->terminal->hung_session;
}

static enum status terminal_read(struct file *file, struct transfer *to, size_t *out_count)
{
	struct terminal_file *self = terminal_file_of(file);
	struct terminal *terminal = self->terminal;
	char bytes[TERMINAL_CHUNK];
	size_t len = to->left < sizeof bytes ? to->left : sizeof bytes;
	if (terminal_file_is_hung(self))
		return OK;
	TRY(terminal_check_job(terminal, SIGNAL_TTIN));
	sleep_lock_acquire(&terminal->lock);
	bool ready = line_read(&terminal->line, bytes, len, &len);
	terminal_tell(terminal);
	sleep_lock_release(&terminal->lock);
	if (!ready)
		return terminal->has_input ? ERR_TRY_AGAIN : OK;
	*out_count = len;
	return len ? transfer_to_user(to, bytes, len) : OK;
}

static enum status terminal_write(struct file *file, struct transfer *from, size_t *out_count)
{
	struct terminal_file *self = terminal_file_of(file);
	struct terminal *terminal = self->terminal;
	char bytes[TERMINAL_CHUNK];
	if (terminal_file_is_hung(self))
		return ERR_IO;
	if (terminal->line.settings.local & LINE_STOP_BACKGROUND)
		TRY(terminal_check_job(terminal, SIGNAL_TTOU));
	while (from->left) {
		size_t len = from->left < sizeof bytes ? from->left : sizeof bytes;
		TRY(transfer_from_user(from, bytes, len));
		terminal_print(terminal, bytes, len);
		*out_count += len;
	}
	return OK;
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
	heap_free(terminal_file_of(file), sizeof(struct terminal_file));
}

const struct file_ops terminal_ops = {
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
	file->terminal = terminal;
	file->session = session;
	file_init(&file->file, &terminal_ops, &terminal->readiness, flags);
	*out_file = &file->file;
	return OK;
}
