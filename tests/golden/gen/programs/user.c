/* A program that uses everything generated for programs; it is compiled, not run. */
#include <abi/machine.h>
#include <abi/services.h>
#include <rt/stubs.h>

_Static_assert(sizeof(struct record) == 32);
_Static_assert(offsetof(struct record, tag) == 2 && sizeof(((struct record *)0)->tag) == 6);
_Static_assert(offsetof(struct record, last) == 24);
_Static_assert(IPC_SERVICE_LINUX_FILED == 1 && IPC_SERVICE_NETD == 4);
_Static_assert(IPC_SERVICE_CAP_NET_POLICY == 8 && IPC_SERVICE_CAP_BIT_NET_POLICY == 3);
_Static_assert(IPC_SERVICE_CAP_BOOTSTRAP_POLICY == 1);
_Static_assert(MACHINE_EXIT_PANIC == 0x20 && sizeof MACHINE_FW_CFG_QUOTED == sizeof "a 'b' \\c");
_Static_assert(ERR_INVALID_ARGS == -22);

enum status use(struct record *records, uint32_t *count);
enum status use(struct record *records, uint32_t *count)
{
	static const char *const names[] = {"name", NULL};
	enum status status = rustos_take(records, RECORDS_MAX, 0, count);
	if (status == OK)
		status = rustos_put(records, "blob", "path", names, -1, 2);
	if (status == OK)
		status = rustos_tick();
	if (status != OK)
		rustos_leave(1);
	return status;
}
