/*
 * rootd from its own files, with the system calls replaced: what happens is a list of steps. One
 * test program includes it once: it holds rootd, too.
 */
#pragma once

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
static enum status fake_audit_read(uint64_t first, struct audit_record *records, uint64_t capacity,
                                   uint64_t *out_count);

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
#define rustos_audit_read fake_audit_read
#define print fake_print
#include "../../../../libs/programs/arguments.c"
#include "../../../../libs/programs/list.c"
#include "../../../../libs/programs/restart.c"
#include "../../../../libs/programs/start.c"
#include "../../../../services/rootd/audit.c"
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
	/* the kernel's audit record; NULL: nothing is in it */
	size_t (*audit)(uint64_t first, struct audit_record *out_records, size_t capacity);
	unsigned audit_reads;
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

static enum status fake_audit_read(uint64_t first, struct audit_record *records, uint64_t capacity,
                                   uint64_t *out_count)
{
	assert_true(capacity <= AUDIT_READ_MAX);
	fake.audit_reads++;
	*out_count = fake.audit ? fake.audit(first, records, capacity) : 0;
	return OK;
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
static inline size_t start(uint64_t sender, const char *package, uint64_t weight)
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

static inline size_t next(uint64_t sender, uint32_t flags, uint64_t timeout_ns)
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
static inline struct root_service *make_running(void)
{
	struct root_service *self = make();
	event(LIFECYCLE_EVENT_SERVICE, VFSD_PID, IPC_SERVICE_VFSD);
	return self;
}
