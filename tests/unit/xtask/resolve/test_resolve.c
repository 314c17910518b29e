/*
 * Resolution against a naive reference on random systems.
 *
 * Every item's span starts at a number of its own, so that a report can be led
 * back to the link it is about.
 */
#include "../../arena.h"
#include "../../test.h"
#include "os/files.h"
#include "resolve/resolve.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NODES_MAX = 24, ROUNDS = 2000 };

static const struct source source = {STR_INIT("test"), STR_INIT("")};

static struct manifests packages_make(size_t count)
{
	struct manifests m = {.packages = ARENA_ARRAY(&arena, struct package, count),
	                      .count = count};
	for (size_t i = 0; i < count; i++) {
		struct package *p = &m.packages[i];
		p->source = &source;
		p->id = (struct toml_str){str_format(&arena, "p%05zu", i), {&source, 0, 0}};
		p->profiles.items = ARENA_ARRAY(&arena, struct toml_str, 4);
		p->profiles.items[0].value = STR("default");
		p->profiles.count = 1;
	}
	return m;
}

static void profile_add(struct package *p, struct str profile)
{
	p->profiles.items[p->profiles.count++].value = profile;
}

/* capacity: how many the package will get at most. */
static void dependency_add(struct package *p, struct str id, size_t capacity, uint32_t number)
{
	struct toml_strs *deps = &p->runtime_deps;
	if (!deps->items)
		deps->items = ARENA_ARRAY(&arena, struct toml_str, capacity);
	deps->items[deps->count++] =
	        (struct toml_str){id, {.source = &source, .start = number, .end = number}};
}

static bool run(const struct manifests *m, const char *profile, struct system *out, struct diag *d)
{
	diag_init(d, &arena);
	return resolve(&arena, m, str_from_c(profile), out, d);
}

/* xorshift64; the seed stands in the failure message. */
static uint64_t state;

static size_t below(size_t limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (size_t)(state % limit);
}

struct random_system {
	struct manifests manifests;
	bool link[NODES_MAX][NODES_MAX];
	bool reach[NODES_MAX][NODES_MAX];
	struct {
		size_t from, to;
	} links[NODES_MAX * NODES_MAX];
	size_t link_count;
};

static void close_transitively(struct random_system *s, size_t n)
{
	memcpy(s->reach, s->link, sizeof s->reach);
	for (size_t k = 0; k < n; k++)
		for (size_t i = 0; i < n; i++)
			for (size_t j = 0; j < n; j++)
				s->reach[i][j] |= s->reach[i][k] && s->reach[k][j];
}

static bool is_cyclic(const struct random_system *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s->reach[i][i])
			return true;
	return false;
}

static struct random_system random_make(size_t n, size_t links, bool cyclic_allowed)
{
	struct random_system s = {.manifests = packages_make(n)};
	size_t hidden[NODES_MAX]; /* a hidden order keeps a system without cycles */
	for (size_t i = 0; i < n; i++)
		hidden[i] = i;
	for (size_t i = n; i > 1; i--) {
		size_t k = below(i), kept = hidden[i - 1];
		hidden[i - 1] = hidden[k];
		hidden[k] = kept;
	}
	for (size_t i = 0; i < links; i++) {
		size_t from = below(n), to = below(n);
		if (!cyclic_allowed && hidden[from] < hidden[to]) {
			size_t kept = from;
			from = to;
			to = kept;
		}
		if (from == to || s.link[from][to])
			continue;
		s.link[from][to] = true;
		s.links[s.link_count].from = from;
		s.links[s.link_count].to = to;
		dependency_add(&s.manifests.packages[from], s.manifests.packages[to].id.value,
		               NODES_MAX, (uint32_t)s.link_count++);
	}
	close_transitively(&s, n);
	return s;
}

/* The smallest package whose needs are all placed, again and again. */
static void assert_order(const struct random_system *s, const struct system *system, size_t n)
{
	bool placed[NODES_MAX] = {};
	for (size_t at = 0; at < n; at++) {
		size_t next = n;
		for (size_t i = 0; i < n && next == n; i++) {
			bool ready = !placed[i];
			for (size_t j = 0; j < n; j++)
				ready &= !s->link[i][j] || placed[j];
			if (ready)
				next = i;
		}
		assert_true(next < n);
		placed[next] = true;
		assert_ptr_equal(system->order[at], &s->manifests.packages[next]);
	}
}

static void assert_closures(const struct random_system *s, const struct system *system, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (int reverse = 0; reverse < 2; reverse++) {
			struct closure found;
			size_t at = 0;
			resolve_closure(&arena, system, &s->manifests.packages[i], reverse, &found);
			for (size_t j = 0; j < n; j++)
				if (j != i && (reverse ? s->reach[j][i] : s->reach[i][j])) {
					assert_true(at < found.count);
					assert_ptr_equal(found.packages[at++],
					                 &s->manifests.packages[j]);
				}
			assert_int_equal(at, found.count);
		}
}

static void order_and_closures_agree_with_a_naive_reference(void **)
{
	for (size_t round = 0; round < ROUNDS; round++) {
		state = 0x9e3779b97f4a7c15 + round;
		size_t n = 1 + below(NODES_MAX);
		struct random_system s = random_make(n, below(3 * n + 1), false);
		struct system system;
		struct diag d;
		assert_true(run(&s.manifests, "default", &system, &d));
		assert_int_equal(system.count, n);
		assert_order(&s, &system, n);
		if (round % 20 == 0)
			assert_closures(&s, &system, n);
		arena_release(&arena);
	}
}

/* The path of the message is made of links, and the last one is where the error points. */
static void assert_cycle_is_real(const struct random_system *s, const struct diag_record *record)
{
	static const char prefix[] = "runtime_deps has a cycle: ";
	char text[1024];
	assert_true(record->message.len < sizeof text);
	memcpy(text, record->message.ptr, record->message.len);
	text[record->message.len] = '\0';
	assert_memory_equal(text, prefix, sizeof prefix - 1);
	if (strstr(text, "..."))
		return; /* shortened */

	size_t first = NODES_MAX, last = NODES_MAX, before = NODES_MAX;
	char *rest = text + sizeof prefix - 1;
	for (char *word = strtok(rest, " ->"); word; word = strtok(NULL, " ->")) {
		size_t node = (size_t)atoi(word + 1);
		if (first == NODES_MAX)
			first = node;
		else
			assert_true(s->link[last][node]);
		before = last;
		last = node;
	}
	assert_int_equal(first, last);
	assert_int_equal(s->links[record->span.start].from, before);
	assert_int_equal(s->links[record->span.start].to, last);
}

static void every_cycle_is_reported_once_at_the_link_that_closes_it(void **)
{
	size_t cyclic = 0;
	for (size_t round = 0; round < ROUNDS; round++) {
		state = 0xd1b54a32d192ed03 + round;
		size_t n = 2 + below(NODES_MAX - 1);
		struct random_system s = random_make(n, below(2 * n + 1), true);
		struct system system;
		struct diag d;
		bool ok = run(&s.manifests, "default", &system, &d);
		assert_int_equal(ok, !is_cyclic(&s, n));
		cyclic += !ok;
		for (const struct diag_record *r = d.first; r; r = r->next) {
			assert_cycle_is_real(&s, r);
			for (const struct diag_record *other = r->next; other; other = other->next)
				assert_true(other->span.start != r->span.start);
		}
		if (round % 20 == 0)
			assert_closures(&s, &system, n);
		/* Without the links that were named no cycle is left. */
		for (const struct diag_record *r = d.first; r; r = r->next)
			s.link[s.links[r->span.start].from][s.links[r->span.start].to] = false;
		close_transitively(&s, n);
		assert_false(is_cyclic(&s, n));
		arena_release(&arena);
	}
	assert_true(cyclic > ROUNDS / 4 && cyclic < ROUNDS);
}

static void a_profile_holds_exactly_the_packages_that_name_it(void **)
{
	static const char *const names[] = {"test", "network-dev", "input-dev"};
	for (size_t round = 0; round < ROUNDS / 10; round++) {
		state = 0x2545f4914f6cdd1d + round;
		struct manifests m = packages_make(20);
		bool in[20][3] = {};
		for (size_t i = 0; i < 20; i++)
			for (size_t k = 0; k < 3; k++)
				if (below(2)) {
					in[i][k] = true;
					profile_add(&m.packages[i], str_from_c(names[k]));
				}
		for (size_t k = 0; k < 3; k++) {
			struct system system;
			struct diag d;
			assert_true(run(&m, names[k], &system, &d));
			size_t at = 0;
			for (size_t i = 0; i < 20; i++)
				if (in[i][k])
					assert_ptr_equal(system.packages[at++], &m.packages[i]);
			assert_int_equal(at, system.count);
		}
		arena_release(&arena);
	}
}

static void a_dependency_outside_any_profile_of_its_user_is_an_error(void **)
{
	static const struct {
		const char *user, *needed; /* one further profile each; NULL: default only */
		size_t errors;
	} cases[] = {
	        {NULL, NULL, 0},   {NULL, "test", 0},    {"test", "test", 0},
	        {"test", NULL, 1}, {"test", "other", 1},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct manifests m = packages_make(2);
		struct system system;
		struct diag d;
		if (cases[i].user)
			profile_add(&m.packages[0], str_from_c(cases[i].user));
		if (cases[i].needed)
			profile_add(&m.packages[1], str_from_c(cases[i].needed));
		dependency_add(&m.packages[0], m.packages[1].id.value, 1, 7);
		assert_int_equal(run(&m, "default", &system, &d), !cases[i].errors);
		assert_int_equal(d.errors, cases[i].errors);
		if (cases[i].errors)
			assert_int_equal(d.first->span.start, 7);
	}
}

static void what_could_not_be_read_causes_no_further_errors(void **)
{
	struct manifests m = packages_make(2);
	struct system system;
	struct diag d;
	m.packages[0].profiles.count = 0; /* reported when the manifest was read */
	dependency_add(&m.packages[0], m.packages[1].id.value, 1, 1);
	dependency_add(&m.packages[1], m.packages[0].id.value, 1, 2);
	assert_true(run(&m, "default", &system, &d));
	assert_int_equal(system.count, 1);
	assert_false(run(&m, "test", &system, &d));
	assert_int_equal(d.errors, 0);
}

static void a_package_is_found_by_id_or_the_nearest_is_named(void **)
{
	struct manifests m = packages_make(3);
	struct diag d;
	diag_init(&d, &arena);
	assert_ptr_equal(resolve_find(&m, STR("p00002"), &d), &m.packages[2]);
	assert_int_equal(d.errors, 0);
	assert_null(resolve_find(&m, STR("p00003"), &d));
	assert_int_equal(d.errors, 1);
	assert_str(d.first->hint, STR("did you mean 'p00000'?"));
	assert_null(resolve_find(&m, STR(""), &d));
	assert_null(resolve_find(&m, STR("zzzzzzzzzzzzzz"), &d));
}

enum { MANY = 10000 };

static void ten_thousand_packages_in_a_chain_resolve(void **)
{
	struct manifests m = packages_make(MANY);
	struct system system;
	struct diag d;
	struct closure found;
	for (size_t i = 1; i < MANY; i++)
		dependency_add(&m.packages[i - 1], m.packages[i].id.value, 1, (uint32_t)i);
	assert_true(run(&m, "default", &system, &d));
	for (size_t i = 0; i < MANY; i++)
		assert_ptr_equal(system.order[i], &m.packages[MANY - 1 - i]);
	resolve_closure(&arena, &system, &m.packages[0], false, &found);
	assert_int_equal(found.count, MANY - 1);
	resolve_closure(&arena, &system, &m.packages[0], true, &found);
	assert_int_equal(found.count, 0);
}

static void ten_thousand_packages_in_a_ring_are_one_error(void **)
{
	struct manifests m = packages_make(MANY);
	struct system system;
	struct diag d;
	for (size_t i = 0; i < MANY; i++)
		dependency_add(&m.packages[i], m.packages[(i + 1) % MANY].id.value, 1, (uint32_t)i);
	assert_false(run(&m, "default", &system, &d));
	assert_int_equal(d.errors, 1);
	assert_int_equal(d.first->span.start, MANY - 1);
	assert_true(d.first->message.len < 200);
	assert_int_equal(system.count, MANY);
}

static void ten_thousand_packages_that_all_need_one_and_miss_another(void **)
{
	struct manifests m = packages_make(MANY);
	struct system system;
	struct diag d;
	for (size_t i = 1; i < MANY; i++) {
		profile_add(&m.packages[i], STR("test"));
		dependency_add(&m.packages[i], m.packages[0].id.value, 3, (uint32_t)i);
		dependency_add(&m.packages[i], STR("p0"), 3, (uint32_t)i);
		dependency_add(&m.packages[i], str_format(&arena, "q%05zu", i), 3, (uint32_t)i);
	}
	profile_add(&m.packages[0], STR("test"));
	assert_false(run(&m, "test", &system, &d));
	assert_int_equal(d.errors, 2 * (MANY - 1));
	assert_ptr_equal(system.order[0], &m.packages[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(order_and_closures_agree_with_a_naive_reference),
	        cmocka_unit_test(every_cycle_is_reported_once_at_the_link_that_closes_it),
	        cmocka_unit_test(a_profile_holds_exactly_the_packages_that_name_it),
	        cmocka_unit_test(a_dependency_outside_any_profile_of_its_user_is_an_error),
	        cmocka_unit_test(what_could_not_be_read_causes_no_further_errors),
	        cmocka_unit_test(a_package_is_found_by_id_or_the_nearest_is_named),
	        cmocka_unit_test(ten_thousand_packages_in_a_chain_resolve),
	        cmocka_unit_test(ten_thousand_packages_in_a_ring_are_one_error),
	        cmocka_unit_test(ten_thousand_packages_that_all_need_one_and_miss_another),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
