/* netd: who may have which socket. */
#include "policy.h"
#include <rt/api.h>
#include <rt/net_service.h>

struct net_service {
	uint64_t refused; /* sockets */
};

static struct socket_question net_question(const struct net_request *in)
{
	return (struct socket_question){in->args[0], in->args[1], in->args[2], in->uid};
}

enum status net_op_socket(struct net_service *self, const struct net_request *in,
                          struct net_reply *, struct service_call *)
{
	const struct socket_question question = net_question(in);
	enum status status = policy_socket(&question);
	self->refused += status != OK;
	return status;
}

enum status net_op_socketpair(struct net_service *self, const struct net_request *in,
                              struct net_reply *, struct service_call *)
{
	const struct socket_question question = net_question(in);
	enum status status = policy_pair(&question);
	self->refused += status != OK;
	return status;
}

enum status net_op_fault_rules(struct net_service *, const struct net_request *,
                               struct net_reply *out, struct service_call *call)
{
	enum { POINTS = 2 };
	for (uint64_t i = 0; i < POINTS; i++) {
		struct net_fault_rule *rule = (void *)service_reply_room(call, sizeof *rule);
		if (!rule)
			return ERR_MESSAGE_TOO_BIG;
		const struct net_broker_args args = {.op = NET_BROKER_FAULT_RULE,
		                                     .arg = {i, (uintptr_t)rule}};
		TRY(rustos_net_broker(&args));
		out->value++;
	}
	return OK;
}

int main(int, char **, char **)
{
	struct net_service self = {};
	const struct service_definition definition = {.interface = &net_interface, .self = &self};
	service_log("netd", LOG_LEVEL_INFO, "service start");
	enum status status = service_run(&definition);
	service_log("netd", LOG_LEVEL_ERROR, "%s, giving up", status_name(status));
	return 1;
}
