#include "cpu_shares.h"

int main(int, char **, char **)
{
	struct tap tap = {};
	struct runners *runners = shared_memory(sizeof *runners);
	if (cpu_count() > CPUS_MAX) {
		print("Bail out! room for %d CPUs\n", CPUS_MAX);
		return 1;
	}
	check_programs(&tap, runners);
	check_threads(&tap, runners);
	check_lightest(&tap, runners);
	check_pairs(&tap, runners);
	check_wakes(&tap, runners);
	return tap_finish(&tap);
}
