/* The package volume. */
#include "volume/kinds.h"

#include <string.h>

enum { NS_PER_SECOND = 1000000000 };

static enum status erofs_bytes(struct volume *v, uint64_t offset, void *bytes, size_t len)
{
	return disk_read(v->disks, &v->device, offset, bytes, len);
}

static enum status erofs_open(struct volume *v)
{
	char start[EROFS_BLOCK_BYTES];
	enum status status = erofs_bytes(v, 0, start, sizeof start);
	if (status != OK)
		return status;
	if (!erofs_volume_read((struct str){start, sizeof start}, disk_size(&v->device), &v->erofs))
		return ERR_INVALID_ARGS;
	memcpy(v->label, start + EROFS_SUPERBLOCK_OFFSET + EROFS_AT_LABEL, VOLUME_LABEL_BYTES);
	v->root = v->erofs.root;
	v->bytes = v->erofs.bytes;
	return OK;
}

static enum status erofs_inode(struct volume *v, uint64_t number, struct erofs_inode *out_inode)
{
	char bytes[EROFS_EXTENDED_BYTES];
	uint64_t offset;
	if (!erofs_inode_offset(&v->erofs, number, &offset))
		return ERR_IO;
	uint64_t left = v->erofs.bytes - offset;
	size_t len = left < sizeof bytes ? (size_t)left : sizeof bytes;
	enum status status = erofs_bytes(v, offset, bytes, len);
	if (status != OK)
		return status;
	return erofs_inode_read(&v->erofs, number, (struct str){bytes, len}, out_inode) ? OK
	                                                                                : ERR_IO;
}

static enum status erofs_content_read(struct volume *v, const struct erofs_inode *inode,
                                      const struct volume_bytes *wanted, char *bytes)
{
	for (size_t done = 0; done < wanted->len;) {
		struct erofs_extent extent = erofs_content(inode, wanted->offset + done);
		size_t left = wanted->len - done;
		size_t part = extent.len < left ? (size_t)extent.len : left;
		if (!part)
			return ERR_IO;
		enum status status = erofs_bytes(v, extent.offset, bytes + done, part);
		if (status != OK)
			return status;
		done += part;
	}
	return OK;
}

static enum status erofs_describe(struct volume *v, uint64_t number, struct volume_entry *entry)
{
	struct erofs_inode inode;
	enum status status = erofs_inode(v, number, &inode);
	if (status != OK)
		return status;
	entry->file = number;
	entry->mode = inode.mode;
	entry->uid = inode.uid;
	entry->gid = inode.gid;
	entry->size = inode.size;
	entry->modify_ns = (int64_t)(inode.modified * NS_PER_SECOND);
	entry->has_other_names =
	        (inode.mode & EROFS_MODE_TYPE) != EROFS_MODE_FOLDER && inode.links > 1;
	return OK;
}

/* A cookie is a block of the folder and an entry in it. */
static enum status erofs_list(struct volume *v, uint64_t folder, uint64_t *cookie,
                              struct volume_entry *out_entry)
{
	struct erofs_inode inode;
	struct erofs_entry entry;
	char block[EROFS_BLOCK_BYTES];
	enum status status = erofs_inode(v, folder, &inode);
	if (status != OK)
		return status;
	if ((inode.mode & EROFS_MODE_TYPE) != EROFS_MODE_FOLDER)
		return ERR_IO;
	for (;;) {
		uint64_t offset = *cookie / EROFS_BLOCK_BYTES * EROFS_BLOCK_BYTES;
		if (offset >= inode.size)
			return ERR_NOT_FOUND;
		uint64_t left = inode.size - offset;
		const struct volume_bytes wanted = {
		        .offset = offset,
		        .len = left < sizeof block ? (size_t)left : sizeof block,
		};
		status = erofs_content_read(v, &inode, &wanted, block);
		if (status != OK)
			return status;
		if (!erofs_entry_read((struct str){block, wanted.len},
		                      (size_t)(*cookie % EROFS_BLOCK_BYTES), &entry)) {
			*cookie = offset + EROFS_BLOCK_BYTES;
			continue;
		}
		++*cookie;
		if (str_equal(entry.name, STR(".")) || str_equal(entry.name, STR("..")))
			continue;
		break;
	}
	memcpy(out_entry->name, entry.name.ptr, entry.name.len);
	out_entry->name_len = entry.name.len;
	return erofs_describe(v, entry.inode, out_entry);
}

static enum status erofs_read(struct volume *v, const struct volume_bytes *wanted, void *bytes,
                              size_t *out_len)
{
	struct erofs_inode inode;
	enum status status = erofs_inode(v, wanted->file, &inode);
	if (status == OK)
		status = erofs_content_read(v, &inode, wanted, bytes);
	*out_len = status == OK ? wanted->len : 0;
	return status;
}

const struct volume_kind volume_kind_erofs = {erofs_open, erofs_list, erofs_read};
