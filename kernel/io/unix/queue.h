/*
 * Messages that wait in a local socket: bytes with what came along with them.
 *
 * Stream bytes are put together into few messages; of other sockets one message is one send.
 * Callers serialise. Fields of a message may be read by whoever has it.
 */
#pragma once

#include "ps/api.h"

enum {
	UNIX_NAME_MAX = 108, /* sun_path: Linux include/uapi/linux/un.h */
	UNIX_QUEUE_BYTES = 212992, /* what waits at most in one socket; and the largest message */
	UNIX_STREAM_PIECE = 4 * PAGE_SIZE,
	UNIX_FILES_MAX = 253, /* in one message; Linux SCM_MAX_FD */
};

struct unix_credentials {
	uint32_t pid;
	uint32_t uid;
	uint32_t gid;
};

/* What a socket is bound to, as it was given; shared by counted references. */
struct unix_name {
	uint32_t references; /* atomic */
	uint32_t len; /* of path; at least 1 */
	char path[UNIX_NAME_MAX]; /* abstract when it begins with NUL */
};

struct unix_files {
	uint32_t count;
	struct file *items[UNIX_FILES_MAX]; /* with a reference each */
};

struct unix_message {
	struct list link;
	struct unix_credentials sender;
	struct unix_name *from; /* counted; NULL: the sender has no name, or it is a stream */
	struct unix_files *files; /* owned; NULL: none */
	struct unix_flyer *flyer; /* who sent them, while they wait; NULL: they do not */
	size_t charge; /* what it adds to its queue's */
	size_t capacity;
	size_t start; /* bytes that were read already */
	size_t end;
	uint8_t bytes[];
};

struct unix_queue {
	struct list messages; /* oldest first */
	size_t bytes; /* not yet read */
	size_t charged; /* memory that the messages take */
	size_t paid; /* by the account: more than that, in whole pages */
	struct memory_account *account; /* not counted; NULL: the kernel */
};

/* Who pays for what waits. */
void unix_queue_init(struct unix_queue *queue, struct memory_account *account);
static inline bool unix_queue_is_empty(const struct unix_queue *queue)
{
	return list_empty(&queue->messages);
}
/* Of len bytes of user memory, which are used up. ERR_NO_MEMORY, ERR_BAD_ADDRESS. */
enum status unix_message_create(struct transfer *from, size_t len, struct unix_message **out);
/*
 * Takes the message when it answers OK. Stream: it may end up in the one before. ERR_NO_MEMORY: the
 * account has no room for it.
 */
enum status unix_queue_push(struct unix_queue *queue, struct unix_message *message, bool is_stream);
/* The oldest; NULL: none. It stays. */
struct unix_message *unix_queue_first(const struct unix_queue *queue);
/* len bytes of the oldest were read. */
void unix_queue_consume(struct unix_queue *queue, struct unix_message *message, size_t len);
/* All of them are gone: gives back what was paid. */
void unix_queue_settle(struct unix_queue *queue);
/* The oldest, which is the caller's now; NULL: none. */
struct unix_message *unix_queue_take(struct unix_queue *queue);

static inline size_t unix_message_left(const struct unix_message *message)
{
	return message->end - message->start;
}
/* With the references it holds. Files may close, so no lock may be held. Accepts NULL. */
void unix_message_destroy(struct unix_message *message);
void unix_files_destroy(struct unix_files *files);

/* len from 1 to UNIX_NAME_MAX. NULL: no memory. */
struct unix_name *unix_name_create(const char *path, size_t len);
struct unix_name *unix_name_ref(struct unix_name *name);
/* Accepts NULL. */
void unix_name_unref(struct unix_name *name);
