/*
 * Blocking and waking: kernel/sched/wait_queue.c, switch.c and balance.c with one thread, two CPUs,
 * a waker that makes a condition true, and a timer that wakes without it.
 *
 * Claims: a thread is in at most one run queue; no CPU resumes one whose context is not saved; no
 * wake is lost (a lost one is a deadlock, which spin reports as an invalid end state).
 * BROKEN and BROKEN_STEAL are what the checker must find.
 */
#define NOWHERE 2
#define ROUNDS 2

mtype = { RUNNING, READY, BLOCKED };

bit queue_lock, condition, waiting;      /* of the wait queue; waiting: the thread is in it */
bit run_lock[2], ready[2], busy[2];      /* of the CPUs; ready: the thread is in that run queue */
bit on_cpu = 1, saved;                   /* of the thread */
mtype state = RUNNING;
byte cpu = 0;                            /* thread.cpu */
byte running = 0;                        /* where it executes */

inline acquire(lock) { atomic { lock == 0 -> lock = 1 } }

/* sched_place */
inline wake(target) {
	if
	:: on_cpu -> target = cpu
	:: !on_cpu -> if :: target = 0 :: target = 1 fi
	fi;
	acquire(run_lock[target]);
	assert(!ready[0] && !ready[1]);
	ready[target] = 1;
	state = READY;
	cpu = target;
	run_lock[target] = 0
}

/* sched_load: another context goes on here, and then this one is free to be resumed */
inline leave_cpu() {
	running = NOWHERE;
	saved = 1;
	on_cpu = 0;
	busy[here] = 0;
	running != NOWHERE;
	here = running
}

/* sched_switch */
inline block() {
	acquire(run_lock[here]);
	if
	:: ready[here] -> ready[here] = 0; state = RUNNING; run_lock[here] = 0
	:: else -> run_lock[here] = 0; leave_cpu()
	fi
}

/* sched_preempt: perhaps another thread runs, perhaps the same one again */
inline preempt() {
	acquire(run_lock[here]);
	ready[here] = 1;
	state = READY;
	if
	:: ready[here] = 0; state = RUNNING; run_lock[here] = 0
	:: run_lock[here] = 0; leave_cpu()
	fi
}

active proctype thread() {
	byte here = 0, round = 0;
	busy[0] = 1;
	do
	:: round < ROUNDS ->
		if :: preempt() :: skip fi;
		acquire(queue_lock);
		do
		:: condition -> break
		:: else ->
			state = BLOCKED;
#ifdef BROKEN
			queue_lock = 0;
			waiting = 1;
#else
			waiting = 1;
			queue_lock = 0;
#endif
			block();
			assert(state == RUNNING && running == here);
			acquire(queue_lock)
		od;
		condition = 0;
		queue_lock = 0;
		round++
	:: else -> break
	od
}

active proctype waker() {
	byte target, round = 0;
	do
	:: round < ROUNDS ->
		condition == 0;
		acquire(queue_lock);
		condition = 1;
		if
		:: waiting -> waiting = 0; wake(target)
		:: else -> skip
		fi;
		queue_lock = 0;
		round++
	:: else -> break
	od
}

/* sleeper_fire: wakes after the lock is gone */
active proctype timer() {
	byte target;
	bit still_waits;
	acquire(queue_lock);
	still_waits = waiting;
	waiting = 0;
	queue_lock = 0;
	if
	:: still_waits -> wake(target)
	:: else -> skip
	fi
}

/* sched_run: idle CPUs, which take what is ready, their own first or somebody else's */
active [2] proctype processor() {
	byte own = _pid - 3;
end:	do
	:: atomic { !busy[own] && ready[own] && !run_lock[own] -> run_lock[own] = 1 };
		if
		:: ready[own] && !busy[own] ->
			ready[own] = 0;
			busy[own] = 1;
			assert(saved && !on_cpu);
			saved = 0;
			on_cpu = 1;
			state = RUNNING;
			run_lock[own] = 0;
			running = own
		:: else -> run_lock[own] = 0
		fi
	:: atomic { !busy[own] && ready[1 - own] && !run_lock[1 - own] -> run_lock[1 - own] = 1 };
		if
#ifdef BROKEN_STEAL
		:: ready[1 - own] ->
#else
		:: ready[1 - own] && !on_cpu ->
#endif
			ready[1 - own] = 0;
			run_lock[1 - own] = 0;
			acquire(run_lock[own]);
			assert(!ready[own]);
			ready[own] = 1;
			cpu = own;
			run_lock[own] = 0
		:: else -> run_lock[1 - own] = 0
		fi
	od
}
