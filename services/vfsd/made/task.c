/* /proc/PID/stat and status, and the same of single threads. Formats: proc(5). */
#include "made/made.h"

#include <string.h>

enum { KIB = 1024 };

typedef unsigned long long number;

enum status made_task(struct vfs_service *self, uint64_t pid, uint64_t from,
                      struct task_figures *out)
{
	const struct figures_answer answer = {.bytes = out, .capacity = sizeof *out};
	if (from > UINT32_MAX)
		return ERR_NOT_FOUND;
	uint64_t after = from ? from - 1 : 0;
	if (figures_ask_whole(&self->figures, SYSTEM_QUERY_TASKS, after << 32 | pid, answer) != OK)
		return ERR_NOT_FOUND;
	out->name[sizeof out->name - 1] = '\0';
	return OK;
}

/* A process is shown as its first thread is, but for its times; one that has ended has no thread.
 */
static struct task_figures task_of_process(struct vfs_service *self,
                                           const struct process_figures *p)
{
	struct task_figures task;
	if (made_task(self, p->pid, 0, &task) != OK)
		task = (struct task_figures){.affinity = 1};
	task.tid = p->pid;
	task.user_ns = p->user_ns;
	task.kernel_ns = p->kernel_ns;
	task.state = p->state;
	task.pending = p->signals_pending;
	memcpy(task.name, p->name, sizeof task.name);
	return task;
}

/* The thread that a file in its folder is about, and its process. */
static enum status task_of(struct vfs_service *self, uint64_t made, struct process_figures *out_p,
                           struct task_figures *out)
{
	enum status status = made_process(self, made_pid(made), out_p);
	if (status == OK)
		status = made_task(self, made_pid(made), made_descriptor_of(made), out);
	return status == OK && out->tid == made_descriptor_of(made) ? OK : ERR_NO_PROCESS;
}

static void add_stat(const struct process_figures *p, const struct task_figures *task,
                     struct format_buffer *text)
{
	enum { PRIORITY = 20, SIGNAL_TO_PARENT = 17 };
	format_append(text, "%llu (%s) %c %llu %llu %llu %llu %lld 0 0 0 0 0 ", (number)task->tid,
	              (const char *)task->name, (int)task->state, (number)p->parent_pid,
	              (number)p->group, (number)p->session, (number)p->terminal,
	              p->foreground_group ? (long long)p->foreground_group : -1ll);
	format_append(text, "%llu %llu %llu %llu %d %d %u 0 %llu %llu %llu ",
	              made_ticks(task->user_ns), made_ticks(task->kernel_ns),
	              made_ticks(p->children_user_ns), made_ticks(p->children_kernel_ns),
	              PRIORITY + task->nice, task->nice, p->tasks, made_ticks(p->start_ns),
	              (number)p->virtual_bytes, (number)p->resident_bytes / MADE_PAGE);
	/* limit of memory, addresses, signals, and what comes after them */
	format_append(text, "18446744073709551615 0 0 0 0 0 %llu %llu %llu %llu 0 0 0 %d 0 0 0 ",
	              (number)task->pending, (number)task->blocked, (number)p->signals_ignored,
	              (number)p->signals_caught, SIGNAL_TO_PARENT);
	format_append(text, "0 0 0 0 0 0 0 0 0 0 0\n");
}

enum status made_write_process_stat(struct vfs_service *self, uint64_t made,
                                    struct format_buffer *text)
{
	struct process_figures p;
	enum status status = made_process(self, made_pid(made), &p);
	if (status != OK)
		return status;
	const struct task_figures task = task_of_process(self, &p);
	add_stat(&p, &task, text);
	return OK;
}

enum status made_write_task_stat(struct vfs_service *self, uint64_t made,
                                 struct format_buffer *text)
{
	struct process_figures p;
	struct task_figures task;
	enum status status = task_of(self, made, &p, &task);
	if (status == OK)
		add_stat(&p, &task, text);
	return status;
}

enum status made_write_task_name(struct vfs_service *self, uint64_t made,
                                 struct format_buffer *text)
{
	struct process_figures p;
	struct task_figures task;
	enum status status = task_of(self, made, &p, &task);
	if (status == OK)
		format_append(text, "%s\n", (const char *)task.name);
	return status;
}

static const char *state_name(uint32_t state)
{
	static const struct {
		char letter;
		const char *name;
	} names[] = {{'R', "running"}, {'S', "sleeping"}, {'T', "stopped"}, {'Z', "zombie"}};
	for (size_t i = 0; i < COUNT(names); i++)
		if ((uint32_t)names[i].letter == state)
			return names[i].name;
	return "sleeping";
}

static void add_identity(const struct credentials_slot *c, struct format_buffer *text)
{
	enum { DESCRIPTORS = 64 };
	format_append(text, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\n", c->uid, c->euid,
	              c->suid, c->fsuid, c->gid, c->egid, c->sgid, c->fsgid);
	format_append(text, "FDSize:\t%d\nGroups:\t", DESCRIPTORS);
	for (size_t i = 0; i < c->group_count; i++)
		format_append(text, "%u ", c->groups[i]);
	format_append(text, "\n");
}

/* Those of the superuser, or none. */
static void add_capabilities(const struct credentials_slot *c, struct format_buffer *text)
{
	const number all = 0x1ffffffffff;
	const struct {
		const char *name;
		number mask;
	} sets[] = {{"CapInh", 0},
	            {"CapPrm", c->suid && c->uid && c->euid ? 0 : all},
	            {"CapEff", c->euid ? 0 : all},
	            {"CapBnd", all},
	            {"CapAmb", 0}};
	for (size_t i = 0; i < COUNT(sets); i++)
		format_append(text, "%s:\t%016llx\n", sets[i].name, sets[i].mask);
}

/* As in cpulist: ranges. */
static void add_cpus(uint64_t mask, struct format_buffer *text)
{
	enum { CPUS = 64 };
	const char *before = "";
	format_append(text, "Cpus_allowed:\t%llx\nCpus_allowed_list:\t", (number)mask);
	for (unsigned first = 0; first < CPUS; first++) {
		if (!(mask >> first & 1))
			continue;
		unsigned last = first;
		while (last + 1 < CPUS && mask >> (last + 1) & 1)
			last++;
		format_append(text, first == last ? "%s%u" : "%s%u-%u", before, first, last);
		before = ",";
		first = last;
	}
	format_append(text, "\n");
}

static enum status add_status(struct vfs_service *self, const struct process_figures *p,
                              const struct task_figures *task, struct format_buffer *text)
{
	struct credentials_slot credentials;
	if (access_credentials(&self->figures, p->pid, &credentials) != OK)
		return ERR_NO_PROCESS;
	format_append(text, "Name:\t%s\nState:\t%c (%s)\nTgid:\t%llu\nNgid:\t0\n",
	              (const char *)task->name, (int)task->state, state_name(task->state),
	              (number)p->pid);
	format_append(text, "Pid:\t%llu\nPPid:\t%llu\nTracerPid:\t0\n", (number)task->tid,
	              (number)p->parent_pid);
	add_identity(&credentials, text);
	format_append(text, "NStgid:\t%llu\nNSpid:\t%llu\nNSpgid:\t%llu\nNSsid:\t%llu\n",
	              (number)p->pid, (number)task->tid, (number)p->group, (number)p->session);
	format_append(text, "VmSize:\t%8llu kB\nVmRSS:\t%8llu kB\nThreads:\t%u\n",
	              (number)p->virtual_bytes / KIB, (number)p->resident_bytes / KIB, p->tasks);
	format_append(text, "SigPnd:\t%016llx\nShdPnd:\t%016llx\nSigBlk:\t%016llx\n",
	              (number)task->pending, (number)p->signals_pending, (number)task->blocked);
	format_append(text, "SigIgn:\t%016llx\nSigCgt:\t%016llx\n", (number)p->signals_ignored,
	              (number)p->signals_caught);
	add_capabilities(&credentials, text);
	format_append(text, "NoNewPrivs:\t0\nSeccomp:\t0\n");
	add_cpus(task->affinity, text);
	return OK;
}

enum status made_write_process_status(struct vfs_service *self, uint64_t made,
                                      struct format_buffer *text)
{
	struct process_figures p;
	enum status status = made_process(self, made_pid(made), &p);
	if (status != OK)
		return status;
	struct task_figures task = task_of_process(self, &p);
	task.pending = 0; /* of itself; those of the process have their own line */
	return add_status(self, &p, &task, text);
}

enum status made_write_task_status(struct vfs_service *self, uint64_t made,
                                   struct format_buffer *text)
{
	struct process_figures p;
	struct task_figures task;
	enum status status = task_of(self, made, &p, &task);
	return status == OK ? add_status(self, &p, &task, text) : status;
}

static void add_limit(uint64_t value, struct format_buffer *text)
{
	if (value == UINT64_MAX)
		format_append(text, "%-20s ", "unlimited");
	else
		format_append(text, "%-20llu ", (number)value);
}

enum status made_write_limits(struct vfs_service *self, uint64_t made, struct format_buffer *text)
{
	static const struct {
		const char *name, *unit;
	} rows[LIMITS_COUNT] = {
	        {"Max cpu time", "seconds"},     {"Max file size", "bytes"},
	        {"Max data size", "bytes"},      {"Max stack size", "bytes"},
	        {"Max core file size", "bytes"}, {"Max resident set", "bytes"},
	        {"Max processes", "processes"},  {"Max open files", "files"},
	        {"Max locked memory", "bytes"},  {"Max address space", "bytes"},
	        {"Max file locks", "locks"},     {"Max pending signals", "signals"},
	        {"Max msgqueue size", "bytes"},  {"Max nice priority", ""},
	        {"Max realtime priority", ""},   {"Max realtime timeout", "us"},
	};
	struct limits_slot limits;
	const struct figures_answer answer = {.bytes = &limits, .capacity = sizeof limits};
	if (figures_ask_whole(&self->figures, SYSTEM_QUERY_LIMITS, made_pid(made), answer) != OK)
		return ERR_NO_PROCESS;
	format_append(text, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit",
	              "Units");
	for (size_t i = 0; i < COUNT(rows); i++) {
		format_append(text, "%-25s ", rows[i].name);
		add_limit(limits.limits[i].current, text);
		add_limit(limits.limits[i].maximum, text);
		format_append(text, rows[i].unit[0] ? "%-10s\n" : "%s\n", rows[i].unit);
	}
	return OK;
}
