#include "watch/watch.h"
#include "watch/tree.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	QUIET_MS = 60, /* a save is several events */
	NOT_RUN = 127,
};

struct round {
	struct arena *arena;
	const struct watch_request *request;
	struct watched_tree tree;
	FILE *out;
	struct str changed; /* while a command was running; empty: nothing */
};

bool watch_is_source(struct str name)
{
	static const struct str leftovers[] = {STR_INIT("~"), STR_INIT(".swp"), STR_INIT(".swx"),
	                                       STR_INIT(".tmp"), STR_INIT(".orig")};
	if (!name.len || name.ptr[0] == '.' || name.ptr[0] == '#' || str_equal(name, STR("4913")))
		return false; /* 4913 is vim's trial file */
	for (size_t i = 0; i < COUNT(leftovers); i++)
		if (str_ends_with(name, leftovers[i]))
			return false;
	return true;
}

/* In our process group and on our terminal: Ctrl-C reaches both. */
static pid_t start(struct round *r, const struct strs *words)
{
	char **argv = ARENA_ARRAY(r->arena, char *, words->count + 2);
	argv[0] = arena_c_str(r->arena, r->request->tool);
	for (size_t i = 0; i < words->count; i++)
		argv[i + 1] = arena_c_str(r->arena, words->items[i]);
	fflush(NULL);
	pid_t parent = getpid(), pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() == parent)
			execv(argv[0], argv);
		_exit(NOT_RUN);
	}
	return pid;
}

static void collect(struct round *r, int wait_ms)
{
	struct pollfd fd = {.fd = r->tree.fd, .events = POLLIN};
	while (poll(&fd, 1, wait_ms) > 0) {
		struct str path;
		watched_tree_read(&r->tree, &path);
		if (path.len && !r->changed.len)
			r->changed = path;
		if (r->changed.len)
			wait_ms = QUIET_MS;
	}
}

/* The exit code; a command that is running when something is saved is stopped, and it is 0. */
static int run(struct round *r, const struct strs *words)
{
	pid_t pid = start(r, words);
	int handle = pid < 0 ? -1 : pidfd_open(pid, 0), status = 0;
	if (handle < 0)
		return NOT_RUN;
	struct pollfd fds[2] = {{.fd = handle, .events = POLLIN},
	                        {.fd = r->tree.fd, .events = POLLIN}};
	while (!fds[0].revents) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			break;
		if (fds[1].revents)
			collect(r, 0);
		if (!r->changed.len || fds[0].revents)
			continue;
		kill(pid, SIGTERM); /* it ends what it started */
		fds[1].fd = -1;
		(void)!poll(fds, 1, -1);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	close(handle);
	if (r->changed.len)
		return 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int run_round(struct round *r)
{
	struct strs build = {};
	strs_add(&build, r->arena, STR("build"));
	for (size_t i = 0; i < r->request->build.count; i++)
		strs_add(&build, r->arena, r->request->build.items[i]);
	int status = run(r, &build);
	if (status == 0 && !r->changed.len && r->request->command.count)
		status = run(r, &r->request->command);
	return status;
}

bool watch_run(struct arena *a, const struct watch_request *request, FILE *out, int *out_status,
               struct diag *d)
{
	struct round r = {.arena = a, .request = request, .out = out};
	int error = watched_tree_open(a, &r.tree);
	if (error) {
		diag_error(d, (struct span){},
		           error == ENOSPC || error == EMFILE
		                   ? STR("sysctl fs.inotify.max_user_watches=65536")
		                   : (struct str){},
		           "cannot watch the tree: %s", strerror(error));
		return false;
	}
	for (uint64_t round = 1;; round++) {
		*out_status = run_round(&r);
		if (request->rounds && round >= request->rounds)
			break;
		if (!r.changed.len) {
			fprintf(out, "watch: %s; waiting for a change\n",
			        *out_status == 0 ? "done" : "failed");
			fflush(out);
			collect(&r, -1);
		}
		fprintf(out, "watch: %.*s changed\n", STR_ARG(r.changed));
		fflush(out);
		r.changed = (struct str){};
	}
	watched_tree_close(&r.tree);
	return true;
}
