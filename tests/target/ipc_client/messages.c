/* Lengths at every limit, and pointers that are none. */
#include "ipc_client.h"
#include <string.h>

static void fill(struct client *self, uint64_t len, uint8_t seed)
{
	for (uint64_t i = sizeof self->request.header; i < len; i++)
		((uint8_t *)&self->request)[i] = (uint8_t)(i * 7 + seed);
	memset(&self->reply, 0x5a, sizeof self->reply);
}

static bool echoes(struct client *self, uint64_t len)
{
	fill(self, len, (uint8_t)len);
	if (client_ask(self, TEST_OP_ECHO, 0, len) != (int64_t)len)
		return false;
	const uint8_t *reply = (const uint8_t *)&self->reply;
	/* nothing beyond it is touched */
	return memcmp(reply, &self->request, len) == 0 &&
	       (len == sizeof self->reply || reply[len] == 0x5a);
}

void check_lengths(struct client *self)
{
	static const struct {
		uint64_t len;
		const char *name;
	} lengths[] = {
	        {0, "no bytes go there and back"},        {1, "1 byte goes there and back"},
	        {16, "16 bytes go there and back"},       {63, "63 bytes go there and back"},
	        {64, "64 bytes go there and back"},       {65, "65 bytes go there and back"},
	        {4095, "4095 bytes go there and back"},   {4096, "4096 bytes go there and back"},
	        {4097, "4097 bytes go there and back"},   {65535, "65535 bytes go there and back"},
	        {65536, "65536 bytes go there and back"},
	};
	struct tap *tap = &self->tap;
	for (size_t i = 0; i < COUNT(lengths); i++)
		tap_check(tap, echoes(self, lengths[i].len), lengths[i].name);
	tap_check_equal(tap, client_ask(self, TEST_OP_ECHO, 0, IPC_MAX_INLINE_BYTES + 1),
	                ERR_INVALID_ARGS, "65537 bytes are refused");

	static const uint32_t replies[] = {64, 65, 4096};
	bool refused = true, fits = true;
	for (size_t i = 0; i < COUNT(replies); i++) {
		uint64_t len = 99;
		self->request.header.op = TEST_OP_REPLY_LENGTH;
		self->request.header.flags = replies[i];
		fits &= rustos_ipc_call(self->endpoint, &self->request, sizeof self->request.header,
		                        &self->reply, replies[i], &len) == OK &&
		        len == replies[i];
		refused &=
		        rustos_ipc_call(self->endpoint, &self->request, sizeof self->request.header,
		                        &self->reply, replies[i] - 1, &len) == OK &&
		        len == 0 && client_server_status(self) == ERR_MESSAGE_TOO_BIG;
	}
	tap_check(tap, fits, "a reply may fill the caller's buffer");
	tap_check(tap, refused, "the server hears that a reply does not fit, and answers again");

	tap_check_equal(tap, client_ask(self, TEST_OP_SMALL_NEXT, 100, 16), 0,
	                "the server takes a small buffer next");
	tap_check_equal(tap, client_ask(self, TEST_OP_ECHO, 0, 101), 101,
	                "a request that does not fit waits for a larger buffer");
}

/* Not readable or not writable, or not user memory at all. */
static const struct {
	uint64_t address;
	const char *in, *out, *large;
} bad[] = {
        {0, "request at 0", "reply at 0", "large request at 0"},
        {0x1000, "request on an unmapped page", "reply on an unmapped page",
         "large request on an unmapped page"},
        {0xffffffff80200000, "request in the kernel", "reply in the kernel",
         "large request in the kernel"},
        {0xffff800000001000, "request in the direct map", "reply in the direct map",
         "large request in the direct map"},
        {0x0000800000000000, "request at a non-canonical address",
         "reply at a non-canonical address", "large request at a non-canonical address"},
        {UINT64_MAX - 7, "request that wraps around", "reply that wraps around",
         "large request that wraps around"},
};

void check_pointers(struct client *self)
{
	struct tap *tap = &self->tap;
	for (size_t i = 0; i < COUNT(bad); i++) {
		void *pointer = (void *)bad[i].address;
		uint64_t len;
		tap_check_equal(
		        tap, rustos_ipc_call(self->endpoint, pointer, 16, &self->reply, 64, &len),
		        ERR_BAD_ADDRESS, bad[i].in);
		tap_check_equal(
		        tap, rustos_ipc_call(self->endpoint, pointer, 5000, &self->reply, 64, &len),
		        ERR_BAD_ADDRESS, bad[i].large);
		self->request.header.op = TEST_OP_REPLY_LENGTH;
		bool refused = true;
		static const uint32_t lengths[] = {8, 64, 65, 5000};
		for (size_t j = 0; j < COUNT(lengths); j++) {
			self->request.header.flags = lengths[j];
			refused &= rustos_ipc_call(self->endpoint, &self->request, 16, pointer,
			                           IPC_MAX_INLINE_BYTES, &len) == ERR_BAD_ADDRESS;
		}
		tap_check(tap, refused, bad[i].out);
	}
	tap_check_equal(tap, client_ask(self, TEST_OP_ECHO, 0, 64), 64, "the server still answers");
}

void check_server_pointers(struct client *self)
{
	static const struct {
		uint32_t which;
		uint64_t len;
		const char *name;
	} cases[] = {
	        {0, 64, "a small request survives receives into bad buffers"},
	        {0, 5000, "a large request survives receives into bad buffers"},
	        {1, 64, "a request survives bad places for its reply capability"},
	        {1, 5000, "and so does a large one"},
	};
	struct tap *tap = &self->tap;
	for (size_t i = 0; i < COUNT(cases); i++) {
		bool armed = client_ask(self, TEST_OP_BAD_NEXT, cases[i].which, 16) == 0;
		tap_check(tap, armed && echoes(self, cases[i].len), cases[i].name);
	}
	uint64_t refused = 0;
	int64_t len = client_ask(self, TEST_OP_BAD_REPLY, 0, 16);
	memcpy(&refused, &self->reply, sizeof refused);
	tap_check(tap, len == sizeof refused && refused == COUNT(bad) * 4,
	          "a request survives replies from bad pointers");
}
