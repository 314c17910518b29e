/*
 * The face of kernel/io: what programs read and write beside files.
 */
#pragma once

#include "device/api.h"
#include "io/epoll.h"
#include "io/unix/unix.h"
#include "io/vfs/file_locks.h"
#include "io/vfs/vfs.h"
#include "io/watch/watch.h"
#include "ps/api.h"
#include <abi/input.h>

/* has_input: bytes come from terminal_receive; without, readers find the end. ERR_NO_MEMORY. */
enum status terminal_start(bool has_input);
/* For hal_ops.serial_input. */
void terminal_receive(void);
/* For a keyboard: typed at the console, or lost when nobody takes what was typed. */
void terminal_type_keys(struct str text);
/*
 * The system console, which is a terminal. With a reference. session: it is given to this one; 0:
 * it stays whose it is.
 */
enum status console_file_open(uint64_t session, struct file **out_file);
/* For process_setup. */
void terminal_session_ended(uint64_t session);
/*
 * A terminal by its device number, for the caller: 5:0 its session's own, 5:1 the console, 4:64 the
 * first serial port, 136:N a pseudo-terminal. flags: those of open. ERR_NO_DEVICE: no terminal has
 * this number; ERR_NO_DEVICE_ADDRESS: the session has none, or there is no such pseudo-terminal;
 * ERR_IO: nobody may open it yet.
 */
enum status terminal_open(uint64_t device, uint32_t flags, struct file **out_file);
/* For device_setup: what an input device reports, for who has it open. */
void input_file_heard(const struct input_report *report);
/* The same: the last one has gone. Who has it open finds ERR_NO_DEVICE from now on. */
void input_file_gone(void);
void input_file_stats(struct input_stats *out_stats);
/* Devices with a name, each whether it is there; how many were written. */
size_t device_list(struct device_node *out_nodes, size_t capacity);

/* What a thread asks devmgrd. */
struct device_question {
	uint16_t operation; /* DEVICE_OPEN or DEVICE_IOCTL_AUTHORIZE */
	uint32_t request; /* of ioctl; of open: its flags */
	uint64_t device; /* as st_rdev */
	uint64_t argument; /* of ioctl */
};

/* Lets the thread, by its number in calls, do what it asks for. ERR_NO_PROCESS: it does not ask for
 * this. */
enum status device_question_allow(uint64_t thread, const struct device_question *question);

/* The pseudo-terminals from a number on; how many were written. */
size_t terminal_list(uint64_t from, struct terminal_figures *out, size_t capacity);

/* The second serial port, as 4:65, for bytes to the host and back. False: there is none. */
bool host_channel_start(void);
/* For hal_ops.second_serial. */
void host_channel_interrupt(void);
/* ERR_NO_DEVICE: it has another number, or is not there. */
enum status host_channel_open(uint64_t device, uint32_t flags, struct file **out_file);

/* flags: FILE_NONBLOCK, FILE_TIMER_REAL. */
enum status timer_file_create(uint32_t flags, struct file **out_file);
/* deadline_ns of clock_ns, 0: off; interval_ns 0: once. ERR_INVALID_ARGS: no timer. */
enum status timer_file_set(struct file *file, uint64_t deadline_ns, uint64_t interval_ns);
enum status timer_file_get(struct file *file, uint64_t *out_deadline_ns, uint64_t *out_interval_ns);

/* flags: FILE_NONBLOCK. With a reference each. ERR_NO_MEMORY. */
enum status pipe_create(uint32_t flags, struct file **out_reader, struct file **out_writer);
enum status event_file_create(uint64_t count, bool is_semaphore, uint32_t flags,
                              struct file **out_file);
