#include "../../../test.h"
#include "qemu/session/monitor.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct wire {
	struct monitor monitor;
	int ours, theirs;
	char said[4096]; /* what the monitor sent */
};

static int wire_make(void **state)
{
	static struct wire w;
	int pair[2];
	w = (struct wire){};
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	w.ours = pair[0];
	w.theirs = pair[1];
	fcntl(w.theirs, F_SETFL, O_NONBLOCK);
	*state = &w;
	return 0;
}

static int wire_remove(void **state)
{
	struct wire *w = *state;
	close(w->ours);
	close(w->theirs);
	return 0;
}

static const char *sent(struct wire *w)
{
	ssize_t got = read(w->theirs, w->said, sizeof w->said - 1);
	w->said[got > 0 ? got : 0] = '\0';
	return w->said;
}

static void hear(struct wire *w, struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		monitor_feed(&w->monitor, w->ours, str_slice(text, i, i + 1));
}

static void negotiate(struct wire *w)
{
	hear(w, STR("{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n"));
	assert_string_equal(sent(w), "{\"execute\":\"qmp_capabilities\"}\n");
	hear(w, STR("{\"return\": {}}\r\n"));
}

static void commands_are_taken_after_the_greeting_is_answered(void **state)
{
	struct wire *w = *state;
	assert_false(monitor_quit(&w->monitor, w->ours));
	negotiate(w);
	assert_true(monitor_quit(&w->monitor, w->ours));
	assert_string_equal(sent(w), "{\"execute\":\"quit\"}\n");
}

static void hear_shutdown(struct wire *w, const char *reason)
{
	char line[256];
	snprintf(line, sizeof line,
	         "{\"timestamp\": {}, \"event\": \"SHUTDOWN\", \"data\": {\"reason\": \"%s\"}}\n",
	         reason);
	hear(w, str_from_c(line));
}

static void the_first_reason_of_the_end_is_kept(void **state)
{
	static const struct {
		const char *reason;
		enum shutdown_reason shutdown;
	} cases[] = {
	        {"guest-shutdown", SHUTDOWN_GUEST_POWER_OFF},
	        {"guest-reset", SHUTDOWN_GUEST_RESET},
	        {"host-signal", SHUTDOWN_HOST},
	        {"host-qmp-quit", SHUTDOWN_HOST},
	};
	struct wire *w = *state;
	assert_int_equal(w->monitor.shutdown, SHUTDOWN_UNKNOWN);
	for (size_t i = 0; i < COUNT(cases); i++) {
		w->monitor.shutdown = SHUTDOWN_UNKNOWN;
		hear_shutdown(w, cases[i].reason);
		assert_int_equal(w->monitor.shutdown, cases[i].shutdown);
		hear_shutdown(w, "guest-panic");
		hear_shutdown(w, "host-qmp-quit");
		hear(w, STR("{\"event\": \"RESUME\"}\n"));
		assert_int_equal(w->monitor.shutdown, cases[i].shutdown);
	}
}

static void a_screenshot_is_pending_until_it_is_answered(void **state)
{
	struct wire *w = *state;
	negotiate(w);
	monitor_screenshot(&w->monitor, w->ours, STR("a \"b\".png"));
	assert_true(w->monitor.screenshot_pending);
	assert_non_null(strstr(sent(w), "\"filename\":\"a \\\"b\\\".png\",\"format\":\"png\""));
	hear(w, STR("{\"event\": \"STOP\"}\n{\"return\": {}, \"id\": \"screenshot\"}\n"));
	assert_false(w->monitor.screenshot_pending);
	assert_false(w->monitor.screenshot_failed);

	monitor_screenshot(&w->monitor, w->ours, STR("/x/y"));
	assert_non_null(strstr(sent(w), "\"format\":\"ppm\""));
	hear(w, STR("{\"id\": \"screenshot\", \"error\": {\"desc\": \"no folder\"}}\n"));
	assert_true(w->monitor.screenshot_failed);
	assert_string_equal(w->monitor.screenshot_error, "no folder");
}

static void a_screenshot_without_a_monitor_fails_at_once(void **state)
{
	struct wire *w = *state;
	monitor_screenshot(&w->monitor, w->ours, STR("a.png"));
	assert_false(w->monitor.screenshot_pending);
	assert_true(w->monitor.screenshot_failed);
}

static void nonsense_and_endless_lines_are_passed_over(void **state)
{
	struct wire *w = *state;
	hear(w, STR("not json\n[1, 2]\n{\"event\": 5}\n\n"));
	for (size_t i = 0; i < MONITOR_LINE_MAX + 100; i++)
		monitor_feed(&w->monitor, w->ours, STR("x"));
	hear(w, STR("\n"));
	negotiate(w);
	assert_true(w->monitor.ready);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, wire_make, wire_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(commands_are_taken_after_the_greeting_is_answered),
	        TEST(the_first_reason_of_the_end_is_kept),
	        TEST(a_screenshot_is_pending_until_it_is_answered),
	        TEST(a_screenshot_without_a_monitor_fails_at_once),
	        TEST(nonsense_and_endless_lines_are_passed_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
