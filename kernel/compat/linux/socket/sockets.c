/*
 * Linux calls on sockets: addresses, connections, options. Messages: linux_socket_messages.c.
 *
 * Only local sockets are the kernel's; of others netd decides.
 */
#include "compat/linux/socket/sockets.h"
#include "core/api.h"
#include <abi/net.h>
#include <abi/services.h>
#include <kernel/syscall_prototypes.h>
#include <string.h>

enum { LINUX_SOCKET_FLAGS = FILE_NONBLOCK | FILE_CLOSE_ON_EXEC, LINUX_SOCKET_KIND = 0xf };

/*
 * What netd says of a socket that is not local. There is no protocol of its own yet: whatever it
 * allows, nobody here could make. Without netd there is none of them at all.
 */
static enum status linux_socket_ask(uint16_t operation, uint32_t family, uint32_t kind,
                                    uint32_t protocol)
{
	struct process *self = process_current();
	struct {
		struct ipc_message_header header;
		struct net_request request;
	} message = {
	        .header = {.version = IPC_ABI_VERSION,
	                   .op = operation,
	                   .payload_len = sizeof message.request},
	        .request = {.pid = process_id(self),
	                    .tid = task_id(task_current()),
	                    .args = {family, kind & LINUX_SOCKET_KIND, protocol}},
	};
	struct net_reply reply = {};
	uint64_t len = 0;
	const struct ipc_service_request request = {
	        .service_id = IPC_SERVICE_NETD,
	        .pieces = {{&message, sizeof message}},
	        .reply = &reply,
	        .reply_capacity = sizeof reply,
	        .is_idempotent = NET_IDEMPOTENT >> operation & 1,
	};
	enum status status = ipc_service_call(process_ipc(self), &request, &len);
	if (status == ERR_INTERRUPTED)
		return status;
	if (status != OK || len < sizeof reply || reply.status == OK)
		return ERR_NO_ADDRESS_FAMILY;
	return (enum status)reply.status;
}

/* Of a local one. */
static enum status linux_socket_kind(uint32_t kind, uint32_t protocol)
{
	if (kind & ~(uint32_t)(LINUX_SOCKET_FLAGS | LINUX_SOCKET_KIND))
		return ERR_INVALID_ARGS;
	if (protocol && protocol != LINUX_AF_UNIX)
		return ERR_NO_SUCH_PROTOCOL;
	kind &= LINUX_SOCKET_KIND;
	bool known = kind == UNIX_STREAM || kind == UNIX_DATAGRAM || kind == UNIX_SEQUENCED;
	return known ? OK : ERR_NO_SUCH_SOCKET_KIND;
}

int64_t linux_socket(uint32_t family, uint32_t kind, uint32_t protocol)
{
	struct file *file;
	if (family != LINUX_AF_UNIX)
		return linux_socket_ask(NET_SOCKET, family, kind, protocol);
	TRY(linux_socket_kind(kind, protocol));
	TRY(unix_socket_create(kind & LINUX_SOCKET_KIND, kind & FILE_NONBLOCK, &file));
	return linux_install(file, kind);
}

int64_t linux_socketpair(uint32_t family, uint32_t kind, uint32_t protocol, uintptr_t out_pair)
{
	struct file *files[2];
	if (family != LINUX_AF_UNIX)
		return linux_socket_ask(NET_SOCKETPAIR, family, kind, protocol);
	TRY(linux_socket_kind(kind, protocol));
	TRY(unix_socket_create_pair(kind & LINUX_SOCKET_KIND, kind & FILE_NONBLOCK, files));
	return linux_install_pair(files, kind, out_pair);
}

/* ---- addresses ---- */

enum status linux_socket_address(uintptr_t address, uint32_t len, struct unix_address *out)
{
	struct linux_socket_address given;
	enum { FAMILY_BYTES = sizeof given.family };
	if (len < FAMILY_BYTES || len > sizeof given)
		return ERR_INVALID_ARGS;
	TRY(user_copy_in(&given, (struct user_in){address, len}));
	if (given.family != LINUX_AF_UNIX)
		return ERR_INVALID_ARGS;
	*out = (struct unix_address){.len = len - FAMILY_BYTES};
	if (out->len && given.path[0])
		out->len = str_cut((struct str){given.path, out->len}, '\0').head.len;
	memcpy(out->path, given.path, out->len);
	return OK;
}

static bool linux_address_is_abstract(const struct unix_address *address)
{
	return address->path[0] == '\0';
}

static void linux_address_key(struct unix_address *address, const void *key, size_t len)
{
	memcpy(address->key, key, len);
	address->key_len = len;
}

/* A file is known by its node. */
static enum status linux_ask_for_socket(struct unix_address *address, struct vfs_call *call)
{
	vfs_call_from_directory(call, (struct str){address->path, address->len});
	TRY(vfs_call(call));
	linux_address_key(address, &call->reply.facts.node, sizeof call->reply.facts.node);
	return OK;
}

enum status linux_socket_address_find(struct unix_address *address)
{
	struct vfs_call call = {.operation = VFS_STATX};
	if (!address->len)
		return ERR_INVALID_ARGS;
	if (linux_address_is_abstract(address)) {
		linux_address_key(address, address->path, address->len);
		return OK;
	}
	TRY(linux_ask_for_socket(address, &call));
	bool is_socket = (call.reply.facts.mode & LINUX_MODE_TYPE) == LINUX_MODE_SOCKET;
	return is_socket ? OK : ERR_CONNECTION_REFUSED;
}

/* Makes the file of a name that is a path. */
static enum status linux_socket_address_make(struct unix_address *address)
{
	enum { SOCKET_RIGHTS = 0777 };
	struct vfs_call call = {
	        .operation = VFS_MAKE_NODE,
	        .request = {.mode = LINUX_MODE_SOCKET | (SOCKET_RIGHTS & ~process_umask())},
	};
	if (linux_address_is_abstract(address)) {
		linux_address_key(address, address->path, address->len);
		return OK;
	}
	enum status status = linux_ask_for_socket(address, &call);
	return status == ERR_EXISTS ? ERR_ADDRESS_IN_USE : status;
}

int64_t linux_bind(int32_t descriptor, uintptr_t address, uint32_t len)
{
	LINUX_FILE file = NULL;
	struct unix_address name;
	struct unix_name *bound;
	TRY(linux_file_get(descriptor, &file));
	TRY(unix_socket_name(file, &bound));
	unix_name_unref(bound);
	if (bound)
		return ERR_INVALID_ARGS; /* before a file is made for nothing */
	TRY(linux_socket_address(address, len, &name));
	if (!name.len)
		return unix_socket_bind_any(file);
	TRY(linux_socket_address_make(&name));
	return unix_socket_bind(file, &name);
}

int64_t linux_put_socket_name(const struct unix_name *name, uintptr_t out, uint32_t capacity,
                              uintptr_t out_len)
{
	struct linux_socket_address address = {.family = LINUX_AF_UNIX};
	uint32_t len = sizeof address.family;
	if (name) {
		memcpy(address.path, name->path, name->len);
		len += name->len;
		/* a path ends with NUL where there is room for it */
		len += name->path[0] && name->len < UNIX_NAME_MAX;
	}
	TRY(user_copy_out((struct user_out){out, len < capacity ? len : capacity}, &address));
	return user_copy_out((struct user_out){out_len, sizeof len}, &len);
}

static int64_t linux_give_name(int32_t descriptor, uintptr_t out, uintptr_t out_len,
                               enum status (*get)(struct file *, struct unix_name **))
{
	LINUX_FILE file = NULL;
	uint32_t capacity;
	struct unix_name *name;
	TRY(linux_file_get(descriptor, &file));
	TRY(user_copy_in(&capacity, (struct user_in){out_len, sizeof capacity}));
	if ((int32_t)capacity < 0)
		return ERR_INVALID_ARGS;
	TRY(get(file, &name));
	int64_t status = linux_put_socket_name(name, out, capacity, out_len);
	unix_name_unref(name);
	return status;
}

int64_t linux_getsockname(int32_t descriptor, uintptr_t out, uintptr_t out_len)
{
	return linux_give_name(descriptor, out, out_len, unix_socket_name);
}

int64_t linux_getpeername(int32_t descriptor, uintptr_t out, uintptr_t out_len)
{
	return linux_give_name(descriptor, out, out_len, unix_socket_peer_name);
}

/* ---- connections ---- */

int64_t linux_listen(int32_t descriptor, uint32_t backlog)
{
	LINUX_FILE file = NULL;
	TRY(linux_file_get(descriptor, &file));
	return unix_socket_listen(file, backlog);
}

int64_t linux_connect(int32_t descriptor, uintptr_t address, uint32_t len)
{
	LINUX_FILE file = NULL;
	uint16_t family = LINUX_AF_UNIX;
	struct unix_address name;
	TRY(linux_file_get(descriptor, &file));
	if (len >= sizeof family)
		TRY(user_copy_in(&family, (struct user_in){address, sizeof family}));
	if (family == LINUX_AF_NONE)
		return unix_socket_connect(file, NULL);
	TRY(linux_socket_address(address, len, &name));
	TRY(linux_socket_address_find(&name));
	return unix_socket_connect(file, &name);
}

int64_t linux_accept4(int32_t descriptor, uintptr_t out, uintptr_t out_len, uint32_t flags)
{
	LINUX_FILE file = NULL;
	struct file *accepted;
	struct unix_name *name = NULL;
	uint32_t capacity = 0;
	if (flags & ~(uint32_t)LINUX_SOCKET_FLAGS)
		return ERR_INVALID_ARGS;
	TRY(linux_file_get(descriptor, &file));
	if (out)
		TRY(user_copy_in(&capacity, (struct user_in){out_len, sizeof capacity}));
	TRY(unix_socket_accept(file, flags & FILE_NONBLOCK, &accepted));
	int64_t status = out ? unix_socket_peer_name(accepted, &name) : OK;
	if (status == OK && out)
		status = linux_put_socket_name(name, out, capacity, out_len);
	unix_name_unref(name);
	if (status == OK)
		return linux_install(accepted, flags);
	file_unref(accepted);
	return status;
}

int64_t linux_accept(int32_t descriptor, uintptr_t out, uintptr_t out_len)
{
	return linux_accept4(descriptor, out, out_len, 0);
}

int64_t linux_shutdown(int32_t descriptor, uint32_t how)
{
	LINUX_FILE file = NULL;
	TRY(linux_file_get(descriptor, &file));
	return unix_socket_shut_down(file, how);
}
