/* Sets of files that are waited for together: epoll(7). */
#pragma once

#include "ps/api.h"

enum epoll_flag {
	EPOLL_ONE_SHOT = 1 << 30,
	EPOLL_EDGE = (int)(1u << 31),
};

struct epoll_event {
	uint32_t events; /* enum ready and epoll_flag */
	uint64_t data;
};

enum epoll_change { EPOLL_ADD = 1, EPOLL_REMOVE = 2, EPOLL_MODIFY = 3 };

enum status epoll_create(uint32_t flags, struct file **out_file);
/*
 * descriptor tells two entries of one file apart. ERR_INVALID_ARGS: set is none, or file is one
 * (sets of sets are not there); ERR_NOT_PERMITTED: a file that is always ready; ERR_EXISTS;
 * ERR_NOT_FOUND; ERR_NO_MEMORY.
 */
enum status epoll_change(struct file *set, enum epoll_change change, struct file *file,
                         int32_t descriptor, const struct epoll_event *event);
/* Takes up to capacity; sleeps for the first one (deadline 1: not). ERR_INTERRUPTED. */
enum status epoll_wait(struct file *set, struct epoll_event *out_events, size_t capacity,
                       uint64_t deadline_ns, size_t *out_count);
