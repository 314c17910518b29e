/*
 * Asks driverd, storaged and runtimed for who connects to /run/asker.sock (AF_UNIX, stream, one
 * question a connection): a u64 with the service's id and the message there, as its interface has
 * it; back its reply, or 4 bytes with what asking ended with.
 *
 * Only a program that was started with the right finds these services, and that is never one of a
 * shell's. It asks as services do, so that what a death leaves is decided by <service/client.h>.
 */
#include <abi/driver.h>
#include <abi/runtime.h>
#include <abi/services.h>
#include <abi/storage.h>
#include <linux_calls/api.h>
#include <service/api.h>
#include <service/client.h>
#include <string.h>

enum {
	FAMILY_LOCAL = 1,
	SOCKET_STREAM = 1,
	BACKLOG = 4,
	SEND_NO_SIGNAL = 0x4000,
	PAYLOAD_MAX = 16,
	REPLY_MAX = 512,
};

static const char socket_path[] = "/run/asker.sock";

struct [[gnu::packed]] asker_question {
	uint64_t service;
	struct ipc_message_header header;
	uint8_t payload[PAYLOAD_MAX];
};

static struct service_client clients[] = {
        {.service = IPC_SERVICE_DRIVERD, .idempotent = DRIVER_IDEMPOTENT},
        {.service = IPC_SERVICE_STORAGED, .idempotent = STORAGE_IDEMPOTENT},
        {.service = IPC_SERVICE_RUNTIMED, .idempotent = RUNTIME_IDEMPOTENT},
};

static struct service_client *client_of(uint64_t service)
{
	for (size_t i = 0; i < COUNT(clients); i++)
		if (clients[i].service == service)
			return &clients[i];
	return NULL;
}

/* The reply's length, or that of the status that stands in its place. */
static size_t ask(const struct asker_question *question, void *reply)
{
	struct {
		struct ipc_message_header header;
		uint8_t payload[PAYLOAD_MAX];
	} message = {.header = question->header};
	const struct service_question asked = {&message.header, reply, REPLY_MAX};
	struct service_client *client = client_of(question->service);
	bool good = client && question->header.payload_len <= PAYLOAD_MAX;
	size_t len = 0;
	memcpy(message.payload, question->payload, sizeof message.payload);
	int32_t status = good ? service_ask(client, &asked, &len) : ERR_INVALID_ARGS;
	if (len >= sizeof status)
		return len;
	memcpy(reply, &status, sizeof status);
	return sizeof status;
}

/* Who sends no whole question is left without an answer. */
static void serve(int64_t socket)
{
	struct asker_question question = {};
	uint8_t reply[REPLY_MAX];
	if (CALL(LINUX_READ, socket, &question, sizeof question) == sizeof question) {
		size_t len = ask(&question, reply);
		CALL(LINUX_SENDTO, socket, reply, len, SEND_NO_SIGNAL, 0, 0);
	}
	CALL(LINUX_CLOSE, socket);
}

int main(int, char **, char **)
{
	struct {
		uint16_t family;
		char path[sizeof socket_path];
	} address = {.family = FAMILY_LOCAL};
	memcpy(address.path, socket_path, sizeof socket_path);
	int64_t listener = CALL(LINUX_SOCKET, FAMILY_LOCAL, SOCKET_STREAM, 0);
	int64_t status = CALL(LINUX_BIND, listener, &address, sizeof address);
	if (status == OK)
		status = CALL(LINUX_LISTEN, listener, BACKLOG);
	while (status == OK) {
		int64_t socket = CALL(LINUX_ACCEPT4, listener, 0, 0, 0);
		if (socket >= 0)
			serve(socket);
		else if (socket != ERR_INTERRUPTED)
			status = socket;
	}
	service_log("asker", LOG_LEVEL_ERROR, "no socket: %s, giving up", status_name((int)status));
	return 1;
}
