/* A program from the host that rootd is to put in a service's place. */
#include "agent.h"
#include <abi/services.h>
#include <string.h>

enum { RELOAD_HEAD_BYTES = 4 };

struct reload_question {
	struct ipc_message_header header;
	struct root_request request;
	char bytes[AGENT_PACKAGE_MAX + AGENT_PAYLOAD_MAX];
};

/* op of the package that the agent has begun with. */
static enum status reload_ask(struct agent *self, enum root_operation op, struct str bytes,
                              struct root_reply *out_reply)
{
	static struct reload_question question;
	uint64_t len = 0;
	question.header = (struct ipc_message_header){
	        .version = IPC_ABI_VERSION,
	        .op = (uint16_t)op,
	        .payload_len = (uint32_t)(sizeof question.request + self->package_len + bytes.len),
	};
	question.request = (struct root_request){
	        .package_len = self->package_len,
	        .image_offset = self->image_sent,
	        .image_size = self->image_size,
	};
	memcpy(question.bytes, self->package, self->package_len);
	if (bytes.len)
		memcpy(question.bytes + self->package_len, bytes.ptr, bytes.len);
	*out_reply = (struct root_reply){};
	TRY(rustos_ipc_call(self->root, &question,
	                    sizeof question.header + question.header.payload_len, out_reply,
	                    sizeof *out_reply, &len));
	return (enum status)out_reply->status;
}

void reload_begin(struct agent *self, struct str payload)
{
	enum status status = ERR_INVALID_ARGS;
	struct root_reply reply;
	size_t package_len = payload.len < RELOAD_HEAD_BYTES ? 0 : payload.len - RELOAD_HEAD_BYTES;
	self->image_size = self->image_sent = 0;
	if (package_len && package_len <= sizeof self->package) {
		memcpy(self->package, payload.ptr + RELOAD_HEAD_BYTES, package_len);
		self->package_len = (uint16_t)package_len;
		self->image_size = agent_u32(payload.ptr);
		status = self->root ? OK
		                    : rustos_ipc_lookup_service_endpoint(IPC_SERVICE_ROOTD,
		                                                         &self->root);
	}
	if (status == OK)
		status = reload_ask(self, ROOT_IMAGE, (struct str){}, &reply);
	if (status != OK)
		self->image_size = 0;
	self->put_status = (int32_t)status;
	agent_send_status(self, (int32_t)status);
}

/* rootd takes no more at once than a frame holds. */
void reload_data(struct agent *self, struct str payload)
{
	struct root_reply reply;
	while (payload.len) {
		size_t len = payload.len < AGENT_PAYLOAD_MAX ? payload.len : AGENT_PAYLOAD_MAX;
		if (self->put_status == 0)
			self->put_status = (int32_t)reload_ask(self, ROOT_IMAGE,
			                                       str_slice(payload, 0, len), &reply);
		self->image_sent += (uint32_t)len;
		payload = str_slice(payload, len, payload.len);
	}
}

void reload_end(struct agent *self)
{
	enum { NS_PER_US = 1000 };
	char bytes[AGENT_RELOADED_WORDS * sizeof(uint32_t)];
	struct root_reply reply = {};
	if (self->put_status == 0)
		self->put_status = (int32_t)reload_ask(self, ROOT_RELOAD, (struct str){}, &reply);
	const uint32_t words[AGENT_RELOADED_WORDS] = {
	        (uint32_t)reply.old_pid,
	        (uint32_t)reply.value,
	        (uint32_t)(reply.took_ns / NS_PER_US),
	        (uint32_t)reply.last_status,
	};
	for (size_t i = 0; i < COUNT(words); i++)
		agent_put_u32(bytes + i * sizeof words[0], words[i]);
	self->image_size = 0;
	agent_send(self, AGENT_RELOADED, (struct str){bytes, sizeof bytes});
	agent_send_status(self, self->put_status);
	self->put_status = ERR_INVALID_ARGS;
}
