#include "guest/client.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	HELLO_AGAIN_MS = 200,
	GUEST_READ_BYTES = 65536,
};

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

static const struct str early_suffix = STR_INIT(".early"), memory_suffix = STR_INIT(".memory");

struct str guest_early_path(struct arena *a, struct str path)
{
	return str_format(a, "%.*s%.*s", STR_ARG(path), STR_ARG(early_suffix));
}

/* The socket's name without what it has while firmware runs. */
static struct str guest_lasting_path(struct str path)
{
	return str_ends_with(path, early_suffix) ? str_slice(path, 0, path.len - early_suffix.len)
	                                         : path;
}

struct str guest_memory_path(struct arena *a, struct str path)
{
	return str_format(a, "%.*s%.*s", STR_ARG(guest_lasting_path(path)), STR_ARG(memory_suffix));
}

int guest_memory_create(const char *path)
{
	unlink(path); /* a guest may have the old one still */
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, GUEST_MEMORY_BYTES) == 0)
		return fd < 0 ? -errno : fd;
	int error = errno;
	close(fd);
	return -error;
}

/* A guest without it has none, and all goes over the socket. */
static int guest_memory_open(const char *socket_path)
{
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 16];
	struct str base = guest_lasting_path(str_from_c(socket_path));
	struct stat facts;
	snprintf(path, sizeof path, "%.*s%.*s", STR_ARG(base), STR_ARG(memory_suffix));
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || (fstat(fd, &facts) == 0 && facts.st_size == GUEST_MEMORY_BYTES))
		return fd;
	close(fd);
	return -1;
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
	*client = (struct guest_client){.fd = -1, .memory = -1};
	int error = guest_socket(path, &address, &client->fd);
	if (error)
		return error;
	if (connect(client->fd, (const struct sockaddr *)&address, sizeof address) != 0) {
		error = errno;
		guest_close(client);
		return error;
	}
	fcntl(client->fd, F_SETFL, O_NONBLOCK);
	client->memory = guest_memory_open(path);
	if (getrandom(client->nonce, sizeof client->nonce, 0) != (ssize_t)sizeof client->nonce)
		memcpy(client->nonce, &client, sizeof client); /* no two at once are alike */
	return 0;
}

void guest_close(struct guest_client *client)
{
	if (client->fd >= 0) {
		close(client->fd);
		if (client->memory >= 0)
			close(client->memory);
	}
	client->fd = client->memory = -1;
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

size_t guest_piece_max(const struct guest_client *client)
{
	return client->lends ? AGENT_LENT_MAX : AGENT_PAYLOAD_MAX;
}

int guest_send_piece(struct guest_client *client, enum agent_frame_type type, struct str payload)
{
	char words[AGENT_LENT_BYTES];
	if (!client->lends || payload.len <= AGENT_LENT_MIN)
		return guest_send(client, type, payload);
	ssize_t wrote = pwrite(client->memory, payload.ptr, payload.len, AGENT_LENT_MAX);
	if (wrote != (ssize_t)payload.len)
		return wrote < 0 ? errno : EIO;
	client->lent = true;
	agent_lent_encode(words, (uint8_t)type, payload.len);
	return guest_send(client, AGENT_LENT, (struct str){words, sizeof words});
}

/* A frame that lies in the memory. */
static void take_lent(struct guest_client *client, struct str payload, guest_frame_handler handle,
                      void *context)
{
	char bytes[AGENT_LENT_MAX];
	struct agent_frame frame;
	size_t len;
	if (client->memory < 0 || !agent_lent_decode(payload, &frame.type, &len) ||
	    pread(client->memory, bytes, len, 0) != (ssize_t)len)
		return;
	frame.payload = (struct str){bytes, len};
	handle(context, &frame);
	/* a guest that is gone is told of by what is read next */
	(void)!guest_send(client, AGENT_TAKEN, (struct str){});
}

static void take_frame(struct guest_client *client, const struct agent_frame *frame,
                       guest_frame_handler handle, void *context)
{
	bool ours = frame->payload.len == sizeof client->nonce &&
	            memcmp(frame->payload.ptr, client->nonce, sizeof client->nonce) == 0;
	if (frame->type == AGENT_WELCOME && ours) {
		client->welcomed = true;
		if (client->memory >= 0)
			(void)!guest_send(client, AGENT_MEMORY, (struct str){});
	} else if (client->welcomed && frame->type == AGENT_MEMORY_THERE) {
		client->lends = client->memory >= 0;
	} else if (client->welcomed && frame->type == AGENT_TAKEN) {
		client->lent = false;
	} else if (client->welcomed && frame->type == AGENT_LENT) {
		take_lent(client, frame->payload, handle, context);
	} else if (client->welcomed && frame->type != AGENT_WELCOME) {
		handle(context, frame);
	}
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
