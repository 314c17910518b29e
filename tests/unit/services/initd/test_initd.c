/* initd from its own files; rootd is a list of leases that it tells, and remembers what it is
 * asked. */
#include "../../test.h"
#include "../boot_fixture.h"

static enum status fake_call(uint64_t endpoint, const void *request, uint64_t request_len,
                             void *reply, uint64_t capacity, uint64_t *out_len);
static enum status fake_clock(uint64_t *out_ns);
static enum status fake_look_up(uint64_t service, uint64_t *out_endpoint);
static enum status fake_close(uint64_t handle);

#define rustos_ipc_call fake_call
#define rustos_clock_now fake_clock
#define rustos_ipc_lookup_service_endpoint fake_look_up
#define rustos_handle_close fake_close
#define print fake_print
#define main initd_main
int initd_main(int argc, char **argv, char **envp);
#include "../../../../libs/programs/arguments.c"
#include "../../../../libs/programs/list.c"
#include "../../../../libs/programs/order.c"
#include "../../../../libs/programs/restart.c"
#include "../../../../libs/programs/start.c"
#include "../../../../libs/service/client.c"
#include "../../../../services/initd/adopt.c"
#include "../../../../services/initd/main.c"
#include "../../../../services/initd/root.c"
#include "../../../../services/initd/start.c"
#undef main

enum { PROGRAMS_MAX = 8, NEWS_MAX = 16, LOADER = 66, TICKET = 500 };

struct told {
	struct root_lease lease;
	const char *package;
};

static struct {
	struct told news[NEWS_MAX];
	size_t news_count, news_next;
	char started[256], noted[256]; /* "a,b," */
	char environment[256]; /* of the last start, blanks for NULs */
	uint64_t weight, last_pid, now_ns;
	int32_t finished; /* status + 1 */

	/* loaderd */
	char loaded[256]; /* paths, each with a ',' */
	const char *missing; /* a path that is not there */
	unsigned deaths; /* so often it dies, */
	bool dies_late; /* but with its work done */
	bool away; /* nobody has registered */
	uint64_t ticket, used_pid; /* of the last ticket; 0: not used */
} fake;

void service_log(const char *, enum log_level, const char *, ...)
{
}

static enum status fake_look_up(uint64_t service, uint64_t *out_endpoint)
{
	assert_int_equal(service, IPC_SERVICE_LOADERD);
	if (fake.away)
		return ERR_NOT_FOUND;
	*out_endpoint = LOADER;
	return OK;
}

static enum status fake_close(uint64_t handle)
{
	assert_int_equal(handle, LOADER);
	return OK;
}

static int32_t fake_load(const struct loader_question *question, struct loader_reply *reply)
{
	char path[64] = "";
	memcpy(path, question->bytes, question->request.path_len);
	if (question->request.exec_ticket != fake.ticket || fake.used_pid)
		return ERR_NO_PROCESS;
	assert_int_equal(question->request.flags, 0);
	if (fake.missing && strcmp(path, fake.missing) == 0)
		return ERR_NOT_FOUND;
	strcat(strcat(fake.loaded, path), ",");
	reply->pid = fake.used_pid = ++fake.last_pid;
	return OK;
}

static enum status fake_loader(const struct loader_question *question, struct loader_reply *reply)
{
	bool dies = fake.deaths && fake.deaths--;
	assert_int_equal(question->header.op, LOADER_SPAWN_EXEC);
	if (!dies || fake.dies_late)
		reply->status = fake_load(question, reply);
	return dies ? ERR_IO : OK;
}

static enum status fake_clock(uint64_t *out_ns)
{
	*out_ns = fake.now_ns;
	return OK;
}

static void add_name(char *list, const struct root_question *question)
{
	strcat(strncat(list, question->bytes, question->request.package_len), ",");
}

static void fake_start_one(const struct root_question *question, struct root_answer *answer)
{
	const struct root_request *in = &question->request;
	size_t at = (size_t)in->package_len + in->awaited_len + in->arguments_len;
	add_name(fake.started, question);
	memcpy(fake.environment, question->bytes + at, in->environment_len);
	for (size_t i = 0; i < in->environment_len; i++)
		if (!fake.environment[i])
			fake.environment[i] = ' ';
	fake.weight = in->weight_micros;
	answer->reply.value = ++fake.last_pid;
}

/* The next news; time passes when there are none, and nothing more happens without a timeout. */
static enum status fake_next(const struct root_request *in, struct root_answer *answer)
{
	if (fake.news_next == fake.news_count) {
		if (in->timeout_ns == UINT64_MAX)
			return ERR_NOT_CONNECTED;
		fake.now_ns += in->timeout_ns;
		return ERR_TIMED_OUT;
	}
	const struct told *told = &fake.news[fake.news_next++];
	if (!told->package)
		return ERR_TIMED_OUT;
	answer->lease = told->lease;
	answer->lease.package_len = (uint16_t)strlen(told->package);
	memcpy(answer->names, told->package, strlen(told->package));
	answer->reply.len = (uint32_t)(sizeof answer->lease + strlen(told->package));
	return OK;
}

static enum status fake_call(uint64_t endpoint, const void *request, uint64_t request_len,
                             void *reply, uint64_t capacity, uint64_t *out_len)
{
	const struct root_question *question = request;
	struct root_answer *answer = reply;
	if (endpoint == LOADER) {
		*out_len = capacity;
		return fake_loader(request, reply);
	}
	assert_int_equal(request_len, sizeof question->header + question->header.payload_len);
	assert_int_equal(capacity, sizeof *answer);
	*out_len = sizeof *answer;
	switch (question->header.op) {
	case ROOT_AUTHORIZE:
		answer->reply.value = fake.used_pid ? fake.used_pid : ++fake.ticket;
		answer->reply.status = fake.used_pid ? ERR_BUSY : OK;
		break;
	case ROOT_START:
		fake_start_one(question, answer);
		break;
	case ROOT_NEXT:
		answer->reply.status = (int32_t)fake_next(&question->request, answer);
		break;
	case ROOT_NOTE:
		add_name(fake.noted, question);
		break;
	case ROOT_FINISH:
		fake.finished = question->request.state + 1;
		break;
	default:
		fail();
	}
	return OK;
}

static void news_add(const char *package, struct root_lease lease)
{
	fake.news[fake.news_count++] = (struct told){lease, package};
}

/* What was known before ends here; initd starts what it may then. */
static void news_end(void)
{
	fake.news[fake.news_count++] = (struct told){};
}

static struct initd *make(char *const *words)
{
	static struct initd self;
	static struct program programs[PROGRAMS_MAX];
	memset(&fake, 0, sizeof fake);
	archive_begin("initd vfsd a b s");
	archive_add(MACHINE_PATH_STARTUP_PROGRAMS,
	            ROW("a", "init", "vfsd") ROW("b", "init", "a") ROW("initd", "init", "rootd")
	                    ROW("s", "session", "") ROW("vfsd", "init", ""));
	archive_add(MACHINE_PATH_CORE_PROGRAMS, "package_id=initd\npackage_id=vfsd\n");
	archive_add(MACHINE_PATH_DESKTOP_PROGRAMS,
	            RECORD("a", "init", "vfsd", "77", "", "A=1")
	                    RECORD("b", "init", "a", "1", "", "")
	                            RECORD("s", "session", "", "5", "", "")
	                                    RECORD("vfsd", "init", "", "4000", "", ""));
	archive_add(MACHINE_PATH_RUNTIME_ENV, "scope=init\tkey=HOME\tvalue=/home/user\n");
	self = (struct initd){.has_session = true};
	self.table = (struct program_table){.name = "initd",
	                                    .ops = &initd_ops,
	                                    .context = &self,
	                                    .archive = archive_end(),
	                                    .list = programs,
	                                    .capacity = PROGRAMS_MAX};
	assert_true(initd_read(&self, words));
	return &self;
}

static char *const none[] = {NULL};
static char *const no_session[] = {(char[]){"session=none"}, NULL};

static const struct root_lease vfsd_runs = {.pid = 2,
                                            .service = IPC_SERVICE_VFSD,
                                            .state = ROOT_LEASE_RUNNING,
                                            .flags = ROOT_LEASE_CORE | ROOT_LEASE_REGISTERED};

static void programs_start_with_what_the_registries_say(void **)
{
	struct initd *self = make(no_session);
	news_add("vfsd", vfsd_runs);
	news_end();
	assert_int_equal(initd_run(self), ERR_NOT_CONNECTED);
	assert_string_equal(fake.started, "a,b,");
	self = make(none);
	news_add("vfsd", vfsd_runs);
	news_end();
	assert_int_equal(initd_run(self), ERR_NOT_CONNECTED);
	assert_string_equal(fake.started, "a,b,s,");
	assert_true(printed("initd: launch order=a,b,s\n"));
	self = make(no_session);
	programs_find(&self->table, STR("b"))->state = PROGRAM_EXITED;
	news_add("vfsd", vfsd_runs);
	news_end();
	assert_int_equal(initd_run(self), ERR_NOT_CONNECTED);
	assert_string_equal(fake.environment, "A=1 HOME=/home/user ");
	assert_int_equal(fake.weight, 77);
}

static void core_services_are_waited_for_and_never_started(void **)
{
	struct initd *self = make(no_session);
	struct root_lease away = vfsd_runs;
	away.flags = ROOT_LEASE_CORE;
	news_add("vfsd", away);
	news_end();
	assert_int_equal(initd_run(self), ERR_NOT_CONNECTED);
	assert_string_equal(fake.started, "");
	assert_string_equal(fake.noted, "a,b,");
	assert_true(printed("initd: package=a waits for vfsd\n"));
	news_add("vfsd", vfsd_runs);
	fake.news_next = fake.news_count - 1;
	assert_int_equal(initd_run(self), ERR_NOT_CONNECTED);
	assert_string_equal(fake.started, "a,b,");
}

static void dependants_of_a_service_that_failed_say_so(void **)
{
	struct initd *self = make(no_session);
	struct root_lease failed = vfsd_runs;
	failed.state = ROOT_LEASE_FAILED;
	failed.flags = ROOT_LEASE_CORE;
	news_add("vfsd", failed);
	news_end();
	assert_int_equal(initd_run(self), OK);
	assert_string_equal(fake.started, "");
	assert_true(printed("initd: dependency vfsd of package=a did not start"));
	assert_true(printed("initd: dependency a of package=b did not start"));
	assert_int_equal(fake.finished, 1);
}

static void what_an_earlier_initd_has_started_is_taken_over(void **)
{
	struct initd *self = make(none);
	news_add("vfsd", vfsd_runs);
	news_add("a", (struct root_lease){.pid = 5, .state = ROOT_LEASE_RUNNING});
	news_add("b", (struct root_lease){.pid = 6, .state = ROOT_LEASE_EXITED, .last_status = 3});
	news_add("s", (struct root_lease){.pid = 7, .state = ROOT_LEASE_EXITED});
	news_add("initd", (struct root_lease){
	                          .pid = 8, .state = ROOT_LEASE_RUNNING, .flags = ROOT_LEASE_CORE});
	news_add("unknown", (struct root_lease){.pid = 9, .state = ROOT_LEASE_RUNNING});
	news_end();
	assert_int_equal(initd_run(self), ERR_NOT_CONNECTED);
	assert_true(printed("initd: adopting package=a pid=5\n"));
	assert_string_equal(fake.started, "s,");
	assert_int_equal(self->table.status, 3);
	assert_int_equal(fake.now_ns, 20 * 1000000);
}

static void the_end_of_a_program_is_heard_once(void **)
{
	struct initd *self = make(no_session);
	news_add("vfsd", vfsd_runs);
	news_end();
	const struct root_lease end = {.pid = 1, .state = ROOT_LEASE_EXITED, .last_status = 4};
	news_add("a", end);
	news_add("a", end);
	news_add("b", (struct root_lease){.pid = 2, .state = ROOT_LEASE_EXITED});
	assert_int_equal(initd_run(self), OK);
	assert_string_equal(fake.started, "a,b,");
	assert_int_equal(fake.finished, 4 + 1);
	assert_true(printed("initd: nothing is to come any more status=4\n"));
}

static void one_that_was_given_up_begins_anew_when_rootd_says_so(void **)
{
	struct initd *self = make(none);
	news_add("vfsd", vfsd_runs);
	news_add("a", (struct root_lease){.pid = 5, .state = ROOT_LEASE_FAILED});
	news_end();
	news_add("a", (struct root_lease){
	                      .pid = 5, .state = ROOT_LEASE_FAILED, .flags = ROOT_LEASE_AT_ONCE});
	assert_int_equal(initd_run(self), ERR_NOT_CONNECTED);
	assert_string_equal(fake.started, "s,a,");
}

/* One program, on a machine that has loaderd; `in_archive`: the program's file is there. */
static struct initd *make_with_loader(bool in_archive)
{
	static struct initd self;
	static struct program programs[PROGRAMS_MAX];
	memset(&fake, 0, sizeof fake);
	fake.ticket = TICKET;
	archive_begin(in_archive ? "loaderd a" : "loaderd");
	archive_add(MACHINE_PATH_STARTUP_PROGRAMS, ROW("a", "init", ""));
	archive_add(MACHINE_PATH_CORE_PROGRAMS, "package_id=loaderd\n");
	archive_add(MACHINE_PATH_DESKTOP_PROGRAMS, RECORD("a", "init", "", "77", "", "A=1"));
	archive_add(MACHINE_PATH_RUNTIME_ENV, "");
	self = (struct initd){
	        .loader = {.service = IPC_SERVICE_LOADERD, .idempotent = 1 << LOADER_SPAWN_EXEC}};
	self.table = (struct program_table){.name = "initd",
	                                    .ops = &initd_ops,
	                                    .context = &self,
	                                    .archive = archive_end(),
	                                    .list = programs,
	                                    .capacity = PROGRAMS_MAX};
	assert_true(initd_read(&self, none));
	return &self;
}

static void loaderd_starts_what_rootd_allows(void **)
{
	struct initd *self = make_with_loader(true);
	assert_int_equal(initd_run(self), ERR_NOT_CONNECTED);
	assert_string_equal(fake.loaded, "/a,");
	assert_string_equal(fake.started, "");
	assert_int_equal(programs_find(&self->table, STR("a"))->pid, 1);
	assert_int_equal(fake.ticket, TICKET + 1);
}

static void a_program_outside_of_the_archive_is_looked_for_on_a_volume(void **)
{
	struct initd *self = make_with_loader(false);
	assert_true(self->table.list[0].is_last);
	assert_int_equal(initd_run(self), ERR_NOT_CONNECTED);
	assert_string_equal(fake.loaded, "/a,");
	self = make_with_loader(false);
	fake.missing = "/a";
	assert_int_equal(initd_run(self), OK);
	assert_string_equal(fake.loaded, "");
	assert_true(printed("initd: cannot start package=a: ERR_NOT_FOUND"));
}

static void loaderd_may_die_before_and_after_its_work(void **)
{
	struct initd *self = make_with_loader(true);
	fake.deaths = 2;
	assert_int_equal(initd_run(self), ERR_NOT_CONNECTED);
	assert_string_equal(fake.loaded, "/a,");
	self = make_with_loader(true);
	fake.deaths = 1;
	fake.dies_late = true;
	assert_int_equal(initd_run(self), ERR_NOT_CONNECTED);
	assert_string_equal(fake.loaded, "/a,");
	assert_int_equal(programs_find(&self->table, STR("a"))->pid, 1);
	assert_int_equal(programs_find(&self->table, STR("a"))->state, PROGRAM_RUNNING);
}

static void a_loaderd_that_is_away_is_no_missing_file(void **)
{
	struct initd *self = make_with_loader(true);
	fake.away = true;
	assert_int_equal(initd_run(self), OK);
	assert_true(printed("initd: cannot start package=a: ERR_IO"));
	self = make_with_loader(true);
	fake.away = true;
	programs_find(&self->table, STR("a"))->restart = IPC_RESTART_SERVICE;
	programs_find(&self->table, STR("a"))->restarts = 5;
	assert_int_equal(initd_run(self), OK);
	assert_true(printed("initd: starting package=a again in"));
}

static void words_of_the_boot_are_heard(void **)
{
	char *const words[] = {(char[]){"start=vfsd"}, (char[]){"start=gone"},
	                       (char[]){"colour=blue"}, NULL};
	struct initd *self = make(words);
	assert_non_null(programs_find(&self->table, STR("vfsd")));
	assert_true(printed("initd: no program of package=gone, not starting it\n"));
	assert_true(printed("initd: unknown argument 'colour=blue', ignoring it\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(programs_start_with_what_the_registries_say),
	        cmocka_unit_test(core_services_are_waited_for_and_never_started),
	        cmocka_unit_test(dependants_of_a_service_that_failed_say_so),
	        cmocka_unit_test(what_an_earlier_initd_has_started_is_taken_over),
	        cmocka_unit_test(the_end_of_a_program_is_heard_once),
	        cmocka_unit_test(one_that_was_given_up_begins_anew_when_rootd_says_so),
	        cmocka_unit_test(loaderd_starts_what_rootd_allows),
	        cmocka_unit_test(a_program_outside_of_the_archive_is_looked_for_on_a_volume),
	        cmocka_unit_test(loaderd_may_die_before_and_after_its_work),
	        cmocka_unit_test(a_loaderd_that_is_away_is_no_missing_file),
	        cmocka_unit_test(words_of_the_boot_are_heard),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
