/* Files of /proc about the machine. Formats: proc(5). */
#include "made/made.h"

enum { LOAD_ONE = 65536, KIB = 1024, CPUS_MAX = 64 };

static enum status ask_system(struct vfs_service *self, struct system_figures *out)
{
	const struct figures_answer answer = {.bytes = out, .capacity = sizeof *out};
	return figures_ask_whole(&self->figures, SYSTEM_QUERY_SYSTEM, 0, answer);
}

enum status made_terminal(struct vfs_service *self, uint64_t from, struct terminal_figures *out)
{
	const struct figures_answer answer = {.bytes = out, .capacity = sizeof *out};
	return figures_ask_whole(&self->figures, SYSTEM_QUERY_TERMINALS, from, answer) == OK
	               ? OK
	               : ERR_NOT_FOUND;
}

enum status made_write_load(struct vfs_service *self, uint64_t, struct format_buffer *text)
{
	struct system_figures system;
	enum status status = ask_system(self, &system);
	if (status != OK)
		return status;
	for (size_t i = 0; i < COUNT(system.load); i++)
		format_append(text, "%u.%02u ", system.load[i] / LOAD_ONE,
		              (system.load[i] % LOAD_ONE) * 100 / LOAD_ONE);
	format_append(text, "%u/%u %llu\n", system.running, system.tasks,
	              (unsigned long long)system.last_pid);
	return OK;
}

/* /proc/rustos/locks; empty where they are not counted */
enum status made_write_locks(struct vfs_service *self, uint64_t, struct format_buffer *text)
{
	struct lock_figures locks;
	const struct figures_answer answer = {.bytes = &locks, .capacity = sizeof locks};
	int64_t len = figures_ask(&self->figures, SYSTEM_QUERY_LOCKS, 0, answer);
	if (len < 0)
		return (enum status)len;
	if ((size_t)len == sizeof locks)
		format_append(text, "taken %llu\nshared %llu\ninterrupts_off %llu\n",
		              (unsigned long long)locks.taken, (unsigned long long)locks.shared,
		              (unsigned long long)locks.interrupts_off);
	return OK;
}

enum status made_write_memory(struct vfs_service *self, uint64_t, struct format_buffer *text)
{
	struct system_figures system;
	enum status status = ask_system(self, &system);
	if (status != OK)
		return status;
	const struct {
		const char *name;
		uint64_t bytes;
	} lines[] = {
	        {"MemTotal:", system.total_bytes},
	        {"MemFree:", system.free_bytes},
	        {"MemAvailable:", system.free_bytes + system.cached_bytes - system.shared_bytes},
	        {"Buffers:", 0},
	        {"Cached:", system.cached_bytes},
	        {"SwapCached:", 0},
	        {"Shmem:", system.shared_bytes},
	        {"SReclaimable:", 0},
	        {"SwapTotal:", 0},
	        {"SwapFree:", 0},
	};
	for (size_t i = 0; i < COUNT(lines); i++)
		format_append(text, "%-15s %8llu kB\n", lines[i].name,
		              (unsigned long long)lines[i].bytes / KIB);
	return OK;
}

enum status made_write_uptime(struct vfs_service *self, uint64_t, struct format_buffer *text)
{
	struct system_figures system;
	enum status status = ask_system(self, &system);
	if (status != OK)
		return status;
	unsigned long long up = made_ticks(system.uptime_ns), idle = made_ticks(system.idle_ns);
	format_append(text, "%llu.%02llu %llu.%02llu\n", up / 100, up % 100, idle / 100,
	              idle % 100);
	return OK;
}

static void add_cpu(struct format_buffer *text, const char *name, const struct cpu_figures *cpu)
{
	format_append(text, "%s %llu 0 %llu %llu 0 0 0 0 0 0\n", name, made_ticks(cpu->user_ns),
	              made_ticks(cpu->kernel_ns), made_ticks(cpu->idle_ns));
}

enum status made_write_stat(struct vfs_service *self, uint64_t, struct format_buffer *text)
{
	struct system_figures system;
	struct cpu_figures cpus[CPUS_MAX];
	const struct figures_answer answer = {.bytes = cpus, .capacity = sizeof cpus};
	enum status status = ask_system(self, &system);
	int64_t len = figures_ask(&self->figures, SYSTEM_QUERY_CPUS, 0, answer);
	if (status != OK)
		return status;
	if (len < 0)
		return (enum status)len;
	const struct cpu_figures all = {system.user_ns, system.kernel_ns, system.idle_ns};
	add_cpu(text, "cpu ", &all);
	for (size_t i = 0; i < (size_t)len / sizeof cpus[0]; i++) {
		char name[8];
		struct format_buffer cpu = {.ptr = name, .size = sizeof name - 1};
		format_append(&cpu, "cpu%u", (unsigned)i);
		name[cpu.len] = '\0';
		add_cpu(text, name, &cpus[i]);
	}
	format_append(text,
	              "intr %llu\nctxt %llu\nbtime %lld\nprocesses %llu\nprocs_running %u\n"
	              "procs_blocked 0\n",
	              (unsigned long long)system.interrupts, (unsigned long long)system.switches,
	              (long long)(system.boot_time_ns / 1000000000),
	              (unsigned long long)system.forks, system.running);
	return OK;
}

enum status made_write_partitions(struct vfs_service *self, uint64_t, struct format_buffer *text)
{
	struct storage_descriptor disk = {};
	format_append(text, "major minor  #blocks  name\n\n");
	do {
		const struct figures_answer answer = {.bytes = &disk, .capacity = sizeof disk};
		if (figures_ask_whole(&self->figures, SYSTEM_QUERY_DISK, disk.id, answer) != OK)
			return OK;
		format_append(text, "%4d %7u %10llu %.*s\n", DISK_MAJOR, disk.id,
		              (unsigned long long)disk.block_count * disk.logical_block_size / KIB,
		              (int)disk.path_len, (const char *)disk.path);
	} while (disk.id);
	return OK;
}
