/* What a service leaves with the kernel: no more than it might give to itself. */
#include "fake_machine.h"

static void nothing_to_tell(uint64_t, uint64_t)
{
}

static const struct ipc_ops ops = {.service_registered = nothing_to_tell};

static void begin(struct ipc_process *service)
{
	const struct ipc_grant grant = {.pid = 7, .may_register = 1ULL << IPC_SERVICE_VFSD};
	fake_start(1);
	ipc_install(&ops);
	ipc_process_init(service, &grant);
}

static void end(struct ipc_process *service)
{
	ipc_drop_kept();
	ipc_process_exit(service);
	fake_end();
}

static uint32_t rights_of(struct ipc_process *service, uint64_t handle)
{
	struct handle_facts facts = {};
	assert_int_equal(handle_table_look(&service->handles, handle, &facts), OK);
	return facts.rights;
}

static void what_comes_back_has_the_rights_that_were_kept(void **)
{
	struct ipc_process service;
	uint64_t endpoint, kept;
	int32_t weaker;
	begin(&service);
	assert_int_equal(ipc_endpoint_create(&service, &endpoint), OK);
	assert_int_equal(handle_table_duplicate(&service.handles, endpoint,
	                                        RIGHT_CALL | RIGHT_DUPLICATE, HANDLE_FIRST_NATIVE,
	                                        &weaker),
	                 OK);
	assert_int_equal(ipc_service_keep(&service, 1, (uint64_t)weaker), OK);
	assert_int_equal(ipc_service_kept(&service, 1, &kept), OK);
	assert_int_equal(rights_of(&service, kept), RIGHT_CALL | RIGHT_DUPLICATE);
	assert_int_equal(ipc_service_keep(&service, 1, 0), OK);
	assert_int_equal(ipc_service_kept(&service, 1, &kept), ERR_NOT_FOUND);
	end(&service);
}

/* To keep a handle and take it back is to duplicate it. */
static void what_may_not_be_duplicated_is_not_kept(void **)
{
	struct ipc_process service;
	uint64_t endpoint, kept;
	int32_t weaker;
	begin(&service);
	assert_int_equal(ipc_endpoint_create(&service, &endpoint), OK);
	assert_int_equal(handle_table_duplicate(&service.handles, endpoint, RIGHT_CALL,
	                                        HANDLE_FIRST_NATIVE, &weaker),
	                 OK);
	assert_int_equal(ipc_service_keep(&service, 1, endpoint), OK);
	assert_int_equal(ipc_service_keep(&service, 1, (uint64_t)weaker), ERR_ACCESS_DENIED);
	assert_int_equal(ipc_service_keep(&service, 1, 999), ERR_BAD_HANDLE);
	/* what was there still is */
	assert_int_equal(ipc_service_kept(&service, 1, &kept), OK);
	assert_int_equal(rights_of(&service, kept), rights_of(&service, endpoint));
	end(&service);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_comes_back_has_the_rights_that_were_kept),
	        cmocka_unit_test(what_may_not_be_duplicated_is_not_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
