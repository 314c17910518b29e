#include "qemu/session/outcome.h"
#include <string.h>
#include <sys/wait.h>

static const char *const outcome_names[QEMU_OUTCOME_COUNT] = {
        [QEMU_PASS] = "pass",
        [QEMU_EXPECTED] = "expected",
        [QEMU_STOPPED] = "stopped",
        [QEMU_LEFT] = "left",
        [QEMU_POWERED_OFF] = "powered-off",
        [QEMU_GUEST_STATUS] = "guest-status",
        [QEMU_PANIC] = "panic",
        [QEMU_BOOT_FAILURE] = "boot-failure",
        [QEMU_REFUSED] = "refused",
        [QEMU_LOADER_STOPPED] = "loader-stopped",
        [QEMU_NOTHING_TO_BOOT] = "nothing-to-boot",
        [QEMU_FORBIDDEN] = "forbidden",
        [QEMU_MARK_MISSING] = "mark-missing",
        [QEMU_TIMEOUT] = "timeout",
        [QEMU_NO_STATUS] = "no-status",
        [QEMU_CRASHED] = "crashed",
        [QEMU_HOST_ERROR] = "host-error",
        [QEMU_INTERRUPTED] = "interrupted",
};

const char *qemu_outcome_name(enum qemu_outcome outcome)
{
	return outcome_names[outcome];
}

bool qemu_wanted_parse(struct str text, struct qemu_request *request)
{
	static const enum qemu_outcome ends[] = {
	        QEMU_PASS,           QEMU_PANIC,           QEMU_BOOT_FAILURE, QEMU_REFUSED,
	        QEMU_LOADER_STOPPED, QEMU_NOTHING_TO_BOOT, QEMU_NO_STATUS,    QEMU_POWERED_OFF,
	};
	uint64_t number;
	if (str_to_u64(text, &number)) {
		request->has_wanted = true;
		request->wanted = number ? QEMU_GUEST_STATUS : QEMU_PASS;
		request->wanted_status = number;
		return true;
	}
	for (size_t i = 0; i < COUNT(ends); i++) {
		if (!str_equal(text, str_from_c(outcome_names[ends[i]])))
			continue;
		request->has_wanted = true;
		request->wanted = ends[i];
		request->wanted_status = 0;
		return true;
	}
	return false;
}

static void set(struct qemu_result *result, enum qemu_outcome outcome, struct str detail)
{
	result->outcome = outcome;
	result->detail = detail;
}

static struct str last_line(struct str text)
{
	struct str rest = str_trim(text);
	struct str_split cut = str_cut_last(rest, '\n');
	return str_trim(cut.rest);
}

static int exit_status(const struct ending *ending)
{
	if (ending->cause != STOP_GUEST)
		return WEXITSTATUS(ending->wait_status);
	return ending->exit_value < 0 ? 0 : ((ending->exit_value << 1) | 1) & 0xff;
}

/* The exit device ends QEMU with (value << 1) | 1; QEMU's own failures end with 1. */
static void decide_exit_value(struct arena *a, const struct qemu_machine *machine,
                              const struct ending *ending, struct qemu_result *result)
{
	int status = exit_status(ending);
	uint64_t value = (uint64_t)status >> 1;
	uint64_t above = value - machine->exit_program;
	if (!(status & 1) || value == 0)
		set(result, QEMU_HOST_ERROR, last_line(ending->errors));
	else if (value == machine->exit_panic)
		set(result, QEMU_PANIC, (struct str){});
	else if (value == machine->exit_boot_failure)
		set(result, QEMU_BOOT_FAILURE, (struct str){});
	else if (value >= machine->exit_program && above <= machine->exit_program_max) {
		result->guest_status = above;
		set(result, above ? QEMU_GUEST_STATUS : QEMU_PASS, (struct str){});
	} else
		set(result, QEMU_NO_STATUS,
		    str_format(a, "the guest wrote the unknown value 0x%llx to the exit port",
		               (unsigned long long)value));
	if (result->outcome == QEMU_HOST_ERROR && !result->detail.len)
		result->detail = str_format(a, "QEMU ended with status %d", status);
}

static void decide_own_end(struct arena *a, const struct qemu_machine *machine,
                           const struct ending *ending, struct qemu_result *result)
{
	if (ending->cause != STOP_GUEST && WIFSIGNALED(ending->wait_status)) {
		int number = WTERMSIG(ending->wait_status);
		set(result, QEMU_CRASHED,
		    str_format(a, "QEMU was ended by signal %d (%s)", number, strsignal(number)));
		return;
	}
	if (exit_status(ending) != 0) {
		decide_exit_value(a, machine, ending, result);
		return;
	}
	switch (ending->shutdown) {
	case SHUTDOWN_GUEST_POWER_OFF:
		set(result, QEMU_POWERED_OFF, (struct str){});
		break;
	case SHUTDOWN_GUEST_RESET:
		set(result, QEMU_NO_STATUS,
		    STR("the guest reset the machine, or a triple fault did"));
		break;
	case SHUTDOWN_HOST:
		set(result, QEMU_HOST_ERROR, STR("QEMU was told to end by someone else"));
		break;
	case SHUTDOWN_UNKNOWN:
		set(result, QEMU_NO_STATUS, STR("QEMU ended without saying why"));
		break;
	}
}

static void decide_raw(struct arena *a, const struct qemu_request *request,
                       const struct marks *marks, const struct ending *ending,
                       struct qemu_result *result)
{
	if (marks->hit.any) {
		struct str detail = marks->hit.line;
		if (marks->hit.outcome == QEMU_LOADER_STOPPED && marks->loader_error.len)
			detail = marks->loader_error;
		set(result, marks->hit.outcome, detail);
		return;
	}
	switch (ending->cause) {
	case STOP_NONE:
	case STOP_GUEST:
		decide_own_end(a, &request->machine, ending, result);
		if (result->outcome == QEMU_BOOT_FAILURE)
			result->detail = marks->kernel_error;
		return;
	case STOP_MARKS_SEEN:
		set(result, QEMU_EXPECTED, (struct str){});
		return;
	case STOP_PLANNED:
		set(result, QEMU_STOPPED, (struct str){});
		return;
	case STOP_TIMEOUT:
		set(result, QEMU_TIMEOUT, (struct str){});
		return;
	case STOP_PERSON:
		set(result, QEMU_LEFT, (struct str){});
		return;
	case STOP_SIGNAL:
		set(result, QEMU_INTERRUPTED, (struct str){});
		return;
	case STOP_AGENT:
		set(result, QEMU_NO_STATUS, STR("the agent in the guest has ended"));
		return;
	case STOP_SNAPSHOT:
		set(result, QEMU_HOST_ERROR, STR("the snapshot did not resume"));
		return;
	case STOP_HIT:
		break;
	}
	set(result, QEMU_HOST_ERROR, STR("stopped for no reason"));
}

static bool is_success(const struct qemu_request *request, const struct qemu_result *result)
{
	if (request->has_wanted)
		return result->outcome == request->wanted &&
		       (result->outcome != QEMU_GUEST_STATUS ||
		        result->guest_status == request->wanted_status);
	return result->outcome == QEMU_PASS || result->outcome == QEMU_EXPECTED ||
	       result->outcome == QEMU_STOPPED || result->outcome == QEMU_LEFT ||
	       result->outcome == QEMU_POWERED_OFF;
}

void outcome_decide(struct arena *a, const struct qemu_request *request, const struct marks *marks,
                    const struct ending *ending, struct qemu_result *result)
{
	decide_raw(a, request, marks, ending, result);
	result->missing = marks_missing(marks, a);
	if (ending->unanswered)
		strs_add(&result->missing, a, ending->unanswered->mark);
	result->expected = request->expect.count + request->answer_count;
	result->success = is_success(request, result);
	for (size_t i = 0; i < result->exec_count; i++)
		if (!result->execs[i].done)
			result->success = false;
	if (result->success && result->missing.count) {
		set(result, QEMU_MARK_MISSING,
		    str_format(a, "the run ended with %s", qemu_outcome_name(result->outcome)));
		result->success = false;
	}
}
