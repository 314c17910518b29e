/* Inside /proc: numbers of files, and what their writers ask the kernel. */
#pragma once

#include "vfsd.h"
#include <format/api.h>

enum made_kind {
	MADE_KIND_ROOT = MADE_ROOT,
	MADE_KIND_TERMINALS = MADE_TERMINALS,
	MADE_TERMINAL,
	MADE_PROCESS,
	MADE_SELF,
	MADE_MOUNTS_LINK,
	MADE_KERNEL_ARGUMENTS,
	MADE_CPUS,
	MADE_FILESYSTEMS,
	MADE_LOAD,
	MADE_MEMORY,
	MADE_STAT,
	MADE_UPTIME,
	MADE_VERSION,
	MADE_ARGUMENTS,
	MADE_NAME,
	MADE_DIRECTORY_LINK,
	MADE_IMAGE_LINK,
	MADE_ROOT_LINK,
	MADE_DESCRIPTORS,
	MADE_DESCRIPTOR,
	MADE_MAPPINGS,
	MADE_MOUNTS,
	MADE_PROCESS_STAT,
	MADE_PROCESS_PAGES,
	MADE_PROCESS_STATUS,
	MADE_OWN, /* what only this system has */
	MADE_SERVICES,
	MADE_LOCKS,
	MADE_FAULTS,
	MADE_CONTROL_GROUP,
	MADE_ENVIRONMENT,
	MADE_DESCRIPTOR_FACTS, /* fdinfo */
	MADE_DESCRIPTOR_FACT,
	MADE_LIMITS,
	MADE_OUT_OF_MEMORY,
	MADE_OUT_OF_MEMORY_WISH,
	MADE_TASKS,
	MADE_TASK,
	MADE_TASK_NAME,
	MADE_TASK_STAT,
	MADE_TASK_STATUS,
	MADE_WAIT,
	MADE_PARTITIONS,
	MADE_SWAPS,
	MADE_SYSTEM, /* sys, and the folders and files in it */
	MADE_SYSTEM_FILES,
	MADE_FILE_MAX,
	MADE_DESCRIPTORS_MAX,
	MADE_WATCHING, /* inotify */
	MADE_WATCHES_MAX,
	MADE_WATCH_GROUPS_MAX,
	MADE_WATCH_EVENTS_MAX,
	MADE_SYSTEM_KERNEL,
	MADE_LAST_CAPABILITY,
	MADE_CORE_NAME,
	MADE_DOMAIN_NAME,
	MADE_HOST_NAME,
	MADE_GROUPS_MAX,
	MADE_RELEASE,
	MADE_SYSTEM_TYPE,
	MADE_PID_MAX,
	MADE_RANDOM,
	MADE_BOOT_ID,
	MADE_RANDOM_ID,
	MADE_SYSTEM_VERSION,
	MADE_SYSTEM_NET,
	MADE_NET_CORE,
	MADE_BACKLOG_MAX,
	MADE_SYSTEM_MEMORY,
	MADE_MAPPINGS_MAX,
	MADE_LOWEST_ADDRESS,
	MADE_OVERCOMMIT,
	MADE_MOUNT_TABLE,
	MADE_MODULES,
	MADE_NET_LINK,
	MADE_NET,
	MADE_SOCKETS,
};

typedef enum status made_writer(struct vfs_service *self, uint64_t made,
                                struct format_buffer *text);

/* Every file by its name; those of one directory stand in the order in which they are listed. */
struct made_row {
	struct str name;
	enum made_kind kind, directory;
	uint32_t mode;
	made_writer *write; /* what it says; NULL: text */
	struct str text;
};
/* NULL: files of this kind have no names of their own. */
const struct made_row *made_row_of(enum made_kind kind);
const struct made_row *made_row_named(enum made_kind directory, struct str name);
/* The n-th one in a directory. NULL: there are not so many. */
const struct made_row *made_row_at(enum made_kind directory, size_t n);

enum { MADE_DESCRIPTOR_MAX = 0xffffff, MADE_TICKS_PER_SECOND = 100, MADE_PAGE = 4096 };

static inline enum made_kind made_kind_of(uint64_t made)
{
	return (enum made_kind)(made & 0xff);
}

static inline uint32_t made_descriptor_of(uint64_t made)
{
	return (uint32_t)(made >> 8) & MADE_DESCRIPTOR_MAX;
}

static inline uint64_t made_pid(uint64_t made)
{
	return made >> 32;
}

/* Ticks of Linux's USER_HZ. */
static inline unsigned long long made_ticks(uint64_t ns)
{
	return ns / (1000000000 / MADE_TICKS_PER_SECOND);
}

/* The first terminal whose number is not below `from`; ERR_NOT_FOUND: none. */
enum status made_terminal(struct vfs_service *self, uint64_t from, struct terminal_figures *out);
/* ERR_NO_PROCESS. */
enum status made_process(struct vfs_service *self, uint64_t pid, struct process_figures *out);
bool made_descriptor(struct vfs_service *self, uint64_t pid, uint32_t descriptor,
                     struct descriptor_figures *out);
/* The first descriptor that is not below `from`. */
bool made_next_descriptor(struct vfs_service *self, uint64_t pid, uint64_t from,
                          uint32_t *out_descriptor);
/* Appends a path of a file. ERR_NOT_FOUND: it has none any more. */
enum status made_add_path(struct vfs_service *self, const struct vfs_node *node, uint16_t mount,
                          struct format_buffer *text);
/* The first thread whose number is not below `from`. ERR_NOT_FOUND. */
enum status made_task(struct vfs_service *self, uint64_t pid, uint64_t from,
                      struct task_figures *out);
/* Where exe, cwd and fd/N lead. */
enum status made_link_target(struct vfs_service *self, uint64_t made, struct format_buffer *text);

/* What files say. */
made_writer made_write_cpus, made_write_load, made_write_memory, made_write_stat, made_write_uptime,
        made_write_name, made_write_limit, made_write_mounts, made_write_mount_table,
        made_write_process_stat, made_write_process_pages, made_write_process_status,
        made_write_services, made_write_locks, made_write_faults, made_write_limits,
        made_write_task_name, made_write_task_stat, made_write_task_status,
        made_write_descriptor_fact, made_write_partitions, made_write_host_name,
        made_write_domain_name, made_write_modules, made_write_boot_id, made_write_random_id;

/* The same from an offset on, as much as there is room for: what may be longer than an answer. */
typedef enum status made_reader(struct vfs_service *self, uint64_t pid, uint64_t offset,
                                struct format_buffer *text);

/*
 * Of a list that is read in pieces: a read goes on where the last one ended, so that what comes and
 * goes meanwhile moves nothing. Adds the part of the next line that is asked for; false: its end
 * did not fit.
 */
bool made_add_line(struct made_cursor *at, struct str line, uint64_t offset,
                   struct format_buffer *text);

made_reader made_read_arguments, made_read_environment, made_read_mappings, made_read_sockets;
