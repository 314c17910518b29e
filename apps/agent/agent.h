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

/* ---- command.c ---- */
void command_start(struct agent *self, struct str command);
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
