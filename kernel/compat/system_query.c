/* Figures of the machine and of processes: system_query for /proc, and Linux's sysinfo. */
#include "compat/blocks.h"
#include "compat/linux/abi.h"
#include "core/api.h"
#include "io/api.h"
#include "mm/api.h"
#include "ps/api.h"
#include <base/cleanup.h>
#include <kernel/syscall_prototypes.h>
#include <string.h>

enum { QUERY_BYTES_MAX = 16 * 1024, QUERY_RANDOM_BYTES = 16 };

static void query_system(struct system_figures *out)
{
	figures_system(out);
	out->shared_bytes = vfs_content_bytes();
	out->cached_bytes = out->shared_bytes + vfs_cache_bytes();
}

static enum status query_cpus(void *answer, size_t capacity, size_t *out_len)
{
	struct cpu_figures *cpus = answer;
	uint64_t now = clock_ns();
	size_t count = 0;
	for (uint64_t rest = cpu_online(); rest; rest &= rest - 1) {
		if ((count + 1) * sizeof *cpus > capacity)
			break;
		struct thread_time time = sched_cpu_time((uint32_t)__builtin_ctzll(rest));
		cpus[count++] = (struct cpu_figures){
		        .user_ns = time.run_ns - time.system_ns,
		        .kernel_ns = time.system_ns,
		        .idle_ns = now > time.run_ns ? now - time.run_ns : 0,
		};
	}
	*out_len = count * sizeof *cpus;
	return OK;
}

static enum status query_whole(uint64_t topic, uint64_t index, void *answer, size_t capacity,
                               size_t *out_len)
{
	bool system = topic == SYSTEM_QUERY_SYSTEM;
	size_t size = system ? sizeof(struct system_figures) : sizeof(struct process_figures);
	if (capacity < size)
		return ERR_INVALID_ARGS;
	*out_len = size;
	if (!system)
		return figures_process(index, answer);
	query_system(answer);
	return OK;
}

static enum status query_credentials(uint64_t pid, void *answer, size_t capacity, size_t *out_len)
{
	*out_len = sizeof(struct credentials_slot);
	return capacity < *out_len ? ERR_INVALID_ARGS : figures_credentials(pid, answer);
}

static enum status query_slot(uint64_t topic, uint64_t pid, void *answer, size_t capacity,
                              size_t *out_len)
{
	bool names = topic == SYSTEM_QUERY_NAMES;
	*out_len = names ? sizeof(struct names_slot) : sizeof(struct limits_slot);
	if (capacity < *out_len)
		return ERR_INVALID_ARGS;
	if (!names)
		return figures_limits(pid, answer);
	system_names(answer);
	return OK;
}

static enum status query_random(bool is_kept, uint8_t *answer, size_t capacity, size_t *out_len)
{
	static struct {
		struct spinlock lock;
		bool is_set;
		uint8_t bytes[QUERY_RANDOM_BYTES];
	} kept = {.lock = SPINLOCK_INIT(LOCK_PROCESS)};
	if (capacity < QUERY_RANDOM_BYTES)
		return ERR_INVALID_ARGS;
	random_fill(answer, QUERY_RANDOM_BYTES);
	if (is_kept) {
		spinlock_acquire(&kept.lock);
		if (!kept.is_set)
			memcpy(kept.bytes, answer, sizeof kept.bytes);
		kept.is_set = true;
		memcpy(answer, kept.bytes, sizeof kept.bytes);
		spinlock_release(&kept.lock);
	}
	*out_len = QUERY_RANDOM_BYTES;
	return OK;
}

static enum status query_disk(uint64_t after, void *answer, size_t capacity, size_t *out_len)
{
	struct block_facts facts;
	if (capacity < sizeof(struct storage_descriptor))
		return ERR_INVALID_ARGS;
	if (after >= UINT32_MAX || !block_after((uint32_t)after, &facts))
		return OK;
	const struct storage_descriptor descriptor = storage_describe(&facts);
	memcpy(answer, &descriptor, sizeof descriptor);
	*out_len = sizeof descriptor;
	return OK;
}

static enum status query_locks(void *answer, size_t capacity, size_t *out_len)
{
	struct lock_figures figures;
	if (capacity < sizeof figures)
		return ERR_INVALID_ARGS;
	if (spinlock_figures(&figures.taken, &figures.shared))
		*out_len = sizeof figures;
	figures.interrupts_off = off_time_take_longest();
	memcpy(answer, &figures, sizeof figures);
	return OK;
}

/* How many; from number `from` on. */
static size_t query_faults(uint64_t from, struct fault_figures *out, size_t capacity)
{
	static const char *const names[] = FAULT_POINT_NAMES;
	size_t count = 0;
	uint64_t number = 0;
	for (size_t i = 0; CONFIG_FAULT_POINTS && i < COUNT(names) && count < capacity; i++) {
		struct fault_point_rule rule;
		if (!fault_runtime_look(kernel_faults(), (enum fault_point)i, &rule) ||
		    number++ < from)
			continue;
		out[count] = (struct fault_figures){.hits = rule.hits, .fired = rule.fired};
		struct format_buffer point = {.ptr = (char *)out[count].point,
		                              .size = sizeof out[count].point};
		struct format_buffer action = {.ptr = (char *)out[count].action,
		                               .size = sizeof out[count].action};
		format_append(&point, "%s", names[i]);
		fault_append_action(&action, &rule);
		count++;
	}
	return count;
}

static enum status query_topic(uint64_t topic, uint64_t index, void *answer, size_t capacity,
                               size_t *out_len)
{
	switch (topic) {
	case SYSTEM_QUERY_SYSTEM:
	case SYSTEM_QUERY_PROCESS:
		return query_whole(topic, index, answer, capacity, out_len);
	case SYSTEM_QUERY_CPUS:
		return query_cpus(answer, capacity, out_len);
	case SYSTEM_QUERY_PROCESSES:
		*out_len = sizeof(uint64_t) *
		           figures_processes(index, answer, capacity / sizeof(uint64_t));
		return OK;
	case SYSTEM_QUERY_ARGUMENTS:
	case SYSTEM_QUERY_ENVIRONMENT: {
		const struct figures_text text = {topic == SYSTEM_QUERY_ENVIRONMENT, index >> 32,
		                                  answer, capacity};
		return figures_text(index & UINT32_MAX, &text, out_len);
	}
	case SYSTEM_QUERY_TASKS:
		*out_len = sizeof(struct task_figures) *
		           figures_tasks(index & UINT32_MAX, index >> 32, answer,
		                         capacity / sizeof(struct task_figures));
		return OK;
	case SYSTEM_QUERY_LIMITS:
	case SYSTEM_QUERY_NAMES:
		return query_slot(topic, index, answer, capacity, out_len);
	case SYSTEM_QUERY_DESCRIPTORS:
		*out_len = sizeof(struct descriptor_figures) *
		           figures_descriptors(index & UINT32_MAX, index >> 32, answer,
		                               capacity / sizeof(struct descriptor_figures));
		return OK;
	case SYSTEM_QUERY_TERMINALS:
		*out_len = sizeof(struct terminal_figures) *
		           terminal_list(index, answer, capacity / sizeof(struct terminal_figures));
		return OK;
	case SYSTEM_QUERY_CREDENTIALS:
		return query_credentials(index, answer, capacity, out_len);
	case SYSTEM_QUERY_DISK:
		return query_disk(index, answer, capacity, out_len);
	case SYSTEM_QUERY_RANDOM:
		return index > 1 ? ERR_INVALID_ARGS
		                 : query_random(index, answer, capacity, out_len);
	case SYSTEM_QUERY_MODULES:
		*out_len = sizeof(struct module_figures) *
		           module_list(index, answer, capacity / sizeof(struct module_figures));
		return OK;
	case SYSTEM_QUERY_SOCKETS:
		*out_len =
		        sizeof(struct socket_figures) *
		        unix_socket_list(index, answer, capacity / sizeof(struct socket_figures));
		return OK;
	case SYSTEM_QUERY_FAULTS:
		*out_len = sizeof(struct fault_figures) *
		           query_faults(index, answer, capacity / sizeof(struct fault_figures));
		return OK;
	case SYSTEM_QUERY_LOCKS:
		return query_locks(answer, capacity, out_len);
	default:
		return ERR_INVALID_ARGS;
	}
}

enum status sys_system_query(uint64_t topic, uint64_t index, struct user_out figures,
                             uint64_t *out_figures_len)
{
	size_t capacity = figures.len < QUERY_BYTES_MAX ? figures.len : QUERY_BYTES_MAX, len = 0;
	if (!capacity)
		return ERR_INVALID_ARGS;
	void *answer = heap_alloc(capacity);
	if (!answer)
		return ERR_NO_MEMORY;
	enum status status = query_topic(topic, index, answer, capacity, &len);
	if (status == OK && len)
		status = user_copy_out((struct user_out){figures.addr, len}, answer);
	heap_free(answer, capacity);
	*out_figures_len = len;
	return status;
}

enum status sys_process_mappings(uint64_t pid, uint64_t from, struct user_out mappings,
                                 uint64_t *out_count)
{
	if (!mappings.len)
		return ERR_INVALID_ARGS;
	void *answer = heap_alloc(mappings.len);
	if (!answer)
		return ERR_NO_MEMORY;
	struct figures_mappings some = {answer, mappings.len / sizeof(struct mapping_figures), 0};
	enum status status = figures_mappings(pid, from, &some);
	size_t len = some.count * sizeof(struct mapping_figures);
	if (status == OK && len)
		status = user_copy_out((struct user_out){mappings.addr, len}, answer);
	heap_free(answer, mappings.len);
	*out_count = some.count;
	return status;
}

int64_t linux_sysinfo(uintptr_t out_figures)
{
	enum { NS_PER_SECOND = 1000000000 };
	struct system_figures system;
	query_system(&system);
	const struct linux_sysinfo info = {
	        .uptime = (int64_t)(system.uptime_ns / NS_PER_SECOND),
	        .loads = {system.load[0], system.load[1], system.load[2]},
	        .total_memory = system.total_bytes,
	        .free_memory = system.free_bytes,
	        .shared_memory = system.shared_bytes,
	        .processes = (uint16_t)system.processes,
	        .mem_unit = 1,
	};
	return user_copy_out((struct user_out){out_figures, sizeof info}, &info);
}
