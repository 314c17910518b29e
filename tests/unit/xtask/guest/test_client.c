/* The client against an agent that is played here. */
#include "../../folder.h"
#include "../../test.h"
#include "guest/client.h"
#include "os/files.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char folder[] = "/tmp/guest_client.XXXXXX";
static char path[64];

struct seen {
	size_t count;
	uint8_t type;
	char text[64];
};

static void see(void *context, const struct agent_frame *frame)
{
	struct seen *seen = context;
	seen->count++;
	seen->type = frame->type;
	snprintf(seen->text, sizeof seen->text, "%.*s", STR_ARG(frame->payload));
}

static void say(int fd, enum agent_frame_type type, struct str payload)
{
	char wire[AGENT_WIRE_MAX];
	size_t len = agent_frame_encode(wire, (uint8_t)type, payload);
	assert_int_equal(write(fd, wire, len), len);
}

/* The next frame that comes to the agent; payload into text. */
static struct str hear(int fd, uint8_t type, char *text, size_t capacity)
{
	static struct agent_decoder decoder;
	struct agent_frame frame;
	char byte;
	do
		assert_int_equal(read(fd, &byte, 1), 1);
	while (!agent_decoder_feed(&decoder, (uint8_t)byte, &frame));
	assert_int_equal(frame.type, type);
	assert_true(frame.payload.len <= capacity);
	memcpy(text, frame.payload.ptr, frame.payload.len);
	return (struct str){text, frame.payload.len};
}

static void a_guest_is_greeted_until_it_answers(void **)
{
	struct guest_client client;
	struct seen seen = {};
	char nonce[64];
	int listener = guest_listen(path);
	assert_true(listener >= 0);
	assert_int_equal(guest_connect(&client, path), 0);
	int agent = accept(listener, NULL, NULL);
	guest_greet(&client, 1000);
	guest_greet(&client, 1001); /* not due */
	guest_greet(&client, 2000);
	struct str first = hear(agent, AGENT_HELLO, nonce, sizeof nonce);
	/* what was meant for somebody before does not count, nor does another's welcome */
	say(agent, AGENT_OUT, STR("old"));
	say(agent, AGENT_WELCOME, STR("0123456789abcdef"));
	assert_true(guest_receive(&client, see, &seen));
	assert_false(client.welcomed);
	say(agent, AGENT_WELCOME, first);
	say(agent, AGENT_WELCOME, first);
	say(agent, AGENT_OUT, STR("new"));
	assert_true(guest_receive(&client, see, &seen));
	assert_true(client.welcomed);
	assert_int_equal(seen.count, 1);
	assert_string_equal(seen.text, "new");
	assert_int_equal(guest_send(&client, AGENT_RUN, STR("ls")), 0);
	hear(agent, AGENT_HELLO, nonce, sizeof nonce);
	assert_str(hear(agent, AGENT_RUN, nonce, sizeof nonce), STR("ls"));
	close(agent);
	assert_false(guest_receive(&client, see, &seen));
	guest_close(&client);
	close(listener);
}

static void larger_pieces_lie_in_memory_once_both_see_it(void **)
{
	static char many[3000], back[3000];
	struct arena a;
	host_arena_init(&a);
	const char *memory = arena_c_str(&a, guest_memory_path(&a, str_from_c(path)));
	struct guest_client client;
	struct seen seen = {};
	char bytes[64], words[AGENT_LENT_BYTES];
	memset(many, 'x', sizeof many);
	int file = guest_memory_create(memory), listener = guest_listen(path);
	assert_true(file >= 0);
	assert_int_equal(guest_connect(&client, path), 0);
	int agent = accept(listener, NULL, NULL);
	guest_greet(&client, 1000);
	say(agent, AGENT_WELCOME, hear(agent, AGENT_HELLO, bytes, sizeof bytes));
	assert_true(guest_receive(&client, see, &seen));
	assert_int_equal(hear(agent, AGENT_MEMORY, bytes, sizeof bytes).len, 0);
	assert_int_equal(guest_piece_max(&client), AGENT_PAYLOAD_MAX);
	say(agent, AGENT_MEMORY_THERE, STR(""));
	assert_true(guest_receive(&client, see, &seen));
	assert_int_equal(guest_piece_max(&client), AGENT_LENT_MAX);

	struct str piece = {many, sizeof many};
	assert_int_equal(guest_send_piece(&client, AGENT_DATA, piece), 0);
	assert_true(client.lent);
	agent_lent_encode(words, AGENT_DATA, sizeof many);
	assert_str(hear(agent, AGENT_LENT, bytes, sizeof bytes),
	           ((struct str){words, sizeof words}));
	assert_int_equal(pread(file, back, sizeof back, AGENT_LENT_MAX), sizeof back);
	assert_memory_equal(back, many, sizeof many);
	say(agent, AGENT_TAKEN, STR(""));
	assert_true(guest_receive(&client, see, &seen));
	assert_false(client.lent);
	assert_int_equal(guest_send_piece(&client, AGENT_DATA, STR("few")), 0);
	assert_str(hear(agent, AGENT_DATA, bytes, sizeof bytes), STR("few"));

	assert_int_equal(pwrite(file, "from the guest", 14, 0), 14);
	agent_lent_encode(words, AGENT_OUT, 14);
	say(agent, AGENT_LENT, (struct str){words, sizeof words});
	assert_true(guest_receive(&client, see, &seen));
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.type, AGENT_OUT);
	assert_string_equal(seen.text, "from the guest");
	assert_int_equal(hear(agent, AGENT_TAKEN, bytes, sizeof bytes).len, 0);
	guest_close(&client);
	close(agent);
	close(listener);
	close(file);
	unlink(memory);
	unlink(path);
	arena_release(&a);
}

static void where_nobody_listens_there_is_no_guest(void **)
{
	struct guest_client client;
	unlink(path);
	assert_int_equal(guest_connect(&client, path), ENOENT);
	int listener = guest_listen(path);
	close(listener);
	assert_int_equal(guest_connect(&client, path), ECONNREFUSED);
	/* what a killed one has left is no obstacle, a living one is */
	listener = guest_listen(path);
	assert_true(listener >= 0);
	assert_int_equal(guest_listen(path), -EADDRINUSE);
	close(listener);
	char longer[200] = {};
	memset(longer, 'x', sizeof longer - 1);
	assert_int_equal(guest_listen(longer), -ENAMETOOLONG);
}

int main(void)
{
	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof path, "%s/agent.sock", folder);
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_guest_is_greeted_until_it_answers),
	        cmocka_unit_test(larger_pieces_lie_in_memory_once_both_see_it),
	        cmocka_unit_test(where_nobody_listens_there_is_no_guest),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	rmdir(folder);
	return failed;
}
