/*
 * Several CPUs, and threads of any weight that run, sleep, wake, change their weight and are moved:
 * nobody waits longer than a granularity for each that was ready in its queue, and a tick; and
 * those that always run get their shares.
 *
 * Time goes from event to event: ticks of each CPU, ends of slices, sleeps and wakes.
 */
#include "../../test.h"
#include "sched/run_queue.h"

enum { CPUS_MAX = 4, THREADS_MAX = 40, SEEDS = 40, CROWDS = 4, CLASSES = 4, LATENESS_NS = 5000 };

static const uint64_t second = 1000000000;
static const uint64_t never = UINT64_MAX;

struct model_thread {
	struct thread thread;
	uint64_t blocks_after; /* ns of its own time; never: it does not sleep */
	uint64_t wakes_at; /* never: it does not sleep */
	uint64_t waits_since;
	uint64_t seen_ready; /* at most, in its queue, while it waits */
	bool waits;
};

struct model_cpu {
	struct run_queue queue;
	uint64_t tick_at;
	uint64_t ticks;
};

struct model {
	struct fair_crowds crowds;
	struct model_cpu cpus[CPUS_MAX];
	struct run_queue *queues[CPUS_MAX];
	struct model_thread threads[THREADS_MAX];
	uint32_t cpu_count;
	size_t thread_count;
	uint64_t now;
	uint64_t random;
	bool keeps_weights; /* otherwise they change now and then */
	uint64_t reference;
	uint64_t worst_permille; /* of what is allowed */
};

static uint64_t model_random(struct model *model, uint64_t below)
{
	model->random ^= model->random << 13;
	model->random ^= model->random >> 7;
	model->random ^= model->random << 17;
	return model->random % below;
}

static struct model_thread *model_current(const struct run_queue *queue)
{
	struct thread *thread = thread_of_entity(queue->fair.current);
	return thread ? container_of(thread, struct model_thread, thread) : NULL;
}

static uint64_t model_least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Weights of all niceness, and the extremes. */
static uint32_t model_weight(struct model *model)
{
	static const uint32_t extremes[] = {FAIR_WEIGHT_MIN, FAIR_WEIGHT_MAX};
	if (model_random(model, 4) == 0)
		return extremes[model_random(model, COUNT(extremes))];
	return fair_nice_weight(952, (int32_t)model_random(model, 40) - 20);
}

static uint64_t model_burst(struct model *model)
{
	return 1000 + model_random(model, 6000000);
}

static void model_start_thread(struct model *model, struct model_thread *it)
{
	uint64_t crowd = model_random(model, 2) ? 1 + model_random(model, CROWDS) : 0;
	bool sleeps = model_random(model, 3) == 0;
	*it = (struct model_thread){.thread.affinity = UINT64_MAX, .blocks_after = never};
	list_init(&it->thread.link);
	fair_entity_init(&it->thread.fair, model_weight(model));
	fair_entity_join(&it->thread.fair, crowd, crowd % 3);
	it->wakes_at = model_random(model, second / 10);
	if (sleeps)
		it->blocks_after = model_burst(model);
}

static void model_start(struct model *model, uint32_t cpus, uint64_t seed)
{
	*model = (struct model){.cpu_count = cpus, .crowds.cpus = cpus, .now = 1000};
	model->random = seed * 0x9e3779b97f4a7c15;
	for (uint32_t i = 0; i < cpus; i++) {
		run_queue_init(&model->cpus[i].queue, i, &model->crowds);
		model->queues[i] = &model->cpus[i].queue;
		model->cpus[i].tick_at = 1000 + model_random(model, FAIR_TICK_NS);
	}
	model->thread_count = 2 + model_random(model, THREADS_MAX - 2);
	for (size_t i = 0; i < model->thread_count; i++)
		model_start_thread(model, &model->threads[i]);
}

static void model_waits(struct model *model, struct model_thread *it)
{
	it->waits = true;
	it->waits_since = model->now;
	it->seen_ready = 0;
}

static void model_check_wait(struct model *model, struct model_thread *it)
{
	uint64_t waited = model->now - it->waits_since;
	uint64_t allowed = it->seen_ready * FAIR_GRANULARITY_NS + FAIR_TICK_NS;
	uint64_t permille = waited * 1000 / allowed;
	if (permille > model->worst_permille)
		model->worst_permille = permille;
	it->waits = false;
}

/* After every change: who sees how many ready, itself included. */
static void model_look(struct model *model)
{
	for (size_t i = 0; i < model->thread_count; i++) {
		struct model_thread *it = &model->threads[i];
		const struct fair_queue *fair = &model->cpus[it->thread.cpu].queue.fair;
		uint64_t ready = fair->ready.count + (fair->current != NULL);
		if (it->waits && ready > it->seen_ready)
			it->seen_ready = ready;
	}
}

static void model_pick(struct model *model, struct run_queue *queue)
{
	model_look(model);
	(void)fair_pick(&queue->fair, model->now);
	run_queue_publish(queue);
	struct model_thread *it = model_current(queue);
	if (it)
		model_check_wait(model, it);
}

static void model_reschedule(struct model *model, struct run_queue *queue)
{
	struct model_thread *was = model_current(queue);
	fair_leave(&queue->fair, model->now);
	if (was) {
		fair_put(&queue->fair, &was->thread.fair, FAIR_PREEMPTED, model->now);
		model_waits(model, was);
	}
	model_pick(model, queue);
}

static void model_put(struct model *model, struct model_thread *it, uint32_t cpu,
                      enum fair_arrival how)
{
	struct run_queue *queue = &model->cpus[cpu].queue;
	const struct fair_time time = {.now = model->now, .reference = model->reference};
	bool preempts = run_queue_put(queue, &it->thread, how, &time);
	if (how != FAIR_MOVED)
		model_waits(model, it);
	if (preempts)
		model_reschedule(model, queue);
}

static void model_wake(struct model *model, struct model_thread *it)
{
	bool is_new = !it->thread.fair.run_ns;
	bool moves = model_random(model, 4) == 0;
	uint32_t cpu = it->thread.cpu;
	if (is_new || moves)
		cpu = (uint32_t)model_random(model, model->cpu_count);
	for (uint32_t i = 0; i < model->cpu_count; i++)
		if (!model->cpus[i].queue.fair.current)
			cpu = i;
	enum fair_arrival how = cpu == it->thread.cpu ? FAIR_WOKEN : FAIR_WOKEN_MOVED;
	it->wakes_at = never;
	model_put(model, it, cpu, is_new ? FAIR_NEW : how);
}

/* The current one's own time is over: it sleeps, mostly not for long. */
static void model_block(struct model *model, struct run_queue *queue)
{
	struct model_thread *it = model_current(queue);
	uint64_t longest = model_random(model, 8) ? 5000000 : 300000000;
	fair_leave(&queue->fair, model->now);
	it->blocks_after = it->thread.fair.run_ns + model_burst(model);
	it->wakes_at = model->now + 1000 + model_random(model, longest);
	model_pick(model, queue);
}

/* As sched_pull_behind: one that was taken before goes first until it has caught up. */
static bool model_catches_up(const struct run_queue *queue)
{
	uint64_t first = model_least(queue->first_vruntime, queue->fair.current->vruntime);
	return first + FAIR_TIE_NS < queue->min_vruntime;
}

static void model_balance(struct model *model, struct model_cpu *cpu)
{
	struct run_queue *queue = &cpu->queue, *from = NULL;
	if (!queue->fair.current) {
		from = run_queue_busiest(model->queues, model->cpu_count, queue);
	} else if ((cpu->ticks + queue->index) % FAIR_BALANCE_TICKS == 0 &&
	           !model_catches_up(queue)) {
		uint64_t lag = fair_balance_lag(&queue->fair, queue->fair.current);
		from = run_queue_behind(model->queues, model->cpu_count, queue, lag);
	}
	struct thread *thread = from ? run_queue_steal(from, queue->index) : NULL;
	if (thread)
		model_put(model, container_of(thread, struct model_thread, thread), queue->index,
		          FAIR_MOVED);
}

static void model_tick(struct model *model, struct model_cpu *cpu)
{
	struct run_queue *queue = &cpu->queue;
	cpu->tick_at += FAIR_TICK_NS;
	cpu->ticks++;
	if (fair_tick(&queue->fair, model->now, model->reference))
		model_reschedule(model, queue);
	run_queue_publish(queue);
	if (queue->fair.min_vruntime > model->reference)
		model->reference = queue->fair.min_vruntime;
	struct model_thread *it = model_current(queue);
	if (it && !model->keeps_weights && model_random(model, 50) == 0)
		fair_set_weight(&queue->fair, &it->thread.fair, model_weight(model), model->now);
	model_balance(model, cpu);
}

static uint64_t model_blocks_at(const struct model *model, const struct run_queue *queue)
{
	const struct model_thread *it = model_current(queue);
	if (!it || it->blocks_after == never)
		return never;
	uint64_t ran = it->thread.fair.run_ns + model->now - queue->fair.accounted_at;
	return model->now + (it->blocks_after > ran ? it->blocks_after - ran : 0);
}

static uint64_t model_next(const struct model *model)
{
	uint64_t next = never;
	for (uint32_t i = 0; i < model->cpu_count; i++) {
		const struct model_cpu *cpu = &model->cpus[i];
		next = model_least(next, cpu->tick_at);
		next = model_least(next, cpu->queue.fair.slice_end);
		next = model_least(next, model_blocks_at(model, &cpu->queue));
	}
	for (size_t i = 0; i < model->thread_count; i++)
		next = model_least(next, model->threads[i].wakes_at);
	return next;
}

static void model_step_cpu(struct model *model, struct model_cpu *cpu)
{
	struct run_queue *queue = &cpu->queue;
	if (model_blocks_at(model, queue) <= model->now)
		model_block(model, queue);
	if (cpu->tick_at <= model->now)
		model_tick(model, cpu);
	if (queue->fair.slice_end <= model->now && fair_end_slice(&queue->fair, model->now))
		model_reschedule(model, queue);
	run_queue_publish(queue);
}

static void model_run(struct model *model, uint64_t ns)
{
	for (uint64_t end = model->now + ns; model->now < end;) {
		uint64_t next = model_next(model);
		if (next > model->now)
			model->now = next;
		model->now += model_random(model, LATENESS_NS);
		for (uint32_t i = 0; i < model->cpu_count; i++)
			model_step_cpu(model, &model->cpus[i]);
		for (size_t i = 0; i < model->thread_count; i++)
			if (model->threads[i].wakes_at <= model->now)
				model_wake(model, &model->threads[i]);
		model_look(model);
	}
}

/* Those that still wait at the end, too. */
static void model_end(struct model *model)
{
	for (size_t i = 0; i < model->thread_count; i++)
		if (model->threads[i].waits)
			model_check_wait(model, &model->threads[i]);
}

static void nobody_waits_longer_than_a_granularity_for_each_and_a_tick(void **)
{
	static struct model model;
	for (uint32_t cpus = 1; cpus <= CPUS_MAX; cpus *= 2) {
		for (uint64_t seed = 1; seed <= SEEDS; seed++) {
			model_start(&model, cpus, seed);
			model_run(&model, 2 * second);
			model_end(&model);
			if (model.worst_permille > 1000)
				fail_msg(
				        "%u CPUs, seed %lu: one waited %lu/1000 of what is allowed",
				        cpus, seed, model.worst_permille);
		}
	}
}

/* Of those that are there, over ns, once they have found their CPUs. */
static uint64_t model_worst_share(struct model *model, uint64_t ns)
{
	uint64_t weights = 0, worst = 0, before[THREADS_MAX];
	model_run(model, second / 5);
	for (size_t i = 0; i < model->thread_count; i++) {
		before[i] = model->threads[i].thread.fair.run_ns;
		weights += model->threads[i].thread.fair.weight;
	}
	model_run(model, ns);
	for (size_t i = 0; i < model->thread_count; i++) {
		const struct fair_entity *entity = &model->threads[i].thread.fair;
		uint64_t wanted = ns / weights * entity->weight * model->cpu_count;
		uint64_t got = entity->run_ns - before[i];
		uint64_t apart = got > wanted ? got - wanted : wanted - got;
		uint64_t permille = apart * 1000 / wanted;
		worst = permille > worst ? permille : worst;
	}
	return worst;
}

/* So many of each class as there are CPUs, all of them always ready. */
static void model_start_classes(struct model *model, const int32_t nice[static CLASSES])
{
	model->keeps_weights = true;
	model->thread_count = model->cpu_count * CLASSES;
	for (size_t i = 0; i < model->thread_count; i++) {
		struct model_thread *it = &model->threads[i];
		model_start_thread(model, it);
		fair_entity_init(&it->thread.fair, fair_nice_weight(952, nice[i % CLASSES]));
		fair_entity_join(&it->thread.fair, i + 1, 0);
		it->blocks_after = never;
	}
}

static void shares_follow_weights_on_all_cpus_within_three_percent(void **)
{
	static const int32_t sets[][CLASSES] = {{0, 3, 6, 6}, {0, 0, 10, 19}, {-10, 0, 0, 5}};
	static struct model model;
	for (uint32_t cpus = 1; cpus <= CPUS_MAX; cpus *= 2) {
		for (uint64_t seed = 1; seed <= SEEDS; seed++) {
			model_start(&model, cpus, seed);
			model_start_classes(&model, sets[seed % COUNT(sets)]);
			uint64_t off = model_worst_share(&model, 3 * second);
			if (off > 30)
				fail_msg("%u CPUs, seed %lu: a share is off by %lu/1000", cpus,
				         seed, off);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(shares_follow_weights_on_all_cpus_within_three_percent),
	        cmocka_unit_test(nobody_waits_longer_than_a_granularity_for_each_and_a_tick),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
