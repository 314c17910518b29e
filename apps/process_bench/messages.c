/* A call and its reply between two threads of one process. */
#include "process_bench.h"

struct talk {
	uint64_t endpoint;
	uint64_t len;
	int32_t own; /* the handle that travels */
	char request[IPC_MAX_INLINE_BYTES], reply[IPC_MAX_INLINE_BYTES];
};

static char talk_stack[16384];

/* Sends back what comes, until a byte comes alone. */
static void talk_answer(struct talk *talk)
{
	static char buffer[IPC_MAX_INLINE_BYTES];
	struct ipc_message_info info = {};
	uint64_t len = 0;
	while (rustos_ipc_reply_receive(talk->endpoint, info.reply_cap, len, buffer, sizeof buffer,
	                                &info, &len) == OK &&
	       len != 1)
		;
	(void)!rustos_ipc_reply(info.reply_cap, buffer, len);
}

/* The same with handles, until a message has none. */
static void talk_answer_handles(struct talk *talk)
{
	int32_t taken;
	uint16_t count = 1;
	uint64_t reply_cap, len;
	const struct ipc_recv_with_handles_args receive = {
	        .endpoint = talk->endpoint,
	        .reply_cap_ptr = (uintptr_t)&reply_cap,
	        .recv_fds_ptr = (uintptr_t)&taken,
	        .recv_fd_count_ptr = (uintptr_t)&count,
	        .recv_fd_capacity = 1,
	};
	while (count && rustos_ipc_recv_with_handles(&receive, &len) == OK) {
		const struct ipc_reply_with_handles_args reply = {
		        .reply_cap = reply_cap,
		        .send_fds_ptr = (uintptr_t)&taken,
		        .send_fd_count = count,
		};
		(void)!rustos_ipc_reply_with_handles(&reply);
		if (count)
			(void)!rustos_handle_close((uint64_t)taken);
	}
}

static void talk_partner(void *context)
{
	talk_answer(context);
	talk_answer_handles(context);
}

static void operation_talk(void *context)
{
	struct talk *talk = context;
	uint64_t len;
	(void)!rustos_ipc_call(talk->endpoint, talk->request, talk->len, talk->reply,
	                       sizeof talk->reply, &len);
}

static void talk_send_handles(struct talk *talk, uint16_t count)
{
	int32_t taken;
	uint16_t taken_count = 0;
	uint64_t len;
	const struct ipc_call_with_handles_args args = {
	        .endpoint = talk->endpoint,
	        .send_fds_ptr = (uintptr_t)&talk->own,
	        .send_fd_count = count,
	        .recv_fd_capacity = 1,
	        .recv_fds_ptr = (uintptr_t)&taken,
	        .recv_fd_count_ptr = (uintptr_t)&taken_count,
	};
	if (rustos_ipc_call_with_handles(&args, &len) == OK && taken_count)
		(void)!rustos_handle_close((uint64_t)taken);
}

static void operation_talk_handle(void *context)
{
	talk_send_handles(context, 1);
}

void bench_messages(struct bench *bench)
{
	static const struct {
		const char *name;
		uint64_t len;
	} rows[] = {
	        {"ipc_one_process_0_bytes", 0},
	        {"ipc_one_process_64_bytes", 64},
	        {"ipc_one_process_4096_bytes", 4096},
	};
	static struct talk talk;
	uint64_t own;
	int32_t tid = 0;
	if (rustos_ipc_endpoint_create(&talk.endpoint) != OK ||
	    rustos_ipc_endpoint_create(&own) != OK)
		return;
	talk.own = (int32_t)own;
	linux_thread_start(talk_partner, &talk, talk_stack + sizeof talk_stack, &tid);
	for (size_t i = 0; i < COUNT(rows); i++) {
		talk.len = rows[i].len;
		bench_row(bench, rows[i].name, BENCH_SAMPLES_MAX, operation_talk, &talk);
	}
	talk.len = 1;
	operation_talk(&talk);
	bench_row(bench, "ipc_one_process_1_handle", BENCH_SAMPLES_MAX, operation_talk_handle,
	          &talk);
	talk_send_handles(&talk, 0);
	linux_thread_join(&tid);
}
