#include "../../arena.h"
#include "../../test.h"
#include "manifest/name_map.h"
#include "os/files.h"

static void a_name_keeps_its_value_while_the_map_grows(void **)
{
	enum { NAMES = 5000 };
	struct name_map map;
	name_map_init(&map, &arena, 0);
	char *values = arena_alloc(&arena, NAMES);
	for (size_t i = 0; i < NAMES; i++) {
		void **slot = name_map_at(&map, str_format(&arena, "name %zu", i));
		assert_null(*slot);
		*slot = &values[i];
	}
	for (size_t i = 0; i < NAMES; i++)
		assert_ptr_equal(name_map_find(&map, str_format(&arena, "name %zu", i)),
		                 &values[i]);
	assert_null(name_map_find(&map, STR("name 5000")));
	assert_int_equal(map.count, NAMES);
	assert_true(map.capacity >= 2 * NAMES && map.capacity < 8 * NAMES);
}

static void a_name_is_added_once_and_the_empty_name_is_one_too(void **)
{
	struct name_map map;
	int value;
	name_map_init(&map, &arena, 4);
	*name_map_at(&map, (struct str){}) = &value;
	*name_map_at(&map, STR("a")) = &value;
	assert_ptr_equal(*name_map_at(&map, STR("a")), &value);
	assert_ptr_equal(name_map_find(&map, STR("")), &value);
	assert_int_equal(map.count, 2);
	assert_null(name_map_find(&map, STR("A")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_name_keeps_its_value_while_the_map_grows),
	        cmocka_unit_test(a_name_is_added_once_and_the_empty_name_is_one_too),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
