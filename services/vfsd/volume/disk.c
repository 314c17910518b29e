/* The lines: of them the one that was not used for longest gives way. */
#include "volume/disk.h"

#include <string.h>

static bool disk_next(const struct disks *disks, uint32_t after,
                      struct storage_descriptor *out_device)
{
	return disks->source.next && disks->source.next(disks->source.context, after, out_device);
}

enum status disk_find(const struct disks *disks, uint32_t id, struct storage_descriptor *out_device)
{
	bool found = id && disk_next(disks, id - 1, out_device) && out_device->id == id;
	return found ? OK : ERR_NO_DEVICE;
}

enum status disk_find_named(const struct disks *disks, struct str name,
                            struct storage_descriptor *out_device)
{
	uint32_t after = 0;
	while (disk_next(disks, after, out_device)) {
		if (str_equal(disk_name(out_device), name))
			return OK;
		after = out_device->id;
	}
	return ERR_NO_DEVICE;
}

static size_t line_oldest(const struct disks *disks)
{
	size_t oldest = DISK_LINES;
	for (size_t i = 0; i < DISK_LINES; i++)
		if (!disks->lines[i].is_filling &&
		    (oldest == DISK_LINES || disks->lines[i].used < disks->lines[oldest].used))
			oldest = i;
	return oldest;
}

static enum status line_fill(struct disks *disks, const struct storage_descriptor *device,
                             uint64_t number, size_t *out_index)
{
	size_t index = line_oldest(disks);
	if (index == DISK_LINES)
		return ERR_IO; /* more readers than lines: there are not as many */
	struct disk_line *line = &disks->lines[index];
	uint64_t offset = number * DISK_LINE_BYTES, size = disk_size(device);
	uint32_t block = device->logical_block_size;
	if (offset >= size || !block || DISK_LINE_BYTES % block)
		return ERR_IO;
	uint64_t len = size - offset < DISK_LINE_BYTES ? size - offset : DISK_LINE_BYTES;
	*line = (struct disk_line){.is_filling = true};
	enum status status = disks->source.read(disks->source.context, device, offset / block,
	                                        disks->bytes[index], (size_t)len);
	line->is_filling = false;
	if (status != OK)
		return status;
	*line = (struct disk_line){.device = device->id, .len = (uint32_t)len, .number = number};
	*out_index = index;
	return OK;
}

static enum status line_get(struct disks *disks, const struct storage_descriptor *device,
                            uint64_t number, size_t *out_index)
{
	for (size_t i = 0; i < DISK_LINES; i++) {
		if (disks->lines[i].device != device->id || disks->lines[i].number != number)
			continue;
		*out_index = i;
		return OK;
	}
	return line_fill(disks, device, number, out_index);
}

enum status disk_read(struct disks *disks, const struct storage_descriptor *device, uint64_t offset,
                      void *bytes, size_t len)
{
	uint8_t *to = bytes;
	if (len > disk_size(device) || offset > disk_size(device) - len)
		return ERR_IO;
	while (len) {
		size_t index, within = (size_t)(offset % DISK_LINE_BYTES);
		size_t part = DISK_LINE_BYTES - within < len ? DISK_LINE_BYTES - within : len;
		enum status status = line_get(disks, device, offset / DISK_LINE_BYTES, &index);
		if (status != OK)
			return status;
		if (within + part > disks->lines[index].len)
			return ERR_IO;
		disks->lines[index].used = ++disks->clock;
		memcpy(to, disks->bytes[index] + within, part);
		to += part;
		offset += part;
		len -= part;
	}
	return OK;
}

/* One piece of at most BLOCK_BYTES_MAX bytes. */
static enum status transfer_piece(struct disks *disks, const struct storage_descriptor *device,
                                  const struct disk_transfer *piece)
{
	const struct disk_source *source = &disks->source;
	uint64_t first = piece->unit * (DISK_UNIT_BYTES / device->logical_block_size);
	size_t len = (size_t)piece->count * DISK_UNIT_BYTES;
	return piece->from ? source->write(source->context, device, first, piece->from, len)
	                   : source->read(source->context, device, first, piece->to, len);
}

enum status disk_transfer(struct disks *disks, const struct storage_descriptor *device,
                          const struct disk_transfer *transfer)
{
	enum { PIECE = BLOCK_BYTES_MAX / DISK_UNIT_BYTES };
	for (uint32_t done = 0; done < transfer->count; done += PIECE) {
		uint32_t left = transfer->count - done;
		size_t offset = (size_t)done * DISK_UNIT_BYTES;
		const struct disk_transfer piece = {
		        .unit = transfer->unit + done,
		        .count = left < PIECE ? left : PIECE,
		        .to = transfer->to ? (uint8_t *)transfer->to + offset : NULL,
		        .from = transfer->from ? (const uint8_t *)transfer->from + offset : NULL,
		};
		enum status status = transfer_piece(disks, device, &piece);
		if (status != OK)
			return status;
	}
	return OK;
}

enum status disk_flush(struct disks *disks, const struct storage_descriptor *device)
{
	return disks->source.flush(disks->source.context, device);
}
