#include "process_bench.h"

static uint64_t sample(struct bench *bench, size_t count, bench_operation *operation, void *context)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t begin = bench_now();
		operation(context);
		bench->samples[i] = bench_now() - begin;
	}
	return bench_median(bench->samples, count);
}

void bench_row(struct bench *bench, const char *name, size_t count, bench_operation *operation,
               void *context)
{
	uint64_t value = sample(bench, count, operation, context);
	print("bench: name=%s value=%lu unit=instructions\n", name, value - bench->empty);
}

static const char path[] = "/apps/process_bench/process_bench.elf";

/* ---- operations ---- */

static void operation_empty(void *)
{
}

static void operation_getpid(void *)
{
	CALL(LINUX_GETPID);
}

static void operation_clock(void *)
{
	uint64_t time[2];
	CALL(LINUX_CLOCK_GETTIME, 1, time);
}

static void operation_read_zero(void *context)
{
	char byte;
	CALL(LINUX_READ, *(int64_t *)context, &byte, 1);
}

static void operation_fork(void *)
{
	int64_t pid = CALL(LINUX_FORK);
	if (pid == 0)
		CALL(LINUX_EXIT_GROUP, 0);
	CALL(LINUX_WAIT4, pid, 0, 0, 0);
}

static void operation_fork_exec(void *)
{
	const char *const argv[] = {path, "end", NULL};
	int64_t pid = CALL(LINUX_FORK);
	if (pid == 0) {
		CALL(LINUX_EXECVE, path, argv, 0);
		CALL(LINUX_EXIT_GROUP, 1);
	}
	CALL(LINUX_WAIT4, pid, 0, 0, 0);
}

static char thread_stack[16384];

static void thread_nothing(void *)
{
}

static void operation_thread(void *)
{
	int32_t tid = 0;
	linux_thread_start(thread_nothing, NULL, thread_stack + sizeof thread_stack, &tid);
	linux_thread_join(&tid);
}

enum { SIGNAL_USER = 10 };

static void handler(int)
{
}

__asm__(".text\n"
        ".globl bench_restorer\n"
        "bench_restorer:\n"
        "	movl $15, %eax\n"
        "	syscall\n");
void bench_restorer(void);

void bench_handle(int signal, uintptr_t function)
{
	enum { WITH_INFO = 4, HAS_RESTORER = 0x04000000 };
	const struct {
		uintptr_t handler;
		uint64_t flags;
		uintptr_t restorer;
		uint64_t mask;
	} action = {function, WITH_INFO | HAS_RESTORER, (uintptr_t)bench_restorer, 0};
	CALL(LINUX_RT_SIGACTION, signal, &action, 0, 8);
}

static void operation_signal(void *context)
{
	CALL(LINUX_KILL, *(int64_t *)context, SIGNAL_USER);
}

/* ---- partners ---- */

struct turn {
	uint32_t word; /* whose turn: 0 ours, 1 the partner's, 2 the end */
};

enum { WAIT_PRIVATE = 128, WAKE_PRIVATE = 129 };

static void turn_wait(struct turn *turn, uint32_t other)
{
	while (__atomic_load_n(&turn->word, __ATOMIC_ACQUIRE) == other)
		CALL(LINUX_FUTEX, &turn->word, WAIT_PRIVATE, other, 0);
}

static void turn_give(struct turn *turn, uint32_t to)
{
	__atomic_store_n(&turn->word, to, __ATOMIC_RELEASE);
	CALL(LINUX_FUTEX, &turn->word, WAKE_PRIVATE, 1);
}

static void turn_partner(void *context)
{
	struct turn *turn = context;
	for (;;) {
		turn_wait(turn, 0);
		if (__atomic_load_n(&turn->word, __ATOMIC_ACQUIRE) == 2)
			return;
		turn_give(turn, 0);
	}
}

static void operation_futex(void *context)
{
	turn_give(context, 1);
	turn_wait(context, 1);
}

struct pipes {
	int32_t there[2], back[2];
};

static void operation_pipe(void *context)
{
	struct pipes *pipes = context;
	char byte = 'x';
	CALL(LINUX_WRITE, pipes->there[1], &byte, 1);
	CALL(LINUX_READ, pipes->back[0], &byte, 1);
}

static void pipe_partner(const struct pipes *pipes)
{
	char byte;
	CALL(LINUX_CLOSE, pipes->there[1]);
	while (CALL(LINUX_READ, pipes->there[0], &byte, 1) == 1)
		CALL(LINUX_WRITE, pipes->back[1], &byte, 1);
	CALL(LINUX_EXIT_GROUP, 0);
}

static void bench_partners(struct bench *bench)
{
	static struct turn turn;
	struct pipes pipes;
	int32_t tid = 0;
	linux_thread_start(turn_partner, &turn, thread_stack + sizeof thread_stack, &tid);
	bench_row(bench, "futex_ping_pong", BENCH_SAMPLES_MAX, operation_futex, &turn);
	turn_give(&turn, 2);
	linux_thread_join(&tid);

	CALL(LINUX_PIPE, pipes.there);
	CALL(LINUX_PIPE, pipes.back);
	int64_t pid = CALL(LINUX_FORK);
	if (pid == 0)
		pipe_partner(&pipes);
	bench_row(bench, "pipe_ping_pong", BENCH_SAMPLES_MAX, operation_pipe, &pipes);
	CALL(LINUX_CLOSE, pipes.there[1]);
	CALL(LINUX_WAIT4, pid, 0, 0, 0);
}

static int living_processes(void)
{
	enum { FIRST = 1, NUMBERS = 64 };
	int living = 0;
	for (int64_t pid = FIRST; pid < NUMBERS; pid++)
		living += CALL(LINUX_KILL, pid, 0) == OK;
	return living;
}

/* Other measurements have the machine first: until for a while nobody comes or goes. */
static void wait_until_alone(void)
{
	enum { QUIET_MS = 300 };
	const uint64_t nap[2] = {0, 1000000};
	int living = 0;
	for (int quiet = 0; quiet < QUIET_MS; quiet++) {
		int now = living_processes();
		if (now != living)
			quiet = 0;
		living = now;
		CALL(LINUX_NANOSLEEP, nap, 0);
	}
}

int main(int argc, char **argv, char **)
{
	enum { SAMPLES_FEW = 101 };
	static struct bench bench;
	if (argc > 1 && argv[1][0] == 'e')
		return 0;
	if (argc == 1) {
		/* as a Linux program, whose memory comes with the first touch */
		const char *const again[] = {path, "run", NULL};
		wait_until_alone();
		CALL(LINUX_EXECVE, path, again, 0);
		return 1;
	}
	int64_t self = CALL(LINUX_GETPID), zero = CALL(LINUX_OPEN, "/dev/zero", 0, 0);
	bench_handle(SIGNAL_USER, (uintptr_t)handler);
	bench.empty = sample(&bench, BENCH_SAMPLES_MAX, operation_empty, NULL);
	bench_row(&bench, "null_system_call", BENCH_SAMPLES_MAX, operation_getpid, NULL);
	bench_row(&bench, "clock_gettime", BENCH_SAMPLES_MAX, operation_clock, NULL);
	bench_row(&bench, "read_1_of_zero", BENCH_SAMPLES_MAX, operation_read_zero, &zero);
	bench_row(&bench, "signal_to_self", BENCH_SAMPLES_MAX, operation_signal, &self);
	bench_memory();
	bench_yields(&bench);
	bench_files(&bench);
	bench_partners(&bench);
	bench_row(&bench, "thread_create_join", SAMPLES_FEW, operation_thread, NULL);
	bench_row(&bench, "fork_exit_wait", SAMPLES_FEW, operation_fork, NULL);
	bench_row(&bench, "fork_exec_exit_wait", SAMPLES_FEW, operation_fork_exec, NULL);
	/* last, as they make the process larger */
	bench_faults(&bench);
	bench_messages(&bench);
	return 0;
}
