/*
 * Sleeping for one of several, as in kernel/sched/await.c over thread_prepare_block and
 * thread_block: a thread on one CPU, an answer and a deadline on others.
 *
 * Proved: no wake is lost, the thread is in the queue at most once, it is never run before its
 * context is saved, and exactly one of the two wakes each sleep.
 * With BROKEN defined claiming is two steps, and the proof must fail.
 */
#define SLEEPS 3

bool lock;
bool condition; /* what the answer brings; guarded by lock */
bool awaits;
bool blocked;
bool queued;
bool on_cpu = true;
byte wakes;
byte sleeps;
bool finished;

inline acquire() { atomic { !lock -> lock = true } }
inline release() { lock = false }

/* thread_claim and thread_wake */
inline claim_and_wake() {
	if
#ifdef BROKEN
	:: awaits -> awaits = false;
#else
	:: atomic { awaits -> awaits = false };
#endif
		atomic {
			assert(blocked && !queued);
			blocked = false;
			queued = true;
			wakes++
		}
	:: atomic { !awaits -> skip }
	fi
}

proctype sleeper() {
	do
	:: sleeps == SLEEPS -> break
	:: sleeps < SLEEPS ->
		acquire();
		condition = false;
		sleeps++;
		blocked = true; /* thread_prepare_block */
		awaits = true;
		release();
		/* thread_block: picks itself when it was woken meanwhile, or leaves the CPU */
		if
		:: atomic { queued -> queued = false }
		:: atomic { !queued -> on_cpu = false };
			atomic { queued && !on_cpu -> queued = false; on_cpu = true }
		fi;
		assert(!awaits && wakes == sleeps)
	od;
	finished = true
}

proctype answer() {
end:	do
	:: finished -> break
	:: else ->
		acquire();
		condition = true;
		claim_and_wake();
		release()
	od
}

proctype deadline() {
end:	do
	:: finished -> break
	:: else -> claim_and_wake()
	od
}

init {
	atomic {
		run sleeper();
		run answer();
		run deadline()
	}
}
