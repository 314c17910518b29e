/*
 * Pseudo-terminals: a terminal whose other side is a file. What is written there is typed at the
 * terminal; what the terminal shows is read there. pts(4), tty_ioctl(4).
 *
 * One lock, the terminal's, guards both sides. The other side's file has a reference, and so has
 * each file of the terminal.
 */
#include "core/api.h"
#include "io/api.h"
#include "io/pipe_ring.h"
#include "io/terminal/terminal.h"
#include <base/cleanup.h>
#include <string.h>

enum {
	PSEUDO_OUTPUT_MAX = 16 * 1024,
	PSEUDO_CHUNK = 256,
	PSEUDO_MODE = 020666,
	PSEUDO_OTHER_DEVICE = 5 << 8 | 2,
};

enum pseudo_request {
	PSEUDO_GET_GROUP = 0x540f,
	PSEUDO_UNREAD = 0x541b,
	PSEUDO_GET_SESSION = 0x5429,
	PSEUDO_SIGNAL = 0x40045436,
	PSEUDO_SET_LOCK = 0x40045431,
	PSEUDO_GET_NUMBER = 0x80045430,
	PSEUDO_GET_LOCK = 0x80045439,
};

struct pseudo_terminal {
	struct terminal terminal;
	struct file other; /* the side of who opened /dev/ptmx */
	struct readiness readiness; /* of the other side */
	uint32_t number;
	/* guarded by terminal.lock */
	struct pipe_ring output; /* not read yet */
	uint32_t files; /* of the terminal, that are open */
	bool was_opened;
	bool is_locked; /* nobody may open the terminal yet */
};

static struct pseudo_terminal *pseudo_of(const struct terminal *terminal)
{
	return container_of((struct terminal *)(uintptr_t)terminal, struct pseudo_terminal,
	                    terminal);
}

static struct pseudo_terminal *pseudo_of_other(struct file *file)
{
	return container_of(file, struct pseudo_terminal, other);
}

/* ---- the terminal's side ---- */

static void pseudo_told(struct terminal *terminal)
{
	struct pseudo_terminal *self = pseudo_of(terminal);
	uint32_t word = line_has_room(&terminal->line) ? READY_OUT : 0;
	if (self->output.count)
		word |= READY_IN;
	if (self->was_opened && !self->files)
		word |= READY_HANGUP;
	readiness_set(&self->readiness, word, word);
}

static size_t pseudo_room(const struct terminal *terminal)
{
	size_t count = pseudo_of(terminal)->output.count;
	return count < PSEUDO_OUTPUT_MAX ? PSEUDO_OUTPUT_MAX - count : 0;
}

/* What does not fit, or finds no memory, is lost: only an echo comes without asking for room. */
static void pseudo_add(struct pseudo_terminal *self, struct str text)
{
	while (text.len && pseudo_room(&self->terminal)) {
		struct pipe_space space;
		if (pipe_ring_writable(&self->output, &space) != OK)
			return;
		size_t len = text.len < space.len ? text.len : space.len;
		memcpy(space.at, text.ptr, len);
		pipe_ring_produce(&self->output, len);
		text = str_slice(text, len, text.len);
	}
}

static void pseudo_print(struct terminal *terminal, struct str text, bool add_returns)
{
	struct pseudo_terminal *self = pseudo_of(terminal);
	while (text.len) {
		const char *end = add_returns ? memchr(text.ptr, '\n', text.len) : NULL;
		size_t len = end ? (size_t)(end - text.ptr) : text.len;
		pseudo_add(self, str_slice(text, 0, len));
		if (end)
			pseudo_add(self, STR("\r\n"));
		text = str_slice(text, len + (end != NULL), text.len);
	}
}

static void pseudo_opened(struct terminal *terminal)
{
	pseudo_of(terminal)->files++;
	pseudo_of(terminal)->was_opened = true;
	pseudo_told(terminal);
}

static void pseudo_closed(struct terminal *terminal)
{
	pseudo_of(terminal)->files--;
	pseudo_told(terminal);
}

static void pseudo_destroy(struct terminal *terminal)
{
	struct pseudo_terminal *self = pseudo_of(terminal);
	terminal_table_remove(self->number);
	pipe_ring_release(&self->output);
	heap_free(self, sizeof *self);
}

static const struct terminal_device pseudo_device = {
        .print = pseudo_print,
        .room = pseudo_room,
        .told = pseudo_told,
        .opened = pseudo_opened,
        .closed = pseudo_closed,
        .destroy = pseudo_destroy,
};

bool pseudo_terminal_is_open(const struct terminal *terminal)
{
	return !terminal->is_gone && !pseudo_of(terminal)->is_locked;
}

/* ---- the other side ---- */

static enum status other_copy_out(struct pseudo_terminal *self, struct transfer *to,
                                  size_t *out_count)
{
	while (to->left && self->output.count) {
		struct str piece = pipe_ring_readable(&self->output);
		size_t len = piece.len < to->left ? piece.len : to->left;
		TRY(transfer_to_user(to, piece.ptr, len));
		pipe_ring_consume(&self->output, len);
		*out_count += len;
	}
	return OK;
}

/* What is left is read also after the terminal's last file was closed; then it is an error. */
static enum status other_read(struct file *file, struct transfer *to, size_t *out_count)
{
	struct pseudo_terminal *self = pseudo_of_other(file);
	enum status status;
	sleep_lock_acquire(&self->terminal.lock);
	if (self->output.count) {
		status = other_copy_out(self, to, out_count);
		terminal_tell(&self->terminal);
	} else {
		status = self->was_opened && !self->files ? ERR_IO : ERR_TRY_AGAIN;
	}
	sleep_lock_release(&self->terminal.lock);
	return *out_count ? OK : status;
}

/* One piece is typed byte by byte, as long as there is room for what it becomes. */
static enum status other_write(struct file *file, struct transfer *from, size_t *out_count)
{
	struct terminal *terminal = &pseudo_of_other(file)->terminal;
	while (from->left) {
		uint8_t byte;
		sleep_lock_acquire(&terminal->lock);
		bool has_room = line_has_room(&terminal->line);
		sleep_lock_release(&terminal->lock);
		if (!has_room)
			return *out_count ? OK : ERR_TRY_AGAIN;
		TRY(transfer_from_user(from, &byte, 1));
		terminal_type(terminal, byte);
		++*out_count;
	}
	return OK;
}

static enum status other_tell(uintptr_t argument, uint32_t value)
{
	return user_copy_out((struct user_out){argument, sizeof value}, &value);
}

static enum status other_set_lock(struct pseudo_terminal *self, uintptr_t argument)
{
	uint32_t value;
	TRY(user_copy_in(&value, (struct user_in){argument, sizeof value}));
	self->is_locked = value != 0;
	return OK;
}

static enum status other_signal(struct pseudo_terminal *self, uintptr_t signal)
{
	if (signal != SIGNAL_INT && signal != SIGNAL_QUIT && signal != SIGNAL_TSTP)
		return ERR_INVALID_ARGS;
	terminal_signal_foreground(&self->terminal, (uint32_t)signal);
	return OK;
}

static enum status other_control(struct file *file, uint32_t request, uintptr_t argument, int64_t *)
{
	struct pseudo_terminal *self = pseudo_of_other(file);
	switch (request) {
	case PSEUDO_GET_NUMBER:
		return other_tell(argument, self->number);
	case PSEUDO_SET_LOCK:
		return other_set_lock(self, argument);
	case PSEUDO_GET_LOCK:
		return other_tell(argument, self->is_locked);
	case PSEUDO_UNREAD:
		return other_tell(argument, (uint32_t)self->output.count);
	case PSEUDO_GET_GROUP:
		return other_tell(argument, (uint32_t)self->terminal.group);
	case PSEUDO_GET_SESSION:
		return self->terminal.session
		               ? other_tell(argument, (uint32_t)self->terminal.session)
		               : ERR_NOT_TERMINAL;
	case PSEUDO_SIGNAL:
		return other_signal(self, argument);
	default:
		return terminal_control_line(&self->terminal, request, argument);
	}
}

static void other_describe(struct file *, struct file_facts *out_facts)
{
	*out_facts = (struct file_facts){
	        .mode = PSEUDO_MODE,
	        .device = PSEUDO_OTHER_DEVICE,
	        .block_bytes = PSEUDO_CHUNK,
	};
}

/* Nobody will type or look any more: the terminal hangs up. */
static void other_release(struct file *file)
{
	struct pseudo_terminal *self = pseudo_of_other(file);
	struct terminal *terminal = &self->terminal;
	const struct signal_info info = {.signal = SIGNAL_HUP, .code = SIGNAL_FROM_KERNEL};
	sleep_lock_acquire(&terminal->lock);
	uint64_t session = terminal->session, group = terminal->group;
	terminal->is_gone = true;
	terminal_tell(terminal);
	sleep_lock_release(&terminal->lock);
	/* a leader that is gone hears nothing */
	if (session && session != group)
		(void)!signal_send(session, &info);
	if (session)
		terminal_free(terminal, true);
	terminal_unref(terminal);
}

static const struct file_ops other_ops = {
        .name = "pseudo-terminal",
        .read = other_read,
        .write = other_write,
        .control = other_control,
        .describe = other_describe,
        .release = other_release,
};

enum status pseudo_terminal_create(uint32_t flags, struct file **out_file)
{
	struct pseudo_terminal *self = HEAP_NEW(struct pseudo_terminal);
	if (!self)
		return ERR_NO_MEMORY;
	terminal_init(&self->terminal, &pseudo_device, 0);
	readiness_init(&self->readiness, READY_OUT);
	self->terminal.has_input = true;
	self->is_locked = true;
	enum status status = terminal_table_add(&self->terminal, &self->number);
	if (status != OK) {
		heap_free(self, sizeof *self);
		return status;
	}
	self->terminal.device = (uint64_t)PSEUDO_TERMINAL_MAJOR << 8 | self->number;
	file_init(&self->other, &other_ops, &self->readiness,
	          flags & (FILE_ACCESS_MASK | FILE_NONBLOCK));
	*out_file = &self->other;
	return OK;
}
