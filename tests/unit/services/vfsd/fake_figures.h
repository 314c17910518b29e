/* What vfsd is told by a kernel that has two processes. */
#pragma once

#include "booted.h"

static struct vfs_node opened_file; /* by descriptor 7 */

static enum status fake_ask(void *, uint32_t topic, uint64_t index, struct figures_answer *answer)
{
	static const struct system_figures system = {.uptime_ns = 12340000000,
	                                             .idle_ns = 5000000000,
	                                             .total_bytes = 64 << 20,
	                                             .free_bytes = 32 << 20,
	                                             .cached_bytes = 4 << 20,
	                                             .load = {32768, 65536, 0},
	                                             .cpus = 1,
	                                             .tasks = 3,
	                                             .running = 1,
	                                             .last_pid = 9,
	                                             .interrupts = 5000000000};
	struct process_figures process = {.pid = index,
	                                  .parent_pid = 1,
	                                  .group = index,
	                                  .state = 'S',
	                                  .tasks = 1,
	                                  .user_ns = 70000000,
	                                  .resident_bytes = 8192,
	                                  .name = "tool",
	                                  .path = "apps/tool/tool"};
	static const struct lock_figures locks = {.taken = 70, .shared = 4, .interrupts_off = 9};
	static const struct fault_figures faults[] = {
	        {.point = "alloc.frame", .action = "off", .hits = 5},
	        {.point = "socket.send", .action = "rate:10:3", .hits = 900, .fired = 8}};
	static const uint64_t pids[] = {4, 9};
	static const struct task_figures tasks[] = {
	        {.tid = 9, .affinity = 0x8000000000000007, .nice = -5, .blocked = 2, .state = 'S'},
	        {.tid = 12, .affinity = 1, .user_ns = 30000000, .state = 'R', .name = "helper"}};
	static const struct limits_slot limits = {
	        .limits = {{UINT64_MAX, UINT64_MAX}, [7] = {256, 1024}}};
	static const struct names_slot machine = {.host = "here"};
	static const uint8_t random[16] = {0xab, 0xcd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	static const struct credentials_slot credentials = {.uid = 7, .euid = 0, .suid = 7};
	const struct descriptor_figures descriptors[] = {
	        {.descriptor = 0, .kind = DESCRIPTOR_DEVICE},
	        {.descriptor = 3, .kind = DESCRIPTOR_PIPE, .id = 77, .offset = 5, .flags = 04001},
	        {.descriptor = 7,
	         .kind = DESCRIPTOR_VNODE,
	         .volume = opened_file.volume,
	         .generation = opened_file.generation,
	         .inode = opened_file.inode}};
	size_t skipped = 0;
	static const struct terminal_figures terminals[] = {{.number = 0},
	                                                    {.number = 12, .uid = 7}};
	size_t terminal = 0;
	const void *from = &process;
	size_t len = sizeof process;
	bool known = index == 4 || index == 9;
	size_t after = index >> 32;
	switch (topic) {
	case SYSTEM_QUERY_SYSTEM:
		from = &system;
		len = sizeof system;
		break;
	case SYSTEM_QUERY_CPUS:
		len = 0;
		break;
	case SYSTEM_QUERY_PROCESSES:
		from = &pids[index < 4 ? 0 : 1];
		len = index < 4 ? sizeof pids : index < 9 ? sizeof pids[0] : 0;
		break;
	case SYSTEM_QUERY_DESCRIPTORS:
		while (skipped < COUNT(descriptors) && descriptors[skipped].descriptor < after)
			skipped++;
		from = descriptors + skipped;
		len = sizeof descriptors[0] * (COUNT(descriptors) - skipped);
		break;
	case SYSTEM_QUERY_ARGUMENTS:
		after = after < 8 ? after : 8;
		from = "tool\0-x" + after;
		len = 8 - after;
		break;
	case SYSTEM_QUERY_PROCESS:
		if (!known)
			return ERR_NO_PROCESS;
		break;
	case SYSTEM_QUERY_TERMINALS:
		while (terminal < 2 && terminals[terminal].number < index)
			terminal++;
		from = terminals + terminal;
		len = (2 - terminal) * sizeof terminals[0];
		break;
	case SYSTEM_QUERY_ENVIRONMENT:
		from = "A=b\0C=d" + after;
		len = 8 - after;
		break;
	case SYSTEM_QUERY_TASKS:
		while (skipped < COUNT(tasks) && tasks[skipped].tid <= after)
			skipped++;
		from = tasks + skipped;
		len = sizeof tasks[0] * (COUNT(tasks) - skipped);
		break;
	case SYSTEM_QUERY_LIMITS:
		from = &limits;
		len = sizeof limits;
		break;
	case SYSTEM_QUERY_NAMES:
		from = &machine;
		len = sizeof machine;
		break;
	case SYSTEM_QUERY_RANDOM:
		from = random;
		len = sizeof random;
		break;
	case SYSTEM_QUERY_CREDENTIALS:
		from = &credentials;
		len = sizeof credentials;
		break;
	case SYSTEM_QUERY_FAULTS:
		from = faults + (index < 2 ? index : 2);
		len = sizeof faults[0] * (index < 2 ? 2 - index : 0);
		break;
	case SYSTEM_QUERY_LOCKS:
		from = &locks;
		len = sizeof locks;
		break;
	default:
		return ERR_INVALID_ARGS;
	}
	answer->len = len < answer->capacity ? len : answer->capacity;
	memcpy(answer->bytes, from, answer->len);
	return OK;
}
