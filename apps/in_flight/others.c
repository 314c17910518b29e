/* Calls that syscalld, netd, devmgrd and procd answer from memory. */
#include "in_flight.h"
#include <abi/device.h>
#include <abi/net.h>
#include <abi/policy.h>
#include <abi/process_policy.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SET_ID "/tmp/in_flight_of_root" /* a program that begins as its owner */
#define EVENTS "/dev/input/event0"
#define HOST "in_flight"

enum { TINY_BASE = 0x400000 };

/* Ends at once with status 0. ELF64: System V ABI, AMD64 supplement. */
static const struct {
	Elf64_Ehdr header;
	Elf64_Phdr segment;
	uint8_t code[9];
} tiny = {
        .header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                   .e_type = ET_EXEC,
                   .e_machine = EM_X86_64,
                   .e_version = EV_CURRENT,
                   .e_entry = TINY_BASE + sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr),
                   .e_phoff = sizeof(Elf64_Ehdr),
                   .e_ehsize = sizeof(Elf64_Ehdr),
                   .e_phentsize = sizeof(Elf64_Phdr),
                   .e_phnum = 1},
        .segment = {.p_type = PT_LOAD,
                    .p_flags = PF_R | PF_X,
                    .p_vaddr = TINY_BASE,
                    .p_filesz = sizeof tiny,
                    .p_memsz = sizeof tiny,
                    .p_align = 0x1000},
        .code = {0xb8, 60, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05}, /* exit(0) */
};

static int events = -1;

int operations_prepare_others(void)
{
	int file = open(SET_ID, O_WRONLY | O_CREAT, 0755);
	events = open(EVENTS, O_RDONLY | O_NONBLOCK);
	return events >= 0 && write(file, &tiny, sizeof tiny) == (ssize_t)sizeof tiny &&
	       close(file) == 0 && chmod(SET_ID, 04755) == 0;
}

static long call_setreuid(unsigned)
{
	return setreuid(0, 0);
}

static long call_setresgid(unsigned)
{
	return setresgid(0, 0, 0);
}

static long call_setrlimit(unsigned)
{
	const struct rlimit none = {0, RLIM_INFINITY};
	return setrlimit(RLIMIT_CORE, &none);
}

static long call_sethostname(unsigned)
{
	return sethostname(HOST, sizeof HOST - 1);
}

static long call_socket(unsigned)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static long call_open_device(unsigned)
{
	int file = open(EVENTS, O_RDONLY);
	return file < 0 ? -1 : close(file);
}

/* The version of the protocol (EVIOCGVERSION). */
static long call_ioctl(unsigned)
{
	int version;
	return ioctl(events, _IOR('E', 1, int), &version);
}

static long call_exec_set_id(unsigned)
{
	int status = -1;
	pid_t pid = vfork();
	if (pid == 0) {
		execl(SET_ID, SET_ID, NULL);
		_exit(errno);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	errno = WEXITSTATUS(status);
	return errno ? -1 : 0;
}

static const struct operation operations[] = {
        /* not idempotent: whether one was taken at the kill is chance */
        STOPPED_ONLY("syscalld", "setreuid", POLICY_IDEMPOTENT, POLICY_SETREUID, call_setreuid, 0),
        BOTH("syscalld", "setresgid", POLICY_IDEMPOTENT, POLICY_SETRESGID, call_setresgid, 0),
        BOTH("syscalld", "setrlimit", POLICY_IDEMPOTENT, POLICY_PRLIMIT64, call_setrlimit, 0),
        BOTH("syscalld", "sethostname", POLICY_IDEMPOTENT, POLICY_SETHOSTNAME, call_sethostname, 0),
        BOTH("netd", "socket", NET_IDEMPOTENT, NET_SOCKET, call_socket, EAFNOSUPPORT),
        BOTH("devmgrd", "open", DEVICE_IDEMPOTENT, DEVICE_OPEN, call_open_device, 0),
        BOTH("devmgrd", "ioctl", DEVICE_IDEMPOTENT, DEVICE_IOCTL_AUTHORIZE, call_ioctl, 0),
        BOTH("procd", "execve", PROCESS_POLICY_IDEMPOTENT, PROCESS_POLICY_EXECVE, call_exec_set_id,
             0),
};

struct operations operations_on_others(void)
{
	return (struct operations){operations, sizeof operations / sizeof operations[0]};
}
