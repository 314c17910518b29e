#include "guest/input.h"
#include <errno.h>
#include <unistd.h>

struct guest_input guest_input_standard(void)
{
	return (struct guest_input){.fd = STDIN_FILENO, .open = !isatty(STDIN_FILENO)};
}

int guest_input_fd(const struct guest_input *input)
{
	return input->open && !input->waits ? input->fd : -1;
}

int guest_input_pass(struct guest_input *input, struct guest_client *client)
{
	char bytes[AGENT_LENT_MAX];
	ssize_t got = read(input->fd, bytes, guest_piece_max(client));
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	/* what cannot be read has ended */
	input->open = got > 0;
	input->waits = true;
	struct str piece = {bytes, got > 0 ? (size_t)got : 0};
	return guest_send_piece(client, AGENT_INPUT, piece);
}

void guest_input_hear(struct guest_input *input, const struct agent_frame *frame)
{
	if (frame->type == AGENT_INPUT_TAKEN)
		input->waits = false;
}
