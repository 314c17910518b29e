/* Program files by name, for ps. */
#include "core/api.h"
#include "io/vfs/vfs.h"
#include "io/vfs/vnode/vnode.h"
#include "io/watch/watch.h"
#include <base/cleanup.h>
#include <string.h>

void vfs_call_from_directory(struct vfs_call *call, struct str path)
{
	struct file *directory = str_starts_with(path, STR("/")) ? NULL : process_directory();
	call->name = path;
	if (directory)
		(void)!vfs_node_of(directory, &call->request.start, &call->request.start_mount);
	file_unref(directory);
}

/* The program that runs, also when its file has no name any more. */
static enum status vfs_open_own_program(const struct process_view *view, struct file **out_file)
{
	if (!view)
		*out_file = process_program();
	else
		*out_file = view->program ? file_ref(view->program) : NULL;
	return *out_file ? OK : ERR_NOT_FOUND;
}

static void vfs_call_from_view(struct vfs_call *call, const struct process_view *view,
                               struct str path)
{
	call->name = path;
	call->view = view;
	if (!str_starts_with(path, STR("/")) && view->directory)
		(void)!vfs_node_of(view->directory, &call->request.start,
		                   &call->request.start_mount);
}

/* What set-id bits of its file may do. */
static struct file_owner vfs_owner(const struct vfs_facts *facts)
{
	enum { MODE_SET_ID = 06000 };
	bool counts = !(facts->flags & VFS_VOLUME_NO_SET_ID);
	return (struct file_owner){
	        .mode = facts->mode & ~(counts ? 0U : (uint32_t)MODE_SET_ID),
	        .uid = facts->uid,
	        .gid = facts->gid,
	};
}

static enum status vfs_open_program(const struct process_view *view, struct str path,
                                    struct file **out_file, struct file_owner *out_owner)
{
	struct vfs_call call = {
	        .operation = VFS_OPENAT,
	        .request = {.flags = VFS_IMAGE, .mask = VFS_MAY_EXECUTE},
	        .patience = IPC_UNTIL_END,
	};
	struct file *file;
	*out_owner = (struct file_owner){};
	if (str_equal(path, STR("/proc/self/exe")))
		return vfs_open_own_program(view, out_file);
	if (path.len == 0)
		return ERR_NOT_FOUND;
	if (view)
		vfs_call_from_view(&call, view, path);
	else
		vfs_call_from_directory(&call, path);
	TRY(vfs_call(&call));
	/* a FIFO would wait */
	TRY(vfs_open_found(&call, FILE_READ_ONLY | FILE_PATH, &file));
	*out_owner = vfs_owner(&call.reply.facts);
	bool is_program = file->vnode->pages && !(call.reply.facts.flags & VFS_VOLUME_NO_EXECUTE);
	enum status status =
	        is_program ? vfs_reopen(file, FILE_READ_ONLY, out_file) : ERR_ACCESS_DENIED;
	file_unref(file);
	if (status == OK)
		watch_file(*out_file, WATCH_OPEN);
	return status;
}

/* What getcwd says, without the first '/'. */
static enum status vfs_directory_path(char *out, size_t capacity, size_t *out_len)
{
	struct file *directory = process_directory();
	*out_len = 0;
	if (!directory)
		return OK;
	struct vfs_call call = {
	        .operation = VFS_GETCWD,
	        .request = {.start = directory->vnode->node, .start_mount = directory->mount},
	        .bytes = out,
	        .capacity = capacity,
	};
	enum status status = vfs_call(&call);
	file_unref(directory);
	if (status != OK)
		return status == ERR_OUT_OF_RANGE ? ERR_NAME_TOO_LONG : status;
	if (call.len < 2)
		return OK;
	memmove(out, out + 1, call.len - 1);
	out[call.len - 1] = '/';
	*out_len = call.len;
	return OK;
}

static enum status vfs_whole_path(struct str path, char *out, size_t capacity, size_t *out_len)
{
	size_t len = 0;
	if (str_starts_with(path, STR("/")))
		path = str_slice(path, 1, path.len);
	else
		TRY(vfs_directory_path(out, capacity, &len));
	while (str_starts_with(path, STR("./")))
		path = str_slice(path, 2, path.len);
	if (path.len > capacity - len)
		return ERR_NAME_TOO_LONG;
	memcpy(out + len, path.ptr, path.len);
	*out_len = len + path.len;
	return OK;
}

const struct name_ops vfs_names = {
        .open_program = vfs_open_program,
        .whole_path = vfs_whole_path,
};
