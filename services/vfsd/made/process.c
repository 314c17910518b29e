/* Files of /proc about a process. Formats: proc(5). */
#include "made/made.h"

#include <string.h>

enum { KIB = 1024 };

enum status made_process(struct vfs_service *self, uint64_t pid, struct process_figures *out)
{
	const struct figures_answer answer = {.bytes = out, .capacity = sizeof *out};
	if (figures_ask_whole(&self->figures, SYSTEM_QUERY_PROCESS, pid, answer) != OK)
		return ERR_NO_PROCESS;
	out->name[sizeof out->name - 1] = '\0';
	out->path[sizeof out->path - 1] = '\0';
	return OK;
}

/* The first descriptor that is not below `from`. */
static bool descriptor_from(struct vfs_service *self, uint64_t pid, uint64_t from,
                            struct descriptor_figures *out)
{
	const struct figures_answer answer = {.bytes = out, .capacity = sizeof *out};
	return from <= UINT32_MAX && figures_ask_whole(&self->figures, SYSTEM_QUERY_DESCRIPTORS,
	                                               from << 32 | pid, answer) == OK;
}

bool made_descriptor(struct vfs_service *self, uint64_t pid, uint32_t descriptor,
                     struct descriptor_figures *out)
{
	return descriptor_from(self, pid, descriptor, out) && out->descriptor == descriptor;
}

enum status made_descriptor_place(struct vfs_service *self, uint64_t made, struct place *out_place)
{
	struct descriptor_figures d;
	if (!made_descriptor(self, made_pid(made), made_descriptor_of(made), &d) ||
	    d.kind != DESCRIPTOR_VNODE)
		return ERR_NOT_FOUND;
	const struct vfs_node node = {d.volume, d.generation, d.inode};
	return place_of_node(self, &node, (uint16_t)d.id, out_place);
}

bool made_next_descriptor(struct vfs_service *self, uint64_t pid, uint64_t from,
                          uint32_t *out_descriptor)
{
	struct descriptor_figures found;
	bool any = descriptor_from(self, pid, from, &found);
	if (any)
		*out_descriptor = found.descriptor;
	return any;
}

enum status made_add_path(struct vfs_service *self, const struct vfs_node *node, uint16_t mount,
                          struct format_buffer *text)
{
	struct place place;
	char buffer[VFS_PATH_MAX + 1];
	struct str path;
	const struct place root = {.inode = self->tree.store.header->volumes[1].root};
	enum status status = node->inode ? place_of_node(self, node, mount, &place) : ERR_NOT_FOUND;
	if (status == OK)
		status = place_path(self, place, root, (struct str){buffer, sizeof buffer}, &path);
	if (status == OK)
		format_append_str(text, path);
	return status;
}

static enum status add_descriptor(struct vfs_service *self, uint64_t pid, uint32_t descriptor,
                                  struct format_buffer *text)
{
	struct descriptor_figures d;
	if (!made_descriptor(self, pid, descriptor, &d))
		return ERR_NOT_FOUND;
	const struct vfs_node node = {d.volume, d.generation, d.inode};
	switch (d.kind) {
	case DESCRIPTOR_VNODE:
		if (made_add_path(self, &node, (uint16_t)d.id, text) != OK)
			format_append(text, "/ (deleted)");
		return OK;
	case DESCRIPTOR_PIPE:
		format_append(text, "pipe:[%llu]", (unsigned long long)d.id);
		return OK;
	case DESCRIPTOR_SOCKET:
		format_append(text, "socket:[%llu]", (unsigned long long)d.id);
		return OK;
	case DESCRIPTOR_DEVICE:
		format_append(text, "/dev/console");
		return OK;
	default:
		format_append(text, "anon_inode:[%llu]", (unsigned long long)d.id);
		return OK;
	}
}

enum status made_link_target(struct vfs_service *self, uint64_t made, struct format_buffer *text)
{
	struct process_figures p;
	uint64_t pid = made_pid(made);
	enum made_kind kind = made_kind_of(made);
	if (kind == MADE_DESCRIPTOR)
		return add_descriptor(self, pid, made_descriptor_of(made), text);
	enum status status = made_process(self, pid, &p);
	if (status != OK)
		return status;
	const struct vfs_node image = {p.image_volume, p.image_generation, p.image_inode};
	const struct vfs_node folder = {p.directory_volume, p.directory_generation,
	                                p.directory_inode};
	if (kind == MADE_DIRECTORY_LINK && !folder.inode)
		format_append(text, "/");
	else if (kind == MADE_DIRECTORY_LINK)
		return made_add_path(self, &folder, p.directory_mount, text);
	else if (image.inode)
		return made_add_path(self, &image, 0, text);
	else if (p.path[0])
		format_append(text, "%s%s", p.path[0] == '/' ? "" : "/", (const char *)p.path);
	else
		return ERR_NOT_FOUND;
	return OK;
}

enum status made_write_name(struct vfs_service *self, uint64_t pid, struct format_buffer *text)
{
	struct process_figures p;
	enum status status = made_process(self, pid, &p);
	if (status == OK)
		format_append(text, "%s\n", (const char *)p.name);
	return status;
}

enum status made_read_arguments(struct vfs_service *self, uint64_t pid, uint64_t offset,
                                struct format_buffer *text)
{
	const struct figures_answer answer = {.bytes = text->ptr, .capacity = text->size};
	if (offset > UINT32_MAX)
		return OK;
	int64_t len =
	        figures_ask(&self->figures, SYSTEM_QUERY_ARGUMENTS, offset << 32 | pid, answer);
	if (len < 0)
		return (enum status)len;
	text->len = (size_t)len;
	return OK;
}

enum status made_write_process_stat(struct vfs_service *self, uint64_t pid,
                                    struct format_buffer *text)
{
	struct process_figures p;
	enum status status = made_process(self, pid, &p);
	if (status != OK)
		return status;
	typedef unsigned long long number;
	format_append(text, "%llu (%s) %c %llu %llu %llu %llu %lld 0 0 0 0 0 ", (number)p.pid,
	              (const char *)p.name, (int)p.state, (number)p.parent_pid, (number)p.group,
	              (number)p.session, (number)p.terminal,
	              p.foreground_group ? (long long)p.foreground_group : -1ll);
	format_append(text, "%llu %llu %llu %llu 20 0 %u 0 %llu %llu %llu ", made_ticks(p.user_ns),
	              made_ticks(p.kernel_ns), made_ticks(p.children_user_ns),
	              made_ticks(p.children_kernel_ns), p.tasks, made_ticks(p.start_ns),
	              (number)p.virtual_bytes, (number)p.resident_bytes / MADE_PAGE);
	/* limit of memory, addresses, signals, and what comes after them */
	format_append(text, "18446744073709551615 0 0 0 0 0 %llu 0 %llu %llu 0 0 0 17 0 0 0 0 0 0 ",
	              (number)p.signals_pending, (number)p.signals_ignored,
	              (number)p.signals_caught);
	format_append(text, "0 0 0 0 0 0 0 0\n");
	return OK;
}

enum status made_write_process_pages(struct vfs_service *self, uint64_t pid,
                                     struct format_buffer *text)
{
	struct process_figures p;
	enum status status = made_process(self, pid, &p);
	if (status == OK)
		format_append(text, "%llu %llu 0 0 0 0 0\n",
		              (unsigned long long)p.virtual_bytes / MADE_PAGE,
		              (unsigned long long)p.resident_bytes / MADE_PAGE);
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

static enum status add_identity(struct vfs_service *self, uint64_t pid, struct format_buffer *text)
{
	struct credentials_slot c;
	if (access_credentials(&self->figures, pid, &c) != OK)
		return ERR_NO_PROCESS;
	format_append(text, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\nGroups:\t", c.uid, c.euid,
	              c.suid, c.fsuid, c.gid, c.egid, c.sgid, c.fsgid);
	for (size_t i = 0; i < c.group_count; i++)
		format_append(text, "%u ", c.groups[i]);
	format_append(text, "\n");
	return OK;
}

enum status made_write_process_status(struct vfs_service *self, uint64_t pid,
                                      struct format_buffer *text)
{
	struct process_figures p;
	enum status status = made_process(self, pid, &p);
	if (status != OK)
		return status;
	typedef unsigned long long number;
	format_append(text, "Name:\t%s\nState:\t%c (%s)\nTgid:\t%llu\nPid:\t%llu\nPPid:\t%llu\n",
	              (const char *)p.name, (int)p.state, state_name(p.state), (number)p.pid,
	              (number)p.pid, (number)p.parent_pid);
	format_append(text, "TracerPid:\t0\n");
	status = add_identity(self, pid, text);
	if (status != OK)
		return status;
	format_append(text, "VmSize:\t%8llu kB\nVmRSS:\t%8llu kB\nThreads:\t%u\n",
	              (number)p.virtual_bytes / KIB, (number)p.resident_bytes / KIB, p.tasks);
	format_append(text, "SigPnd:\t%016llx\nSigIgn:\t%016llx\nSigCgt:\t%016llx\n",
	              (number)p.signals_pending, (number)p.signals_ignored,
	              (number)p.signals_caught);
	return OK;
}
