/*
 * The call object of kernel/ipc: one caller with two calls, a service that may die at any moment,
 * a successor that may take over its queue, signals, and a deadline.
 *
 * What a lock guards in the kernel is one atomic step here, but for the answer: the caller may see
 * that it is done without that lock, so the steps under it are apart, and the others wait for it.
 * Proved: the caller always returns;
 * each call is finished once; a sleeper is woken once for each sleep; an answer reaches the call
 * that it was meant for or nobody; an object is not used again while a service still holds it.
 * With BROKEN or BROKEN_ORDER defined a rule is left out, and the proof must fail.
 */
mtype = { IDLE, QUEUED, DELIVERED, CANCELLING, DONE };
mtype = { NONE, REPLIED, DIED, NOT_CONNECTED, INTERRUPTED, TIMED_OUT, BAD_ADDRESS };

#define CALLS 2
#define OBJECTS 2
#define NOBODY 255

typedef call_object {
	mtype state;
	mtype status;
	byte references;
	byte number; /* which call of the caller it carries */
	byte finished;
	bool copying; /* the caller's memory is in use */
};

call_object call[OBJECTS];
byte pending[2] = NOBODY; /* queue of each service's endpoint; one caller, so one place */
bool closed[2];
bool held; /* the first service's queue waits for a successor */
byte current = 0; /* the caller's object */
byte made = 0; /* calls made */

bool answering; /* the endpoint's lock, while a service answers */
byte gone = 0; /* calls that the caller has come back from */
bool awaits; /* the caller sleeps, and nobody has claimed it */
bool woken;
bool timer_set;
bool timed_out;

inline wake_claimed() {
	assert(!woken);
	woken = true
}

inline wake() {
	if
	:: awaits -> awaits = false; wake_claimed()
	:: else
	fi
}

inline finish(o, why) {
	assert(call[o].state == QUEUED || call[o].state == DELIVERED || call[o].state == CANCELLING);
	call[o].status = why;
	call[o].finished++;
	/* last: it is seen without the lock */
	call[o].state = DONE
}

inline fail_pending(s) {
	if
	:: pending[s] != NOBODY ->
		finish(pending[s], NOT_CONNECTED);
		pending[s] = NOBODY;
		wake()
	:: else
	fi
}

/* Gives the caller up: its time is over. Not while its memory is in use. */
inline abandon() {
	atomic {
#ifndef BROKEN
		!call[current].copying && !answering ->
#else
		!answering ->
#endif
		if
		:: call[current].state == QUEUED ->
			if
			:: pending[0] == current -> pending[0] = NOBODY
			:: else -> assert(pending[1] == current); pending[1] = NOBODY
			fi;
			finish(current, TIMED_OUT)
		:: call[current].state == DELIVERED || call[current].state == CANCELLING ->
			finish(current, TIMED_OUT)
		:: else
		fi;
		timed_out = false
	}
}

proctype caller() {
	bool asleep;
	do
	:: made == CALLS -> break
	:: made < CALLS ->
		atomic {
			made++;
			assert(call[current].references == 0);
			call[current].references = 1;
			call[current].number = made;
			call[current].finished = 0;
			call[current].status = NONE;
			if
			:: closed[0] && !held ->
				call[current].state = DONE;
				call[current].status = NOT_CONNECTED;
				call[current].finished = 1
			:: else ->
				call[current].state = QUEUED;
				pending[0] = current;
				timed_out = false;
				timer_set = true;
				awaits = true;
				asleep = true
			fi
		}
		do
		:: !asleep -> break
		:: asleep ->
			atomic { woken -> woken = false; asleep = false };
			if
			:: timed_out && call[current].state != DONE -> abandon()
			:: else -> timed_out = false
			fi;
			assert(call[current].state == DONE)
		od;
		atomic {
			timer_set = false;
			assert(call[current].status != NONE && call[current].finished == 1);
			assert(!call[current].copying);
			gone++;
			call[current].references--;
			if
			:: call[current].references > 0 -> current = 1 - current
			:: else -> call[current].state = IDLE
			fi
		}
	od
}

/* The deadline: fires at any moment, or never. */
proctype deadline() {
end:	do
	:: atomic {
		timer_set && awaits ->
		awaits = false;
		timer_set = false;
		timed_out = true;
		wake_claimed()
	}
	:: made == CALLS && !timer_set -> break
	od
}

proctype signals() {
	byte left = 2;
end:	do
	:: atomic { left > 0 && !answering ->
		left--;
		if
		:: call[current].state == QUEUED ->
			if
			:: pending[0] == current -> pending[0] = NOBODY
			:: else -> pending[1] = NOBODY
			fi;
			finish(current, INTERRUPTED);
			wake()
		:: call[current].state == DELIVERED -> call[current].state = CANCELLING
		:: else
		fi
	}
	:: left == 0 -> break
	od
}

/* What the end of a service's process does with a request that it took. */
inline end_taken(o) {
	atomic {
		!answering ->
		if
		:: call[o].state != DONE -> finish(o, DIED); wake()
		:: else
		fi;
		call[o].references--
	}
}

proctype service(byte s; bool may_die) {
	byte o, number;
	bool claimed, late;
	if
	:: s == 1 ->
		/* the successor registers, or never does: the queue is its own now */
end_wait:	atomic {
			held ->
			held = false;
			pending[1] = pending[0];
			pending[0] = NOBODY
		}
	:: else
	fi;
end:	do
	:: may_die -> goto die
	:: atomic {
		pending[s] != NOBODY ->
		o = pending[s];
		pending[s] = NOBODY;
		call[o].state = DELIVERED;
		call[o].references++;
		number = call[o].number;
		if
		:: call[o].copying = true
		:: skip
		fi
	}
		if
		:: call[o].copying ->
			atomic {
				!answering ->
				call[o].copying = false;
				if
				:: skip
				:: call[o].state != DONE -> finish(o, BAD_ADDRESS); wake()
				fi
			}
		:: else
		fi;
		if
		:: atomic {
			/* it could not be taken after all */
			call[o].state == DELIVERED && pending[s] == NOBODY && !answering ->
			call[o].state = QUEUED;
			pending[s] = o;
			call[o].references--
		}
		:: may_die -> end_taken(o); goto die
		:: atomic {
			/* the answer: late, or to the very call that was taken */
			!answering ->
			answering = true;
			claimed = false;
			late = call[o].state == DONE
		}
			if
			:: late
			:: else ->
				/* its thread is claimed while it can't have gone */
#ifdef BROKEN_ORDER
				finish(o, REPLIED);
#endif
				atomic {
					assert(call[o].number == number && gone < number);
					if
					:: awaits -> awaits = false; claimed = true
					:: else
					fi
				}
#ifndef BROKEN_ORDER
				finish(o, REPLIED)
#endif
			fi;
			answering = false;
			call[o].references--;
			if
			:: claimed -> wake_claimed()
			:: else
			fi
		fi
	od;
die:	atomic { held = true }
	atomic { closed[s] = true }
}

/* The hold ends: nobody took the queue over. */
proctype hold() {
end:	atomic {
		held && closed[0] ->
		held = false;
		fail_pending(0)
	}
}

init {
	atomic {
		byte i;
		for (i : 0 .. OBJECTS - 1) {
			call[i].state = IDLE;
			call[i].status = NONE
		}
		run caller();
		run deadline();
		run signals();
		run service(0, true);
		run service(1, false);
		run hold()
	}
}
