#include "../../test.h"
#include "os/files.h"
#include "test/junit.h"

static void junit_holds_any_bytes_of_a_reason(void **)
{
	struct arena a;
	host_arena_init(&a);
	struct test_outcome items[] = {
	        {.kind = TEST_UNIT, .name = STR("a<b"), .elapsed_us = 1234567},
	        {.kind = TEST_UNIT,
	         .verdict = VERDICT_FAILED,
	         .name = STR("b"),
	         .reason = STR("x \"<&>\" \x01\xff\nsecond"),
	         .repeat = STR("again")},
	        {.kind = TEST_UNIT,
	         .verdict = VERDICT_SKIPPED,
	         .name = STR("c"),
	         .reason = STR("no disk")},
	};
	struct outcomes all = {.items = items, .count = COUNT(items)};
	assert_str(junit_text(&a, &all),
	           STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
	               "  <testsuite name=\"unit\" tests=\"3\" failures=\"1\" errors=\"0\" "
	               "skipped=\"1\" time=\"1.234\">\n"
	               "    <testcase classname=\"unit\" name=\"a&lt;b\" time=\"1.234\"/>\n"
	               "    <testcase classname=\"unit\" name=\"b\" time=\"0.000\">\n"
	               "      <failure type=\"failed\" message=\"x &quot;&lt;&amp;&gt;&quot; "
	               "\uFFFD\uFFFD\">x &quot;&lt;&amp;&gt;&quot; \uFFFD\uFFFD\nsecond\n"
	               "repeat: again</failure>\n    </testcase>\n"
	               "    <testcase classname=\"unit\" name=\"c\" time=\"0.000\">\n"
	               "      <skipped message=\"no disk\"/>\n    </testcase>\n"
	               "  </testsuite>\n</testsuites>\n"));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(junit_holds_any_bytes_of_a_reason),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
