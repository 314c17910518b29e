/*
 * Requests to vfsd: any bytes, several messages one behind the other (each with its length in two
 * bytes). Nothing may go wrong in memory, and the tables agree afterwards.
 */
#include "vfs_tables.h"
#include <rt/vfs_service.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *at, *end;
};

static enum status input_receive(void *context, void *buffer, uint64_t capacity, uint64_t,
                                 struct service_received *received)
{
	struct input *input = context;
	if (input->end - input->at < 2)
		return ERR_NOT_CONNECTED;
	size_t len = (size_t)input->at[0] | (size_t)input->at[1] << 8;
	input->at += 2;
	if (len > (size_t)(input->end - input->at))
		len = (size_t)(input->end - input->at);
	require(len <= capacity);
	memcpy(buffer, input->at, len);
	input->at += len;
	/* Headers that are right but for what the input says of the operation. */
	struct ipc_message_header header = {.version = IPC_ABI_VERSION};
	if (len >= sizeof header) {
		memcpy(&header.op, (uint8_t *)buffer + offsetof(struct ipc_message_header, op),
		       sizeof header.op);
		header.op %= VFS_OPERATION_COUNT;
		header.payload_len = (uint32_t)(len - sizeof header);
		memcpy(buffer, &header, sizeof header);
	}
	received->info = (struct ipc_message_info){.reply_cap = 1, .kind = IPC_MESSAGE_REQUEST};
	received->len = len;
	return OK;
}

static enum status input_reply(void *, uint64_t, const void *, uint64_t len)
{
	require(len <= IPC_MAX_INLINE_BYTES);
	return OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, data + size};
	struct build_outcome outcome;
	static struct vfs_service service;
	static uint8_t loop_memory[SERVICE_MEMORY_BYTES] __attribute__((aligned(64)));
	void *tables = vfs_tables_clear(&service.tree.store);
	service = (struct vfs_service){};
	store_create(&service.tree.store, tables);
	require(build_tree(&service, 1, &outcome) == OK);
	const struct service_definition definition = {.interface = &vfs_interface,
	                                              .self = &service};
	const struct service_transport transport = {&input, input_receive, input_reply, NULL, NULL};
	require(service_serve(&definition, &transport, loop_memory) == ERR_NOT_CONNECTED);
	require(store_sound(&service.tree.store));
	return 0;
}
