/* mm_broker with one field that cannot be. Private to users. */
#pragma once

#include "users.h"
#include <abi/services.h>
#include <stddef.h>
#include <test_service/memory_target.h>

#define KERNEL_CODE 0xffffffff80200000
#define USER_FIRST 0x10000
#define USER_LAST 0x7ffffffff000 /* the last page that can be a program's */
#define LAST_PAGE (UINT64_MAX - PAGE + 1)

enum {
	PAGE = 4096,
	NOBODY = 999,
	UNKNOWN = 16,
	READ_WRITE = MEMORY_READ | MEMORY_WRITE,
};

/* A field's value, and how it is refused. */
struct spoil {
	size_t offset, size;
	uint64_t value;
	int64_t status;
};

#define SPOIL(field, value, status)                                                                \
	{                                                                                          \
		offsetof(struct mm_broker_args, field), sizeof((struct mm_broker_args){}.field),   \
		        value, status                                                              \
	}
#define BAD(field, value) SPOIL(field, value, ERR_INVALID_ARGS)

struct map_trial {
	struct tap *tap;
	uint64_t pid, reply_cap; /* of who waits */
	uint64_t own_pid, own_cap; /* of another one who does: this process */
	uint64_t end; /* of memory: nothing is mapped from there on */
	struct memory_target_request target;
	struct memory_target_reply views;
	struct mm_layout layout;
};

/* Where an answer goes, unless it is said; each byte is another one while a trial runs. */
extern uint8_t map_answer[sizeof(struct mm_layout)];

/* The operation's call for who waits; what it is to do is not said. */
struct mm_broker_args map_operation(const struct map_trial *self, uint16_t op);
uint64_t map_place(const struct map_trial *self, enum memory_target_page page);

/* Around what is refused: neither the map nor the answer is another at the end. */
void map_trial_begin(struct map_trial *self);
void map_trial_end(const struct map_trial *self, bool good);

/* Says which was not refused as it should be. */
bool map_refuses_all(const struct map_trial *self, const struct mm_broker_args *base,
                     const struct spoil *spoils, size_t count);
#define REFUSES(self, base, spoils) map_refuses_all(self, base, spoils, COUNT(spoils))

/* Of every operation: versions, other processes and requests, what has to be 0. */
bool map_refuses_any(const struct map_trial *self, const struct mm_broker_args *base);
bool map_refuses_asking(const struct map_trial *self, const struct mm_broker_args *base);
/* Of one that changes something: places and sizes; rights, if it has some. */
bool map_refuses_change(const struct map_trial *self, const struct mm_broker_args *base);
bool map_refuses_rights(const struct map_trial *self, const struct mm_broker_args *base);
bool map_refuses_no_file(const struct map_trial *self, const struct mm_broker_args *base);
bool map_refuses_file(const struct map_trial *self, const struct mm_broker_args *base);
