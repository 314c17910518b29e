/* Linux calls that move messages through sockets, with descriptors and credentials. */
#include "compat/linux/socket/sockets.h"
#include "core/api.h"
#include <kernel/syscall_prototypes.h>
#include <string.h>

enum {
	LINUX_CONTROL_MAX = 4096,
	LINUX_CONTROL_ALIGN = 8,
	LINUX_SEND_FLAGS = UNIX_DO_NOT_WAIT,
	LINUX_RECEIVE_FLAGS = UNIX_PEEK | UNIX_TRUNCATE | UNIX_DO_NOT_WAIT | UNIX_WAIT_ALL,
};

static size_t linux_control_space(size_t len)
{
	return (len + LINUX_CONTROL_ALIGN - 1) & ~(size_t)(LINUX_CONTROL_ALIGN - 1);
}

/* ---- sending ---- */

static enum status linux_take_files(const uint8_t *data, size_t len, struct unix_files *files)
{
	for (size_t at = 0; at + sizeof(int32_t) <= len; at += sizeof(int32_t)) {
		int32_t descriptor;
		memcpy(&descriptor, data + at, sizeof descriptor);
		if (files->count == UNIX_FILES_MAX)
			return ERR_INVALID_ARGS;
		TRY(linux_file_get(descriptor, &files->items[files->count]));
		files->count++;
	}
	return OK;
}

/* Credentials are taken only when they are the sender's own. */
static enum status linux_check_credentials(const uint8_t *data, size_t len)
{
	struct unix_credentials given;
	if (len != sizeof given)
		return ERR_INVALID_ARGS;
	memcpy(&given, data, sizeof given);
	const struct credentials_slot *self = process_credentials();
	bool is_user = given.uid == self->uid || given.uid == self->euid || given.uid == self->suid;
	bool is_group =
	        given.gid == self->gid || given.gid == self->egid || given.gid == self->sgid;
	bool own = given.pid == process_id(process_current()) && is_user && is_group;
	return own ? OK : ERR_NOT_PERMITTED;
}

static enum status linux_read_control(const uint8_t *bytes, size_t len, struct unix_files *files)
{
	struct linux_control_header header;
	for (size_t at = 0; at + sizeof header <= len; at += linux_control_space(header.len)) {
		memcpy(&header, bytes + at, sizeof header);
		if (header.len < sizeof header || header.len > len - at)
			return ERR_INVALID_ARGS;
		if (header.level != LINUX_SOL_SOCKET)
			continue;
		const uint8_t *data = bytes + at + sizeof header;
		size_t data_len = header.len - sizeof header;
		if (header.kind == LINUX_SCM_RIGHTS)
			TRY(linux_take_files(data, data_len, files));
		else if (header.kind == LINUX_SCM_CREDENTIALS)
			TRY(linux_check_credentials(data, data_len));
		else
			return ERR_INVALID_ARGS;
	}
	return OK;
}

/* The files that a message's control part names; NULL: none. */
static enum status linux_control_in(const struct linux_message *message,
                                    struct unix_files **out_files)
{
	*out_files = NULL;
	if (!message->control || message->control_len < sizeof(struct linux_control_header))
		return OK;
	if (message->control_len > LINUX_CONTROL_MAX)
		return ERR_NO_BUFFERS;
	uint8_t *bytes = heap_alloc(message->control_len);
	struct unix_files *files = HEAP_NEW(struct unix_files);
	enum status status = bytes && files ? OK : ERR_NO_MEMORY;
	if (status == OK)
		status = user_copy_in(bytes,
		                      (struct user_in){message->control, message->control_len});
	if (status == OK)
		status = linux_read_control(bytes, message->control_len, files);
	heap_free(bytes, message->control_len);
	if (status == OK && files->count) {
		*out_files = files;
		return OK;
	}
	unix_files_destroy(files);
	return status;
}

static int64_t linux_send(struct file *file, const struct user_in *parts, size_t part_count,
                          struct unix_send *send, uint32_t flags)
{
	struct transfer from;
	size_t count = 0;
	TRY(transfer_init(&from, parts, part_count));
	send->from = &from;
	send->flags = flags & LINUX_SEND_FLAGS;
	enum status status = unix_socket_send(file, send, &count);
	if (status == ERR_BROKEN_PIPE && !(flags & LINUX_MSG_NO_SIGNAL))
		linux_signal_broken_pipe();
	return status == OK ? (int64_t)count : status;
}

static enum status linux_destination(uintptr_t address, uint32_t len, struct unix_address *out)
{
	TRY(linux_socket_address(address, len, out));
	return linux_socket_address_find(out);
}

int64_t linux_sendto(int32_t descriptor, uintptr_t buffer, uint64_t length, uint32_t flags,
                     uintptr_t address, uint32_t address_len)
{
	LINUX_FILE file = NULL;
	struct unix_address to;
	struct unix_send send = {};
	const struct user_in part = {buffer, length < TRANSFER_MAX ? length : TRANSFER_MAX};
	TRY(linux_file_get(descriptor, &file));
	if (address) {
		TRY(linux_destination(address, address_len, &to));
		send.to = &to;
	}
	return linux_send(file, &part, 1, &send, flags);
}

static int64_t linux_send_message(struct file *file, uintptr_t address, uint32_t flags)
{
	struct linux_message message;
	struct linux_parts parts;
	struct unix_address to;
	struct unix_send send = {};
	TRY(user_copy_in(&message, (struct user_in){address, sizeof message}));
	if (message.name && message.name_len) {
		TRY(linux_destination(message.name, message.name_len, &to));
		send.to = &to;
	}
	TRY(linux_parts_get(&parts, message.parts, message.part_count));
	int64_t result = linux_control_in(&message, &send.files);
	if (result == OK)
		result = linux_send(file, parts.items, parts.count, &send, flags);
	unix_files_destroy(send.files);
	linux_parts_free(&parts);
	return result;
}

int64_t linux_sendmsg(int32_t descriptor, uintptr_t message, uint32_t flags)
{
	LINUX_FILE file = NULL;
	TRY(linux_file_get(descriptor, &file));
	return linux_send_message(file, message, flags);
}

int64_t linux_sendmmsg(int32_t descriptor, uintptr_t messages, uint32_t count, uint32_t flags)
{
	LINUX_FILE file = NULL;
	TRY(linux_file_get(descriptor, &file));
	count = count < LINUX_MESSAGES_MAX ? count : LINUX_MESSAGES_MAX;
	for (uint32_t i = 0; i < count; i++) {
		uintptr_t at = messages + i * sizeof(struct linux_counted_message);
		int64_t sent = linux_send_message(file, at, flags);
		if (sent < 0)
			return i ? i : sent;
		uint32_t len = (uint32_t)sent;
		at += offsetof(struct linux_counted_message, len);
		TRY(user_copy_out((struct user_out){at, sizeof len}, &len));
	}
	return count;
}

/* ---- receiving ---- */

struct linux_control_out {
	uintptr_t at;
	size_t capacity;
	size_t used;
	bool was_truncated;
};

/* The header of len bytes of data that are there already, or will be. */
static int64_t linux_put_control_header(struct linux_control_out *out, int32_t kind, size_t len)
{
	const struct linux_control_header header = {sizeof header + len, LINUX_SOL_SOCKET, kind};
	struct user_out place = {out->at + out->used, sizeof header};
	size_t space = linux_control_space(header.len);
	out->used = space < out->capacity - out->used ? out->used + space : out->capacity;
	return user_copy_out(place, &header);
}

/* How many bytes of data fit behind another header. */
static size_t linux_control_room(const struct linux_control_out *out)
{
	size_t room = out->capacity - out->used, header = sizeof(struct linux_control_header);
	return room > header ? room - header : 0;
}

static int64_t linux_put_credentials(struct linux_control_out *out,
                                     const struct unix_credentials *sender)
{
	uintptr_t at = out->at + out->used + sizeof(struct linux_control_header);
	if (linux_control_room(out) < sizeof *sender) {
		out->was_truncated = true;
		return OK;
	}
	TRY(user_copy_out((struct user_out){at, sizeof *sender}, sender));
	return linux_put_control_header(out, LINUX_SCM_CREDENTIALS, sizeof *sender);
}

/* Descriptors for as many files as there is room for; the others are closed. */
static int64_t linux_put_files(struct linux_control_out *out, struct unix_files *files,
                               uint32_t flags)
{
	uintptr_t at = out->at + out->used + sizeof(struct linux_control_header);
	size_t fits = linux_control_room(out) / sizeof(int32_t);
	uint32_t install = flags & LINUX_MSG_CLOSE_ON_EXEC ? FILE_CLOSE_ON_EXEC : 0;
	uint32_t count = 0;
	for (; count < files->count && count < fits; count++) {
		int64_t descriptor = linux_install(file_ref(files->items[count]), install);
		if (descriptor < 0)
			break;
		int32_t number = (int32_t)descriptor;
		TRY(user_copy_out((struct user_out){at + count * sizeof number, sizeof number},
		                  &number));
	}
	out->was_truncated |= count < files->count;
	return count ? linux_put_control_header(out, LINUX_SCM_RIGHTS, count * sizeof(int32_t))
	             : OK;
}

static int64_t linux_give_control(struct file *file, struct linux_message *message,
                                  struct unix_receive *receive, uint32_t flags)
{
	struct unix_facts facts;
	struct linux_control_out out = {
	        .at = message->control,
	        .capacity = message->control ? message->control_len : 0,
	};
	int64_t status = unix_socket_facts(file, &facts);
	if (status == OK && facts.passes_credentials && receive->sender.pid)
		status = linux_put_credentials(&out, &receive->sender);
	if (status == OK && receive->files)
		status = linux_put_files(&out, receive->files, flags);
	message->control_len = out.used;
	message->flags |= out.was_truncated ? LINUX_MSG_CONTROL_TRUNCATED : 0;
	return status;
}

/* The caller gives back what came along. */
static int64_t linux_receive(struct file *file, const struct linux_parts *parts,
                             struct unix_receive *receive, uint32_t flags)
{
	struct transfer to;
	size_t count = 0;
	TRY(transfer_init(&to, parts->items, parts->count));
	receive->to = &to;
	receive->flags = flags & LINUX_RECEIVE_FLAGS;
	enum status status = unix_socket_receive(file, receive, &count);
	return status == OK ? (int64_t)count : status;
}

static void linux_receive_end(struct unix_receive *receive)
{
	unix_files_destroy(receive->files);
	unix_name_unref(receive->from);
}

int64_t linux_recvfrom(int32_t descriptor, uintptr_t buffer, uint64_t length, uint32_t flags,
                       uintptr_t out_address, uintptr_t out_address_len)
{
	LINUX_FILE file = NULL;
	struct unix_receive receive = {};
	struct user_in part = {buffer, length < TRANSFER_MAX ? length : TRANSFER_MAX};
	const struct linux_parts parts = {.items = &part, .count = 1};
	uint32_t capacity = 0;
	TRY(linux_file_get(descriptor, &file));
	if (out_address)
		TRY(user_copy_in(&capacity, (struct user_in){out_address_len, sizeof capacity}));
	int64_t result = linux_receive(file, &parts, &receive, flags);
	int64_t status = OK;
	if (result >= 0 && out_address)
		status =
		        linux_put_socket_name(receive.from, out_address, capacity, out_address_len);
	linux_receive_end(&receive);
	return status == OK ? result : status;
}

static int64_t linux_give_message(struct file *file, uintptr_t address,
                                  struct linux_message *message, struct unix_receive *receive,
                                  uint32_t flags)
{
	message->flags = receive->was_truncated ? UNIX_TRUNCATE : 0;
	if (message->name) {
		uintptr_t out_len = address + offsetof(struct linux_message, name_len);
		TRY(linux_put_socket_name(receive->from, message->name, message->name_len,
		                          out_len));
		TRY(user_copy_in(&message->name_len,
		                 (struct user_in){out_len, sizeof message->name_len}));
	}
	TRY(linux_give_control(file, message, receive, flags));
	return user_copy_out((struct user_out){address, sizeof *message}, message);
}

static int64_t linux_receive_message(struct file *file, uintptr_t address, uint32_t flags)
{
	struct linux_message message;
	struct linux_parts parts;
	struct unix_receive receive = {};
	TRY(user_copy_in(&message, (struct user_in){address, sizeof message}));
	TRY(linux_parts_get(&parts, message.parts, message.part_count));
	int64_t result = linux_receive(file, &parts, &receive, flags);
	if (result >= 0) {
		int64_t status = linux_give_message(file, address, &message, &receive, flags);
		result = status == OK ? result : status;
	}
	linux_receive_end(&receive);
	linux_parts_free(&parts);
	return result;
}

int64_t linux_recvmsg(int32_t descriptor, uintptr_t message, uint32_t flags)
{
	LINUX_FILE file = NULL;
	TRY(linux_file_get(descriptor, &file));
	return linux_receive_message(file, message, flags);
}

int64_t linux_recvmmsg(int32_t descriptor, uintptr_t messages, uint32_t count, uint32_t flags,
                       uintptr_t timeout)
{
	LINUX_FILE file = NULL;
	uint64_t deadline = 0;
	TRY(linux_file_get(descriptor, &file));
	if (timeout)
		TRY(linux_deadline(timeout, &deadline));
	count = count < LINUX_MESSAGES_MAX ? count : LINUX_MESSAGES_MAX;
	for (uint32_t i = 0; i < count; i++) {
		uintptr_t at = messages + i * sizeof(struct linux_counted_message);
		int64_t got = linux_receive_message(file, at, flags);
		if (got < 0)
			return i ? i : got;
		uint32_t len = (uint32_t)got;
		at += offsetof(struct linux_counted_message, len);
		TRY(user_copy_out((struct user_out){at, sizeof len}, &len));
		if (flags & LINUX_MSG_WAIT_FOR_ONE)
			flags |= UNIX_DO_NOT_WAIT;
		if (deadline && clock_ns() >= deadline)
			return i + 1;
	}
	return count;
}
