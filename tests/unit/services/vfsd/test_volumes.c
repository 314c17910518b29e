/* Volumes of other programs (mkfs.erofs, mkfs.fat) below the tree and mounted in it. */
#include "../../folder.h"
#include "vfs_fixture.h"
#include <fcntl.h>
#include <rt/vfs_service.h>
#include <unistd.h>

const struct service_interface *const vfs_fixture_interface = &vfs_interface;

static const struct vfs_request as_root = {};

enum { DISK_PACKAGES = 1, DISK_BOOT, DISK_COUNT, BLOCK = 512 };

struct world {
	char folder[256];
	struct vfs_fixture *f;
	int disks[DISK_COUNT + 1];
	bool there[DISK_COUNT + 1];
	bool writable; /* both disks */
	bool broken; /* reading fails */
};

static void run(const struct world *w, const char *command)
{
	char line[1024];
	snprintf(line, sizeof line, "cd %s && { %s; } >log 2>&1", w->folder, command);
	assert_int_equal(system(line), 0);
}

static bool next_disk(void *context, uint32_t after, struct storage_descriptor *out_device)
{
	const struct world *w = context;
	for (uint32_t id = after + 1; id <= DISK_COUNT; id++) {
		if (!w->there[id])
			continue;
		*out_device = (struct storage_descriptor){
		        .id = id,
		        .flags = (w->writable ? 0 : STORAGE_READ_ONLY) |
		                 (id == DISK_BOOT ? STORAGE_BOOT_VOLUME : 0),
		        .logical_block_size = BLOCK,
		        .block_count = (uint64_t)lseek(w->disks[id], 0, SEEK_END) / BLOCK,
		        .path_len = 5,
		};
		memcpy(out_device->path, id == DISK_BOOT ? "disk2" : "disk1", 5);
		return true;
	}
	return false;
}

static enum status read_disk(void *context, const struct storage_descriptor *device, uint64_t first,
                             void *bytes, size_t len)
{
	const struct world *w = context;
	assert_true(len % BLOCK == 0 && first + len / BLOCK <= device->block_count);
	if (w->broken)
		return ERR_IO;
	ssize_t got = pread(w->disks[device->id], bytes, len, (off_t)(first * BLOCK));
	return got == (ssize_t)len ? OK : ERR_IO;
}

static const char tree[] =
        FIXTURE_TREE "kind=folder\tpath=/boot\trights=700\n"
                     "kind=folder\tpath=/usr/lib\trights=755\n"
                     "kind=link\tpath=/lib\ttarget=usr/lib\n"
                     "kind=mount\tpath=/\tvolume=erofs\tsource=label=packages\tover=1\n"
                     "kind=mount\tpath=/boot\tvolume=fat\tsource=system\trights=700\n";

static void make_fixture(struct world *w)
{
	static char archive[8192];
	size_t len = 0;
	memset(archive, 0, sizeof archive);
	cpio_add(archive, &len, BUILD_TREE_PATH, tree, MODE_FILE | 0644);
	cpio_add(archive, &len, BUILD_LINKS_PATH,
	         "path=/bin/tool\ttarget=/mine\npath=/bin/other\ttarget=/mine\n", MODE_FILE | 0644);
	cpio_add(archive, &len, "usr/mine", "of the archive", MODE_FILE | 0644);
	cpio_add(archive, &len, "TRAILER!!!", "", 0);
	w->f = fixture_make((struct str){archive, len});
	w->f->service.disks.source =
	        (struct disk_source){.context = w, .next = next_disk, .read = read_disk};
}

static void open_disk(struct world *w, uint32_t id, const char *name)
{
	char path[512];
	snprintf(path, sizeof path, "%s/%s", w->folder, name);
	w->disks[id] = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(w->disks[id] >= 0);
	w->there[id] = true;
}

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	test_folder_make(w->folder, sizeof w->folder);
	/* the label, and no checksum that it would break */
	run(w, "mkdir -p s/bin s/lib/deep s/usr/lib/deep s/usr/share/doc s/home && cd s && "
	       "printf tool >bin/tool && chmod 4755 bin/tool && ln -s tool bin/same && "
	       "printf one >lib/one.so && printf a >lib/deep/a && printf b >usr/lib/deep/b && "
	       "printf theirs >usr/mine && ln lib/one.so usr/share/one && mkfifo pipe && "
	       "seq 30000 >usr/share/numbers && for i in $(seq 300); do : >usr/share/doc/n$i; done "
	       "&& cd .. && mkfs.erofs -T1600000000 -Eforce-inode-extended packages s && "
	       "truncate -s %4096 packages && "
	       "printf packages | dd of=packages bs=1 seek=1088 conv=notrunc && "
	       "printf '\\0\\0\\0\\0' | dd of=packages bs=1 seek=1032 conv=notrunc");
	run(w, "truncate -s 40M boot && mkfs.fat -F 16 boot && mmd -i boot ::EFI && "
	       "seq 20000 >Numbers.txt && mcopy -i boot Numbers.txt ::EFI/Numbers.txt");
	open_disk(w, DISK_PACKAGES, "packages");
	open_disk(w, DISK_BOOT, "boot");
	make_fixture(w);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	close(w->disks[DISK_PACKAGES]);
	close(w->disks[DISK_BOOT]);
	fixture_free(w->f);
	char line[300];
	snprintf(line, sizeof line, "rm -rf %s", w->folder);
	assert_int_equal(system(line), 0);
	free(w);
	return 0;
}

static int ask(struct world *w, unsigned op, const char *path)
{
	const struct vfs_request request = {
	        .flags = op == VFS_STATX || op == VFS_READLINKAT ? VFS_NO_FOLLOW : 0,
	        .size = 4096,
	};
	return fixture_path(w->f, op, &request, path);
}

static const struct vfs_facts *facts_of(struct world *w, const char *path)
{
	if (ask(w, VFS_STATX, path) != OK)
		fail_msg("%s: %d", path, w->f->answer.reply.status);
	return &w->f->answer.reply.facts;
}

static void expect_bytes(struct world *w, const char *path, uint64_t offset, const char *bytes)
{
	const struct vfs_request request = {
	        .start = facts_of(w, path)->node, .offset = offset, .size = strlen(bytes)};
	assert_int_equal(fixture_path(w->f, VFS_PAGE_IN, &request, ""), OK);
	assert_int_equal(w->f->answer.len, strlen(bytes));
	assert_memory_equal(w->f->answer.bytes, bytes, strlen(bytes));
}

static void mount_all(struct world *w)
{
	assert_int_equal(fixture_path(w->f, VFS_DEVICES, &as_root, ""), OK);
}

static unsigned count_names(struct world *w, const char *path)
{
	unsigned count = 0;
	struct vfs_request request = {.start = facts_of(w, path)->node, .size = 4096};
	for (;;) {
		assert_int_equal(fixture_path(w->f, VFS_GETDENTS64, &request, ""), OK);
		if (!w->f->answer.len)
			return count;
		for (size_t at = 0; at < w->f->answer.len; count++) {
			uint16_t len;
			memcpy(&len, w->f->answer.bytes + at + 16, sizeof len);
			at += len;
		}
		request.offset = w->f->answer.reply.value;
	}
}

static void files_of_the_package_volume_are_part_of_the_tree(void **state)
{
	struct world *w = *state;
	assert_int_equal(ask(w, VFS_STATX, "/usr/share/numbers"), ERR_NOT_FOUND);
	mount_all(w);
	const struct vfs_facts *facts = facts_of(w, "/usr/share/numbers");
	assert_int_equal(facts->mode, MODE_FILE | 0644);
	assert_int_equal(facts->size, 168894);
	assert_int_equal(facts->modify_ns / 1000000000, 1600000000);
	expect_bytes(w, "/usr/share/numbers", 0, "1\n2\n3\n");
	expect_bytes(w, "/usr/share/numbers", 168894 - 6, "30000\n");
	assert_int_equal(facts_of(w, "/bin/tool")->mode, MODE_FILE | 04755);
	assert_int_equal(count_names(w, "/usr/share/doc"), 302);
	assert_int_equal(ask(w, VFS_READLINKAT, "/bin/same"), OK);
	assert_int_equal(w->f->answer.len, 4);
	assert_int_equal(ask(w, VFS_STATX, "/pipe"), ERR_NOT_FOUND);
	assert_true(store_sound(&w->f->service.tree.store));
}

static void what_the_tree_has_stays_but_links_of_packages(void **state)
{
	struct world *w = *state;
	assert_true(mode_is(facts_of(w, "/bin/tool")->mode, MODE_LINK));
	mount_all(w);
	assert_true(mode_is(facts_of(w, "/bin/tool")->mode, MODE_FILE));
	assert_true(mode_is(facts_of(w, "/bin/other")->mode, MODE_LINK));
	expect_bytes(w, "/usr/mine", 0, "of the archive");
}

static void a_folder_whose_name_is_a_link_lies_where_that_leads(void **state)
{
	struct world *w = *state;
	mount_all(w);
	expect_bytes(w, "/usr/lib/one.so", 0, "one");
	expect_bytes(w, "/lib/deep/a", 0, "a");
	expect_bytes(w, "/lib/deep/b", 0, "b");
	assert_int_equal(count_names(w, "/usr/lib/deep"), 4);
	assert_int_equal(facts_of(w, "/usr/share/one")->links, 2);
	uint64_t inode = facts_of(w, "/usr/share/one")->node.inode;
	assert_int_equal(facts_of(w, "/lib/one.so")->node.inode, inode);
	assert_true(store_sound(&w->f->service.tree.store));
}

static void folders_are_written_and_files_are_not(void **state)
{
	struct world *w = *state;
	mount_all(w);
	const struct vfs_request file = {.mode = 0644, .mask = VFS_MAY_WRITE};
	assert_int_equal(fixture_path(w->f, VFS_CREATE, &file, "/usr/share/mine"), OK);
	assert_int_equal(fixture_path(w->f, VFS_OPENAT, &file, "/usr/share/numbers"),
	                 ERR_READ_ONLY);
	assert_int_equal(ask(w, VFS_UNLINKAT, "/usr/share/numbers"), ERR_READ_ONLY);
	const struct vfs_request folder = {.flags = VFS_REMOVE_DIRECTORY};
	assert_int_equal(fixture_path(w->f, VFS_UNLINKAT, &folder, "/usr/share/doc"),
	                 ERR_NOT_EMPTY);
	assert_int_equal(facts_of(w, "/usr/lib/deep")->links, 1); /* nobody has looked */
	assert_int_equal(count_names(w, "/usr/lib/deep"), 4);
	assert_int_equal(facts_of(w, "/usr/lib/deep")->links, 2);
}

static void the_boot_volume_is_root_s_and_read_only(void **state)
{
	struct world *w = *state;
	mount_all(w);
	expect_bytes(w, "/boot/EFI/Numbers.txt", 108894 - 6, "20000\n");
	assert_int_equal(facts_of(w, "/boot/EFI/Numbers.txt")->mode, MODE_FILE | 0600);
	const struct vfs_request file = {.mode = 0644, .mask = VFS_MAY_WRITE};
	assert_int_equal(fixture_path(w->f, VFS_CREATE, &file, "/boot/mine"), ERR_READ_ONLY);
	const struct vfs_request other = {.uid = 5, .gid = 5};
	assert_int_equal(fixture_path(w->f, VFS_STATX, &other, "/boot/EFI"), ERR_ACCESS_DENIED);
	assert_int_equal(ask(w, VFS_UMOUNT2, "/boot"), OK);
	assert_int_equal(ask(w, VFS_STATX, "/boot/EFI"), ERR_NOT_FOUND);
	assert_true(mode_is(facts_of(w, "/dev/disk2")->mode, MODE_BLOCK));
}

static void a_disk_that_comes_later_is_mounted_then(void **state)
{
	struct world *w = *state;
	w->there[DISK_PACKAGES] = false;
	mount_all(w);
	assert_int_equal(ask(w, VFS_STATX, "/usr/share/numbers"), ERR_NOT_FOUND);
	assert_int_equal(ask(w, VFS_STATX, "/boot/EFI"), OK);
	w->there[DISK_PACKAGES] = true;
	mount_all(w);
	assert_int_equal(ask(w, VFS_STATX, "/usr/share/numbers"), OK);
	mount_all(w); /* once is enough */
	assert_int_equal(count_names(w, "/usr/share/doc"), 302);
}

static void programs_come_only_from_what_nobody_can_write(void **state)
{
	struct world *w = *state;
	w->writable = true;
	mount_all(w);
	assert_int_equal(ask(w, VFS_STATX, "/usr/share/numbers"), ERR_NOT_FOUND);
}

static void a_disk_that_fails_gives_errors_and_later_the_files(void **state)
{
	struct world *w = *state;
	mount_all(w);
	memset(w->f->service.disks.lines, 0, sizeof w->f->service.disks.lines);
	w->broken = true;
	assert_int_equal(ask(w, VFS_STATX, "/usr/share/numbers"), ERR_IO);
	assert_int_equal(ask(w, VFS_STATX, "/tmp"), ERR_IO); /* the root was not looked at */
	w->broken = false;
	assert_int_equal(ask(w, VFS_STATX, "/usr/share/numbers"), OK);
	assert_true(store_sound(&w->f->service.tree.store));
}

static void mounts_by_hand_end_as_on_linux(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *texts;
		size_t len;
		int status;
	} cases[] = {
	        {"/dev/disk2\0vfat", 16, OK},
	        {"/dev/disk9\0vfat", 16, ERR_NOT_FOUND},
	        {"/dev/disk1\0vfat", 16, ERR_INVALID_ARGS},
	        {"/dev/disk2\0erofs", 17, ERR_INVALID_ARGS},
	        {"/dev/disk2\0ntfs", 16, ERR_NO_DEVICE},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct str texts = {cases[i].texts, cases[i].len};
		int status = fixture_call(w->f, VFS_MOUNT, &as_root, STR("/mnt"), texts);
		assert_int_equal(status, cases[i].status);
		if (status == OK)
			assert_int_equal(ask(w, VFS_UMOUNT2, "/mnt"), OK);
	}
	assert_true(store_sound(&w->f->service.tree.store));
}

static void a_disk_is_found_by_the_label_of_its_volume(void **state)
{
	struct world *w = *state;
	static const char texts[] = "/dev/disk/by-label/packages\0erofs";
	mount_all(w);
	assert_int_equal(ask(w, VFS_READLINKAT, "/dev/disk/by-label/packages"), OK);
	assert_int_equal(w->f->answer.len, strlen("../../disk1"));
	assert_memory_equal(w->f->answer.bytes, "../../disk1", strlen("../../disk1"));
	assert_int_equal(fixture_call(w->f, VFS_MOUNT, &as_root, STR("/mnt"),
	                              (struct str){texts, sizeof texts}),
	                 OK);
	expect_bytes(w, "/mnt/usr/share/numbers", 0, "1\n2\n");
	mount_all(w);
	assert_int_equal(count_names(w, "/dev/disk/by-label"), 3);
	assert_true(store_sound(&w->f->service.tree.store));
}

static void a_successor_reads_the_same_volumes(void **state)
{
	struct world *w = *state;
	mount_all(w);
	assert_int_equal(ask(w, VFS_STATX, "/usr/share/numbers"), OK);
	struct vfs_service *service = &w->f->service;
	memset(service->volumes, 0, sizeof service->volumes);
	memset(&service->disks.lines, 0, sizeof service->disks.lines);
	mount_table_reopen(service);
	expect_bytes(w, "/usr/share/numbers", 0, "1\n2\n");
	expect_bytes(w, "/boot/EFI/Numbers.txt", 0, "1\n2\n");
	assert_int_equal(count_names(w, "/usr/lib/deep"), 4);
}

#define VOLUME_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        VOLUME_TEST(files_of_the_package_volume_are_part_of_the_tree),
	        VOLUME_TEST(what_the_tree_has_stays_but_links_of_packages),
	        VOLUME_TEST(a_folder_whose_name_is_a_link_lies_where_that_leads),
	        VOLUME_TEST(folders_are_written_and_files_are_not),
	        VOLUME_TEST(the_boot_volume_is_root_s_and_read_only),
	        VOLUME_TEST(a_disk_that_comes_later_is_mounted_then),
	        VOLUME_TEST(programs_come_only_from_what_nobody_can_write),
	        VOLUME_TEST(a_disk_that_fails_gives_errors_and_later_the_files),
	        VOLUME_TEST(mounts_by_hand_end_as_on_linux),
	        VOLUME_TEST(a_disk_is_found_by_the_label_of_its_volume),
	        VOLUME_TEST(a_successor_reads_the_same_volumes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
