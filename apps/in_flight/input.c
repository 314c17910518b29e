/* Reads that inputd decides about: it is asked once an event waits, so somebody presses a key. */
#include "in_flight.h"
#include <abi/input.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#define EVENTS "/dev/input/event0"

enum { NOBODY = 65534 };

static int events = -1;

int operations_prepare_input(void)
{
	events = open(EVENTS, O_RDONLY | O_NONBLOCK);
	printf("press a key\n");
	return events >= 0 && poll(&(struct pollfd){.fd = events, .events = POLLIN}, 1, -1) == 1;
}

static long become_nobody(unsigned)
{
	return setresuid(NOBODY, NOBODY, NOBODY);
}

static long call_read(unsigned)
{
	struct input_event event;
	return read(events, &event, sizeof event);
}

static const struct operation operations[] = {
        /* inputd refuses, and the event waits on */
        {"inputd", "read", INPUT_IDEMPOTENT, INPUT_AUTHORIZE_READ, call_read, AT_WORK, EACCES,
         become_nobody, 0},
        {"inputd", "read", INPUT_IDEMPOTENT, INPUT_AUTHORIZE_READ, call_read, STOPPED, 0, NULL, 0},
};

struct operations operations_on_input(void)
{
	return (struct operations){operations, sizeof operations / sizeof operations[0]};
}
