/* Programs and scripts from files. */
#include "linux_files.h"
#include <string.h>

#define BUSYBOX "/apps/debian_busybox/busybox"

/* The exit status of a program, or what execve said, as a status. */
static int64_t run(const char *path)
{
	const char *arguments[] = {path, "one", NULL};
	static const char *const environment[] = {NULL};
	int32_t status = 0;
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		int64_t answer = CALL(LINUX_EXECVE, path, arguments, environment);
		CALL(LINUX_EXIT, 100 - answer);
	}
	CALL(LINUX_WAIT4, pid, &status, 0, 0);
	status >>= 8;
	return status > 100 ? 100 - status : status;
}

static void make_script(const char *path, const char *text)
{
	CALL(LINUX_CLOSE, make_file(path, text));
	CALL(LINUX_CHMOD, path, 0755);
}

static void check_scripts(struct tap *tap)
{
	make_script("s1", "#!" BUSYBOX " sh\nexit 41\n");
	tap_check_equal(tap, run("s1"), 41, "a script runs");
	make_script("s1", "#!" BUSYBOX " sh\n[ \"$1\" = one ] && exit 42\n");
	tap_check_equal(tap, run("s1"), 42, "with its arguments");
	make_script("s2", "#!" HOME "/s1\n");
	make_script("s3", "#!" HOME "/s2\n");
	make_script("s4", "#!" HOME "/s3\n");
	make_script("s5", "#!" HOME "/s4\n");
	make_script("s6", "#!" HOME "/s5\n");
	tap_check_equal(tap, run("s4"), 1, "a script may name a script");
	tap_check_equal(tap, run("s6"), ERR_TOO_MANY_SYMLINKS, "but not for ever");
	for (char path[] = "s1"; path[1] <= '6'; path[1]++)
		CALL(LINUX_UNLINK, path);
}

enum {
	STRING_MAX = 128 * 1024,
	STRINGS_MAX = 2 * 1024 * 1024 / (STRING_MAX + 8),
	MANY_STRINGS = 5000,
	READ_AND_WRITE = 3, /* as mmap has them, with the next */
	PRIVATE_MEMORY = 0x22,
};

/* In memory that is there only meanwhile. */
struct many_strings {
	const char *list[MANY_STRINGS + 1];
	char text[STRING_MAX + 1];
};

static const char *many_options[] = {BUSYBOX, "sh", "-c",
                                     "[ $# = ${1%%x*} ] && [ $(tr -cd x < /proc/$$/cmdline | "
                                     "wc -c) = ${1#*x} ]",
                                     "sh"};
enum { OPTIONS = sizeof many_options / sizeof many_options[0] };

/* busybox counts what came: as many strings, and as many x, as the first one says. */
static int64_t run_with(struct many_strings *many, size_t count, const char *said)
{
	static const char *const environment[] = {NULL};
	int32_t status = 0;
	memcpy(many->list, many_options, sizeof many_options);
	many->list[OPTIONS] = said;
	for (size_t i = 1; i < count; i++)
		many->list[OPTIONS + i] = many->text;
	many->list[OPTIONS + count] = NULL;
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		int64_t answer = CALL(LINUX_EXECVE, BUSYBOX, many->list, environment);
		CALL(LINUX_EXIT, 100 - answer);
	}
	CALL(LINUX_WAIT4, pid, &status, 0, 0);
	status >>= 8;
	return status > 100 ? 100 - status : status;
}

static void check_strings(struct tap *tap)
{
	int64_t at = CALL(LINUX_MMAP, 0, sizeof(struct many_strings), READ_AND_WRITE,
	                  PRIVATE_MEMORY, -1, 0);
	struct many_strings *many = (struct many_strings *)at;
	tap_check(tap, at > 0, "memory for arguments");
	if (at <= 0)
		return;
	memset(many->text, 'y', STRING_MAX);
	many->text[STRING_MAX - 1] = '\0';
	tap_check_equal(tap, run_with(many, STRINGS_MAX + 1, "16x6"), 0,
	                "arguments of nearly 2 MiB come");
	tap_check_equal(tap, run_with(many, STRINGS_MAX + 2, ""), ERR_TOO_BIG, "but not of more");
	many->text[STRING_MAX - 1] = 'y';
	tap_check_equal(tap, run_with(many, 2, ""), ERR_TOO_BIG, "nor one of more than 128 KiB");
	memcpy(many->text, "xy", sizeof "xy");
	tap_check_equal(tap, run_with(many, 4000, "4000x4005"), 0, "4,000 arguments come");
	CALL(LINUX_MUNMAP, at, sizeof(struct many_strings));
}

/* A whole ELF64 program: one segment, at IMAGE_BASE. */
struct tiny_program {
	uint8_t identity[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, segments, sections;
	uint32_t flags;
	uint16_t header_bytes, segment_bytes, segment_count, section_bytes, section_count, names;
	uint32_t segment_type, segment_flags;
	uint64_t offset, address, physical, file_bytes, memory_bytes, align;
	uint8_t code[30];
	char path[10];
};

enum { IMAGE_BASE = 0x400000, CODE_AT = 120, TINY_BYTES = CODE_AT + 40 };

/* Opens its own file for writing, and ends with the errno. */
static const struct tiny_program tiny_program = {
        .identity = {0x7f, 'E', 'L', 'F', 2, 1, 1},
        .type = 2,
        .machine = 62,
        .version = 1,
        .entry = IMAGE_BASE + CODE_AT,
        .segments = 64,
        .header_bytes = 64,
        .segment_bytes = 56,
        .segment_count = 1,
        .segment_type = 1,
        .segment_flags = 5,
        .address = IMAGE_BASE,
        .physical = IMAGE_BASE,
        .file_bytes = TINY_BYTES,
        .memory_bytes = TINY_BYTES,
        .align = PAGE,
        .code = {0xb8, 2,    0,    0,    0, /* mov $2 (open), %eax */
                 0x48, 0x8d, 0x3d, 18,   0, 0, 0, /* lea path(%rip), %rdi */
                 0xbe, 1,    0,    0,    0, /* mov $1 (to write), %esi */
                 0x0f, 0x05, 0xf7, 0xd8, /* syscall; neg %eax */
                 0x89, 0xc7, 0xb8, 60,   0, 0, 0, /* mov %eax, %edi; mov $60 (exit), %eax */
                 0x0f, 0x05}, /* syscall */
        .path = "program",
};

static void check_writing_what_runs(struct tap *tap)
{
	int64_t fd = CALL(LINUX_OPEN, "program", READ_WRITE | CREATE, 0755);
	CALL(LINUX_WRITE, fd, &tiny_program, TINY_BYTES);
	tap_check_equal(tap, run("program"), ERR_TEXT_BUSY, "a file that is written does not run");
	CALL(LINUX_CLOSE, fd);
	tap_check_equal(tap, run("program"), -ERR_TEXT_BUSY, "a program that runs is not written");
	fd = CALL(LINUX_OPEN, "program", WRITE_ONLY, 0);
	tap_check(tap, fd >= 0, "but once it has ended");
	CALL(LINUX_CLOSE, fd);
	CALL(LINUX_UNLINK, "program");
}

void check_programs(struct tap *tap)
{
	tap_check_equal(tap, run("none"), ERR_NOT_FOUND, "what is not there does not run");
	tap_check_equal(tap, run("."), ERR_ACCESS_DENIED, "nor a folder");
	CALL(LINUX_CLOSE, make_file("program", "\177ELF, it says"));
	tap_check_equal(tap, run("program"), ERR_ACCESS_DENIED, "nor what may not");
	CALL(LINUX_CHMOD, "program", 0755);
	tap_check_equal(tap, run("program"), ERR_NOT_EXECUTABLE, "nor what is no program");
	make_script("program", "#!/no/such/interpreter\n");
	tap_check_equal(tap, run("program"), ERR_NOT_FOUND, "nor for nobody");
	make_script("program", "#!\n");
	tap_check_equal(tap, run("program"), ERR_NOT_EXECUTABLE, "nor for no name");
	CALL(LINUX_UNLINK, "program");
	check_writing_what_runs(tap);
	check_scripts(tap);
	check_strings(tap);
}
