/*
 * Tags against a machine whose CPUs remember everything under every tag: spaces change, CPUs are
 * told in any order, and no CPU may ever use what is older than the last change it was told of
 * when the change was over.
 */
#include "../../../test.h"

#include "mm/table/space_tags.h"

enum { CPUS = 4, SPACES = 24, STEPS = 200000 };

struct fake_cpu {
	struct space_tags tags;
	unsigned space; /* loaded; 0: none */
	uint32_t tag;
	/* under each tag: which space's entries lie there, and the oldest state of it that they
	 * show */
	unsigned held_space[SPACE_TAGS + 1];
	uint64_t held_state[SPACE_TAGS + 1];
};

struct fake_machine {
	struct fake_cpu cpus[CPUS];
	uint64_t versions[SPACES + 1]; /* also the state of the tables */
	uint64_t random;
	size_t kept; /* loads that forgot nothing */
};

static uint64_t pick(struct fake_machine *machine, uint64_t below)
{
	machine->random = machine->random * 6364136223846793005 + 1442695040888963407;
	return (machine->random >> 33) % below;
}

/* The CPU uses what it has: it must be the loaded space's, as it is now. */
static void check(const struct fake_machine *machine, const struct fake_cpu *cpu)
{
	if (!cpu->space)
		return;
	assert_int_equal(cpu->held_space[cpu->tag], cpu->space);
	assert_int_equal(cpu->held_state[cpu->tag], machine->versions[cpu->space]);
}

static void load(struct fake_machine *machine, struct fake_cpu *cpu, unsigned space)
{
	bool forget;
	cpu->space = space;
	if (!space)
		return;
	cpu->tag = space_tags_load(&cpu->tags, space, machine->versions[space], &forget);
	assert_in_range(cpu->tag, 1, SPACE_TAGS);
	machine->kept += !forget;
	if (forget) {
		cpu->held_space[cpu->tag] = space;
		cpu->held_state[cpu->tag] = machine->versions[space];
	}
	check(machine, cpu);
}

/* One or two changes at once, told to the CPUs that have the space loaded, in any order. */
static void change(struct fake_machine *machine, unsigned space)
{
	bool two = pick(machine, 3) == 0;
	uint64_t first = ++machine->versions[space];
	machine->versions[space] += two;
	for (unsigned i = 0; i < CPUS; i++) {
		struct fake_cpu *cpu = &machine->cpus[i];
		if (cpu->space != space)
			continue;
		bool swapped = pick(machine, 2);
		space_tags_told(&cpu->tags, space, two && swapped ? first + 1 : first);
		if (two)
			space_tags_told(&cpu->tags, space, swapped ? first : first + 1);
		cpu->held_state[cpu->tag] = machine->versions[space];
		check(machine, cpu);
	}
}

static void no_cpu_uses_what_it_should_have_forgotten(void **)
{
	static struct fake_machine machine = {.random = 9};
	for (size_t step = 0; step < STEPS; step++) {
		/* mostly a few spaces, as in a pair that talks */
		unsigned space = (unsigned)pick(&machine, pick(&machine, 4) ? 4 : SPACES + 1);
		if (pick(&machine, 4))
			load(&machine, &machine.cpus[pick(&machine, CPUS)], space);
		else if (space)
			change(&machine, space);
	}
	/* otherwise tags would be of no use */
	assert_true(machine.kept > STEPS / 20);
}

static void two_spaces_that_take_turns_forget_nothing(void **)
{
	struct space_tags tags = {};
	bool forget;
	(void)space_tags_load(&tags, 1, 5, &forget);
	assert_true(forget);
	(void)space_tags_load(&tags, 2, 7, &forget);
	assert_true(forget);
	uint32_t first = space_tags_load(&tags, 1, 5, &forget);
	assert_false(forget);
	assert_int_not_equal(space_tags_load(&tags, 2, 7, &forget), first);
	assert_false(forget);
	(void)space_tags_load(&tags, 1, 6, &forget);
	assert_true(forget);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(no_cpu_uses_what_it_should_have_forgotten),
	        cmocka_unit_test(two_spaces_that_take_turns_forget_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
