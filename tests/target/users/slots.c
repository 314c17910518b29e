/* The broker of slots, and syscalld asked by a program. */
#include "users.h"
#include <abi/policy.h>
#include <abi/process_policy.h>
#include <abi/services.h>

static int64_t ask(uint64_t endpoint, uint64_t pid, uint16_t op, uint32_t id)
{
	const struct {
		struct ipc_message_header header;
		struct policy_request request;
	} question = {
	        .header = {.version = IPC_ABI_VERSION,
	                   .op = op,
	                   .payload_len = sizeof question.request},
	        .request = {.pid = pid, .args = {id}},
	};
	struct policy_reply answer = {};
	uint64_t len = 0;
	enum status status =
	        rustos_ipc_call(endpoint, &question, sizeof question, &answer, sizeof answer, &len);
	return status == OK ? answer.status : (int64_t)status;
}

static void check_syscalld(struct tap *tap)
{
	uint64_t syscalld = 0;
	tap_check_equal(tap,
	                rustos_ipc_lookup_service_endpoint(IPC_SERVICE_LINUX_SYSCALLD, &syscalld),
	                OK, "syscalld is there");
	tap_check_equal(tap, ask(syscalld, 1, POLICY_SETUID, USER), ERR_ACCESS_DENIED,
	                "nobody makes another process somebody else");
	tap_check_equal(tap, ask(syscalld, 1, POLICY_SETHOSTNAME, 0), ERR_ACCESS_DENIED,
	                "nor speaks in its name");
	uint64_t self = (uint64_t)CALL(LINUX_GETPID);
	tap_check_equal(tap, ask(syscalld, self, POLICY_PRLIMIT64, 7), ERR_INVALID_ARGS,
	                "a limit has a value");
	tap_check_equal(tap, ask(syscalld, self, POLICY_SETGROUPS, UINT32_MAX), ERR_INVALID_ARGS,
	                "groups are as many as are sent");
	tap_check_equal(tap, ask(syscalld, self, POLICY_SETUID, 0), OK,
	                "who asks by a message is treated alike");
}

/* A program that sends procd what the kernel sends is not in exec. */
static void check_procd(struct tap *tap)
{
	struct {
		struct ipc_message_header header;
		struct process_policy_request request;
	} question = {
	        .header = {.version = IPC_ABI_VERSION,
	                   .op = PROCESS_POLICY_EXECVE,
	                   .payload_len = sizeof question.request},
	        .request = {.pid = 1, .tid = 1, .exec_ticket = 1, .mode = 06755},
	};
	static const int64_t statuses[] = {ERR_ACCESS_DENIED, ERR_NO_PROCESS, ERR_INVALID_ARGS};
	uint64_t procd = 0, len = 0;
	tap_check_equal(tap, rustos_ipc_lookup_service_endpoint(IPC_SERVICE_PROCD, &procd), OK,
	                "procd is there");
	for (size_t i = 0; i < COUNT(statuses); i++) {
		struct process_policy_reply answer = {};
		enum status status = rustos_ipc_call(procd, &question, sizeof question, &answer,
		                                     sizeof answer, &len);
		tap_check_equal(tap, status == OK ? answer.status : (int64_t)status, statuses[i],
		                "procd authorises only who is in exec");
		question.request.pid = (uint64_t)CALL(LINUX_GETPID);
		question.request.group = (uint32_t)i;
	}
}

static struct credentials_slot credentials;
static struct names_slot names;

static void check_hostile(struct tap *tap)
{
	const struct proc_slot_args good = {
	        .abi_version = SLOT_VERSION,
	        .kind = SLOT_CREDENTIALS,
	        .op = SLOT_READ,
	        .pid = 1,
	        .state_ptr = (uintptr_t)&credentials,
	        .state_len = sizeof credentials,
	};
	struct proc_slot_args bad[6];
	for (size_t i = 0; i < COUNT(bad); i++)
		bad[i] = good;
	bad[0].abi_version = 0;
	bad[1].abi_version = SLOT_VERSION + 1;
	bad[2].kind = 0;
	bad[3].kind = 4;
	bad[4].reserved0 = 1;
	bad[5].state_len = sizeof credentials - 1;
	for (size_t i = 0; i < COUNT(bad); i++)
		tap_check_equal(tap, rustos_proc_slot_broker(&bad[i]), ERR_INVALID_ARGS,
		                "a slot is asked for as it should be");
	tap_check_equal(tap, rustos_proc_slot_broker(&good), ERR_NO_PROCESS,
	                "and only of who waits for the service");
	bad[0] = good;
	bad[0].op = SLOT_WRITE;
	bad[0].reply_cap = UINT64_MAX;
	tap_check_equal(tap, rustos_proc_slot_broker(&bad[0]), ERR_NO_PROCESS,
	                "least of all written");
}

static void check_machine(struct tap *tap)
{
	struct proc_slot_args args = {
	        .abi_version = SLOT_VERSION,
	        .kind = SLOT_NAMES,
	        .op = SLOT_READ,
	        .state_ptr = (uintptr_t)&names,
	        .state_len = sizeof names,
	};
	tap_check_equal(tap, rustos_proc_slot_broker(&args), OK, "the machine's names are read");
	tap_check(tap, names.host[0] == 'r' && names.version == SLOT_VERSION, "and are there");
	args.op = SLOT_WRITE;
	struct names_slot old = names;
	names.version = 2;
	tap_check_equal(tap, rustos_proc_slot_broker(&args), ERR_INVALID_ARGS,
	                "another version is not written");
	names = old;
	for (size_t i = 0; i < sizeof names.domain; i++)
		names.domain[i] = 'x';
	tap_check_equal(tap, rustos_proc_slot_broker(&args), ERR_INVALID_ARGS,
	                "nor a name without an end");
	args.op = 3;
	tap_check_equal(tap, rustos_proc_slot_broker(&args), ERR_INVALID_ARGS,
	                "nothing else is done");
	args.op = SLOT_READ;
	args.pid = 1;
	tap_check_equal(tap, rustos_proc_slot_broker(&args), ERR_INVALID_ARGS,
	                "the machine is no process");
	args.pid = 0;
	static const uint64_t bad[] = {0, 0x7ffffffff000, 0xffffffff80200000, UINT64_MAX};
	for (size_t i = 0; i < COUNT(bad); i++) {
		args.state_ptr = bad[i];
		args.op = i % 2 ? SLOT_READ : SLOT_WRITE;
		tap_check_equal(tap, rustos_proc_slot_broker(&args), ERR_BAD_ADDRESS,
		                "nothing is read or written where it may not");
	}
	tap_check_equal(tap, rustos_syscall(SYS_RUSTOS_PROC_SLOT_BROKER, 0, 0, 0, 0, 0, 0),
	                ERR_BAD_ADDRESS, "the question itself is somewhere");
}

void check_slots(struct tap *tap)
{
	uint64_t endpoint = 0;
	check_syscalld(tap);
	check_memory(tap);
	check_procd(tap);
	tap_check_equal(tap, rustos_syscall(SYS_RUSTOS_PROC_SLOT_BROKER, 0, 0, 0, 0, 0, 0),
	                ERR_ACCESS_DENIED, "a program decides about nobody");
	tap_check_equal(tap, rustos_ipc_endpoint_create(&endpoint), OK, "there is an endpoint");
	tap_check_equal(tap, rustos_ipc_register_service_endpoint(IPC_SERVICE_USERS, endpoint), OK,
	                "which makes this a service that does");
	check_hostile(tap);
	check_machine(tap);
	check_memory_broker(tap);
	check_mappings(tap, endpoint);
}
