/* What /dev/input0 says of events as devices report them. */
#include "../../test.h"
#include "io/ui_event.h"

static void each_kind_has_its_form(void **)
{
	static const struct {
		struct input_report report;
		struct ui_input_event event;
	} cases[] = {
	        {{.type = 1, .code = 30, .value = 1, .modifiers = 1, .text = 'A'},
	         {.kind = 1, .action = 1, .code = 30, .modifiers = 1, .text = 'A'}},
	        {{.type = 1, .code = 30, .value = 0}, {.kind = 1, .action = 2, .code = 30}},
	        {{.type = 1, .code = 30, .value = 2}, {.kind = 1, .action = 3, .code = 30}},
	        {{.type = 1, .code = 0x10f, .value = 1}, {.kind = 1, .action = 1, .code = 0x10f}},
	        {{.type = 1, .code = 0x110, .value = 1}, {.kind = 3, .action = 1, .code = 1}},
	        {{.type = 1, .code = 0x112, .value = 0}, {.kind = 3, .action = 2, .code = 4}},
	        {{.type = 1, .code = 0x114, .value = 1}, {.kind = 3, .action = 1, .code = 16}},
	        {{.type = 1, .code = 0x115, .value = 1}, {.kind = 1, .action = 1, .code = 0x115}},
	        {{.type = 2, .code = 0, .value = -5}, {.kind = 2, .value0 = -5}},
	        {{.type = 2, .code = 1, .value = 7}, {.kind = 2, .value1 = 7}},
	        {{.type = 2, .code = 8, .value = -1}, {.kind = 4, .value1 = -1}},
	        {{.type = 3, .code = 0, .value = 900}, {.kind = 5, .value0 = 900}},
	        {{.type = 3, .code = 1, .value = 800}, {.kind = 5, .code = 1, .value1 = 800}},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ui_input_event event;
		assert_true(ui_event_make(&cases[i].report, &event));
		assert_memory_equal(&event, &cases[i].event, sizeof event);
	}
}

static void what_it_has_no_form_for_is_passed_over(void **)
{
	static const struct input_report cases[] = {
	        {.type = 0},
	        {.type = 4, .code = 4, .value = 30},
	        {.type = 1, .code = 30, .value = 3},
	        {.type = 1, .code = 30, .value = -1},
	        {.type = 2, .code = 6, .value = 1},
	        {.type = 3, .code = 24, .value = 1},
	};
	struct ui_input_event event;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_false(ui_event_make(&cases[i], &event));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_kind_has_its_form),
	        cmocka_unit_test(what_it_has_no_form_for_is_passed_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
