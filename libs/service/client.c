#include <rt/api.h>
#include <service/client.h>
#include <string.h>

/* It may die with the request, be replaced meanwhile, and die once more. */
enum { CLIENT_TRIES_MAX = 4 };

/* Whether the same may be sent again, after what a call ended with. */
static bool client_may_repeat(const struct service_client *client,
                              const struct ipc_message_header *header, enum status status)
{
	if (status == ERR_IO)
		return client->idempotent >> header->op & 1;
	/* nobody had taken it */
	return status == ERR_NOT_CONNECTED || status == ERR_INTERRUPTED;
}

static enum status client_send(struct service_client *client,
                               const struct service_question *question, uint64_t *out_len)
{
	const struct ipc_message_header *header = question->header;
	if (!client->endpoint)
		TRY(rustos_ipc_lookup_service_endpoint(client->service, &client->endpoint));
	enum status status =
	        rustos_ipc_call(client->endpoint, header, sizeof *header + header->payload_len,
	                        question->reply, question->capacity, out_len);
	/* after ERR_IO the same endpoint waits for who comes next */
	if (status == ERR_NOT_CONNECTED) {
		/* it was ours: cannot fail */
		(void)!rustos_handle_close(client->endpoint);
		client->endpoint = 0;
	}
	return status;
}

enum status service_ask(struct service_client *client, const struct service_question *question,
                        size_t *out_len)
{
	struct ipc_message_header header = *question->header;
	uint64_t len = 0;
	int32_t answered;
	enum status status = ERR_NOT_CONNECTED;
	for (unsigned i = 0; i < CLIENT_TRIES_MAX; i++) {
		status = client_send(client, question, &len);
		if (!client_may_repeat(client, &header, status))
			break;
	}
	if (status != OK)
		return status;
	if (len < sizeof answered)
		return ERR_PROTOCOL;
	memcpy(&answered, question->reply, sizeof answered);
	if (out_len)
		*out_len = (size_t)len;
	return (enum status)answered;
}
