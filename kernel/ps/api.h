/*
 * The face of kernel/ps: processes, from a program in the boot archive to the
 * exit event that their supervisor reads.
 *
 * A process has one thread so far. Everything it holds except its exit event is freed when it
 * exits; the event lies in the process object, so it is never lost and needs no memory.
 */
#pragma once

#include "hal/api.h"
#include "ipc/api.h"
#include "mm/api.h"
#include <abi/status.h>
#include <base/api.h>
#include <boot_archive/api.h>

enum { PROCESS_NAME_MAX = 32 }; /* with NUL */

struct process;

struct process_setup {
	struct boot_archive archive; /* programs come from here; stays mapped for ever */
	paddr_t archive_start; /* the same bytes; page aligned or not */
	/* The first process has exited; its last resources are freed. */
	[[gnu::noreturn]] void (*first_process_exited)(int32_t status);
};

void ps_init(const struct process_setup *setup);

struct process_request {
	struct str path; /* in the boot archive, without leading '/' */
	const struct str *arguments; /* argv */
	size_t argument_count;
	const struct str *environment;
	size_t environment_count;
	uint64_t capabilities; /* bits of abi/services.h */
	uint64_t may_register; /* bit per service id */
	uint64_t may_look_up; /* the same */
	uint32_t flags; /* of spawn_exec */
	uint32_t console_session;
	uint64_t weight_micros;
	bool map_archive; /* readable at the address in auxv */
};

/*
 * Loads and starts a program as a child of the calling process (of none, when
 * a kernel thread calls). Consults the fault point process.spawn.
 * ERR_NOT_FOUND: no such file in the archive; ERR_NOT_EXECUTABLE: not a program that may be
 * loaded; ERR_TOO_BIG: strings beyond the limits of spawn_exec in abi/syscalls.h; ERR_NO_MEMORY.
 */
enum status process_spawn(const struct process_request *request, uint64_t *out_pid);

/* NULL in a kernel thread. */
struct process *process_current(void);
uint64_t process_id(const struct process *process);
struct str process_name(const struct process *process);
/* What ipc keeps for it; lives as long as the process. */
struct ipc_process *process_ipc(struct process *process);
/* Of the calling process; false in a kernel thread. A refusal goes into the audit record. */
bool process_has_capability(unsigned bit);

/* Ends the calling process. */
[[gnu::noreturn]] void process_exit(int32_t status);
/*
 * The same after an exception in user mode: one report line, status 128 + signal. status: why a
 * page could not be had, or OK.
 */
[[gnu::noreturn]] void process_exit_by_exception(const struct trap_frame *frame,
                                                 uintptr_t fault_address, enum status status);

struct process_event {
	uint64_t pid;
	uint64_t parent_pid; /* of an exit */
	int32_t status; /* of an exit; else the service's id */
	uint16_t event; /* LIFECYCLE_EVENT_EXIT or _SERVICE */
};

/*
 * Takes up to capacity events: services registered since, then exits, oldest first. With wait it
 * sleeps until there is one; ERR_NO_CHILD when no other process lives, so none can come.
 */
enum status process_take_events(struct process_event *out_events, size_t capacity, bool wait,
                                size_t *out_count);
/* For ipc_ops: an event for who waits. */
void process_service_registered(uint64_t service_id, uint64_t pid);
