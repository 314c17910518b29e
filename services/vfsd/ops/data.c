/* Bytes of data volumes, from and to the kernel's pages, and all of them to the disk. */
#include "volume/data.h"
#include "ops/ops.h"

void reply_changed(struct vfs_service *self, struct vfs_reply *out)
{
	if (data_is_dirty(self))
		out->value |= VFS_VALUE_UNSYNCED;
}

enum status data_page_in(struct vfs_service *self, struct place place, const struct vfs_request *in,
                         struct service_call *call)
{
	struct data_volume *v = data_of(self, place.volume);
	const struct ext_range range = {in->offset, in->size};
	return v ? ext_read(&v->ext, place.file, range, call->reply_bytes, &call->reply_len)
	         : ERR_IO;
}

/* The file of a request that writes. */
static enum status written_place(struct vfs_service *self, const struct vfs_request *in,
                                 struct place *out_place)
{
	enum status status = place_of_node(self, &in->start, in->start_mount, out_place);
	if (status == OK && !data_of(self, out_place->volume))
		status = ERR_INVALID_ARGS;
	return status;
}

static enum status set_modified(struct vfs_service *self, struct place place,
                                const struct vfs_request *in)
{
	const struct ext_change change = {
	        .mask = EXT_CHANGE_MODIFY | EXT_CHANGE_CHANGE,
	        .modify_ns = in->times_ns[1],
	        .change_ns = in->times_ns[1],
	};
	if (!(in->mask & VFS_SET_MODIFY_TIME))
		return OK;
	return ext_set(&data_of(self, place.volume)->ext, place.file, &change);
}

enum status vfs_op_page_out(struct vfs_service *self, const struct vfs_request *in,
                            struct vfs_reply *out, struct service_call *call)
{
	struct place place;
	size_t len = 0;
	enum status status = written_place(self, in, &place);
	if (status != OK)
		return status;
	if (in->size != call->len)
		return ERR_INVALID_ARGS;
	if (in->flags & VFS_PAGE_OUT_UNUSED) {
		struct vfs_facts facts;
		status = data_facts(self, place, &facts);
		if (status != OK || !facts.links)
			return status;
	}
	const struct ext_range range = {in->offset, in->size};
	status = ext_write(&data_of(self, place.volume)->ext, place.file, range, call->bytes, &len);
	if (status == OK)
		status = set_modified(self, place, in);
	out->value = VFS_VALUE_UNSYNCED;
	return status;
}

enum status vfs_op_ftruncate(struct vfs_service *self, const struct vfs_request *in,
                             struct vfs_reply *out, struct service_call *)
{
	struct place place;
	enum status status = written_place(self, in, &place);
	if (status != OK)
		return status;
	status = ext_set_size(&data_of(self, place.volume)->ext, place.file, in->size);
	if (status == OK)
		status = set_modified(self, place, in);
	out->value = VFS_VALUE_UNSYNCED;
	return status;
}

enum status vfs_op_sync(struct vfs_service *self, const struct vfs_request *in, struct vfs_reply *,
                        struct service_call *)
{
	return data_sync(self, in->start.volume, in->flags & VFS_SYNC_ENDS);
}
