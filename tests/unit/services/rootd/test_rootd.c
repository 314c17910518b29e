/* rootd from its own files, with the system calls replaced: what happens is a list of steps. */
#include "../../test.h"
#include "../boot_fixture.h"

static enum status fake_spawn(const char *path, const char *const *argv, const char *const *envp,
                              uint64_t flags, uint64_t console_session, uint64_t weight_micros,
                              uint64_t *out_pid);
static enum status fake_drain(struct lifecycle_record *events, uint64_t capacity, uint64_t flags,
                              uint64_t timeout_ns, uint64_t *out_count);
static enum status fake_clock(uint64_t *out_ns);
static enum status fake_signal(uint64_t pid, uint32_t signal);
static enum status fake_machine_end(uint32_t how);
static enum status fake_receive(uint64_t endpoint, void *buffer, uint64_t capacity,
                                struct ipc_message_info *info, uint64_t flags, uint64_t deadline_ns,
                                uint64_t *out_len);
static enum status fake_reply(uint64_t reply_cap, const void *reply, uint64_t len);
static enum status fake_map(uint64_t address, uint64_t size, uint32_t rights, uint32_t flags,
                            uint64_t *out_start);
static enum status fake_unmap(uint64_t address, uint64_t size);
static enum status fake_spawn_image(const struct spawn_image_args *args, uint64_t *out_pid);
static enum status fake_ticket(uint64_t holder, uint64_t flags, uint64_t console_session,
                               uint64_t weight_micros, uint64_t replaced, uint64_t *out_ticket);

#define rustos_spawn_exec fake_spawn
#define rustos_lifecycle_drain_broker fake_drain
#define rustos_clock_now fake_clock
#define rustos_process_signal fake_signal
#define rustos_machine_end fake_machine_end
#define rustos_ipc_receive fake_receive
#define rustos_ipc_reply fake_reply
#define rustos_memory_map fake_map
#define rustos_memory_unmap fake_unmap
#define rustos_spawn_image fake_spawn_image
#define rustos_spawn_ticket fake_ticket
#define print fake_print
#include "../../../../libs/programs/arguments.c"
#include "../../../../libs/programs/list.c"
#include "../../../../libs/programs/restart.c"
#include "../../../../libs/programs/start.c"
#include "../../../../services/rootd/core.c"
#include "../../../../services/rootd/leases.c"
#include "../../../../services/rootd/next.c"
#include "../../../../services/rootd/ops.c"
#include "../../../../services/rootd/reload.c"
#include "../../../../services/rootd/shutdown.c"
#include "../../../../services/rootd/spawn.c"
#include "../../../../services/rootd/supervise.c"

enum { PROGRAMS_MAX = 8, STRANGER = 900, REQUESTS_MAX = 16, REQUEST_BYTES = 512 };

uint64_t rootd_now_ns(void)
{
	uint64_t ns;
	return fake_clock(&ns) == OK ? ns : 0;
}

/* One thing that happens while rootd waits: a request, or something of the kernel. */
struct step {
	struct lifecycle_record event; /* event 0: a request */
	uint64_t sender_pid;
	struct {
		struct ipc_message_header header;
		struct root_request request;
		char bytes[REQUEST_BYTES];
	} message;
	size_t len;
};

static struct {
	char started[256]; /* "a,b," in order */
	uint64_t last_pid;
	uint64_t flags[PROGRAMS_MAX + 1]; /* of the start, by pid */
	uint64_t weights[PROGRAMS_MAX + 1];
	uint64_t now_ns;
	struct step steps[REQUESTS_MAX];
	size_t step_count, step_next;
	struct lifecycle_record pending; /* event 0: none */
	struct {
		struct root_reply reply;
		struct root_lease lease;
		char names[2 * ROOT_PACKAGE_MAX];
	} answers[REQUESTS_MAX]; /* by index of the request's step */
	bool answered[REQUESTS_MAX];
	bool alone; /* every other process was killed */
	uint32_t machine_end; /* how + 1; 0: not */
	char last_argument[64];
	enum status image_status; /* what the kernel thinks of an image */
	enum status image_start; /* and when it is to be started */
	char image[64]; /* that was started last */
	size_t images_mapped;
	uint64_t killed;
	unsigned refuse; /* so many starts */
	uint64_t ticket, replaced, holder, ticket_flags; /* the last one */
} fake;

static enum status fake_ticket(uint64_t holder, uint64_t flags, uint64_t console_session,
                               uint64_t weight_micros, uint64_t replaced, uint64_t *out_ticket)
{
	assert_int_equal(console_session, 0);
	assert_int_equal(weight_micros, 100);
	fake.replaced = replaced;
	fake.holder = holder;
	fake.ticket_flags = flags;
	*out_ticket = ++fake.ticket;
	return OK;
}

static enum status fake_spawn(const char *path, const char *const *argv, const char *const *envp,
                              uint64_t flags, uint64_t console_session, uint64_t weight_micros,
                              uint64_t *out_pid)
{
	if (fake.refuse && fake.refuse--)
		return ERR_NO_MEMORY;
	assert_string_equal(argv[0], path);
	assert_int_equal(console_session, path[0] == 's');
	assert_non_null(envp);
	strcat(strcat(fake.started, path), ",");
	fake.last_argument[0] = '\0';
	for (size_t i = 1; argv[i]; i++)
		strcpy(fake.last_argument, argv[i]);
	*out_pid = ++fake.last_pid;
	fake.flags[*out_pid] = flags;
	fake.weights[*out_pid] = weight_micros;
	return OK;
}

static enum status fake_clock(uint64_t *out_ns)
{
	*out_ns = fake.now_ns;
	return OK;
}

static enum status fake_signal(uint64_t pid, uint32_t signal)
{
	bool was_alone = fake.alone;
	if (signal == SHUTDOWN_SIGKILL)
		fake.killed = pid;
	if (pid == PROCESS_ALL && signal == SHUTDOWN_SIGKILL)
		fake.alone = true;
	return was_alone || pid == PROCESS_PROGRAMS ? ERR_NO_PROCESS : OK;
}

static enum status fake_machine_end(uint32_t how)
{
	fake.machine_end = how + 1;
	return ERR_ACCESS_DENIED;
}

static enum status fake_map(uint64_t, uint64_t size, uint32_t, uint32_t, uint64_t *out_start)
{
	static uint8_t memory[SERVICE_MEMORY_BYTES], images[REQUESTS_MAX][4096];
	if (size == sizeof images[0]) {
		*out_start = (uintptr_t)images[fake.images_mapped++];
		return OK;
	}
	assert_int_equal(size, sizeof memory);
	*out_start = (uintptr_t)memory;
	return OK;
}

static enum status fake_unmap(uint64_t, uint64_t size)
{
	assert_int_equal(size, 4096);
	return OK;
}

static enum status fake_spawn_image(const struct spawn_image_args *args, uint64_t *out_pid)
{
	if (args->flags & SPAWN_EXEC_CHECK)
		return fake.image_status;
	if (fake.image_start != OK)
		return fake.image_start;
	memset(fake.image, 0, sizeof fake.image);
	memcpy(fake.image, (const void *)(uintptr_t)args->image_ptr, args->image_len);
	strcat(fake.started, "image,");
	*out_pid = ++fake.last_pid;
	return OK;
}

static enum status fake_drain(struct lifecycle_record *events, uint64_t capacity, uint64_t,
                              uint64_t, uint64_t *out_count)
{
	assert_true(capacity >= 2);
	*out_count = 0;
	if (!fake.pending.event)
		return OK;
	/* somebody else's child comes along */
	events[0] = (struct lifecycle_record){.event = LIFECYCLE_EVENT_EXIT, .pid = 1000};
	events[1] = fake.pending;
	fake.pending = (struct lifecycle_record){};
	*out_count = 2;
	return OK;
}

/* Time passes up to the deadline when nothing else is planned; without a deadline that is the end.
 */
static enum status fake_receive(uint64_t, void *buffer, uint64_t capacity,
                                struct ipc_message_info *info, uint64_t, uint64_t deadline_ns,
                                uint64_t *out_len)
{
	if (fake.step_next == fake.step_count) {
		if (!deadline_ns)
			return ERR_NOT_CONNECTED;
		fake.now_ns = deadline_ns;
		return ERR_TIMED_OUT;
	}
	const struct step *step = &fake.steps[fake.step_next++];
	if (step->event.event) {
		fake.pending = step->event;
		return ERR_INTERRUPTED;
	}
	assert_true(step->len <= capacity);
	memcpy(buffer, &step->message, step->len);
	*info = (struct ipc_message_info){.reply_cap = fake.step_next - 1,
	                                  .sender_pid = step->sender_pid,
	                                  .kind = IPC_MESSAGE_REQUEST};
	*out_len = step->len;
	return OK;
}

static enum status fake_reply(uint64_t reply_cap, const void *reply, uint64_t len)
{
	assert_false(fake.answered[reply_cap]);
	assert_true(len <= sizeof fake.answers[reply_cap]);
	memcpy(&fake.answers[reply_cap], reply, len);
	fake.answered[reply_cap] = true;
	return OK;
}

/* ---- what is planned; each returns the step ---- */

static size_t event(uint16_t kind, uint64_t pid, int32_t status)
{
	fake.steps[fake.step_count].event =
	        (struct lifecycle_record){.event = kind, .pid = pid, .exit_status = status};
	return fake.step_count++;
}

static size_t request(uint64_t sender, enum root_operation op, const struct root_request *in,
                      const char *bytes, size_t len)
{
	struct step *step = &fake.steps[fake.step_count];
	step->sender_pid = sender;
	step->message.header = (struct ipc_message_header){
	        .version = IPC_ABI_VERSION,
	        .op = (uint16_t)op,
	        .payload_len = (uint32_t)(sizeof *in + len),
	};
	step->message.request = *in;
	memcpy(step->message.bytes, bytes, len);
	step->len = sizeof step->message.header + sizeof *in + len;
	return fake.step_count++;
}

/* Starts a package whose path is its name. */
static size_t start(uint64_t sender, const char *package, uint64_t weight)
{
	char bytes[64];
	size_t len = strlen(package);
	memcpy(bytes, package, len);
	memcpy(bytes + len, package, len + 1);
	const struct root_request in = {.package_len = (uint16_t)len,
	                                .arguments_len = (uint16_t)(len + 1),
	                                .weight_micros = weight};
	return request(sender, ROOT_START, &in, bytes, 2 * len + 1);
}

static size_t authorize(uint64_t sender, const char *package)
{
	const struct root_request in = {.package_len = (uint16_t)strlen(package),
	                                .weight_micros = 100};
	return request(sender, ROOT_AUTHORIZE, &in, package, strlen(package));
}

static size_t finish(uint64_t sender, int status)
{
	const struct root_request in = {.state = status};
	return request(sender, ROOT_FINISH, &in, "", 0);
}

static size_t next(uint64_t sender, uint32_t flags, uint64_t timeout_ns)
{
	const struct root_request in = {.flags = flags, .timeout_ns = timeout_ns};
	return request(sender, ROOT_NEXT, &in, "", 0);
}

static struct root_service *make(void)
{
	static struct root_service self;
	static struct program programs[PROGRAMS_MAX];
	static struct lease leases[PROGRAMS_MAX];
	memset(&fake, 0, sizeof fake);
	archive_begin("initd vfsd a sess");
	archive_add(MACHINE_PATH_STARTUP_PROGRAMS,
	            ROW("initd", "init", "rootd") ROW("vfsd", "init", "") ROW("a", "init", "vfsd"));
	archive_add(MACHINE_PATH_CORE_PROGRAMS, "package_id=initd\npackage_id=vfsd\n");
	archive_add(MACHINE_PATH_DESKTOP_PROGRAMS,
	            RECORD("initd", "init", "rootd", "2000", "", "")
	                    RECORD("vfsd", "init", "", "4000", "", "")
	                            RECORD("a", "init", "vfsd", "100", "", "")
	                                    RECORD("sess", "session", "", "1000", "", ""));
	self = (struct root_service){
	        .table = {.archive = archive_end(), .list = programs, .capacity = PROGRAMS_MAX},
	        .leases = leases,
	};
	assert_true(rootd_read_core(&self));
	return &self;
}

enum { VFSD_PID = 1, INITD_PID = 2 };

/* vfsd is up, and with it initd. */
static struct root_service *make_running(void)
{
	struct root_service *self = make();
	event(LIFECYCLE_EVENT_SERVICE, VFSD_PID, IPC_SERVICE_VFSD);
	return self;
}

static void core_programs_start_and_then_who_orders_the_others(void **)
{
	struct root_service *self = make();
	self->words[self->word_count++] = "session=none";
	assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
	assert_string_equal(fake.started, "vfsd,");
	assert_true(printed("rootd: package=initd waits for vfsd\n"));
	self = make_running();
	self->words[self->word_count++] = "session=none";
	assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
	assert_string_equal(fake.started, "vfsd,initd,");
	assert_string_equal(fake.last_argument, "session=none");
	assert_true(printed("rootd: service registered package=vfsd id=2\n"));
	assert_true(printed("rootd: start package=initd pid=2 waited_us=0 for=vfsd\n"));
	assert_int_equal(fake.flags[VFSD_PID],
	                 IPC_SERVICE_VFSD << SPAWN_EXEC_SERVICE_SHIFT | SPAWN_EXEC_ARCHIVE);
	assert_int_equal(fake.flags[INITD_PID],
	                 SPAWN_EXEC_ARCHIVE | 1 << (SPAWN_EXEC_USES_SHIFT + IPC_SERVICE_ROOTD) |
	                         1 << (SPAWN_EXEC_USES_SHIFT + IPC_SERVICE_LOADERD));
	assert_int_equal(fake.weights[VFSD_PID], 4000);
}

static void only_who_orders_programs_may_start_them(void **)
{
	struct root_service *self = make_running();
	size_t stranger = start(STRANGER, "a", 100);
	size_t service = start(VFSD_PID, "a", 100);
	size_t core = start(INITD_PID, "vfsd", 100);
	size_t unknown = start(INITD_PID, "b", 100);
	size_t first = start(INITD_PID, "a", 123);
	size_t again = start(INITD_PID, "a", 123);
	size_t end = finish(STRANGER, 0);
	size_t ask = next(STRANGER, 0, 0);
	assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
	assert_int_equal(fake.answers[stranger].reply.status, ERR_ACCESS_DENIED);
	assert_int_equal(fake.answers[service].reply.status, ERR_ACCESS_DENIED);
	assert_int_equal(fake.answers[core].reply.status, ERR_ACCESS_DENIED);
	assert_int_equal(fake.answers[unknown].reply.status, ERR_NOT_FOUND);
	assert_int_equal(fake.answers[first].reply.status, OK);
	assert_int_equal(fake.answers[first].reply.value, 3);
	assert_int_equal(fake.answers[again].reply.status, ERR_BUSY);
	assert_int_equal(fake.answers[end].reply.status, ERR_ACCESS_DENIED);
	assert_int_equal(fake.answers[ask].reply.status, ERR_ACCESS_DENIED);
	assert_string_equal(fake.started, "vfsd,initd,a,");
	assert_int_equal(fake.weights[3], 123);
	assert_int_equal(fake.flags[3], 1 << (SPAWN_EXEC_USES_SHIFT + IPC_SERVICE_VFSD));
}

static void a_ticket_says_what_the_manifest_does_and_its_start_is_heard(void **)
{
	enum { A_PID = 40 };
	struct root_service *self = make_running();
	size_t stranger = authorize(STRANGER, "a"), core = authorize(INITD_PID, "vfsd");
	size_t first = authorize(INITD_PID, "a"), second = authorize(INITD_PID, "a");
	size_t replaced = event(LIFECYCLE_EVENT_START, A_PID - 1, 0);
	size_t started = event(LIFECYCLE_EVENT_START, A_PID, 0);
	fake.steps[replaced].event.parent_pid = 1;
	fake.steps[started].event.parent_pid = 2;
	size_t again = authorize(INITD_PID, "a");
	event(LIFECYCLE_EVENT_EXIT, A_PID, 9);
	size_t anew = authorize(INITD_PID, "a");
	assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
	assert_int_equal(fake.answers[stranger].reply.status, ERR_ACCESS_DENIED);
	assert_int_equal(fake.answers[core].reply.status, ERR_ACCESS_DENIED);
	assert_int_equal(fake.answers[first].reply.value, 1);
	assert_int_equal(fake.answers[second].reply.value, 2);
	assert_int_equal(fake.answers[again].reply.status, ERR_BUSY);
	assert_int_equal(fake.answers[again].reply.value, A_PID);
	assert_int_equal(fake.answers[anew].reply.status, OK);
	assert_int_equal(fake.answers[anew].reply.value, 3);
	assert_int_equal(fake.replaced, 0); /* the second one was used */
	assert_int_equal(fake.holder, INITD_PID);
	assert_int_equal(fake.ticket_flags, 1 << (SPAWN_EXEC_USES_SHIFT + IPC_SERVICE_VFSD));
	assert_string_equal(fake.started, "vfsd,initd,");
	assert_true(printed("rootd: start package=a pid=40\n"));
	assert_true(printed("rootd: exit package=a pid=40 status=9\n"));
	assert_int_equal(self->table.status, 9);
}

static void a_start_that_lies_about_its_lengths_is_refused(void **)
{
	static const struct root_request cases[] = {
	        {},
	        {.package_len = 1, .arguments_len = 100},
	        {.package_len = 1, .arguments_len = 2},
	        {.package_len = 1, .arguments_len = 1, .environment_len = 1},
	        {.package_len = ROOT_PACKAGE_MAX + 1},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct root_service *self = make_running();
		/* three bytes: no NUL where a string ends */
		size_t step = request(INITD_PID, ROOT_START, &cases[i], "aaa", 3);
		assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
		assert_int_equal(fake.answers[step].reply.status, ERR_INVALID_ARGS);
	}
}

static void what_runs_is_told_to_who_asks(void **)
{
	struct root_service *self = make_running();
	const struct root_request plain = {}, flags = {.flags = 1},
	                          reserved = {.reserved0 = {0, 1}}, second = {.index = 1},
	                          third = {.index = 2};
	size_t status = request(STRANGER, ROOT_STATUS, &plain, "", 0);
	size_t vfsd = request(STRANGER, ROOT_LEASE_LIST, &second, "", 0);
	size_t none = request(STRANGER, ROOT_LEASE_LIST, &third, "", 0);
	size_t bad = request(STRANGER, ROOT_STATUS, &flags, "", 0);
	size_t worse = request(STRANGER, ROOT_LEASE_LIST, &reserved, "", 0);
	size_t older = request(STRANGER, ROOT_STATUS, &plain, "", 0);
	fake.steps[older].message.header.version = 0;
	assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
	assert_int_equal(fake.answers[status].reply.status, OK);
	assert_int_equal(fake.answers[status].reply.value, 2);
	assert_int_equal(fake.answers[status].reply.running, 2);
	assert_int_equal(fake.answers[vfsd].lease.pid, VFSD_PID);
	assert_int_equal(fake.answers[vfsd].lease.service, IPC_SERVICE_VFSD);
	assert_int_equal(fake.answers[vfsd].lease.state, ROOT_LEASE_RUNNING);
	assert_int_equal(fake.answers[vfsd].lease.flags, ROOT_LEASE_REGISTERED | ROOT_LEASE_CORE);
	assert_string_equal(fake.answers[vfsd].lease.path, "vfsd");
	assert_memory_equal(fake.answers[vfsd].names, "vfsd", 4);
	assert_int_equal(fake.answers[none].reply.status, ERR_OUT_OF_RANGE);
	assert_int_equal(fake.answers[bad].reply.status, ERR_INVALID_ARGS);
	assert_int_equal(fake.answers[worse].reply.status, ERR_INVALID_ARGS);
	assert_int_equal(fake.answers[older].reply.status, ERR_INVALID_ARGS);
}

static void who_orders_programs_hears_of_their_ends(void **)
{
	struct root_service *self = make_running();
	size_t core[3];
	for (size_t i = 0; i < COUNT(core); i++)
		core[i] = next(INITD_PID, i ? 0 : ROOT_ALL, 0);
	start(INITD_PID, "a", 100);
	size_t begun = next(INITD_PID, 0, 5);
	size_t waits = next(INITD_PID, 0, UINT64_MAX);
	event(LIFECYCLE_EVENT_EXIT, 3, 5);
	size_t in_vain = next(INITD_PID, 0, 1000);
	assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
	assert_int_equal(fake.answers[core[0]].lease.pid, INITD_PID);
	assert_int_equal(fake.answers[core[1]].lease.pid, VFSD_PID);
	assert_int_equal(fake.answers[core[2]].reply.status, ERR_TIMED_OUT);
	assert_int_equal(fake.answers[begun].lease.state, ROOT_LEASE_RUNNING);
	assert_int_equal(fake.answers[waits].lease.pid, 3);
	assert_int_equal(fake.answers[waits].lease.state, ROOT_LEASE_EXITED);
	assert_int_equal(fake.answers[waits].lease.last_status, 5);
	assert_int_equal(fake.answers[in_vain].reply.status, ERR_TIMED_OUT);
	assert_int_equal(fake.now_ns, 1000);
	assert_true(printed("rootd: exit package=a pid=3 status=5\n"));
	assert_int_equal(self->table.status, 5);
}

static void notes_say_why_a_program_does_not_run(void **)
{
	struct root_service *self = make_running();
	const struct root_request waits = {.state = ROOT_LEASE_WAITING,
	                                   .package_len = 1,
	                                   .awaited_len = 4},
	                          wrong = {.state = ROOT_LEASE_RUNNING, .package_len = 1},
	                          third = {.index = 2};
	request(INITD_PID, ROOT_NOTE, &waits, "avfsd", 5);
	size_t list = request(STRANGER, ROOT_LEASE_LIST, &third, "", 0);
	size_t bad = request(INITD_PID, ROOT_NOTE, &wrong, "a", 1);
	assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
	assert_int_equal(fake.answers[list].lease.state, ROOT_LEASE_WAITING);
	assert_int_equal(fake.answers[list].lease.pid, 0);
	assert_memory_equal(fake.answers[list].names, "avfsd", 5);
	assert_int_equal(fake.answers[bad].reply.status, ERR_INVALID_ARGS);
	assert_string_equal(fake.started, "vfsd,initd,");
}

static void a_new_orderer_is_told_everything(void **)
{
	struct root_service *self = make_running();
	enum { NEXT_PID = 4, TOLD = 3 };
	start(INITD_PID, "sess", 1000);
	next(INITD_PID, 0, UINT64_MAX);
	event(LIFECYCLE_EVENT_EXIT, INITD_PID, 137);
	/* after the delay */
	assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
	assert_string_equal(fake.started, "vfsd,initd,sess,initd,");
	assert_true(printed("rootd: starting package=initd again in 10 ms"));
	size_t old = start(INITD_PID, "a", 100), told[TOLD];
	for (size_t i = 0; i < TOLD; i++)
		told[i] = next(NEXT_PID, i ? 0 : ROOT_ALL, 0);
	assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
	assert_int_equal(fake.answers[old].reply.status, ERR_ACCESS_DENIED);
	assert_int_equal(fake.answers[told[2]].lease.pid, 3);
	assert_int_equal(fake.answers[told[2]].lease.state, ROOT_LEASE_RUNNING);
}

static void the_machine_ends_when_who_orders_programs_says_so(void **)
{
	struct root_service *self = make_running();
	start(INITD_PID, "a", 100);
	event(LIFECYCLE_EVENT_EXIT, 3, 0);
	finish(INITD_PID, 7);
	assert_int_equal(rootd_serve(self), OK);
	assert_int_equal(self->table.status, 7);
}

static void without_who_orders_programs_what_runs_decides(void **)
{
	struct root_service *self = make_running();
	event(LIFECYCLE_EVENT_EXIT, INITD_PID, 1);
	rootd_orderer(self)->restarts = 6; /* its budget is used up */
	assert_int_equal(rootd_serve(self), OK);
	assert_true(printed("not starting it again"));
	assert_int_equal(self->table.status, 1);
}

static void a_start_that_finds_no_memory_is_waited_for_and_tried_again(void **)
{
	struct root_service *self = make();
	fake.refuse = 3;
	assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
	assert_string_equal(fake.started, "vfsd,");
	assert_int_equal(fake.now_ns, (10 + 20 + 40) * 1000000ULL);
}

static void signals_of_init_end_the_machine(void **)
{
	static const struct {
		int32_t signal;
		uint32_t how;
	} cases[] = {
	        {SHUTDOWN_SIGUSR1, MACHINE_END_HALT},
	        {SHUTDOWN_SIGUSR2, MACHINE_END_POWER_OFF},
	        {SHUTDOWN_SIGTERM, MACHINE_END_RESET},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct root_service *self = make_running();
		event(LIFECYCLE_EVENT_SIGNAL, 0, cases[i].signal);
		assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
		assert_true(fake.alone);
		assert_int_equal(fake.machine_end, cases[i].how + 1);
	}
	rootd_handle_signal(1);
}

/* ---- replacing a service ---- */

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

static void a_service_that_was_given_up_begins_anew(void **)
{
	struct root_service *self = make_reloadable();
	event(LIFECYCLE_EVENT_EXIT, VFSD_PID, 139);
	programs_find(&self->table, STR("vfsd"))->restarts = 6;
	image(AGENT_PID, "vfsd", 0, "progra");
	size_t step = reload(AGENT_PID, "vfsd");
	event(LIFECYCLE_EVENT_SERVICE, NEW_PID, IPC_SERVICE_VFSD);
	assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
	assert_true(printed("not starting it again"));
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
	        cmocka_unit_test(core_programs_start_and_then_who_orders_the_others),
	        cmocka_unit_test(only_who_orders_programs_may_start_them),
	        cmocka_unit_test(a_ticket_says_what_the_manifest_does_and_its_start_is_heard),
	        cmocka_unit_test(a_start_that_lies_about_its_lengths_is_refused),
	        cmocka_unit_test(what_runs_is_told_to_who_asks),
	        cmocka_unit_test(who_orders_programs_hears_of_their_ends),
	        cmocka_unit_test(notes_say_why_a_program_does_not_run),
	        cmocka_unit_test(a_new_orderer_is_told_everything),
	        cmocka_unit_test(the_machine_ends_when_who_orders_programs_says_so),
	        cmocka_unit_test(without_who_orders_programs_what_runs_decides),
	        cmocka_unit_test(a_start_that_finds_no_memory_is_waited_for_and_tried_again),
	        cmocka_unit_test(signals_of_init_end_the_machine),
	        cmocka_unit_test(only_who_the_host_had_started_may_replace_a_service),
	        cmocka_unit_test(a_service_is_replaced_by_the_image),
	        cmocka_unit_test(an_image_that_does_not_register_again_is_the_archives),
	        cmocka_unit_test(a_program_that_is_no_service_is_replaced_when_it_runs),
	        cmocka_unit_test(a_service_that_was_given_up_begins_anew),
	        cmocka_unit_test(an_image_that_is_no_program_changes_nothing),
	        cmocka_unit_test(one_that_ends_before_it_is_there_is_the_archives_again),
	        cmocka_unit_test(one_that_cannot_be_started_is_the_archives_at_once),
	        cmocka_unit_test(one_that_does_not_register_is_ended_in_time),
	        cmocka_unit_test(who_orders_programs_is_replaced_when_it_asks_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
