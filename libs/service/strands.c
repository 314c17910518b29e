/* Stacks, and who runs next. */
#include "loop.h"

#include <string.h>

/* What strand_switch takes from a stack, lowest first (System V AMD64 ABI 1.0, section 3.2.1). */
enum {
	FRAME_R15,
	FRAME_R14,
	FRAME_R13,
	FRAME_R12,
	FRAME_RBX,
	FRAME_RBP,
	FRAME_RETURN,
	FRAME_END, /* stands for the return address of who begins there: 0 */
	FRAME_WORDS,
};
_Static_assert(FRAME_WORDS % 2 == 0); /* 16-byte aligned */

/* Leaves the stack pointer in *out_stack and goes on where the other one was left. */
[[gnu::naked, gnu::noinline]] static void strand_switch(void **, void *)
{
	__asm__("push %rbp\n\tpush %rbx\n\tpush %r12\n\tpush %r13\n\tpush %r14\n\tpush %r15\n\t"
	        "mov %rsp, (%rdi)\n\t"
	        "mov %rsi, %rsp\n\t"
	        "pop %r15\n\tpop %r14\n\tpop %r13\n\tpop %r12\n\tpop %rbx\n\tpop %rbp\n\t"
	        "ret");
}

/* The first instructions of a strand. */
[[gnu::naked, gnu::noinline]] static void strand_begin(void)
{
	__asm__("mov %rbx, %rdi\n\tjmp *%r12");
}

static void queue_push(struct service_queue *queue, struct service_strand *strand)
{
	strand->next = NULL;
	if (queue->last)
		queue->last->next = strand;
	else
		queue->first = strand;
	queue->last = strand;
}

static void queue_push_front(struct service_queue *queue, struct service_strand *strand)
{
	strand->next = queue->first;
	queue->first = strand;
	if (!queue->last)
		queue->last = strand;
}

static struct service_strand *queue_pop(struct service_queue *queue)
{
	struct service_strand *strand = queue->first;
	if (!strand)
		return NULL;
	queue->first = strand->next;
	if (!queue->first)
		queue->last = NULL;
	return strand;
}

static void switch_to(struct service_strands *s, struct service_strand *next)
{
	struct service_strand *self = s->running;
	if (!next)
		__builtin_trap(); /* one was kept at hand */
	if (next == self)
		return;
	s->running = next;
	strand_switch(&self->stack, next->stack);
}

/* Never comes back: who began the loop goes on. */
static void strand_main(struct service_strands *s)
{
	void *left;
	s->end = loop_run(s->definition, s->transport, s->running->messages);
	s->running = NULL;
	strand_switch(&left, s->beginning);
}

/* The stack lies lowest: what overruns it meets what cannot be written. */
static struct service_strand *strand_make(struct service_strands *s)
{
	if (s->count == SERVICE_STRANDS_MAX)
		return NULL;
	uint8_t *memory = s->make_memory(SERVICE_STACK_BYTES + s->own_bytes, false);
	uint8_t *messages = memory ? s->make_memory(SERVICE_MEMORY_BYTES, true) : NULL;
	if (!messages) {
		/* not asked for again and again; what was made of it stays */
		s->count = SERVICE_STRANDS_MAX;
		return NULL;
	}
	struct service_strand *strand = &s->all[s->count++];
	uint64_t *frame = (uint64_t *)(void *)(memory + SERVICE_STACK_BYTES) - FRAME_WORDS;
	*strand = (struct service_strand){
	        .stack = frame, .own = memory + SERVICE_STACK_BYTES, .messages = messages};
	frame[FRAME_RETURN] = (uintptr_t)strand_begin;
	frame[FRAME_R12] = (uintptr_t)strand_main;
	frame[FRAME_RBX] = (uintptr_t)s;
	return strand;
}

bool strands_have_spare(struct service_strands *s)
{
	if (s->idle.first)
		return true;
	struct service_strand *made = strand_make(s);
	if (made)
		queue_push(&s->idle, made);
	return made;
}

bool strands_are_quiet(const struct service_strands *s)
{
	return !s->waiting && !s->ready.first;
}

/* The running strand has put itself where it is found again. */
static void switch_away(struct service_strands *s)
{
	struct service_strand *next = queue_pop(&s->ready);
	switch_to(s, next ? next : queue_pop(&s->idle));
}

void strands_give_way(struct service_strands *s)
{
	while (s->ready.first) {
		/* the one that was used last: its memory is there */
		queue_push_front(&s->idle, s->running);
		switch_away(s);
	}
}

/* Not idle: it has something to do, after those that are ready. */
void strands_pass(struct service_strands *s)
{
	if (!s->ready.first)
		return;
	queue_push(&s->ready, s->running);
	switch_away(s);
}

bool strands_tell(struct service_strands *s, uint64_t cookie, int64_t value)
{
	for (size_t i = 0; i < s->count; i++) {
		struct service_strand *strand = &s->all[i];
		if (!strand->waits || strand->cookie != cookie)
			continue;
		strand->waits = false;
		strand->value = value;
		s->waiting--;
		queue_push(&s->ready, strand);
		return true;
	}
	return false;
}

enum status strands_run(struct service_strands *s)
{
	struct service_strand *first = strand_make(s);
	if (!first)
		return ERR_NO_MEMORY;
	s->running = first;
	strand_switch(&s->beginning, first->stack);
	return s->end;
}

bool service_may_await(struct service_strands *s)
{
	return s->running && (s->ready.first || strands_have_spare(s));
}

int64_t service_await(struct service_strands *s, uint64_t cookie)
{
	struct service_strand *self = s->running;
	self->waits = true;
	self->cookie = cookie;
	s->waiting++;
	switch_away(s);
	return self->value;
}

bool service_try_enter(const struct service_strands *s, struct service_turn *turn)
{
	if (turn->owner)
		return turn->owner == s->running;
	turn->owner = s->running;
	return true;
}

void service_enter(struct service_strands *s, struct service_turn *turn)
{
	if (service_try_enter(s, turn))
		return;
	queue_push(&turn->waiting, s->running);
	s->waiting++;
	switch_away(s);
}

void service_leave(struct service_strands *s, struct service_turn *turn)
{
	struct service_strand *next = queue_pop(&turn->waiting);
	turn->owner = next;
	if (!next)
		return;
	s->waiting--;
	queue_push(&s->ready, next);
}
