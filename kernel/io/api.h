/*
 * The face of kernel/io: what programs read and write beside files.
 */
#pragma once

#include "io/epoll.h"
#include "ps/api.h"

/* The system console: text to where the log goes; reading finds the end. With a reference. */
enum status console_file_open(struct file **out_file);

/* flags: FILE_NONBLOCK. With a reference each. ERR_NO_MEMORY. */
enum status pipe_create(uint32_t flags, struct file **out_reader, struct file **out_writer);
enum status event_file_create(uint64_t count, bool is_semaphore, uint32_t flags,
                              struct file **out_file);
