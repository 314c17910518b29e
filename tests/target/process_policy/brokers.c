/* The brokers of procd, by who has its capability and nobody who waits. */
#include "process_policy.h"
#include <abi/services.h>

static const uint64_t brokers[] = {SYS_RUSTOS_PROC_FORK_BROKER, SYS_RUSTOS_PROC_SIGNAL_QUEUE_BROKER,
                                   SYS_RUSTOS_PROC_AUTHORIZE_EXEC_BROKER,
                                   SYS_RUSTOS_PROC_CANCEL_EXEC_BROKER,
                                   SYS_RUSTOS_PROC_GROUP_BROKER};

void check_strangers(struct tap *tap)
{
	for (size_t i = 0; i < COUNT(brokers); i++)
		tap_check_equal(tap, rustos_syscall(brokers[i], 0, 0, 0, 0, 0, 0),
		                ERR_ACCESS_DENIED, "policy of processes is procd's");
}

static void check_addresses(struct tap *tap)
{
	static const uint64_t addresses[] = {0, 8, 0x7ffffffff000, 0xffffffff80200000, UINT64_MAX};
	for (size_t i = 0; i < COUNT(addresses); i++)
		for (size_t j = 0; j < COUNT(brokers); j++)
			tap_check_equal(tap,
			                rustos_syscall(brokers[j], addresses[i], 0, 0, 0, 0, 0),
			                ERR_BAD_ADDRESS, "arguments are in the caller's memory");
}

static void check_fork(struct tap *tap)
{
	const struct proc_fork_args good = {
	        .abi_version = PROC_BROKER_VERSION,
	        .source_pid = own_pid(),
	        .source_tid = own_pid(),
	        .reply_cap = NOBODY,
	};
	struct proc_fork_args bad[] = {good, good, good, good};
	uint64_t pid;
	bad[0].abi_version = 0;
	bad[1].reserved0 = 1;
	bad[2].flags = 1;
	bad[3].clone_flags = 0x4000;
	for (size_t i = 0; i < COUNT(bad); i++)
		tap_check_equal(tap, rustos_proc_fork_broker(&bad[i], &pid), ERR_INVALID_ARGS,
		                "a copy is ordered as it should be");
	tap_check_equal(tap, rustos_proc_fork_broker(&good, &pid), ERR_NO_PROCESS,
	                "of who waits for it");
}

static void check_queue(struct tap *tap)
{
	const struct proc_signal_queue_args good = {
	        .abi_version = PROC_BROKER_VERSION,
	        .signal = 9,
	        .target_pid = own_pid(),
	        .sender_pid = own_pid(),
	        .sender_tid = own_pid(),
	};
	struct proc_signal_queue_args bad[] = {good, good, good};
	bad[0].abi_version = PROC_BROKER_VERSION + 1;
	bad[1].reserved0 = UINT16_MAX;
	bad[2].signal = 65;
	for (size_t i = 0; i < COUNT(bad); i++)
		tap_check_equal(tap, rustos_proc_signal_queue_broker(&bad[i]), ERR_INVALID_ARGS,
		                "a signal is sent as it should be");
	tap_check_equal(tap, rustos_proc_signal_queue_broker(&good), ERR_NO_PROCESS,
	                "for who waits for it");
}

static void check_group(struct tap *tap)
{
	const struct proc_group_args good = {
	        .abi_version = PROC_BROKER_VERSION,
	        .op = PROC_GROUP_READ,
	        .caller_pid = own_pid(),
	        .caller_tid = own_pid(),
	        .reply_cap = NOBODY,
	};
	struct proc_group_args bad[] = {good, good};
	uint64_t group;
	bad[0].abi_version = 0;
	bad[1].reserved0 = 1;
	for (size_t i = 0; i < COUNT(bad); i++)
		tap_check_equal(tap, rustos_proc_group_broker(&bad[i], &group), ERR_INVALID_ARGS,
		                "groups are asked about as they should be");
	tap_check_equal(tap, rustos_proc_group_broker(&good, &group), ERR_NO_PROCESS,
	                "for who waits for it");
}

void check_brokers(struct tap *tap)
{
	uint64_t endpoint = 0;
	tap_check_equal(tap, rustos_ipc_endpoint_create(&endpoint), OK, "there is an endpoint");
	tap_check_equal(
	        tap,
	        rustos_ipc_register_service_endpoint(IPC_SERVICE_PROCESS_POLICY_TEST, endpoint), OK,
	        "which makes this a procd");
	check_addresses(tap);
	check_fork(tap);
	check_queue(tap);
	check_group(tap);
}
