#include "guest/client.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { HELLO_AGAIN_MS = 200, GUEST_READ_BYTES = 65536 };

static int guest_address(const char *path, struct sockaddr_un *out_address)
{
	*out_address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof out_address->sun_path)
		return ENAMETOOLONG;
	memcpy(out_address->sun_path, path, strlen(path) + 1);
	return 0;
}

static int guest_socket(const char *path, struct sockaddr_un *out_address, int *out_fd)
{
	int error = guest_address(path, out_address);
	if (error)
		return error;
	*out_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return *out_fd < 0 ? errno : 0;
}

struct str guest_early_path(struct arena *a, struct str path)
{
	return str_format(a, "%.*s.early", STR_ARG(path));
}

bool guest_listens(const char *path)
{
	struct guest_client other;
	bool listens = guest_connect(&other, path) == 0;
	guest_close(&other);
	return listens;
}

int guest_listen(const char *path)
{
	struct sockaddr_un address;
	int fd;
	if (guest_listens(path))
		return -EADDRINUSE;
	int error = guest_socket(path, &address, &fd);
	if (error)
		return -error;
	/* what a guest that was killed has left */
	unlink(path);
	if (bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 4) == 0)
		return fd;
	error = errno;
	close(fd);
	return -error;
}

int guest_connect(struct guest_client *client, const char *path)
{
	struct sockaddr_un address;
	*client = (struct guest_client){.fd = -1};
	int error = guest_socket(path, &address, &client->fd);
	if (error)
		return error;
	if (connect(client->fd, (const struct sockaddr *)&address, sizeof address) != 0) {
		error = errno;
		guest_close(client);
		return error;
	}
	fcntl(client->fd, F_SETFL, O_NONBLOCK);
	if (getrandom(client->nonce, sizeof client->nonce, 0) != (ssize_t)sizeof client->nonce)
		memcpy(client->nonce, &client, sizeof client); /* no two at once are alike */
	return 0;
}

void guest_close(struct guest_client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	client->fd = -1;
}

int guest_send(struct guest_client *client, enum agent_frame_type type, struct str payload)
{
	char wire[AGENT_WIRE_MAX];
	size_t len = agent_frame_encode(wire, (uint8_t)type, payload);
	for (size_t sent = 0; sent < len;) {
		ssize_t wrote = send(client->fd, wire + sent, len - sent, MSG_NOSIGNAL);
		if (wrote > 0) {
			sent += (size_t)wrote;
			continue;
		}
		struct pollfd entry = {.fd = client->fd, .events = POLLOUT};
		if (errno != EAGAIN && errno != EINTR)
			return errno;
		if (poll(&entry, 1, -1) < 0 && errno == EINTR)
			return EINTR;
	}
	return 0;
}

void guest_greet(struct guest_client *client, uint64_t now_ms)
{
	if (client->fd < 0 || client->welcomed || now_ms < client->hello_due_ms)
		return;
	char wire[AGENT_WIRE_MAX];
	struct str nonce = {client->nonce, sizeof client->nonce};
	size_t len = agent_frame_encode(wire, AGENT_HELLO, nonce);
	client->hello_due_ms = now_ms + HELLO_AGAIN_MS;
	/* a guest that takes nothing yet has enough of them in its queue */
	(void)!send(client->fd, wire, len, MSG_NOSIGNAL);
}

static void take_frame(struct guest_client *client, const struct agent_frame *frame,
                       guest_frame_handler handle, void *context)
{
	bool ours = frame->payload.len == sizeof client->nonce &&
	            memcmp(frame->payload.ptr, client->nonce, sizeof client->nonce) == 0;
	if (frame->type == AGENT_WELCOME && ours)
		client->welcomed = true;
	else if (client->welcomed && frame->type != AGENT_WELCOME)
		handle(context, frame);
}

bool guest_receive(struct guest_client *client, guest_frame_handler handle, void *context)
{
	char bytes[GUEST_READ_BYTES];
	for (;;) {
		ssize_t got = read(client->fd, bytes, sizeof bytes);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			return true;
		if (got <= 0)
			return false;
		struct agent_frame frame;
		for (ssize_t i = 0; i < got; i++)
			if (agent_decoder_feed(&client->decoder, (uint8_t)bytes[i], &frame))
				take_frame(client, &frame, handle, context);
		if (got < (ssize_t)sizeof bytes)
			return true;
	}
}
