#include <tap/api.h>

void tap_check(struct tap *tap, bool passed, const char *name)
{
	tap->count++;
	tap->failed += !passed;
	print("%s %u - %s\n", passed ? "ok" : "not ok", tap->count, name);
}

void tap_check_equal(struct tap *tap, int64_t got, int64_t expected, const char *name)
{
	tap_check(tap, got == expected, name);
	if (got != expected)
		print("# got %ld, expected %ld\n", got, expected);
}

int tap_finish(const struct tap *tap)
{
	print("1..%u\n", tap->count);
	return tap->failed ? 1 : 0;
}
