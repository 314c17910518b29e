/* Which suites there are, and running them one after another on one thread. */
#include "selftest/api.h"
#include "selftest/suite.h"
#include <format/api.h>

enum { SELFTEST_LINE_MAX = 200 };

struct selftest_suite {
	struct str name;
	void (*run)(struct selftest *test);
};

static const struct selftest_suite selftest_suites[] = {
        {STR_INIT("clock"), selftest_clock},
        {STR_INIT("timers"), selftest_timers},
        {STR_INIT("calls"), selftest_calls},
        {STR_INIT("shares"), selftest_shares},
        {STR_INIT("waits"), selftest_waits},
        {STR_INIT("threads"), selftest_threads},
        {STR_INIT("loans"), selftest_loans},
        {STR_INIT("bench"), selftest_bench},
        {STR_INIT("lock-order"), selftest_lock_order},
        {STR_INIT("lock-sleep"), selftest_lock_sleep},
        {STR_INIT("slow"), selftest_slow},
        {STR_INIT("hang"), selftest_hang},
};

struct selftest_run {
	bool wanted[COUNT(selftest_suites)];
	void (*done)(int32_t status);
};

static struct selftest_run selftest_run;

static void selftest_print(const char *start, const char *format, va_list arguments)
{
	char bytes[SELFTEST_LINE_MAX];
	struct format_buffer line = {.ptr = bytes, .size = sizeof bytes - 1};
	format_append(&line, "%s", start);
	format_append_list(&line, format, arguments);
	struct str text = format_buffer_text(&line);
	bytes[text.len] = '\n';
	log_write_plain(kernel_log(), (struct str){bytes, text.len + 1});
}

void selftest_say(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	selftest_print("", format, arguments);
	va_end(arguments);
}

void selftest_check(struct selftest *test, bool passed, const char *format, ...)
{
	char start[32];
	struct format_buffer buffer = {.ptr = start, .size = sizeof start - 1};
	format_append(&buffer, "%sok %u - ", passed ? "" : "not ", ++test->checks);
	start[format_buffer_text(&buffer).len] = 0;
	test->failed += !passed;
	va_list arguments;
	va_start(arguments, format);
	selftest_print(start, format, arguments);
	va_end(arguments);
}

unsigned selftest_cpu_count(void)
{
	return cpu_mask_count(cpu_online());
}

void selftest_crew_init(struct selftest_crew *crew)
{
	*crew = (struct selftest_crew){.lock = SPINLOCK_INIT(LOCK_WAIT)};
	wait_queue_init(&crew->over);
}

bool selftest_crew_start(struct selftest_crew *crew, const struct thread_request *request)
{
	struct thread *thread;
	if (thread_create(request, &thread) != OK)
		return false;
	spinlock_acquire(&crew->lock);
	crew->living++;
	spinlock_release(&crew->lock);
	thread_start(thread);
	return true;
}

void selftest_crew_leave(struct selftest_crew *crew)
{
	spinlock_acquire(&crew->lock);
	if (--crew->living == 0)
		wait_queue_wake_all(&crew->over);
	spinlock_release(&crew->lock);
}

void selftest_crew_wait(struct selftest_crew *crew)
{
	spinlock_acquire(&crew->lock);
	while (crew->living)
		wait_queue_sleep(&crew->over, &crew->lock);
	spinlock_release(&crew->lock);
}

static void selftest_main(void *)
{
	struct selftest test = {};
	for (size_t i = 0; i < COUNT(selftest_suites); i++)
		if (selftest_run.wanted[i])
			selftest_suites[i].run(&test);
	selftest_say("1..%u", test.checks);
	selftest_run.done(test.failed ? 1 : 0);
}

static bool selftest_want(struct str name)
{
	for (size_t i = 0; i < COUNT(selftest_suites); i++) {
		if (!str_equal(name, selftest_suites[i].name))
			continue;
		selftest_run.wanted[i] = true;
		return true;
	}
	LOG_ERROR(LOG_BOOT, "no self-test '%.*s'", STR_ARG(name));
	return false;
}

enum status selftest_start(struct str names, void (*done)(int32_t status))
{
	while (names.len) {
		struct str_split cut = str_cut(names, ',');
		if (!selftest_want(cut.head))
			return ERR_NOT_FOUND;
		names = cut.rest;
	}
	selftest_run.done = done;
	const struct thread_request request = {.entry = selftest_main};
	struct thread *thread;
	enum status status = thread_create(&request, &thread);
	if (status == OK)
		thread_start(thread);
	return status;
}
