#include "first_light.h"

int main(int argc, char **argv, char **envp)
{
	struct start_facts facts = {argc, argv, envp};
	struct tap tap = {};
	check_start(&tap, &facts);
	check_image(&tap, &facts);
	check_debug_print(&tap);
	check_refusals(&tap);
	return tap_finish(&tap);
}
