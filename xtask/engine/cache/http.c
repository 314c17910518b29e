#include "engine/cache/http.h"
#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { WAIT_SECONDS = 10, HEADER_BYTES_MAX = 64 * 1024, STATUS_MIN = 100, STATUS_MAX = 599 };
static const size_t body_bytes_max = (size_t)4 << 30;

bool http_address_parse(struct arena *a, struct str url, struct http *out)
{
	if (!str_starts_with(url, STR("http://")))
		return false;
	struct str_split split = str_cut(str_slice(url, 7, url.len), '/');
	struct str_split authority = str_cut(split.head, ':');
	*out = (struct http){.host = arena_str(a, authority.head),
	                     .port = arena_str(a, authority.rest.len ? authority.rest : STR("80")),
	                     .path = arena_str(a, split.rest),
	                     .fd = -1};
	while (str_ends_with(out->path, STR("/")))
		out->path.len--;
	return out->host.len > 0;
}

/* "Content-Length: 12" with this name; its value. */
static bool header_is(struct str line, struct str name, struct str *out_value)
{
	struct str_split split = str_cut(line, ':');
	*out_value = str_trim(split.rest);
	return split.head.len < line.len && str_equal_no_case(split.head, name);
}

/* The bytes up to and with the empty line; 0: it has not come yet. */
static size_t header_bytes(struct str bytes)
{
	const char *end = memmem(bytes.ptr, bytes.len, "\r\n\r\n", 4);
	return end ? (size_t)(end - bytes.ptr) + 4 : 0;
}

enum http_parse http_answer_parse(struct str bytes, bool ended, struct http_answer *out_answer)
{
	size_t header = bytes.len ? header_bytes(bytes) : 0;
	uint64_t status, length = 0;
	bool has_length = false;
	if (!header)
		return ended || bytes.len > HEADER_BYTES_MAX ? HTTP_BAD : HTTP_MORE;
	struct str_split lines = str_cut(str_slice(bytes, 0, header), '\n');
	if (!str_starts_with(lines.head, STR("HTTP/1.")) || lines.head.len < 12 ||
	    !str_to_u64(str_slice(lines.head, 9, 12), &status) || status < STATUS_MIN ||
	    status > STATUS_MAX)
		return HTTP_BAD;
	*out_answer = (struct http_answer){.status = (int)status,
	                                   .keeps = str_starts_with(lines.head, STR("HTTP/1.1"))};
	while (lines.rest.len) {
		struct str value;
		lines = str_cut(lines.rest, '\n');
		if (header_is(lines.head, STR("Content-Length"), &value)) {
			if (has_length || !str_to_u64(value, &length) || length > body_bytes_max)
				return HTTP_BAD;
			has_length = true;
		} else if (header_is(lines.head, STR("Transfer-Encoding"), &value)) {
			return HTTP_BAD; /* files are not sent in pieces */
		} else if (header_is(lines.head, STR("Connection"), &value) &&
		           str_equal_no_case(value, STR("close"))) {
			out_answer->keeps = false;
		}
	}
	bool empty = status < 200 || status == 204 || status == 304;
	if (empty)
		length = 0;
	else if (!has_length && !ended)
		return HTTP_MORE;
	else if (!has_length) {
		out_answer->keeps = false;
		length = bytes.len - header;
	}
	if (bytes.len - header < length)
		return ended ? HTTP_BAD : HTTP_MORE;
	out_answer->body = str_slice(bytes, header, header + (size_t)length);
	return HTTP_DONE;
}

static int http_connect(struct http *h)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	const struct timeval wait = {.tv_sec = WAIT_SECONDS};
	struct addrinfo *found = NULL;
	int error = EHOSTUNREACH;
	if (getaddrinfo(h->host.ptr, h->port.ptr, &hints, &found) != 0)
		return error;
	for (const struct addrinfo *i = found; i && h->fd < 0; i = i->ai_next) {
		int fd = socket(i->ai_family, i->ai_socktype | SOCK_CLOEXEC, i->ai_protocol);
		if (fd < 0)
			continue;
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
		if (connect(fd, i->ai_addr, i->ai_addrlen) == 0) {
			h->fd = fd;
		} else {
			error = errno;
			close(fd);
		}
	}
	freeaddrinfo(found);
	return h->fd < 0 ? error : 0;
}

void http_close(struct http *h)
{
	if (h->fd >= 0)
		close(h->fd);
	h->fd = -1;
}

static int send_all(int fd, struct str bytes)
{
	while (bytes.len) {
		ssize_t put = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return errno == EAGAIN ? ETIMEDOUT : errno;
		bytes = str_slice(bytes, (size_t)put, bytes.len);
	}
	return 0;
}

static int receive(struct http *h, struct arena *a, struct http_answer *out_answer)
{
	struct text t = {.arena = a};
	char bytes[64 * 1024];
	enum http_parse parse = HTTP_MORE;
	while (parse == HTTP_MORE) {
		ssize_t got = recv(h->fd, bytes, sizeof bytes, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno == EAGAIN ? ETIMEDOUT : errno;
		if (got == 0 && t.len == 0)
			return ECONNRESET;
		text_add(&t, (struct str){bytes, (size_t)got});
		parse = http_answer_parse(text_str(&t), got == 0, out_answer);
	}
	return parse == HTTP_DONE ? 0 : EPROTO;
}

/* A kept connection may have been closed meanwhile: then once more on a new one. */
static int exchange(struct http *h, struct arena *a, struct str head, struct str body,
                    struct http_answer *out_answer)
{
	bool fresh = h->fd < 0;
	int error = fresh ? http_connect(h) : 0;
	if (!error)
		error = send_all(h->fd, head);
	if (!error)
		error = send_all(h->fd, body);
	if (!error)
		error = receive(h, a, out_answer);
	if (error || !out_answer->keeps)
		http_close(h);
	if (error && !fresh && error != ETIMEDOUT)
		return exchange(h, a, head, body, out_answer);
	return error;
}

static struct str request_head(const struct http *h, struct arena *a, const char *method,
                               struct str name)
{
	return str_format(a, "%s /%.*s%s%.*s HTTP/1.1\r\nHost: %.*s:%.*s\r\n", method,
	                  STR_ARG(h->path), h->path.len ? "/" : "", STR_ARG(name), STR_ARG(h->host),
	                  STR_ARG(h->port));
}

int http_get(struct http *h, struct arena *a, struct str name, struct http_answer *out_answer)
{
	struct str head = str_format(a, "%.*s\r\n", STR_ARG(request_head(h, a, "GET", name)));
	return exchange(h, a, head, STR(""), out_answer);
}

int http_put(struct http *h, struct arena *a, struct str name, struct str body,
             struct http_answer *out_answer)
{
	struct str head = str_format(a, "%.*sContent-Length: %zu\r\n\r\n",
	                             STR_ARG(request_head(h, a, "PUT", name)), body.len);
	return exchange(h, a, head, body, out_answer);
}
