#include "leases.h"
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
	const struct service_question ask = {&question.header, &answer, sizeof answer};
	TRY(service_ask(&self->root, &ask, NULL));
	const struct root_lease *lease = &answer.figures.lease;
	if (answer.reply.len < sizeof *lease ||
	    answer.reply.len != sizeof *lease + lease->package_len + lease->awaited_len)
		return ERR_IO;
	*out = answer.figures;
	return OK;
}
