/*
 * Does KVM run code? /dev/kvm may exist, open and create a machine and still
 * not execute an instruction, so a few are executed: out of a real-mode guest
 * comes one byte on a port. First through the API, then, because QEMU sets up far
 * more of a processor, the same from a reset vector in QEMU. In children, because
 * a broken KVM may hang. Inside some virtual machines KVM interprets the guest's
 * kernel instruction by instruction, slower than TCG: speed is asked for as well. API: Linux,
 * Documentation/virt/kvm/api.rst.
 */
#include "os/files.h"
#include "qemu/command.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	GUEST_CODE_ADDRESS = 0x1000,
	GUEST_CODE_BYTES = 0x1000,
	GUEST_PORT = 0x10,
	GUEST_ANSWER = 42,
	GUEST_TSS_ADDRESS = 0x100000,
	PROBE_LIMIT_MS = 2000,
	SPEED_LIMIT_MS = 500, /* two million instructions: 1 ms by a processor, 20 ms by TCG */
	QEMU_LIMIT_MS = 10000,
	EXITS_MAX = 16,
	FIRMWARE_BYTES = 65536, /* the smallest that QEMU maps; the reset vector is 16 bytes before
	                           its end */
	FIRMWARE_EXIT_PORT = 0xf4,
	FIRMWARE_ANSWER = 42,
};

/* mov $20, %al; add $22, %al; out %al, $GUEST_PORT; hlt */
static const uint8_t answer_code[] = {0xb0, 20, 0x04, 22, 0xe6, GUEST_PORT, 0xf4};
/* mov $42, %al; mov $1000000, %ecx; 1: dec %ecx; jnz 1b; out %al, $GUEST_PORT; hlt */
static const uint8_t speed_code[] = {0xb0, 42,   0x66, 0xb9, 0x40, 0x42,       0x0f, 0x00,
                                     0x66, 0x49, 0x75, 0xfc, 0xe6, GUEST_PORT, 0xf4};

struct guest_code {
	const uint8_t *bytes;
	size_t len;
};

static bool prepare_cpu(int cpu)
{
	struct kvm_sregs segments;
	if (ioctl(cpu, KVM_GET_SREGS, &segments) != 0)
		return false;
	segments.cs.base = 0;
	segments.cs.selector = 0;
	struct kvm_regs registers = {.rip = GUEST_CODE_ADDRESS, .rflags = 2};
	return ioctl(cpu, KVM_SET_SREGS, &segments) == 0 &&
	       ioctl(cpu, KVM_SET_REGS, &registers) == 0;
}

static bool run_cpu(int cpu, const struct kvm_run *run)
{
	for (int i = 0; i < EXITS_MAX; i++) {
		if (ioctl(cpu, KVM_RUN, 0) != 0)
			return false;
		if (run->exit_reason != KVM_EXIT_IO)
			return false;
		const uint8_t *data = (const uint8_t *)run + run->io.data_offset;
		if (run->io.port == GUEST_PORT && run->io.direction == KVM_EXIT_IO_OUT)
			return *data == GUEST_ANSWER;
	}
	return false;
}

/* Descriptors and memory go with the child. */
static bool guest_runs(int kvm, const struct guest_code *code)
{
	int machine = ioctl(kvm, KVM_CREATE_VM, 0);
	if (machine < 0)
		return false;
	(void)ioctl(machine, KVM_SET_TSS_ADDR, GUEST_TSS_ADDRESS); /* Intel only */
	void *memory = mmap(NULL, GUEST_CODE_BYTES, PROT_READ | PROT_WRITE,
	                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return false;
	memcpy(memory, code->bytes, code->len);
	struct kvm_userspace_memory_region region = {
	        .guest_phys_addr = GUEST_CODE_ADDRESS,
	        .memory_size = GUEST_CODE_BYTES,
	        .userspace_addr = (uintptr_t)memory,
	};
	if (ioctl(machine, KVM_SET_USER_MEMORY_REGION, &region) != 0)
		return false;
	int cpu = ioctl(machine, KVM_CREATE_VCPU, 0);
	int size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (cpu < 0 || size < (int)sizeof(struct kvm_run))
		return false;
	void *run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, cpu, 0);
	return run != MAP_FAILED && prepare_cpu(cpu) && run_cpu(cpu, run);
}

static enum kvm_answer child_answer(const struct guest_code *code)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm < 0)
		return errno == EACCES || errno == EPERM ? KVM_NO_PERMISSION
		       : errno == ENOENT                 ? KVM_ABSENT
		                                         : KVM_BROKEN;
	if (ioctl(kvm, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
		return KVM_BROKEN;
	return guest_runs(kvm, code) ? KVM_WORKS : KVM_BROKEN;
}

/* The child's end closes the pipe; a child that hangs is killed. */
static bool ends_within(pid_t pid, int pipe_end, int limit_ms, int *out_status)
{
	struct pollfd wait_for = {.fd = pipe_end, .events = POLLIN};
	int got;
	do
		got = poll(&wait_for, 1, limit_ms);
	while (got < 0 && errno == EINTR);
	if (got <= 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, out_status, 0) < 0 && errno == EINTR)
		continue;
	return got > 0;
}

/* Runs work(data) in a child; its exit status, or -1 when it hung or was killed. */
static int run_child(int (*work)(const void *data), const void *data, int limit_ms)
{
	int pair[2];
	if (pipe2(pair, 0) != 0) /* open across exec: held until the child's end */
		return -1;
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(pair[0]);
		_exit(work(data));
	}
	close(pair[1]);
	int status = -1;
	bool ended = pid > 0 && ends_within(pid, pair[0], limit_ms, &status);
	close(pair[0]);
	return ended && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int work_api(const void *data)
{
	return child_answer(data);
}

struct qemu_probe {
	const char *program;
	const char *firmware;
};

static int work_qemu(const void *data)
{
	const struct qemu_probe *probe = data;
	int null = open("/dev/null", O_RDWR);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
		return EXIT_FAILURE;
	execl(probe->program, probe->program, "-machine", "q35,accel=kvm", "-cpu", QEMU_KVM_CPU,
	      "-m", "16M", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
	      "-bios", probe->firmware, "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
	      (char *)NULL);
	return EXIT_FAILURE;
}

/* A firmware that does nothing but answer. */
static bool qemu_runs(struct arena *a, const char *program, const char *firmware)
{
	/* mov $FIRMWARE_ANSWER, %al; out %al, $FIRMWARE_EXIT_PORT; hlt */
	static const uint8_t reset_code[] = {0xb0, FIRMWARE_ANSWER, 0xe6, FIRMWARE_EXIT_PORT, 0xf4};
	char *bytes = arena_alloc(a, FIRMWARE_BYTES);
	memcpy(bytes + FIRMWARE_BYTES - 16, reset_code, sizeof reset_code);
	if (file_write(firmware, (struct str){bytes, FIRMWARE_BYTES}, 0644) != 0)
		return false;
	struct qemu_probe probe = {program, firmware};
	return run_child(work_qemu, &probe, QEMU_LIMIT_MS) == (FIRMWARE_ANSWER << 1 | 1);
}

static enum kvm_answer ask(struct arena *a, const char *state_file, const char *program)
{
	static const struct guest_code answers = {answer_code, sizeof answer_code};
	static const struct guest_code speed = {speed_code, sizeof speed_code};
	int answer = run_child(work_api, &answers, PROBE_LIMIT_MS);
	if (answer < 0 || answer > KVM_BROKEN)
		return KVM_BROKEN;
	if (answer != KVM_WORKS)
		return (enum kvm_answer)answer;
	if (run_child(work_api, &speed, SPEED_LIMIT_MS) != KVM_WORKS)
		return KVM_SLOW;
	if (!program || !state_file)
		return KVM_WORKS;
	const char *firmware = str_format(a, "%s-probe.bin", state_file).ptr;
	return qemu_runs(a, program, firmware) ? KVM_WORKS : KVM_NOT_WITH_QEMU;
}

/* What the answer depends on, as one line without its end. */
static struct str probe_key(struct arena *a, const struct stat *st, const char *program)
{
	struct str boot = {};
	if (file_read(a, "/proc/sys/kernel/random/boot_id", &boot) != 0)
		boot = STR("unknown");
	return str_format(a, "%.*s %llu %llu %o %u %u %lld %u %s", STR_ARG(str_trim(boot)),
	                  (unsigned long long)st->st_rdev, (unsigned long long)st->st_ino,
	                  st->st_mode, st->st_uid, st->st_gid, (long long)st->st_ctime, geteuid(),
	                  program ? program : "-");
}

enum kvm_answer kvm_probe(struct arena *a, const char *state_file, const char *program)
{
	struct stat st;
	if (stat("/dev/kvm", &st) != 0)
		return KVM_ABSENT;
	struct str key = probe_key(a, &st, program);
	struct str known;
	if (state_file && file_read(a, state_file, &known) == 0) {
		struct str_split cut = str_cut_last(str_trim(known), ' ');
		uint64_t answer;
		if (str_equal(cut.head, key) && str_to_u64(cut.rest, &answer) &&
		    answer <= KVM_NOT_WITH_QEMU)
			return (enum kvm_answer)answer;
	}
	enum kvm_answer answer = ask(a, state_file, program);
	if (state_file) {
		struct str line = str_format(a, "%.*s %d\n", STR_ARG(key), answer);
		(void)!file_write(state_file, line, 0644); /* only a cache */
	}
	return answer;
}

const char *kvm_answer_text(enum kvm_answer answer)
{
	switch (answer) {
	case KVM_WORKS:
		return "KVM runs guest code";
	case KVM_ABSENT:
		return "/dev/kvm does not exist";
	case KVM_NO_PERMISSION:
		return "/dev/kvm may not be opened by this user";
	case KVM_BROKEN:
		return "/dev/kvm does not run guest code";
	case KVM_SLOW:
		return "/dev/kvm runs guest code far slower than QEMU itself does";
	case KVM_NOT_WITH_QEMU:
		return "QEMU does not run guest code with /dev/kvm";
	}
	return "";
}
