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
#include "ps/figures/figures.h"
#include "ps/file.h"
#include "ps/memory/memory.h"
#include "ps/program/names.h"
#include "ps/program/prepare.h"
#include "ps/slots.h"
#include "ps/task.h"
#include "ps/view.h"
#include <abi/status.h>
#include <base/api.h>
#include <boot_archive/api.h>

enum {
	PROCESS_NAME_MAX = 32, /* with NUL */
	PROGRAM_STRING_MAX = 128 * 1024, /* of one argument, with its NUL */
	/* of arguments and environment: with their NULs, and 8 bytes for each as a pointer */
	PROGRAM_STRINGS_BYTES_MAX = 2 * 1024 * 1024,
};

struct process;

enum machine_switch { MACHINE_HALT, MACHINE_POWER_OFF, MACHINE_RESET };

struct process_setup {
	struct boot_archive archive; /* programs come from here; stays mapped for ever */
	paddr_t archive_start; /* the same bytes; page aligned or not */
	/*
	 * What a started program reads and writes; NULL: nothing. session: it belongs to this one
	 * from now on; 0: it stays whose it is. A reference is the caller's.
	 */
	enum status (*open_console)(uint64_t session, struct file **out_file);
	void (*session_ended)(uint64_t session); /* its leader is gone; may be NULL */
	const struct name_ops *names;
	[[gnu::noreturn]] void (*machine_switch)(enum machine_switch how);
	/* What happens once the first process, whose call this is, has exited. */
	void (*machine_switch_after)(enum machine_switch how);
	/* The first process has exited; its last resources are freed. */
	[[gnu::noreturn]] void (*first_process_exited)(int32_t status);
};

void ps_init(const struct process_setup *setup);
const struct process_setup *process_setup(void);

struct process_request {
	struct str path; /* in the boot archive; of exec: in the name space */
	struct str image; /* the program's bytes, whatever path says; empty: as above */
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
	uint64_t ticket; /* by which it is started; 0: none */
	uint64_t ticket_holder; /* pid */
};

/*
 * Loads and starts a program as a child of the calling process (of none, when
 * a kernel thread calls). Consults the fault point process.spawn.
 * ERR_NOT_FOUND: no such file in the archive; ERR_NOT_EXECUTABLE: not a program that may be
 * loaded; ERR_TOO_BIG: strings beyond the limits of spawn_exec in abi/syscalls.h; ERR_NO_MEMORY.
 */
enum status process_spawn(const struct process_request *request, uint64_t *out_pid);

/*
 * Starts a program with an image that loaderd built, as a child of process parent; takes built when
 * it succeeds. The request's path is absolute, without leading '/'. ERR_NO_PROCESS: the parent is
 * gone; ERR_NOT_PERMITTED: it is given more than the parent may pass on; else as process_spawn.
 * With a ticket it is a child of who made that, which is used up when this succeeds, and has what
 * spawn_ticket_read said; ERR_NO_PROCESS: the ticket means nothing any more.
 */
enum status process_spawn_built(struct program_built *built, const struct process_request *request,
                                uint64_t parent, uint64_t *out_pid);

/*
 * A ticket of the calling process to have one program started, for the process `holder`: flags,
 * what the program may register and look up, session and weight of the request are the program's,
 * and nothing else is looked at. `replaced` (0: none) means nothing any more. ERR_EXISTS: that one
 * was used; ERR_NO_MEMORY.
 */
enum status spawn_ticket_create(const struct process_request *request, uint64_t replaced,
                                uint64_t *out_ticket);
/* Puts what the holder's ticket gives into the request, which names both. ERR_NO_PROCESS: it is
 * none. */
enum status spawn_ticket_read(struct process_request *request);

/* ERR_NOT_EXECUTABLE: process_spawn would not take it as an image; ERR_NO_MEMORY. */
enum status program_check_image(struct str image);

/* NULL in a kernel thread. */
struct process *process_current(void);
/* That pays for what the calling process makes. NULL in a kernel thread. */
struct memory_account *process_account(void);
uint64_t process_id(const struct process *process);
struct str process_name(const struct process *process);
/* What ipc keeps for it; lives as long as the process. */
struct ipc_process *process_ipc(struct process *process);
/* Of the calling process; false in a kernel thread. A refusal goes into the audit record. */
bool process_has_capability(unsigned bit);

/* ---- what a path is seen from; of the calling process ---- */

struct process_identity {
	uint32_t uid, gid; /* of the file system */
	struct file *root; /* with a reference; NULL: that of all */
};

struct process_identity process_identity(void);
/* With a reference; NULL: the root. */
struct file *process_directory(void);
/* Take the file. */
void process_set_directory(struct file *directory);
void process_set_root(struct file *root);
uint32_t process_umask(void);
/* The calling process has taken locks on ranges: it gives them back when it ends. */
void process_note_range_locks(void);
/* With a reference; NULL: it came from the boot archive. */
struct file *process_program(void);

/* The calling process's program, without leading '/', not terminated; the length. */
size_t process_path(char *out, size_t capacity);
uint64_t process_parent_id(const struct process *process);
/* The end of its heap moves to end if that is possible; returns where it is. */
uintptr_t process_break(uintptr_t end);
/* For mapping into it; of the calling process or one that does not run. */
struct vm_space *process_space(struct process *process);
/*
 * For work on another process: it keeps its space and its handles until process_let_go.
 * ERR_NO_PROCESS: it is not there, or about to be another one.
 */
enum status process_hold(uint64_t pid, struct process **out_process);
/* Accepts NULL in there. */
void process_let_go(struct process **process);
/* Of one that is held. */
void process_layout(struct process *process, struct mm_layout *out);
/* Under the limit of addresses of the calling process? */
bool process_may_map(size_t more);
/* For vm_ops: memory is out, and whoever holds most is ended, but never a service. */
bool process_make_room(struct vm_space *space);
/*
 * The calling process writes len bytes to a file from offset on: as many as its limit of file sizes
 * lets it. ERR_FILE_TOO_BIG, and a signal: none.
 */
enum status process_may_write_to(uint64_t offset, uint64_t *len);

/* How long a process has run, 0: the caller's, ended threads and all. ERR_NO_PROCESS. */
enum status process_run_ns(uint64_t pid, uint64_t *out_ns);
/* The same of a thread of the caller's process. */
enum status process_thread_run_ns(uint64_t tid, uint64_t *out_ns);

/* What another process runs, or a thread of the caller's own; or all of the caller's. */
struct process_run_clock {
	uint64_t pid; /* 0: the caller's */
	uint64_t tid; /* 0: of the whole process */
};

/*
 * Sleeps until that clock shows deadline_ns, or a tick more. ERR_INTERRUPTED: the caller has work;
 * ERR_NO_PROCESS: whose clock it is has gone.
 */
enum status process_run_sleep(const struct process_run_clock *clock, uint64_t deadline_ns);

/* How long the caller has run, and the children that it waited for with theirs. */
void process_times(struct thread_time *out_own, struct thread_time *out_children);
enum process_clock {
	PROCESS_CLOCK_USER, /* without what the kernel and services did for it */
	PROCESS_CLOCK_RUN,
	PROCESS_CLOCKS,
};

/* When SIGVTALRM or SIGPROF comes to the caller, by such a clock and to a tick; 0: not. */
struct process_clock_setting {
	uint64_t left_ns, interval_ns;
};

struct process_clock_setting process_clock_alarm_get(enum process_clock clock);
void process_clock_alarm_set(enum process_clock clock, struct process_clock_setting setting);
/* For sched_on_tick; owner: a task. */
void process_ticked(void *owner);
/* When SIGALRM comes to the caller, by clock_ns, and every how often then; 0: not. */
void process_alarm_get(uint64_t *out_deadline_ns, uint64_t *out_interval_ns);
void process_alarm_set(uint64_t deadline_ns, uint64_t interval_ns);

enum { PROCESS_TIMERS_MAX = 64 };

/* A timer of timer_create. */
enum process_timer_clock {
	PROCESS_TIMER_TIME, /* clock_ns */
	PROCESS_TIMER_RUN, /* what the process has run; looked at when a tick finds it running */
	PROCESS_TIMER_THREAD, /* what one of its threads has */
};

struct process_timer_setup {
	enum process_timer_clock clock;
	uint64_t clock_tid; /* of PROCESS_TIMER_THREAD; else 0 */
	uint32_t signal; /* 0: none, it is only asked */
	uint64_t tid; /* whose; 0: the process's */
	uint64_t value; /* sent with it */
	bool value_is_id; /* the timer's number instead */
	bool is_real; /* set by the time of day; only told */
};

struct process_timer_state {
	uint64_t deadline_ns; /* of its clock; 0: off */
	uint64_t interval_ns; /* 0: once */
	uint64_t now_ns; /* by its clock */
	uint32_t overrun; /* how often it ran out beside its last signal */
	bool is_real;
	enum process_timer_clock clock;
};

/*
 * Of the calling process. ERR_TRY_AGAIN: too many, or no memory; ERR_INVALID_ARGS: no such timer,
 * or thread.
 */
enum status process_timer_create(const struct process_timer_setup *setup, int32_t *out_id);
enum status process_timer_get(int32_t id, struct process_timer_state *out_state);
/* deadline_ns: of its clock. */
enum status process_timer_set(int32_t id, uint64_t deadline_ns, uint64_t interval_ns);
enum status process_timer_delete(int32_t id);
uint32_t process_set_umask(uint32_t umask);

/* ---- signals; by the calling task unless said ---- */

struct signal_target {
	uint64_t pid, tid;
	uint64_t group; /* instead of both; 0: none */
};

/* signal 0 only asks. ERR_NO_PROCESS; ERR_TRY_AGAIN: too many real-time ones are pending. */
enum status signal_send(uint64_t pid, const struct signal_info *info);
enum status signal_send_group(uint64_t group, const struct signal_info *info);
/* To all but the first process and the caller's. */
enum status signal_send_all(const struct signal_info *info);
/* Those of them that may not register a service. */
enum status signal_send_programs(const struct signal_info *info);
/* pid 0: whatever process it belongs to. */
enum status signal_send_task(uint64_t pid, uint64_t tid, const struct signal_info *info);
/*
 * In the name of another thread, as far as its user may; tid 0: to the process. info says what is
 * sent, not by whom. ERR_NO_PROCESS, ERR_NOT_PERMITTED, ERR_TRY_AGAIN.
 */
struct process_thread;
enum status signal_send_for(const struct process_thread *from, const struct signal_target *to,
                            const struct signal_info *info);
/* To the caller itself, which can neither block nor ignore it. */
void signal_force(const struct signal_info *info);
/* Has it a handler, and is it not blocked? */
bool signal_is_handled(uint32_t signal);
/* Does the calling task block it, or its process ignore it? */
bool signal_is_shunned(uint32_t signal);
/* action may be NULL. ERR_INVALID_ARGS: no such signal, or one that cannot be handled. */
enum status signal_set_action(uint32_t signal, const struct signal_action *action,
                              struct signal_action *out_old);
/* Returns the old mask. */
uint64_t signal_set_mask(uint64_t mask);
/* The wanted ones wake the task, and none is lost for being ignored; over with signal_set_mask of
 * the old mask, which it returns. */
uint64_t signal_await(uint64_t wanted);
/* Until the running call is over: for calls that wait for signals. */
void signal_wait_with_mask(uint64_t mask);
uint64_t signal_pending(void);
/* Takes one of the wanted ones without acting on it. False: none is pending. */
bool signal_take(uint64_t wanted, struct signal_info *out_info);

/*
 * Signals of SIGNALS_TO_LISTEN_TO that are sent to the calling process from now on do nothing but
 * end the waits of its tasks for messages, until each has asked for them. ERR_INVALID_ARGS: others.
 */
enum status signal_listen(uint32_t signals);
/* Those that were sent since the calling task asked last; bit 0: signal 1. */
uint32_t signal_heard(void);

/*
 * Those of mask that are pending for the calling process and its tasks, as a file; flags:
 * FILE_NONBLOCK. With a reference. ERR_NO_MEMORY.
 */
enum status signal_file_create(uint64_t mask, uint32_t flags, struct file **out_file);
/* ERR_INVALID_ARGS: it is no such file. */
enum status signal_file_set_mask(struct file *file, uint64_t mask);

/* ---- children, groups ---- */

enum wait_kind {
	WAIT_ENDED = 1 << 0,
	WAIT_STOPPED = 1 << 1,
	WAIT_CONTINUED = 1 << 2,
	WAIT_NO_WAIT = 1 << 3, /* nothing yet: pid 0 comes out */
	WAIT_KEEP = 1 << 4, /* it can be waited for again */
};

struct child_change {
	uint64_t pid; /* 0: none */
	int32_t code; /* SIGNAL_CHILD_* */
	int32_t status; /* exit code or signal */
	uint32_t uid;
	struct thread_time time; /* with those that it waited for */
};

/* who as in wait4. ERR_NO_CHILD; ERR_INTERRUPTED. */
enum status process_wait_child(int64_t who, uint32_t kinds, struct child_change *out_change);
/*
 * One that the first process took over becomes the caller's child. ERR_NO_PROCESS: it does not
 * live, or has another parent.
 */
enum status process_adopt(uint64_t pid);
/* Of a child's threads, those that it makes later too. ERR_NO_CHILD: it is none, or has ended. */
enum status process_set_weight(uint64_t pid, uint64_t weight_micros);
/* As wait4 tells it. */
int32_t child_change_wait_status(const struct child_change *change);
/* 0: the caller; group 0: its own pid. */
enum status process_set_group(uint64_t pid, uint64_t group);
enum status process_groups(uint64_t pid, uint64_t *out_group, uint64_t *out_session);
bool process_group_exists(uint64_t group);
/* Of a group with a living member; 0: there is none. */
uint64_t process_group_session(uint64_t group);
/* Nobody outside of it could continue it when it is stopped. */
bool process_group_is_orphaned(uint64_t group);
enum status process_new_session(uint64_t *out_session);
/* The same in the name of another thread. op: PROC_GROUP_*; target 0: its own process. */
struct process_group_change {
	uint32_t op;
	uint64_t target, group;
};
/* The group or session, or 0. */
enum status process_change_group_for(const struct process_thread *which,
                                     const struct process_group_change *change,
                                     uint64_t *out_result);

/* ---- copies, threads, other programs ---- */

/* Registers with which the copy of the calling task goes on. */
struct task_copy {
	struct trap_frame frame;
	bool has_tls;
	uint64_t tls; /* base of fs */
	uintptr_t tid_out; /* the new id is written there, in the copy's memory; 0: nowhere */
	uintptr_t parent_tid_out; /* the same, in the caller's */
	uintptr_t clear_tid;
	bool waits; /* until the copy has another program or is gone */
};

/* A process with a copy of everything. */
enum status process_fork(const struct task_copy *copy, uint64_t *out_pid);
/* A thread of another process that waits for a service. */
struct process_thread {
	uint64_t pid, tid;
	uint64_t thread; /* as calls name it (ipc_sender) */
};
/*
 * The same of another process, as its child; `waits` means nothing. ERR_NO_PROCESS: the thread is
 * gone.
 */
enum status process_fork_other(const struct process_thread *which, const struct task_copy *copy,
                               uint64_t *out_pid);
/* A thread of the calling process. */
enum status task_clone(const struct task_copy *copy, uint64_t *out_tid);
/*
 * Another program in place of the calling one; *out_frame is what the task goes on with. Other
 * threads end; handlers are reset; descriptors with FILE_CLOSE_ON_EXEC are closed. On failure
 * nothing has changed.
 */
enum status process_exec(const struct process_request *request, struct trap_frame *out_frame);

/*
 * A thread that waits in exec, as a service names it. thread: who made the call that the service
 * answers (ipc_sender): while a thread waits in exec only the kernel calls in its name.
 */
struct exec_target {
	uint64_t ticket, pid, tid, thread;
};

/* ERR_NO_PROCESS: no such thread waits. */
enum status exec_target_view(const struct exec_target *target, struct process_view *out_view);
/* It has opened a file, perhaps the program, with these rights. */
void exec_target_note(const struct exec_target *target, const struct file *file,
                      const struct file_owner *owner);
struct exec_ids {
	uint32_t euid, egid;
};

/* Whom its program begins as; ids NULL: as who it is. ERR_NO_PROCESS. */
enum status exec_target_authorize(const struct exec_target *target, const struct exec_ids *ids);
/* Takes built when it succeeds. ERR_NO_PROCESS. */
enum status exec_target_give(const struct exec_target *target, struct program_built *built);

/* ---- futexes: words of the calling process ---- */

struct futex_place {
	uintptr_t address;
	bool is_shared; /* in shared memory it is the same place for all who have it mapped */
};

/* Sleeps while the word is expected. ERR_TRY_AGAIN: it is not; otherwise as task_sleep. */
enum status futex_wait(struct futex_place place, uint32_t expected, uint32_t bits,
                       uint64_t deadline_ns);
uint32_t futex_wake_at(struct futex_place place, uint32_t count, uint32_t bits);
uint32_t futex_requeue_at(struct futex_place from, struct futex_place to, uint32_t wake_count,
                          uint32_t move_count);

/* Ends the calling process. */
[[gnu::noreturn]] void process_exit(int32_t status);
[[gnu::noreturn]] void process_exit_by_signal(uint32_t signal);
/*
 * After an exception in user mode: SIGSEGV and the like, to the handler if there is one, else a
 * report line and the end. status: why a page could not be had, or OK.
 */
void process_exception(const struct trap_frame *frame, uintptr_t fault_address, enum status status);

struct process_event {
	uint64_t pid;
	uint64_t parent_pid; /* of an exit; of a start: the ticket */
	int32_t status; /* of an exit; else the service's id, or the signal */
	uint16_t event; /* LIFECYCLE_EVENT_EXIT, _SERVICE, _SIGNAL, _AUDIT or _START */
};

struct process_event_wait {
	bool wait; /* until there is one */
	uint64_t deadline_ns; /* of clock_ns: then there is none; 0: no end */
};

/*
 * Takes up to capacity events: programs started and services registered since, then exits, oldest
 * first. ERR_NO_CHILD: it would wait without end, but no other process lives.
 */
enum status process_take_events(struct process_event *out_events, size_t capacity,
                                const struct process_event_wait *wait, size_t *out_count);
/* A line for each process but the first, which nothing will wake. */
void process_report_waiting(void);
/* For ipc_ops: an event for who waits. */
void process_service_registered(uint64_t service_id, uint64_t pid);
void process_audit_fills(void);
