/* Every capability but rootd's, which only the first process has: each call that needs one is
 * carried out for this program, if its arguments are right; they are not. */
#include <abi/services.h>
#include <call_check/api.h>

int main(int, char **, char **)
{
	struct tap tap = {};
	uint64_t endpoint = 0;
	tap_check_equal(&tap, rustos_ipc_endpoint_create(&endpoint), OK, "there is an endpoint");
	tap_check_equal(&tap,
	                rustos_ipc_register_service_endpoint(IPC_SERVICE_RIGHTFUL_CALLER, endpoint),
	                OK, "with which all capabilities come");
	for (int bit = 0; bit < IPC_SERVICE_CAP_BIT_TEST_SERVICE; bit++)
		if (bit != IPC_SERVICE_CAP_BIT_ROOT_SUPERVISOR)
			call_check_hostile(&tap, bit);
	tap_check_equal(&tap, rustos_ipc_register_service_endpoint(IPC_SERVICE_RIGHTFUL_CALLER, 0),
	                OK, "and with its registration they go");
	call_check_refusals(&tap);
	return tap_finish(&tap);
}
