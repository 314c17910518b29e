/* Which reader a volume has. */
#include "volume/kinds.h"

static const struct {
	struct str name;
	enum store_volume_kind kind;
} volume_names[] = {
        {STR_INIT("erofs"), STORE_VOLUME_EROFS},
        {STR_INIT("fat"), STORE_VOLUME_FAT},
        {STR_INIT("vfat"), STORE_VOLUME_FAT},
};

static const struct volume_kind *const kinds[] = {
        [STORE_VOLUME_EROFS] = &volume_kind_erofs,
        [STORE_VOLUME_FAT] = &volume_kind_fat,
};

enum status volume_kind_of(struct str name, enum store_volume_kind *out_kind)
{
	for (size_t i = 0; i < COUNT(volume_names); i++) {
		if (!str_equal(volume_names[i].name, name))
			continue;
		*out_kind = volume_names[i].kind;
		return OK;
	}
	return ERR_NO_DEVICE;
}

enum status volume_open(struct volume *v, struct disks *disks)
{
	v->disks = disks;
	return kinds[v->kind]->open(v);
}

enum status volume_list(struct volume *v, uint64_t folder, uint64_t *cookie,
                        struct volume_entry *out_entry)
{
	return kinds[v->kind]->list(v, folder, cookie, out_entry);
}

enum status volume_read(struct volume *v, const struct volume_bytes *wanted, void *bytes,
                        size_t *out_len)
{
	struct volume_bytes cut = *wanted;
	*out_len = 0;
	if (cut.offset >= cut.size)
		return OK;
	if (cut.len > cut.size - cut.offset)
		cut.len = (size_t)(cut.size - cut.offset);
	return kinds[v->kind]->read(v, &cut, bytes, out_len);
}
