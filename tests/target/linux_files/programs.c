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
	check_scripts(tap);
}
