/* What only the first program may call: rightly, with hostile arguments, and with one wrong thing
 * at a time. It ends the machine by its own end, as rootd does. */
#include "first_caller.h"
#include <abi/services.h>

enum { PATH_BYTES = 300, STRINGS = 80, NOBODY = 4000000, SIGNALS = 64, CHILD_STATUS = 7 };

#define KERNEL_CODE 0xffffffff80200000

static enum status spawn(const char *path, uint64_t flags, uint64_t session)
{
	uint64_t pid;
	return rustos_spawn_exec(path, NULL, NULL, flags, session, 0, &pid);
}

static void check_spawn_flags(struct tap *tap)
{
	tap_check_equal(tap, spawn(CHILD, SPAWN_EXEC_CHECK, 0), ERR_INVALID_ARGS,
	                "a flag of spawn_image is none of spawn_exec");
	tap_check_equal(tap, spawn(CHILD, 1 << 7, 0), ERR_INVALID_ARGS, "an unknown flag is none");
	tap_check_equal(
	        tap,
	        spawn(CHILD, (uint64_t)(IPC_SERVICE_ID_MAX + 1) << SPAWN_EXEC_SERVICE_SHIFT, 0),
	        ERR_INVALID_ARGS, "nor is a service that cannot be");
	tap_check_equal(tap, spawn(CHILD, 0, 1ull << 32), ERR_INVALID_ARGS,
	                "nor a session of 33 bits");
}

static void check_spawn_paths(struct tap *tap)
{
	char path[PATH_BYTES];
	tap_check_equal(tap, spawn("apps/nothing", 0, 0), ERR_NOT_FOUND,
	                "what is not in the archive does not start");
	tap_check_equal(tap, spawn("", 0, 0), ERR_NOT_FOUND, "nor what has no name");
	tap_check_equal(tap, spawn("system/boot/nucleus.sym", 0, 0), ERR_NOT_EXECUTABLE,
	                "nor what is no program");
	for (size_t i = 0; i < sizeof path; i++)
		path[i] = 'a';
	path[SPAWN_EXEC_PATH_MAX] = '\0';
	tap_check_equal(tap, spawn(path, 0, 0), ERR_NAME_TOO_LONG, "a name has an end");
	path[SPAWN_EXEC_PATH_MAX - 1] = '\0';
	tap_check_equal(tap, spawn(path, 0, 0), ERR_NOT_FOUND, "and may be as long as that");
}

/* count strings for argv, then for envp. */
static enum status spawn_with(const char *const *argv, const char *const *envp)
{
	uint64_t pid;
	return rustos_spawn_exec("apps/nothing", argv, envp, 0, 0, 0, &pid);
}

static void check_spawn_strings(struct tap *tap)
{
	static char text[SPAWN_EXEC_ENVS_BYTES_MAX + 1];
	const char *many[STRINGS + 1] = {}, *one[] = {text, NULL};
	const char *bad[] = {"a", (const char *)KERNEL_CODE, NULL};
	for (size_t i = 0; i < SPAWN_EXEC_ARGS_MAX; i++)
		many[i] = "";
	tap_check_equal(tap, spawn_with(many, many), ERR_NOT_FOUND, "as many arguments as may be");
	many[SPAWN_EXEC_ARGS_MAX] = "";
	tap_check_equal(tap, spawn_with(many, NULL), ERR_TOO_BIG, "and one more");
	for (size_t i = 0; i < SPAWN_EXEC_ENVS_MAX + 1; i++)
		many[i] = "";
	tap_check_equal(tap, spawn_with(NULL, many), ERR_TOO_BIG, "so with the environment");
	for (size_t i = 0; i < SPAWN_EXEC_ARGS_BYTES_MAX; i++)
		text[i] = 'x';
	tap_check_equal(tap, spawn_with(one, NULL), ERR_TOO_BIG, "arguments have so many bytes");
	for (size_t i = 0; i < SPAWN_EXEC_ENVS_BYTES_MAX; i++)
		text[i] = 'x';
	tap_check_equal(tap, spawn_with(NULL, one), ERR_TOO_BIG, "and an environment");
	tap_check_equal(tap, spawn_with(bad, NULL), ERR_BAD_ADDRESS, "none is the kernel's");
	tap_check_equal(tap, spawn_with(NULL, bad), ERR_BAD_ADDRESS, "of neither");
}

static enum status drain(struct lifecycle_record *records, uint64_t capacity, uint64_t flags,
                         uint64_t timeout_ns)
{
	uint64_t count;
	return rustos_lifecycle_drain_broker(records, capacity, flags, timeout_ns, &count);
}

static void check_drain(struct tap *tap)
{
	static struct lifecycle_record records[LIFECYCLE_DRAIN_MAX + 1];
	uint64_t count = 1;
	tap_check_equal(tap, rustos_lifecycle_drain_broker(records, 1, 0, 0, &count), OK,
	                "what happened can be asked");
	tap_check_equal(tap, (int64_t)count, 0, "and nothing did");
	tap_check_equal(tap, drain(records, 1, LIFECYCLE_DRAIN_WAIT, 0), ERR_NO_CHILD,
	                "nothing will, without a child");
	tap_check_equal(tap, drain(records, 1, 2, 0), ERR_INVALID_ARGS, "a flag that is none");
	tap_check_equal(tap, drain(records, 0, 0, 0), ERR_INVALID_ARGS, "room for nothing");
	tap_check_equal(tap, drain(records, LIFECYCLE_DRAIN_MAX + 1, 0, 0), ERR_INVALID_ARGS,
	                "room for too much");
	tap_check_equal(tap, drain(records, 1, 0, UINT64_MAX), ERR_INVALID_ARGS,
	                "a time that is none");
}

static void check_signals(struct tap *tap)
{
	tap_check_equal(tap, rustos_process_signal(NOBODY, 0), ERR_NO_PROCESS,
	                "nobody is asked for");
	tap_check_equal(tap, rustos_process_signal(NOBODY, SIGNALS), ERR_NO_PROCESS,
	                "nobody hears a signal");
	tap_check_equal(tap, rustos_process_signal(NOBODY, SIGNALS + 1), ERR_INVALID_ARGS,
	                "which has to be one");
	tap_check_equal(tap, rustos_process_signal(UINT64_MAX, 0), ERR_NO_PROCESS, "nor the last");
	tap_check_equal(tap, rustos_process_signal(1, 0), ERR_NO_PROCESS, "nor the caller");
	tap_check_equal(tap, rustos_machine_end(MACHINE_END_RESET + 1), ERR_INVALID_ARGS,
	                "a machine ends in one of its ways");
	tap_check_equal(tap, rustos_machine_end(UINT32_MAX), ERR_INVALID_ARGS, "and in no other");
}

static void check_audit(struct tap *tap)
{
	static struct audit_record records[AUDIT_READ_MAX + 1];
	uint64_t count = 1;
	tap_check_equal(tap, rustos_audit_read(UINT64_MAX, records, 1, &count), OK,
	                "the record can be read beyond its end");
	tap_check_equal(tap, (int64_t)count, 0, "where nothing is");
	tap_check_equal(tap, rustos_audit_read(1, records, AUDIT_READ_MAX, &count), OK,
	                "and from its start");
	tap_check_equal(tap, rustos_audit_read(1, records, AUDIT_READ_MAX + 1, &count),
	                ERR_INVALID_ARGS, "not more at once than so much");
}

static enum status spawn_image(const struct spawn_image_args *args)
{
	uint64_t pid;
	return rustos_spawn_image(args, &pid);
}

/* The base case says that only the image is wrong; then one thing more is. */
static void check_images(struct tap *tap)
{
	static const char name[] = "image", bytes[] = "no program";
	const struct spawn_image_args base = {
	        .path_ptr = (uintptr_t)name,
	        .image_ptr = (uintptr_t)bytes,
	        .image_len = sizeof bytes,
	};
	struct spawn_image_args bad[8];
	static const int64_t statuses[COUNT(bad)] = {
	        ERR_INVALID_ARGS, ERR_INVALID_ARGS, ERR_INVALID_ARGS, ERR_INVALID_ARGS,
	        ERR_BAD_ADDRESS,  ERR_BAD_ADDRESS,  ERR_BAD_ADDRESS,  ERR_BAD_ADDRESS,
	};
	for (size_t i = 0; i < COUNT(bad); i++)
		bad[i] = base;
	bad[0].image_len = 0;
	bad[1].image_len = SPAWN_IMAGE_BYTES_MAX + 1;
	bad[2].flags = 1 << 7;
	bad[3].console_session = 1ull << 32;
	bad[4].image_ptr = KERNEL_CODE;
	bad[5].path_ptr = KERNEL_CODE;
	bad[6].argv_ptr = KERNEL_CODE;
	bad[7].envp_ptr = 1;
	tap_check_equal(tap, spawn_image(&base), ERR_NOT_EXECUTABLE, "bytes that are no program");
	for (size_t i = 0; i < COUNT(bad); i++)
		tap_check_equal(tap, spawn_image(&bad[i]), statuses[i], "and worse ones");
}

/* As rootd does it: a child that ends, heard of by its parent, with its status. */
static void check_child(struct tap *tap)
{
	static const char *const arguments[] = {CHILD, "child", NULL};
	struct lifecycle_record record = {};
	uint64_t pid = 0, count = 0;
	tap_check_equal(tap, rustos_spawn_exec(CHILD, arguments, NULL, 0, 0, 0, &pid), OK,
	                "a program of the archive starts");
	tap_check_equal(tap,
	                rustos_lifecycle_drain_broker(&record, 1, LIFECYCLE_DRAIN_WAIT, 0, &count),
	                OK, "its end is waited for");
	tap_check(tap,
	          count == 1 && record.event == LIFECYCLE_EVENT_EXIT && record.pid == pid &&
	                  record.parent_pid == 1,
	          "and it is that one's");
	tap_check_equal(tap, record.exit_status, CHILD_STATUS, "which said how");
	tap_check_equal(tap, rustos_process_signal(pid, 0), ERR_NO_PROCESS, "and is gone");
}

int main(int argc, char **argv, char **)
{
	struct tap tap = {};
	if (argc > 1 && str_equal(str_from_c(argv[1]), STR("child")))
		return CHILD_STATUS;
	if (argc > 1 && str_equal(str_from_c(argv[1]), STR(CHILD_ASKS)))
		return ask_in_vain();
	call_check_hostile(&tap, IPC_SERVICE_CAP_BIT_ROOT_SUPERVISOR);
	check_spawn_flags(&tap);
	check_spawn_paths(&tap);
	check_spawn_strings(&tap);
	check_drain(&tap);
	check_signals(&tap);
	check_audit(&tap);
	check_images(&tap);
	check_child(&tap);
	check_audit_content(&tap);
	return tap_finish(&tap);
}
