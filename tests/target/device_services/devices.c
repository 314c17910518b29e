/* devmgrd, and what a program finds of a device that goes while it is open. */
#include "device_services.h"
#include <abi/device.h>
#include <abi/driver.h>
#include <abi/services.h>
#include <string.h>

enum {
	EVDEV = 0xd40, /* of /dev/input/event0 */
	GET_VERSION = 0x80044501,
	GRAB = 0x40044590,
	POLL_IN = 1,
	POLL_ERROR = 8,
	POLL_HANGUP = 16,
	EXIT_SHIFT = 8, /* of wait4's status */
};

struct device_answer {
	struct device_reply reply;
	struct device_node nodes[DEVICE_ENTRIES_MAX];
};

static struct device_answer answer;

static int64_t ask_device(unsigned op, struct device_request request, const char *name)
{
	struct {
		struct ipc_message_header header;
		struct device_request request;
		char name[32];
	} message = {.request = request};
	uint64_t len = 0;
	size_t payload = sizeof message.request + strlen(name);
	memcpy(message.name, name, strlen(name));
	message.header = (struct ipc_message_header){
	        .version = IPC_ABI_VERSION, .op = (uint16_t)op, .payload_len = (uint32_t)payload};
	answer = (struct device_answer){};
	enum status status =
	        rustos_ipc_call(find(IPC_SERVICE_DEVMGRD), &message,
	                        sizeof message.header + payload, &answer, sizeof answer, &len);
	return status == OK ? answer.reply.status : (int64_t)status;
}

int64_t ask_policy(unsigned operation, uint64_t pid)
{
	const struct device_request request = {
	        .pid = pid,
	        .device = EVDEV,
	        .request = operation == DEVICE_OPEN ? 0 : GET_VERSION,
	};
	return ask_device(operation, request, "");
}

static int64_t look_up(const char *name)
{
	return ask_device(DEVICE_LOOKUP, (struct device_request){}, name);
}

struct driver_answer {
	struct driver_reply reply;
	char name[64];
};

static int64_t ask_driver(unsigned op, uint32_t index, struct driver_answer *out)
{
	const struct {
		struct ipc_message_header header;
		struct driver_request request;
	} message = {{.version = IPC_ABI_VERSION,
	              .op = (uint16_t)op,
	              .payload_len = sizeof message.request},
	             {.index = index}};
	uint64_t len = 0;
	*out = (struct driver_answer){};
	enum status status = rustos_ipc_call(find(IPC_SERVICE_DRIVERD), &message, sizeof message,
	                                     out, sizeof *out, &len);
	return status == OK ? out->reply.status : (int64_t)status;
}

static uint32_t find_driver(const char *name)
{
	struct driver_answer driver;
	uint32_t index = 0;
	while (ask_driver(DRIVER_GET, index, &driver) == OK) {
		if (driver.reply.len == strlen(name) &&
		    memcmp(driver.name, name, driver.reply.len) == 0)
			break;
		index++;
	}
	return index;
}

static void check_names(struct tap *tap)
{
	tap_check_equal(tap, look_up("input0"), OK, "a device with a driver has a name");
	tap_check_equal(tap, look_up("null"), OK, "and so has one that is always there");
	tap_check_equal(tap, (int64_t)answer.nodes[0].rdev, 0x103, "with its number");
	tap_check_equal(tap, look_up(""), ERR_NOT_FOUND, "one of no name is none");
	tap_check(tap,
	          ask_device(DEVICE_READDIR, (struct device_request){}, "") == OK &&
	                  answer.reply.count == 12,
	          "all are listed");
	uint64_t count;
	tap_check_equal(tap, rustos_device_list(answer.nodes, COUNT(answer.nodes), &count),
	                ERR_ACCESS_DENIED, "the kernel's list is for devmgrd");
	tap_check_equal(tap, rustos_device_watch(find(IPC_SERVICE_DEVMGRD), 0), ERR_ACCESS_DENIED,
	                "as is word of changes");
}

static void check_requests(struct tap *tap, int64_t evdev)
{
	uint32_t version = 0;
	int64_t native = CALL(LINUX_OPEN, "/dev/input0", 0, 0);
	tap_check_equal(tap, CALL(LINUX_IOCTL, evdev, GET_VERSION, &version), OK,
	                "devmgrd lets a device be asked");
	tap_check_equal(tap, version, 0x010001, "and the device answers");
	tap_check_equal(tap, CALL(LINUX_IOCTL, evdev, GET_VERSION, 8), ERR_BAD_ADDRESS,
	                "into memory of the program");
	tap_check_equal(tap, CALL(LINUX_IOCTL, evdev, GRAB, 1), ERR_NOT_TERMINAL,
	                "what it does not know it is not asked");
	tap_check_equal(tap, CALL(LINUX_IOCTL, native, GET_VERSION, &version), ERR_NOT_TERMINAL,
	                "nor what another one knows");
	CALL(LINUX_CLOSE, native);
}

/* Ends with what its read said, without the sign. */
static int64_t start_reader(int64_t file)
{
	char bytes[24];
	int64_t pid = linux_fork_or_exit();
	if (pid)
		return pid;
	int64_t got = CALL(LINUX_READ, file, bytes, sizeof bytes);
	return CALL(LINUX_EXIT_GROUP, -got);
}

static void check_gone(struct tap *tap, int64_t file)
{
	char bytes[24];
	uint32_t version;
	struct {
		int32_t file;
		int16_t wanted, got;
	} polled = {(int32_t)file, POLL_IN, 0};
	tap_check_equal(tap, CALL(LINUX_READ, file, bytes, sizeof bytes), ERR_NO_DEVICE,
	                "an open file has lost its device");
	tap_check_equal(tap, CALL(LINUX_IOCTL, file, GET_VERSION, &version), ERR_NO_DEVICE,
	                "and nobody to ask");
	tap_check_equal(tap, CALL(LINUX_POLL, &polled, 1, -1), 1, "who polls is told");
	tap_check_equal(tap, polled.got, POLL_IN | POLL_ERROR | POLL_HANGUP, "that it is over");
}

void check_devices(struct tap *tap)
{
	static const char name[] = "/dev/input/event0";
	struct driver_answer driver;
	int32_t status = -1;
	tap_check_equal(tap, ask_driver(DRIVER_STATUS, 0, &driver), OK, "drivers were looked for");
	uint32_t ps2 = find_driver("ps2");
	check_names(tap);
	int64_t file = CALL(LINUX_OPEN, name, 0, 0);
	tap_check(tap, file >= 0, "a device is opened");
	tap_check_equal(tap, CALL(LINUX_OPEN, name, 3, 0), ERR_INVALID_ARGS, "in a way there is");
	check_requests(tap, file);
	int64_t reader = start_reader(file);
	tap_check_equal(tap, ask_driver(DRIVER_UNLOAD, ps2, &driver), OK, "its driver goes");
	CALL(LINUX_WAIT4, reader, &status, 0, 0);
	tap_check_equal(tap, status, -ERR_NO_DEVICE << EXIT_SHIFT,
	                "who waits for it hears of that");
	tap_check_equal(tap, input_reported(), 0, "and nobody of what the driver asked its device");
	check_gone(tap, file);
	tap_check_equal(tap, look_up("input/event0"), ERR_NOT_FOUND, "its name goes");
	tap_check_equal(tap, CALL(LINUX_OPEN, name, 0, 0), ERR_NOT_FOUND, "it is not opened");
	tap_check_equal(tap, ask_driver(DRIVER_LOAD, ps2, &driver), OK, "a driver comes");
	tap_check_equal(tap, look_up("input/event0"), OK, "with the name");
	int64_t again = CALL(LINUX_OPEN, name, 0, 0);
	tap_check(tap, again >= 0, "it is opened");
	check_requests(tap, again);
	check_gone(tap, file);
	CALL(LINUX_CLOSE, again);
	CALL(LINUX_CLOSE, file);
}
