/* What an image may become. */
#include "process_brokers.h"

enum { BASE = 0x500000, PAGE = 4096, NOBODY = 999, HEADER_BYTES = 56 };

static uint64_t begin(void)
{
	const struct proc_prepare_args args = {.abi_version = PROC_BROKER_VERSION,
	                                       .format = PROC_BROKER_FORMAT_ELF64};
	uint64_t handle = 0;
	return rustos_proc_prepare_broker(&args, &handle) == OK ? handle : 0;
}

static void check_runtime(struct tap *tap, uint64_t handle)
{
	const struct proc_set_linux_runtime_args good = {
	        .abi_version = PROC_BROKER_VERSION,
	        .prepare_handle = handle,
	        .entry = BASE,
	        .phdr_addr = BASE,
	        .phnum = 1,
	        .phent = HEADER_BYTES,
	        .brk_start = BASE,
	        .actual_entry = BASE,
	};
	struct proc_set_linux_runtime_args bad[12];
	for (size_t i = 0; i < COUNT(bad); i++)
		bad[i] = good;
	bad[0].abi_version = 0;
	bad[1].has_tls = 1;
	bad[2].interp_path_len = 1;
	bad[3].reserved0 = 1;
	bad[4].phent = HEADER_BYTES - 1;
	bad[5].phnum = 65;
	bad[6].entry = 0;
	bad[7].actual_entry = UINT64_MAX;
	bad[8].brk_start = 0x800000000000;
	bad[9].phdr_addr = 0x7fffffffffff;
	bad[10].interpreter_base = 1;
	bad[11].phnum = UINT64_MAX;
	for (size_t i = 0; i < COUNT(bad); i++)
		tap_check_equal(tap, rustos_proc_set_linux_runtime_broker(&bad[i]),
		                ERR_INVALID_ARGS, "a program starts in its memory");
	bad[0] = good;
	bad[0].prepare_handle = NOBODY;
	tap_check_equal(tap, rustos_proc_set_linux_runtime_broker(&bad[0]), ERR_BAD_HANDLE,
	                "of its image");
	tap_check_equal(tap, rustos_proc_set_linux_runtime_broker(&good), OK, "that is said");
	tap_check_equal(tap, rustos_proc_set_linux_runtime_broker(&good), ERR_INVALID_ARGS, "once");
}

static void check_targets(struct tap *tap, uint64_t handle)
{
	static const char path[] = "/program";
	const struct proc_exec_target_args good = {
	        .abi_version = PROC_BROKER_VERSION,
	        .prepare_handle = handle,
	        .exec_ticket = 1,
	        .target_pid = 1,
	        .target_tid = 1,
	        .exec_path_ptr = (uintptr_t)path,
	        .exec_path_len = sizeof path - 1,
	};
	struct proc_exec_target_args bad[8];
	for (size_t i = 0; i < COUNT(bad); i++)
		bad[i] = good;
	bad[0].abi_version = 2;
	bad[1].reserved0 = 1;
	bad[2].flags = 1;
	bad[3].envp_ptr = 1;
	bad[4].console_session = 1;
	bad[5].weight_micros = 1;
	bad[6].exec_path_len = 0;
	bad[7].abi_version = 0;
	for (size_t i = 0; i < COUNT(bad); i++)
		tap_check_equal(tap, rustos_proc_exec_target_broker(&bad[i]), ERR_INVALID_ARGS,
		                "an image is handed over as it should be");
	bad[0] = good;
	bad[0].exec_path_len = PAGE;
	tap_check_equal(tap, rustos_proc_exec_target_broker(&bad[0]), ERR_NAME_TOO_LONG,
	                "under a path");
	tap_check_equal(tap, rustos_proc_exec_target_broker(&good), ERR_NO_PROCESS,
	                "to nobody who has not asked");
}

static void check_starts(struct tap *tap, uint64_t handle)
{
	static const char path[] = "/program";
	struct proc_commit_args args = {
	        .prepare_handle = handle,
	        .exec_path_ptr = (uintptr_t)path,
	        .exec_path_len = sizeof path - 1,
	};
	uint64_t pid;
	tap_check_equal(tap, rustos_proc_commit_broker(&args, &pid), ERR_BAD_HANDLE,
	                "a program is started for who asked for it");
	args.reply_cap = UINT64_MAX;
	tap_check_equal(tap, rustos_proc_commit_broker(&args, &pid), ERR_BAD_HANDLE,
	                "and not for nobody");
	args.exec_path_len = 0;
	tap_check_equal(tap, rustos_proc_commit_broker(&args, &pid), ERR_INVALID_ARGS,
	                "under a name");
	args.exec_path_len = SPAWN_EXEC_PATH_MAX;
	tap_check_equal(tap, rustos_proc_commit_broker(&args, &pid), ERR_NAME_TOO_LONG,
	                "which has an end");
}

/* In its own name; what a name is seen as from elsewhere needs that one's request. */
static void check_opening(struct tap *tap)
{
	static const char path[] = "/apps/debian_busybox/busybox";
	static char head[PROC_HEAD_MAX];
	uint64_t size = 0, fd = 0;
	const struct proc_open_program_args good = {
	        .abi_version = PROC_BROKER_VERSION,
	        .path_ptr = (uintptr_t)path,
	        .path_len = sizeof path - 1,
	        .head_ptr = (uintptr_t)head,
	        .head_len = sizeof head,
	        .out_size_ptr = (uintptr_t)&size,
	};
	tap_check_equal(tap, rustos_proc_open_program_broker(&good, &fd), OK, "a program opens");
	tap_check(tap, size > sizeof head && head[1] == 'E' && head[2] == 'L', "and is looked at");
	tap_check_equal(tap, rustos_handle_close(fd), OK, "and is closed");
	struct proc_open_program_args bad[7];
	static const int64_t statuses[] = {
	        ERR_INVALID_ARGS,  ERR_INVALID_ARGS, ERR_INVALID_ARGS, ERR_INVALID_ARGS,
	        ERR_NAME_TOO_LONG, ERR_INVALID_ARGS, ERR_NO_PROCESS,
	};
	for (size_t i = 0; i < COUNT(bad); i++)
		bad[i] = good;
	bad[0].abi_version = 2;
	bad[1].reserved0 = 1;
	bad[2].flags = 1;
	bad[3].head_len = PROC_HEAD_MAX + 1;
	bad[4].path_len = UINT64_MAX;
	bad[5].target_pid = 1;
	bad[6].exec_ticket = 1;
	for (size_t i = 0; i < COUNT(bad); i++)
		tap_check_equal(tap, rustos_proc_open_program_broker(&bad[i], &fd), statuses[i],
		                "a program is not opened any way");
	for (int i = 0; i < 3; i++) {
		bad[i] = good;
		uint64_t *const fields[] = {&bad[i].path_ptr, &bad[i].head_ptr,
		                            &bad[i].out_size_ptr};
		*fields[i] = 0xffffffff80200000;
		tap_check_equal(tap, rustos_proc_open_program_broker(&bad[i], &fd), ERR_BAD_ADDRESS,
		                "nor with memory of the kernel");
	}
}

void check_commits(struct tap *tap)
{
	uint64_t handle = begin();
	const struct proc_map_zeroed_args memory = {
	        handle, BASE, PAGE, PROC_BROKER_MAP_READ | PROC_BROKER_MAP_PRIVATE, 0};
	tap_check_equal(tap, rustos_proc_map_zeroed_broker(&memory), OK, "an image has memory");
	check_runtime(tap, handle);
	check_targets(tap, handle);
	check_starts(tap, handle);
	check_opening(tap);
	/* it goes with the process */
}
