/* What an operation changed about names, for a kernel where somebody watches: struct vfs_change. */
#include "ops/ops.h"

#include <string.h>

static void tell(struct service_call *call, struct vfs_change *change, struct str name,
                 struct str new_name)
{
	change->name_len = (uint16_t)name.len;
	change->name2_len = (uint16_t)new_name.len;
	uint8_t *room = service_reply_room(call, sizeof *change + name.len + new_name.len);
	if (!room)
		return;
	memcpy(room, change, sizeof *change);
	if (name.len)
		memcpy(room + sizeof *change, name.ptr, name.len);
	if (new_name.len)
		memcpy(room + sizeof *change + name.len, new_name.ptr, new_name.len);
}

static struct vfs_node node_of(struct vfs_service *self, struct place place)
{
	struct vfs_facts facts;
	return place_facts(self, place, &facts) == OK ? facts.node : (struct vfs_node){};
}

void tell_named(struct vfs_service *self, const struct telling *telling,
                const struct walked *walked, const struct vfs_facts *file)
{
	struct vfs_change change = {.file = file->node, .mode = file->mode};
	if (!(telling->in->flags & VFS_TELL))
		return;
	change.directory = node_of(self, walked->directory);
	tell(telling->call, &change, walked->last, (struct str){});
}

void tell_unnamed(struct vfs_service *self, const struct telling *telling,
                  const struct walked *walked, const struct vfs_facts *file)
{
	bool directory = mode_is(file->mode, MODE_DIRECTORY);
	struct vfs_change change = {
	        .file = file->node,
	        .mode = file->mode,
	        .links = directory || !file->links ? 0 : file->links - 1,
	};
	if (!(telling->in->flags & VFS_TELL))
		return;
	change.directory = node_of(self, walked->directory);
	tell(telling->call, &change, walked->last, (struct str){});
}

void tell_moved(const struct telling *telling, struct vfs_change *change, struct str name,
                struct str new_name)
{
	if (telling->in->flags & VFS_TELL)
		tell(telling->call, change, name, new_name);
}

void tell_unmounted(const struct telling *telling, uint32_t volume)
{
	struct vfs_change change = {.directory = {.volume = volume}};
	if (telling->in->flags & VFS_TELL && volume)
		tell(telling->call, &change, (struct str){}, (struct str){});
}
