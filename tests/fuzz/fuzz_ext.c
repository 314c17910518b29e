/*
 * ext3 volumes: a small sound one with an interrupted journal, bytes of which come from the input.
 * Whatever it says, every operation ends, and nothing outside the volume and the given memory is
 * touched; what one process left, another goes on with.
 *
 * Input: records of block (2 bytes: mostly one of the first), offset (2), count (1), and as many
 * bytes.
 */
#include "../../libs/ext/disk.h"
#include "../../libs/ext/journal.h"
#include "require.h"
#include <ext/api.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *count, char ***arguments);

enum {
	BLOCKS = 512,
	GROUP_INODES = 32,
	AT_DESCRIPTORS = 1,
	AT_BLOCK_BITMAP,
	AT_INODE_BITMAP,
	AT_INODES,
	AT_ROOT,
	AT_FOLDER,
	AT_FILE, /* its only block */
	AT_TABLE, /* of the large file */
	AT_TABLE_BLOCK,
	AT_JOURNAL_TABLE = 15,
	AT_JOURNAL,
	JOURNAL_BLOCKS = 300,
	AT_FREE = AT_JOURNAL + JOURNAL_BLOCKS,
	INODE_FILE = 11,
	INODE_LARGE,
	INODE_FOLDER,
	INODE_LINK,
	INODE_ORPHAN,
	INODE_FREE,
	RECORD_HEADER = 5,
	REQUESTS_MAX = 20000,
	DEPTH_MAX = 3,
};

static uint8_t sound[BLOCKS][EXT_BLOCK_BYTES], disk[BLOCKS][EXT_BLOCK_BYTES];
static bool changed[BLOCKS];
static uint8_t memory[EXT_MEMORY_MIN] __attribute__((aligned(EXT_BLOCK_BYTES)));
static unsigned requests;

static enum status fuzz_read(void *, uint64_t block, uint32_t count, void *bytes)
{
	require(count && block < BLOCKS && count <= BLOCKS - block);
	if (++requests > REQUESTS_MAX)
		return ERR_IO;
	memcpy(bytes, disk[block], (size_t)count * EXT_BLOCK_BYTES);
	return OK;
}

static enum status fuzz_write(void *, uint64_t block, uint32_t count, const void *bytes)
{
	require(count && block < BLOCKS && count <= BLOCKS - block);
	if (++requests > REQUESTS_MAX)
		return ERR_IO;
	memcpy(disk[block], bytes, (size_t)count * EXT_BLOCK_BYTES);
	memset(changed + block, true, count);
	return OK;
}

static enum status fuzz_flush(void *)
{
	return OK;
}

static struct disk_inode *make_inode(uint32_t number, uint16_t mode, uint16_t links)
{
	struct disk_inode *inodes = (struct disk_inode *)sound[AT_INODES];
	struct disk_inode *inode =
	        (struct disk_inode *)((uint8_t *)inodes + (number - 1) * DISK_INODE_BYTES_MIN);
	inode->mode = mode;
	inode->links = links;
	return inode;
}

static uint8_t *make_entry(uint8_t *at, const char *name, uint32_t inode, uint8_t kind)
{
	struct disk_entry *entry = (struct disk_entry *)at;
	entry->inode = inode;
	entry->name_len = (uint8_t)strlen(name);
	entry->kind = kind;
	entry->len = (uint16_t)((DISK_ENTRY_BYTES + entry->name_len + 3) / 4 * 4);
	memcpy(entry->name, name, entry->name_len);
	return at + entry->len;
}

static void make_last(uint8_t *at, const char *name, uint32_t inode, uint8_t kind)
{
	make_entry(at, name, inode, kind);
	size_t used = (size_t)(at - &sound[0][0]) % EXT_BLOCK_BYTES;
	((struct disk_entry *)at)->len = (uint16_t)(EXT_BLOCK_BYTES - used);
}

static void make_super(void)
{
	struct disk_super *super = (struct disk_super *)(sound[0] + DISK_SUPER_OFFSET);
	*super = (struct disk_super){.inodes_count = GROUP_INODES,
	                             .blocks_count = BLOCKS,
	                             .free_blocks = BLOCKS - AT_FREE,
	                             .free_inodes = GROUP_INODES - INODE_FREE + 1,
	                             .log_block_bytes = DISK_BLOCK_LOG,
	                             .group_blocks = DISK_GROUP_BLOCKS,
	                             .group_inodes = GROUP_INODES,
	                             .magic = DISK_MAGIC,
	                             .revision = DISK_REVISION,
	                             .first_inode = DISK_FIRST_INODE_MIN,
	                             .inode_bytes = DISK_INODE_BYTES_MIN,
	                             .compat = DISK_COMPAT_JOURNAL,
	                             .incompat = DISK_INCOMPAT_KIND | DISK_INCOMPAT_RECOVER,
	                             .journal_inode = DISK_JOURNAL_INODE,
	                             .last_orphan = INODE_ORPHAN};
	struct disk_group *group = (struct disk_group *)sound[AT_DESCRIPTORS];
	*group = (struct disk_group){.block_bitmap = AT_BLOCK_BITMAP,
	                             .inode_bitmap = AT_INODE_BITMAP,
	                             .inode_table = AT_INODES,
	                             .free_blocks = BLOCKS - AT_FREE,
	                             .free_inodes = GROUP_INODES - INODE_FREE + 1,
	                             .directories = 2};
	for (uint32_t k = 0; k < AT_FREE; k++)
		sound[AT_BLOCK_BITMAP][k / 8] |= (uint8_t)(1u << k % 8);
	for (uint32_t k = 0; k < INODE_FREE - 1; k++)
		sound[AT_INODE_BITMAP][k / 8] |= (uint8_t)(1u << k % 8);
}

static void make_files(void)
{
	struct disk_inode *root = make_inode(EXT_ROOT, 040755, 3);
	struct disk_inode *folder = make_inode(INODE_FOLDER, 040755, 2);
	struct disk_inode *file = make_inode(INODE_FILE, 0100644, 1);
	struct disk_inode *large = make_inode(INODE_LARGE, 0100644, 1);
	struct disk_inode *link = make_inode(INODE_LINK, 0120777, 1);
	make_inode(INODE_ORPHAN, 0100600, 1);
	root->size = folder->size = EXT_BLOCK_BYTES;
	root->map[0] = AT_ROOT;
	folder->map[0] = AT_FOLDER;
	file->map[0] = AT_FILE;
	file->size = 100;
	large->map[DISK_DIRECT] = AT_TABLE;
	large->size = 20 * EXT_BLOCK_BYTES;
	((uint32_t *)sound[AT_TABLE])[3] = AT_TABLE_BLOCK;
	memcpy(link->map, "file", link->size = 4);

	uint8_t *at = make_entry(sound[AT_ROOT], ".", EXT_ROOT, DISK_KIND_DIRECTORY);
	at = make_entry(at, "..", EXT_ROOT, DISK_KIND_DIRECTORY);
	at = make_entry(at, "file", INODE_FILE, DISK_KIND_FILE);
	at = make_entry(at, "large", INODE_LARGE, DISK_KIND_FILE);
	at = make_entry(at, "link", INODE_LINK, DISK_KIND_LINK);
	make_last(at, "folder", INODE_FOLDER, DISK_KIND_DIRECTORY);
	at = make_entry(sound[AT_FOLDER], ".", INODE_FOLDER, DISK_KIND_DIRECTORY);
	make_last(at, "..", EXT_ROOT, DISK_KIND_DIRECTORY);
}

/* A transaction that writes the folder's block, and revokes another. */
static void make_journal(void)
{
	struct disk_inode *inode = make_inode(DISK_JOURNAL_INODE, 0100600, 1);
	inode->size = JOURNAL_BLOCKS * EXT_BLOCK_BYTES;
	inode->map[DISK_DIRECT] = AT_JOURNAL_TABLE;
	for (uint32_t k = 0; k < JOURNAL_BLOCKS; k++)
		if (k < DISK_DIRECT)
			inode->map[k] = AT_JOURNAL + k;
		else
			((uint32_t *)sound[AT_JOURNAL_TABLE])[k - DISK_DIRECT] = AT_JOURNAL + k;
	*(struct journal_super *)sound[AT_JOURNAL] =
	        (struct journal_super){.header = {big32(JOURNAL_MAGIC), big32(JOURNAL_SUPER_2), 0},
	                               .block_bytes = big32(EXT_BLOCK_BYTES),
	                               .blocks = big32(JOURNAL_BLOCKS),
	                               .first = big32(1),
	                               .sequence = big32(7),
	                               .start = big32(1),
	                               .incompat = big32(JOURNAL_INCOMPAT_REVOKE)};
	struct journal_revoke *revoke = (struct journal_revoke *)sound[AT_JOURNAL + 1];
	revoke->header =
	        (struct journal_header){big32(JOURNAL_MAGIC), big32(JOURNAL_REVOKE), big32(7)};
	revoke->bytes = big32(sizeof *revoke + 4);
	revoke->blocks[0] = big32(AT_TABLE);
	uint8_t *descriptor = sound[AT_JOURNAL + 2];
	*(struct journal_header *)descriptor =
	        (struct journal_header){big32(JOURNAL_MAGIC), big32(JOURNAL_DESCRIPTOR), big32(7)};
	*(struct journal_tag *)(descriptor + sizeof(struct journal_header)) =
	        (struct journal_tag){.block = big32(AT_FOLDER), .flags = big16(JOURNAL_LAST)};
	memcpy(sound[AT_JOURNAL + 3], sound[AT_FOLDER], EXT_BLOCK_BYTES);
	*(struct journal_header *)sound[AT_JOURNAL + 4] =
	        (struct journal_header){big32(JOURNAL_MAGIC), big32(JOURNAL_COMMIT), big32(7)};
}

static void patch(const uint8_t *data, size_t size)
{
	while (size >= RECORD_HEADER) {
		size_t block = data[1] & 1 ? (data[0] | (size_t)data[1] << 8) / 2 % BLOCKS
		                           : data[0] % (AT_JOURNAL + 6);
		size_t offset = (data[2] | (size_t)data[3] << 8) % EXT_BLOCK_BYTES;
		size_t len = data[4];
		data += RECORD_HEADER;
		size -= RECORD_HEADER;
		len = len < size ? len : size;
		size_t room = EXT_BLOCK_BYTES - offset;
		memcpy(disk[block] + offset, data, len < room ? len : room);
		changed[block] = true;
		data += len;
		size -= len;
	}
}

/* What answers what does not matter; OK must hold what it says. */
static void look(struct ext_volume *v, uint32_t directory, int depth)
{
	static uint8_t bytes[70000];
	struct ext_entry entry = {};
	struct ext_facts facts;
	size_t len;
	for (unsigned k = 0; k < 500; k++) {
		uint64_t before = entry.cookie;
		if (ext_list(v, directory, entry.cookie, &entry) != OK)
			return;
		require(entry.cookie > before && entry.name_len && entry.name_len <= EXT_NAME_MAX);
		if (ext_facts(v, entry.inode, &facts) != OK)
			continue;
		const struct ext_range all = {0, sizeof bytes};
		if (ext_read(v, entry.inode, all, bytes, &len) == OK)
			require(len <= sizeof bytes && len <= facts.size);
		if (ext_read_link(v, entry.inode, (char *)bytes, 100, &len) == OK)
			require(len <= 100);
		if (entry.kind == 040000 && depth < DEPTH_MAX && entry.name[0] != '.')
			look(v, entry.inode, depth + 1);
	}
}

static void change(struct ext_volume *v)
{
	static const uint8_t bytes[20000];
	uint32_t inode = 0, gone = 0;
	size_t done;
	struct ext_new new = {.directory = EXT_ROOT, .name = STR("new"), .mode = 0100600};
	const struct ext_change owner = {.mask = EXT_CHANGE_OWNER, .uid = 1, .gid = 2};
	const struct ext_name names[] = {{EXT_ROOT, STR("large"), 1}, {EXT_ROOT, STR("link"), 1}};
	const struct ext_rename move = {.from_directory = EXT_ROOT,
	                                .from_name = STR("folder"),
	                                .to_directory = EXT_ROOT,
	                                .to_name = STR("other")};
	if (ext_create(v, &new, &inode) == OK)
		(void)!ext_write(v, inode, (struct ext_range){100, sizeof bytes}, bytes, &done);
	(void)!ext_set(v, INODE_FILE, &owner);
	(void)!ext_write(v, INODE_FILE, (struct ext_range){0, sizeof bytes}, bytes, &done);
	(void)!ext_set_size(v, INODE_FILE, 10);
	for (size_t k = 0; k < COUNT(names); k++)
		if (ext_unlink(v, &names[k], &gone) == OK)
			(void)!ext_forget(v, gone);
	new = (struct ext_new){.directory = INODE_FOLDER, .name = STR("below"), .mode = 040700};
	(void)!ext_create(v, &new, &inode);
	(void)!ext_rename(v, &move, &gone);
	for (uint32_t k = 0; k < 40 && ext_orphan(v, 0, &gone) == OK; k++)
		if (ext_forget(v, gone) != OK)
			break;
}

static void run(bool is_sound)
{
	const struct ext_source source = {
	        .read = fuzz_read, .write = fuzz_write, .flush = fuzz_flush, .block_count = BLOCKS};
	struct ext_volume v;
	struct ext_space space;
	enum status status = ext_open(&v, &source, memory, sizeof memory);
	require(status == OK || !is_sound);
	if (status != OK)
		return;
	look(&v, EXT_ROOT, 0);
	change(&v);
	require(ext_adopt(&v, &source, memory, sizeof memory) == OK);
	(void)!ext_space(&v, &space);
	look(&v, EXT_ROOT, 0);
	(void)!ext_close(&v);
}

int LLVMFuzzerInitialize(int *, char ***)
{
	make_super();
	make_files();
	make_journal();
	memset(changed, true, sizeof changed);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (uint32_t k = 0; k < BLOCKS; k++)
		if (changed[k])
			memcpy(disk[k], sound[k], EXT_BLOCK_BYTES);
	memset(changed, false, sizeof changed);
	requests = 0;
	patch(data, size);
	run(!size);
	return 0;
}
