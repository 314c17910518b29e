/*
 * What /proc shows of processes. Everything is read under the table's lock, under which a process
 * also loses its address space, so that what is looked at stays.
 */
#include "core/api.h"
#include "ps/figures/tasks.h"
#include "sched/api.h"
#include "vm/api.h"
#include <base/cleanup.h>
#include <string.h>

static void figures_signals(struct process *process, struct process_figures *out)
{
	spinlock_acquire(&process->lock);
	out->signals_pending = process->signals.pending >> 1;
	for (unsigned i = 0; i < SIGNAL_MAX; i++) {
		uintptr_t handler = process->handlers.actions[i].handler;
		out->signals_ignored |= (uint64_t)(handler == SIGNAL_IGNORE) << i;
		out->signals_caught |= (uint64_t)(handler > SIGNAL_IGNORE) << i;
	}
	if (process->stop_signal)
		out->state = 'T';
	spinlock_release(&process->lock);
}

/* Where it is, and what it runs. */
static void figures_places(struct process *process, struct process_figures *out)
{
	spinlock_acquire(&process->lock);
	const struct file *directory = process->places.directory,
	                  *program = process->places.program;
	struct file_place at = directory ? file_place(directory) : (struct file_place){};
	struct file_place image = program ? file_place(program) : (struct file_place){};
	spinlock_release(&process->lock);
	out->directory_volume = at.volume;
	out->directory_generation = at.generation;
	out->directory_inode = at.inode;
	out->directory_mount = at.mount;
	out->image_volume = image.volume;
	out->image_generation = image.generation;
	out->image_inode = image.inode;
}

static void figures_fill(struct process *process, struct process_figures *out)
{
	struct figures_tasks tasks = figures_tasks_of(process);
	size_t name_len = strlen(process->name);
	*out = (struct process_figures){
	        .pid = process->pid,
	        .parent_pid = process->parent ? process->parent->pid : 0,
	        .group = process->groups.group,
	        .session = process->groups.session,
	        .start_ns = process->start_ns,
	        .user_ns = tasks.time.run_ns - tasks.time.system_ns,
	        .kernel_ns = tasks.time.system_ns,
	        .children_user_ns =
	                process->children_time.run_ns - process->children_time.system_ns,
	        .children_kernel_ns = process->children_time.system_ns,
	        .tasks = tasks.count,
	        .uid = process->credentials.euid,
	        .gid = process->credentials.egid,
	        .state = tasks.running ? 'R' : 'S',
	};
	if (process->space) {
		out->virtual_bytes = vm_space_mapped_bytes(process->space);
		out->resident_bytes = vm_space_resident_bytes(process->space);
	}
	figures_signals(process, out);
	figures_places(process, out);
	if (process->state == PROCESS_DEAD)
		out->state = 'Z';
	memcpy(out->name, process->name,
	       name_len < sizeof out->name ? name_len : sizeof out->name - 1);
	memcpy(out->path, process->path, sizeof out->path);
}

enum status figures_process(uint64_t pid, struct process_figures *out)
{
	spinlock_acquire(process_table_lock());
	struct process *process = process_find_unreaped(pid);
	if (process)
		figures_fill(process, out);
	spinlock_release(process_table_lock());
	return process ? OK : ERR_NO_PROCESS;
}

/* One more of the lowest, ascending; with no room for all, the highest goes. How many there are. */
static size_t figures_add_pid(uint64_t *pids, size_t count, size_t capacity, uint64_t pid)
{
	if (count == capacity && (!count || pids[count - 1] < pid))
		return count;
	size_t last = count < capacity ? count : count - 1, at = last;
	for (; at && pids[at - 1] > pid; at--)
		pids[at] = pids[at - 1];
	pids[at] = pid;
	return last + 1;
}

size_t figures_processes(uint64_t after, uint64_t *out, size_t capacity)
{
	size_t count = 0;
	spinlock_acquire(process_table_lock());
	/* oldest first is by pid: they are never reused */
	for (const struct process *each = process_next_living(NULL); each && count < capacity;
	     each = process_next_living(each))
		if (each->pid > after)
			out[count++] = each->pid;
	for (const struct process *dead = process_next_dead(NULL); dead;
	     dead = process_next_dead(dead))
		if (dead->pid > after)
			count = figures_add_pid(out, count, capacity, dead->pid);
	spinlock_release(process_table_lock());
	return count;
}

enum status figures_text(uint64_t pid, const struct figures_text *text, size_t *out_len)
{
	*out_len = 0;
	spinlock_acquire(process_table_lock());
	const struct process *process = process_find_unreaped(pid);
	struct user_in all = {};
	if (process && process->space)
		all = text->is_environment ? process->texts.environment : process->texts.arguments;
	if (text->offset < all.len) {
		size_t left = all.len - text->offset;
		*out_len = vm_space_peek(process->space, all.addr + text->offset, text->out,
		                         left < text->capacity ? left : text->capacity);
	}
	spinlock_release(process_table_lock());
	return process ? OK : ERR_NO_PROCESS;
}

enum status figures_credentials(uint64_t pid, struct credentials_slot *out)
{
	spinlock_acquire(process_table_lock());
	const struct process *process = process_find_unreaped(pid);
	if (process)
		*out = process->credentials;
	spinlock_release(process_table_lock());
	return process ? OK : ERR_NO_PROCESS;
}

enum status figures_limits(uint64_t pid, struct limits_slot *out)
{
	spinlock_acquire(process_table_lock());
	const struct process *process = process_find_unreaped(pid);
	if (process)
		*out = process->limits;
	spinlock_release(process_table_lock());
	return process ? OK : ERR_NO_PROCESS;
}

enum figures_mapping_kind { FIGURES_HEAP = 1, FIGURES_STACK = 2 };

static uint32_t figures_mapping_kind(const struct process_memory *memory,
                                     const struct vm_region_view *view)
{
	if (view->end == PROGRAM_STACK_TOP)
		return FIGURES_STACK;
	bool is_heap = view->start < memory->break_end && view->end > memory->break_start;
	return is_heap && !view->name.volume ? FIGURES_HEAP : 0;
}

/* From *from on, which comes out as where to go on. */
static size_t figures_take_mappings(const struct process *process, uintptr_t *from,
                                    struct mapping_figures *out, size_t capacity)
{
	struct vm_region_view view;
	size_t count = 0;
	for (; count < capacity && vm_space_query(process->space, *from, &view); count++) {
		out[count] = (struct mapping_figures){
		        .start = view.start,
		        .end = view.end,
		        .offset = view.object_page * PAGE_SIZE,
		        .rights = view.rights | (view.flags & VM_SHARED ? MEMORY_SHARED : 0),
		        .volume = view.name.volume,
		        .generation = view.name.generation,
		        .inode = view.name.inode,
		        .kind = figures_mapping_kind(&process->memory, &view),
		};
		*from = view.end;
	}
	return count;
}

enum status figures_mappings(uint64_t pid, uintptr_t from, struct figures_mappings *out)
{
	enum { AT_ONCE = 16 };
	const struct process *process;
	size_t taken;
	out->count = 0;
	do {
		size_t room = out->capacity - out->count;
		size_t wanted = room < AT_ONCE ? room : AT_ONCE;
		spinlock_acquire(process_table_lock());
		process = process_find(pid);
		taken = process && process->space
		                ? figures_take_mappings(process, &from, out->mappings + out->count,
		                                        wanted)
		                : 0;
		spinlock_release(process_table_lock());
		out->count += taken;
	} while (taken && out->count < out->capacity);
	return process ? OK : ERR_NO_PROCESS;
}

static struct descriptor_figures figures_file(uint32_t number, struct file *file)
{
	enum {
		FACTS_KIND = 0170000,
		FACTS_PIPE = 0010000,
		FACTS_CHARACTER = 0020000,
		FACTS_SOCKET = 0140000
	};
	struct file_facts facts = {};
	struct descriptor_figures figures = {.descriptor = number, .kind = DESCRIPTOR_OTHER};
	struct file_place place = file_place(file);
	figures.flags =
	        __atomic_load_n(&file->flags, __ATOMIC_RELAXED) & ~(uint32_t)FILE_TIMER_REAL;
	spinlock_acquire(&file->lock);
	figures.offset = file->offset;
	spinlock_release(&file->lock);
	if (file->ops->describe)
		file->ops->describe(file, &facts);
	if (place.volume) {
		figures.kind = DESCRIPTOR_VNODE;
		figures.volume = place.volume;
		figures.generation = place.generation;
		figures.inode = place.inode;
		figures.id = place.mount;
	} else if ((facts.mode & FACTS_KIND) == FACTS_PIPE) {
		figures.kind = DESCRIPTOR_PIPE;
		figures.id = facts.inode;
	} else if ((facts.mode & FACTS_KIND) == FACTS_SOCKET) {
		figures.kind = DESCRIPTOR_SOCKET;
		figures.id = facts.inode;
	} else if ((facts.mode & FACTS_KIND) == FACTS_CHARACTER) {
		figures.kind = DESCRIPTOR_DEVICE;
		figures.id = facts.device;
	}
	return figures;
}

/* The files from a number on, with a reference each; their numbers. */
static size_t figures_take_files(uint64_t pid, uint32_t *next, struct file **files,
                                 uint32_t *numbers, size_t capacity)
{
	struct object *object;
	size_t count = 0;
	spinlock_acquire(process_table_lock());
	struct process *process = process_find(pid);
	while (process && *next < IPC_PROCESS_HANDLES_MAX && count < capacity) {
		uint32_t number = (*next)++;
		if (handle_table_get(&process->ipc.handles, number, &file_type, 0, &object) != OK)
			continue;
		files[count] = file_of(object);
		numbers[count++] = number;
	}
	spinlock_release(process_table_lock());
	return count;
}

size_t figures_descriptors(uint64_t pid, uint64_t from, struct descriptor_figures *out,
                           size_t capacity)
{
	enum { AT_ONCE = 16 };
	struct file *files[AT_ONCE];
	uint32_t numbers[AT_ONCE];
	uint32_t next = from < IPC_PROCESS_HANDLES_MAX ? (uint32_t)from : IPC_PROCESS_HANDLES_MAX;
	size_t done = 0, taken;
	do {
		size_t room = capacity - done < AT_ONCE ? capacity - done : AT_ONCE;
		taken = figures_take_files(pid, &next, files, numbers, room);
		for (size_t i = 0; i < taken; i++) {
			out[done++] = figures_file(numbers[i], files[i]);
			file_unref(files[i]); /* without a lock: it may be the last one */
		}
	} while (taken && done < capacity);
	return done;
}

static uint32_t figures_cpus(void)
{
	uint32_t count = 0;
	for (uint64_t left = cpu_online(); left; left &= left - 1)
		count++;
	return count;
}

void figures_system(struct system_figures *out)
{
	struct frame_statistics frames = frame_statistics();
	uint64_t now = clock_ns();
	struct sched_figures sched;
	sched_figures(&sched);
	*out = (struct system_figures){
	        .uptime_ns = now,
	        .boot_time_ns = (int64_t)(clock_real_ns() - now),
	        .total_bytes = frames.total_frames * PAGE_SIZE,
	        .free_bytes = frames.free_frames * PAGE_SIZE,
	        .cpus = figures_cpus(),
	        .switches = sched.switches,
	        .interrupts = cpu_interrupts(cpu_online()),
	        .load = {sched.load[0], sched.load[1], sched.load[2]},
	};
	spinlock_acquire(process_table_lock());
	struct thread_time time = process_ended_time();
	out->last_pid = out->forks = process_last_pid();
	for (struct process *each = process_next_living(NULL); each;
	     each = process_next_living(each)) {
		struct figures_tasks tasks = figures_tasks_of(each);
		process_time_add(&time, tasks.time);
		out->tasks += tasks.count;
		out->running += tasks.running;
		out->processes++;
	}
	spinlock_release(process_table_lock());
	out->user_ns = time.run_ns - time.system_ns;
	out->kernel_ns = time.system_ns;
	uint64_t capacity = now * out->cpus;
	out->idle_ns = capacity > time.run_ns ? capacity - time.run_ns : 0;
}
