/* Messages in a socket's queue, and what they hold. */
#include "../../../test.h"
#include "io/unix/queue.h"
#include <stdlib.h>
#include <string.h>

static unsigned pieces_alive, files_closed;

void *heap_alloc(size_t size)
{
	pieces_alive++;
	return calloc(1, size);
}

void *slab_alloc(struct slab *slab)
{
	return heap_alloc(slab->size);
}

void heap_free(void *memory, size_t)
{
	pieces_alive -= memory != NULL;
	free(memory);
}

/* User memory is the test's own; nothing is there at 0. */
enum status transfer_from_user(struct transfer *transfer, void *dst, size_t len)
{
	if (!transfer->parts->addr)
		return ERR_BAD_ADDRESS;
	memcpy(dst, (const void *)transfer->parts->addr, len);
	transfer->left -= len;
	return OK;
}

void file_unref(struct file *file)
{
	files_closed += file != NULL;
}

static struct unix_message *message_make(const char *text, size_t len, uint32_t pid)
{
	struct unix_message *message;
	struct user_in part = {(uintptr_t)text, len};
	struct transfer from = {.parts = &part, .part_count = 1, .left = len};
	assert_int_equal(unix_message_create(&from, len, &message), OK);
	assert_int_equal(from.left, 0);
	message->sender.pid = pid;
	return message;
}

static void empty(struct unix_queue *queue)
{
	for (struct unix_message *each; (each = unix_queue_take(queue));)
		unix_message_destroy(each);
	assert_int_equal(queue->bytes, 0);
	assert_int_equal(queue->charged, 0);
	assert_int_equal(pieces_alive, 0);
}

static void short_stream_writes_share_a_message_and_long_ones_do_not(void **)
{
	struct unix_queue queue;
	static char large[3000];
	unix_queue_init(&queue, NULL);
	assert_int_equal(unix_queue_push(&queue, message_make("abc", 3, 1), true), OK);
	size_t one = queue.charged;
	assert_int_equal(unix_queue_push(&queue, message_make("def", 3, 1), true), OK);
	assert_int_equal(queue.charged, one);
	assert_int_equal(queue.bytes, 6);
	assert_memory_equal(unix_queue_first(&queue)->bytes, "abcdef", 6);
	assert_int_equal(unix_queue_push(&queue, message_make(large, sizeof large, 1), true), OK);
	assert_true(queue.charged > one + sizeof large);
	assert_int_equal(unix_message_left(unix_queue_first(&queue)), 6);
	empty(&queue);
}

static void bytes_of_two_senders_stay_apart(void **)
{
	struct unix_queue queue;
	unix_queue_init(&queue, NULL);
	assert_int_equal(unix_queue_push(&queue, message_make("abc", 3, 1), true), OK);
	assert_int_equal(unix_queue_push(&queue, message_make("def", 3, 2), true), OK);
	assert_int_equal(unix_message_left(unix_queue_first(&queue)), 3);
	empty(&queue);
}

static void packets_stay_apart_and_may_be_empty(void **)
{
	struct unix_queue queue;
	unix_queue_init(&queue, NULL);
	assert_int_equal(unix_queue_push(&queue, message_make("", 0, 1), false), OK);
	assert_int_equal(unix_queue_push(&queue, message_make("x", 1, 1), false), OK);
	struct unix_message *first = unix_queue_take(&queue);
	assert_int_equal(unix_message_left(first), 0);
	unix_message_destroy(first);
	assert_false(unix_queue_is_empty(&queue));
	empty(&queue);
	assert_true(unix_queue_is_empty(&queue));
}

static void what_was_read_counts_no_more(void **)
{
	struct unix_queue queue;
	unix_queue_init(&queue, NULL);
	assert_int_equal(unix_queue_push(&queue, message_make("abcdef", 6, 1), true), OK);
	unix_queue_consume(&queue, unix_queue_first(&queue), 4);
	assert_int_equal(queue.bytes, 2);
	assert_int_equal(unix_queue_push(&queue, message_make("gh", 2, 1), true), OK);
	assert_int_equal(queue.bytes, 4);
	assert_memory_equal(unix_queue_first(&queue)->bytes + 4, "efgh", 4);
	empty(&queue);
}

static void a_message_takes_its_files_and_its_name_along(void **)
{
	struct unix_queue queue;
	struct file files[2] = {};
	unix_queue_init(&queue, NULL);
	struct unix_message *message = message_make("x", 1, 1);
	message->from = unix_name_create("name", 4);
	message->files = heap_alloc(sizeof *message->files);
	for (unsigned i = 0; i < 2; i++)
		message->files->items[message->files->count++] = &files[i];
	assert_int_equal(unix_queue_push(&queue, message, true), OK);
	assert_int_equal(unix_queue_push(&queue, message_make("y", 1, 1), true), OK);
	assert_int_equal(files_closed, 0);
	empty(&queue);
	assert_int_equal(files_closed, 2);
}

static void bytes_that_are_not_there_leave_nothing(void **)
{
	struct unix_message *message;
	struct user_in part = {0, 5};
	struct transfer from = {.parts = &part, .part_count = 1, .left = 5};
	assert_int_equal(unix_message_create(&from, 5, &message), ERR_BAD_ADDRESS);
	assert_int_equal(pieces_alive, 0);
}

static void what_waits_is_paid_for_in_pages(void **)
{
	struct unix_queue queue;
	struct memory_account *account;
	static char large[PAGE_SIZE];
	assert_int_equal(memory_account_create(2 * PAGE_SIZE, &account), OK);
	unix_queue_init(&queue, account);
	assert_int_equal(unix_queue_push(&queue, message_make("abc", 3, 1), false), OK);
	assert_int_equal(memory_account_usage(account).bytes, PAGE_SIZE);
	assert_int_equal(unix_queue_push(&queue, message_make(large, sizeof large, 1), false), OK);
	assert_int_equal(memory_account_usage(account).bytes, 2 * PAGE_SIZE);
	struct unix_message *refused = message_make(large, sizeof large, 1);
	assert_int_equal(unix_queue_push(&queue, refused, false), ERR_NO_MEMORY);
	unix_message_destroy(refused);
	for (struct unix_message *each; (each = unix_queue_take(&queue));)
		unix_message_destroy(each);
	assert_int_equal(memory_account_usage(account).bytes, PAGE_SIZE); /* for the next ones */
	unix_queue_settle(&queue);
	assert_int_equal(memory_account_usage(account).bytes, 0);
	memory_account_unref(account);
	assert_int_equal(pieces_alive, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_waits_is_paid_for_in_pages),
	        cmocka_unit_test(short_stream_writes_share_a_message_and_long_ones_do_not),
	        cmocka_unit_test(bytes_of_two_senders_stay_apart),
	        cmocka_unit_test(packets_stay_apart_and_may_be_empty),
	        cmocka_unit_test(what_was_read_counts_no_more),
	        cmocka_unit_test(a_message_takes_its_files_and_its_name_along),
	        cmocka_unit_test(bytes_that_are_not_there_leave_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
