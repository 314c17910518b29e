/*
 * EROFS reader: a sound volume with edits from the input (offset, value), half of the time with the
 * checksum made right again, so that what lies behind it is reached. Content must lie in the
 * volume.
 */
#include "image/packages/erofs_listing.h"
#include "image/packages/erofs_writer.h"
#include "os/files.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STRUCTURES = 12 * EROFS_BLOCK_BYTES };

static char sound[STRUCTURES], volume[STRUCTURES];

static void node_put(struct tree_node *node, const char *path, uint32_t mode, const char *content)
{
	*node = (struct tree_node){
	        .path = str_from_c(path),
	        .mode = mode,
	        .links = 1,
	        .package = STR("package"),
	        .content = str_from_c(content),
	};
}

int LLVMFuzzerInitialize(int *, char ***);
int LLVMFuzzerInitialize(int *, char ***)
{
	struct arena a;
	host_arena_init(&a);
	struct text why = {.arena = &a};
	struct tree tree = {.arena = &a, .nodes = ARENA_ARRAY(&a, struct tree_node, 16)};
	tree.capacity = 16;
	tree.count = 3;
	node_put(&tree.nodes[0], "a/b/file", TREE_FILE | 0644, "content");
	node_put(&tree.nodes[1], "a/link", TREE_LINK | 0777, "b/file");
	node_put(&tree.nodes[2], "c", TREE_FOLDER | 0755, "");
	struct erofs_request request = {.tree = &tree, .slack_percent = 25};
	struct image_pieces pieces = {.arena = &a};
	if (tree_finish(&tree, 1, &why) || erofs_add_pieces(&request, &pieces, &why))
		abort();
	for (size_t i = 0; i < pieces.count; i++)
		memcpy(sound + pieces.items[i].offset, pieces.items[i].bytes, pieces.items[i].len);
	uint32_t blocks = STRUCTURES / EROFS_BLOCK_BYTES;
	memcpy(sound + EROFS_SUPERBLOCK_OFFSET + EROFS_AT_BLOCK_COUNT, &blocks, sizeof blocks);
	arena_release(&a);
	return 0;
}

static void items_check(struct arena *a, const struct erofs_listing *listing)
{
	for (size_t i = 0; i < listing->count; i++) {
		const struct erofs_item *item = &listing->items[i];
		struct str bytes = {volume, STRUCTURES};
		if (item->inode.size && erofs_item_content(a, bytes, item).len != item->inode.size)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct erofs_listing listing;
	if (!size)
		return 0;
	memcpy(volume, sound, sizeof volume);
	for (size_t i = 1; i + 2 < size; i += 3)
		volume[((size_t)data[i] << 8 | data[i + 1]) % STRUCTURES] = (char)data[i + 2];
	struct str bytes = {volume, STRUCTURES};
	uint32_t sum = erofs_block_checksum(bytes);
	if (data[0] & 1)
		memcpy(volume + EROFS_SUPERBLOCK_OFFSET + EROFS_AT_CHECKSUM, &sum, sizeof sum);
	host_arena_init(&a);
	struct text why = {.arena = &a};
	if (erofs_list(&a, bytes, &listing, &why) == 0)
		items_check(&a, &listing);
	arena_release(&a);
	return 0;
}
