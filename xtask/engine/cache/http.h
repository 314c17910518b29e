/*
 * GET and PUT of whole bodies, HTTP/1.1 over one connection that is kept.
 *
 * What build caches speak: any server that stores what it is given will do. Format: RFC 9112.
 * No TLS: a tunnel or a proxy on this machine does that.
 */
#pragma once

#include "os/text.h"

struct http {
	struct str host, port, path; /* "http://HOST:PORT/PATH" */
	int fd; /* -1: not connected */
};

/* False when it is no such address. */
bool http_address_parse(struct arena *a, struct str url, struct http *out);

struct http_answer {
	int status; /* 200 */
	struct str body;
	bool keeps; /* the connection can be used again */
};
enum http_parse { HTTP_MORE, HTTP_DONE, HTTP_BAD };
/* What has come so far; ended: nothing more will. */
enum http_parse http_answer_parse(struct str bytes, bool ended, struct http_answer *out_answer);

/* 0 and the answer, or an errno value. name: "cas/...". */
[[nodiscard]] int http_get(struct http *h, struct arena *a, struct str name,
                           struct http_answer *out_answer);
[[nodiscard]] int http_put(struct http *h, struct arena *a, struct str name, struct str body,
                           struct http_answer *out_answer);
void http_close(struct http *h);
