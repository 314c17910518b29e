/*
 * The agent: frames of libs/agent from the host, one command or file at a time.
 */
#pragma once

#include <abi/root.h>
#include <agent/api.h>
#include <linux_calls/api.h>

enum { AGENT_ARGUMENTS_MAX = 16, AGENT_PACKAGE_MAX = ROOT_PACKAGE_MAX };

/* What a running command writes. */
struct agent_pipe {
	int64_t fd; /* -1: closed */
	enum agent_frame_type type;
};

struct agent {
	int64_t channel;
	struct agent_decoder decoder;
	const char *shell[AGENT_ARGUMENTS_MAX + 2]; /* the command is put behind */
	size_t shell_count;
	char *const *environment;
	int64_t pid; /* of the running command, which leads its session; 0: none */
	struct agent_pipe pipes[2];
	int64_t input_fd; /* what the command reads; -1: nothing more */
	char input[AGENT_LENT_MAX]; /* from input_at on it has not gone there yet */
	size_t input_at, input_len;
	bool ended; /* the command has; what it wrote is still passed on */
	int32_t ended_status;
	size_t memory; /* bytes of the host's memory for each direction; 0: not used */
	bool lent; /* the host has not taken yet what lies there */
	int64_t put_fd; /* the file that is being written; -1: none */
	int32_t put_status; /* its first failure */
	uint64_t root; /* rootd's endpoint; 0: not looked up yet */
	uint32_t image_size; /* of a program for rootd; 0: DATA is for the file */
	uint32_t image_sent;
	char package[AGENT_PACKAGE_MAX]; /* that it is for */
	uint16_t package_len;
};

/* To the host; what it does not take yet is waited for. */
void agent_send(struct agent *self, enum agent_frame_type type, struct str payload);
void agent_send_status(struct agent *self, int32_t status);
void agent_handle(struct agent *self, const struct agent_frame *frame);

/* ---- memory.c ---- */
/* The host may use it, if there is any. */
void memory_begin(struct agent *self);
/* A frame whose bytes lie with the host. */
void memory_fetch(struct agent *self, struct str payload);
/* As agent_send does, with more bytes than a frame holds; nothing may be lent. */
void memory_send(struct agent *self, enum agent_frame_type type, struct str payload);

/* ---- command.c ---- */
/* reads: what comes with command_input. */
void command_start(struct agent *self, struct str command, bool reads);
/* Bytes for it to read; none: it has read all. The host is told when the next ones may come. */
void command_input(struct agent *self, struct str bytes);
/* As much of them as it takes now. */
void command_type(struct agent *self);
/* Kills it with everything it has started and kept in its session. */
void command_kill(struct agent *self);
/* Passes on what it has written; tells its status once it has ended. */
void command_advance(struct agent *self);

/* ---- put.c ---- */
void put_begin(struct agent *self, struct str payload);
void put_data(struct agent *self, struct str payload);
void put_end(struct agent *self);

/* ---- resumed.c ---- */
void resumed_take(struct agent *self, struct str payload);

/* ---- reload.c ---- */
void reload_begin(struct agent *self, struct str payload);
void reload_data(struct agent *self, struct str payload);
void reload_end(struct agent *self);
