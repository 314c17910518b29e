#include "io/unix/queue.h"
#include <base/cleanup.h>
#include <string.h>

enum { UNIX_SMALL_MESSAGE = 960 }; /* room that a short stream write leaves for the next ones */

void unix_queue_init(struct unix_queue *queue, struct memory_account *account)
{
	*queue = (struct unix_queue){.account = account};
	list_init(&queue->messages);
}

static size_t unix_message_bytes(const struct unix_message *message)
{
	return sizeof *message + message->capacity;
}

enum status unix_message_create(struct transfer *from, size_t len, struct unix_message **out)
{
	size_t capacity = len < UNIX_SMALL_MESSAGE ? UNIX_SMALL_MESSAGE : len;
	struct unix_message *message = heap_alloc(sizeof *message + capacity);
	if (!message)
		return ERR_NO_MEMORY;
	message->capacity = capacity;
	enum status status = len ? transfer_from_user(from, message->bytes, len) : OK;
	if (status != OK) {
		unix_message_destroy(message);
		return status;
	}
	message->end = len;
	*out = message;
	return OK;
}

static bool unix_same_sender(const struct unix_message *a, const struct unix_message *b)
{
	return a->sender.pid == b->sender.pid && a->sender.uid == b->sender.uid &&
	       a->sender.gid == b->sender.gid;
}

/* Moves the bytes into the newest message, if they belong together and fit. */
static bool unix_queue_join(struct unix_queue *queue, const struct unix_message *message)
{
	if (list_empty(&queue->messages))
		return false;
	struct unix_message *last = container_of(queue->messages.prev, struct unix_message, link);
	if (message->files || !unix_same_sender(last, message) ||
	    last->capacity - last->end < message->end)
		return false;
	memcpy(last->bytes + last->end, message->bytes, message->end);
	last->end += message->end;
	return true;
}

/* What the first page of a queue pays for is kept while it is in use. */
static enum status unix_queue_pay(struct unix_queue *queue, size_t charged)
{
	size_t wanted = (charged + PAGE_SIZE - 1) & ~(size_t)(PAGE_SIZE - 1);
	TRY(memory_charge(queue->account, wanted - queue->paid));
	queue->paid = wanted;
	return OK;
}

static void unix_queue_pay_less(struct unix_queue *queue, size_t paid)
{
	memory_uncharge(queue->account, queue->paid - paid);
	queue->paid = paid;
}

void unix_queue_settle(struct unix_queue *queue)
{
	unix_queue_pay_less(queue, 0);
}

enum status unix_queue_push(struct unix_queue *queue, struct unix_message *message, bool is_stream)
{
	if (is_stream && unix_queue_join(queue, message)) {
		queue->bytes += message->end;
		unix_message_destroy(message);
		return OK;
	}
	size_t charge = unix_message_bytes(message) + (message->files ? sizeof *message->files : 0);
	if (queue->charged + charge > queue->paid)
		TRY(unix_queue_pay(queue, queue->charged + charge));
	message->charge = charge;
	queue->bytes += message->end;
	queue->charged += charge;
	list_push_back(&queue->messages, &message->link);
	return OK;
}

struct unix_message *unix_queue_first(const struct unix_queue *queue)
{
	if (list_empty(&queue->messages))
		return NULL;
	return container_of(queue->messages.next, struct unix_message, link);
}

void unix_queue_consume(struct unix_queue *queue, struct unix_message *message, size_t len)
{
	message->start += len;
	queue->bytes -= len;
}

struct unix_message *unix_queue_take(struct unix_queue *queue)
{
	struct unix_message *message = unix_queue_first(queue);
	if (!message)
		return NULL;
	list_remove(&message->link);
	queue->charged -= message->charge;
	queue->bytes -= unix_message_left(message);
	if (!queue->charged && queue->paid > PAGE_SIZE)
		unix_queue_pay_less(queue, PAGE_SIZE);
	return message;
}

void unix_files_destroy(struct unix_files *files)
{
	if (!files)
		return;
	for (uint32_t i = 0; i < files->count; i++)
		file_unref(files->items[i]);
	heap_free(files, sizeof *files);
}

void unix_message_destroy(struct unix_message *message)
{
	if (!message)
		return;
	unix_files_destroy(message->files);
	unix_name_unref(message->from);
	heap_free(message, unix_message_bytes(message));
}

struct unix_name *unix_name_create(const char *path, size_t len)
{
	struct unix_name *name = HEAP_NEW(struct unix_name);
	if (!name)
		return NULL;
	name->references = 1;
	name->len = (uint32_t)len;
	memcpy(name->path, path, len);
	return name;
}

struct unix_name *unix_name_ref(struct unix_name *name)
{
	if (name)
		__atomic_fetch_add(&name->references, 1, __ATOMIC_RELAXED);
	return name;
}

void unix_name_unref(struct unix_name *name)
{
	if (name && __atomic_sub_fetch(&name->references, 1, __ATOMIC_ACQ_REL) == 0)
		heap_free(name, sizeof *name);
}
