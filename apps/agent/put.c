/* A file from the host. */
#include "agent.h"
#include <string.h>

enum {
	PUT_CREATE = 01 | 0100 | 01000, /* write only, create, truncate */
	PUT_CLOSE_ON_EXEC = 02000000,
	PUT_HEAD_BYTES = 4,
};

void put_begin(struct agent *self, struct str payload)
{
	static char path[AGENT_PAYLOAD_MAX + 1];
	if (self->put_fd >= 0)
		CALL(LINUX_CLOSE, self->put_fd);
	self->put_fd = -1;
	self->put_status = ERR_INVALID_ARGS;
	self->image_size = 0;
	if (payload.len > PUT_HEAD_BYTES) {
		memcpy(path, payload.ptr + PUT_HEAD_BYTES, payload.len - PUT_HEAD_BYTES);
		path[payload.len - PUT_HEAD_BYTES] = '\0';
		self->put_fd = CALL(LINUX_OPEN, path, PUT_CREATE | PUT_CLOSE_ON_EXEC,
		                    agent_u32(payload.ptr));
		self->put_status = self->put_fd < 0 ? (int32_t)self->put_fd : 0;
	}
	agent_send_status(self, self->put_status);
}

void put_data(struct agent *self, struct str payload)
{
	while (self->put_status == 0 && payload.len) {
		int64_t len = CALL(LINUX_WRITE, self->put_fd, payload.ptr, payload.len);
		if (len == ERR_INTERRUPTED)
			continue;
		if (len <= 0)
			self->put_status = len ? (int32_t)len : ERR_IO;
		else
			payload = str_slice(payload, (size_t)len, payload.len);
	}
}

void put_end(struct agent *self)
{
	if (self->put_fd >= 0)
		CALL(LINUX_CLOSE, self->put_fd);
	self->put_fd = -1;
	agent_send_status(self, self->put_status);
	self->put_status = ERR_INVALID_ARGS;
}
