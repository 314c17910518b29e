#include "linux_calls.h"

static bool text_is(const char *text, struct str expected)
{
	return text && str_equal(str_from_c(text), expected);
}

int main(int argc, char **argv, char **envp)
{
	struct tap tap = {};
	tap_check_equal(&tap, argc, 3, "arguments of the package's entry follow the path");
	tap_check(&tap,
	          argc == 3 && text_is(argv[1], STR("first argument")) &&
	                  text_is(argv[2], STR("second")),
	          "they are whole, blanks and all");
	tap_check(&tap,
	          text_is(envp[0], STR("COLOUR=blue")) && text_is(envp[2], STR("HOME=/home/user")),
	          "the environment is the entry's, then that of all programs");
	check_system(&tap);
	check_memory(&tap);
	check_descriptors(&tap);
	check_pipes(&tap);
	check_polling(&tap);
	check_moves(&tap);
	check_selecting(&tap);
	check_processes(&tap);
	check_signals(&tap);
	check_signal_rules(&tap);
	check_signal_state(&tap);
	check_signal_crowds(&tap);
	check_threads(&tap);
	check_long_work(&tap);
	check_timers(&tap);
	check_short_timers(&tap);
	check_signal_files(&tap);
	check_run_timers(&tap);
	check_priority(&tap);
	check_shared_futexes(&tap);
	check_used(&tap);
	check_names(&tap);
	check_terminal(&tap);
	return tap_finish(&tap);
}
