/* Copies of this process that procd has made. */
#include "process_policy.h"
#include <abi/loader.h>
#include <abi/services.h>
#include <string.h>

#define PROGRAM "/apps/process_policy/process_policy.elf"

enum { STACK = 16384, CHILD_SETTID = 0x1000000, PARENT_SETTID = 0x100000, THREAD = 0x10000 };

static char stack[STACK] __attribute__((aligned(16)));
static volatile int32_t marker, child_tid, parent_tid;
static int32_t ends[2];

/* Of the copy: everything must be as it was, and what it changes must be its own. */
static void copy_main(uint64_t argument)
{
	bool is_right = marker == 1 && child_tid == (int32_t)own_pid();
	marker = 2;
	CALL(LINUX_WRITE, ends[1], is_right ? "+" : "-", 1);
	CALL(LINUX_EXIT_GROUP, argument);
}

static struct process_copy copy_make(void)
{
	struct process_copy copy = {
	        .clone_flags = CHILD_SETTID | PARENT_SETTID,
	        .stack_ptr = (uintptr_t)stack + STACK - 8, /* as behind a call */
	        .ptid_ptr = (uintptr_t)&parent_tid,
	        .ctid_ptr = (uintptr_t)&child_tid,
	};
	copy.registers[COPY_RIP] = (uintptr_t)copy_main;
	copy.registers[COPY_RDI] = 7;
	/* rings, ports and traps are the kernel's to give */
	copy.registers[COPY_FLAGS] = UINT64_MAX & ~0x500ULL;
	return copy;
}

static int64_t ask_copy(const struct process_copy *copy, uint64_t *out_pid)
{
	const struct policy_question question = {
	        .operation = PROCESS_POLICY_FORK,
	        .request = {.pid = own_pid(), .tid = own_pid()},
	        .bytes = copy,
	        .len = sizeof *copy,
	};
	struct process_policy_reply reply;
	int64_t status = ask_procd(&question, &reply);
	*out_pid = reply.result;
	return status;
}

static void check_copy(struct tap *tap)
{
	const struct process_copy copy = copy_make();
	uint64_t pid = 0;
	char byte = 0;
	int32_t status = -1;
	marker = 1;
	CALL(LINUX_PIPE2, ends, 0);
	tap_check_equal(tap, ask_copy(&copy, &pid), OK, "procd copies who asks");
	tap_check_equal(tap, parent_tid, (int64_t)pid, "and tells where it should");
	tap_check_equal(tap, CALL(LINUX_READ, ends[0], &byte, 1), 1, "the copy has its files");
	tap_check_equal(tap, byte, '+', "and its memory");
	tap_check_equal(tap, CALL(LINUX_WAIT4, pid, &status, 0, 0), (int64_t)pid, "it is a child");
	tap_check_equal(tap, status, 7 << 8, "which began with its registers");
	tap_check(tap, marker == 1 && child_tid == 0, "its changes are its own");
	CALL(LINUX_CLOSE, ends[0]);
	CALL(LINUX_CLOSE, ends[1]);
}

static void check_refusals(struct tap *tap)
{
	struct process_copy bad[6];
	uint64_t pid;
	for (size_t i = 0; i < COUNT(bad); i++)
		bad[i] = copy_make();
	bad[0].clone_flags |= THREAD;
	bad[1].clone_flags |= 1ULL << 63;
	bad[2].registers[COPY_RIP] = 0xffffffff80200000;
	bad[3].stack_ptr = 0x800000000000;
	bad[4].tls = UINT64_MAX;
	bad[5].registers[COPY_RSP] = UINT64_MAX;
	for (size_t i = 0; i < COUNT(bad); i++)
		tap_check_equal(tap, ask_copy(&bad[i], &pid), ERR_INVALID_ARGS,
		                "a copy goes on where a program may");
	const struct process_copy copy = copy_make();
	struct process_policy_reply reply;
	struct policy_question question = {.operation = PROCESS_POLICY_FORK,
	                                   .request = {.pid = own_pid(), .tid = own_pid()},
	                                   .bytes = &copy,
	                                   .len = sizeof copy - 1};
	tap_check_equal(tap, ask_procd(&question, &reply), ERR_INVALID_ARGS, "with all registers");
	question.len = sizeof copy;
	question.request.signal = 1;
	tap_check_equal(tap, ask_procd(&question, &reply), ERR_INVALID_ARGS, "and nothing else");
	question.request = (struct process_policy_request){.pid = own_pid(), .tid = NOBODY};
	tap_check_equal(tap, ask_procd(&question, &reply), ERR_NO_PROCESS,
	                "by the thread that asks");
	question.request = (struct process_policy_request){.pid = 1, .tid = 1};
	tap_check_equal(tap, ask_procd(&question, &reply), ERR_ACCESS_DENIED,
	                "nobody copies another");
}

int be_copied(void)
{
	enum { COPIES = 8 };
	const struct process_copy copy = copy_make();
	uint64_t pid;
	ends[1] = -1; /* the copies say nothing */
	for (int i = 0; i < COPIES; i++)
		if (ask_copy(&copy, &pid) != OK)
			return 1;
	for (;;)
		CALL(LINUX_PAUSE);
}

/* This program once more, as a child that may ask procd. 0: it was not started. */
static uint64_t start_source(void)
{
	static const char text[] = PROGRAM "source\0copied";
	struct {
		struct ipc_message_header header;
		struct loader_request request;
		char text[sizeof text];
	} message = {
	        .header = {.version = IPC_ABI_VERSION,
	                   .op = LOADER_SPAWN_EXEC,
	                   .payload_len = sizeof message.request + sizeof text},
	        .request = {.path_len = sizeof PROGRAM - 1,
	                    .argv_count = 2,
	                    .argv_bytes_len = sizeof text - (sizeof PROGRAM - 1),
	                    .may_look_up = 1ULL << IPC_SERVICE_PROCD},
	};
	struct loader_reply reply = {};
	uint64_t endpoint = 0, len = 0;
	memcpy(message.text, text, sizeof text);
	enum status status = rustos_ipc_lookup_service_endpoint(IPC_SERVICE_LOADERD, &endpoint);
	if (status == OK)
		status = rustos_ipc_call(endpoint, &message,
		                         sizeof message.header + message.header.payload_len, &reply,
		                         sizeof reply, &len);
	return status == OK && reply.status == OK ? reply.pid : 0;
}

/* The copy under way is made or not, and nothing is left of either. */
static void check_deaths(struct tap *tap)
{
	enum { ROUNDS = 8, KILL = 9 };
	unsigned killed = 0;
	for (int i = 0; i < ROUNDS; i++) {
		int32_t status = -1;
		uint64_t pid = start_source();
		for (int j = 0; j < i * ROUNDS; j++)
			CALL(LINUX_SCHED_YIELD);
		if (pid)
			CALL(LINUX_KILL, pid, KILL);
		CALL(LINUX_WAIT4, pid, &status, 0, 0);
		killed += status == KILL;
	}
	tap_check_equal(tap, killed, ROUNDS, "who is copied may be killed meanwhile");
}

void check_copies(struct tap *tap)
{
	check_copy(tap);
	check_deaths(tap);
	check_refusals(tap);
	tap_check_equal(tap, CALL(LINUX_WAIT4, -1, 0, 1, 0), ERR_NO_CHILD, "nothing is left over");
}
