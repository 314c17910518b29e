#include <linux_calls/api.h>

/* CLONE_VM | FS | FILES | SIGHAND | THREAD | SYSVSEM | PARENT_SETTID | CHILD_CLEARTID */
enum { THREAD_FLAGS = 0x350f00, FUTEX_WAIT = 0 };

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

int64_t linux_thread_start(void (*function)(void *), void *argument, char *stack_end, int32_t *tid)
{
	struct thread_start *start = (struct thread_start *)(void *)(stack_end - sizeof *start);
	*start = (struct thread_start){function, argument};
	register int32_t *child_tid __asm__("r10") = tid;
	int64_t answer = LINUX_CLONE;
	__asm__ volatile("syscall\n\t"
	                 "testq %%rax, %%rax\n\t"
	                 "jnz 1f\n\t"
	                 "xorl %%ebp, %%ebp\n\t"
	                 "movq %%rsp, %%rdi\n\t"
	                 "call %P[main]\n"
	                 "1:"
	                 : "+a"(answer)
	                 : "D"((uint64_t)THREAD_FLAGS), "S"(start), "d"(tid),
	                   "r"(child_tid), [main] "i"(thread_main)
	                 : "rcx", "r8", "r11", "memory");
	return answer;
}

void linux_thread_join(const int32_t *tid)
{
	int32_t now;
	while ((now = __atomic_load_n(tid, __ATOMIC_ACQUIRE)) != 0)
		CALL(LINUX_FUTEX, tid, FUTEX_WAIT, now, 0);
}
