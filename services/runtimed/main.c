/* runtimed: sessions of programs, for who asks over the socket. */
#include "runtimed.h"
#include <linux_calls/api.h>
#include <rt/runtime_service.h>
#include <service/api.h>

enum {
	SIGNAL_CHILD = 17,
	SIGNAL_MASK_SET = 2,
	SIGNAL_RESTORER = 0x04000000,
	STACK_BYTES = 32 * 1024,
};

const char runtime_name[] = "runtimed";

enum status runtime_op_ping(struct runtime_service *, const struct session_request *,
                            struct session_reply *, struct service_call *)
{
	return OK;
}

enum status runtime_op_count(struct runtime_service *self, const struct session_request *,
                             struct session_reply *out, struct service_call *)
{
	out->value = __atomic_load_n(&self->count, __ATOMIC_RELAXED);
	return OK;
}

static void on_child(int)
{
}

void runtime_restorer(void);
__asm__(".text\n"
        ".globl runtime_restorer\n"
        "runtime_restorer:\n"
        "	movl $15, %eax\n"
        "	syscall\n");

/* The end of a program interrupts the wait, and nothing else. */
static void hear_of_children(void)
{
	struct {
		uintptr_t handler;
		uint64_t flags;
		uintptr_t restorer;
		uint64_t mask;
	} action = {(uintptr_t)on_child, SIGNAL_RESTORER, (uintptr_t)runtime_restorer, 0};
	uint64_t blocked = 1ull << (SIGNAL_CHILD - 1);
	CALL(LINUX_RT_SIGACTION, SIGNAL_CHILD, &action, 0, sizeof blocked);
	CALL(LINUX_RT_SIGPROCMASK, SIGNAL_MASK_SET, &blocked, 0, sizeof blocked);
}

/* The second thread: sockets, programs and their ends. */
static void serve_sessions(void *context)
{
	struct runtime_service *self = context;
	runtime_adopt(self);
	runtime_read_launches(self);
	for (;;) {
		runtime_launch_due(self);
		runtime_reap(self);
		runtime_tell_watchers(self);
		runtime_wait(self);
	}
}

/* From now on the kernel lets it adopt programs and weigh them. */
static void answer_registered(void *self, uint64_t)
{
	static _Alignas(16) char stack[STACK_BYTES];
	static int32_t tid;
	service_log(runtime_name, LOG_LEVEL_INFO, "session policy endpoint registered");
	int64_t started = linux_thread_start(serve_sessions, self, stack + sizeof stack, &tid);
	if (started >= 0)
		return;
	service_log(runtime_name, LOG_LEVEL_ERROR, "no thread for sessions: %s, giving up",
	            status_name((int)started));
	CALL(LINUX_EXIT_GROUP, 1);
}

int main(int, char **, char **)
{
	static struct runtime_service self;
	service_log(runtime_name, LOG_LEVEL_INFO, "service start");
	self.own_uid = (uint32_t)CALL(LINUX_GETEUID);
	self.own_gid = (uint32_t)CALL(LINUX_GETEGID);
	self.catalog = (struct catalog){
	        .programs = runtime_read_file("/system/registry/system/desktop-programs.tsv"),
	        .launches =
	                runtime_read_file("/system/registry/system/runtime-launch-programs.tsv"),
	        .environment = runtime_read_file("/system/registry/system/runtime-env.tsv"),
	};
	runtime_keep(&self);
	hear_of_children();
	enum status status = runtime_listen(&self);
	if (status != OK) {
		service_log(runtime_name, LOG_LEVEL_ERROR, "no socket: %s", status_name(status));
		return 1;
	}
	service_log(runtime_name, LOG_LEVEL_INFO, "runtime socket ready");
	const struct service_definition definition = {
	        .interface = &runtime_interface,
	        .self = &self,
	        .events = {.registered = answer_registered},
	};
	status = service_run(&definition);
	service_log(runtime_name, LOG_LEVEL_ERROR, "%s, giving up", status_name(status));
	CALL(LINUX_EXIT_GROUP, 1);
	return 1;
}
