/* vfsd: finds its tables or builds them, then serves. */
#include "build.h"
#include "leases.h"
#include "ops/ops.h"
#include "volume/data.h"
#include "waits.h"
#include <boot_archive/api.h>
#include <rt/api.h>
#include <rt/vfs_service.h>
#include <service/api.h>

enum { KEEP_TABLES = 0, KEEP_DATA = 1 /* the first of DATA_VOLUMES_MAX */ };

static const char name[] = "vfsd";

static void kernel_drop_content(void *, const struct vfs_node *node)
{
	/* A file without bytes has no content to give up: ERR_NOT_FOUND. */
	(void)rustos_syscall(SYS_RUSTOS_VFS_DROP_CONTENT,
	                     (uint64_t)node->generation << 32 | node->volume, node->inode, 0, 0, 0,
	                     0);
}

static enum status kernel_ask(void *, uint32_t topic, uint64_t index, struct figures_answer *answer)
{
	int64_t len = rustos_syscall(SYS_RUSTOS_SYSTEM_QUERY, topic, index,
	                             (uintptr_t)answer->bytes, answer->capacity, 0, 0);
	if (len < 0)
		return (enum status)len;
	answer->len = (size_t)len;
	return OK;
}

static int64_t kernel_mappings(void *, uint64_t pid, uint64_t from, struct mapping_figures *out,
                               size_t capacity)
{
	uint64_t count = 0;
	enum status status = rustos_process_mappings(pid, from, out, capacity, &count);
	return status == OK ? (int64_t)count : (int64_t)status;
}

static size_t kernel_list(void *, uint64_t cookie, struct vfs_held_node *out, size_t capacity)
{
	int64_t count = rustos_syscall(SYS_RUSTOS_VFS_LIST_NODES, cookie, (uintptr_t)out, capacity,
	                               0, 0, 0);
	return count > 0 ? (size_t)count : 0;
}

/* A reply with a hold that nobody took. */
static void reply_undelivered(void *context, const struct ipc_message_header *request, const void *,
                              const void *reply)
{
	struct vfs_service *self = context;
	const struct vfs_reply *out = reply;
	bool holds =
	        request->op == VFS_OPENAT || request->op == VFS_CREATE || request->op == VFS_CHDIR;
	if (holds && out->status == OK)
		hold_release(self, &out->facts.node, 1);
}

static enum status map_object(uint64_t object, size_t size, void **out_memory)
{
	uint64_t start = 0;
	const struct memory_object_view view = {.object = object,
	                                        .size = size,
	                                        .rights = MEMORY_READ | MEMORY_WRITE,
	                                        .flags = MEMORY_SHARED};
	enum status status = rustos_memory_object_map(&view, &start);
	*out_memory = (void *)(uintptr_t)start;
	return status;
}

/* The tables that another vfsd left, when there are any and they were built to their end. */
static bool adopt_tables(struct vfs_service *self)
{
	void *memory;
	int64_t object = rustos_syscall(SYS_RUSTOS_SERVICE_KEPT, KEEP_TABLES, 0, 0, 0, 0, 0);
	if (object < 0 || map_object((uint64_t)object, store_size(), &memory) != OK)
		return false;
	if (!store_adopt(&self->tree.store, memory) || !self->tree.store.header->ready)
		return false;
	const struct build_kernel kernel = {.list = kernel_list};
	build_adopt(self, &kernel);
	service_log(name, LOG_LEVEL_INFO, "adopted files=%u names=%u",
	            self->tree.store.header->inodes.live, self->tree.store.header->entries.live);
	return true;
}

static int64_t kernel_now(void)
{
	struct system_figures system;
	struct figures_answer answer = {.bytes = &system, .capacity = sizeof system};
	bool known = kernel_ask(NULL, SYSTEM_QUERY_SYSTEM, 0, &answer) == OK;
	return known ? system.boot_time_ns + (int64_t)system.uptime_ns : 0;
}

static enum status build_tables(struct vfs_service *self)
{
	uint64_t object = 0;
	void *memory;
	struct build_outcome outcome;
	enum status status = rustos_memory_object_create(store_size(), &object);
	if (status == OK)
		status = map_object(object, store_size(), &memory);
	if (status != OK)
		return status;
	int64_t kept = rustos_syscall(SYS_RUSTOS_SERVICE_KEEP, KEEP_TABLES, object, 0, 0, 0, 0);
	if (kept < 0)
		service_log(name, LOG_LEVEL_WARN, "tables are not kept beyond my end: %s",
		            status_name((int)kept));
	store_create(&self->tree.store, memory);
	status = build_tree(self, kernel_now(), &outcome);
	if (status == OK)
		service_log(name, LOG_LEVEL_INFO, "built files=%zu links=%zu refused=%zu",
		            outcome.files, outcome.links, outcome.refused);
	return status;
}

static void say(enum log_level level, struct str text)
{
	service_log(name, level, "%.*s", STR_ARG(text));
}

static bool kernel_next_disk(void *, uint32_t after, struct storage_descriptor *out_device)
{
	struct figures_answer answer = {.bytes = out_device, .capacity = sizeof *out_device};
	return kernel_ask(NULL, SYSTEM_QUERY_DISK, after, &answer) == OK && answer.len;
}

struct movement {
	const struct storage_descriptor *device;
	uint16_t op; /* BLOCK_OP_* */
	uint64_t first;
	void *to; /* of a read */
	const void *from; /* of a write */
	size_t len;
};

/* With everybody. */
static enum status movement_wait(const struct movement *m)
{
	const struct block_broker_args args = {
	        .abi_version = BLOCK_BROKER_VERSION,
	        .op = m->op,
	        .device = m->device->id,
	        .first_block = m->first,
	        .block_count = m->len / m->device->logical_block_size,
	        .buffer_ptr = m->to ? (uintptr_t)m->to : (uintptr_t)m->from,
	        .buffer_len = m->len,
	};
	return rustos_block_broker(&args);
}

/* While others are served. */
static enum status movement_await(struct vfs_service *self, const struct movement *m)
{
	uint64_t transfer;
	const struct block_submit_args args = {
	        .abi_version = BLOCK_BROKER_VERSION,
	        .op = m->op,
	        .device = m->device->id,
	        .first_block = m->first,
	        .block_count = m->len / m->device->logical_block_size,
	        .buffer_ptr = (uintptr_t)m->from,
	        .buffer_len = m->from ? m->len : 0,
	        .endpoint = self->endpoint,
	        .cookie = ++self->transfers,
	};
	enum status status = rustos_block_submit(&args, &transfer);
	if (status != OK)
		return status;
	status = (enum status)waits_await(self, args.cookie);
	if (status == OK && m->to)
		status = rustos_block_take(transfer, 0, m->to, m->len);
	(void)!rustos_handle_close(transfer); /* it was ours: cannot fail */
	return status;
}

static enum status movement_make(struct vfs_service *self, const struct movement *m)
{
	return waits_may_await(self) ? movement_await(self, m) : movement_wait(m);
}

static enum status kernel_read_disk(void *self, const struct storage_descriptor *device,
                                    uint64_t first, void *bytes, size_t len)
{
	const struct movement read = {
	        .device = device, .op = BLOCK_OP_READ, .first = first, .to = bytes, .len = len};
	return movement_make(self, &read);
}

static enum status kernel_write_disk(void *self, const struct storage_descriptor *device,
                                     uint64_t first, const void *bytes, size_t len)
{
	const struct movement write = {
	        .device = device, .op = BLOCK_OP_WRITE, .first = first, .from = bytes, .len = len};
	return movement_make(self, &write);
}

static enum status kernel_flush_disk(void *self, const struct storage_descriptor *device)
{
	const struct movement flush = {.device = device, .op = BLOCK_OP_FLUSH};
	return movement_make(self, &flush);
}

static bool request_ended(void *self, enum status)
{
	return waits_ended(self);
}

/* What a predecessor had, or new memory. */
static void *kernel_data_memory(unsigned slot)
{
	void *memory;
	uint64_t made = 0;
	int64_t object = rustos_syscall(SYS_RUSTOS_SERVICE_KEPT, KEEP_DATA + slot, 0, 0, 0, 0, 0);
	if (object >= 0)
		return map_object((uint64_t)object, DATA_MEMORY_BYTES, &memory) == OK ? memory
		                                                                      : NULL;
	if (rustos_memory_object_create(DATA_MEMORY_BYTES, &made) != OK ||
	    rustos_syscall(SYS_RUSTOS_SERVICE_KEEP, KEEP_DATA + slot, made, 0, 0, 0, 0) < 0 ||
	    map_object(made, DATA_MEMORY_BYTES, &memory) != OK)
		return NULL;
	return memory;
}

/* What the kernel has, until devmgrd looks after it. */
static void name_devices(struct vfs_service *self)
{
	struct device_node nodes[DEVICE_LIST_MAX];
	uint64_t count = 0;
	enum status status = rustos_device_list(nodes, COUNT(nodes), &count);
	if (status == OK)
		status = devices_name(self, nodes, count, kernel_now());
	if (status != OK)
		service_log(name, LOG_LEVEL_ERROR, "devices without names: %s",
		            status_name(status));
}

/* Only who is registered may ask for devices and disks. */
static void registered(void *context, uint64_t endpoint)
{
	struct vfs_service *self = context;
	self->endpoint = endpoint;
	name_devices(self);
	mount_table_reopen(self);
	data_forget_orphans(self);
	mount_table_try(self, kernel_now());
}

static void find_archive(struct vfs_service *self, char *const *envp)
{
	uint64_t base, len;
	struct boot_archive_entry rules;
	if (!auxv_find(envp, AT_RUSTOS_BOOT_ARCHIVE_BASE, &base) ||
	    !auxv_find(envp, AT_RUSTOS_BOOT_ARCHIVE_LEN, &len)) {
		service_log(name, LOG_LEVEL_WARN, "no boot archive, going on without its files");
		return;
	}
	self->archive = (struct str){(const char *)(uintptr_t)base, (size_t)len};
	const struct boot_archive archive = {self->archive};
	if (boot_archive_find(archive, STR(BUILD_ACCESS_PATH), &rules) != OK) {
		service_log(name, LOG_LEVEL_WARN,
		            "no access list, programs may read nothing of the boot archive");
		return;
	}
	size_t malformed = access_read_rules(self, rules.data);
	if (malformed)
		service_log(name, LOG_LEVEL_WARN, "access list: %zu malformed lines, ignoring them",
		            malformed);
}

int main(int, char **, char **envp)
{
	static struct vfs_service self;
	service_log(name, LOG_LEVEL_INFO, "service start");
	self.root = (struct service_client){ROOT_SERVICE, ROOT_IDEMPOTENT, 0};
	self.tree.drop_content = kernel_drop_content;
	self.figures = (struct figures){&self, kernel_ask, kernel_mappings, ask_lease};
	self.say = say;
	self.disks.source = (struct disk_source){&self, kernel_next_disk, kernel_read_disk,
	                                         kernel_write_disk, kernel_flush_disk};
	self.data_memory = kernel_data_memory;
	self.strands.own_bytes = sizeof(struct request_memory);
	self.strands.make_memory = service_make_memory;
	find_archive(&self, envp);
	enum status status = adopt_tables(&self) ? OK : build_tables(&self);
	const struct service_definition definition = {
	        .interface = &vfs_interface,
	        .self = &self,
	        .events = {.undelivered = reply_undelivered,
	                   .ended = request_ended,
	                   .registered = registered},
	        .strands = &self.strands,
	};
	if (status == OK)
		status = service_run(&definition);
	service_log(name, LOG_LEVEL_ERROR, "ends: %s", status_name(status));
	return 1;
}
