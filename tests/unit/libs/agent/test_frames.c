#include "../../test.h"

#include <agent/api.h>
#include <string.h>

static char wire[AGENT_WIRE_MAX];
static struct agent_decoder decoder;

/* The number of whole frames among the bytes; the last one comes out. */
static size_t feed(const char *bytes, size_t len, struct agent_frame *out_frame)
{
	size_t count = 0;
	for (size_t i = 0; i < len; i++)
		count += agent_decoder_feed(&decoder, (uint8_t)bytes[i], out_frame);
	return count;
}

static void every_byte_arrives_as_it_was(void **)
{
	char payload[AGENT_PAYLOAD_MAX];
	struct agent_frame frame;
	for (size_t i = 0; i < sizeof payload; i++)
		payload[i] = (char)(i * 7);
	for (size_t len = 0; len <= sizeof payload; len += 64) {
		size_t bytes = agent_frame_encode(wire, AGENT_DATA, (struct str){payload, len});
		assert_true(bytes <= sizeof wire);
		decoder = (struct agent_decoder){};
		assert_int_equal(feed(wire, bytes, &frame), 1);
		assert_int_equal(frame.type, AGENT_DATA);
		assert_int_equal(frame.payload.len, len);
		assert_memory_equal(frame.payload.ptr, payload, len);
	}
}

static void the_time_and_the_numbers_of_a_resumed_machine_arrive(void **)
{
	struct agent_resumed sent = {.seconds = 0x1234567890, .nanoseconds = 999999999}, got;
	char bytes[AGENT_RESUMED_BYTES];
	for (size_t i = 0; i < sizeof sent.random; i++)
		sent.random[i] = (char)(i * 5);
	agent_resumed_encode(bytes, &sent);
	assert_true(agent_resumed_decode((struct str){bytes, sizeof bytes}, &got));
	assert_int_equal(got.seconds, sent.seconds);
	assert_int_equal(got.nanoseconds, sent.nanoseconds);
	assert_memory_equal(got.random, sent.random, sizeof sent.random);
	assert_false(agent_resumed_decode((struct str){bytes, sizeof bytes - 1}, &got));
}

static void marks_within_are_pairs_at_their_longest(void **)
{
	char payload[AGENT_PAYLOAD_MAX];
	memset(payload, AGENT_MARK_END, sizeof payload);
	size_t bytes =
	        agent_frame_encode(wire, AGENT_MARK_END, (struct str){payload, sizeof payload});
	struct agent_frame frame;
	assert_int_equal(bytes, sizeof wire);
	decoder = (struct agent_decoder){};
	assert_int_equal(feed(wire, bytes, &frame), 1);
	assert_int_equal(frame.type, AGENT_MARK_END);
	assert_int_equal(frame.payload.len, sizeof payload);
}

static void the_next_frame_is_found_whatever_came_before(void **)
{
	static const struct {
		const char *bytes;
		size_t len;
	} before[] = {
#define BYTES(text) text, sizeof(text) - 1
	        {BYTES("")},
	        {BYTES("half of a fra")},
	        {BYTES("\xc0Hhalf\xdb")},
	        {BYTES("\xc0H\xdb\x01wrong pair")},
	        {BYTES("\xc0\xc0\xc0")},
#undef BYTES
	};
	for (size_t i = 0; i < COUNT(before); i++) {
		struct agent_frame frame;
		decoder = (struct agent_decoder){};
		(void)feed(before[i].bytes, before[i].len, &frame);
		size_t bytes = agent_frame_encode(wire, AGENT_HELLO, STR("nonce"));
		size_t count = feed(wire, bytes, &frame);
		assert_true(count >= 1);
		assert_int_equal(frame.type, AGENT_HELLO);
		assert_str(frame.payload, STR("nonce"));
	}
}

static void broken_and_overlong_frames_are_none(void **)
{
	struct agent_frame frame;
	decoder = (struct agent_decoder){};
	assert_int_equal(feed("\xc0H\xdb\x01\xc0", 5, &frame), 0);
	assert_int_equal(feed("H\xdb\xc0", 3, &frame), 0);
	for (size_t i = 0; i < AGENT_PAYLOAD_MAX + 2; i++)
		assert_false(agent_decoder_feed(&decoder, 'x', &frame));
	assert_int_equal(feed("\xc0", 1, &frame), 0);
	assert_int_equal(feed("K\xc0", 2, &frame), 1);
	assert_int_equal(frame.type, AGENT_KILL);
}

static void numbers_are_little_endian(void **)
{
	char bytes[4];
	agent_put_u32(bytes, 0x89abcdef);
	assert_memory_equal(bytes, "\xef\xcd\xab\x89", 4);
	assert_int_equal(agent_u32(bytes), 0x89abcdef);
}

static void what_is_lent_is_of_a_known_kind_and_fits(void **)
{
	static const struct {
		uint32_t type;
		uint32_t len;
		bool sound;
	} cases[] = {
	        {AGENT_OUT, 1, true},           {AGENT_ERROR, AGENT_LENT_MAX, true},
	        {AGENT_INPUT, 513, true},       {AGENT_DATA, 4096, true},
	        {AGENT_KILL, 1, false},         {AGENT_LENT, 1, false},
	        {AGENT_OUT + 256, 1, false},    {AGENT_OUT, AGENT_LENT_MAX + 1, false},
	        {AGENT_OUT, UINT32_MAX, false},
	};
	char words[AGENT_LENT_BYTES];
	uint8_t type;
	size_t len;
	for (size_t i = 0; i < COUNT(cases); i++) {
		agent_put_u32(words, cases[i].type);
		agent_put_u32(words + 4, cases[i].len);
		bool sound = agent_lent_decode((struct str){words, sizeof words}, &type, &len);
		assert_int_equal(sound, cases[i].sound);
	}
	agent_lent_encode(words, AGENT_ERROR, 70);
	assert_true(agent_lent_decode((struct str){words, sizeof words}, &type, &len));
	assert_int_equal(type, AGENT_ERROR);
	assert_int_equal(len, 70);
	assert_false(agent_lent_decode((struct str){words, sizeof words - 1}, &type, &len));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_byte_arrives_as_it_was),
	        cmocka_unit_test(the_time_and_the_numbers_of_a_resumed_machine_arrive),
	        cmocka_unit_test(marks_within_are_pairs_at_their_longest),
	        cmocka_unit_test(the_next_frame_is_found_whatever_came_before),
	        cmocka_unit_test(broken_and_overlong_frames_are_none),
	        cmocka_unit_test(numbers_are_little_endian),
	        cmocka_unit_test(what_is_lent_is_of_a_known_kind_and_fits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
