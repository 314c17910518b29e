/*
 * The host's side of the agent in a running guest (libs/agent): a Unix socket that QEMU joins to
 * the guest's second serial port.
 *
 * One client at a time is served; another one is connected and gets no answer until then.
 */
#pragma once

#include "os/text.h"
#include <agent/api.h>

enum { GUEST_MEMORY_BYTES = 2 * AGENT_LENT_MAX }; /* from the guest, and to it */

struct guest_client {
	int fd; /* -1: not connected */
	int memory; /* the file of the memory that the host lends; -1: none */
	bool lends; /* the agent uses it, too */
	bool lent; /* what lies there it has not taken yet */
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
/* The file of the memory that is lent to the guest whose socket is (or will be) at path. */
struct str guest_memory_path(struct arena *a, struct str path);
/* Makes it anew. The descriptor, or a negative errno. */
int guest_memory_create(const char *path);
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

/* How much guest_send_piece takes at once now; it is not to be called while client->lent. */
size_t guest_piece_max(const struct guest_client *client);
/* As guest_send; what is too long for a frame lies in the memory. */
[[nodiscard]] int guest_send_piece(struct guest_client *client, enum agent_frame_type type,
                                   struct str payload);

typedef void (*guest_frame_handler)(void *context, const struct agent_frame *frame);
/*
 * Everything that is there now; each frame behind the welcome to handle. False: the connection
 * is closed.
 */
bool guest_receive(struct guest_client *client, guest_frame_handler handle, void *context);
