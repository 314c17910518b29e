/* Programs take all memory; what services need is left. */
#include "memory_calls.h"
#include <abi/services.h>
#include <linux_calls/api.h>

enum { PIECES = PAGE / sizeof(uint64_t) };

static uint64_t keeper_find(void)
{
	uint64_t endpoint = 0;
	enum status status =
	        rustos_ipc_lookup_service_endpoint(IPC_SERVICE_MEMORY_KEEPER, &endpoint);
	return status == OK ? endpoint : 0;
}

/* What the service says that took and gave back so many pages. */
static int64_t keeper_ask(uint64_t endpoint, uint64_t pages)
{
	const struct {
		struct ipc_message_header header;
		uint64_t pages;
	} request = {.header = {.version = IPC_ABI_VERSION, .payload_len = sizeof request.pages},
	             .pages = pages};
	int64_t answer = ERR_IO;
	uint64_t len;
	enum status status =
	        rustos_ipc_call(endpoint, &request, sizeof request, &answer, sizeof answer, &len);
	return status == OK ? answer : (int64_t)status;
}

/* All that the kernel gives, and then it is given nothing. Wired: nobody is ended for it. */
static uint64_t take_everything(uint64_t *out_pieces, uint64_t count_max)
{
	uint64_t count = 0;
	for (uint64_t size = (uint64_t)1 << 20; size >= PAGE; size /= 2)
		while (count < count_max &&
		       rustos_memory_map(0, size, RW, MEMORY_WIRED, &out_pieces[count]) == OK)
			out_pieces[count++] |= size / PAGE; /* the lower bits are free */
	return count;
}

struct takers {
	uint32_t full; /* atomic; the other one got all it could */
	uint32_t over; /* atomic */
};

/* One process alone has its own limit, so there are two. */
[[gnu::noreturn]] static void take_first(struct takers *shared)
{
	take_everything((uint64_t *)must_map(PAGE, RW, MEMORY_WIRED), PIECES);
	tell(&shared->full);
	wait_until(&shared->over, 1);
	rustos_process_exit(0);
}

static void give_back(const uint64_t *pieces, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		must_unmap((const void *)(pieces[i] & ~(uint64_t)(PAGE - 1)),
		           (pieces[i] & (PAGE - 1)) * PAGE);
}

/* More than once: what the service gives back must not be what programs take next. */
static void check_full(struct tap *tap, uint64_t keeper, uint64_t *pieces)
{
	enum { SERVICE_PAGES = 16, ROUNDS = 16 };
	uint64_t count = take_everything(pieces, PIECES), address;
	int64_t served = 0;
	tap_check_equal(tap, rustos_memory_map(0, PAGE, RW, MEMORY_WIRED, &address), ERR_NO_MEMORY,
	                "programs can take all memory");
	tap_check_equal(tap, CALL(LINUX_FORK), ERR_NO_MEMORY, "and are told that there is none");
	for (int i = 0; i < ROUNDS; i++) {
		served += keeper_ask(keeper, SERVICE_PAGES) == OK;
		count += take_everything(pieces + count, PIECES - count);
	}
	tap_check_equal(tap, served, ROUNDS, "a service has what it needs, again and again");
	tap_check(tap, count < PIECES, "and programs had no room to take it");
	give_back(pieces, count);
}

static void check_filled_machine(struct tap *tap, uint64_t keeper)
{
	enum { SHARED_ANONYMOUS = 0x21 };
	struct takers *shared = (void *)CALL(LINUX_MMAP, 0, PAGE, 3, SHARED_ANONYMOUS, -1, 0);
	uint64_t *pieces = (void *)must_map(PAGE, RW, MEMORY_WIRED);
	int32_t status = -1;
	*shared = (struct takers){};
	int64_t pid = linux_fork_or_exit();
	if (pid == 0)
		take_first(shared);
	wait_until(&shared->full, 1);
	check_full(tap, keeper, pieces);
	tell(&shared->over);
	CALL(LINUX_WAIT4, pid, &status, 0, 0);
	tap_check_equal(tap, status, 0, "who took it gives it back");
	must_unmap(shared, PAGE);
	must_unmap(pieces, PAGE);
}

void check_reserve(struct tap *tap)
{
	uint64_t keeper = keeper_find();
	struct memory_use use = {};
	tap_check(tap, keeper && rustos_memory_usage(&use) == OK, "there is a service");
	if (use.limit_bytes <= SMALL_MACHINE)
		check_filled_machine(tap, keeper);
	tap_check_equal(tap, keeper_ask(keeper, 1), OK, "which takes a page and gives it back");
}
