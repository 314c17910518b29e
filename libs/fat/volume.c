/* The boot sector, and chains of clusters. */
#include "bytes.h"
#include <base/cleanup.h>
#include <fat/api.h>

enum {
	BOOT_BYTES = 512,
	BOOT_SECTOR_BYTES = 11,
	BOOT_CLUSTER_SECTORS = 13,
	BOOT_RESERVED = 14,
	BOOT_TABLES = 16,
	BOOT_ROOT_ENTRIES = 17,
	BOOT_SECTORS_16 = 19,
	BOOT_TABLE_SECTORS_16 = 22,
	BOOT_SECTORS_32 = 32,
	BOOT_TABLE_SECTORS_32 = 36,
	BOOT_ROOT_CLUSTER = 44,
	BOOT_SIGNATURE = 510,

	CLUSTERS_FAT16_FIRST = 4085,
	CLUSTERS_FAT32_FIRST = 65525,
	CLUSTERS_MAX = 0x0ffffff5,
	CLUSTER_BYTES_MAX = 1 << 20,
	ENTRY_BYTES = 32,
	TABLE_MASK_32 = 0x0fffffff,
	CHAIN_END_16 = 0xfff8,
	CHAIN_END_32 = 0x0ffffff8,
};

struct boot_facts {
	uint32_t sector_bytes, cluster_sectors, reserved, tables, root_entries;
	uint32_t sectors, table_sectors, root_cluster;
};

static bool is_power_of_two(uint32_t value)
{
	return value && (value & (value - 1)) == 0;
}

static struct boot_facts boot_read(const uint8_t *boot)
{
	struct boot_facts facts = {
	        .sector_bytes = fat_u16(boot + BOOT_SECTOR_BYTES),
	        .cluster_sectors = boot[BOOT_CLUSTER_SECTORS],
	        .reserved = fat_u16(boot + BOOT_RESERVED),
	        .tables = boot[BOOT_TABLES],
	        .root_entries = fat_u16(boot + BOOT_ROOT_ENTRIES),
	        .sectors = fat_u16(boot + BOOT_SECTORS_16),
	        .table_sectors = fat_u16(boot + BOOT_TABLE_SECTORS_16),
	        .root_cluster = fat_u32(boot + BOOT_ROOT_CLUSTER),
	};
	if (!facts.sectors)
		facts.sectors = fat_u32(boot + BOOT_SECTORS_32);
	if (!facts.table_sectors)
		facts.table_sectors = fat_u32(boot + BOOT_TABLE_SECTORS_32);
	return facts;
}

static bool boot_is_sound(const struct boot_facts *facts, uint64_t size)
{
	return is_power_of_two(facts->sector_bytes) && facts->sector_bytes >= BOOT_BYTES &&
	       facts->sector_bytes <= FAT_SECTOR_BYTES_MAX &&
	       is_power_of_two(facts->cluster_sectors) &&
	       facts->cluster_sectors * facts->sector_bytes <= CLUSTER_BYTES_MAX &&
	       facts->reserved && facts->tables && facts->table_sectors && facts->sectors &&
	       (uint64_t)facts->sectors * facts->sector_bytes <= size;
}

static bool volume_fits(const struct fat_volume *volume, const struct boot_facts *facts)
{
	uint64_t entry_bytes = volume->is_fat32 ? 4 : 2;
	uint64_t table_bytes = (uint64_t)facts->table_sectors * facts->sector_bytes;
	if ((volume->cluster_count + 2ULL) * entry_bytes > table_bytes)
		return false;
	if (volume->is_fat32)
		return !facts->root_entries && facts->root_cluster >= 2 &&
		       facts->root_cluster - 2 < volume->cluster_count;
	return facts->root_entries;
}

enum status fat_volume_open(const struct fat_source *source, struct fat_volume *out_volume)
{
	uint8_t boot[BOOT_BYTES];
	if (source->size < BOOT_BYTES)
		return ERR_INVALID_ARGS;
	TRY(source->read(source->context, 0, boot, sizeof boot));
	struct boot_facts facts = boot_read(boot);
	if (fat_u16(boot + BOOT_SIGNATURE) != 0xaa55 || !boot_is_sound(&facts, source->size))
		return ERR_INVALID_ARGS;

	uint64_t root_sectors =
	        ((uint64_t)facts.root_entries * ENTRY_BYTES + facts.sector_bytes - 1) /
	        facts.sector_bytes;
	uint64_t root_sector = facts.reserved + (uint64_t)facts.tables * facts.table_sectors;
	uint64_t data_sector = root_sector + root_sectors;
	if (data_sector >= facts.sectors)
		return ERR_INVALID_ARGS;
	struct fat_volume volume = {
	        .source = *source,
	        .sector_bytes = facts.sector_bytes,
	        .cluster_bytes = facts.cluster_sectors * facts.sector_bytes,
	        .cluster_count = (uint32_t)((facts.sectors - data_sector) / facts.cluster_sectors),
	        .table_offset = (uint64_t)facts.reserved * facts.sector_bytes,
	        .root_offset = root_sector * facts.sector_bytes,
	        .data_offset = data_sector * facts.sector_bytes,
	};
	volume.is_fat32 = volume.cluster_count >= CLUSTERS_FAT32_FIRST;
	volume.root_cluster = volume.is_fat32 ? facts.root_cluster : 0;
	volume.root_bytes = volume.is_fat32 ? 0 : facts.root_entries * ENTRY_BYTES;
	if (volume.cluster_count < CLUSTERS_FAT16_FIRST || volume.cluster_count > CLUSTERS_MAX ||
	    !volume_fits(&volume, &facts))
		return ERR_INVALID_ARGS;
	*out_volume = volume;
	return OK;
}

struct fat_file fat_root(const struct fat_volume *volume)
{
	return (struct fat_file){.first_cluster = volume->root_cluster, .is_folder = true};
}

static bool cluster_exists(const struct fat_volume *volume, uint32_t cluster)
{
	return cluster >= 2 && cluster - 2 < volume->cluster_count;
}

/* ERR_NOT_FOUND: the chain ends here. ERR_IO: it goes nowhere. */
static enum status chain_next(const struct fat_volume *volume, uint32_t cluster, uint32_t *out_next)
{
	uint8_t entry[4] = {};
	size_t bytes = volume->is_fat32 ? 4 : 2;
	TRY(volume->source.read(volume->source.context,
	                        volume->table_offset + (uint64_t)cluster * bytes, entry, bytes));
	uint32_t next = volume->is_fat32 ? fat_u32(entry) & TABLE_MASK_32 : fat_u16(entry);
	if (next >= (volume->is_fat32 ? (uint32_t)CHAIN_END_32 : (uint32_t)CHAIN_END_16))
		return ERR_NOT_FOUND;
	if (!cluster_exists(volume, next))
		return ERR_IO;
	*out_next = next;
	return OK;
}

/* Puts the cursor on cluster number `index` of the chain. A ring is left after a whole round. */
static enum status cursor_seek(const struct fat_volume *volume, uint32_t first,
                               struct fat_cursor *cursor, uint32_t index)
{
	if (!cursor->cluster || cursor->first_cluster != first || cursor->index > index)
		*cursor = (struct fat_cursor){.first_cluster = first, .cluster = first};
	if (!cluster_exists(volume, cursor->cluster) || index >= volume->cluster_count)
		return ERR_IO;
	while (cursor->index < index) {
		TRY(chain_next(volume, cursor->cluster, &cursor->cluster));
		cursor->index++;
	}
	return OK;
}

static uint64_t cluster_offset(const struct fat_volume *volume, uint32_t cluster)
{
	return volume->data_offset + (uint64_t)(cluster - 2) * volume->cluster_bytes;
}

/* From the cursor's cluster on, as long as the next one is its neighbour. */
static enum status run_extend(const struct fat_volume *volume, struct fat_cursor *cursor,
                              uint32_t wanted, uint32_t *len)
{
	while (*len < wanted) {
		uint32_t next;
		enum status status = chain_next(volume, cursor->cluster, &next);
		if (status == ERR_NOT_FOUND || (status == OK && next != cursor->cluster + 1))
			return OK;
		TRY(status);
		cursor->cluster = next;
		cursor->index++;
		*len += volume->cluster_bytes;
	}
	return OK;
}

/* The root folder of FAT16 has no chain. */
static bool file_is_fixed_root(const struct fat_volume *volume, const struct fat_file *file)
{
	return file->is_folder && !file->first_cluster && !volume->is_fat32;
}

/* How many bytes there may be; a folder's size stands nowhere. */
static uint32_t file_limit(const struct fat_volume *volume, const struct fat_file *file)
{
	if (file_is_fixed_root(volume, file))
		return volume->root_bytes;
	return file->is_folder ? FAT_FOLDER_BYTES_MAX : file->size;
}

enum status fat_find_run(const struct fat_volume *volume, const struct fat_file *file,
                         struct fat_cursor *cursor, struct fat_range range, struct fat_run *out_run)
{
	uint32_t limit = file_limit(volume, file);
	if (range.offset >= limit || !range.len)
		return ERR_NOT_FOUND;
	uint32_t wanted = range.len < limit - range.offset ? range.len : limit - range.offset;
	if (file_is_fixed_root(volume, file)) {
		*out_run = (struct fat_run){volume->root_offset + range.offset, wanted};
		return OK;
	}
	uint32_t first = file->first_cluster;
	if (file->is_folder && !first)
		first = volume->root_cluster;
	enum status status =
	        cursor_seek(volume, first, cursor, range.offset / volume->cluster_bytes);
	/* only a folder may end before its limit */
	if (status == ERR_NOT_FOUND && !file->is_folder)
		return ERR_IO;
	TRY(status);
	uint32_t inside = range.offset % volume->cluster_bytes;
	uint32_t len = volume->cluster_bytes - inside;
	uint64_t offset = cluster_offset(volume, cursor->cluster) + inside;
	TRY(run_extend(volume, cursor, wanted, &len));
	*out_run = (struct fat_run){offset, len < wanted ? len : wanted};
	return OK;
}

static enum status run_read(const struct fat_volume *volume, const struct fat_run *run, uint8_t *to)
{
	for (uint32_t done = 0; done < run->len;) {
		uint32_t part = run->len - done < FAT_SECTOR_BYTES_MAX ? run->len - done
		                                                       : FAT_SECTOR_BYTES_MAX;
		TRY(volume->source.read(volume->source.context, run->offset + done, to + done,
		                        part));
		done += part;
	}
	return OK;
}

enum status fat_file_read(const struct fat_volume *volume, const struct fat_file *file,
                          struct fat_range range, void *buffer, size_t *out_len)
{
	struct fat_cursor cursor = {};
	uint8_t *to = buffer;
	size_t done = 0;
	while (done < range.len) {
		struct fat_run run;
		const struct fat_range rest = {range.offset + (uint32_t)done,
		                               range.len - (uint32_t)done};
		enum status status = fat_find_run(volume, file, &cursor, rest, &run);
		if (status == ERR_NOT_FOUND)
			break;
		TRY(status);
		TRY(run_read(volume, &run, to + done));
		done += run.len;
	}
	*out_len = done;
	return OK;
}
