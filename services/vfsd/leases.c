#include "leases.h"
#include <rt/api.h>
#include <string.h>

struct lease_question {
	struct ipc_message_header header;
	struct root_request request;
};

struct lease_answer {
	struct root_reply reply;
	struct lease_figures figures;
};

enum status ask_lease(void *context, uint32_t index, struct lease_figures *out)
{
	struct vfs_service *self = context;
	const struct lease_question question = {
	        .header = {.version = IPC_ABI_VERSION,
	                   .op = ROOT_LEASE_LIST,
	                   .payload_len = sizeof question.request},
	        .request = {.index = index},
	};
	struct lease_answer answer = {};
	uint64_t len = 0;
	if (!self->root)
		TRY(rustos_ipc_lookup_service_endpoint(ROOT_SERVICE, &self->root));
	TRY(rustos_ipc_call(self->root, &question, sizeof question, &answer, sizeof answer, &len));
	if (answer.reply.status != OK)
		return (enum status)answer.reply.status;
	const struct root_lease *lease = &answer.figures.lease;
	if (answer.reply.len < sizeof *lease ||
	    answer.reply.len != sizeof *lease + lease->package_len + lease->awaited_len)
		return ERR_IO;
	*out = answer.figures;
	return OK;
}
