/* Who a program is, and what it loses with that. */
#include "users.h"
#include <stddef.h>

enum {
	AT_DIRECTORY = -100,
	AT_EFFECTIVE = 0x200,
	NONE = -1,
	READ = 4,
	SIGNAL_CONTINUE = 18,
	DEVICE_NODE = 0020600,
	PEER_CREDENTIALS = 17,
};

/* Of what stat says: Linux arch/x86/include/uapi/asm/stat.h. */
static int64_t mode_of(const char *facts)
{
	return *(const uint32_t *)(const void *)(facts + 24) & 07777;
}

static int64_t open_secret(void)
{
	int64_t file = CALL(LINUX_OPEN, SECRET, 0, 0);
	if (file >= 0)
		CALL(LINUX_CLOSE, file);
	return file < 0 ? file : OK;
}

static void user_has_no_rights(struct steps *s)
{
	static const uint32_t groups[] = {77, 78};
	uint32_t seen[4] = {};
	int64_t parent = CALL(LINUX_GETPPID), self = CALL(LINUX_GETPID);
	step(s, CALL(LINUX_SETGROUPS, 2, groups), OK);
	step(s, CALL(LINUX_GETGROUPS, 0, 0), 2);
	step(s, CALL(LINUX_GETGROUPS, 1, seen), ERR_INVALID_ARGS);
	step(s, CALL(LINUX_GETGROUPS, 4, seen), 2);
	step(s, seen[1], 78);
	step(s, open_secret(), OK);
	become_user(s);
	step(s, CALL(LINUX_GETUID), USER);
	step(s, CALL(LINUX_GETEUID), USER);
	step(s, CALL(LINUX_GETGID), GROUP);
	step(s, CALL(LINUX_GETEGID), GROUP);
	/* 12 */
	step(s, open_secret(), ERR_ACCESS_DENIED);
	step(s, CALL(LINUX_ACCESS, SECRET, READ), ERR_ACCESS_DENIED);
	step(s, CALL(LINUX_MKDIR, "/none", 0700), ERR_ACCESS_DENIED);
	step(s, CALL(LINUX_CHMOD, SECRET, 0666), ERR_NOT_PERMITTED);
	step(s, CALL(LINUX_CHOWN, SECRET, USER, USER), ERR_NOT_PERMITTED);
	step(s, CALL(LINUX_MKNOD, HOME "/node", DEVICE_NODE, 0x103), ERR_NOT_PERMITTED);
	step(s, CALL(LINUX_CHROOT, "/"), ERR_NOT_PERMITTED);
	step(s, CALL(LINUX_MOUNT, "none", HOME, "tmpfs", 0, 0), ERR_NOT_PERMITTED);
	step(s, CALL(LINUX_REBOOT, 0, 0, 0), ERR_NOT_PERMITTED);
	step(s, CALL(LINUX_SETHOSTNAME, "x", 1), ERR_NOT_PERMITTED);
	step(s, CALL(LINUX_SETGROUPS, 0, 0), ERR_NOT_PERMITTED);
	/* 23 */
	step(s, CALL(LINUX_KILL, parent, 0), ERR_NOT_PERMITTED);
	step(s, CALL(LINUX_TGKILL, parent, parent, 0), ERR_NOT_PERMITTED);
	step(s, CALL(LINUX_KILL, 1, 15), ERR_NOT_PERMITTED);
	step(s, CALL(LINUX_KILL, -1, 0), OK);
	step(s, CALL(LINUX_KILL, parent, SIGNAL_CONTINUE), OK);
	step(s, CALL(LINUX_KILL, self, 0), OK);
	/* 29: there is no way back */
	step(s, CALL(LINUX_SETUID, 0), ERR_NOT_PERMITTED);
	step(s, CALL(LINUX_SETREUID, NONE, 0), ERR_NOT_PERMITTED);
	step(s, CALL(LINUX_SETRESUID, 0, NONE, NONE), ERR_NOT_PERMITTED);
	step(s, CALL(LINUX_SETGID, 0), ERR_NOT_PERMITTED);
	step(s, CALL(LINUX_SETFSUID, 0), USER);
	step(s, CALL(LINUX_SETFSUID, NONE), USER);
	step(s, CALL(LINUX_SETUID, USER), OK);
}

/* The folder SHARED is of group 77, which may write there. */
static void further_groups_count(struct steps *s)
{
	static const uint32_t groups[] = {76, 77};
	char facts[144];
	enum { SET_GROUP_ID = 02000 };
	step(s, CALL(LINUX_MKDIR, SHARED, 0770), OK);
	step(s, CALL(LINUX_CHMOD, SHARED, 0770), OK);
	step(s, CALL(LINUX_CHOWN, SHARED, 0, 77), OK);
	step(s, CALL(LINUX_SETGROUPS, 2, groups), OK);
	become_user(s);
	/* 7 */
	step(s, CALL(LINUX_ACCESS, SHARED, READ), OK);
	int64_t file = CALL(LINUX_CREAT, SHARED "/own", 0600);
	step(s, CALL(LINUX_CLOSE, file), OK);
	step(s, CALL(LINUX_CHOWN, SHARED "/own", NONE, 78), ERR_NOT_PERMITTED);
	step(s, CALL(LINUX_CHOWN, SHARED "/own", NONE, 77), OK);
	step(s, CALL(LINUX_CHMOD, SHARED "/own", SET_GROUP_ID | 0750), OK);
	step(s, CALL(LINUX_STAT, SHARED "/own", facts), OK);
	step(s, mode_of(facts), SET_GROUP_ID | 0750);
}

static void no_group_is_no_right(struct steps *s)
{
	static const uint32_t groups[] = {76};
	step(s, CALL(LINUX_SETGROUPS, 1, groups), OK);
	become_user(s);
	step(s, CALL(LINUX_ACCESS, SHARED, READ), ERR_ACCESS_DENIED);
	step(s, CALL(LINUX_CREAT, SHARED "/none", 0600), ERR_ACCESS_DENIED);
}

static void writing_takes_set_ids_away(struct steps *s)
{
	enum { SET_IDS = 06000, WRITE_ONLY = 1 };
	char facts[144];
	int64_t file = CALL(LINUX_CREAT, SETTABLE, 0600);
	step(s, CALL(LINUX_FCHMOD, file, SET_IDS | 0777), OK);
	step(s, CALL(LINUX_WRITE, file, "1", 1), 1);
	step(s, CALL(LINUX_STAT, SETTABLE, facts), OK);
	/* 4: the superuser knows what he does */
	step(s, mode_of(facts), SET_IDS | 0777);
	step(s, CALL(LINUX_CLOSE, file), OK);
	become_user(s);
	file = CALL(LINUX_OPEN, SETTABLE, WRITE_ONLY, 0);
	step(s, CALL(LINUX_WRITE, file, "2", 1), 1);
	step(s, CALL(LINUX_STAT, SETTABLE, facts), OK);
	step(s, mode_of(facts), 0777);
}

static void own_files_are_the_users(struct steps *s)
{
	char facts[144];
	become_user(s);
	int64_t file = CALL(LINUX_CREAT, HOME "/own", 0600);
	step(s, file >= 0, true);
	step(s, CALL(LINUX_FSTAT, file, facts), OK);
	/* st_uid and st_gid of Linux arch/x86/include/uapi/asm/stat.h */
	step(s, *(const uint32_t *)(const void *)(facts + 28), USER);
	step(s, *(const uint32_t *)(const void *)(facts + 32), GROUP);
	step(s, CALL(LINUX_CHMOD, HOME "/own", 0644), OK);
	step(s, CALL(LINUX_UNLINK, HOME "/own"), OK);
}

static void saved_user_comes_back(struct steps *s)
{
	uint32_t real = 9, effective = 9, saved = 9;
	step(s, CALL(LINUX_SETRESUID, NONE, USER, NONE), OK);
	step(s, CALL(LINUX_GETRESUID, &real, &effective, &saved), OK);
	step(s, real == 0 && effective == USER && saved == 0, true);
	step(s, open_secret(), ERR_ACCESS_DENIED);
	/* access asks for the real user */
	step(s, CALL(LINUX_ACCESS, SECRET, READ), OK);
	step(s, CALL(LINUX_FACCESSAT2, AT_DIRECTORY, SECRET, READ, AT_EFFECTIVE),
	     ERR_ACCESS_DENIED);
	step(s, CALL(LINUX_SETUID, 0), OK);
	step(s, open_secret(), OK);
	/* 9: setreuid swaps */
	step(s, CALL(LINUX_SETREUID, USER, 0), OK);
	step(s, CALL(LINUX_SETREUID, 0, USER), OK);
	step(s, CALL(LINUX_GETEUID), USER);
	step(s, CALL(LINUX_SETREUID, USER, 0), OK);
	/* 13: only files */
	step(s, CALL(LINUX_SETFSUID, USER), 0);
	step(s, open_secret(), ERR_ACCESS_DENIED);
	step(s, CALL(LINUX_SETFSUID, 0), USER);
	step(s, open_secret(), OK);
}

static void exec_keeps_the_user(struct steps *s)
{
	static const char *const arguments[] = {
	        "sh", "-c", "[ \"$(/apps/debian_busybox/busybox id -u)\" = 1000 ] && ! cat " SECRET,
	        NULL};
	static const char *const environment[] = {NULL};
	become_user(s);
	step(s, CALL(LINUX_EXECVE, "/apps/debian_busybox/busybox", arguments, environment), OK);
}

/* A saved superuser does not outlive exec as such: the program is what it effectively is. */
static void exec_forgets_what_was_saved(struct steps *s)
{
	static const char *const arguments[] = {
	        "sh", "-c",
	        "set -- $(/apps/debian_busybox/busybox grep Uid /proc/self/status); [ $2 = 1000 ]",
	        NULL};
	static const char *const environment[] = {NULL};
	step(s, CALL(LINUX_SETRESUID, USER, USER, 0), OK);
	step(s, CALL(LINUX_EXECVE, "/apps/debian_busybox/busybox", arguments, environment), OK);
}

#define TOOL HOME "/tool"

enum {
	TOOL_GROUP = 55,
	TOOL_BASE = 0x400000,
	NO_SET_ID = 2,
	DETACH = 2,
	TOLD_USER = 1,
	TOLD_SUPERUSER = 2,
	TOLD_GROUP = 4,
	TOLD_SECURE = 8,
	TOLD_SAVED = 16,
};

/* tool.S */
extern const char tool_begin[], tool_end[];

/* The smallest file that is a program: System V gABI 4.1, chapters 4 and 5. */
struct tool_headers {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, segments, sections;
	uint32_t flags;
	uint16_t header_bytes, segment_bytes, segment_count, section_bytes, section_count, names;
	struct {
		uint32_t type, flags;
		uint64_t offset, address, physical, file_bytes, memory_bytes, align;
	} code;
};

/* A program that is the superuser's, with these rights. */
static void make_tool(uint32_t mode)
{
	size_t len = (size_t)(tool_end - tool_begin);
	const struct tool_headers headers = {
	        .ident = {0x7f, 'E', 'L', 'F', 2, 1, 1},
	        .type = 2,
	        .machine = 62,
	        .version = 1,
	        .entry = TOOL_BASE + sizeof headers,
	        .segments = offsetof(struct tool_headers, code),
	        .header_bytes = 64,
	        .segment_bytes = 56,
	        .segment_count = 1,
	        .code = {.type = 1,
	                 .flags = 5,
	                 .address = TOOL_BASE,
	                 .file_bytes = sizeof headers + len,
	                 .memory_bytes = sizeof headers + len,
	                 .align = 4096},
	};
	int64_t file = CALL(LINUX_CREAT, TOOL, 0700);
	CALL(LINUX_WRITE, file, &headers, sizeof headers);
	CALL(LINUX_WRITE, file, tool_begin, len);
	CALL(LINUX_CLOSE, file);
	CALL(LINUX_CHOWN, TOOL, 0, TOOL_GROUP);
	CALL(LINUX_CHMOD, TOOL, mode);
}

/* What the tool tells of itself, run by a user. */
static int64_t run_tool(void)
{
	static const char *const arguments[] = {"tool", NULL};
	static const char *const environment[] = {NULL};
	int32_t status = 0;
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		struct steps steps = {};
		become_user(&steps);
		CALL(LINUX_EXECVE, TOOL, arguments, environment);
		CALL(LINUX_EXIT_GROUP, 99);
	}
	CALL(LINUX_WAIT4, pid, &status, 0, 0);
	return status >> 8;
}

static void check_set_id(struct tap *tap)
{
	make_tool(06755);
	tap_check_equal(tap, run_tool(),
	                TOLD_USER | TOLD_SUPERUSER | TOLD_GROUP | TOLD_SECURE | TOLD_SAVED,
	                "set-id bits make another user");
	CALL(LINUX_CHMOD, TOOL, 0755);
	tap_check_equal(tap, run_tool(), TOLD_USER, "without them it stays the same");
	CALL(LINUX_CHMOD, TOOL, 02745);
	tap_check_equal(tap, run_tool(), TOLD_USER, "a group that may not execute marks nothing");
	CALL(LINUX_UNLINK, TOOL);
	tap_check_equal(tap, CALL(LINUX_MOUNT, "none", HOME, "tmpfs", NO_SET_ID, 0), OK,
	                "a folder may be without such programs");
	CALL(LINUX_CHMOD, HOME, 0777);
	make_tool(06755);
	tap_check_equal(tap, run_tool(), TOLD_USER, "then there they mean nothing");
	CALL(LINUX_UNLINK, TOOL);
	/* files that were closed are given back a little later */
	tap_check_equal(tap, CALL(LINUX_UMOUNT2, HOME, DETACH), OK, "it goes");
}

static void the_other_end_sees_the_user(struct steps *s)
{
	int32_t pair[2], peer[3] = {};
	uint32_t len = sizeof peer;
	become_user(s);
	step(s, CALL(LINUX_SOCKETPAIR, 1, 1, 0, pair), OK);
	step(s, CALL(LINUX_GETSOCKOPT, pair[0], 1, PEER_CREDENTIALS, peer, &len), OK);
	step(s, peer[1] == USER && peer[2] == GROUP, true);
}

static void check_arguments(struct tap *tap)
{
	static uint32_t groups[CREDENTIALS_GROUPS_MAX + 1];
	tap_check_equal(tap, CALL(LINUX_SETUID, NONE), ERR_INVALID_ARGS, "nobody is no user");
	tap_check_equal(tap, CALL(LINUX_SETGID, NONE), ERR_INVALID_ARGS, "and no group");
	tap_check_equal(tap, CALL(LINUX_SETGROUPS, 1, 0), ERR_BAD_ADDRESS, "groups are somewhere");
	tap_check_equal(tap, CALL(LINUX_SETGROUPS, COUNT(groups), groups), ERR_INVALID_ARGS,
	                "they have an end");
	tap_check_equal(tap, CALL(LINUX_GETGROUPS, NONE, groups), ERR_INVALID_ARGS,
	                "fewer than none do not fit");
	tap_check_equal(tap, CALL(LINUX_GETRESUID, groups, 0, groups), ERR_BAD_ADDRESS,
	                "ids go somewhere");
	tap_check_equal(tap, CALL(LINUX_GETRESGID, 0, groups, groups), ERR_BAD_ADDRESS,
	                "those of groups, too");
	tap_check_equal(tap, CALL(LINUX_SETRESUID, NONE, NONE, NONE), OK, "nothing is changed");
	tap_check_equal(tap, CALL(LINUX_GETUID), 0, "then, and this is still the superuser");
}

void check_users(struct tap *tap)
{
	check_arguments(tap);
	check_child(tap, user_has_no_rights, "a user is refused what is the superuser's");
	check_child(tap, own_files_are_the_users, "its files are its own");
	check_child(tap, further_groups_count, "further groups of a user give rights");
	check_child(tap, no_group_is_no_right, "and others do not");
	check_child(tap, writing_takes_set_ids_away, "what a user wrote makes nobody its owner");
	CALL(LINUX_UNLINK, SHARED "/own");
	CALL(LINUX_RMDIR, SHARED);
	CALL(LINUX_UNLINK, SETTABLE);
	check_child(tap, saved_user_comes_back, "who is saved comes back");
	check_child(tap, exec_keeps_the_user, "a program is started as its user");
	check_child(tap, exec_forgets_what_was_saved, "and as who it effectively is");
	check_set_id(tap);
	check_child(tap, the_other_end_sees_the_user, "a socket tells whose it is");
}
