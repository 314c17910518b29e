/* Files of /proc about a process. Formats: proc(5). */
#include "made/made.h"

#include <string.h>

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

enum status made_write_name(struct vfs_service *self, uint64_t made, struct format_buffer *text)
{
	struct process_figures p;
	enum status status = made_process(self, made_pid(made), &p);
	if (status == OK)
		format_append(text, "%s\n", (const char *)p.name);
	return status;
}

static enum status read_texts(struct vfs_service *self, uint32_t topic, uint64_t pid_from,
                              struct format_buffer *text)
{
	const struct figures_answer answer = {.bytes = text->ptr, .capacity = text->size};
	int64_t len = figures_ask(&self->figures, topic, pid_from, answer);
	if (len < 0)
		return (enum status)len;
	text->len = (size_t)len;
	return OK;
}

enum status made_read_arguments(struct vfs_service *self, uint64_t pid, uint64_t offset,
                                struct format_buffer *text)
{
	return offset > UINT32_MAX
	               ? OK
	               : read_texts(self, SYSTEM_QUERY_ARGUMENTS, offset << 32 | pid, text);
}

enum status made_read_environment(struct vfs_service *self, uint64_t pid, uint64_t offset,
                                  struct format_buffer *text)
{
	return offset > UINT32_MAX
	               ? OK
	               : read_texts(self, SYSTEM_QUERY_ENVIRONMENT, offset << 32 | pid, text);
}

enum status made_write_process_pages(struct vfs_service *self, uint64_t made,
                                     struct format_buffer *text)
{
	struct process_figures p;
	enum status status = made_process(self, made_pid(made), &p);
	if (status == OK)
		format_append(text, "%llu %llu 0 0 0 0 0\n",
		              (unsigned long long)p.virtual_bytes / MADE_PAGE,
		              (unsigned long long)p.resident_bytes / MADE_PAGE);
	return status;
}

enum status made_write_descriptor_fact(struct vfs_service *self, uint64_t made,
                                       struct format_buffer *text)
{
	struct descriptor_figures d;
	if (!made_descriptor(self, made_pid(made), made_descriptor_of(made), &d))
		return ERR_NOT_FOUND;
	format_append(text, "pos:\t%llu\nflags:\t0%o\nmnt_id:\t%u\nino:\t%llu\n",
	              (unsigned long long)d.offset, d.flags, d.volume,
	              (unsigned long long)(d.kind == DESCRIPTOR_VNODE ? d.inode : d.id));
	return OK;
}
