/* Where each CPU has its caches of slabs. */
#include "core/api.h"
#include "mm/api.h"
#include "mm/heap/slab_cache.h"
#include <base/cleanup.h>
#include <string.h>

static struct cpu *slab_cpus[CPU_MAX]; /* each set before its CPU runs */

struct slab_cache *slab_caches_here(void)
{
	struct slab_cache *caches;
	__asm__ volatile("mov %%gs:%c1, %0"
	                 : "=r"(caches)
	                 : "i"(offsetof(struct cpu, slab_caches)));
	return caches;
}

const struct slab_cache *slab_caches_of(uint32_t cpu)
{
	const struct cpu *owner = slab_cpus[cpu];
	return owner ? __atomic_load_n(&owner->slab_caches, __ATOMIC_ACQUIRE) : NULL;
}

/* On each CPU: an answer to a call, so no lock may be taken. */
static void slab_caches_hand_over(void *argument)
{
	struct slab_cache **collected = argument;
	struct cpu *self = cpu_current();
	collected[self->index] = self->slab_caches;
	__atomic_store_n(&self->slab_caches, NULL, __ATOMIC_RELAXED);
}

void slab_caches_collect(struct slab_cache *out_caches[static CPU_MAX])
{
	memset(out_caches, 0, CPU_MAX * sizeof(struct slab_cache *));
	cpu_call(UINT64_MAX, slab_caches_hand_over, out_caches);
}

void slab_caches_give_back(uint32_t cpu, struct slab_cache *caches)
{
	/* the owner only reads it meanwhile */
	__atomic_store_n(&slab_cpus[cpu]->slab_caches, caches, __ATOMIC_RELEASE);
}

enum status mm_prepare_cpu(struct cpu *cpu)
{
	enum { CACHES_BYTES = SLAB_CACHED_TYPES * sizeof(struct slab_cache) };
	_Static_assert(CACHES_BYTES % PAGE_SIZE == 0);
	paddr_t first;
	TRY(frames_alloc_run(CACHES_BYTES / PAGE_SIZE, FRAMES_ANYWHERE, &first));
	cpu->slab_caches = memset(direct_map(first), 0, CACHES_BYTES);
	slab_cpus[cpu->index] = cpu;
	return OK;
}
