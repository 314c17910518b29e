/* Every call of the registry by one who has no capability; and what everyone may call, abused. */
#include <call_check/api.h>

int main(int, char **, char **)
{
	struct tap tap = {};
	call_check_refusals(&tap);
	call_check_guarded(&tap);
	call_check_hostile(&tap, -1);
	return tap_finish(&tap);
}
