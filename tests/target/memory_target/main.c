/* Has a memory map, lets another program try what it likes with it, and says what came of that. */
#include <abi/services.h>
#include <linux_calls/api.h>
#include <tap/api.h>
#include <test_service/memory_target.h>

enum { PAGE = 4096, READ_WRITE = MEMORY_READ | MEMORY_WRITE, OPEN_BOTH = 2 };

static char *page_of(const struct memory_target_request *self, int page)
{
	return (char *)self->pages + (uint64_t)page * PAGE;
}

/* May the kernel write there for this program? */
static int64_t try_write(uint64_t address)
{
	return CALL(LINUX_GETRANDOM, address, 1, 0);
}

static bool is_full_of(const char *bytes, size_t len, char value)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i] != value)
			return false;
	return true;
}

static enum status prepare(struct memory_target_request *self)
{
	int32_t pipe[2] = {-1, -1};
	enum status status =
	        rustos_memory_map(0, MEMORY_TARGET_PAGES * PAGE, READ_WRITE, 0, &self->pages);
	if (status != OK)
		return status;
	for (int i = 0; i < MEMORY_TARGET_PAGES; i++)
		for (size_t j = 0; j < PAGE; j++)
			page_of(self, i)[j] = (char)(i + 1);
	CALL(LINUX_PIPE2, pipe, 0);
	self->pipe_read = (uint32_t)pipe[0];
	self->pipe_write = (uint32_t)pipe[1];
	self->memory = (uint32_t)CALL(LINUX_MEMFD_CREATE, "target", 0);
	self->null_device = (uint32_t)CALL(LINUX_OPEN, "/dev/null", OPEN_BOTH, 0);
	CALL(LINUX_FTRUNCATE, self->memory, 2 * PAGE);
	return rustos_memory_unmap((uint64_t)page_of(self, MEMORY_TARGET_HOLE), PAGE);
}

static void check_pages(struct tap *tap, const struct memory_target_request *self)
{
	static const bool stays[MEMORY_TARGET_PAGES] = {
	        [MEMORY_TARGET_KEPT] = true,
	        [1] = true,
	        [MEMORY_TARGET_READABLE] = true,
	        [5] = true,
	        [7] = true,
	};
	bool good = true;
	for (int i = 0; i < MEMORY_TARGET_PAGES; i++)
		good &= !stays[i] || is_full_of(page_of(self, i), PAGE, (char)(i + 1));
	tap_check(tap, good, "what was not to change has its bytes");
	good = true;
	for (int i = 0; i < MEMORY_TARGET_PAGES; i++)
		if (stays[i] && i != MEMORY_TARGET_READABLE)
			good &= try_write((uint64_t)page_of(self, i)) == 1;
	tap_check(tap, good, "and may be written as before");
	tap_check_equal(tap, try_write((uint64_t)page_of(self, MEMORY_TARGET_READABLE)),
	                ERR_BAD_ADDRESS, "a page may only be read");
	tap_check(tap, is_full_of(page_of(self, MEMORY_TARGET_REPLACED), PAGE, 0),
	          "a page was replaced");
	tap_check_equal(tap, try_write((uint64_t)page_of(self, MEMORY_TARGET_REPLACED)), 1,
	                "by one that may be written");
	tap_check_equal(tap, try_write((uint64_t)page_of(self, MEMORY_TARGET_HOLE)),
	                ERR_BAD_ADDRESS, "where nothing was, nothing is");
	tap_check_equal(tap, try_write((uint64_t)page_of(self, MEMORY_TARGET_GONE)),
	                ERR_BAD_ADDRESS, "and one page is gone");
}

static void check_views(struct tap *tap, const struct memory_target_request *self,
                        const struct memory_target_reply *views)
{
	char byte = 0;
	bool there = views->zeroed && views->shared && views->private;
	tap_check(tap, there, "memory was mapped");
	if (!there)
		return;
	tap_check(tap, is_full_of((const char *)views->zeroed, 2 * PAGE, 0), "zeroed");
	*(volatile char *)(views->zeroed + PAGE) = 'z';
	*(volatile char *)views->private = 'p';
	CALL(LINUX_PREAD64, self->memory, &byte, 1, 0);
	tap_check_equal(tap, byte, 0, "of a descriptor, for the process");
	*(volatile char *)views->shared = 's';
	CALL(LINUX_PREAD64, self->memory, &byte, 1, 0);
	tap_check_equal(tap, byte, 's', "or for all");
}

int main(int, char **, char **)
{
	struct tap tap = {};
	struct memory_target_request self = {};
	struct memory_target_reply views = {};
	struct mm_broker_args own = {
	        .abi_version = MM_BROKER_VERSION, .op = MM_UNMAP, .size = PAGE};
	uint64_t users = 0, len = 0, start;
	tap_check_equal(&tap, rustos_ipc_lookup_service_endpoint(IPC_SERVICE_USERS, &users), OK,
	                "who has the broker is there");
	self.endpoint = (uint32_t)users;
	tap_check_equal(&tap, prepare(&self), OK, "there is memory");
	own.target_pid = (uint64_t)CALL(LINUX_GETPID);
	own.address = self.pages;
	tap_check_equal(&tap, rustos_mm_broker(&own, &start), ERR_ACCESS_DENIED,
	                "which a program does not change by the broker");
	tap_check_equal(&tap,
	                rustos_ipc_call(users, &self, sizeof self, &views, sizeof views, &len), OK,
	                "others may try");
	tap_check_equal(&tap, (int64_t)len, sizeof views, "and say so");
	check_pages(&tap, &self);
	check_views(&tap, &self, &views);
	return tap_finish(&tap);
}
