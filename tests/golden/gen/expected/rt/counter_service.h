/* Generated from registry/interfaces/counter.toml; edit that. */
#pragma once

#include <abi/status.h>
#include <abi/counter.h>
#include <service/api.h>

/* The state of the service, which defines it. */
struct counter_service;

/* What was counted. */
enum status counter_op_read(struct counter_service *self, const struct counter_request *in,
		struct counter_reply *out, struct service_call *call);
static inline enum status counter_run_read(void *self, const void *in, void *out,
		struct service_call *call)
{
	return counter_op_read(self, in, out, call);
}

/* Count more. */
enum status counter_op_add(struct counter_service *self, const struct counter_request *in,
		struct counter_reply *out, struct service_call *call);
static inline enum status counter_run_add(void *self, const void *in, void *out,
		struct service_call *call)
{
	return counter_op_add(self, in, out, call);
}

static const struct service_operation counter_operations[COUNTER_OPERATION_COUNT] = {
	[1] = {"read", counter_run_read},
	[2] = {"add", counter_run_add},
};

static const struct service_interface counter_interface = {
	.name = "counter",
	.service = COUNTER_SERVICE,
	.request_size = sizeof(struct counter_request),
	.reply_size = sizeof(struct counter_reply),
	.operations = counter_operations,
	.operation_count = COUNTER_OPERATION_COUNT,
};
