/*
 * Terminals: a line discipline, whose terminal it is, and which group is in its foreground.
 * Inside kernel/io only.
 *
 * A session has at most one terminal, which is found by the session's id; a process keeps none.
 * POSIX.1-2017, chapter 11; Linux tty_ioctl(4).
 */
#pragma once

#include "io/api.h"
#include "io/line_discipline.h"

struct terminal_size {
	uint16_t rows, columns, width, height;
};

struct terminal {
	uint64_t device; /* number, as st_rdev has it */
	bool has_input; /* there is something to type at; else readers find the end */
	struct readiness readiness;

	struct sleep_lock lock;
	/* guarded by lock */
	struct line_discipline line;
	struct line_effect effect; /* of the byte at hand */
	struct terminal_size size;
	uint64_t session; /* whose terminal it is; 0: nobody's */
	uint64_t group; /* in the foreground; 0: nobody */
	uint64_t hung_session; /* the last one whose leader ended */
};

/* An open terminal. */
struct terminal_file {
	struct file file;
	struct terminal *terminal;
	/* When it belonged to the terminal's session: that; it is of no use when the leader ends.
	 */
	uint64_t session;
};

static inline struct terminal_file *terminal_file_of(struct file *file)
{
	return container_of(file, struct terminal_file, file);
}

/* ---- terminal.c ---- */
extern const struct file_ops terminal_ops;
void terminal_init(struct terminal *terminal, uint64_t device);
/* As if it were typed. */
void terminal_type(struct terminal *terminal, uint8_t byte);
/* The leader of the session that it was opened in has ended. */
bool terminal_file_is_hung(const struct terminal_file *file);
/* Sets the readiness. The lock is held. */
void terminal_tell(struct terminal *terminal);
/* An open file; session 0: it belongs to none. ERR_NO_MEMORY. */
enum status terminal_file_create(struct terminal *terminal, uint64_t session, uint32_t flags,
                                 struct file **out_file);

/* ---- terminal_job.c ---- */
/*
 * May the caller do what belongs to the foreground? ERR_INTERRUPTED: its group was sent signal, and
 * the call is made again if it goes on; ERR_IO: it would not hear of it.
 */
enum status terminal_check_job(struct terminal *terminal, uint32_t signal);
/* From now on it is this session's, which is in the foreground. */
void terminal_give(struct terminal *terminal, uint64_t session);
/* The caller leads a session without terminal, and takes this one. */
enum status terminal_take(struct terminal *terminal);
/* The caller's session has it no more, if it leads that session. */
enum status terminal_leave(struct terminal *terminal);
enum status terminal_get_group(struct terminal *terminal, uintptr_t argument);
enum status terminal_set_group(struct terminal *terminal, uintptr_t argument);
enum status terminal_get_session(struct terminal *terminal, uintptr_t argument);
void terminal_signal_foreground(struct terminal *terminal, uint32_t signal);

/* ---- terminal_control.c ---- */
enum status terminal_control(struct file *file, uint32_t request, uintptr_t argument,
                             int64_t *out_value);

/* ---- console_terminal.c ---- */
struct terminal *console_terminal(void);
/* What the terminal says, as its settings have it. */
void terminal_print(const struct terminal *terminal, const char *text, size_t len);
