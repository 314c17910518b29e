/* Slabs where each of three CPUs keeps objects of its own, against a simple list of what is alive.
 */
#include "../../../test.h"

#include "../fake_memory.h"

enum { MODEL_SLABS = 4, MODEL_OBJECTS = 400, MODEL_STEPS = 60000 };

static struct slab model_slabs[MODEL_SLABS] = {
        SLAB_INIT("kept, tiny", 16),
        SLAB_INIT("kept, odd", 100),
        SLAB_INIT("kept, middle", 700),
        SLAB_INIT("kept, large", SLAB_OBJECT_MAX),
};

struct model_object {
	unsigned char *bytes;
	struct slab *slab;
	unsigned char byte; /* which fills it */
};

struct model {
	struct model_object objects[MODEL_OBJECTS];
	size_t count;
	uint64_t random;
};

static uint64_t model_random(struct model *model, uint64_t below)
{
	model->random = model->random * 6364136223846793005 + 1442695040888963407;
	return (model->random >> 33) % below;
}

static void model_alloc(struct model *model)
{
	if (model->count == MODEL_OBJECTS)
		return;
	struct slab *slab = &model_slabs[model_random(model, MODEL_SLABS)];
	bool refused = model_random(model, 16) == 0;
	fake.fail_in = refused ? 0 : FAKE_NEVER;
	unsigned char *bytes = slab_alloc(slab);
	fake.fail_in = FAKE_NEVER;
	assert_true(bytes || refused);
	if (!bytes)
		return;
	for (size_t i = 0; i < slab->size; i++)
		assert_int_equal(bytes[i], 0);
	unsigned char byte = (unsigned char)(1 + model_random(model, 255));
	memset(bytes, byte, slab->size);
	model->objects[model->count++] = (struct model_object){bytes, slab, byte};
}

static void model_free(struct model *model, size_t at)
{
	struct model_object object = model->objects[at];
	for (size_t i = 0; i < object.slab->size; i++)
		assert_int_equal(object.bytes[i], object.byte);
	slab_free(object.slab, object.bytes);
	model->objects[at] = model->objects[--model->count];
}

static void model_check_counts(const struct model *model)
{
	for (size_t i = 0; i < MODEL_SLABS; i++) {
		uint64_t alive = 0;
		for (size_t k = 0; k < model->count; k++)
			alive += model->objects[k].slab == &model_slabs[i];
		assert_int_equal(slab_object_count(&model_slabs[i]), alive);
	}
}

static void model_step(struct model *model)
{
	fake.cpu = (uint32_t)model_random(model, FAKE_CPUS);
	uint64_t what = model_random(model, 1000);
	if (what == 0)
		slabs_drain();
	else if (what == 1)
		(void)slabs_relieve();
	else if (what < 520 || !model->count)
		model_alloc(model);
	else
		model_free(model, model_random(model, model->count));
}

static void objects_move_between_cpus_and_every_count_is_exact(void **)
{
	static struct model model = {.random = 7};
	slabs_drain();
	size_t before = fake_free_frames();
	for (unsigned step = 0; step < MODEL_STEPS; step++) {
		model_step(&model);
		if (step % 64 == 0)
			model_check_counts(&model);
	}
	while (model.count)
		model_free(&model, model.count - 1);
	model_check_counts(&model);
	slabs_drain();
	assert_int_equal(fake_free_frames(), before);
}

static void a_cpu_that_keeps_some_takes_no_lock(void **)
{
	static struct slab slab = SLAB_INIT("unlocked", 64);
	void *first = slab_alloc(&slab);
	slab_free(&slab, first);
	slab.lock.held = 1; /* whoever took it now would wait for ever */
	void *again = slab_alloc(&slab);
	assert_ptr_equal(again, first);
	slab_free(&slab, again);
	slab.lock.held = 0;
}

static void a_cpu_keeps_no_more_than_its_share(void **)
{
	static struct slab slabs[] = {SLAB_INIT("bounded", 32), SLAB_INIT("bounded, large", 1000)};
	static void *objects[200];
	for (size_t i = 0; i < COUNT(slabs); i++) {
		for (size_t k = 0; k < COUNT(objects); k++)
			objects[k] = slab_alloc(&slabs[i]);
		for (size_t k = 0; k < COUNT(objects); k++) {
			fake.cpu = (uint32_t)(k % FAKE_CPUS);
			slab_free(&slabs[i], objects[k]);
		}
		assert_int_equal(slab_object_count(&slabs[i]), 0);
		assert_in_range(slabs[i].taken_count, 1,
		                (uint64_t)FAKE_CPUS * slab_cache_limit(slabs[i].size));
		for (uint32_t cpu = 0; cpu < FAKE_CPUS; cpu++)
			assert_in_range(fake.caches[cpu][slabs[i].number].count, 1, slabs[i].keep);
	}
	slabs_drain();
	assert_int_equal(slabs[0].taken_count + slabs[1].taken_count, 0);
	assert_int_equal(slabs[0].frame_count + slabs[1].frame_count, 0);
}

static void what_one_cpu_keeps_another_gets_when_memory_is_out(void **)
{
	static struct slab slab = SLAB_INIT("scarce", 1000);
	static paddr_t frames[FAKE_FRAMES];
	size_t taken = 0;
	fake.cpu = 1;
	slab_free(&slab, slab_alloc(&slab));
	fake.cpu = 0;
	while (frame_alloc(&frames[taken]) == OK)
		taken++;
	assert_int_equal(fake_free_frames(), 0);
	void *object = slab_alloc(&slab);
	assert_non_null(object);
	slab_free(&slab, object);
	while (taken)
		frame_free(frames[--taken]);
}

static void a_second_free_of_a_kept_object_panics_on_every_cpu(void **)
{
	static struct slab slab = SLAB_INIT("kept, strict", 48);
	void *other = slab_alloc(&slab);
	for (uint32_t cpu = 0; cpu < FAKE_CPUS; cpu++) {
		fake.cpu = 1;
		void *object = slab_alloc(&slab);
		slab_free(&slab, object);
		fake.cpu = cpu;
		assert_true(FAKE_PANICS(slab_free(&slab, object)));
	}
	/* what only looks like a freed one may be freed */
	uint64_t *words = other;
	words[1] = (uintptr_t)other ^ 0x6b65707420666f72;
	slab_free(&slab, other);
}

static void damage_is_found_at(struct slab *slab, size_t at)
{
	char *object = slab_alloc(slab);
	slab_free(slab, object);
	object[at] ^= 1;
	assert_true(FAKE_PANICS((void)slab_alloc(slab)));
	object[at] ^= 1;
}

static void the_debug_build_finds_damage_of_kept_objects(void **)
{
	static struct slab slab = SLAB_INIT("kept, watched", 48);
	if (!CONFIG_DEBUG_ASSERTIONS)
		skip();
	for (size_t at = 0; at < 48; at += 8)
		damage_is_found_at(&slab, at);
}

static int caches_start(void **state)
{
	int result = fake_memory_start(state);
	fake.keeps = true;
	return result;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(objects_move_between_cpus_and_every_count_is_exact),
	        cmocka_unit_test(a_cpu_that_keeps_some_takes_no_lock),
	        cmocka_unit_test(a_cpu_keeps_no_more_than_its_share),
	        cmocka_unit_test(what_one_cpu_keeps_another_gets_when_memory_is_out),
	        cmocka_unit_test(a_second_free_of_a_kept_object_panics_on_every_cpu),
	        cmocka_unit_test(the_debug_build_finds_damage_of_kept_objects),
	};
	return cmocka_run_group_tests(tests, caches_start, fake_memory_end);
}
