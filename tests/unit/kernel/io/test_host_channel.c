/* The way to the host, over a port whose interrupt is heard when its line rises, as the 8259A and an
 * edge-triggered input of an I/O APIC hear it. */
#include "../../test.h"
#include "core/api.h"
#include "io/api.h"
#include <string.h>

enum { FIFO_BYTES = 16, LATE_BYTES = 3 };

/* The port: what it asks for, and whether the rise of its line was heard. */
static struct {
	char fifo[FIFO_BYTES];
	size_t count;
	bool wants_received, wants_sent;
	bool sent_pending, sender_full;
	bool line, heard;
	size_t late; /* bytes that come the moment its FIFO was found empty */
} port;

static void port_changed(void)
{
	bool line = (port.wants_received && port.count) || (port.wants_sent && port.sent_pending);
	port.heard |= line && !port.line;
	port.line = line;
}

static void port_receive(const char *bytes, size_t len)
{
	memcpy(port.fifo + port.count, bytes, len);
	port.count += len;
	port_changed();
}

bool second_port_init(void)
{
	return true;
}

void second_port_want(bool received, bool sent)
{
	if (sent != port.wants_sent)
		port.sent_pending = sent && !port.sender_full;
	port.wants_received = received;
	port.wants_sent = sent;
	port_changed();
}

size_t second_port_read(uint8_t *out, size_t capacity)
{
	size_t len = port.count < capacity ? port.count : capacity;
	memcpy(out, port.fifo, len);
	memmove(port.fifo, port.fifo + len, port.count - len);
	port.count -= len;
	port_changed();
	size_t late = port.late;
	port.late = 0;
	port_receive("abc", late);
	return len;
}

size_t second_port_write(const uint8_t *, size_t len)
{
	return port.sender_full ? 0 : len;
}

bool second_port_asks(void)
{
	bool received = port.wants_received && port.count, asks = port.line;
	if (!received)
		port.sent_pending = false;
	port_changed();
	return asks;
}

size_t host_memory_half(void)
{
	return 0;
}

enum status host_memory_put(struct user_in)
{
	return ERR_NO_DEVICE;
}

enum status host_memory_take(struct user_out)
{
	return ERR_NO_DEVICE;
}

static char *moved; /* the one transfer's bytes */

enum status transfer_to_user(struct transfer *to, const void *src, size_t len)
{
	memcpy(moved, src, len);
	to->left -= len;
	return OK;
}

enum status transfer_from_user(struct transfer *from, void *dst, size_t len)
{
	memcpy(dst, moved, len);
	from->left -= len;
	return OK;
}

void transfer_skip(struct transfer *transfer, size_t len)
{
	transfer->left -= len;
}

enum status user_copy_in(void *, struct user_in)
{
	return ERR_BAD_ADDRESS;
}

static struct file opened;

void *heap_alloc(size_t)
{
	return &opened;
}

void *slab_alloc(struct slab *)
{
	return &opened;
}

void heap_free(void *, size_t)
{
}

void file_init(struct file *file, const struct file_ops *ops, struct readiness *readiness,
               uint32_t flags)
{
	*file = (struct file){.ops = ops, .readiness = readiness, .flags = flags};
}

/* Nobody waits in this test. */
void readiness_init(struct readiness *readiness, uint32_t word)
{
	*readiness = (struct readiness){.word = word};
}

void readiness_set(struct readiness *readiness, uint32_t word, uint32_t)
{
	readiness->word = word;
}

void sleep_lock_init(struct sleep_lock *)
{
}

void sleep_lock_acquire(struct sleep_lock *)
{
}

void sleep_lock_release(struct sleep_lock *)
{
}

/* Every rise that was heard is answered. */
static void interrupts_come(void)
{
	while (port.heard) {
		port.heard = false;
		host_channel_interrupt();
	}
}

static void begin(void)
{
	struct file *file;
	memset(&port, 0, sizeof port);
	assert_true(host_channel_start());
	assert_int_equal(host_channel_open(4 << 8 | 65, 0, &file), OK);
	assert_ptr_equal(file, &opened);
}

static size_t channel_has(void)
{
	char bytes[64];
	struct transfer to = {.left = sizeof bytes};
	size_t len = 0;
	moved = bytes;
	(void)opened.ops->read(&opened, &to, &len);
	return len;
}

static size_t channel_takes(char *bytes, size_t len)
{
	struct transfer from = {.left = len};
	size_t count = 0;
	moved = bytes;
	(void)opened.ops->write(&opened, &from, &count);
	interrupts_come();
	return count;
}

static char sent[] = "abc";

static void sender_is_free(void)
{
	port.sender_full = false;
	port.sent_pending = true;
	port_changed();
}

static void what_comes_is_there(void **)
{
	begin();
	port_receive("abc", 3);
	interrupts_come();
	assert_int_equal(channel_has(), 3);
	assert_int_equal(channel_has(), 0);
}

static void who_writes_is_told_when_there_is_room(void **)
{
	begin();
	port.sender_full = true;
	assert_int_equal(channel_takes(sent, 3), 0);
	assert_int_equal(readiness_word(opened.readiness) & READY_OUT, 0);
	sender_is_free();
	interrupts_come();
	assert_int_equal(readiness_word(opened.readiness) & READY_OUT, READY_OUT);
	assert_int_equal(channel_takes(sent, 3), 3);
}

/* While both directions ask, the line stays up when one of them is served: what comes then raises
 * nothing. */
static void what_comes_while_the_line_is_up_is_there(void **)
{
	begin();
	port.sender_full = true;
	assert_int_equal(channel_takes(sent, 3), 0);
	port.late = LATE_BYTES;
	port_receive("de", 2);
	sender_is_free();
	interrupts_come();
	assert_int_equal(channel_has(), 2 + LATE_BYTES);
	assert_int_equal(port.count, 0);
	port_receive("f", 1);
	interrupts_come();
	assert_int_equal(channel_has(), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_comes_is_there),
	        cmocka_unit_test(who_writes_is_told_when_there_is_room),
	        cmocka_unit_test(what_comes_while_the_line_is_up_is_there),
	};
	return cmocka_run_group_tests_name("host_channel", tests, NULL, NULL);
}
