/*
 * What is told of machine, processes and threads, for /proc. Part of ps/api.h.
 */
#pragma once

#include <abi/status.h>
#include <abi/syscalls.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* user_ns, tasks and what follows from them; the rest of the machine is 0. */
void figures_system(struct system_figures *out);
/* Those with a higher pid, ascending, with the dead that nobody has waited for; how many. */
size_t figures_processes(uint64_t after, uint64_t *out, size_t capacity);
/* ERR_NO_PROCESS: none with this pid lives, nor is dead and not waited for. */
enum status figures_process(uint64_t pid, struct process_figures *out);
/*
 * The arguments or the environment, each text with its NUL, from the byte offset on: as the
 * program's memory has them now, as far as their pages are there.
 */
struct figures_text {
	bool is_environment;
	uint64_t offset;
	char *out;
	size_t capacity;
};

enum status figures_text(uint64_t pid, const struct figures_text *text, size_t *out_len);
enum status figures_credentials(uint64_t pid, struct credentials_slot *out);
enum status figures_limits(uint64_t pid, struct limits_slot *out);
/* The threads with a higher number, ascending; how many. */
size_t figures_tasks(uint64_t pid, uint64_t after, struct task_figures *out, size_t capacity);
struct figures_mappings {
	struct mapping_figures *mappings;
	size_t capacity;
	size_t count; /* set */
};

/* Those that end above from, by address. */
enum status figures_mappings(uint64_t pid, uintptr_t from, struct figures_mappings *out);
/* Ascending; how many. */
size_t figures_descriptors(uint64_t pid, uint64_t from, struct descriptor_figures *out,
                           size_t capacity);
