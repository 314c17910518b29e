/* FAT layout: the tree of nodes, each one's slot, and the volume's geometry around them. */
#include "image/fat/format.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	CLUSTER_BYTES = 4096,
	CLUSTERS_MARGIN = 16, /* readers disagree by a few about where FAT16 and FAT32 begin */
	FAT16_CLUSTERS_SAFE = FAT16_CLUSTERS_MIN + 5,
	ROUND_BYTES_MIN = 1 << 20,
	ROUND_SHARE = 16,
	ROOT_SECTORS_MIN = 32, /* 512 entries, as usual */
	ROOT_SECTORS_MAX = 4095,
	TABLE_DIGITS = 13, /* of an offset in a volume of at most 2^32 sectors */
};

struct source_file {
	struct str path;
	const struct image_file *file; /* NULL: the extent table */
};

static int source_compare(const void *left, const void *right)
{
	const struct source_file *a = left, *b = right;
	return str_compare(a->path, b->path);
}

static struct fat_node *node_add(struct arena *a, struct fat_node *parent, struct str name,
                                 struct str path)
{
	struct fat_node *node = ARENA_NEW(a, struct fat_node);
	*node = (struct fat_node){.name = name, .path = path, .parent = parent};
	if (parent->last_child)
		parent->last_child->next_sibling = node;
	else
		parent->first_child = node;
	parent->last_child = node;
	return node;
}

/* Paths come sorted, so a folder that exists is the last child of its parent. */
static struct fat_node *folder_enter(struct arena *a, struct fat_layout *l, struct fat_node *parent,
                                     struct str name, struct str path)
{
	struct fat_node *last = parent->last_child;
	if (last && last->is_folder && str_equal(last->name, name))
		return last;
	struct fat_node *folder = node_add(a, parent, name, path);
	folder->is_folder = true;
	l->folders[l->folder_count++] = folder;
	return folder;
}

static void file_place(struct arena *a, struct fat_layout *l, const struct source_file *source)
{
	struct fat_node *folder = l->root;
	struct str path = source->path;
	size_t start = 0;
	for (size_t i = 0; i < path.len; i++) {
		if (path.ptr[i] != '/')
			continue;
		folder = folder_enter(a, l, folder, str_slice(path, start, i),
		                      str_slice(path, 0, i));
		start = i + 1;
	}
	struct fat_node *node = node_add(a, folder, str_slice(path, start, path.len), path);
	node->file = source->file;
	node->size = source->file ? source->file->size : 0;
	if (source->file)
		l->contents[l->content_count++] = node;
	else
		l->extent_table = node;
}

static size_t path_depth(struct str path)
{
	size_t depth = 0;
	for (size_t i = 0; i < path.len; i++)
		depth += path.ptr[i] == '/';
	return depth;
}

/* A file that would hide the extent table, or one that it would hide. */
static int extents_path_check(const struct fat_request *r, struct text *why)
{
	struct str own = r->extents_path;
	for (size_t i = 0; i < r->files->count; i++) {
		struct str path = r->files->items[i].path;
		for (size_t end = 1; end <= own.len && end <= path.len; end++) {
			struct str a = str_slice(own, 0, end), b = str_slice(path, 0, end);
			bool own_ends = end == own.len, path_ends = end == path.len;
			if (!(own_ends || own.ptr[end] == '/') ||
			    !(path_ends || path.ptr[end] == '/') || !str_equal_no_case(a, b))
				continue;
			if (str_equal(a, b) && !own_ends && !path_ends)
				continue;
			text_addf(why, "'%.*s' stands where the image has its own '%.*s'",
			          STR_ARG(path), STR_ARG(own));
			return EINVAL;
		}
	}
	return 0;
}

static void tree_build(struct arena *a, struct fat_layout *l)
{
	const struct fat_request *r = l->request;
	size_t count = r->files->count, folders_max = 1 + path_depth(r->extents_path);
	struct source_file *sources = ARENA_ARRAY(a, struct source_file, count + 1);
	for (size_t i = 0; i < count; i++) {
		sources[i] = (struct source_file){r->files->items[i].path, &r->files->items[i]};
		folders_max += path_depth(sources[i].path);
	}
	if (r->extents_path.len)
		sources[count++] = (struct source_file){r->extents_path, NULL};
	if (count)
		qsort(sources, count, sizeof *sources, source_compare);

	l->folders = ARENA_ARRAY(a, struct fat_node *, folders_max);
	l->contents = ARENA_ARRAY(a, struct fat_node *, count + 1);
	l->root = ARENA_NEW(a, struct fat_node);
	l->root->is_folder = true;
	l->folders[l->folder_count++] = l->root;
	for (size_t i = 0; i < count; i++)
		file_place(a, l, &sources[i]);
	if (l->extent_table)
		l->contents[l->content_count++] = l->extent_table;
}

static int folders_measure(struct arena *a, struct fat_layout *l, struct text *why)
{
	for (size_t i = 0; i < l->folder_count; i++) {
		struct fat_node *folder = l->folders[i];
		TRY(fat_name_children(a, folder, why));
		uint64_t entries =
		        folder->parent ? 2 : l->request->label.len > 0; /* . and .., label */
		for (struct fat_node *node = folder->first_child; node; node = node->next_sibling)
			entries += 1 + fat_long_entries(node);
		if (entries > FAT_FOLDER_ENTRIES_MAX) {
			text_addf(why, "the folder '%.*s' has more entries than FAT can hold",
			          STR_ARG(folder->path));
			return EFBIG;
		}
		folder->size = entries * FAT_ENTRY_BYTES;
	}
	return 0;
}

static uint64_t node_slot(const struct fat_layout *l, struct fat_node *node, uint64_t room)
{
	uint64_t cluster_bytes = (uint64_t)l->cluster_sectors * FAT_SECTOR_BYTES;
	node->used_clusters = (uint32_t)((node->size + cluster_bytes - 1) / cluster_bytes);
	node->slot_clusters = (uint32_t)image_slot((room + cluster_bytes - 1) / cluster_bytes,
	                                           l->request->slack_percent);
	return node->slot_clusters;
}

/* More than the extent table can become: its length depends on where it lies. */
static uint64_t extent_table_bound(const struct fat_layout *l)
{
	uint64_t bytes = 0;
	for (size_t i = 0; i < l->content_count; i++)
		bytes += l->contents[i]->path.len + sizeof "path=/\tlen=\textents=:\n" +
		         3 * TABLE_DIGITS;
	return bytes;
}

/* Clusters that all slots take, without a FAT32 root. */
static int slots_measure(struct fat_layout *l, uint64_t *out_clusters, struct text *why)
{
	uint64_t clusters = 0;
	for (size_t i = 1; i < l->folder_count; i++)
		clusters += node_slot(l, l->folders[i], l->folders[i]->size);
	for (size_t i = 0; i < l->content_count; i++) {
		struct fat_node *node = l->contents[i];
		if (node->size > UINT32_MAX) {
			text_addf(why, "'%.*s' is larger than a FAT file can be",
			          STR_ARG(node->path));
			return EFBIG;
		}
		clusters += node_slot(l, node, node->file ? node->size : extent_table_bound(l));
	}
	*out_clusters = clusters;
	return 0;
}

/* Rounded up to a unit of about a sixteenth, so that a little growth keeps the volume's size. */
static uint64_t clusters_round(const struct fat_layout *l, uint64_t clusters)
{
	uint64_t unit = ROUND_BYTES_MIN / FAT_SECTOR_BYTES / l->cluster_sectors;
	while (unit * 2 <= clusters / ROUND_SHARE)
		unit *= 2;
	return (clusters + unit - 1) / unit * unit;
}

/* Everything before cluster 2, for at most this many clusters; padded to whole clusters. */
static uint64_t metadata_sectors(struct fat_layout *l, uint64_t clusters)
{
	uint64_t entry = l->is_fat32 ? 4 : 2;
	uint64_t table =
	        ((clusters + FAT_FIRST_CLUSTER) * entry + FAT_SECTOR_BYTES - 1) / FAT_SECTOR_BYTES;
	uint64_t reserved = l->is_fat32 ? FAT32_RESERVED_SECTORS : 1;
	uint64_t sectors = reserved + 2 * table + l->root_sectors;
	uint64_t pad = (l->cluster_sectors - sectors % l->cluster_sectors) % l->cluster_sectors;
	l->reserved_sectors = (uint32_t)(reserved + pad);
	l->table_sectors = (uint32_t)table;
	l->data_sector = (uint32_t)(sectors + pad);
	return sectors + pad;
}

/* Clusters of a volume of this many sectors. */
static uint64_t clusters_within(struct fat_layout *l, uint64_t total)
{
	uint64_t metadata = metadata_sectors(l, total / l->cluster_sectors);
	return metadata < total ? (total - metadata) / l->cluster_sectors : 0;
}

/* Geometry for at least this many clusters and the volume's minimum; the count that comes out. */
static uint64_t geometry_set(struct fat_layout *l, uint64_t clusters)
{
	uint64_t minimum = l->request->minimum_bytes / FAT_SECTOR_BYTES;
	uint64_t total = metadata_sectors(l, clusters) + clusters * l->cluster_sectors;
	if (total < minimum) {
		uint64_t fit;
		total = minimum;
		while ((fit = clusters_within(l, total)) < clusters)
			total += l->cluster_sectors;
		clusters = fit;
	}
	l->total_sectors = total > UINT32_MAX ? 0 : (uint32_t)total;
	l->cluster_count = (uint32_t)clusters;
	return clusters;
}

static int geometry_choose(struct fat_layout *l, uint64_t clusters, struct text *why)
{
	uint64_t root = (l->root->size + FAT_SECTOR_BYTES - 1) / FAT_SECTOR_BYTES;
	root = image_slot(root, l->request->slack_percent);
	root = root < ROOT_SECTORS_MIN ? (uint64_t)ROOT_SECTORS_MIN : root;
	l->root_sectors = (uint32_t)root;
	uint64_t wanted = clusters_round(l, clusters);
	uint64_t minimum = FAT16_CLUSTERS_SAFE;
	uint64_t got = geometry_set(l, wanted < minimum ? minimum : wanted);
	if (got < FAT32_CLUSTERS_MIN - CLUSTERS_MARGIN && root <= ROOT_SECTORS_MAX &&
	    l->total_sectors)
		return 0;

	l->is_fat32 = true;
	l->root_sectors = 0;
	wanted = clusters_round(l, clusters + node_slot(l, l->root, l->root->size));
	minimum = FAT32_CLUSTERS_MIN + CLUSTERS_MARGIN;
	got = geometry_set(l, wanted < minimum ? minimum : wanted);
	if (got <= FAT32_CLUSTERS_MAX && l->total_sectors)
		return 0;
	text_addf(why, "the files are larger than a FAT volume can be");
	return EFBIG;
}

static void slots_assign(struct fat_layout *l)
{
	uint32_t next = FAT_FIRST_CLUSTER;
	for (size_t i = l->is_fat32 ? 0 : 1; i < l->folder_count; i++) {
		l->folders[i]->first_cluster = next;
		next += l->folders[i]->slot_clusters;
	}
	for (size_t i = 0; i < l->content_count; i++) {
		struct fat_node *node = l->contents[i];
		node->first_cluster = node->used_clusters || !node->file ? next : 0;
		next += node->slot_clusters;
	}
}

static int request_check(const struct fat_request *r, struct text *why)
{
	uint32_t cluster = r->cluster_bytes;
	if (cluster && (cluster < FAT_SECTOR_BYTES || cluster > 32768 || cluster & (cluster - 1))) {
		text_addf(why, "FAT clusters can't have %u bytes", cluster);
		return EINVAL;
	}
	if (r->slack_percent > 100 || r->start_bytes % FAT_SECTOR_BYTES ||
	    r->start_bytes / FAT_SECTOR_BYTES > UINT32_MAX) {
		text_addf(why, "slack above 100 percent, or a volume that begins within a sector");
		return EINVAL;
	}
	uint8_t label[FAT_LABEL_BYTES];
	return fat_label_encode(r->label, label, why);
}

int fat_plan(struct arena *a, const struct fat_request *request, struct fat_layout *out_layout,
             struct text *why)
{
	TRY(request_check(request, why));
	uint32_t cluster_bytes = request->cluster_bytes ? request->cluster_bytes : CLUSTER_BYTES;
	struct fat_layout layout = {
	        .request = request,
	        .cluster_sectors = cluster_bytes / FAT_SECTOR_BYTES,
	};
	uint64_t clusters;
	TRY(extents_path_check(request, why));
	tree_build(a, &layout);
	TRY(folders_measure(a, &layout, why));
	TRY(slots_measure(&layout, &clusters, why));
	TRY(geometry_choose(&layout, clusters, why));
	slots_assign(&layout);
	if (layout.extent_table) {
		struct fat_node *table = layout.extent_table;
		layout.extents = fat_extent_table(a, &layout);
		table->size = layout.extents.len;
		(void)node_slot(&layout, table, extent_table_bound(&layout));
		if (!table->used_clusters)
			table->first_cluster = 0;
	}
	*out_layout = layout;
	return 0;
}

uint64_t fat_volume_bytes(const struct fat_layout *layout)
{
	return (uint64_t)layout->total_sectors * FAT_SECTOR_BYTES;
}

struct str fat_extent_table(struct arena *a, const struct fat_layout *layout)
{
	struct text table = {.arena = a};
	for (size_t i = 0; i < layout->content_count; i++) {
		const struct fat_node *node = layout->contents[i];
		if (!node->file)
			continue;
		text_addf(&table, "path=/%.*s\tlen=%llu\textents=", STR_ARG(node->path),
		          (unsigned long long)node->size);
		if (node->size)
			text_addf(
			        &table, "%llu:%llu",
			        (unsigned long long)fat_cluster_offset(layout, node->first_cluster),
			        (unsigned long long)node->size);
		text_add_byte(&table, '\n');
	}
	return text_str(&table);
}
