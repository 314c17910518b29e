/* Who may let programs have devices, and what for. */
#include "device_services.h"
#include <abi/device.h>
#include <abi/services.h>

enum { DEVICE = 0xd40, VERSION_REQUEST = 0x80044501, NOBODY = 999 };

static void check_open(struct tap *tap)
{
	const struct device_open_args good = {
	        .abi_version = DEVICE_BROKER_VERSION,
	        .target_pid = (uint64_t)CALL(LINUX_GETPID),
	        .device = DEVICE,
	        .reply_cap = NOBODY,
	};
	struct device_open_args bad[] = {good, good, good};
	bad[0].abi_version = 0;
	bad[1].abi_version = DEVICE_BROKER_VERSION + 1;
	bad[2].reserved0 = 1;
	for (size_t i = 0; i < COUNT(bad); i++)
		tap_check_equal(tap, rustos_device_open_broker(&bad[i]), ERR_INVALID_ARGS,
		                "an open is allowed as it should be");
	tap_check_equal(tap, rustos_device_open_broker(&good), ERR_NO_PROCESS,
	                "to who asks, and nobody else");
}

static void check_control(struct tap *tap)
{
	const struct device_ioctl_args good = {
	        .abi_version = DEVICE_BROKER_VERSION,
	        .request = VERSION_REQUEST,
	        .target_pid = 1,
	        .device = DEVICE,
	        .argument = UINT64_MAX,
	};
	struct device_ioctl_args bad[] = {good, good, good};
	bad[0].abi_version = 0;
	bad[1].abi_version = UINT16_MAX;
	bad[2].reserved0 = UINT16_MAX;
	for (size_t i = 0; i < COUNT(bad); i++)
		tap_check_equal(tap, rustos_device_ioctl_broker(&bad[i]), ERR_INVALID_ARGS,
		                "a request is allowed as it should be");
	tap_check_equal(tap, rustos_device_ioctl_broker(&good), ERR_NO_PROCESS,
	                "to who asks it, and nobody else");
}

static void check_addresses(struct tap *tap)
{
	static const uint64_t addresses[] = {0, 8, 0x7ffffffff000, 0xffffffff80200000, UINT64_MAX};
	static const uint64_t brokers[] = {SYS_RUSTOS_DEVICE_OPEN_BROKER,
	                                   SYS_RUSTOS_DEVICE_IOCTL_BROKER};
	for (size_t i = 0; i < COUNT(addresses); i++)
		for (size_t j = 0; j < COUNT(brokers); j++)
			tap_check_equal(tap,
			                rustos_syscall(brokers[j], addresses[i], 0, 0, 0, 0, 0),
			                ERR_BAD_ADDRESS, "arguments are in the caller's memory");
}

void check_brokers(struct tap *tap)
{
	uint64_t endpoint = 0;
	tap_check_equal(tap, rustos_syscall(SYS_RUSTOS_DEVICE_OPEN_BROKER, 0, 0, 0, 0, 0, 0),
	                ERR_ACCESS_DENIED, "opens are devmgrd's");
	tap_check_equal(tap, rustos_syscall(SYS_RUSTOS_DEVICE_IOCTL_BROKER, 0, 0, 0, 0, 0, 0),
	                ERR_ACCESS_DENIED, "and so are requests");
	tap_check_equal(tap, ask_policy(DEVICE_OPEN, 1), ERR_ACCESS_DENIED,
	                "nobody asks for another");
	tap_check_equal(tap, ask_policy(DEVICE_OPEN, (uint64_t)CALL(LINUX_GETPID)), ERR_NO_PROCESS,
	                "nor for itself without opening");
	tap_check_equal(tap, ask_policy(DEVICE_IOCTL_AUTHORIZE, (uint64_t)CALL(LINUX_GETPID)),
	                ERR_NO_PROCESS, "or asking");
	tap_check_equal(tap, rustos_ipc_endpoint_create(&endpoint), OK, "there is an endpoint");
	tap_check_equal(tap,
	                rustos_ipc_register_service_endpoint(IPC_SERVICE_DEVICE_SERVICES, endpoint),
	                OK, "which makes this a devmgrd");
	check_open(tap);
	check_control(tap);
	check_addresses(tap);
}
