#include <linux_calls/api.h>
#include <linux_calls/message.h>
#include <runtime_control/api.h>
#include <string.h>

enum {
	CONTROL_FAMILY_LOCAL = 1,
	CONTROL_STREAM = 1,
	CONTROL_CLOSE_ON_EXEC = 02000000,
	CONTROL_NO_SIGNAL = 0x4000,
	CONTROL_RECEIVE_CLOSE_ON_EXEC = 0x40000000,
	CONTROL_SOCKET_LEVEL = 1,
	CONTROL_RIGHTS = 1,
	CONTROL_STREAMS = 3,
	CONTROL_INTERRUPTS_MAX = 16, /* of one read; more are no signals */
};

static const char control_path[] = "/run/runtimed.sock";

static int64_t control_connect(void)
{
	struct {
		uint16_t family;
		char path[sizeof control_path];
	} address = {.family = CONTROL_FAMILY_LOCAL};
	memcpy(address.path, control_path, sizeof control_path);
	int64_t socket =
	        CALL(LINUX_SOCKET, CONTROL_FAMILY_LOCAL, CONTROL_STREAM | CONTROL_CLOSE_ON_EXEC, 0);
	if (socket < 0)
		return socket;
	int64_t status = CALL(LINUX_CONNECT, socket, &address, sizeof address);
	if (status == OK)
		return socket;
	CALL(LINUX_CLOSE, socket);
	return status;
}

/* All of it, or an error. */
static enum status control_read(int64_t socket, void *out, size_t size)
{
	char *bytes = out;
	unsigned interrupts = 0;
	for (size_t len = 0; len < size;) {
		int64_t count = CALL(LINUX_READ, socket, bytes + len, size - len);
		if (count < 0 &&
		    (count != ERR_INTERRUPTED || ++interrupts > CONTROL_INTERRUPTS_MAX))
			return (enum status)count;
		if (count == 0)
			return ERR_PROTOCOL;
		len += count > 0 ? (size_t)count : 0;
	}
	return OK;
}

static enum status control_read_answer(int64_t socket, struct runtime_program *out_programs,
                                       size_t capacity, size_t *out_count)
{
	struct runtime_reply reply;
	TRY(control_read(socket, &reply, sizeof reply));
	if (reply.version != RUNTIME_VERSION || reply.count > RUNTIME_PROGRAMS_MAX)
		return ERR_PROTOCOL;
	*out_count = reply.count;
	for (uint32_t i = 0; i < reply.count; i++) {
		struct runtime_program program;
		TRY(control_read(socket, &program, sizeof program));
		if (i < capacity)
			out_programs[i] = program;
	}
	return (enum status)reply.status;
}

/* The beginning of an answer, and a file that may come along; below 0: none. */
static enum status control_read_head(int64_t socket, struct runtime_reply *out_reply,
                                     int32_t *out_file)
{
	struct {
		uint64_t len; /* struct cmsghdr */
		int32_t level, kind;
		int32_t file;
		int32_t padding;
	} control = {};
	const struct linux_piece piece = {out_reply, sizeof *out_reply};
	struct linux_message message = {.pieces = &piece,
	                                .piece_count = 1,
	                                .control = &control,
	                                .control_len = sizeof control};
	int64_t len = ERR_INTERRUPTED;
	for (unsigned i = 0; len == ERR_INTERRUPTED && i <= CONTROL_INTERRUPTS_MAX; i++)
		len = CALL(LINUX_RECVMSG, socket, &message, CONTROL_RECEIVE_CLOSE_ON_EXEC);
	bool has = len > 0 && message.control_len >= offsetof(__typeof__(control), padding) &&
	           control.level == CONTROL_SOCKET_LEVEL && control.kind == CONTROL_RIGHTS;
	*out_file = has ? control.file : -1;
	if (len < 0)
		return (enum status)len;
	return len == sizeof *out_reply ? OK : ERR_PROTOCOL;
}

/* The request, with the files that standard streams become when there are any. */
static int64_t control_send(int64_t socket, const struct runtime_request *request,
                            const int32_t *streams)
{
	struct {
		uint64_t len; /* struct cmsghdr */
		int32_t level, kind;
		int32_t files[CONTROL_STREAMS];
		int32_t padding;
	} control = {
	        .len = offsetof(__typeof__(control), padding),
	        .level = CONTROL_SOCKET_LEVEL,
	        .kind = CONTROL_RIGHTS,
	};
	const struct linux_piece piece = {request, sizeof *request};
	const struct linux_message message = {
	        .pieces = &piece,
	        .piece_count = 1,
	        .control = streams ? &control : NULL,
	        .control_len = streams ? sizeof control : 0,
	};
	if (streams)
		memcpy(control.files, streams, sizeof control.files);
	return CALL(LINUX_SENDMSG, socket, &message, CONTROL_NO_SIGNAL);
}

/* streams NULL: none. */
static enum status control_ask(const struct runtime_request *request, const int32_t *streams,
                               struct runtime_program *out_programs, size_t capacity,
                               size_t *out_count)
{
	*out_count = 0;
	int64_t socket = control_connect();
	if (socket < 0)
		return (enum status)socket;
	int64_t sent = control_send(socket, request, streams);
	enum status status = sent < 0 ? (enum status)sent : OK;
	if (status == OK && request->op != RUNTIME_OP_NOTIFY_READY)
		status = control_read_answer(socket, out_programs, capacity, out_count);
	CALL(LINUX_CLOSE, socket);
	return status;
}

enum status runtime_ask(const struct runtime_request *request, struct runtime_program *out_programs,
                        size_t capacity, size_t *out_count)
{
	return control_ask(request, NULL, out_programs, capacity, out_count);
}

enum status runtime_watch(int32_t *out_watch)
{
	const struct runtime_request request = {.version = RUNTIME_VERSION, .op = RUNTIME_OP_WATCH};
	int64_t socket = control_connect();
	if (socket < 0)
		return (enum status)socket;
	int64_t sent = control_send(socket, &request, NULL);
	if (sent < 0) {
		CALL(LINUX_CLOSE, socket);
		return (enum status)sent;
	}
	*out_watch = (int32_t)socket;
	return OK;
}

enum status runtime_watch_next(int32_t watch, struct runtime_program *out_programs, size_t capacity,
                               size_t *out_count)
{
	*out_count = 0;
	return control_read_answer(watch, out_programs, capacity, out_count);
}

static enum status control_take_console(int64_t socket, struct runtime_program *out_program,
                                        int32_t *out_terminal)
{
	struct runtime_reply reply;
	TRY(control_read_head(socket, &reply, out_terminal));
	if (reply.status != OK)
		return (enum status)reply.status;
	if (reply.version != RUNTIME_VERSION || reply.count != 1 || *out_terminal < 0)
		return ERR_PROTOCOL;
	return control_read(socket, out_program, sizeof *out_program);
}

enum status runtime_console(uint64_t session, struct runtime_console *out_console,
                            struct runtime_program *out_program)
{
	const struct runtime_request request = {.version = RUNTIME_VERSION,
	                                        .op = RUNTIME_OP_CONSOLE,
	                                        .target_kind = RUNTIME_TARGET_SESSION,
	                                        .target_value = session};
	int32_t terminal = -1;
	int64_t socket = control_connect();
	if (socket < 0)
		return (enum status)socket;
	int64_t sent = control_send(socket, &request, NULL);
	enum status status = sent < 0 ? (enum status)sent : OK;
	if (status == OK)
		status = control_take_console(socket, out_program, &terminal);
	if (status == OK) {
		*out_console = (struct runtime_console){(int32_t)socket, terminal};
		return OK;
	}
	if (terminal >= 0)
		CALL(LINUX_CLOSE, terminal);
	CALL(LINUX_CLOSE, socket);
	return status;
}

enum status runtime_snapshot(struct runtime_program *out_programs, size_t capacity,
                             size_t *out_count)
{
	const struct runtime_request request = {.version = RUNTIME_VERSION,
	                                        .op = RUNTIME_OP_SNAPSHOT};
	return runtime_ask(&request, out_programs, capacity, out_count);
}

enum status runtime_launch_attached(struct str target, const int32_t *streams,
                                    struct runtime_program *out_program)
{
	struct runtime_request request = {.version = RUNTIME_VERSION,
	                                  .op = RUNTIME_OP_LAUNCH,
	                                  .target_kind = RUNTIME_TARGET_NEW_SESSION,
	                                  .text_len = (uint32_t)target.len};
	size_t count;
	if (target.len > sizeof request.text)
		return ERR_NAME_TOO_LONG;
	memcpy(request.text, target.ptr, target.len);
	TRY(control_ask(&request, streams, out_program, 1, &count));
	return count == 1 ? OK : ERR_PROTOCOL;
}

enum status runtime_launch(struct str target, struct runtime_program *out_program)
{
	return runtime_launch_attached(target, NULL, out_program);
}

enum status runtime_terminate(uint16_t kind, uint64_t value)
{
	const struct runtime_request request = {.version = RUNTIME_VERSION,
	                                        .op = RUNTIME_OP_TERMINATE,
	                                        .target_kind = kind,
	                                        .target_value = value};
	size_t count;
	return runtime_ask(&request, NULL, 0, &count);
}

enum status runtime_notify_ready(void)
{
	const struct runtime_request request = {.version = RUNTIME_VERSION,
	                                        .op = RUNTIME_OP_NOTIFY_READY,
	                                        .target_kind = RUNTIME_TARGET_UI_SERVER};
	size_t count;
	return runtime_ask(&request, NULL, 0, &count);
}
