/*
 * The process object. Inside kernel/ps only.
 *
 * The table's lock guards who is whose child, and groups and sessions; the process's own lock what
 * happens within. The table's is taken first.
 */
#pragma once

#include "ps/api.h"
#include "ps/program/program.h"
#include "sched/api.h"
#include <abi/syscalls.h>
#include <base/list.h>

enum { PROCESS_SLOT_VERSION = 1 };

/* What procd will own: copied on fork, freed on exit. */
struct process_signal_slot {
	uint32_t version;
	struct signal_action actions[SIGNAL_MAX]; /* guarded by process->lock */
};

struct process_group_slot {
	uint32_t version;
	uint64_t group; /* guarded by the table's lock */
	uint64_t session; /* the same */
};

/* Files that a process is at; a reference each, or NULL. */
struct process_places {
	struct file *directory; /* NULL: the root */
	struct file *root; /* NULL: that of all */
	struct file *program; /* NULL: it came from the boot archive */
};

enum process_state {
	PROCESS_LIVES,
	PROCESS_DEAD, /* its parent has not waited for it yet */
	PROCESS_REAPED,
};

/* By a clock that only runs while the process does. */
struct process_clock_alarm {
	/* guarded by process->lock */
	uint64_t deadline_ns; /* of that clock; 0: off */
	uint64_t interval_ns; /* 0: once */
};

struct process_alarm {
	struct timer timer;
	struct sleep_lock setting; /* one at a time sets, and cancels before */

	/* guarded by process->lock */
	uint64_t deadline_ns; /* of clock_ns; 0: off */
	uint64_t interval_ns; /* 0: once */
	bool waits; /* it has run out, and goes on when its signal is taken */
	bool was_set; /* the timer, ever */
};

struct process {
	struct list link; /* among the living or the exited; guarded by the table's lock */

	/* set at creation, then constant */
	uint64_t pid; /* from 1; never reused */
	uint64_t spawner_pid; /* as exit events name it; 0: started by the kernel */
	uint32_t flags;
	uint32_t console_session;
	bool is_spawned; /* not a copy: its start and its end are told */
	uint64_t start_ns; /* of clock_ns */

	uint64_t weight_micros; /* share of the CPU of new threads; atomic */

	/* guarded by the table's lock */
	struct program_texts texts; /* where they began; changes with space */
	char name[PROCESS_NAME_MAX]; /* the file's name, NUL-terminated, perhaps cut */
	char path[SPAWN_EXEC_PATH_MAX]; /* of its program, NUL-terminated, perhaps cut */
	uintptr_t image_bias; /* addresses in memory minus those of the file */
	struct process *parent; /* NULL: none, or it is gone */
	struct list children; /* struct process by siblings */
	struct list siblings;
	enum process_state state;
	bool event_taken; /* its exit event was read */
	bool told_stop, told_continue; /* a change that the parent has not waited for */
	struct vfork_wait *vfork_wait; /* of a parent that waits for exec or exit */
	struct thread_time children_time; /* of those that were waited for, and theirs */
	struct process_group_slot groups;
	bool has_executed; /* since it was made */
	struct readiness changes; /* READY_IN: a child has changed */
	uint64_t end_awaited_ns; /* clock_ns when others began to wait for its memory; 0: not */
	uint32_t copies; /* how many others hold it, to copy or to change it */
	bool copies_refused;
	struct waiter *copies_waiter; /* woken when the last one is made; NULL: nobody waits */

	struct process_places places; /* guarded by process->lock */
	bool has_range_locks; /* has had one on some file */

	struct vm_space *space; /* owned; NULL once exited; set with the table's lock */
	struct process_memory memory;
	struct ipc_process ipc;
	/* what syscalld decides; written with the lock, umask atomically */
	struct credentials_slot credentials;
	struct limits_slot limits;

	struct spinlock lock;
	/* guarded by lock */
	struct list tasks; /* struct task */
	uint32_t task_count;
	struct thread_time ended_time; /* of tasks that ended */
	bool exiting; /* atomic for readers: every task is to end */
	struct task *exec_task; /* atomic for readers: goes on alone, the others are to end */
	struct waiter *alone_waiter; /* woken when a task ends */
	int32_t exit_code;
	uint32_t exit_signal; /* 0: it ended by itself */
	uint32_t stop_signal; /* it is stopped; 0: it runs */
	struct signal_queue signals;
	uint32_t listened_signals; /* bit 0: signal 1; they have no other effect */
	uint32_t heard_signals; /* of those, ever: what a new thread hears first */
	struct process_signal_slot handlers;
	struct process_alarm alarm;
	struct process_clock_alarm clock_alarms[PROCESS_CLOCKS];
	uint32_t clock_alarms_set; /* atomic for readers: is any? */
	struct list timers; /* struct process_timer */
	bool timers_wait; /* one of them perhaps, or the alarm, for its signal to be taken */
	uint32_t run_timers_set; /* atomic for readers: those that count what it runs */
	struct list signal_files; /* struct signal_file */
};

/* A program that may be started, or was and nobody has heard of it. */
struct spawn_ticket {
	struct list link; /* guarded by the table's lock */

	/* set at creation, then constant */
	uint64_t number; /* never the same twice */
	uint64_t maker, holder; /* pids */
	uint32_t flags, console_session;
	uint64_t may_register, may_look_up, weight_micros;

	uint64_t pid; /* once it is used */
};

struct vfork_wait {
	struct waiter *waiter;
	struct process *child; /* until done */
	bool done; /* guarded by the table's lock */
};

/* ---- process.c ---- */
struct spinlock *process_table_lock(void);
/* The table's lock is held. NULL: none lives with this pid. */
struct process *process_find(uint64_t pid);
/* The same, or one that is dead and that its parent has not waited for: to it signals are sent in
 * vain. */
struct process *process_find_unreaped(uint64_t pid);
/* Oldest first, NULL first and last. The table's lock is held. */
struct process *process_next_living(const struct process *process);
/* The dead that their parents have not waited for, in no order; the same. */
struct process *process_next_dead(const struct process *dead);
uint64_t process_new_pid(void);
/* Empty, with its pid, and a space of its own to be set. NULL: no memory. */
struct process *process_new(void);
/* What one process may hold, in an account of its own. */
enum status process_new_account(struct memory_account **out_account);
/* One that nobody has seen. Accepts NULL. */
void process_destroy(struct process *process);
void process_name_from_path(struct process *process, struct str path);
/* Time that processes have run which are gone, and the last number given. */
struct thread_time process_ended_time(void);
uint64_t process_last_pid(void);
/* What it runs, from now on. */
void process_set_program(struct process *process, struct str path, const struct program *program);
/* Makes it and its first task known, as a child of the running process. */
void process_publish(struct process *process, struct task *task);
/* The same below another one. ERR_NO_PROCESS, ERR_NOT_PERMITTED: as process_spawn_built. */
enum status process_publish_for(uint64_t parent_pid, struct process *process, struct task *task);
/* The same by a ticket, which is used up. ERR_NO_PROCESS: it means nothing any more. */
enum status process_publish_by_ticket(const struct process_request *request,
                                      struct process *process, struct task *task);
/* Its last task is gone, and the caller's thread no longer belongs to it. */
void process_finish(struct process *process);
/* Every task is to end. process->lock is held. */
void process_begin_exit(struct process *process, int32_t code, uint32_t signal);
int32_t process_event_status(const struct process *process);

/* When memory is short it goes on, from what is kept: a service, or who orders programs. */
static inline bool process_is_kept(uint32_t flags, uint64_t may_register)
{
	return may_register || flags & SPAWN_EXEC_CORE;
}

/* ---- slots.c ---- */
void slots_begin(struct process *process);
void slots_inherit(struct process *child, struct process *self);
/* Once its handle table is there. */
void slots_apply_limits(struct process *process);

/* ---- copies.c ---- */
/* Nobody else makes a copy from here on, nor is at it; by a thread that may sleep. */
void process_refuse_copies(struct process *process);
void process_allow_copies(struct process *process);

/* ---- limits.c ---- */
/* ERR_TRY_AGAIN: its user has as many processes as it may. */
enum status process_may_fork(const struct process *process);
/* Of a new program's stack; of the calling process. */
size_t process_stack_bytes(void);

/* ---- places.c ---- */
/* Copies what the calling process has. */
void places_inherit(struct process *child, struct process *parent);
/* One that nobody has seen, or that has ended. */
void places_release(struct process *process);
/* Those on ranges of files that it has open. */
void places_drop_locks(struct process *process);
/* Takes the program, for which file_begin_run was called. */
void places_set_program(struct process *process, struct file *program);

size_t process_living_count(void);
/* What describes processes, those that nobody has waited for among them, takes an eighth of memory
 * at most. False: no copy is made any more. */
bool process_has_room(void);

/* ---- events.c; the table's lock is held ---- */
void events_init(void);
/* It is dead. Who takes the event may free it. */
void events_add_exit(struct process *process);
/* Is there something to take? */
bool events_pending(void);
/* The first process cannot be ended from outside: signals are events for it. */
void process_note_signal(uint32_t signal);
/* A program was started with a ticket. Takes the ticket. */
void events_add_start(struct spawn_ticket *ticket);
/* Starts, then services: who registered one and is gone already did all in this order. */
size_t events_take(struct process_event *out_events, size_t capacity);

/* ---- program/tickets.c; the table's lock is held ---- */
void tickets_init(void);
/* Not used yet. NULL: the holder has no such ticket. */
struct spawn_ticket *tickets_find(uint64_t number, uint64_t holder);
/* Nobody is left who could use them. */
void tickets_drop(void);

/* ---- family.c; the table's lock is held ---- */
void family_add_child(struct process *parent, struct process *child);
/* The CPU is shared by groups, not by threads, and by users, but those of root, not by groups.
 * After either has changed. */
void family_tell_group(struct process *process);
/* It is dead: its children go to the first process, its parent hears. It may be freed. */
void family_leave(struct process *process);
/* Its exit event was read. It may be freed. */
void family_event_taken(struct process *process);
void family_release_vfork(struct process *process);
/* It was stopped or goes on. */
void family_tell_change(struct process *process, int32_t code, int32_t status);

/* ---- job.c; the table's lock is held ---- */
/* As if leaving were gone already; NULL: nobody leaves. */
bool job_is_orphaned(uint64_t group, const struct process *leaving);
/* It ends: groups that it minded, and whose stopped members nobody would continue, are told. */
void job_leave(struct process *leaving);

/* ---- process_signal.c ---- */
void signals_free(struct signal_queue *queue);
/* As signal_send_process, with the table's lock held; entry may be NULL and is used up. */
void signal_post_process(struct process *process, const struct signal_info *info,
                         struct signal_entry *entry);
/* The same. ERR_TRY_AGAIN: a real-time signal for which there is no room. */
enum status signal_try_process(struct process *process, const struct signal_info *info,
                               struct signal_entry *entry);
/*
 * To the task with this number, 0: to the process; else the same, or ERR_NO_PROCESS. NULL in
 * *entry: it was taken. process->lock is held.
 */
enum status signal_post_within(struct process *process, uint64_t tid,
                               const struct signal_info *info, struct signal_entry **entry);

/*
 * from takes these signals of its process no more: whoever else would is told of those that are
 * pending. process->lock is held.
 */
void signals_hand_on_pending(struct process *process, const struct task *from, uint64_t signals);
static inline void signals_hand_on(struct process *process, const struct task *from,
                                   uint64_t signals)
{
	if (__builtin_expect((process->signals.pending & signals) != 0, 0))
		signals_hand_on_pending(process, from, signals);
}

/* By their users and sessions; the table's lock is held. */
bool signal_may_reach(const struct process *self, const struct process *target, uint32_t signal);

/* ---- alarm.c ---- */
void process_alarm_init(struct process *process);
void process_alarm_stop(struct process *process);
/* Its signal was taken. process->lock is held. */
void process_alarm_go_on(struct process *process);

/* ---- process_timers.c ---- */
void process_timers_end(struct process *process);
/* Of those that count what it runs; at a tick, with no lock held. */
void process_timers_ticked(struct process *process);
void process_timers_go_on(struct process *process, uint64_t signals, struct signal_info *taken);
/*
 * One of these signals was taken, its overrun is filled in, or NULL: they are dropped, or done
 * something else with. Timers that waited for that go on. process->lock is held.
 */
static inline void process_timers_taken(struct process *process, uint64_t signals,
                                        struct signal_info *taken)
{
	if (__builtin_expect(process->timers_wait, 0))
		process_timers_go_on(process, signals, taken);
}
/* Signals to this task are gone with it. process->lock is held. */
void process_timers_task_gone(struct process *process, uint64_t tid);

/* ---- run_sleep.c ---- */
/* Wakes who sleeps by what the task or its process runs; at a tick, with no lock held. */
void process_run_sleepers_ticked(const struct task *task);
/* A thread has ended, and its process when pid is not 0. */
void process_run_clock_gone(const struct process_run_clock *whose);

/* ---- signal_file.c ---- */
void signal_files_tell_each(struct process *process);
/* What is pending has changed. process->lock is held. */
static inline void signal_files_tell(struct process *process)
{
	if (__builtin_expect(!list_empty(&process->signal_files), 0))
		signal_files_tell_each(process);
}
void signal_files_leave(struct process *process);

/* ---- send_for.c ---- */
/* Is that thread still of the process? The table's lock is held. */
bool process_thread_waits(struct process *process, const struct process_thread *which);

/* ---- out_of_memory.c ---- */
void out_of_memory_init(void);
/* A process has given its memory back. */
void memory_was_freed(void);

/* ---- times.c ---- */
void process_time_add(struct thread_time *sum, struct thread_time time);
/* process->lock is held. */
struct thread_time process_time_within(struct process *process);
struct thread_time process_time(struct process *process);

/* ---- fault_report.c ---- */
/* The frames of the running program, one line each. */
void process_report_frames(const struct process *process, const struct trap_frame *frame);

/* ---- futex_wait.c ---- */
/* What others wait for of a task that ends; in its address space. */
void futex_task_exit(struct task *task);
