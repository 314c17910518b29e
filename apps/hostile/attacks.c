#include "hostile.h"
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROCESSES = 4, CHUNK_BYTES = 1 << 20, PAGE = 4096, MESSAGE_BYTES = 512 };

static unsigned attack_copies = 200;

void attack_forks_limit(unsigned copies)
{
	attack_copies = copies;
}

void attack_forks(void)
{
	unsigned *copies =
	        mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	while (copies == MAP_FAILED)
		;
	for (;;) {
		if (__atomic_add_fetch(copies, 1, __ATOMIC_RELAXED) > attack_copies || fork() < 0)
			__atomic_sub_fetch(copies, 1, __ATOMIC_RELAXED);
	}
}

[[gnu::noreturn]] static void memory_take(void)
{
	for (size_t chunk = CHUNK_BYTES;;) {
		char *bytes = mmap(NULL, chunk, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		                   -1, 0);
		if (bytes == MAP_FAILED) {
			chunk = chunk > PAGE ? chunk / 2 : chunk;
			continue;
		}
		for (size_t at = 0; at < chunk; at += PAGE)
			bytes[at] = 1;
	}
}

/* One that is ended for what it took is followed by the next. */
void attack_memory(void)
{
	for (;;) {
		pid_t pid = fork();
		if (pid == 0)
			memory_take();
		if (pid > 0)
			(void)waitpid(pid, NULL, 0);
	}
}

static void copies_make(void)
{
	for (int i = 1; i < PROCESSES; i++)
		if (fork() == 0)
			return;
}

void attack_handles(void)
{
	int ends[2];
	copies_make();
	for (unsigned i = 0;; i++) {
		bool had = false;
		had |= open("/dev/zero", O_RDONLY) >= 0;
		had |= pipe(ends) == 0;
		had |= socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0;
		had |= dup(ends[0]) >= 0;
		if (!had) /* all again */
			for (int fd = 3; fd < (1 << 16); fd++)
				(void)close(fd);
	}
}

void attack_messages(void)
{
	static char message[MESSAGE_BYTES];
	struct stat status;
	int ends[2] = {-1, -1};
	copies_make();
	(void)socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends);
	for (;;) {
		(void)stat("/tmp", &status);
		(void)mkdir("/tmp/flood", 0755);
		(void)rmdir("/tmp/flood");
		(void)!write(ends[0], message, sizeof message);
	}
}
