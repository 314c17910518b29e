/*
 * What one run is made of. session.c decides how it goes on and ends, input.c takes what machine
 * and person say, open.c has what is open meanwhile.
 */
#pragma once

#include "qemu/pool/snapshot.h"
#include "qemu/session/answers.h"
#include "qemu/session/execs.h"
#include "qemu/session/marks.h"
#include "qemu/session/monitor.h"
#include "qemu/session/outcome.h"
#include "qemu/session/process.h"
#include "qemu/session/terminal.h"
#include <signal.h>

enum phase { PHASE_RUNNING, PHASE_SCREENSHOT, PHASE_QUITTING, PHASE_KILLED, PHASE_ENDED };

struct session {
	struct arena *arena;
	const struct qemu_request *request;
	struct qemu_process process;
	struct monitor monitor;
	struct marks marks;
	struct answers answers;
	struct execs execs;
	struct snapshot *snapshot;
	struct str agent_socket; /* where clients look for the agent; empty: none */
	struct str agent_path; /* its socket has this name now; empty: none */
	bool firmware; /* it runs, and would take what the agent is to hear for keys */
	int memory; /* what is lent to the guest; -1: nothing */
	int agent; /* where QEMU listens for clients of the agent; -1: nowhere */
	struct terminal terminal;
	struct key_filter keys;
	enum escape_state firmware_escape;
	int logs[MARK_CHANNELS];
	int signals;
	sigset_t former_signals;
	struct text errors;
	enum phase phase;
	uint64_t phase_deadline; /* when the phase has to be over */
	uint64_t hit_deadline;
	uint64_t timeout;
	uint64_t planned_stop;
	uint64_t begin_us;
	struct ending ending;
};

/* Monotonic. */
uint64_t session_now_us(void);
uint64_t session_now_ms(void);

/* The first cause counts; the machine is told to end, after its picture was taken. */
void session_stop(struct session *s, enum stop_cause cause);
/* Takes everything that is there now. */
void session_read_channel(struct session *s, size_t channel);
void session_read_keys(struct session *s);
/* As if the machine had just said it. */
void session_take_output(struct session *s, size_t channel, struct str bytes);
/* Those that are due, unless the machine is held at its prompt. */
void session_give_answers(struct session *s);

/* Logs, signals, the agent's socket, and QEMU itself; false when reported. To be closed in any
 * case. */
bool session_open(struct session *s, const struct strs *argv, const struct qemu_result *result,
                  struct diag *d);
void session_close(struct session *s);
/* The kernel has spoken, or the machine was reset. */
void session_note_firmware(struct session *s, bool runs);
