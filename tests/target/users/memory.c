/* The memory map of this process by syscalld, and the broker that it uses. */
#include "users.h"
#include <abi/policy.h>
#include <abi/services.h>
#include <string.h>

#define TEXT "/tmp/users_text"
#define PAGE ((uint64_t)4096)

enum {
	READ = 1,
	WRITE = 2,
	EXECUTE = 4,
	COMMON = 1,
	PRIVATE = 2,
	FIXED = 0x10,
	ANONYMOUS = 0x20,
	NOREPLACE = 0x100000,
	ADDRESSES = 9,
	NOBODY = 999,
};

struct memory_ask {
	uint64_t args[6];
	int64_t wanted;
	const char *name;
};

/* As another process, if pid is not one's own. The status, or what mmap answers. */
static int64_t ask_for(uint64_t pid, uint16_t op, const uint64_t args[6])
{
	struct {
		struct ipc_message_header header;
		struct policy_request request;
	} question = {
	        .header = {.version = IPC_ABI_VERSION,
	                   .op = op,
	                   .payload_len = sizeof question.request},
	        .request = {.pid = pid},
	};
	struct policy_reply answer = {};
	uint64_t syscalld = 0, len = 0;
	memcpy(question.request.args, args, sizeof question.request.args);
	enum status status =
	        rustos_ipc_lookup_service_endpoint(IPC_SERVICE_LINUX_SYSCALLD, &syscalld);
	if (status == OK)
		status = rustos_ipc_call(syscalld, &question, sizeof question, &answer,
		                         sizeof answer, &len);
	if (status != OK)
		return status;
	return answer.status == OK && op == POLICY_MMAP ? (int64_t)answer.value : answer.status;
}

static int64_t ask(uint16_t op, const uint64_t args[6])
{
	return ask_for((uint64_t)CALL(LINUX_GETPID), op, args);
}

static int64_t map(uint64_t address, uint64_t rights, uint64_t flags, int64_t descriptor)
{
	return ask(POLICY_MMAP,
	           (uint64_t[6]){address, 2 * PAGE, rights, flags, (uint64_t)descriptor, 0});
}

/* Does the kernel write there for this program? */
static int64_t try_write(uint64_t address)
{
	return CALL(LINUX_GETCWD, address, PAGE);
}

static void check_zeroed(struct tap *tap)
{
	int64_t place = map(0, READ | WRITE, PRIVATE | ANONYMOUS, 0);
	volatile char *bytes = (volatile char *)place;
	tap_check(tap, place > 0 && !bytes[0] && !bytes[2 * PAGE - 1], "memory is mapped, zeroed");
	bytes[PAGE] = 7;
	tap_check_equal(tap, bytes[PAGE], 7, "and written");
	int64_t other = map((uint64_t)place, READ, PRIVATE | ANONYMOUS, 0);
	tap_check(tap, other > 0 && other != place, "a place that is taken was only a hint");
	tap_check_equal(tap, map((uint64_t)place, READ, PRIVATE | ANONYMOUS | NOREPLACE, 0),
	                ERR_EXISTS, "unless it was meant");
	tap_check_equal(tap, map((uint64_t)other, READ | WRITE, PRIVATE | ANONYMOUS | FIXED, 0),
	                other, "what is there may be replaced");
	const uint64_t first[6] = {(uint64_t)place, PAGE, READ};
	tap_check_equal(tap, ask(POLICY_MPROTECT, first), OK, "rights are changed");
	tap_check_equal(tap, try_write((uint64_t)place), ERR_BAD_ADDRESS, "of these pages");
	tap_check_equal(tap, bytes[PAGE], 7, "and no others");
	const uint64_t both[6] = {(uint64_t)place, 2 * PAGE};
	tap_check_equal(tap, ask(POLICY_MUNMAP, both), OK, "memory is given back");
	tap_check_equal(tap, try_write((uint64_t)place + PAGE), ERR_BAD_ADDRESS, "all of it");
	tap_check_equal(tap, ask(POLICY_MPROTECT, first), ERR_NO_MEMORY, "then it has no rights");
	const uint64_t rest[6] = {(uint64_t)other, 2 * PAGE};
	tap_check_equal(tap, ask(POLICY_MUNMAP, rest), OK, "so is the other");
}

static void check_file(struct tap *tap)
{
	char byte = 0;
	int64_t memory = CALL(LINUX_MEMFD_CREATE, "memory", 0);
	CALL(LINUX_FTRUNCATE, memory, 2 * PAGE);
	int64_t shared = map(0, READ | WRITE, COMMON, memory);
	int64_t own = map(0, READ | WRITE, PRIVATE, memory);
	tap_check(tap, shared > 0 && own > 0, "what a descriptor stands for is mapped");
	*(volatile char *)own = 'p';
	CALL(LINUX_PREAD64, memory, &byte, 1, 0);
	tap_check_equal(tap, byte, 0, "a private view is the process's");
	*(volatile char *)shared = 's';
	CALL(LINUX_PREAD64, memory, &byte, 1, 0);
	tap_check_equal(tap, byte, 's', "a shared one is the file's");
	CALL(LINUX_CLOSE, memory);
	CALL(LINUX_MUNMAP, shared, 2 * PAGE);
	CALL(LINUX_MUNMAP, own, 2 * PAGE);
	int64_t file = CALL(LINUX_CREAT, TEXT, 0600);
	CALL(LINUX_WRITE, file, "text", 4);
	CALL(LINUX_CLOSE, file);
	file = CALL(LINUX_OPEN, TEXT, 0);
	tap_check(tap, file >= 0, "there is a file");
	int64_t image = map(0, READ | EXECUTE, PRIVATE, file);
	tap_check(tap, image > 0 && !memcmp((const char *)image, "text", 4), "so is a file");
	CALL(LINUX_MUNMAP, image, 2 * PAGE);
	tap_check_equal(tap, map(0, READ | WRITE, COMMON, file), ERR_ACCESS_DENIED,
	                "as it was opened");
	CALL(LINUX_CLOSE, file);
	CALL(LINUX_UNLINK, TEXT);
	int64_t device = CALL(LINUX_OPEN, "/dev/null", 2);
	tap_check_equal(tap, map(0, READ, COMMON, device), ERR_NO_DEVICE,
	                "not everything is memory");
	CALL(LINUX_CLOSE, device);
}

static void check_refused(struct tap *tap)
{
	static const struct memory_ask asks[] = {
	        {{0, PAGE, READ | WRITE | EXECUTE, PRIVATE | ANONYMOUS},
	         ERR_ACCESS_DENIED,
	         "nothing is written and executed"},
	        {{0, PAGE, 8, PRIVATE | ANONYMOUS}, ERR_INVALID_ARGS, "rights are known ones"},
	        {{0, 0, READ, PRIVATE | ANONYMOUS}, ERR_INVALID_ARGS, "something is mapped"},
	        {{0, PAGE, READ, ANONYMOUS}, ERR_INVALID_ARGS, "of one kind"},
	        {{0, PAGE, READ, PRIVATE | ANONYMOUS | 1UL << 40}, ERR_INVALID_ARGS, "and no more"},
	        {{0, UINT64_MAX, READ, PRIVATE | ANONYMOUS}, ERR_NO_MEMORY, "that there is"},
	        {{0, 1UL << 46, READ, PRIVATE | ANONYMOUS, 0, 1}, ERR_INVALID_ARGS, "in pages"},
	        {{PAGE, PAGE, READ, PRIVATE | ANONYMOUS | FIXED},
	         ERR_NOT_PERMITTED,
	         "not below what programs may have"},
	        {{0xffffffff80200000, PAGE, READ, PRIVATE | ANONYMOUS | FIXED},
	         ERR_NO_MEMORY,
	         "nor above"},
	        {{0, PAGE, READ, PRIVATE, 1000}, ERR_BAD_HANDLE, "a descriptor is one"},
	        {{0, PAGE, READ, PRIVATE, UINT64_MAX}, ERR_BAD_HANDLE, "and not -1"},
	};
	for (size_t i = 0; i < COUNT(asks); i++)
		tap_check_equal(tap, ask(POLICY_MMAP, asks[i].args), asks[i].wanted, asks[i].name);
	const uint64_t crooked[6] = {1, PAGE, READ};
	tap_check_equal(tap, ask(POLICY_MPROTECT, crooked), ERR_INVALID_ARGS, "pages are whole");
	tap_check_equal(tap, ask(POLICY_MUNMAP, crooked), ERR_INVALID_ARGS, "all of them");
	tap_check_equal(tap, ask_for(1, POLICY_MMAP, asks[0].args), ERR_ACCESS_DENIED,
	                "nobody maps for another");
}

/* The limit is of what is mapped, and syscalld's to keep. */
static void check_limit(struct tap *tap)
{
	const uint64_t much[6] = {0, 64 << 20, READ, PRIVATE | ANONYMOUS};
	uint64_t old[2] = {0, 0};
	CALL(LINUX_PRLIMIT64, 0, ADDRESSES, 0, old);
	uint64_t lower[2] = {32 << 20, old[1]};
	CALL(LINUX_PRLIMIT64, 0, ADDRESSES, lower, 0);
	tap_check_equal(tap, ask(POLICY_MMAP, much), ERR_NO_MEMORY, "a limit holds here as well");
	CALL(LINUX_PRLIMIT64, 0, ADDRESSES, old, 0);
	int64_t place = ask(POLICY_MMAP, much);
	tap_check(tap, place > 0, "without it there is room");
	CALL(LINUX_MUNMAP, place, much[1]);
}

void check_memory(struct tap *tap)
{
	const struct mm_broker_args args = {.abi_version = MM_BROKER_VERSION, .op = MM_UNMAP};
	uint64_t start;
	tap_check_equal(tap, rustos_mm_broker(&args, &start), ERR_ACCESS_DENIED,
	                "memory maps of others are syscalld's");
	check_zeroed(tap);
	check_file(tap);
	check_refused(tap);
	check_limit(tap);
}

/* ---- the broker, by who has syscalld's capability and nobody who waits ---- */

void check_memory_broker(struct tap *tap)
{
	static const uint64_t addresses[] = {0, 8, 0x7ffffffff000, 0xffffffff80200000, UINT64_MAX};
	struct mm_layout layout;
	const struct mm_broker_args good = {
	        .abi_version = MM_BROKER_VERSION,
	        .op = MM_QUERY_LAYOUT,
	        .target_pid = (uint64_t)CALL(LINUX_GETPID),
	        .reply_cap = NOBODY,
	        .out_ptr = (uintptr_t)&layout,
	        .out_len = sizeof layout,
	};
	struct mm_broker_args bad[] = {good, good, good, good, good, good};
	uint64_t start;
	bad[0].abi_version = 0;
	bad[1].abi_version = MM_BROKER_VERSION + 1;
	bad[2].op = 0;
	bad[3].op = MM_UNMAP + 1;
	bad[4].reserved0 = 1;
	bad[5].op = MM_MAP_ANON; /* has no answer but its result */
	for (size_t i = 0; i < COUNT(bad); i++)
		tap_check_equal(tap, rustos_mm_broker(&bad[i], &start), ERR_INVALID_ARGS,
		                "a memory map is asked for as it should be");
	for (uint16_t op = MM_QUERY_LAYOUT; op <= MM_UNMAP; op++) {
		struct mm_broker_args args = good;
		bool asks = op == MM_QUERY_LAYOUT || op == MM_DESCRIBE_FD;
		args.op = op;
		args.out_ptr = asks ? args.out_ptr : 0;
		args.out_len = asks ? args.out_len : 0;
		tap_check_equal(tap, rustos_mm_broker(&args, &start), ERR_NO_PROCESS,
		                "and only that of who waits for the service");
	}
	for (size_t i = 0; i < COUNT(addresses); i++)
		tap_check_equal(tap,
		                rustos_syscall(SYS_RUSTOS_MM_BROKER, addresses[i], 0, 0, 0, 0, 0),
		                ERR_BAD_ADDRESS, "the question is in the caller's memory");
}
