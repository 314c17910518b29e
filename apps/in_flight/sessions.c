/*
 * Requests over runtimed's socket. Nobody sends them again: the connection ends with runtimed.
 */
#include "in_flight.h"
#include <abi/runtime.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define RUNTIMED "/run/runtimed.sock"
#define SCRIPT "/home/root/in_flight/%u/file"

static int watch = -1;

int local_connect(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	int error = errno;
	(void)close(fd);
	errno = error;
	return -1;
}

/* The status of the next answer, below 0 and errno; EPROTO: the connection has ended. */
static long answer_read(int fd)
{
	struct runtime_reply reply;
	struct runtime_program programs[RUNTIME_PROGRAMS_MAX];
	ssize_t len = recv(fd, &reply, sizeof reply, MSG_WAITALL);
	if (len < 0)
		return -1;
	size_t rest = reply.count * sizeof programs[0];
	if (len != sizeof reply || reply.count > RUNTIME_PROGRAMS_MAX ||
	    (rest && recv(fd, programs, rest, MSG_WAITALL) != (ssize_t)rest)) {
		errno = EPROTO;
		return -1;
	}
	errno = -reply.status;
	return reply.status;
}

static long request_send(int fd, const struct runtime_request *request)
{
	if (fd < 0 || send(fd, request, sizeof *request, MSG_NOSIGNAL) < 0)
		return -1;
	return answer_read(fd);
}

static long ask(const struct runtime_request *request)
{
	int fd = local_connect(RUNTIMED);
	long status = request_send(fd, request);
	int error = errno;
	(void)close(fd);
	errno = error;
	return status;
}

static long call_snapshot(unsigned)
{
	return ask(
	        &(struct runtime_request){.version = RUNTIME_VERSION, .op = RUNTIME_OP_SNAPSHOT});
}

static long call_terminate(unsigned)
{
	return ask(&(struct runtime_request){.version = RUNTIME_VERSION,
	                                     .op = RUNTIME_OP_TERMINATE,
	                                     .target_kind = RUNTIME_TARGET_SESSION,
	                                     .target_value = UINT32_MAX});
}

static long call_launch(unsigned round)
{
	struct runtime_request request = {.version = RUNTIME_VERSION,
	                                  .op = RUNTIME_OP_LAUNCH,
	                                  .target_kind = RUNTIME_TARGET_NEW_SESSION};
	request.text_len =
	        (uint32_t)snprintf((char *)request.text, sizeof request.text, SCRIPT, round);
	return ask(&request);
}

/* Nobody has the program in memory, so that runtimed waits for the disk. */
static long forget_files(unsigned)
{
	return mount_anew() ? 0 : -1;
}

static long watch_begin(unsigned)
{
	watch = local_connect(RUNTIMED);
	return request_send(watch, &(struct runtime_request){.version = RUNTIME_VERSION,
	                                                     .op = RUNTIME_OP_WATCH});
}

static long watch_next(unsigned)
{
	return answer_read(watch);
}

/* idempotent and number: it has none */
#define ENDS(name, call, moment, before, ends)                                                     \
	{                                                                                          \
		"runtimed", name, 0, 0, call, moment, 0, before, ends                              \
	}

static const struct operation operations[] = {
        ENDS("snapshot", call_snapshot, STOPPED, NULL, ECONNRESET),
        ENDS("terminate", call_terminate, STOPPED, NULL, ECONNRESET),
        ENDS("launch", call_launch, STOPPED, NULL, ECONNRESET),
        ENDS("launch", call_launch, AT_WORK, forget_files, EPROTO),
        ENDS("watch", watch_next, AT_WORK, watch_begin, EPROTO),
};

struct operations operations_on_sessions(void)
{
	return (struct operations){operations, sizeof operations / sizeof operations[0]};
}
