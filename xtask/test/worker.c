/*
 * Worker processes: each works off one test and sends its results over a pipe.
 *
 * A worker that dies is a failed test, and takes nothing with it. All of them end
 * with this process.
 */
#include "os/files.h"
#include "test/suite.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { JOBS_MAX = 64 };

/* A result on the pipe; the three texts follow. */
struct wire_head {
	uint16_t verdict, known;
	uint32_t name_len, reason_len, repeat_len, note_len;
	uint64_t elapsed_us;
};

struct worker {
	pid_t pid; /* 0: free */
	int fd;
	size_t index; /* of its test */
	struct text received;
};

struct shop {
	struct arena *arena;
	const struct test_request *request;
	const struct found_tests *tests;
	struct worker workers[JOBS_MAX];
	size_t started;
	struct outcomes *done; /* one list for each test */
	bool *finished;
};

static void send_outcomes(int fd, struct arena *a, const struct outcomes *outcomes)
{
	struct text wire = {.arena = a};
	for (size_t i = 0; i < outcomes->count; i++) {
		const struct test_outcome *o = &outcomes->items[i];
		struct wire_head head = {
		        .verdict = (uint16_t)o->verdict,
		        .known = o->known,
		        .name_len = (uint32_t)o->name.len,
		        .reason_len = (uint32_t)o->reason.len,
		        .repeat_len = (uint32_t)o->repeat.len,
		        .note_len = (uint32_t)o->note.len,
		        .elapsed_us = o->elapsed_us,
		};
		text_add(&wire, (struct str){(const char *)&head, sizeof head});
		text_add(&wire, o->name);
		text_add(&wire, o->reason);
		text_add(&wire, o->repeat);
		text_add(&wire, o->note);
	}
	struct str rest = text_str(&wire);
	while (rest.len) {
		ssize_t wrote = write(fd, rest.ptr, rest.len);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			_exit(1);
		rest = str_slice(rest, (size_t)wrote, rest.len);
	}
}

[[gnu::noreturn]] static void work(const struct shop *shop, size_t index, int fd, pid_t parent)
{
	static void (*const runs[TEST_KIND_COUNT])(struct arena *, const struct test_request *,
	                                           const struct found_test *, struct outcomes *) = {
	        [TEST_UNIT] = run_program,
	        [TEST_PROGRAM] = run_program,
	        [TEST_GOLDEN] = run_golden,
	        [TEST_SCENARIO] = run_scenario,
	};
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	struct arena a;
	host_arena_init(&a);
	const struct found_test *test = &shop->tests->items[index];
	struct outcomes outcomes = {};
	runs[test->kind](&a, shop->request, test, &outcomes);
	send_outcomes(fd, &a, &outcomes);
	_exit(0);
}

static void add_lost(struct shop *shop, size_t index, struct str reason)
{
	struct test_outcome outcome = {
	        .verdict = VERDICT_HOST_ERROR,
	        .name = shop->tests->items[index].name,
	        .reason = reason,
	};
	outcomes_add(&shop->done[index], shop->arena, &outcome);
	shop->finished[index] = true;
}

static void start_worker(struct shop *shop, struct worker *worker)
{
	size_t index = shop->started++;
	int pair[2];
	if (pipe2(pair, O_CLOEXEC) != 0) {
		add_lost(shop, index, str_from_c(strerror(errno)));
		return;
	}
	pid_t parent = getpid();
	pid_t pid = fork();
	if (pid == 0)
		work(shop, index, pair[1], parent);
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		add_lost(shop, index, str_from_c(strerror(errno)));
		return;
	}
	*worker = (struct worker){pid, pair[0], index, {.arena = shop->arena}};
}

static struct str take(struct str *rest, size_t len)
{
	struct str taken = str_slice(*rest, 0, len);
	*rest = str_slice(*rest, len, rest->len);
	return taken;
}

static void unpack(struct shop *shop, const struct worker *worker)
{
	struct str rest = text_str(&worker->received);
	struct wire_head head;
	while (rest.len >= sizeof head) {
		memcpy(&head, take(&rest, sizeof head).ptr, sizeof head);
		struct test_outcome outcome = {
		        .verdict = (enum verdict)head.verdict,
		        .name = take(&rest, head.name_len),
		        .reason = take(&rest, head.reason_len),
		        .repeat = take(&rest, head.repeat_len),
		        .note = take(&rest, head.note_len),
		        .elapsed_us = head.elapsed_us,
		        .known = head.known,
		};
		outcomes_add(&shop->done[worker->index], shop->arena, &outcome);
	}
}

static void finish_worker(struct shop *shop, struct worker *worker)
{
	int status = 0;
	close(worker->fd);
	while (waitpid(worker->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	unpack(shop, worker);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || !shop->done[worker->index].count)
		add_lost(shop, worker->index, STR("the process that ran the test was lost"));
	shop->finished[worker->index] = true;
	worker->pid = 0;
}

static void read_worker(struct shop *shop, struct worker *worker)
{
	char bytes[65536];
	ssize_t got = read(worker->fd, bytes, sizeof bytes);
	if (got > 0)
		text_add(&worker->received, (struct str){bytes, (size_t)got});
	else if (got == 0 || errno != EINTR)
		finish_worker(shop, worker);
}

static void wait_for_workers(struct shop *shop, unsigned jobs)
{
	struct pollfd fds[JOBS_MAX];
	for (unsigned i = 0; i < jobs; i++)
		fds[i] = (struct pollfd){
		        .fd = shop->workers[i].pid ? shop->workers[i].fd : -1,
		        .events = POLLIN,
		};
	if (poll(fds, jobs, -1) <= 0)
		return;
	for (unsigned i = 0; i < jobs; i++)
		if (fds[i].revents)
			read_worker(shop, &shop->workers[i]);
}

static bool fill_jobs(struct shop *shop, unsigned jobs)
{
	bool busy = false;
	for (unsigned i = 0; i < jobs; i++) {
		if (!shop->workers[i].pid && shop->started < shop->tests->count)
			start_worker(shop, &shop->workers[i]);
		busy |= shop->workers[i].pid != 0;
	}
	return busy;
}

void work_off(struct arena *a, const struct test_request *request, const struct found_tests *tests,
              void (*report)(void *context, const struct test_outcome *outcome), void *context)
{
	struct shop shop = {.arena = a, .request = request, .tests = tests};
	unsigned jobs = request->jobs < JOBS_MAX ? request->jobs : JOBS_MAX;
	shop.done = ARENA_ARRAY(a, struct outcomes, tests->count + 1);
	shop.finished = ARENA_ARRAY(a, bool, tests->count + 1);
	size_t reported = 0;
	while (reported < tests->count) {
		if (fill_jobs(&shop, jobs))
			wait_for_workers(&shop, jobs);
		for (; reported < tests->count && shop.finished[reported]; reported++) {
			struct outcomes *list = &shop.done[reported];
			for (size_t i = 0; i < list->count; i++) {
				list->items[i].kind = tests->items[reported].kind;
				report(context, &list->items[i]);
			}
		}
	}
}
