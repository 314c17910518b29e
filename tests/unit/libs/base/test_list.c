#include "../../test.h"

struct item {
	int value;
	struct list link;
};

static int sum_in_order(struct list *head)
{
	int digits = 0;
	list_for_each(link, head) digits =
	        digits * 10 + container_of(link, struct item, link)->value;
	return digits;
}

static void list_keeps_the_order_of_insertion(void **)
{
	struct list head = LIST_INIT(head);
	struct item items[] = {{.value = 1}, {.value = 2}, {.value = 3}};
	assert_true(list_empty(&head));
	list_push_back(&head, &items[1].link);
	list_push_back(&head, &items[2].link);
	list_push_front(&head, &items[0].link);
	assert_int_equal(sum_in_order(&head), 123);
	list_remove(&items[1].link);
	list_remove(&items[1].link); /* twice is harmless */
	assert_int_equal(sum_in_order(&head), 13);
	list_insert_after(&items[0].link, &items[1].link);
	assert_int_equal(sum_in_order(&head), 123);
}

static void list_survives_removal_of_the_current_element(void **)
{
	struct list head = LIST_INIT(head);
	struct item items[] = {{.value = 1}, {.value = 2}, {.value = 3}, {.value = 4}};
	for (size_t i = 0; i < COUNT(items); i++)
		list_push_back(&head, &items[i].link);
	list_for_each(link, &head) if (container_of(link, struct item, link)->value % 2)
	        list_remove(link);
	assert_int_equal(sum_in_order(&head), 24);
}

static void list_pop_front_empties_it(void **)
{
	struct list head = LIST_INIT(head);
	struct item items[] = {{.value = 1}, {.value = 2}};
	list_push_back(&head, &items[0].link);
	list_push_back(&head, &items[1].link);
	assert_ptr_equal(list_pop_front(&head), &items[0].link);
	assert_ptr_equal(list_pop_front(&head), &items[1].link);
	assert_null(list_pop_front(&head));
	assert_true(list_empty(&head));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(list_keeps_the_order_of_insertion),
	        cmocka_unit_test(list_survives_removal_of_the_current_element),
	        cmocka_unit_test(list_pop_front_empties_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
