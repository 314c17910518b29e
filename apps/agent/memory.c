/* Larger pieces lie in memory that the host lends; a frame says so. */
#include "agent.h"

void memory_begin(struct agent *self)
{
	int64_t half = CALL(LINUX_IOCTL, self->channel, HOST_MEMORY_SIZE, 0);
	self->lent = false;
	self->memory = half > AGENT_LENT_MAX ? AGENT_LENT_MAX : half > 0 ? (size_t)half : 0;
	if (self->memory)
		agent_send(self, AGENT_MEMORY_THERE, (struct str){});
}

void memory_fetch(struct agent *self, struct str payload)
{
	static char bytes[AGENT_LENT_MAX];
	struct agent_frame frame;
	size_t len;
	if (!agent_lent_decode(payload, &frame.type, &len) || len > self->memory)
		return;
	const struct host_memory_piece piece = {(uintptr_t)bytes, len};
	if (CALL(LINUX_IOCTL, self->channel, HOST_MEMORY_TAKE, &piece) != OK)
		return;
	agent_send(self, AGENT_TAKEN, (struct str){});
	frame.payload = (struct str){bytes, len};
	agent_handle(self, &frame);
}

void memory_send(struct agent *self, enum agent_frame_type type, struct str payload)
{
	char words[AGENT_LENT_BYTES];
	const struct host_memory_piece piece = {(uintptr_t)payload.ptr, payload.len};
	if (payload.len > AGENT_LENT_MIN && payload.len <= self->memory &&
	    CALL(LINUX_IOCTL, self->channel, HOST_MEMORY_PUT, &piece) == OK) {
		self->lent = true;
		agent_lent_encode(words, (uint8_t)type, payload.len);
		agent_send(self, AGENT_LENT, (struct str){words, sizeof words});
		return;
	}
	for (size_t at = 0; at < payload.len; at += AGENT_PAYLOAD_MAX) {
		size_t end = at + AGENT_PAYLOAD_MAX;
		agent_send(self, type,
		           str_slice(payload, at, end < payload.len ? end : payload.len));
	}
}
