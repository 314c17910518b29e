/* A service is replaced by another image of it. */
#include "root_fixture.h"

enum { AGENT_PID = 3, NEW_PID = 4 };

/* vfsd, initd and the program `a`, which the host has asked for. */
static struct root_service *make_reloadable(void)
{
	struct root_service *self = make_running();
	self->words[self->word_count++] = "start=a";
	start(INITD_PID, "a", 100);
	return self;
}

static size_t image(uint64_t sender, const char *package, uint64_t offset, const char *bytes)
{
	char text[64];
	const struct root_request in = {
	        .package_len = (uint16_t)strlen(package), .image_offset = offset, .image_size = 6};
	return request(sender, ROOT_IMAGE, &in, text,
	               (size_t)sprintf(text, "%s%s", package, bytes));
}

static size_t reload(uint64_t sender, const char *package)
{
	const struct root_request in = {.package_len = (uint16_t)strlen(package)};
	return request(sender, ROOT_RELOAD, &in, package, strlen(package));
}

/* The whole of it up to the end of the old vfsd. */
static size_t reload_vfsd(void)
{
	image(AGENT_PID, "vfsd", 0, "pro");
	image(AGENT_PID, "vfsd", 3, "gra");
	size_t step = reload(AGENT_PID, "vfsd");
	event(LIFECYCLE_EVENT_EXIT, VFSD_PID, 137);
	return step;
}

static void only_who_the_host_had_started_may_replace_a_service(void **)
{
	struct root_service *self = make_reloadable();
	size_t stranger = image(STRANGER, "vfsd", 0, "progra");
	size_t orderer = image(INITD_PID, "vfsd", 0, "progra");
	size_t unknown = image(AGENT_PID, "none", 0, "progra");
	size_t program = image(AGENT_PID, "a", 0, "progra");
	size_t gap = image(AGENT_PID, "vfsd", 3, "gra");
	size_t more = image(AGENT_PID, "vfsd", 0, "programs");
	image(AGENT_PID, "vfsd", 0, "pro");
	size_t early = reload(AGENT_PID, "vfsd");
	image(AGENT_PID, "vfsd", 3, "gra");
	size_t other = reload(STRANGER, "vfsd");
	assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
	assert_int_equal(fake.answers[stranger].reply.status, ERR_ACCESS_DENIED);
	assert_int_equal(fake.answers[orderer].reply.status, ERR_ACCESS_DENIED);
	assert_int_equal(fake.answers[unknown].reply.status, ERR_NOT_FOUND);
	assert_int_equal(fake.answers[program].reply.status, ERR_NOT_FOUND);
	assert_int_equal(fake.answers[gap].reply.status, ERR_INVALID_ARGS);
	assert_int_equal(fake.answers[more].reply.status, ERR_INVALID_ARGS);
	assert_int_equal(fake.answers[early].reply.status, ERR_INVALID_ARGS);
	assert_int_equal(fake.answers[other].reply.status, ERR_ACCESS_DENIED);
	assert_int_equal(fake.killed, 0);
}

static void a_service_is_replaced_by_the_image(void **)
{
	struct root_service *self = make_reloadable();
	size_t step = reload_vfsd();
	event(LIFECYCLE_EVENT_SERVICE, NEW_PID, IPC_SERVICE_VFSD);
	assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
	assert_string_equal(fake.started, "vfsd,initd,a,image,");
	assert_string_equal(fake.image, "progra");
	assert_int_equal(fake.killed, VFSD_PID);
	assert_int_equal(fake.answers[step].reply.status, OK);
	assert_int_equal(fake.answers[step].reply.value, NEW_PID);
	assert_int_equal(fake.answers[step].reply.old_pid, VFSD_PID);
	/* so are the next two, and the third one is the archive's again */
	for (uint64_t pid = NEW_PID; pid < NEW_PID + 3; pid++) {
		assert_false(printed("goes back"));
		event(LIFECYCLE_EVENT_EXIT, pid, 139);
		assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
		event(LIFECYCLE_EVENT_SERVICE, pid + 1, IPC_SERVICE_VFSD);
		assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
	}
	assert_string_equal(fake.started, "vfsd,initd,a,image,image,image,vfsd,");
	assert_true(printed("rootd: package=vfsd goes back to the boot archive\n"));
}

static void an_image_that_does_not_register_again_is_the_archives(void **)
{
	struct root_service *self = make_reloadable();
	(void)reload_vfsd();
	event(LIFECYCLE_EVENT_SERVICE, NEW_PID, IPC_SERVICE_VFSD);
	event(LIFECYCLE_EVENT_EXIT, NEW_PID, 139);
	assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
	assert_string_equal(fake.started, "vfsd,initd,a,image,image,");
	event(LIFECYCLE_EVENT_EXIT, NEW_PID + 1, 1);
	assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
	assert_string_equal(fake.started, "vfsd,initd,a,image,image,vfsd,");
}

static void a_program_that_is_no_service_is_replaced_when_it_runs(void **)
{
	struct root_service *self = make_reloadable();
	start(INITD_PID, "sess", 100);
	event(LIFECYCLE_EVENT_EXIT, NEW_PID, 0);
	image(AGENT_PID, "sess", 0, "progra");
	size_t step = reload(AGENT_PID, "sess");
	start(INITD_PID, "sess", 100);
	assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
	assert_string_equal(fake.started, "vfsd,initd,a,sess,image,");
	assert_int_equal(fake.killed, 0);
	assert_int_equal(fake.answers[step].reply.status, OK);
	assert_int_equal(fake.answers[step].reply.value, NEW_PID + 1);
}

static void a_service_that_waits_for_its_longest_delay_begins_anew(void **)
{
	struct root_service *self = make_reloadable();
	event(LIFECYCLE_EVENT_EXIT, VFSD_PID, 139);
	programs_find(&self->table, STR("vfsd"))->restarts = 6;
	image(AGENT_PID, "vfsd", 0, "progra");
	size_t step = reload(AGENT_PID, "vfsd");
	event(LIFECYCLE_EVENT_SERVICE, NEW_PID, IPC_SERVICE_VFSD);
	assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
	assert_true(printed("in a row, but nothing goes on without it"));
	assert_string_equal(fake.started, "vfsd,initd,a,image,");
	assert_int_equal(fake.answers[step].reply.status, OK);
	assert_int_equal(fake.killed, 0);
}

static void an_image_that_is_no_program_changes_nothing(void **)
{
	static const enum status cases[] = {ERR_NOT_EXECUTABLE, ERR_NOT_SUPPORTED};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct root_service *self = make_reloadable();
		fake.image_status = cases[i];
		image(AGENT_PID, "vfsd", 0, "progra");
		size_t step = reload(AGENT_PID, "vfsd");
		assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
		assert_int_equal(fake.answers[step].reply.status, cases[i]);
		assert_int_equal(fake.killed, 0);
	}
}

static void one_that_ends_before_it_is_there_is_the_archives_again(void **)
{
	struct root_service *self = make_reloadable();
	size_t step = reload_vfsd();
	event(LIFECYCLE_EVENT_EXIT, NEW_PID, 3);
	assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
	assert_string_equal(fake.started, "vfsd,initd,a,image,vfsd,");
	assert_int_equal(fake.answers[step].reply.status, ERR_IO);
	assert_int_equal(fake.answers[step].reply.last_status, 3);
}

static void one_that_cannot_be_started_is_the_archives_at_once(void **)
{
	struct root_service *self = make_reloadable();
	fake.image_start = ERR_NO_MEMORY;
	size_t step = reload_vfsd();
	assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
	assert_string_equal(fake.started, "vfsd,initd,a,vfsd,");
	assert_int_equal(fake.answers[step].reply.status, ERR_NO_MEMORY);
}

static void one_that_does_not_register_is_ended_in_time(void **)
{
	struct root_service *self = make_reloadable();
	size_t step = reload_vfsd();
	assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
	assert_int_equal(fake.answers[step].reply.status, ERR_TIMED_OUT);
	assert_int_equal(fake.answers[step].reply.took_ns, ROOT_RELOAD_MS * 1000000ULL);
	assert_int_equal(fake.killed, NEW_PID);
}

static void who_orders_programs_is_replaced_when_it_asks_again(void **)
{
	struct root_service *self = make_reloadable();
	image(AGENT_PID, "initd", 0, "progra");
	size_t step = reload(AGENT_PID, "initd");
	event(LIFECYCLE_EVENT_EXIT, INITD_PID, 137);
	next(NEW_PID, ROOT_ALL, 0);
	assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
	assert_string_equal(fake.started, "vfsd,initd,a,image,");
	assert_int_equal(fake.answers[step].reply.status, OK);
	assert_int_equal(fake.answers[step].reply.value, NEW_PID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(only_who_the_host_had_started_may_replace_a_service),
	        cmocka_unit_test(a_service_is_replaced_by_the_image),
	        cmocka_unit_test(an_image_that_does_not_register_again_is_the_archives),
	        cmocka_unit_test(a_program_that_is_no_service_is_replaced_when_it_runs),
	        cmocka_unit_test(a_service_that_waits_for_its_longest_delay_begins_anew),
	        cmocka_unit_test(an_image_that_is_no_program_changes_nothing),
	        cmocka_unit_test(one_that_ends_before_it_is_there_is_the_archives_again),
	        cmocka_unit_test(one_that_cannot_be_started_is_the_archives_at_once),
	        cmocka_unit_test(one_that_does_not_register_is_ended_in_time),
	        cmocka_unit_test(who_orders_programs_is_replaced_when_it_asks_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
