/* Memory, children and threads for the tests. */
#include "linux_calls.h"

enum {
	MAP_READ_WRITE = 3,
	MAP_PRIVATE_ANONYMOUS = 0x22,
	THREAD_FLAGS = 0x3d0f00, /* what a C library asks for */
	THREAD_STACK = 4 * PAGE,
};

void *pages(size_t bytes)
{
	return (void *)CALL(LINUX_MMAP, 0, bytes, MAP_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
}

int64_t wait_for(int64_t pid)
{
	int32_t status = -1;
	int64_t got = CALL(LINUX_WAIT4, pid, &status, 0, 0);
	return got == pid ? status : got;
}

struct thread_start {
	void (*function)(void *);
	void *argument;
};

[[gnu::noreturn, gnu::used]] static void thread_main(const struct thread_start *start)
{
	start->function(start->argument);
	for (;;)
		CALL(LINUX_EXIT, 0);
}

int64_t thread_begin(void (*function)(void *), void *argument, int32_t *tid)
{
	char *stack = pages(THREAD_STACK);
	struct thread_start *start =
	        (struct thread_start *)(void *)(stack + THREAD_STACK - sizeof *start);
	*start = (struct thread_start){function, argument};
	register int32_t *child_tid __asm__("r10") = tid;
	register uint64_t tls __asm__("r8") = 0;
	int64_t answer = LINUX_CLONE;
	uint64_t flags = THREAD_FLAGS & ~0x80000; /* without a TLS base */
	__asm__ volatile("syscall\n\t"
	                 "testq %%rax, %%rax\n\t"
	                 "jnz 1f\n\t"
	                 "xorl %%ebp, %%ebp\n\t"
	                 "movq %%rsp, %%rdi\n\t"
	                 "call %P[main]\n"
	                 "1:"
	                 : "+a"(answer)
	                 : "D"(flags), "S"(start), "d"(tid), "r"(child_tid),
	                   "r"(tls), [main] "i"(thread_main)
	                 : "rcx", "r11", "memory");
	return answer;
}

void thread_wait(const int32_t *tid)
{
	enum { FUTEX_WAIT = 0 };
	int32_t now;
	while ((now = __atomic_load_n(tid, __ATOMIC_ACQUIRE)) != 0)
		CALL(LINUX_FUTEX, tid, FUTEX_WAIT, now, 0);
}
