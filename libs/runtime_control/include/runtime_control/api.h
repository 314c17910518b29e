/*
 * Asking runtimed over /run/runtimed.sock: abi/runtime.h has what goes over the wire.
 *
 * Each function is one connection. ERR_PROTOCOL: an answer that is none, or none because runtimed
 * has died with the request; ERR_PEER_RESET: it died before it had read it. Otherwise what the calls
 * on the socket said, or the service's own status.
 */
#pragma once

#include <abi/runtime.h>
#include <abi/status.h>
#include <base/str.h>

/* Any request; programs of the answer beyond capacity are left out, *out_count counts them all. */
enum status runtime_ask(const struct runtime_request *request, struct runtime_program *out_programs,
                        size_t capacity, size_t *out_count);
/* The programs that run now. */
enum status runtime_snapshot(struct runtime_program *out_programs, size_t capacity,
                             size_t *out_count);
/* target: a desktop id or a path. It runs as who asks, and has nothing to read. */
enum status runtime_launch(struct str target, struct runtime_program *out_program);
/* With these three files as standard input, output and error output; they stay the caller's. */
enum status runtime_launch_attached(struct str target, const int32_t *streams,
                                    struct runtime_program *out_program);
/* *out_watch is a descriptor to close: readable when the programs have changed, and at once. */
enum status runtime_watch(int32_t *out_watch);
/* Waits for the next change; the programs that run then. ERR_PROTOCOL: runtimed has ended. */
enum status runtime_watch_next(int32_t watch, struct runtime_program *out_programs, size_t capacity,
                               size_t *out_count);
/* The console of a session, whose leader is out_program. */
struct runtime_console {
	int32_t lease; /* nobody else has it until this is closed; readable: it is the caller's no
	                  more */
	int32_t terminal; /* to read what it shows and write what is typed; to be closed, too */
};
/* ERR_BUSY: somebody looks at it; ERR_NOT_TERMINAL: it has none; ERR_NO_PROCESS; ERR_NOT_PERMITTED.
 */
enum status runtime_console(uint64_t session, struct runtime_console *out_console,
                            struct runtime_program *out_program);
/* kind: RUNTIME_TARGET_SESSION or RUNTIME_TARGET_PID. It is still there for a moment. */
enum status runtime_terminate(uint16_t kind, uint64_t value);
/* The display server is there. */
enum status runtime_notify_ready(void);
