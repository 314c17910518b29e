/*
 * /proc as a tree of numbers: which directories and files there are, and their names; /dev/pts too.
 *
 * A number holds a kind, a descriptor and a process. The names are in rows.c; what a file
 * says is in the files beside it.
 */
#include "made/made.h"

#include <format/api.h>
#include <string.h>

enum {
	PID_MAX_DIGITS = 20,
	MADE_TERMINAL_MAJOR = 136,
	MADE_TERMINAL_NUMBER_MAX = 255,
};

/* What has a reader in place of a writer. */
static made_reader *reader_of(enum made_kind kind)
{
	return kind == MADE_MAPPINGS      ? made_read_mappings
	       : kind == MADE_ARGUMENTS   ? made_read_arguments
	       : kind == MADE_ENVIRONMENT ? made_read_environment
	       : kind == MADE_SOCKETS     ? made_read_sockets
	                                  : NULL;
}

static uint64_t made_of(uint64_t pid, uint32_t descriptor, enum made_kind kind)
{
	return pid << 32 | (uint64_t)descriptor << 8 | kind;
}

/* A number without zeros before it. */
static bool number_of(struct str name, uint64_t max, uint64_t *out_value)
{
	return name.len && name.len <= PID_MAX_DIGITS && (name.len == 1 || name.ptr[0] != '0') &&
	       str_to_u64(name, out_value) && *out_value <= max;
}

static bool descriptor_exists(struct vfs_service *self, uint64_t pid, uint32_t descriptor)
{
	struct descriptor_figures found;
	return made_descriptor(self, pid, descriptor, &found);
}

/* What stands in a folder by its number; 0: nothing. */
static enum made_kind numbered_in(enum made_kind directory)
{
	return directory == MADE_DESCRIPTORS        ? MADE_DESCRIPTOR
	       : directory == MADE_DESCRIPTOR_FACTS ? MADE_DESCRIPTOR_FACT
	       : directory == MADE_TASKS            ? MADE_TASK
	                                            : 0;
}

static bool number_exists(struct vfs_service *self, uint64_t pid, uint32_t number,
                          enum made_kind kind)
{
	struct task_figures task;
	if (kind != MADE_TASK)
		return descriptor_exists(self, pid, number);
	return made_task(self, pid, number, &task) == OK && task.tid == number;
}

static bool terminal_exists(struct vfs_service *self, uint64_t number)
{
	struct terminal_figures terminal;
	return made_terminal(self, number, &terminal) == OK && terminal.number == number;
}

enum store_volume_kind made_volume(uint64_t made)
{
	enum made_kind kind = made_kind_of(made);
	bool is_terminal = kind == MADE_KIND_TERMINALS || kind == MADE_TERMINAL;
	return is_terminal ? STORE_VOLUME_TERMINALS : STORE_VOLUME_PROCESSES;
}

enum status made_child(struct vfs_service *self, uint64_t directory, struct str name,
                       uint64_t *out_made)
{
	struct process_figures process;
	enum made_kind kind = made_kind_of(directory);
	uint64_t number;
	if (kind == MADE_KIND_TERMINALS) {
		if (!number_of(name, MADE_TERMINAL_NUMBER_MAX, &number) ||
		    !terminal_exists(self, number))
			return ERR_NOT_FOUND;
		*out_made = made_of(0, (uint32_t)number, MADE_TERMINAL);
		return OK;
	}
	enum made_kind numbered = numbered_in(kind);
	if (numbered) {
		if (!number_of(name, MADE_DESCRIPTOR_MAX, &number) ||
		    !number_exists(self, made_pid(directory), (uint32_t)number, numbered))
			return ERR_NOT_FOUND;
		*out_made = made_of(made_pid(directory), (uint32_t)number, numbered);
		return OK;
	}
	if (kind == MADE_KIND_ROOT && number_of(name, UINT32_MAX, &number)) {
		*out_made = made_of(number, 0, MADE_PROCESS);
		return made_process(self, number, &process) == OK ? OK : ERR_NOT_FOUND;
	}
	const struct made_row *row = made_row_named(kind, name);
	if (row)
		*out_made = made_of(made_pid(directory), made_descriptor_of(directory), row->kind);
	return row ? OK : ERR_NOT_FOUND;
}

uint64_t made_parent(uint64_t made)
{
	uint64_t pid = made_pid(made);
	switch (made_kind_of(made)) {
	case MADE_KIND_ROOT:
	case MADE_PROCESS:
		return MADE_ROOT;
	case MADE_KIND_TERMINALS:
	case MADE_TERMINAL:
		return MADE_TERMINALS;
	case MADE_DESCRIPTOR:
		return made_of(pid, 0, MADE_DESCRIPTORS);
	case MADE_DESCRIPTOR_FACT:
		return made_of(pid, 0, MADE_DESCRIPTOR_FACTS);
	case MADE_TASK:
		return made_of(pid, 0, MADE_TASKS);
	default:
		break;
	}
	const struct made_row *row = made_row_of(made_kind_of(made));
	enum made_kind parent = row ? row->directory : MADE_KIND_ROOT;
	return made_of(pid, parent == MADE_TASK ? made_descriptor_of(made) : 0, parent);
}

size_t made_name(uint64_t made, char *out, size_t capacity)
{
	struct format_buffer text = {.ptr = out, .size = capacity};
	const struct made_row *row = made_row_of(made_kind_of(made));
	if (made_kind_of(made) == MADE_PROCESS)
		format_append(&text, "%llu", (unsigned long long)made_pid(made));
	else if (!row)
		format_append(&text, "%u", made_descriptor_of(made));
	else
		format_append_str(&text, row->name);
	return text.len;
}

/* A name for what the kernel opens by its number. */
static enum status terminal_facts(struct vfs_service *self, uint64_t made,
                                  struct vfs_facts *out_facts)
{
	struct terminal_figures terminal;
	uint32_t number = made_descriptor_of(made);
	if (made_terminal(self, number, &terminal) != OK || terminal.number != number)
		return ERR_NOT_FOUND;
	*out_facts = (struct vfs_facts){
	        .mode = MODE_CHARACTER | 0620,
	        .uid = terminal.uid,
	        .gid = terminal.gid,
	        .links = 1,
	        .rdev = (uint64_t)MADE_TERMINAL_MAJOR << 8 | number,
	        .content = VFS_CONTENT_DEVICE,
	};
	return OK;
}

/* Of the link for a descriptor: what may be done with what is open. */
static uint32_t descriptor_mode(struct vfs_service *self, uint64_t pid, uint32_t descriptor)
{
	enum { ACCESS_MASK = 3, READ_ONLY = 0, WRITE_ONLY = 1, PATH_ONLY = 010000000 };
	enum { READS = 0500, WRITES = 0300 };
	struct descriptor_figures found;
	if (!made_descriptor(self, pid, descriptor, &found) || found.flags & PATH_ONLY)
		return MODE_LINK;
	uint32_t access = found.flags & ACCESS_MASK;
	return MODE_LINK | (access == WRITE_ONLY ? 0 : READS) | (access == READ_ONLY ? 0 : WRITES);
}

enum status made_facts(struct vfs_service *self, uint64_t made, struct vfs_facts *out_facts)
{
	enum made_kind kind = made_kind_of(made);
	struct process_figures process = {};
	uint64_t pid = made_pid(made);
	uint32_t mode = MODE_DIRECTORY | 0555;
	const struct made_row *row = made_row_of(kind);
	if (kind == MADE_TERMINAL)
		return terminal_facts(self, made, out_facts);
	if (pid && made_process(self, pid, &process) != OK)
		return ERR_NO_PROCESS;
	uint32_t number = made_descriptor_of(made);
	bool is_of_task = kind == MADE_TASK || (row && row->directory == MADE_TASK);
	if (is_of_task && !number_exists(self, pid, number, MADE_TASK))
		return ERR_NO_PROCESS;
	if ((kind == MADE_DESCRIPTOR || kind == MADE_DESCRIPTOR_FACT) &&
	    !number_exists(self, pid, number, kind))
		return ERR_NOT_FOUND;
	if (kind == MADE_DESCRIPTOR)
		mode = descriptor_mode(self, pid, number);
	else if (kind == MADE_DESCRIPTOR_FACT)
		mode = MODE_FILE | 0400;
	else if (row)
		mode = row->mode;
	*out_facts = (struct vfs_facts){.mode = mode,
	                                .uid = process.uid,
	                                .gid = process.gid,
	                                .links = mode_is(mode, MODE_DIRECTORY) ? 2 : 1};
	if (mode_is(mode, MODE_FILE))
		out_facts->content = VFS_CONTENT_MADE;
	if (kind == MADE_DESCRIPTOR) {
		out_facts->content = VFS_CONTENT_DESCRIPTOR;
		out_facts->rdev = pid << 32 | made_descriptor_of(made);
	}
	return OK;
}

/* Rows have the cookies 3 and on; processes and descriptors those behind, by their number. */
enum { COOKIE_ROWS = 3, COOKIE_NUMBERS = 64 };

static enum status after_rows(uint64_t directory, uint64_t cookie, struct made_entry *out)
{
	const struct made_row *row =
	        made_row_at(made_kind_of(directory),
	                    cookie < COOKIE_ROWS ? 0 : (size_t)(cookie - COOKIE_ROWS + 1));
	if (!row)
		return ERR_NOT_FOUND;
	out->made = made_of(made_pid(directory), made_descriptor_of(directory), row->kind);
	out->cookie = cookie < COOKIE_ROWS ? COOKIE_ROWS : cookie + 1;
	return OK;
}

static enum status after_numbers(struct vfs_service *self, uint64_t directory, uint64_t from,
                                 struct made_entry *out)
{
	uint64_t pid = made_pid(directory), number;
	if (made_kind_of(directory) == MADE_KIND_TERMINALS) {
		struct terminal_figures terminal;
		if (made_terminal(self, from, &terminal) != OK)
			return ERR_NOT_FOUND;
		out->made = made_of(0, terminal.number, MADE_TERMINAL);
		out->cookie = COOKIE_NUMBERS + terminal.number + 1ull;
		return OK;
	}
	if (made_kind_of(directory) == MADE_KIND_ROOT) {
		uint64_t next;
		const struct figures_answer answer = {.bytes = &next, .capacity = sizeof next};
		if (figures_ask_whole(&self->figures, SYSTEM_QUERY_PROCESSES, from, answer) != OK)
			return ERR_NOT_FOUND;
		out->made = made_of(next, 0, MADE_PROCESS);
		number = next;
	} else if (made_kind_of(directory) == MADE_TASKS) {
		struct task_figures task;
		if (made_task(self, pid, from, &task) != OK || task.tid > MADE_DESCRIPTOR_MAX)
			return ERR_NOT_FOUND;
		out->made = made_of(pid, (uint32_t)task.tid, MADE_TASK);
		number = task.tid + 1;
	} else {
		uint32_t descriptor;
		if (!made_next_descriptor(self, pid, from, &descriptor))
			return ERR_NOT_FOUND;
		out->made = made_of(pid, descriptor, numbered_in(made_kind_of(directory)));
		number = descriptor + 1ull;
	}
	out->cookie = COOKIE_NUMBERS + number;
	return OK;
}

enum status made_after(struct vfs_service *self, uint64_t directory, uint64_t cookie,
                       struct made_entry *out_entry)
{
	enum made_kind kind = made_kind_of(directory);
	enum status status = ERR_NOT_FOUND;
	bool has_numbers =
	        numbered_in(kind) || kind == MADE_KIND_ROOT || kind == MADE_KIND_TERMINALS;
	if (!numbered_in(kind) && cookie < COOKIE_NUMBERS)
		status = after_rows(directory, cookie, out_entry);
	if (status != OK && has_numbers)
		status = after_numbers(self, directory,
		                       cookie < COOKIE_NUMBERS ? 0 : cookie - COOKIE_NUMBERS,
		                       out_entry);
	if (status == OK)
		out_entry->name_len =
		        made_name(out_entry->made, out_entry->name, sizeof out_entry->name);
	return status;
}

enum status made_read(struct vfs_service *self, uint64_t made, uint64_t offset, uint8_t *out,
                      size_t *len)
{
	const struct made_row *row = made_row_of(made_kind_of(made));
	made_writer *write = made_kind_of(made) == MADE_DESCRIPTOR_FACT ? made_write_descriptor_fact
	                     : row                                      ? row->write
	                                                                : NULL;
	struct format_buffer text = {.ptr = (char *)out, .size = VFS_BYTES_MAX};
	made_reader *read = reader_of(made_kind_of(made));
	if (read) {
		text.size = *len;
		enum status status = read(self, made_pid(made), offset, &text);
		*len = text.len;
		return status;
	}
	if (!write && !(row && row->text.len))
		return ERR_INVALID_ARGS;
	if (!write)
		format_append_str(&text, row->text);
	enum status status = write ? write(self, made, &text) : OK;
	if (status != OK)
		return status;
	size_t from = offset < text.len ? (size_t)offset : text.len;
	size_t size = text.len - from < *len ? text.len - from : *len;
	memmove(out, out + from, size);
	*len = size;
	return OK;
}

enum status made_target(struct vfs_service *self, uint64_t made, uint64_t reader_pid,
                        struct format_buffer *text)
{
	switch (made_kind_of(made)) {
	case MADE_SELF:
		format_append(text, "%llu", (unsigned long long)reader_pid);
		return OK;
	case MADE_MOUNTS_LINK:
		format_append(text, "self/mounts");
		return OK;
	case MADE_NET_LINK:
		format_append(text, "self/net");
		return OK;
	case MADE_ROOT_LINK:
		format_append(text, "/");
		return OK;
	case MADE_DIRECTORY_LINK:
	case MADE_IMAGE_LINK:
	case MADE_DESCRIPTOR:
		return made_link_target(self, made, text);
	default:
		return ERR_INVALID_ARGS;
	}
}
