/* What the kernel holds, by type, so that two moments can be compared. */
#include "core/api.h"
#include "mm/api.h"

void mm_drain(void)
{
	slabs_drain();
	kernel_stacks_drain();
	frames_drain();
}

bool mm_relieve(void)
{
	return slabs_relieve();
}

static struct mm_usage_type *usage_find(struct mm_usage *usage, const char *name)
{
	for (size_t i = 0; i < usage->type_count; i++)
		if (str_equal(str_from_c(usage->types[i].name), str_from_c(name)))
			return &usage->types[i];
	return NULL;
}

static void usage_add(struct mm_usage *usage, const char *name, uint64_t count)
{
	struct mm_usage_type *type = usage_find(usage, name);
	if (!type && usage->type_count < MM_USAGE_TYPES_MAX) {
		type = &usage->types[usage->type_count++];
		*type = (struct mm_usage_type){.name = name};
	}
	if (type)
		type->count += count;
	else
		usage->others += count;
}

void mm_usage_take(struct mm_usage *out_usage)
{
	mm_drain();
	*out_usage = (struct mm_usage){.free_frames = frame_statistics().free_frames};
	for (const struct slab *slab = slab_first(); slab; slab = slab->next)
		usage_add(out_usage, slab->name, slab_object_count(slab));
	usage_add(out_usage, "frames of large blocks", heap_large_frame_count());
	usage_add(out_usage, "kernel stacks", kernel_stack_count());
}

static bool usage_differs(const char *name, uint64_t before, uint64_t after, bool report)
{
	if (before != after && report)
		LOG_ERROR(LOG_MEMORY, "leak type='%s' before=%lu after=%lu", name, before, after);
	return before != after;
}

size_t mm_usage_compare(struct mm_usage *before, struct mm_usage *after, bool report)
{
	size_t leaks = usage_differs("others", before->others, after->others, report);
	for (size_t i = 0; i < after->type_count; i++) {
		const struct mm_usage_type *now = &after->types[i];
		const struct mm_usage_type *then = usage_find(before, now->name);
		leaks += usage_differs(now->name, then ? then->count : 0, now->count, report);
	}
	leaks += usage_differs("free frames", before->free_frames, after->free_frames, report);
	return leaks;
}
