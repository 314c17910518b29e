/* What is typed at the serial port faster than the console's thread takes it. */
#include "../../../test.h"
#include "core/api.h"
#include "device/api.h"
#include "io/terminal/terminal.h"
#include <setjmp.h>
#include <string.h>

enum { SENT_MAX = 2048, FIFO_BYTES = 16 };

/* The port, and its other end, which sends on as soon as there is room. */
static struct {
	char sent[SENT_MAX];
	size_t sent_len, sent_next;
	uint8_t fifo[FIFO_BYTES];
	size_t fifo_len;
	bool held;
} port;

static struct {
	char text[SENT_MAX];
	size_t len;
} taken;

static void (*console_thread)(void *argument);
static void *console_argument;
static jmp_buf thread_sleeps;

static void port_fill(void)
{
	while (port.fifo_len < FIFO_BYTES && port.sent_next < port.sent_len)
		port.fifo[port.fifo_len++] = (uint8_t)port.sent[port.sent_next++];
}

size_t serial_read(uint8_t *out, size_t capacity)
{
	size_t len = 0;
	for (port_fill(); len < capacity && port.fifo_len; port_fill()) {
		out[len++] = port.fifo[0];
		memmove(port.fifo, port.fifo + 1, --port.fifo_len);
	}
	return len;
}

void serial_receive_hold(void)
{
	port.held = true;
}

void serial_receive_again(void)
{
	port.held = false;
}

enum status thread_create(const struct thread_request *request, struct thread **out_thread)
{
	static struct thread thread;
	console_thread = request->entry;
	console_argument = request->argument;
	*out_thread = &thread;
	return OK;
}

void thread_start(struct thread *)
{
}

void waiter_init(struct waiter *)
{
}

void waiter_begin(struct waiter *)
{
}

void waiter_wake(struct waiter *)
{
}

bool waiter_sleep(struct waiter *, uint64_t)
{
	longjmp(thread_sleeps, 1);
}

void terminal_type(struct terminal *, uint8_t byte)
{
	assert_true(taken.len < sizeof taken.text);
	taken.text[taken.len++] = (char)byte;
}

/* Not looked at here. */
struct log *kernel_log(void)
{
	return NULL;
}

void log_write_terminal(struct log *, struct str, bool)
{
}

void display_write(struct str, bool)
{
}

void terminal_init(struct terminal *, const struct terminal_device *, uint64_t)
{
}

enum status terminal_file_create(struct terminal *, uint64_t, uint32_t, struct file **)
{
	return ERR_NO_MEMORY;
}

void terminal_give(struct terminal *, uint64_t)
{
}

static void console_runs(void)
{
	if (setjmp(thread_sleeps) == 0)
		console_thread(console_argument);
}

static void begin(size_t len)
{
	memset(&port, 0, sizeof port);
	memset(&taken, 0, sizeof taken);
	for (size_t i = 0; i < len; i++)
		port.sent[i] = (char)('a' + i % 23);
	port.sent_len = len;
	assert_int_equal(terminal_start(true), OK);
}

static void expect_all_taken(void)
{
	assert_int_equal(taken.len, port.sent_len);
	assert_memory_equal(taken.text, port.sent, port.sent_len);
	assert_false(port.held);
}

static void what_is_typed_comes_in_order(void **)
{
	begin(100);
	terminal_receive();
	console_runs();
	expect_all_taken();
}

/* It was raised before the port was held, and not taken back. */
static void an_interrupt_after_the_port_was_held_takes_nothing(void **)
{
	begin(SENT_MAX);
	terminal_receive();
	assert_true(port.held);
	terminal_receive();
	terminal_receive();
	while (port.sent_next < port.sent_len || port.fifo_len) {
		console_runs();
		assert_false(port.held);
		terminal_receive();
		terminal_receive();
	}
	console_runs();
	expect_all_taken();
}

/* They may leave one place. */
static void keys_leave_room_for_the_port(void **)
{
	begin(40);
	for (int i = 0; i < 300; i++)
		terminal_type_keys(STR("k"));
	terminal_receive();
	terminal_receive();
	assert_true(port.held);
	console_runs();
	assert_int_equal(taken.len, 256);
	assert_int_equal(taken.text[254], 'k');
	assert_int_equal(taken.text[255], 'a');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_is_typed_comes_in_order),
	        cmocka_unit_test(an_interrupt_after_the_port_was_held_takes_nothing),
	        cmocka_unit_test(keys_leave_room_for_the_port),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
