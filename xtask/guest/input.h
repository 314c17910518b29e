/* What a command in the guest reads: passed on piece by piece, each once the one before was taken.
 */
#pragma once

#include "guest/client.h"

struct guest_input {
	int fd; /* not ours */
	bool open; /* there may be more */
	bool waits; /* for the command to take a piece */
};

/* Standard input, unless a person types there: then a command has nothing to read. */
struct guest_input guest_input_standard(void);
/* To poll for reading; -1: not now. */
int guest_input_fd(const struct guest_input *input);
/* Sends what is there. 0 or an errno value, of the guest's socket. */
[[nodiscard]] int guest_input_pass(struct guest_input *input, struct guest_client *client);
/* Of any frame: the next piece may come. */
void guest_input_hear(struct guest_input *input, const struct agent_frame *frame);
