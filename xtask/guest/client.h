/*
 * The host's side of the agent in a running guest (libs/agent): a Unix socket that QEMU joins to
 * the guest's second serial port.
 *
 * One client at a time is served; another one is connected and gets no answer until then.
 */
#pragma once

#include "os/text.h"
#include <agent/api.h>

struct guest_client {
	int fd; /* -1: not connected */
	struct agent_decoder decoder;
	char nonce[16]; /* of the hello; what was meant for others has another one */
	bool welcomed; /* the agent has answered it */
	uint64_t hello_due_ms; /* sent again then: the guest may not have been up */
};

/*
 * Where the socket is while firmware or boot loader run, which would take a hello for keys: it gets
 * its own name once the kernel speaks.
 */
struct str guest_early_path(struct arena *a, struct str path);
/* Somebody listens there. */
bool guest_listens(const char *path);
/* For QEMU to accept at. The descriptor, or a negative errno; -EADDRINUSE: a guest is there. */
int guest_listen(const char *path);
/* 0 or an errno value; ENOENT and ECONNREFUSED: no guest runs there. */
[[nodiscard]] int guest_connect(struct guest_client *client, const char *path);
void guest_close(struct guest_client *client);
/* Says hello when that is due; to be called in turn until welcomed. */
void guest_greet(struct guest_client *client, uint64_t now_ms);
/* Waits until all is sent. 0 or an errno value. */
[[nodiscard]] int guest_send(struct guest_client *client, enum agent_frame_type type,
                             struct str payload);

typedef void (*guest_frame_handler)(void *context, const struct agent_frame *frame);
/*
 * Everything that is there now; each frame behind the welcome to handle. False: the connection
 * is closed.
 */
bool guest_receive(struct guest_client *client, guest_frame_handler handle, void *context);
