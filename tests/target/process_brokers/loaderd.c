/* loaderd, asked as the kernel asks it, and as who starts programs does. */
#include "process_brokers.h"
#include <abi/loader.h>
#include <abi/services.h>
#include <string.h>

#define BUSYBOX "/apps/debian_busybox/busybox"

struct question {
	struct ipc_message_header header;
	struct loader_request request;
	char text[128];
};

enum { TICKETS = 64 };

static uint64_t loaderd;

static int64_t ask(uint16_t op, struct loader_request request, struct str text,
                   struct loader_reply *answer)
{
	struct question question = {
	        .header = {.version = IPC_ABI_VERSION,
	                   .op = op,
	                   .payload_len = (uint32_t)(sizeof request + text.len)},
	        .request = request,
	};
	uint64_t len = 0;
	if (text.len)
		memcpy(question.text, text.ptr, text.len);
	memset(answer, 0, sizeof *answer);
	enum status status = rustos_ipc_call(loaderd, &question,
	                                     sizeof question.header + sizeof request + text.len,
	                                     answer, sizeof *answer, &len);
	return status == OK ? answer->status : (int64_t)status;
}

static int64_t exit_code(uint64_t pid)
{
	int32_t status = 0;
	int64_t waited = CALL(LINUX_WAIT4, pid, &status, 0, 0);
	return waited == (int64_t)pid ? status >> 8 : waited;
}

static void check_spawns(struct tap *tap)
{
	static const char text[] = BUSYBOX "sh\0-c\0exit $CODE\0CODE=7\0";
	static const char none[] = "/none", relative[] = "apps/busybox/busybox";
	struct loader_reply answer;
	const struct str whole = {text, sizeof text - 1};
	const struct loader_request good = {
	        .path_len = sizeof BUSYBOX - 1,
	        .argv_count = 3,
	        .argv_bytes_len = sizeof "sh\0-c\0exit $CODE",
	        .env_count = 1,
	        .env_bytes_len = sizeof "CODE=7",
	};
	tap_check_equal(tap, ask(LOADER_SPAWN_EXEC, good, whole, &answer), OK, "a program starts");
	tap_check_equal(tap, exit_code(answer.pid), 7, "with arguments and environment");
	struct loader_request bad[10];
	static const int64_t statuses[] = {
	        ERR_INVALID_ARGS,  ERR_INVALID_ARGS, ERR_INVALID_ARGS,  ERR_INVALID_ARGS,
	        ERR_TOO_BIG,       ERR_INVALID_ARGS, ERR_NOT_PERMITTED, ERR_NOT_PERMITTED,
	        ERR_NOT_PERMITTED, ERR_INVALID_ARGS,
	};
	for (size_t i = 0; i < COUNT(bad); i++)
		bad[i] = good;
	bad[0].flags = 2;
	bad[1].target_pid = 1;
	bad[2].target_tid = 1;
	bad[3].argv_count = 2;
	bad[4].argv_count = SPAWN_EXEC_ARGS_MAX + 1;
	bad[5].path_len += 1;
	bad[6].may_register = IPC_SERVICE_VFSD;
	bad[7].may_look_up = 1ULL << IPC_SERVICE_DRIVERD;
	bad[8].flags = SPAWN_EXEC_ADMIN;
	bad[9].exec_ticket = 1;
	bad[9].may_register = IPC_SERVICE_VFSD;
	for (size_t i = 0; i < COUNT(bad); i++)
		tap_check_equal(tap, ask(LOADER_SPAWN_EXEC, bad[i], whole, &answer), statuses[i],
		                "nobody starts what he may not");
	/* initd has, and has had, such */
	bool refused = true;
	struct loader_request by_ticket = good;
	for (by_ticket.exec_ticket = 1; by_ticket.exec_ticket <= TICKETS; by_ticket.exec_ticket++)
		refused &= ask(LOADER_SPAWN_EXEC, by_ticket, whole, &answer) == ERR_NO_PROCESS;
	tap_check(tap, refused, "nor with a ticket of somebody else");
	const struct loader_request missing = {.path_len = sizeof none - 1};
	tap_check_equal(tap, ask(LOADER_SPAWN_EXEC, missing, STR("/none"), &answer), ERR_NOT_FOUND,
	                "nor what is not there");
	const struct loader_request elsewhere = {.path_len = sizeof relative - 1};
	tap_check_equal(tap,
	                ask(LOADER_SPAWN_EXEC, elsewhere,
	                    (struct str){relative, sizeof relative - 1}, &answer),
	                ERR_INVALID_ARGS, "nor what lies nowhere");
}

void check_loaderd(struct tap *tap)
{
	struct loader_reply answer;
	tap_check_equal(tap, rustos_ipc_lookup_service_endpoint(IPC_SERVICE_LOADERD, &loaderd), OK,
	                "loaderd is there");
	const struct loader_request others = {
	        .target_pid = 1, .target_tid = 1, .exec_ticket = 1, .path_len = 5};
	tap_check_equal(tap, ask(LOADER_EXEC_TARGET, others, STR("/none"), &answer),
	                ERR_ACCESS_DENIED, "nobody gives another process a program");
	struct loader_request own = others;
	own.target_pid = (uint64_t)CALL(LINUX_GETPID);
	tap_check_equal(tap, ask(LOADER_EXEC_TARGET, own, STR("/none"), &answer), ERR_NO_PROCESS,
	                "nor itself without exec");
	own.exec_ticket = 0;
	tap_check_equal(tap, ask(LOADER_EXEC_TARGET, own, STR("/none"), &answer), ERR_INVALID_ARGS,
	                "nor without a ticket");
	check_spawns(tap);
}
