#include "image/packages/erofs_writer.h"
#include <erofs/api.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { LABEL_MAX = 15 };

/* Where a node's inode and content go. */
struct place {
	uint32_t slot; /* its inode number; of a further name: that of the first */
	uint32_t block; /* 0: no content */
	struct str content; /* a folder's entries, a link's target, a file's bytes */
};

struct writer {
	const struct erofs_request *request;
	const struct tree *tree;
	struct image_pieces *pieces;
	struct place *places; /* of each node */
	uint32_t inode_count;
	size_t *first_child,
	        *next_child; /* of each node, by name; 0: none (the root is nobody's) */
	uint64_t next_block;
};

static void put(uint8_t *at, uint64_t value, size_t len)
{
	for (size_t i = 0; i < len; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t blocks_of(uint64_t bytes)
{
	return (bytes + EROFS_BLOCK_BYTES - 1) / EROFS_BLOCK_BYTES;
}

static bool is_kind(const struct tree_node *node, enum tree_mode kind)
{
	return (node->mode & TREE_TYPE) == kind;
}

static enum erofs_type type_of(const struct tree_node *node)
{
	return is_kind(node, TREE_FOLDER) ? EROFS_FOLDER
	       : is_kind(node, TREE_LINK) ? EROFS_LINK
	                                  : EROFS_FILE;
}

/* Inode numbers in path order; number 0 stays free, since readers take it for "none". */
static void inodes_number(struct writer *w)
{
	const struct tree *tree = w->tree;
	for (size_t i = 0; i < tree->count; i++)
		if (tree->nodes[i].inode == i)
			w->places[i].slot =
			        ++w->inode_count * (EROFS_EXTENDED_BYTES / EROFS_SLOT_BYTES);
	for (size_t i = 0; i < tree->count; i++)
		w->places[i].slot = w->places[tree->nodes[i].inode].slot;
	for (size_t i = tree->count; i-- > 1;) {
		size_t parent = tree->nodes[i].parent;
		w->next_child[i] = w->first_child[parent];
		w->first_child[parent] = i;
	}
}

/* One block of a directory while it fills. */
struct entries {
	struct str names[EROFS_BLOCK_BYTES / EROFS_ENTRY_BYTES];
	size_t nodes[EROFS_BLOCK_BYTES / EROFS_ENTRY_BYTES];
	size_t count, bytes;
};

static void block_end(const struct writer *w, struct entries *e, struct text *content)
{
	uint8_t block[EROFS_BLOCK_BYTES] = {};
	size_t name_at = e->count * EROFS_ENTRY_BYTES;
	for (size_t i = 0; i < e->count; i++) {
		uint8_t *entry = block + i * EROFS_ENTRY_BYTES;
		put(entry + EROFS_AT_ENTRY_INODE, w->places[e->nodes[i]].slot, 8);
		put(entry + EROFS_AT_ENTRY_NAME, name_at, 2);
		entry[EROFS_AT_ENTRY_TYPE] = (uint8_t)type_of(&w->tree->nodes[e->nodes[i]]);
		memcpy(block + name_at, e->names[i].ptr, e->names[i].len);
		name_at += e->names[i].len;
	}
	while (content->len % EROFS_BLOCK_BYTES)
		text_add_byte(content, '\0');
	text_add(content, (struct str){(const char *)block, e->bytes});
	e->count = e->bytes = 0;
}

static void entry_add(const struct writer *w, struct entries *e, struct text *content,
                      struct str name, size_t node)
{
	if (e->bytes + EROFS_ENTRY_BYTES + name.len > EROFS_BLOCK_BYTES)
		block_end(w, e, content);
	e->names[e->count] = name;
	e->nodes[e->count++] = node;
	e->bytes += EROFS_ENTRY_BYTES + name.len;
}

/* A folder's content: names in byte order, its own and its parent's among them. */
static struct str folder_content(struct writer *w, size_t folder)
{
	struct text content = {.arena = w->pieces->arena};
	struct entries entries = {};
	const struct str dots[] = {STR("."), STR("..")};
	const size_t dot_nodes[] = {folder, w->tree->nodes[folder].parent};
	size_t dot = 0, child = w->first_child[folder];
	while (dot < COUNT(dots) || child) {
		struct str name = child ? tree_name(&w->tree->nodes[child]) : STR("");
		if (dot < COUNT(dots) && (!child || str_compare(dots[dot], name) < 0)) {
			entry_add(w, &entries, &content, dots[dot], dot_nodes[dot]);
			dot++;
			continue;
		}
		entry_add(w, &entries, &content, name, child);
		child = w->next_child[child];
	}
	block_end(w, &entries, &content);
	return text_str(&content);
}

static void contents_place(struct writer *w, enum tree_mode kind)
{
	for (size_t i = 0; i < w->tree->count; i++) {
		const struct tree_node *node = &w->tree->nodes[i];
		struct place *place = &w->places[i];
		if (!is_kind(node, kind) || node->inode != i)
			continue;
		place->content = kind == TREE_FOLDER ? folder_content(w, i) : node->content;
		if (!place->content.len)
			continue;
		place->block = (uint32_t)w->next_block;
		image_pieces_add_bytes(w->pieces, w->next_block * EROFS_BLOCK_BYTES,
		                       place->content.ptr, place->content.len);
		w->next_block +=
		        image_slot(blocks_of(place->content.len), w->request->slack_percent);
	}
}

static void inode_fill(const struct writer *w, size_t index, uint8_t *at)
{
	const struct tree_node *node = &w->tree->nodes[index];
	const struct place *place = &w->places[index];
	put(at + EROFS_AT_FORMAT, 1 | EROFS_PLAIN << 1, 2);
	put(at + EROFS_AT_MODE, node->mode, 2);
	put(at + EROFS_AT_SIZE, place->content.len, 8);
	put(at + EROFS_AT_BLOCK, place->block, 4);
	put(at + EROFS_AT_NUMBER, place->slot, 4);
	put(at + EROFS_AT_UID, node->uid, 4);
	put(at + EROFS_AT_GID, node->gid, 4);
	put(at + EROFS_AT_MODIFIED, node->modified, 8);
	put(at + EROFS_AT_LINKS, node->links, 4);
}

static void inodes_add(struct writer *w, uint64_t bytes)
{
	uint8_t *table = arena_alloc(w->pieces->arena, bytes);
	for (size_t i = 0; i < w->tree->count; i++)
		if (w->tree->nodes[i].inode == i)
			inode_fill(w, i, table + (size_t)w->places[i].slot * EROFS_SLOT_BYTES);
	image_pieces_add_bytes(w->pieces, EROFS_BLOCK_BYTES, table, bytes);
}

static void superblock_add(struct writer *w)
{
	const struct erofs_request *r = w->request;
	uint8_t *start = arena_alloc(w->pieces->arena, EROFS_BLOCK_BYTES);
	uint8_t *super = start + EROFS_SUPERBLOCK_OFFSET;
	put(super + EROFS_AT_MAGIC, EROFS_MAGIC, 4);
	put(super + EROFS_AT_COMPAT, EROFS_COMPAT_CHECKSUM | EROFS_COMPAT_MODIFIED, 4);
	super[EROFS_AT_BLOCK_BITS] = EROFS_BLOCK_BITS;
	put(super + EROFS_AT_ROOT, w->places[0].slot, 2);
	put(super + EROFS_AT_INODE_COUNT, w->inode_count, 8);
	put(super + EROFS_AT_TIME, r->epoch, 8);
	put(super + EROFS_AT_BLOCK_COUNT, w->pieces->total_bytes / EROFS_BLOCK_BYTES, 4);
	put(super + EROFS_AT_INODE_BLOCK, 1, 4);
	memcpy(super + EROFS_AT_UUID, r->id, sizeof r->id);
	for (size_t i = 0; i < r->label.len && i < LABEL_MAX; i++)
		super[EROFS_AT_LABEL + i] = (uint8_t)r->label.ptr[i];
	struct str bytes = {(const char *)start, EROFS_BLOCK_BYTES};
	put(super + EROFS_AT_CHECKSUM, erofs_block_checksum(bytes), 4);
	image_pieces_add_bytes(w->pieces, 0, start,
	                       EROFS_SUPERBLOCK_OFFSET + EROFS_SUPERBLOCK_BYTES);
}

/* Names and targets that the format can't hold. */
static int names_check(const struct tree *tree, struct text *why)
{
	for (size_t i = 0; i < tree->count; i++) {
		const struct tree_node *node = &tree->nodes[i];
		bool long_link = is_kind(node, TREE_LINK) && node->content.len >= EROFS_BLOCK_BYTES;
		if (tree_name(node).len <= EROFS_NAME_MAX && !long_link)
			continue;
		text_addf(why, "package volume: '%.*s' has too long a %s\n", STR_ARG(node->path),
		          long_link ? "target" : "name");
		return ENAMETOOLONG;
	}
	return 0;
}

int erofs_add_pieces(const struct erofs_request *request, struct image_pieces *pieces,
                     struct text *why)
{
	const struct tree *tree = request->tree;
	struct writer w = {.request = request, .tree = tree, .pieces = pieces};
	TRY(names_check(tree, why));
	w.places = ARENA_ARRAY(pieces->arena, struct place, tree->count);
	w.first_child = ARENA_ARRAY(pieces->arena, size_t, tree->count);
	w.next_child = ARENA_ARRAY(pieces->arena, size_t, tree->count);
	inodes_number(&w);
	uint64_t table = ((uint64_t)w.inode_count + 1) * EROFS_EXTENDED_BYTES;
	w.next_block = 1 + image_slot(blocks_of(table), request->slack_percent);
	contents_place(&w, TREE_FOLDER);
	contents_place(&w, TREE_LINK);
	contents_place(&w, TREE_FILE);
	uint64_t bytes = w.next_block * EROFS_BLOCK_BYTES;
	if (w.next_block > UINT32_MAX / 2) {
		text_addf(why, "package volume: more than a volume can hold\n");
		return EFBIG;
	}
	pieces->total_bytes = (bytes + PACKAGE_VOLUME_ALIGN_BYTES - 1) /
	                      PACKAGE_VOLUME_ALIGN_BYTES * PACKAGE_VOLUME_ALIGN_BYTES;
	inodes_add(&w, table);
	superblock_add(&w);
	image_pieces_sort(pieces);
	return 0;
}

int erofs_write(const struct erofs_request *request, const char *out, struct text *why)
{
	struct image_pieces pieces = {.arena = why->arena};
	TRY(erofs_add_pieces(request, &pieces, why));
	int fd = open(out, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	int error = fd < 0 ? errno : image_pieces_write(&pieces, fd, NULL, why);
	if (fd >= 0 && close(fd) < 0 && !error)
		error = errno;
	if (error)
		text_addf(why, "cannot write %s: %s\n", out, strerror(error));
	return error;
}
