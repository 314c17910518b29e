/*
 * Terminals: a line discipline, whose terminal it is, and which group is in its foreground.
 * Inside kernel/io only.
 *
 * A session has at most one terminal, which is found by the session's id; a process keeps none.
 * POSIX.1-2017, chapter 11; Linux tty_ioctl(4).
 */
#pragma once

#include "io/api.h"
#include "io/terminal/line_discipline.h"

struct terminal_size {
	uint16_t rows, columns, width, height;
};

struct terminal;

/* What a terminal is made of: a console, or a program at the other side. The lock is held. */
struct terminal_device {
	/* Shows text; what there is no room for is lost. add_returns: before each line feed. */
	void (*print)(struct terminal *terminal, struct str text, bool add_returns);
	/* Bytes that would be shown now; NULL: any number. */
	size_t (*room)(const struct terminal *terminal);
	/* Something has changed that the other side may wait for; NULL: nobody is there. */
	void (*told)(struct terminal *terminal);
	/* A file of it was opened, or the last use of one has ended; NULL: it does not matter. */
	void (*opened)(struct terminal *terminal);
	void (*closed)(struct terminal *terminal);
	/* The last reference is gone; without the lock. NULL: it stays for ever. */
	void (*destroy)(struct terminal *terminal);
};

struct terminal {
	const struct terminal_device *ops;
	uint64_t device; /* number, as st_rdev has it */
	bool has_input; /* there is something to type at; else readers find the end */
	uint32_t references; /* atomic */
	struct readiness readiness;

	struct sleep_lock lock;
	/* guarded by lock */
	struct line_discipline line;
	struct line_effect effect; /* of the byte at hand */
	struct terminal_size size;
	uint64_t session; /* whose terminal it is; 0: nobody's */
	uint64_t group; /* in the foreground; 0: nobody */
	uint64_t hung_session; /* the last one whose leader ended */
	bool is_gone; /* its other side is closed: all its files are of no use */
};

/* An open terminal. */
struct terminal_file {
	struct file file;
	struct terminal *terminal;
	/* When it belonged to the terminal's session: that; it is of no use when the leader ends.
	 */
	uint64_t session;
};

static inline void terminal_ref(struct terminal *terminal)
{
	__atomic_fetch_add(&terminal->references, 1, __ATOMIC_RELAXED);
}

static inline struct terminal_file *terminal_file_of(struct file *file)
{
	return container_of(file, struct terminal_file, file);
}

/* ---- terminal.c ---- */
/* With one reference. */
void terminal_init(struct terminal *terminal, const struct terminal_device *ops, uint64_t device);
void terminal_unref(struct terminal *terminal);
/* As if it were typed. */
void terminal_type(struct terminal *terminal, uint8_t byte);
/* The leader of the session that it was opened in has ended, or the other side is closed. */
bool terminal_file_is_hung(const struct terminal_file *file);
/* Sets the readiness. The lock is held. */
void terminal_tell(struct terminal *terminal);
/* Output as the settings have it. The lock is held. */
void terminal_print(struct terminal *terminal, const char *text, size_t len);
/* An open file with a reference of its own; session 0: it belongs to none. ERR_NO_MEMORY. */
enum status terminal_file_create(struct terminal *terminal, uint64_t session, uint32_t flags,
                                 struct file **out_file);

/* ---- terminal_job.c ---- */
/*
 * May the caller do what belongs to the foreground? ERR_INTERRUPTED: its group was sent signal, and
 * the call is made again if it goes on; ERR_IO: it would not hear of it.
 */
enum status terminal_check_job(struct terminal *terminal, uint32_t signal);
/* May the caller put in what others read as typed? Root may, and who has it as his own. */
bool terminal_may_type(struct terminal *terminal);
/* The terminal of a session, with a reference; NULL: it has none. */
struct terminal *terminal_of_session(uint64_t session);
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
/* The session has it no more: what runs in the foreground is told. hangs_up: so is its leader's
 * end. */
void terminal_free(struct terminal *terminal, bool hangs_up);

/* ---- terminal_control.c ---- */
enum status terminal_control(struct file *file, uint32_t request, uintptr_t argument,
                             int64_t *out_value);
/* Settings, size and foreground, as the other side may ask for them too. */
enum status terminal_control_line(struct terminal *terminal, uint32_t request, uintptr_t argument);

/* ---- console_terminal.c ---- */
struct terminal *console_terminal(void);

/* ---- pseudo_terminal.c, terminal_table.c ---- */
enum {
	PSEUDO_TERMINALS_MAX = 64,
	PSEUDO_TERMINAL_MAJOR = 136,
};

/* A new one: the file of its other side, which is what was opened. ERR_NO_SPACE, ERR_NO_MEMORY. */
enum status pseudo_terminal_create(uint32_t flags, struct file **out_file);
/* Both with a reference, or NULL. */
struct terminal *pseudo_terminal_of_session(uint64_t session);
struct terminal *pseudo_terminal_get(uint32_t number);
/* Somebody may open it. */
bool pseudo_terminal_is_open(const struct terminal *terminal);
/* A number for a new one. ERR_NO_SPACE. */
enum status terminal_table_add(struct terminal *terminal, uint32_t *out_number);
void terminal_table_remove(uint32_t number);
