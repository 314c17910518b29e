/* Questions to vfsd, and the holds that go back to it. */
#include "core/api.h"
#include "io/vfs/boot_names.h"
#include "io/vfs/vfs.h"
#include "io/vfs/vnode/vnode.h"
#include "io/vfs/write_back.h"
#include "io/watch/watch.h"
#include "sched/api.h"
#include <base/cleanup.h>
#include <string.h>

enum { VFS_STATUS_MIN = -4095 };

/* Operations that say in `value` whether a sync would do something. */
static const uint64_t VFS_CHANGES =
        UINT64_C(1) << VFS_CREATE | UINT64_C(1) << VFS_MKDIR | UINT64_C(1) << VFS_UNLINKAT |
        UINT64_C(1) << VFS_MAKE_NODE | UINT64_C(1) << VFS_LINK | UINT64_C(1) << VFS_RENAME |
        UINT64_C(1) << VFS_SET | UINT64_C(1) << VFS_PAGE_OUT | UINT64_C(1) << VFS_FTRUNCATE;

/* Those that say with VFS_TELL what they have changed. */
static const uint64_t VFS_CHANGES_NAMES = UINT64_C(1) << VFS_CREATE | UINT64_C(1) << VFS_MKDIR |
                                          UINT64_C(1) << VFS_UNLINKAT |
                                          UINT64_C(1) << VFS_MAKE_NODE | UINT64_C(1) << VFS_LINK |
                                          UINT64_C(1) << VFS_RENAME | UINT64_C(1) << VFS_UMOUNT2;

struct vfs_message {
	struct ipc_message_header header;
	struct vfs_request request;
};

/* In whose name kernel threads ask. */
static struct ipc_process vfs_kernel_process;

static void vfs_call_sign_view(struct vfs_request *request, const struct process_view *view)
{
	request->pid = view->pid;
	request->uid = view->uid;
	request->gid = view->gid;
	if (view->root) {
		request->root = view->root->vnode->node;
		request->root_mount = view->root->mount;
	}
}

static void vfs_call_sign(struct vfs_call *call)
{
	const struct process *self = process_current();
	struct vfs_request *request = &call->request;
	request->name_len = (uint16_t)call->name.len;
	request->name2_len = (uint16_t)call->name2.len;
	request->now_ns = (int64_t)clock_real_ns();
	if (call->view)
		vfs_call_sign_view(request, call->view);
	if (!self || call->view)
		return;
	struct process_identity identity = process_identity();
	request->pid = process_id(self);
	request->uid = identity.uid;
	request->gid = identity.gid;
	if (identity.root) {
		request->root = identity.root->vnode->node;
		request->root_mount = identity.root->mount;
	}
	file_unref(identity.root);
}

/* A reply is what a process says: nothing of it is believed before it was looked at. */
static enum status vfs_call_take(struct vfs_call *call, uint64_t len)
{
	const struct vfs_reply *reply = &call->reply;
	if (len < offsetof(struct vfs_reply, facts) || reply->status > 0 ||
	    reply->status < VFS_STATUS_MIN)
		return ERR_IO;
	if (len < sizeof *reply)
		memset((char *)&call->reply + len, 0, sizeof *reply - len);
	if (reply->status != OK)
		return (enum status)reply->status;
	size_t behind = len > sizeof *reply ? len - sizeof *reply : 0;
	if (reply->len != behind || behind > call->capacity)
		return ERR_IO;
	call->len = behind;
	if (VFS_CHANGES >> call->operation & 1 && reply->value & VFS_VALUE_UNSYNCED)
		write_back_note_volume();
	vnode_mix_facts(&call->reply.facts);
	return OK;
}

static enum status vfs_call_send(struct vfs_call *call, void *reply, uint64_t *out_len)
{
	const struct vfs_message message = {
	        .header = {.version = IPC_ABI_VERSION,
	                   .op = (uint16_t)call->operation,
	                   .payload_len = (uint32_t)(sizeof message.request + call->data.len +
	                                             call->name.len + call->name2.len)},
	        .request = call->request,
	};
	const struct str *first = call->data.len ? &call->data : &call->name;
	const struct ipc_service_request request = {
	        .service_id = VFS_SERVICE,
	        .pieces = {{&message, sizeof message},
	                   {first->ptr, first->len},
	                   {call->name2.ptr, call->name2.len}},
	        .reply = reply,
	        .reply_capacity = sizeof call->reply + call->capacity,
	        .is_idempotent = VFS_IDEMPOTENT >> call->operation & 1,
	        .patience = call->patience,
	};
	struct process *self = process_current();
	return ipc_service_call(self ? process_ipc(self) : &vfs_kernel_process, &request, out_len);
}

static enum status vfs_call_service(struct vfs_call *call)
{
	uint64_t len = 0;
	enum status status;
	if (!call->capacity) {
		status = vfs_call_send(call, &call->reply, &len);
		return status == OK ? vfs_call_take(call, len) : status;
	}
	size_t size = sizeof call->reply + call->capacity;
	char *own = call->has_head ? (char *)call->bytes - sizeof call->reply : NULL;
	char *buffer = own ? own : heap_alloc(size);
	if (!buffer)
		return ERR_NO_MEMORY;
	status = vfs_call_send(call, buffer, &len);
	if (status == OK) {
		memcpy(&call->reply, buffer, sizeof call->reply);
		status = vfs_call_take(call, len);
	}
	if (own)
		return status;
	if (status == OK && call->len)
		memcpy(call->bytes, buffer + sizeof call->reply, call->len);
	heap_free(buffer, size);
	return status;
}

static enum status vfs_call_ask(struct vfs_call *call)
{
	if (boot_names_have(call))
		return boot_names_answer(call);
	enum status status = vfs_call_service(call);
	/* what only ipc knows is no answer for a program */
	if (status == ERR_NOT_CONNECTED || status == ERR_DEADLOCK || status == ERR_MESSAGE_TOO_BIG)
		return ERR_IO;
	return status;
}

/* ---- for who watches files ---- */

static uint32_t vfs_told_attributes(uint32_t mask)
{
	const uint32_t access = VFS_SET_ACCESS_TIME | VFS_SET_ACCESS_NOW;
	const uint32_t modify = VFS_SET_MODIFY_TIME | VFS_SET_MODIFY_NOW;
	if (mask & ~(access | modify) || (mask & access && mask & modify))
		return WATCH_ATTRIBUTES;
	return mask & access ? WATCH_ACCESS : mask & modify ? WATCH_MODIFY : 0;
}

static void vfs_tell_change(const struct vfs_call *call)
{
	const struct vfs_change *change = call->bytes;
	const char *text = (const char *)(change + 1);
	if (call->len < sizeof *change ||
	    call->len - sizeof *change != (size_t)change->name_len + change->name2_len)
		return;
	const struct str names[2] = {{text, change->name_len},
	                             {text + change->name_len, change->name2_len}};
	watch_change(call->operation, change, names, call->request.flags & VFS_EXCHANGE);
}

/* An operation on names, whose answer says what it has changed. */
static enum status vfs_call_told(struct vfs_call *call)
{
	call->capacity = sizeof(struct vfs_change) + 2 * VFS_NAME_MAX;
	call->bytes = heap_alloc(call->capacity);
	if (!call->bytes)
		return ERR_NO_MEMORY;
	call->request.flags |= VFS_TELL;
	enum status status = vfs_call_ask(call);
	if (status == OK)
		vfs_tell_change(call);
	heap_free(call->bytes, sizeof(struct vfs_change) + 2 * VFS_NAME_MAX);
	call->bytes = NULL;
	call->capacity = call->len = 0;
	return status;
}

static enum status vfs_call_watched(struct vfs_call *call)
{
	if (VFS_CHANGES_NAMES >> call->operation & 1)
		return vfs_call_told(call);
	TRY(vfs_call_ask(call));
	if (call->operation == VFS_SET)
		watch_facts(&call->reply.facts, vfs_told_attributes(call->request.mask));
	return OK;
}

enum status vfs_call(struct vfs_call *call)
{
	if (call->name.len > VFS_PATH_MAX || call->name2.len > VFS_PATH_MAX)
		return ERR_NAME_TOO_LONG;
	call->reply = (struct vfs_reply){};
	call->len = 0;
	vfs_call_sign(call);
	return file_is_watched() ? vfs_call_watched(call) : vfs_call_ask(call);
}

void vfs_forget(const struct vfs_node *node, uint64_t count, enum ipc_patience patience)
{
	struct vfs_call call = {
	        .operation = VFS_FORGET,
	        .request = {.start = *node, .size = count},
	        .patience = patience,
	};
	/* a dead one has forgotten, and its successor asks what is held */
	(void)!vfs_call(&call);
}

static void vfs_forget_main(void *)
{
	for (;;) {
		struct vfs_node node;
		uint64_t count;
		struct vnode *vnode = vnode_next_forget(true, &node, &count);
		if (count)
			vfs_forget(&node, count, IPC_UNTIL_ANSWER);
		vnode_end_forget(vnode);
		/* nothing is kept while there is nothing to do */
		ipc_thread_exit();
	}
}

/* Disks that vfsd was not told of. */
struct vfs_disk_news {
	struct spinlock lock;
	/* guarded by lock */
	bool is_new;
	struct wait_queue waiters;
	struct readiness told; /* READY_IN: vfsd knows all of them */
};

static struct vfs_disk_news vfs_disk_news = {.lock = SPINLOCK_INIT(LOCK_WAIT)};

void vfs_disk_came(void)
{
	spinlock_acquire(&vfs_disk_news.lock);
	vfs_disk_news.is_new = true;
	readiness_set(&vfs_disk_news.told, 0, 0);
	wait_queue_wake_one(&vfs_disk_news.waiters);
	spinlock_release(&vfs_disk_news.lock);
}

void vfs_await_disks(void)
{
	/* a caller that is to end does so, even if vfsd has gone and nobody tells */
	(void)!task_wait(&vfs_disk_news.told, READY_IN, 0);
}

/* One that starts later looks by itself. */
static void vfs_disk_main(void *)
{
	for (;;) {
		struct vfs_call call = {.operation = VFS_DEVICES, .patience = IPC_UNTIL_ANSWER};
		spinlock_acquire(&vfs_disk_news.lock);
		while (!vfs_disk_news.is_new)
			wait_queue_sleep(&vfs_disk_news.waiters, &vfs_disk_news.lock);
		vfs_disk_news.is_new = false;
		spinlock_release(&vfs_disk_news.lock);
		(void)!vfs_call(&call);
		spinlock_acquire(&vfs_disk_news.lock);
		if (!vfs_disk_news.is_new)
			readiness_set(&vfs_disk_news.told, READY_IN, READY_IN);
		spinlock_release(&vfs_disk_news.lock);
		ipc_thread_exit();
	}
}

static enum status vfs_start_thread(void (*entry)(void *))
{
	const struct thread_request request = {.entry = entry};
	struct thread *thread;
	TRY(thread_create(&request, &thread));
	thread_start(thread);
	return OK;
}

enum status vfs_init(void)
{
	const struct ipc_grant grant = {};
	wait_queue_init(&vfs_disk_news.waiters);
	readiness_init(&vfs_disk_news.told, READY_IN);
	write_back_init();
	ipc_process_init(&vfs_kernel_process, &grant);
	vfs_install();
	return vnodes_init();
}

enum status vfs_start(void)
{
	TRY(vfs_start_thread(vfs_forget_main));
	TRY(write_back_start());
	return vfs_start_thread(vfs_disk_main);
}
