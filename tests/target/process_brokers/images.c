/* What may be mapped into an image. */
#include "process_brokers.h"
#include <string.h>

enum {
	BASE = 0x500000,
	PAGE = 4096,
	READ_ONLY = PROC_BROKER_MAP_READ | PROC_BROKER_MAP_PRIVATE,
	READ_WRITE = READ_ONLY | PROC_BROKER_MAP_WRITE,
	NOBODY = 999, /* no handle */
};

static const uint64_t bad_addresses[] = {
        0, 8, 0x7ffffffff000, 0xffffffff80200000, 0x8000000000000000, UINT64_MAX};

static const struct {
	const char *name;
	uint64_t number;
} brokers[] = {
        {"proc_prepare_broker", SYS_RUSTOS_PROC_PREPARE_BROKER},
        {"proc_map_file_broker", SYS_RUSTOS_PROC_MAP_FILE_BROKER},
        {"proc_map_file_batch_broker", SYS_RUSTOS_PROC_MAP_FILE_BATCH_BROKER},
        {"proc_map_zeroed_broker", SYS_RUSTOS_PROC_MAP_ZEROED_BROKER},
        {"proc_map_data_broker", SYS_RUSTOS_PROC_MAP_DATA_BROKER},
        {"proc_set_linux_runtime_broker", SYS_RUSTOS_PROC_SET_LINUX_RUNTIME_BROKER},
        {"proc_commit_broker", SYS_RUSTOS_PROC_COMMIT_BROKER},
        {"proc_exec_target_broker", SYS_RUSTOS_PROC_EXEC_TARGET_BROKER},
        {"proc_abort_broker", SYS_RUSTOS_PROC_ABORT_BROKER},
        {"proc_open_program_broker", SYS_RUSTOS_PROC_OPEN_PROGRAM_BROKER},
};

static void check_procd_is_another(struct tap *tap)
{
	tap_check_equal(tap,
	                rustos_syscall(SYS_RUSTOS_PROC_AUTHORIZE_EXEC_BROKER, 0, 0, 0, 0, 0, 0),
	                ERR_ACCESS_DENIED, "a loader authorises nobody");
	tap_check_equal(tap, rustos_syscall(SYS_RUSTOS_PROC_CANCEL_EXEC_BROKER, 0, 0, 0, 0, 0, 0),
	                ERR_ACCESS_DENIED, "and takes nothing back");
}

void check_strangers(struct tap *tap)
{
	for (size_t i = 0; i < COUNT(brokers); i++)
		tap_check_equal(tap, rustos_syscall(brokers[i].number, 0, 0, 0, 0, 0, 0),
		                ERR_ACCESS_DENIED, brokers[i].name);
}

static uint64_t begin(void)
{
	const struct proc_prepare_args args = {.abi_version = PROC_BROKER_VERSION,
	                                       .format = PROC_BROKER_FORMAT_ELF64};
	uint64_t handle = 0;
	return rustos_proc_prepare_broker(&args, &handle) == OK ? handle : 0;
}

static int64_t end(uint64_t handle)
{
	const struct proc_abort_args args = {.prepare_handle = handle};
	return rustos_proc_abort_broker(&args);
}

static void check_addresses(struct tap *tap)
{
	bool refused = true;
	for (size_t i = 0; i < COUNT(brokers); i++)
		for (size_t j = 0; j < COUNT(bad_addresses); j++)
			refused &= rustos_syscall(brokers[i].number, bad_addresses[j], 0, 0, 0, 0,
			                          0) == ERR_BAD_ADDRESS;
	tap_check(tap, refused, "no broker reads where it may not");
}

static void check_prepare(struct tap *tap)
{
	static const struct {
		struct proc_prepare_args args;
		int64_t status;
	} cases[] = {
	        {{0, PROC_BROKER_FORMAT_ELF64, 0, 0}, ERR_INVALID_ARGS},
	        {{PROC_BROKER_VERSION + 1, PROC_BROKER_FORMAT_ELF64, 0, 0}, ERR_INVALID_ARGS},
	        {{PROC_BROKER_VERSION, 0, 0, 0}, ERR_INVALID_ARGS},
	        {{PROC_BROKER_VERSION, 3, 0, 0}, ERR_INVALID_ARGS},
	        {{PROC_BROKER_VERSION, PROC_BROKER_FORMAT_PE64, 0, 0}, ERR_NOT_SUPPORTED},
	        {{PROC_BROKER_VERSION, PROC_BROKER_FORMAT_ELF64, 1, 0}, ERR_INVALID_ARGS},
	        {{PROC_BROKER_VERSION, PROC_BROKER_FORMAT_ELF64, 0, 1}, ERR_INVALID_ARGS},
	};
	uint64_t handle;
	for (size_t i = 0; i < COUNT(cases); i++)
		tap_check_equal(tap, rustos_proc_prepare_broker(&cases[i].args, &handle),
		                cases[i].status, "an image is not begun any way");
	handle = begin();
	tap_check(tap, handle != 0, "but this way");
	tap_check_equal(tap, end(handle), OK, "it is given up");
	tap_check_equal(tap, end(handle), ERR_BAD_HANDLE, "once");
	tap_check_equal(tap, end(1), ERR_BAD_HANDLE, "a descriptor is no image");
	const struct proc_abort_args reserved = {.prepare_handle = handle, .reserved0 = 1};
	tap_check_equal(tap, rustos_proc_abort_broker(&reserved), ERR_INVALID_ARGS,
	                "what is reserved is 0");
}

static void check_zeroed(struct tap *tap)
{
	uint64_t handle = begin();
	const struct {
		struct proc_map_zeroed_args args;
		int64_t status;
	} cases[] = {
	        {{NOBODY, BASE, PAGE, READ_WRITE, 0}, ERR_BAD_HANDLE},
	        {{0, BASE, PAGE, READ_WRITE, 0}, ERR_BAD_HANDLE},
	        {{UINT64_MAX, BASE, PAGE, READ_WRITE, 0}, ERR_BAD_HANDLE},
	        {{handle, BASE + 1, PAGE, READ_WRITE, 0}, ERR_INVALID_ARGS},
	        {{handle, BASE, 0, READ_WRITE, 0}, ERR_INVALID_ARGS},
	        {{handle, BASE, UINT64_MAX, READ_WRITE, 0}, ERR_INVALID_ARGS},
	        {{handle, 0, PAGE, READ_WRITE, 0}, ERR_INVALID_ARGS},
	        {{handle, 0x7ffffffff000, 2 * PAGE, READ_WRITE, 0}, ERR_INVALID_ARGS},
	        {{handle, 0xffffffff80000000, PAGE, READ_WRITE, 0}, ERR_INVALID_ARGS},
	        {{handle, BASE, PAGE, READ_WRITE & ~8, 0}, ERR_INVALID_ARGS},
	        {{handle, BASE, PAGE, 8, 0}, ERR_INVALID_ARGS},
	        {{handle, BASE, PAGE, READ_WRITE | 32, 0}, ERR_INVALID_ARGS},
	        {{handle, BASE, PAGE, READ_ONLY | PROC_BROKER_MAP_IMAGE, 0}, ERR_INVALID_ARGS},
	        {{handle, BASE, PAGE, READ_WRITE, 1}, ERR_INVALID_ARGS},
	        {{handle, BASE, PAGE, READ_WRITE | PROC_BROKER_MAP_EXEC, 0}, ERR_ACCESS_DENIED},
	        {{handle, BASE, PAGE + 1, READ_WRITE, 0}, OK},
	        {{handle, BASE, PAGE, READ_WRITE, 0}, ERR_EXISTS},
	        {{handle, BASE + PAGE, PAGE, READ_ONLY, 0}, ERR_EXISTS},
	        {{handle, BASE - PAGE, 4 * PAGE, READ_ONLY, 0}, ERR_EXISTS},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		tap_check_equal(tap, rustos_proc_map_zeroed_broker(&cases[i].args), cases[i].status,
		                "zeroed memory is mapped where it may");
	tap_check_equal(tap, end(handle), OK, "and goes with the image");
}

static void check_data(struct tap *tap)
{
	static struct proc_map_data_args args;
	uint64_t handle = begin();
	static const struct {
		uint64_t len, offset;
		uint32_t data_len, reserved;
		int64_t status;
	} cases[] = {
	        {PAGE, 1, PAGE, 0, ERR_INVALID_ARGS},
	        {PAGE, UINT64_MAX, 1, 0, ERR_INVALID_ARGS},
	        {2 * PAGE, 0, PAGE + 1, 0, ERR_INVALID_ARGS},
	        {2 * PAGE, 0, UINT32_MAX, 0, ERR_INVALID_ARGS},
	        {PAGE, 0, 1, 1, ERR_INVALID_ARGS},
	        {0, 0, 0, 0, ERR_INVALID_ARGS},
	        {2 * PAGE, PAGE, PAGE, 0, OK},
	        {PAGE, 0, 1, 0, ERR_EXISTS},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		args = (struct proc_map_data_args){
		        .prepare_handle = handle,
		        .target_addr = BASE,
		        .mem_len = cases[i].len,
		        .flags = READ_ONLY,
		        .data_offset = cases[i].offset,
		        .data_len = cases[i].data_len,
		        .reserved0 = cases[i].reserved,
		};
		tap_check_equal(tap, rustos_proc_map_data_broker(&args), cases[i].status,
		                "bytes are mapped as they fit");
	}
	tap_check_equal(tap, end(handle), OK, "they go, too");
}

static int64_t map_file(uint64_t handle, struct proc_file_piece piece)
{
	const struct proc_map_file_args args = {handle, piece};
	return rustos_proc_map_file_broker(&args);
}

/* What is no regular file. */
static void check_other_files(struct tap *tap, uint64_t handle)
{
	int32_t pipe[2] = {-1, -1};
	CALL(LINUX_PIPE2, pipe, 0);
	int64_t folder = CALL(LINUX_OPEN, "/", 0, 0), device = CALL(LINUX_OPEN, "/dev/zero", 0, 0);
	int64_t socket = CALL(LINUX_SOCKET, 1, 1, 0);
	const int64_t files[] = {0, pipe[0], pipe[1], folder, device, socket};
	for (size_t i = 0; i < COUNT(files); i++)
		tap_check_equal(
		        tap,
		        map_file(handle, (struct proc_file_piece){(uint64_t)files[i], 0, BASE, 1,
		                                                  PAGE, READ_WRITE, 0}),
		        ERR_ACCESS_DENIED, "only files with pages are mapped");
	for (size_t i = 1; i < COUNT(files); i++)
		CALL(LINUX_CLOSE, files[i]);
}

static void check_files(struct tap *tap)
{
	uint64_t handle = begin(), file = (uint64_t)CALL(LINUX_MEMFD_CREATE, "image", 0);
	CALL(LINUX_FTRUNCATE, file, 2 * PAGE);
	const struct {
		struct proc_file_piece piece;
		int64_t status;
	} cases[] = {
	        {{NOBODY, 0, BASE, PAGE, PAGE, READ_ONLY, 0}, ERR_BAD_HANDLE},
	        {{handle, 0, BASE, PAGE, PAGE, READ_ONLY, 0}, ERR_BAD_HANDLE},
	        {{file, 1, BASE, PAGE, PAGE, READ_ONLY, 0}, ERR_INVALID_ARGS},
	        {{file, UINT64_MAX & ~0xfffULL, BASE, PAGE, PAGE, READ_ONLY, 0}, ERR_INVALID_ARGS},
	        {{file, 0, BASE + 1, PAGE, PAGE, READ_ONLY, 0}, ERR_INVALID_ARGS},
	        {{file, 0, BASE, 0, PAGE, READ_ONLY, 0}, ERR_INVALID_ARGS},
	        {{file, 0, BASE, PAGE + 1, PAGE, READ_ONLY, 0}, ERR_INVALID_ARGS},
	        {{file, 0, BASE, UINT64_MAX, UINT64_MAX, READ_ONLY, 0}, ERR_INVALID_ARGS},
	        {{file, 0, BASE, PAGE, PAGE, READ_ONLY, 1}, ERR_INVALID_ARGS},
	        {{file, 0, BASE, PAGE, PAGE, READ_WRITE | 4, 0}, ERR_ACCESS_DENIED},
	        {{file, 0, BASE, 1, PAGE, READ_ONLY, 0}, ERR_NOT_EXECUTABLE},
	        {{file, 0, BASE, PAGE, 3 * PAGE, READ_ONLY, 0}, OK},
	        {{file, 0, BASE, PAGE, PAGE, READ_ONLY, 0}, ERR_EXISTS},
	        {{file, 0, BASE + 8 * PAGE, 1, PAGE, READ_WRITE, 0}, OK},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		tap_check_equal(tap, map_file(handle, cases[i].piece), cases[i].status,
		                "a file is mapped as it may be");
	check_other_files(tap, handle);
	tap_check_equal(tap, end(handle), OK, "the image goes");
	CALL(LINUX_CLOSE, file);
}

static void check_batch(struct tap *tap)
{
	static struct proc_map_file_batch_args args;
	uint64_t handle = begin(), file = (uint64_t)CALL(LINUX_MEMFD_CREATE, "batch", 0);
	CALL(LINUX_FTRUNCATE, file, PAGE);
	args.prepare_handle = handle;
	for (uint64_t i = 0; i < PROC_MAP_BATCH_MAX; i++)
		args.pieces[i] = (struct proc_file_piece){file,      0, BASE + i * PAGE, PAGE, PAGE,
		                                          READ_ONLY, 0};
	static const uint32_t bad_counts[] = {0, PROC_MAP_BATCH_MAX + 1, UINT32_MAX};
	for (size_t i = 0; i < COUNT(bad_counts); i++) {
		args.count = bad_counts[i];
		tap_check_equal(tap, rustos_proc_map_file_batch_broker(&args), ERR_INVALID_ARGS,
		                "a batch has one to eight pieces");
	}
	args.count = PROC_MAP_BATCH_MAX;
	args.reserved0 = 1;
	tap_check_equal(tap, rustos_proc_map_file_batch_broker(&args), ERR_INVALID_ARGS,
	                "and nothing else");
	args.reserved0 = 0;
	tap_check_equal(tap, rustos_proc_map_file_batch_broker(&args), OK, "it is mapped");
	tap_check_equal(tap, rustos_proc_map_file_batch_broker(&args), ERR_EXISTS, "once");
	CALL(LINUX_CLOSE, file);
	enum { TAKEN = PROC_MAP_BATCH_MAX };
	struct proc_map_zeroed_args more = {handle, 0, PAGE, READ_ONLY, 0};
	uint64_t i = TAKEN;
	enum status status = OK;
	for (; status == OK && i <= PROC_MAPPINGS_MAX; i++) {
		more.target_addr = BASE + 2 * i * PAGE;
		status = rustos_proc_map_zeroed_broker(&more);
	}
	tap_check_equal(tap, status, ERR_TOO_BIG, "there is an end of mappings");
	tap_check_equal(tap, (int64_t)i, PROC_MAPPINGS_MAX + 1, "after 128");
	tap_check_equal(tap, end(handle), OK, "all of them go");
}

void check_images(struct tap *tap)
{
	check_addresses(tap);
	check_prepare(tap);
	check_zeroed(tap);
	check_data(tap);
	check_files(tap);
	check_batch(tap);
	check_procd_is_another(tap);
}
