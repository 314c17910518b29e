/* What the kernel does not answer, and what it answers only for rootd. */
#include "first_light.h"

static int64_t call(uint64_t number)
{
	return rustos_syscall(number, 0, 0, 0, 0, 0, 0);
}

static enum status try_spawn(void)
{
	const char *argv[] = {"services/rootd/rootd.elf", NULL};
	const char *envp[] = {NULL};
	uint64_t pid;
	return rustos_spawn_exec(argv[0], argv, envp, 0, 0, 0, &pid);
}

static enum status try_drain(void)
{
	struct lifecycle_record record;
	uint64_t count;
	return rustos_lifecycle_drain_broker(&record, 1, 0, 0, &count);
}

void check_refusals(struct tap *tap)
{
	static const struct {
		const char *name;
		uint64_t number;
	} unknown[] = {
	        {"a number that means nothing is not implemented", 0x52559999},
	        {"a number behind every region is not implemented", 0xffffffffffffffff},
	        {"a reserved broker is not implemented", SYS_RUSTOS_BOOT_EXTENT_BROKER},
	        {"a second reserved broker is not implemented", SYS_RUSTOS_INPUT_INGEST_BROKER},
	        {"a linux call that nothing answers is not implemented", 178},
	};
	for (size_t i = 0; i < COUNT(unknown); i++)
		tap_check_equal(tap, call(unknown[i].number), ERR_NOT_IMPLEMENTED, unknown[i].name);
	tap_check_equal(tap, try_spawn(), ERR_ACCESS_DENIED, "only rootd may spawn");
	tap_check_equal(tap, try_drain(), ERR_ACCESS_DENIED, "only rootd may hear of exits");
}
