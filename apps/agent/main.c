/* Waiting for the host and for the command, and what the frames mean. */
#include "agent.h"
#include <string.h>

enum {
	OPEN_READ_WRITE = 2,
	OPEN_NONBLOCK = 04000,
	OPEN_CLOSE_ON_EXEC = 02000000,
	POLL_IN = 1,
	POLL_OUT = 4,
	SIGNAL_PIPE = 13,
	SIGNAL_CHILD = 17,
	SIGNAL_MASK_SET = 2,
	SIGNAL_RESTORER = 0x04000000,
	READ_BYTES = 4096,
	REBOOT_MAGIC2 = 672274793,
};

struct poll_entry {
	int32_t fd;
	int16_t events, happened;
};

void agent_send(struct agent *self, enum agent_frame_type type, struct str payload)
{
	static char wire[AGENT_WIRE_MAX];
	size_t len = agent_frame_encode(wire, (uint8_t)type, payload);
	for (size_t sent = 0; sent < len;) {
		int64_t count = CALL(LINUX_WRITE, self->channel, wire + sent, len - sent);
		if (count > 0) {
			sent += (size_t)count;
			continue;
		}
		struct poll_entry entry = {(int32_t)self->channel, POLL_OUT, 0};
		if (count != ERR_TRY_AGAIN && count != ERR_INTERRUPTED)
			return;
		CALL(LINUX_POLL, &entry, 1, -1);
	}
}

void agent_send_status(struct agent *self, int32_t status)
{
	char bytes[4];
	agent_put_u32(bytes, (uint32_t)status);
	agent_send(self, AGENT_STATUS, (struct str){bytes, sizeof bytes});
}

static void power_off(void)
{
	CALL(LINUX_SYNC);
	CALL(LINUX_REBOOT, 0xfee1dead, REBOOT_MAGIC2, 0x4321fedc);
}

void agent_handle(struct agent *self, const struct agent_frame *frame)
{
	switch (frame->type) {
	case AGENT_HELLO:
		command_kill(self);
		self->memory = 0;
		self->lent = false;
		agent_send(self, AGENT_WELCOME, frame->payload);
		return;
	case AGENT_RUN:
	case AGENT_RUN_READING:
		command_start(self, frame->payload, frame->type == AGENT_RUN_READING);
		return;
	case AGENT_INPUT:
		command_input(self, frame->payload);
		return;
	case AGENT_KILL:
		command_kill(self);
		return;
	case AGENT_MEMORY:
		memory_begin(self);
		return;
	case AGENT_LENT:
		memory_fetch(self, frame->payload);
		return;
	case AGENT_TAKEN:
		self->lent = false;
		return;
	case AGENT_PUT:
		put_begin(self, frame->payload);
		return;
	case AGENT_RELOAD:
		reload_begin(self, frame->payload);
		return;
	case AGENT_DATA:
		if (self->image_size)
			reload_data(self, frame->payload);
		else
			put_data(self, frame->payload);
		return;
	case AGENT_CLOSE:
		if (self->image_size)
			reload_end(self);
		else
			put_end(self);
		return;
	case AGENT_POWER_OFF:
		power_off();
		return;
	case AGENT_RESUMED:
		resumed_take(self, frame->payload);
		return;
	}
}

static void agent_read(struct agent *self)
{
	static char bytes[READ_BYTES];
	int64_t len = CALL(LINUX_READ, self->channel, bytes, sizeof bytes);
	struct agent_frame frame;
	for (int64_t i = 0; i < len; i++)
		if (agent_decoder_feed(&self->decoder, (uint8_t)bytes[i], &frame))
			agent_handle(self, &frame);
}

static void on_child(int)
{
}

void agent_restorer(void);
__asm__(".text\n"
        ".globl agent_restorer\n"
        "agent_restorer:\n"
        "	movl $15, %eax\n"
        "	syscall\n");

/* The end of a command interrupts the wait, and nothing else does; who does not read is no signal.
 */
static void hear_of_children(void)
{
	struct {
		uintptr_t handler;
		uint64_t flags;
		uintptr_t restorer;
		uint64_t mask;
	} action = {(uintptr_t)on_child, SIGNAL_RESTORER, (uintptr_t)agent_restorer, 0};
	uint64_t blocked = 1ULL << (SIGNAL_CHILD - 1) | 1ULL << (SIGNAL_PIPE - 1);
	CALL(LINUX_RT_SIGACTION, SIGNAL_CHILD, &action, 0, 8);
	CALL(LINUX_RT_SIGPROCMASK, SIGNAL_MASK_SET, &blocked, 0, 8);
}

[[gnu::noreturn]] static void agent_run(struct agent *self)
{
	const uint64_t waiting = 1ULL << (SIGNAL_PIPE - 1); /* what stays blocked */
	for (;;) {
		bool types = self->input_at < self->input_len;
		struct poll_entry entries[] = {
		        {(int32_t)self->channel, POLL_IN, 0},
		        {self->lent ? -1 : (int32_t)self->pipes[0].fd, POLL_IN, 0},
		        {self->lent ? -1 : (int32_t)self->pipes[1].fd, POLL_IN, 0},
		        {types ? (int32_t)self->input_fd : -1, POLL_OUT, 0},
		};
		CALL(LINUX_PPOLL, entries, COUNT(entries), 0, &waiting, 8);
		if (entries[3].happened)
			command_type(self);
		if (entries[0].happened)
			agent_read(self);
		if (self->pid)
			command_advance(self);
	}
}

int main(int argc, char **argv, char **envp)
{
	static struct agent self = {
	        .put_fd = -1, .input_fd = -1, .pipes = {{-1, AGENT_OUT}, {-1, AGENT_ERROR}}};
	if (argc < 3 || argc - 2 > AGENT_ARGUMENTS_MAX) {
		print("agent: usage: agent DEVICE SHELL [ARGUMENT ...]\n");
		return 2;
	}
	self.environment = envp;
	for (int i = 2; i < argc; i++)
		self.shell[self.shell_count++] = argv[i];
	self.channel =
	        CALL(LINUX_OPEN, argv[1], OPEN_READ_WRITE | OPEN_NONBLOCK | OPEN_CLOSE_ON_EXEC);
	if (self.channel < 0) {
		print("agent: %s: %s\n", argv[1], status_name((enum status)self.channel));
		return 1;
	}
	hear_of_children();
	agent_send(&self, AGENT_BEGUN, (struct str){});
	agent_run(&self);
}
