#include "qemu/pool/snapshot.h"
#include "qemu/session/state.h"
#include <stdlib.h>
#include <string.h>

enum {
	SNAPSHOT_RESUME_LIMIT_MS = 60000, /* then the machine boots instead */
	SNAPSHOT_AGAIN_MS = 2,
};

bool snapshot_holds(const struct snapshot *snapshot)
{
	return snapshot && snapshot->phase != SNAPSHOT_OFF;
}

bool snapshot_resumes(const struct snapshot *snapshot)
{
	return snapshot && snapshot->phase >= SNAPSHOT_LOADING;
}

bool snapshot_is_silent(const struct snapshot *snapshot)
{
	return snapshot_resumes(snapshot) && snapshot->phase != SNAPSHOT_TELLING;
}

uint64_t snapshot_due_ms(const struct snapshot *snapshot)
{
	if (snapshot && snapshot->again_ms)
		return snapshot->again_ms;
	return snapshot_resumes(snapshot) ? snapshot->deadline_ms : UINT64_MAX;
}

void snapshot_hear(struct snapshot *snapshot, size_t channel, struct str bytes)
{
	if (snapshot && snapshot->phase != SNAPSHOT_OFF && snapshot->phase < SNAPSHOT_LOADING)
		text_add(&snapshot->heard[channel], bytes);
}

static void enter(struct snapshot *snapshot, enum snapshot_phase phase)
{
	snapshot->phase = phase;
	snapshot->asked = false;
}

/* Nothing holds the answers and commands any more. */
static void let_go(struct session *s)
{
	enter(s->snapshot, SNAPSHOT_OFF);
	s->execs.held = false;
	session_give_answers(s);
}

static void ask(struct session *s, const char *name, const char *arguments)
{
	monitor_ask(&s->monitor, s->process.fds[CHANNEL_MONITOR], name, arguments);
}

static void ask_for_events(struct session *s)
{
	ask(s, "migrate-set-capabilities",
	    "{\"capabilities\":[{\"capability\":\"events\",\"state\":true}]}");
}

static bool was_answered(const struct session *s, const char *name)
{
	return strcmp(s->monitor.answered, name) == 0;
}

/* Why it cannot go on; empty: it can. */
static struct str migration_problem(const struct session *s)
{
	if (s->monitor.refusal[0])
		return str_from_c(s->monitor.refusal);
	return s->monitor.migration == MIGRATION_FAILED ? STR("the migration has failed")
	                                                : (struct str){};
}

void snapshot_begin(struct session *s)
{
	struct snapshot *snapshot = s->snapshot;
	if (!snapshot)
		return;
	s->execs.held = true;
	for (size_t i = 0; i < MARK_CHANNELS; i++)
		snapshot->heard[i] = (struct text){.arena = s->arena};
	snapshot->deadline_ms = session_now_ms() + SNAPSHOT_RESUME_LIMIT_MS;
	for (size_t i = 0; i < MARK_CHANNELS && snapshot_resumes(snapshot); i++)
		session_take_output(s, i, snapshot->entry->said[i]);
}

static void tell_to_go_on(struct session *s, enum snapshot_phase phase)
{
	s->monitor.resumed = false;
	ask(s, "cont", NULL);
	enter(s->snapshot, phase);
}

/* QEMU refuses to go on while it still tidies up behind a migration that is complete. */
static bool goes_on(struct session *s, uint64_t now_ms)
{
	struct snapshot *snapshot = s->snapshot;
	if (was_answered(s, "cont") && s->monitor.refusal[0]) {
		s->monitor.refusal[0] = s->monitor.answered[0] = '\0';
		snapshot->again_ms = now_ms + SNAPSHOT_AGAIN_MS;
	}
	if (snapshot->again_ms && now_ms >= snapshot->again_ms) {
		snapshot->again_ms = 0;
		ask(s, "cont", NULL);
	}
	return s->monitor.resumed;
}

/* ---- taken ---- */

static bool at_prompt(const struct session *s)
{
	return s->monitor.ready &&
	       (s->answers.count ? answers_due(&s->answers) : s->execs.client.welcomed);
}

static void stop_machine(struct session *s)
{
	ask_for_events(s);
	/* it stands meanwhile, so nothing is gained by being slow */
	ask(s, "migrate-set-parameters", "{\"max-bandwidth\":1099511627776}");
	ask(s, "stop", NULL);
	enter(s->snapshot, SNAPSHOT_STOPPING);
}

static void write_state(struct session *s)
{
	session_read_channel(s, CHANNEL_SERIAL);
	session_read_channel(s, CHANNEL_DEBUGCON);
	monitor_give(&s->monitor, s->process.fds[CHANNEL_MONITOR], "state",
	             s->snapshot->entry->state);
	ask(s, "migrate", "{\"uri\":\"fd:state\"}");
	enter(s->snapshot, SNAPSHOT_WRITING);
}

static void go_on(struct session *s)
{
	struct snapshot *snapshot = s->snapshot;
	snapshot->problem = arena_str(s->arena, migration_problem(s));
	for (size_t i = 0; i < MARK_CHANNELS; i++)
		snapshot->entry->said[i] = text_str(&snapshot->heard[i]);
	if (!snapshot->problem.len)
		(void)pool_entry_keep(s->arena, snapshot->entry);
	s->monitor.refusal[0] = '\0';
	tell_to_go_on(s, SNAPSHOT_CONTINUING);
}

static void step_taken(struct session *s, uint64_t now_ms)
{
	switch (s->snapshot->phase) {
	case SNAPSHOT_PROMPT:
		if (at_prompt(s))
			stop_machine(s);
		return;
	case SNAPSHOT_STOPPING:
		if (s->monitor.refusal[0])
			go_on(s);
		else if (was_answered(s, "stop"))
			write_state(s);
		return;
	case SNAPSHOT_WRITING:
		if (migration_problem(s).len || s->monitor.migration == MIGRATION_DONE)
			go_on(s);
		return;
	default: /* SNAPSHOT_CONTINUING */
		if (goes_on(s, now_ms))
			let_go(s);
		return;
	}
}

/* ---- resumed ---- */

static void lose(struct session *s, struct str why)
{
	s->snapshot->problem = arena_str(s->arena, why);
	enter(s->snapshot, SNAPSHOT_LOST);
	session_stop(s, STOP_SNAPSHOT);
}

static void load(struct session *s)
{
	if (s->snapshot->asked || !s->monitor.ready)
		return;
	s->snapshot->asked = true;
	ask_for_events(s);
	monitor_give(&s->monitor, s->process.fds[CHANNEL_MONITOR], "state",
	             s->snapshot->entry->state);
	ask(s, "migrate-incoming", "{\"uri\":\"fd:state\"}");
}

static void step_resumed(struct session *s, uint64_t now_ms)
{
	switch (s->snapshot->phase) {
	case SNAPSHOT_LOADING:
		load(s);
		if (s->monitor.migration != MIGRATION_DONE)
			return;
		tell_to_go_on(s, SNAPSHOT_STARTING);
		return;
	case SNAPSHOT_STARTING:
		if (goes_on(s, now_ms))
			enter(s->snapshot, SNAPSHOT_TELLING);
		return;
	default: /* SNAPSHOT_TELLING, by execs_step */
		if (s->execs.tell != TELL_DONE)
			return;
		if (s->execs.told != 0) {
			lose(s, str_format(s->arena, "the guest did not take the time: %d",
			                   s->execs.told));
			return;
		}
		s->snapshot->resumed = true;
		let_go(s);
	}
}

void snapshot_step(struct session *s, uint64_t now_ms)
{
	struct snapshot *snapshot = s->snapshot;
	if (!snapshot_holds(snapshot) || snapshot->phase == SNAPSHOT_LOST ||
	    s->phase != PHASE_RUNNING)
		return;
	if (!snapshot_resumes(snapshot))
		step_taken(s, now_ms);
	else if (migration_problem(s).len && snapshot->phase != SNAPSHOT_STARTING)
		lose(s, migration_problem(s));
	else if (now_ms >= snapshot->deadline_ms)
		lose(s, STR("the machine did not answer"));
	else
		step_resumed(s, now_ms);
}

void snapshot_end(struct session *s)
{
	struct snapshot *snapshot = s->snapshot;
	bool timeout = s->ending.cause == STOP_TIMEOUT;
	if (!snapshot_resumes(snapshot) || (s->ending.cause != STOP_NONE && !timeout))
		return;
	struct str said = str_trim(text_str(&s->errors));
	snapshot->problem = timeout    ? STR("the machine did not answer")
	                    : said.len ? arena_str(s->arena, said)
	                               : STR("QEMU has ended");
	enter(snapshot, SNAPSHOT_LOST);
}
