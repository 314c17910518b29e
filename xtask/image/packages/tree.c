#include "image/packages/tree.h"
#include "image/cpio_reader.h"
#include "os/files.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FOLDER_MADE = TREE_FOLDER | 0755 };

static struct tree_node *node_add(struct tree *tree)
{
	if (tree->count == tree->capacity) {
		size_t capacity = tree->capacity ? tree->capacity * 2 : 256;
		struct tree_node *nodes = ARENA_ARRAY(tree->arena, struct tree_node, capacity);
		if (tree->count)
			memcpy(nodes, tree->nodes, tree->count * sizeof *nodes);
		tree->nodes = nodes;
		tree->capacity = capacity;
	}
	tree->nodes[tree->count] = (struct tree_node){.links = 1};
	return &tree->nodes[tree->count++];
}

/* The entry before this one in the pack that has the same inode number. */
static struct str first_name(struct str pack, const struct cpio_entry *of)
{
	struct cpio_cursor cursor = {.archive = pack};
	struct cpio_entry entry;
	while (cpio_next(&cursor, &entry) == 0 && entry.offset < of->offset)
		if (entry.number == of->number)
			return entry.path;
	return (struct str){};
}

static bool entry_fits(struct arena *a, const struct cpio_entry *entry)
{
	uint32_t type = entry->mode & TREE_TYPE;
	struct str normal;
	return path_normalise(a, entry->path, &normal) && normal.len && normal.ptr[0] != '/' &&
	       str_equal(normal, entry->path) &&
	       (type == TREE_FOLDER || type == TREE_FILE || (type == TREE_LINK && entry->data.len));
}

int tree_add_pack(struct tree *tree, struct str package, struct str pack, struct text *why)
{
	struct cpio_cursor cursor = {.archive = pack};
	struct cpio_entry entry;
	int error;
	while ((error = cpio_next(&cursor, &entry)) == 0) {
		if (!entry_fits(tree->arena, &entry)) {
			error = EBADMSG;
			break;
		}
		bool is_file = (entry.mode & TREE_TYPE) == TREE_FILE;
		struct tree_node *node = node_add(tree);
		node->path = entry.path;
		node->mode = entry.mode;
		node->uid = entry.uid;
		node->gid = entry.gid;
		node->modified = entry.modified;
		node->content = entry.data;
		node->package = package;
		if (is_file && entry.links > 1)
			node->same_as = first_name(pack, &entry);
	}
	if (error == ENOENT)
		return 0;
	text_addf(why, "the pack of %.*s is damaged at byte %zu\n", STR_ARG(package),
	          cursor.offset);
	return EBADMSG;
}

static void parents_add(struct tree *tree, uint64_t epoch)
{
	size_t count = tree->count;
	struct str last = STR("");
	*node_add(tree) = (struct tree_node){.mode = FOLDER_MADE, .links = 1, .modified = epoch};
	for (size_t i = 0; i < count; i++) {
		struct str folder = path_folder(tree->nodes[i].path);
		if (str_equal(folder, last))
			continue;
		last = folder;
		for (; folder.len; folder = path_folder(folder))
			*node_add(tree) = (struct tree_node){
			        .path = folder,
			        .mode = FOLDER_MADE,
			        .links = 1,
			        .modified = epoch,
			};
	}
}

/* By path; what a package brings comes before what is made for it. */
static int node_compare(const void *left, const void *right)
{
	const struct tree_node *a = left, *b = right;
	int order = str_compare(a->path, b->path);
	if (!order)
		order = (int)!a->package.len - (int)!b->package.len;
	return order ? order : str_compare(a->package, b->package);
}

static int twice(const struct tree_node *a, const struct tree_node *b, struct text *why)
{
	bool folders = (a->mode & TREE_TYPE) == TREE_FOLDER && (b->mode & TREE_TYPE) == TREE_FOLDER;
	if (!b->package.len)
		return 0; /* that it is a folder is looked at with what lies in it */
	if (folders && a->mode == b->mode && a->uid == b->uid && a->gid == b->gid)
		return 0;
	text_addf(why, "package volume: '%.*s' comes from %.*s and, %s, from %.*s\n",
	          STR_ARG(a->path), STR_ARG(a->package),
	          folders ? "with another mode or owner" : "too", STR_ARG(b->package));
	return EINVAL;
}

static int names_unite(struct tree *tree, struct text *why)
{
	size_t kept = 0;
	int result = 0;
	for (size_t i = 0; i < tree->count; i++) {
		struct tree_node *former = kept ? &tree->nodes[kept - 1] : NULL;
		if (!former || !str_equal(former->path, tree->nodes[i].path))
			tree->nodes[kept++] = tree->nodes[i];
		else
			result |= twice(former, &tree->nodes[i], why);
	}
	tree->count = kept;
	return result ? EINVAL : 0;
}

const struct tree_node *tree_find(const struct tree *tree, struct str path)
{
	size_t low = 0, high = tree->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = str_compare(tree->nodes[middle].path, path);
		if (order == 0)
			return &tree->nodes[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

struct str tree_name(const struct tree_node *node)
{
	return path_name(node->path);
}

static int node_tie(struct tree *tree, size_t index, struct text *why)
{
	struct tree_node *node = &tree->nodes[index];
	const struct tree_node *parent = tree_find(tree, path_folder(node->path));
	const struct tree_node *same = node->same_as.len ? tree_find(tree, node->same_as) : node;
	node->parent = (size_t)(parent - tree->nodes);
	node->inode = index;
	if ((parent->mode & TREE_TYPE) != TREE_FOLDER) {
		text_addf(why, "package volume: '%.*s' of %.*s lies below what is no folder\n",
		          STR_ARG(node->path), STR_ARG(node->package));
		return EINVAL;
	}
	if (same != node) {
		node->inode = (size_t)(same - tree->nodes);
		tree->nodes[node->inode].links++;
	}
	if ((node->mode & TREE_TYPE) == TREE_FOLDER) {
		node->links++;
		if (index)
			tree->nodes[node->parent].links++;
	}
	return 0;
}

int tree_finish(struct tree *tree, uint64_t epoch, struct text *why)
{
	parents_add(tree, epoch);
	qsort(tree->nodes, tree->count, sizeof *tree->nodes, node_compare);
	TRY(names_unite(tree, why));
	for (size_t i = 0; i < tree->count; i++)
		TRY(node_tie(tree, i, why));
	return 0;
}
