/* Names below /dev, by vfsd's messages. */
#include "devmgrd.h"
#include <abi/vfs.h>
#include <string.h>

enum { FOLDER_MODE = 0755, NAME_BYTES = 64 };

static const char names_root[] = "/dev/";

struct names_path {
	char bytes[NAME_BYTES];
	size_t len;
};

static enum status names_ask(struct device_service *self, unsigned op, struct vfs_request request,
                             const struct names_path *path)
{
	struct {
		struct ipc_message_header header;
		struct vfs_request request;
		char name[NAME_BYTES];
	} message = {.request = request};
	struct vfs_reply reply = {};
	const struct service_question ask = {&message.header, &reply, sizeof reply};
	size_t payload = sizeof message.request + path->len;
	message.request.name_len = (uint16_t)path->len;
	memcpy(message.name, path->bytes, path->len);
	message.header = (struct ipc_message_header){
	        .version = IPC_ABI_VERSION, .op = (uint16_t)op, .payload_len = (uint32_t)payload};
	return service_ask(&self->names, &ask, NULL);
}

static struct names_path names_path_of(const struct device_node *node)
{
	struct names_path path = {.len = sizeof names_root - 1};
	memcpy(path.bytes, names_root, path.len);
	for (size_t i = 0; i < sizeof node->name && node->name[i]; i++)
		path.bytes[path.len++] = (char)node->name[i];
	return path;
}

static enum status names_made(enum status status)
{
	return status == ERR_EXISTS ? OK : status;
}

enum status names_make(struct device_service *self, const struct device_node *node)
{
	const struct names_path path = names_path_of(node);
	const struct vfs_request folder = {.mode = FOLDER_MODE};
	const struct vfs_request device = {.mode = node->mode, .device = node->rdev};
	for (size_t i = sizeof names_root - 1; i < path.len; i++) {
		struct names_path before = path;
		before.len = i;
		if (path.bytes[i] == '/')
			TRY(names_made(names_ask(self, VFS_MKDIR, folder, &before)));
	}
	return names_made(names_ask(self, VFS_MAKE_NODE, device, &path));
}

enum status names_remove(struct device_service *self, const struct device_node *node)
{
	const struct names_path path = names_path_of(node);
	const struct vfs_request request = {};
	enum status status = names_ask(self, VFS_UNLINKAT, request, &path);
	return status == ERR_NOT_FOUND ? OK : status;
}
