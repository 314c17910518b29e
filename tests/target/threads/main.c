/*
 * Threads: wrong beginnings; one that begins as a called function does, with its argument; the
 * process goes on in its last thread when the first has ended, and ends with it.
 */
#include <linux_calls/api.h>
#include <tap/api.h>

enum { PAGE = 4096, STACK_BYTES = 4 * PAGE, STACK_ALIGN = 16 };

#define KERNEL_CODE 0xffffffff80200000

struct shared {
	struct tap tap;
	uint64_t tid; /* as its maker was told */
	uint64_t second; /* atomic: it has begun */
};

static uint64_t stack_make(void)
{
	uint64_t start = 0;
	enum status status =
	        rustos_memory_map(0, STACK_BYTES, MEMORY_READ | MEMORY_WRITE, 0, &start);
	return status == OK ? start + STACK_BYTES : 0;
}

static void wait_for(const uint64_t *word)
{
	while (!__atomic_load_n(word, __ATOMIC_ACQUIRE))
		__builtin_ia32_pause();
}

static void tell(uint64_t *word)
{
	__atomic_store_n(word, 1, __ATOMIC_RELEASE);
}

/* ---- wrong beginnings ---- */

static void never(uint64_t)
{
	rustos_process_exit(1);
}

static void check_wrong(struct tap *tap)
{
	const uint64_t entry = (uintptr_t)never, stack = stack_make();
	const struct {
		uint64_t entry, stack;
		enum status status;
		const char *what;
	} cases[] = {
	        {entry, stack - STACK_ALIGN / 2, ERR_INVALID_ARGS, "a stack ends at 16 bytes"},
	        {entry, 0, ERR_INVALID_ARGS, "and somewhere"},
	        {entry, PAGE, ERR_BAD_ADDRESS, "where there is memory"},
	        {entry, KERNEL_CODE, ERR_BAD_ADDRESS, "of one's own"},
	        {entry, entry & ~(uint64_t)(STACK_ALIGN - 1), ERR_BAD_ADDRESS, "to be written"},
	        {KERNEL_CODE, stack, ERR_INVALID_ARGS, "no thread begins in the kernel"},
	        {PAGE, stack, ERR_BAD_ADDRESS, "nor where nothing is"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t tid = 0;
		tap_check_equal(tap, rustos_thread_create(cases[i].entry, cases[i].stack, 0, &tid),
		                cases[i].status, cases[i].what);
	}
}

/* ---- the second thread ---- */

static void be_second(struct shared *shared)
{
	struct tap *tap = &shared->tap;
	uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
	tap_check_equal(tap, (int64_t)(frame % STACK_ALIGN), 0, "its frame lies as a called one's");
	tell(&shared->second);
	int64_t process = CALL(LINUX_GETPID);
	while (CALL(LINUX_TGKILL, process, process, 0) == OK)
		CALL(LINUX_SCHED_YIELD);
	tap_check_equal(tap, CALL(LINUX_KILL, process, 0), OK,
	                "the process goes on when its first thread has ended");
	rustos_thread_exit(tap_finish(tap));
}

int main(int, char **, char **)
{
	static struct shared shared; /* longer than the first thread's stack is used */
	check_wrong(&shared.tap);
	enum status status = rustos_thread_create((uintptr_t)be_second, stack_make(),
	                                          (uintptr_t)&shared, &shared.tid);
	if (status != OK)
		return tap_finish(&shared.tap) + 1;
	wait_for(&shared.second);
	/* the other one looks for this one's end meanwhile, and checks nothing */
	tap_check(&shared.tap, shared.tid != 0, "it has a number, and its maker's argument");
	/* means nothing: the second one is the last */
	rustos_thread_exit(1);
}
