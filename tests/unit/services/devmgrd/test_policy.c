/* What programs may do with devices. */
#include "../../../../services/devmgrd/policy.c"
#include "../../test.h"

enum { EVDEV = 0xd40, NATIVE = 0xf000, GONE = 0xd41, VERSION = 0x80044501 };

static const struct device_node nodes[] = {
        {"input0", NATIVE, 020600, 1},
        {"input/event0", EVDEV, 020600, 1},
        {"input/event1", GONE, 020600, 0},
};
static const struct policy_devices devices = {nodes, COUNT(nodes)};

static void devices_that_are_there_are_opened(void **)
{
	static const struct {
		uint64_t device;
		uint32_t flags;
		enum status status;
	} cases[] = {
	        {EVDEV, 0, OK},
	        {EVDEV, 04002, OK},
	        {NATIVE, 1, OK},
	        {NATIVE, 3, ERR_INVALID_ARGS},
	        {GONE, 0, ERR_NO_DEVICE_ADDRESS},
	        {0, 0, ERR_NO_DEVICE_ADDRESS},
	        {UINT64_MAX, 0, ERR_NO_DEVICE_ADDRESS},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(policy_open(devices, cases[i].device, cases[i].flags),
		                 cases[i].status);
}

static void only_requests_that_a_device_knows_reach_it(void **)
{
	static const struct {
		uint64_t device;
		uint32_t request;
		enum status status;
	} cases[] = {
	        {EVDEV, VERSION, OK},
	        {EVDEV, VERSION + 1, ERR_NOT_TERMINAL},
	        {EVDEV, 0x40044590, ERR_NOT_TERMINAL},
	        {NATIVE, VERSION, ERR_NOT_TERMINAL},
	        {GONE, VERSION, ERR_NO_DEVICE},
	        {1, VERSION, ERR_NO_DEVICE},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(policy_control(devices, cases[i].device, cases[i].request),
		                 cases[i].status);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(devices_that_are_there_are_opened),
	        cmocka_unit_test(only_requests_that_a_device_knows_reach_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
