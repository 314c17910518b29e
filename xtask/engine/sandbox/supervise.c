#include "engine/sandbox/sandbox.h"
#include "os/files.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_BYTES_MAX = 4096, STATUS_NOT_RUN = 127 };

/* Marks in the report; each is followed by a path and a NUL byte. */
enum { NOTED = 'n', REFUSED = 'r', OVERWRITTEN = 'w', UNAVAILABLE = 'u' };

struct supervisor {
	struct sandbox_request *request;
	int listener;
	struct strs told; /* paths that stand in the report */
};

/* In the child, before exec: the descriptor by which its calls can be watched, or -1. */
static int filter_install(void)
{
#define NOTIFY(call)                                                                               \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (call), 0, 1),                                         \
	        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF)
	struct sock_filter code[] = {
	        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
	        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
	        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	        NOTIFY(SYS_open),
	        NOTIFY(SYS_openat),
	        NOTIFY(SYS_openat2),
	        NOTIFY(SYS_creat),
	        NOTIFY(SYS_execve),
	        NOTIFY(SYS_execveat),
	        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
#undef NOTIFY
	struct sock_fprog program = {COUNT(code), code};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
	                    &program);
}

static void report_add(const struct supervisor *s, char mark, struct str path)
{
	char end = 0;
	struct iovec parts[] = {{&mark, 1}, {(void *)(uintptr_t)path.ptr, path.len}, {&end, 1}};
	(void)!writev(s->request->report, parts, COUNT(parts)); /* memory; it has no end soon */
}

/* One descriptor over a socket; value is sent where there is none. */
static void descriptor_send(int socket, int fd, int value)
{
	char control[CMSG_SPACE(sizeof fd)] = {};
	struct iovec part = {&value, sizeof value};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	if (fd >= 0) {
		message.msg_control = control;
		message.msg_controllen = sizeof control;
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		*header = (struct cmsghdr){CMSG_LEN(sizeof fd), SOL_SOCKET, SCM_RIGHTS};
		memcpy(CMSG_DATA(header), &fd, sizeof fd);
	}
	(void)!sendmsg(socket, &message, MSG_NOSIGNAL);
}

/* The descriptor, or -1 and why not in *out_error. */
static int descriptor_receive(int socket, int *out_error)
{
	int fd = -1;
	char control[CMSG_SPACE(sizeof fd)] = {};
	struct iovec part = {out_error, sizeof *out_error};
	struct msghdr message = {.msg_iov = &part,
	                         .msg_iovlen = 1,
	                         .msg_control = control,
	                         .msg_controllen = sizeof control};
	*out_error = EIO;
	if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) <= 0)
		return -1;
	const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	if (header && header->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(header), sizeof fd);
	return fd;
}

static pid_t program_fork(const struct child_program *program, int socket)
{
	pid_t parent = getpid(), pid = fork();
	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(STATUS_NOT_RUN);
	int listener = filter_install();
	descriptor_send(socket, listener, listener < 0 ? errno : 0);
	if (listener >= 0)
		close(listener);
	execve(program->path, program->argv, program->environment);
	dprintf(STDERR_FILENO, "%s: %s\n", program->path, strerror(errno));
	_exit(STATUS_NOT_RUN);
}

/* A string of the child's memory; false when it is not all there. */
static bool string_copy(pid_t pid, uint64_t address, char out_text[PATH_BYTES_MAX])
{
	size_t got = 0;
	while (got < PATH_BYTES_MAX) {
		size_t page_left = 4096 - (address + got) % 4096, room = PATH_BYTES_MAX - got;
		struct iovec local = {out_text + got, page_left < room ? page_left : room};
		struct iovec remote = {(void *)(uintptr_t)(address + got), local.iov_len};
		ssize_t copied = process_vm_readv(pid, &local, 1, &remote, 1, 0);
		if (copied <= 0)
			return false;
		if (memchr(out_text + got, '\0', (size_t)copied))
			return true;
		got += (size_t)copied;
	}
	return false;
}

/* The call's path, made absolute where its folder is another than the root. */
static bool call_path(const struct sandbox_rules *rules, const struct seccomp_notif *call,
                      uint64_t address, int folder, struct str *out_path)
{
	char text[PATH_BYTES_MAX], link[64], base[PATH_BYTES_MAX];
	if (!string_copy((pid_t)call->pid, address, text))
		return false;
	*out_path = arena_str(rules->arena, str_from_c(text));
	if (text[0] == '/' || !text[0])
		return text[0] != '\0';
	if (folder == AT_FDCWD)
		snprintf(link, sizeof link, "/proc/%u/cwd", call->pid);
	else
		snprintf(link, sizeof link, "/proc/%u/fd/%d", call->pid, folder);
	ssize_t len = readlink(link, base, sizeof base);
	if (len <= 0 || (size_t)len == sizeof base)
		return false;
	*out_path = str_format(rules->arena, "%.*s/%s", (int)len, base, text);
	return true;
}

static bool call_read(const struct sandbox_rules *rules, const struct seccomp_notif *call,
                      struct str *out_path, int *out_flags)
{
	const uint64_t *a = (const uint64_t *)call->data.args;
	struct open_how how = {};
	*out_flags = O_RDONLY;
	switch (call->data.nr) {
	case SYS_open:
		*out_flags = (int)a[1];
		return call_path(rules, call, a[0], AT_FDCWD, out_path);
	case SYS_creat:
		*out_flags = O_WRONLY | O_CREAT | O_TRUNC;
		return call_path(rules, call, a[0], AT_FDCWD, out_path);
	case SYS_execve:
		return call_path(rules, call, a[0], AT_FDCWD, out_path);
	case SYS_openat2: {
		struct iovec local = {&how, sizeof how},
		             remote = {(void *)(uintptr_t)a[2], sizeof how};
		if (process_vm_readv((pid_t)call->pid, &local, 1, &remote, 1, 0) < 8)
			return false;
		*out_flags = (int)how.flags;
		return call_path(rules, call, a[1], (int)a[0], out_path);
	}
	case SYS_openat:
		*out_flags = (int)a[2];
		[[fallthrough]];
	default:
		return call_path(rules, call, a[1], (int)a[0], out_path);
	}
}

/* The answer to one call, noted where that is due. True: it may go on. */
static bool call_judge(struct supervisor *s, const struct seccomp_notif *call)
{
	struct sandbox_rules *rules = s->request->rules;
	struct str path;
	int flags;
	if (!call_read(rules, call, &path, &flags))
		return true; /* the kernel will not find it either */
	enum sandbox_verdict verdict = sandbox_judge(rules, path, flags);
	if (verdict != SANDBOX_PASS && !strs_contain(&s->told, path)) {
		bool writes = (flags & O_ACCMODE) != O_RDONLY;
		strs_add(&s->told, rules->arena, path);
		report_add(s,
		           verdict == SANDBOX_NOTE ? NOTED
		           : writes                ? OVERWRITTEN
		                                   : REFUSED,
		           path);
	}
	return verdict != SANDBOX_REFUSE;
}

static void call_answer(struct supervisor *s)
{
	struct seccomp_notif call = {};
	if (ioctl(s->listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
		return; /* the caller was killed meanwhile */
	struct seccomp_notif_resp answer = {.id = call.id};
	if (call_judge(s, &call))
		answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	else
		answer.error = -EACCES;
	(void)ioctl(s->listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

static void watch(struct supervisor *s, pid_t pid)
{
	struct pollfd fds[2] = {{s->listener, POLLIN, 0}, {pidfd_open(pid, 0), POLLIN, 0}};
	while (fds[1].fd >= 0 && !fds[1].revents) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return;
		if (fds[0].revents & POLLIN)
			call_answer(s);
		else if (fds[0].revents)
			fds[0].fd = -1;
	}
}

/* In the copy of the engine: runs the program, watches it, ends as it ended. */
static int supervise(void *data)
{
	struct supervisor s = {.request = data};
	int sockets[2], error, status = 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return STATUS_NOT_RUN;
	pid_t pid = program_fork(s.request->program, sockets[1]);
	close(sockets[1]);
	if (pid < 0)
		return STATUS_NOT_RUN;
	s.listener = descriptor_receive(sockets[0], &error);
	if (s.listener >= 0)
		watch(&s, pid);
	else
		report_add(&s, UNAVAILABLE, str_from_c(strerror(error)));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFSIGNALED(status))
		return WEXITSTATUS(status);
	const struct rlimit none = {};
	(void)setrlimit(RLIMIT_CORE, &none);
	signal(WTERMSIG(status), SIG_DFL);
	raise(WTERMSIG(status));
	return 128 + WTERMSIG(status);
}

int sandbox_start(struct child *c, struct sandbox_request *request)
{
	return child_fork(c, supervise, request);
}

static struct str from_root(struct arena *a, struct str path)
{
	char root[PATH_BYTES_MAX];
	struct str normal = path;
	if (path.len && path.ptr[0] == '/' &&
	    path_normalise(a, str_slice(path, 1, path.len), &normal))
		normal = str_format(a, "/%.*s", STR_ARG(normal));
	if (!getcwd(root, sizeof root))
		return normal;
	struct str folder = str_format(a, "%s/", root);
	return str_starts_with(normal, folder) ? str_slice(normal, folder.len, normal.len) : normal;
}

void sandbox_report_read(struct arena *a, int report, struct sandbox_report *out_report)
{
	struct stat st;
	*out_report = (struct sandbox_report){};
	if (fstat(report, &st) < 0 || st.st_size == 0)
		return;
	char *bytes = ARENA_ARRAY(a, char, (size_t)st.st_size + 1);
	ssize_t got = pread(report, bytes, (size_t)st.st_size, 0);
	for (ssize_t at = 0; at < got;) {
		struct str path = str_from_c(bytes + at + 1);
		if (bytes[at] == UNAVAILABLE)
			out_report->unavailable = path;
		else
			strs_add(bytes[at] == NOTED     ? &out_report->noted
			         : bytes[at] == REFUSED ? &out_report->refused
			                                : &out_report->overwritten,
			         a, from_root(a, path));
		at += (ssize_t)path.len + 2;
	}
}
