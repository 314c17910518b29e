/* A guest that `xtask qemu` is running, for the commands that ask its agent something. */
#pragma once

#include "cmd/pipeline.h"
#include "guest/client.h"
#include "guest/input.h"

extern const struct option options_guest[];

struct guest_run {
	struct guest_client client;
	struct guest_input input;
	bool has_status;
	bool lost; /* the agent has died */
	bool unheard; /* what the command prints could not be written */
	int32_t status;
	bool reloaded; /* the next one was told */
	struct agent_reloaded reload;
};

/* From then on Ctrl-C is for the guest's command. */
void guest_hear_interrupts(void);
/* Reports why not; also when the agent does not answer. */
bool guest_begin(struct invocation *in, struct guest_run *run);
/* Until the agent tells a status. Ctrl-C ends the command, and with it the wait. */
bool guest_await(struct invocation *in, struct guest_run *run);
/* A frame and the status that answers it: false when that is not 0, or nothing answered. */
bool guest_ask(struct invocation *in, struct guest_run *run, enum agent_frame_type type,
               struct str payload);
/* All of content as AGENT_DATA. */
bool guest_send_data(struct invocation *in, struct guest_run *run, struct str content);
