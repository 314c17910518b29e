/* The names of /proc: proc(5). */
#include "made/made.h"

#include <abi/machine.h>

enum {
	FOLDER = MODE_DIRECTORY | 0555,
	OPEN = MODE_FILE | 0444,
	OWNER = MODE_FILE | 0400,
	LINK = MODE_LINK | 0777,
};

static const struct made_row rows[] = {
        {STR_INIT("cmdline"), MADE_KERNEL_ARGUMENTS, MADE_KIND_ROOT, OPEN, .text = STR_INIT("\n")},
        {STR_INIT("cpuinfo"), MADE_CPUS, MADE_KIND_ROOT, OPEN, .write = made_write_cpus},
        {STR_INIT("filesystems"), MADE_FILESYSTEMS, MADE_KIND_ROOT, OPEN,
         .text = STR_INIT("nodev\tproc\nnodev\ttmpfs\nnodev\tdevtmpfs\nnodev\tdevpts\n"
                          "nodev\tbootfs\n\text3\n\tfat\n\terofs\n")},
        {STR_INIT("loadavg"), MADE_LOAD, MADE_KIND_ROOT, OPEN, .write = made_write_load},
        {STR_INIT("meminfo"), MADE_MEMORY, MADE_KIND_ROOT, OPEN, .write = made_write_memory},
        {STR_INIT("mounts"), MADE_MOUNTS_LINK, MADE_KIND_ROOT, LINK, .write = NULL},
        {STR_INIT("modules"), MADE_MODULES, MADE_KIND_ROOT, OPEN, .write = made_write_modules},
        {STR_INIT("net"), MADE_NET_LINK, MADE_KIND_ROOT, LINK, .write = NULL},
        {STR_INIT("partitions"), MADE_PARTITIONS, MADE_KIND_ROOT, OPEN,
         .write = made_write_partitions},
        {STR_INIT("rustos"), MADE_OWN, MADE_KIND_ROOT, FOLDER, .write = NULL},
        {STR_INIT("self"), MADE_SELF, MADE_KIND_ROOT, LINK, .write = NULL},
        {STR_INIT("stat"), MADE_STAT, MADE_KIND_ROOT, OPEN, .write = made_write_stat},
        {STR_INIT("swaps"), MADE_SWAPS, MADE_KIND_ROOT, OPEN,
         .text = STR_INIT("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n")},
        {STR_INIT("sys"), MADE_SYSTEM, MADE_KIND_ROOT, FOLDER, .write = NULL},
        {STR_INIT("uptime"), MADE_UPTIME, MADE_KIND_ROOT, OPEN, .write = made_write_uptime},
        {STR_INIT("version"), MADE_VERSION, MADE_KIND_ROOT, OPEN,
         .text = STR_INIT("RustOS version 1.0.0 (Linux " MACHINE_LINUX_RELEASE ")\n")},
        {STR_INIT("faults"), MADE_FAULTS, MADE_OWN, OWNER, .write = made_write_faults},
        {STR_INIT("locks"), MADE_LOCKS, MADE_OWN, OPEN, .write = made_write_locks},
        {STR_INIT("services"), MADE_SERVICES, MADE_OWN, OPEN, .write = made_write_services},

        {STR_INIT("cgroup"), MADE_CONTROL_GROUP, MADE_PROCESS, OPEN, .text = STR_INIT("0::/\n")},
        {STR_INIT("cmdline"), MADE_ARGUMENTS, MADE_PROCESS, OPEN, .write = NULL},
        {STR_INIT("comm"), MADE_NAME, MADE_PROCESS, OPEN, .write = made_write_name},
        {STR_INIT("cwd"), MADE_DIRECTORY_LINK, MADE_PROCESS, LINK, .write = NULL},
        {STR_INIT("environ"), MADE_ENVIRONMENT, MADE_PROCESS, OWNER, .write = NULL},
        {STR_INIT("exe"), MADE_IMAGE_LINK, MADE_PROCESS, LINK, .write = NULL},
        {STR_INIT("fd"), MADE_DESCRIPTORS, MADE_PROCESS, MODE_DIRECTORY | 0500, .write = NULL},
        {STR_INIT("fdinfo"), MADE_DESCRIPTOR_FACTS, MADE_PROCESS, MODE_DIRECTORY | 0500,
         .write = NULL},
        {STR_INIT("limits"), MADE_LIMITS, MADE_PROCESS, OPEN, .write = made_write_limits},
        {STR_INIT("maps"), MADE_MAPPINGS, MADE_PROCESS, OWNER, .write = NULL},
        {STR_INIT("mountinfo"), MADE_MOUNT_TABLE, MADE_PROCESS, OPEN,
         .write = made_write_mount_table},
        {STR_INIT("mounts"), MADE_MOUNTS, MADE_PROCESS, OPEN, .write = made_write_mounts},
        {STR_INIT("net"), MADE_NET, MADE_PROCESS, FOLDER, .write = NULL},
        {STR_INIT("oom_score"), MADE_OUT_OF_MEMORY, MADE_PROCESS, OPEN, .text = STR_INIT("0\n")},
        {STR_INIT("oom_score_adj"), MADE_OUT_OF_MEMORY_WISH, MADE_PROCESS, OPEN,
         .text = STR_INIT("0\n")},
        {STR_INIT("root"), MADE_ROOT_LINK, MADE_PROCESS, LINK, .write = NULL},
        {STR_INIT("stat"), MADE_PROCESS_STAT, MADE_PROCESS, OPEN, .write = made_write_process_stat},
        {STR_INIT("statm"), MADE_PROCESS_PAGES, MADE_PROCESS, OPEN,
         .write = made_write_process_pages},
        {STR_INIT("status"), MADE_PROCESS_STATUS, MADE_PROCESS, OPEN,
         .write = made_write_process_status},
        {STR_INIT("task"), MADE_TASKS, MADE_PROCESS, FOLDER, .write = NULL},
        {STR_INIT("wchan"), MADE_WAIT, MADE_PROCESS, OPEN, .text = STR_INIT("0")},
        {STR_INIT("comm"), MADE_TASK_NAME, MADE_TASK, OPEN, .write = made_write_task_name},
        {STR_INIT("stat"), MADE_TASK_STAT, MADE_TASK, OPEN, .write = made_write_task_stat},
        {STR_INIT("status"), MADE_TASK_STATUS, MADE_TASK, OPEN, .write = made_write_task_status},
        {STR_INIT("unix"), MADE_SOCKETS, MADE_NET, OPEN, .write = NULL},

        {STR_INIT("fs"), MADE_SYSTEM_FILES, MADE_SYSTEM, FOLDER, .write = NULL},
        {STR_INIT("kernel"), MADE_SYSTEM_KERNEL, MADE_SYSTEM, FOLDER, .write = NULL},
        {STR_INIT("net"), MADE_SYSTEM_NET, MADE_SYSTEM, FOLDER, .write = NULL},
        {STR_INIT("vm"), MADE_SYSTEM_MEMORY, MADE_SYSTEM, FOLDER, .write = NULL},
        {STR_INIT("file-max"), MADE_FILE_MAX, MADE_SYSTEM_FILES, OPEN,
         .text = STR_INIT("9223372036854775807\n")},
        {STR_INIT("nr_open"), MADE_DESCRIPTORS_MAX, MADE_SYSTEM_FILES, OPEN,
         .write = made_write_limit},
        {STR_INIT("inotify"), MADE_WATCHING, MADE_SYSTEM_FILES, FOLDER, .write = NULL},
        {STR_INIT("max_queued_events"), MADE_WATCH_EVENTS_MAX, MADE_WATCHING, OPEN,
         .write = made_write_limit},
        {STR_INIT("max_user_instances"), MADE_WATCH_GROUPS_MAX, MADE_WATCHING, OPEN,
         .write = made_write_limit},
        {STR_INIT("max_user_watches"), MADE_WATCHES_MAX, MADE_WATCHING, OPEN,
         .write = made_write_limit},
        {STR_INIT("cap_last_cap"), MADE_LAST_CAPABILITY, MADE_SYSTEM_KERNEL, OPEN,
         .text = STR_INIT("40\n")},
        {STR_INIT("core_pattern"), MADE_CORE_NAME, MADE_SYSTEM_KERNEL, OPEN,
         .text = STR_INIT("\n")},
        {STR_INIT("domainname"), MADE_DOMAIN_NAME, MADE_SYSTEM_KERNEL, OPEN,
         .write = made_write_domain_name},
        {STR_INIT("hostname"), MADE_HOST_NAME, MADE_SYSTEM_KERNEL, OPEN,
         .write = made_write_host_name},
        {STR_INIT("ngroups_max"), MADE_GROUPS_MAX, MADE_SYSTEM_KERNEL, OPEN,
         .write = made_write_limit},
        {STR_INIT("osrelease"), MADE_RELEASE, MADE_SYSTEM_KERNEL, OPEN,
         .text = STR_INIT(MACHINE_LINUX_RELEASE "\n")},
        {STR_INIT("ostype"), MADE_SYSTEM_TYPE, MADE_SYSTEM_KERNEL, OPEN,
         .text = STR_INIT("Linux\n")},
        {STR_INIT("pid_max"), MADE_PID_MAX, MADE_SYSTEM_KERNEL, OPEN,
         .text = STR_INIT("4294967295\n")},
        {STR_INIT("random"), MADE_RANDOM, MADE_SYSTEM_KERNEL, FOLDER, .write = NULL},
        {STR_INIT("version"), MADE_SYSTEM_VERSION, MADE_SYSTEM_KERNEL, OPEN,
         .text = STR_INIT(MACHINE_LINUX_VERSION "\n")},
        {STR_INIT("boot_id"), MADE_BOOT_ID, MADE_RANDOM, OPEN, .write = made_write_boot_id},
        {STR_INIT("uuid"), MADE_RANDOM_ID, MADE_RANDOM, OPEN, .write = made_write_random_id},
        {STR_INIT("core"), MADE_NET_CORE, MADE_SYSTEM_NET, FOLDER, .write = NULL},
        {STR_INIT("somaxconn"), MADE_BACKLOG_MAX, MADE_NET_CORE, OPEN, .write = made_write_limit},
        {STR_INIT("max_map_count"), MADE_MAPPINGS_MAX, MADE_SYSTEM_MEMORY, OPEN,
         .text = STR_INIT("2147483647\n")},
        {STR_INIT("mmap_min_addr"), MADE_LOWEST_ADDRESS, MADE_SYSTEM_MEMORY, OPEN,
         .text = STR_INIT("65536\n")},
        {STR_INIT("overcommit_memory"), MADE_OVERCOMMIT, MADE_SYSTEM_MEMORY, OPEN,
         .text = STR_INIT("1\n")},
};

const struct made_row *made_row_of(enum made_kind kind)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].kind == kind)
			return &rows[i];
	return NULL;
}

const struct made_row *made_row_named(enum made_kind directory, struct str name)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].directory == directory && str_equal(rows[i].name, name))
			return &rows[i];
	return NULL;
}

const struct made_row *made_row_at(enum made_kind directory, size_t n)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].directory == directory && !n--)
			return &rows[i];
	return NULL;
}
