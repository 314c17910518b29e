/* A byte, or a message, to another process and back. */
#include "linux_bench.h"
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SAMPLES = 1001, MESSAGE_BYTES = 64 };

struct link {
	int out, in;
	size_t len;
};

static void there_and_back(void *context)
{
	struct link *link = context;
	char bytes[MESSAGE_BYTES] = {};
	must(write(link->out, bytes, link->len) == (ssize_t)link->len, "write");
	must(read(link->in, bytes, link->len) == (ssize_t)link->len, "read");
}

[[gnu::noreturn]] static void answer(const struct link *link)
{
	char bytes[MESSAGE_BYTES];
	ssize_t got;
	while ((got = read(link->in, bytes, link->len)) > 0)
		if (write(link->out, bytes, (size_t)got) != got)
			_exit(1);
	_exit(0);
}

/* Ends are {ours out, ours in, theirs out, theirs in}; equal ones are one socket. */
static void measure(const char *name, const int ends[4], size_t len)
{
	struct link ours = {ends[0], ends[1], len}, theirs = {ends[2], ends[3], len};
	pid_t pid = fork();
	must(pid >= 0, "fork");
	if (pid == 0) {
		close(ours.out);
		if (ours.in != ours.out)
			close(ours.in);
		answer(&theirs);
	}
	close(theirs.in);
	if (theirs.out != theirs.in)
		close(theirs.out);
	row_measure(name, SAMPLES, there_and_back, &ours);
	close(ours.out);
	if (ours.in != ours.out)
		close(ours.in);
	must(waitpid(pid, NULL, 0) == pid, "waitpid");
}

void bench_partners(void)
{
	int there[2], back[2], pair[2];
	must(pipe(there) == 0 && pipe(back) == 0, "pipe");
	measure("pipe_round_trip", (int[]){there[1], back[0], back[1], there[0]}, 1);
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
	measure("unix_stream_round_trip_64", (int[]){pair[0], pair[0], pair[1], pair[1]},
	        MESSAGE_BYTES);
	must(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0, "socketpair");
	measure("unix_seqpacket_round_trip_64", (int[]){pair[0], pair[0], pair[1], pair[1]},
	        MESSAGE_BYTES);
}
