/* A call and its reply, between two processes. */
#include "kernel_bench.h"
#include <abi/services.h>

struct caller {
	uint64_t endpoint;
	uint64_t len;
	uint64_t own; /* the handle that travels */
	/* on pages of their own */
	_Alignas(4096) uint8_t request[IPC_MAX_INLINE_BYTES];
	_Alignas(4096) uint8_t reply[IPC_MAX_INLINE_BYTES];
};

static bool operation_call(void *context)
{
	struct caller *caller = context;
	uint64_t len;
	return rustos_ipc_call(caller->endpoint, caller->request, caller->len, caller->reply,
	                       sizeof caller->reply, &len) == OK &&
	       len == caller->len;
}

static bool call_with_handles(struct caller *caller, uint16_t count)
{
	int32_t send = (int32_t)caller->own, taken;
	uint16_t taken_count = 0;
	uint64_t len;
	const struct ipc_call_with_handles_args args = {
	        .endpoint = caller->endpoint,
	        .send_fds_ptr = (uintptr_t)&send,
	        .send_fd_count = count,
	        .recv_fd_capacity = 1,
	        .recv_fds_ptr = (uintptr_t)&taken,
	        .recv_fd_count_ptr = (uintptr_t)&taken_count,
	};
	return rustos_ipc_call_with_handles(&args, &len) == OK && taken_count == count &&
	       (!count || rustos_handle_close((uint64_t)taken) == OK);
}

static bool operation_call_with_handle(void *context)
{
	return call_with_handles(context, 1);
}

static bool order(struct caller *caller, uint8_t letter)
{
	uint64_t len;
	return rustos_ipc_call(caller->endpoint, &letter, 1, caller->reply, 0, &len) == OK;
}

void bench_messages(struct bench *bench)
{
	static const struct {
		const char *name;
		uint64_t len;
	} rows[] = {
	        {"ipc_round_trip_0_bytes", 0},
	        {"ipc_round_trip_64_bytes", 64},
	        {"ipc_round_trip_4096_bytes", 4096},
	};
	static struct caller caller;
	bool good =
	        rustos_ipc_lookup_service_endpoint(IPC_SERVICE_IPC_BENCH, &caller.endpoint) == OK &&
	        rustos_ipc_endpoint_create(&caller.own) == OK;
	for (size_t i = 0; good && i < COUNT(rows); i++) {
		caller.len = rows[i].len;
		bench_row(bench, rows[i].name, operation_call, &caller);
	}
	good = good && order(&caller, 'h');
	bench_row(bench, "ipc_round_trip_1_handle", operation_call_with_handle, &caller);
	good = good && call_with_handles(&caller, 0) && order(&caller, 's');
	if (good)
		return;
	print("bench: the message service is not as expected\n");
	bench->failed = true;
}
