/* A name service in this process: requests go through the loop of services, as the kernel's do. */
#pragma once

#include "../../../../services/vfsd/build.h"
#include "../../test.h"
#include <service/api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct service_interface *const vfs_fixture_interface;

struct vfs_message {
	struct ipc_message_header header;
	struct vfs_request request;
	char names[2 * (VFS_PATH_MAX + 1)];
};

struct vfs_answer {
	struct vfs_reply reply;
	uint8_t bytes[IPC_MAX_INLINE_BYTES];
	size_t len; /* of bytes */
};

struct vfs_fixture {
	struct vfs_service service;
	uint8_t *loop_memory;
	struct vfs_message message;
	size_t message_len;
	bool taken;
	struct vfs_answer answer;
	int64_t now_ns;
	uint64_t dropped; /* contents that the kernel was told to give up */
};

static inline enum status fixture_receive(void *context, void *buffer, uint64_t capacity, uint64_t,
                                          struct service_received *received)
{
	struct vfs_fixture *f = context;
	if (f->taken || f->message_len > capacity)
		return ERR_NOT_CONNECTED;
	memcpy(buffer, &f->message, f->message_len);
	received->info = (struct ipc_message_info){.reply_cap = 1, .kind = IPC_MESSAGE_REQUEST};
	received->len = f->message_len;
	f->taken = true;
	return OK;
}

static inline enum status fixture_reply(void *context, uint64_t, const void *reply, uint64_t len)
{
	struct vfs_fixture *f = context;
	size_t head = sizeof f->answer.reply;
	memset(&f->answer.reply, 0, head);
	memcpy(&f->answer.reply, reply, len < head ? len : head);
	f->answer.len = len > head ? len - head : 0;
	if (f->answer.len)
		memcpy(f->answer.bytes, (const uint8_t *)reply + head, f->answer.len);
	return OK;
}

static inline void fixture_dropped(void *context, const struct vfs_node *)
{
	((struct vfs_fixture *)context)->dropped++;
}

/* One more file of a boot archive in memory: cpio(5), "New ASCII Format". */
static inline void cpio_add(char *archive, size_t *len, const char *path, const char *data,
                            unsigned mode)
{
	size_t path_len = strlen(path) + 1, data_len = strlen(data);
	*len += (size_t)sprintf(
	        archive + *len, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", 1u,
	        mode, 0u, 0u, 1u, 0u, (unsigned)data_len, 0u, 0u, 0u, 0u, (unsigned)path_len, 0u);
	memcpy(archive + *len, path, path_len);
	*len = (*len + path_len + 3) & ~(size_t)3;
	memcpy(archive + *len, data, data_len);
	*len = (*len + data_len + 3) & ~(size_t)3;
}

/* What tree.tsv says unless a test brings its own. */
#define FIXTURE_TREE                                                                               \
	"kind=folder\tpath=/tmp\trights=1777\nkind=folder\tpath=/mnt\trights=755\n"                \
	"kind=folder\tpath=/bin\trights=755\nkind=folder\tpath=/root\trights=700\n"                \
	"kind=folder\tpath=/etc\trights=755\nkind=folder\tpath=/home\trights=755\n"                \
	"kind=folder\tpath=/usr/bin\trights=755\nkind=folder\tpath=/run\trights=755\n"

/* An archive with nothing but that. */
static inline struct str fixture_archive(void)
{
	static char archive[4096];
	size_t len = 0;
	memset(archive, 0, sizeof archive);
	cpio_add(archive, &len, BUILD_TREE_PATH, FIXTURE_TREE, MODE_FILE | 0644);
	cpio_add(archive, &len, "TRAILER!!!", "", 0);
	return (struct str){archive, len};
}

/* As the kernel lists them; the last two are devmgrd's alone. */
static const struct device_node fixture_devices[] = {
        {"null", 0x103, MODE_CHARACTER | 0666, 1},    {"zero", 0x105, MODE_CHARACTER | 0666, 1},
        {"full", 0x107, MODE_CHARACTER | 0666, 1},    {"random", 0x108, MODE_CHARACTER | 0666, 1},
        {"urandom", 0x109, MODE_CHARACTER | 0666, 1}, {"tty", 0x500, MODE_CHARACTER | 0666, 1},
        {"console", 0x501, MODE_CHARACTER | 0600, 1}, {"ttyS0", 0x440, MODE_CHARACTER | 0660, 1},
        {"ttyS1", 0x441, MODE_CHARACTER | 0600, 1},   {"ptmx", 0x502, MODE_CHARACTER | 0666, 1},
        {"input0", 0xf000, MODE_CHARACTER | 0600, 0}, {"in/put", 0xd40, MODE_CHARACTER | 0600, 1},
};

static inline struct vfs_fixture *fixture_make(struct str archive)
{
	struct vfs_fixture *f = calloc(1, sizeof *f);
	void *memory = calloc(1, store_size());
	struct build_outcome outcome;
	assert_non_null(f);
	assert_non_null(memory);
	assert_int_equal(posix_memalign((void **)&f->loop_memory, 64, SERVICE_MEMORY_BYTES), 0);
	f->service.archive = archive;
	f->service.tree.drop_content = fixture_dropped;
	f->service.tree.context = f;
	f->now_ns = 1000;
	store_create(&f->service.tree.store, memory);
	assert_int_equal(build_tree(&f->service, f->now_ns, &outcome), OK);
	assert_int_equal(
	        devices_name(&f->service, fixture_devices, COUNT(fixture_devices), f->now_ns), OK);
	return f;
}

static inline void fixture_free(struct vfs_fixture *f)
{
	free(f->service.tree.store.memory);
	free(f->loop_memory);
	free(f);
}

/* Runs one request whose names are given; the status. The rest is in f->answer. */
static inline int fixture_call(struct vfs_fixture *f, unsigned op,
                               const struct vfs_request *request, struct str first,
                               struct str second)
{
	const struct service_definition definition = {.interface = vfs_fixture_interface,
	                                              .self = &f->service};
	const struct service_transport transport = {f, fixture_receive, fixture_reply, NULL, NULL};
	f->message = (struct vfs_message){.request = *request};
	f->message.request.name_len = (uint16_t)first.len;
	f->message.request.name2_len = (uint16_t)second.len;
	f->message.request.now_ns = ++f->now_ns;
	memcpy(f->message.names, first.ptr, first.len);
	memcpy(f->message.names + first.len, second.ptr, second.len);
	size_t payload = sizeof f->message.request + first.len + second.len;
	f->message.header = (struct ipc_message_header){
	        .version = IPC_ABI_VERSION, .op = (uint16_t)op, .payload_len = (uint32_t)payload};
	f->message_len = sizeof f->message.header + payload;
	f->taken = false;
	assert_int_equal(service_serve(&definition, &transport, f->loop_memory), ERR_NOT_CONNECTED);
	return f->answer.reply.status;
}

/* The same with a path alone. */
static inline int fixture_path(struct vfs_fixture *f, unsigned op,
                               const struct vfs_request *request, const char *path)
{
	return fixture_call(f, op, request, str_from_c(path), STR(""));
}
