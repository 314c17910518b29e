#include "machine_fixture.h"
#include <jansson.h>
#include <stdio.h>

static struct str printed(struct machine_fixture *f, const struct qemu_result *result, bool json)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	qemu_print_result(&f->arena, result, json, out);
	fclose(out);
	struct str copy = arena_str(&f->arena, (struct str){text, len});
	free(text);
	return copy;
}

static void every_outcome_has_its_own_closing_line(void **state)
{
	struct machine_fixture *f = *state;
	struct strs lines = {};
	for (int i = 0; i < QEMU_OUTCOME_COUNT; i++) {
		struct qemu_result r = {.outcome = (enum qemu_outcome)i, .accelerator = "tcg"};
		struct str line = printed(f, &r, false);
		assert_true(str_starts_with(line, STR("qemu: ")));
		assert_false(str_starts_with(line, STR("qemu: (null)")));
		assert_true(str_ends_with(line, STR("(tcg)\n")));
		assert_false(strs_contain(&lines, line));
		strs_add(&lines, &f->arena, line);
	}
}

static void the_line_tells_status_detail_marks_and_time(void **state)
{
	struct machine_fixture *f = *state;
	struct qemu_result r = {
	        .outcome = QEMU_GUEST_STATUS,
	        .guest_status = 7,
	        .detail = STR("why"),
	        .expected = 2,
	        .elapsed_us = 1234567,
	        .accelerator = "kvm",
	};
	assert_str(printed(f, &r, false),
	           STR("qemu: the guest's program ended with status 7: why, 2 marks seen, 1.23 s "
	               "(kvm)\n"));
	strs_add(&r.missing, &f->arena, STR("a"));
	strs_add(&r.missing, &f->arena, STR("b"));
	assert_str(printed(f, &r, false),
	           STR("qemu: the guest's program ended with status 7: why; not seen: 'a', 'b', "
	               "1.23 s (kvm)\n"));
}

static void json_holds_the_same_facts_even_of_odd_bytes(void **state)
{
	struct machine_fixture *f = *state;
	struct qemu_result r = {
	        .outcome = QEMU_PANIC,
	        .detail = STR("message: \xff\"x\""),
	        .accelerator = "tcg",
	};
	struct str line = printed(f, &r, true);
	json_t *object = json_loadb(line.ptr, line.len, 0, NULL);
	assert_non_null(object);
	assert_string_equal(json_string_value(json_object_get(object, "outcome")), "panic");
	assert_true(json_is_false(json_object_get(object, "success")));
	assert_string_equal(json_string_value(json_object_get(object, "detail")),
	                    "message: ?\"x\"");
	json_decref(object);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_make, fixture_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(every_outcome_has_its_own_closing_line),
	        TEST(the_line_tells_status_detail_marks_and_time),
	        TEST(json_holds_the_same_facts_even_of_odd_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
