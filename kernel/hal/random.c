/*
 * The kernel's random bytes: one generator for all, seeded from the CPU, fed by drivers.
 */
#include "hal/api.h"
#include <random/api.h>

enum { RANDOM_SEED_WORDS = 8, RANDOM_HUNGRY_BYTES = 4096 };

struct random_pool {
	struct spinlock lock;
	/* guarded by lock */
	bool seeded;
	uint64_t given; /* bytes since a source was heard */
	uint64_t heard; /* bytes of sources, ever */
	struct random_generator generator;
};

/* Its lock is held while the source is asked, so a source that was taken away is not in use. */
struct random_source {
	struct spinlock lock;
	/* guarded by lock */
	void (*ask)(void *context);
	void *context;
};

static struct random_source random_source = {.lock = SPINLOCK_INIT(LOCK_INTERRUPT)};

static struct random_pool random_pool = {.lock = SPINLOCK_INIT(LOCK_RANDOM)};

/* RDRAND where there is one; the time stamp counter's jitter is only a makeshift. */
static void random_seed_from_cpu(struct random_pool *pool)
{
	uint64_t words[RANDOM_SEED_WORDS];
	for (size_t i = 0; i < RANDOM_SEED_WORDS; i++)
		words[i] = cpu_random();
	random_generator_add(&pool->generator, words, sizeof words);
	pool->seeded = true;
}

void random_fill(void *buffer, size_t len)
{
	spinlock_acquire(&random_pool.lock);
	if (!random_pool.seeded)
		random_seed_from_cpu(&random_pool);
	uint64_t now = cpu_read_tsc();
	random_generator_add(&random_pool.generator, &now, sizeof now);
	random_generator_fill(&random_pool.generator, buffer, len);
	random_pool.given += len;
	spinlock_release(&random_pool.lock);
}

void random_add(const void *bytes, size_t len)
{
	spinlock_acquire(&random_pool.lock);
	if (!random_pool.seeded)
		random_seed_from_cpu(&random_pool);
	random_generator_add(&random_pool.generator, bytes, len);
	random_pool.given = 0;
	random_pool.heard += len;
	spinlock_release(&random_pool.lock);
}

uint64_t random_heard(void)
{
	return __atomic_load_n(&random_pool.heard, __ATOMIC_RELAXED);
}

void random_set_source(void (*ask)(void *context), void *context)
{
	spinlock_acquire(&random_source.lock);
	random_source.ask = ask;
	random_source.context = context;
	spinlock_release(&random_source.lock);
}

void random_refresh(void)
{
	if (__atomic_load_n(&random_pool.given, __ATOMIC_RELAXED) < RANDOM_HUNGRY_BYTES)
		return;
	spinlock_acquire(&random_source.lock);
	if (random_source.ask)
		random_source.ask(random_source.context);
	spinlock_release(&random_source.lock);
}
