/* What the model on Linux's tmpfs can't show: mounts, devices, the boot archive. */
#include "booted.h"
#include <rt/vfs_service.h>

#include <stdio.h>

const struct service_interface *const vfs_fixture_interface = &vfs_interface;

static void files_of_the_boot_archive_stand_at_their_places(void **)
{
	struct vfs_fixture *f = make_booted();
	const struct vfs_facts *facts = facts_of(f, "/apps/tool/tool");
	assert_int_equal(facts->mode, MODE_FILE | 0755);
	assert_int_equal(facts->content, VFS_CONTENT_PAGED);
	assert_int_equal(facts->size, 9);
	assert_int_equal(facts->flags & VFS_VOLUME_READ_ONLY, VFS_VOLUME_READ_ONLY);
	const struct vfs_request page = {.start = facts->node, .offset = 2, .size = 4096};
	assert_int_equal(fixture_path(f, VFS_PAGE_IN, &page, ""), OK);
	assert_str(((struct str){(const char *)f->answer.bytes, f->answer.len}), STR("program"));
	const struct vfs_request behind = {.start = page.start, .offset = 1 << 20, .size = 4096};
	assert_int_equal(fixture_path(f, VFS_PAGE_IN, &behind, ""), OK);
	assert_int_equal(f->answer.len, 0);
	assert_int_equal(ask(f, VFS_STATX, "/outside"), ERR_NOT_FOUND);
	assert_int_equal(ask(f, VFS_STATX, "/bin/tool"), OK);
	assert_int_equal(f->answer.reply.facts.size, 9);
	assert_int_equal(ask(f, VFS_STATX, "/x"), ERR_NOT_FOUND);
	fixture_free(f);
}

static void names_of_the_boot_archive_give_way(void **)
{
	struct vfs_fixture *f = make_booted();
	const struct vfs_request create = {.mask = VFS_MAY_WRITE, .mode = 0600};
	assert_int_equal(fixture_path(f, VFS_CREATE, &create, "/etc/new"), OK);
	assert_int_equal(fixture_call(f, VFS_RENAME, &as_root, STR("/etc/new"), STR("/etc/hosts")),
	                 OK);
	assert_int_equal(facts_of(f, "/etc/hosts")->mode, MODE_FILE | 0600);
	assert_int_equal(f->answer.reply.facts.content, VFS_CONTENT_KERNEL);
	assert_int_equal(fixture_call(f, VFS_RENAME, &as_root, STR("/lib/one.so"), STR("/lib/two")),
	                 OK);
	assert_int_equal(facts_of(f, "/lib/two")->size, 9);
	assert_int_equal(ask(f, VFS_UNLINKAT, "/lib/two"), OK);
	assert_int_equal(ask(f, VFS_STATX, "/lib/two"), ERR_NOT_FOUND);
	assert_true(store_sound(&f->service.tree.store));
	fixture_free(f);
}

static void files_of_the_boot_archive_cannot_be_changed(void **)
{
	struct vfs_fixture *f = make_booted();
	const struct vfs_request mode = {.mask = VFS_SET_MODE, .mode = 0777};
	assert_int_equal(open_for(f, "/lib/one.so", VFS_MAY_WRITE, 0), ERR_READ_ONLY);
	assert_int_equal(fixture_path(f, VFS_SET, &mode, "/lib/one.so"), ERR_READ_ONLY);
	assert_int_equal(fixture_call(f, VFS_LINK, &as_root, STR("/lib/one.so"), STR("/lib/two")),
	                 ERR_CROSS_DEVICE);
	assert_int_equal(ask(f, VFS_STATX, "/lib/one.so"), OK);
	/* their folders are the first tmpfs */
	const struct vfs_request create = {.mask = VFS_MAY_WRITE, .mode = 0644};
	assert_int_equal(fixture_path(f, VFS_CREATE, &create, "/lib/own"), OK);
	fixture_free(f);
}

static void programs_read_what_the_access_list_names(void **)
{
	static const struct {
		const char *path;
		uint32_t mask, flags;
		int want;
	} cases[] = {
	        {"/lib/one.so", VFS_MAY_READ, 0, OK},
	        {"/etc/hosts", VFS_MAY_READ, 0, OK},
	        {"/etc/../etc/hosts", VFS_MAY_READ, 0, OK},
	        {"/libx", VFS_MAY_READ, 0, ERR_ACCESS_DENIED},
	        {"/apps/tool/tool", VFS_MAY_READ, 0, ERR_ACCESS_DENIED},
	        {"/bin/tool", VFS_MAY_READ, 0, ERR_ACCESS_DENIED},
	        {"/bin/tool", VFS_MAY_READ | VFS_MAY_EXECUTE, VFS_IMAGE, OK},
	        {"/lib/one.so", VFS_MAY_EXECUTE, VFS_IMAGE, ERR_ACCESS_DENIED},
	        {"/apps/tool/tool", 0, 0, OK},
	};
	struct vfs_fixture *f = make_booted();
	for (size_t i = 0; i < COUNT(cases); i++)
		if (open_for(f, cases[i].path, cases[i].mask, cases[i].flags) != cases[i].want)
			fail_msg("case %zu: got %d", i, f->answer.reply.status);
	fixture_free(f);
}

/* The kernel's answer: process 9 is in group 77 too. */
static enum status groups_ask(void *, uint32_t topic, uint64_t index, struct figures_answer *answer)
{
	const struct credentials_slot slot = {.group_count = 2, .groups = {76, 77}};
	if (topic != SYSTEM_QUERY_CREDENTIALS || index != 9)
		return ERR_NO_PROCESS;
	memcpy(answer->bytes, &slot, sizeof slot);
	answer->len = sizeof slot;
	return OK;
}

static void further_groups_give_the_groups_rights(void **)
{
	static const struct {
		uint32_t mode;
		uint32_t uid, gid;
		uint64_t pid;
		int want;
	} cases[] = {
	        {0640, 1000, 100, 9, OK}, {0640, 1000, 100, 8, ERR_ACCESS_DENIED},
	        {0640, 1000, 77, 8, OK},  {0604, 1000, 100, 9, ERR_ACCESS_DENIED},
	        {0604, 1000, 100, 8, OK}, {0040, 0, 0, 8, OK},
	};
	struct vfs_fixture *f = make_booted();
	f->service.figures = (struct figures){.ask = groups_ask};
	const struct vfs_request create = {.mask = VFS_MAY_WRITE, .mode = 0600};
	const struct vfs_request owner = {.mask = VFS_SET_GID, .other_gid = 77};
	assert_int_equal(fixture_path(f, VFS_CREATE, &create, "/tmp/file"), OK);
	assert_int_equal(fixture_path(f, VFS_SET, &owner, "/tmp/file"), OK);
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct vfs_request mode = {.mask = VFS_SET_MODE, .mode = cases[i].mode};
		const struct vfs_request reader = {.pid = cases[i].pid,
		                                   .uid = cases[i].uid,
		                                   .gid = cases[i].gid,
		                                   .mask = VFS_MAY_READ};
		assert_int_equal(fixture_path(f, VFS_SET, &mode, "/tmp/file"), OK);
		if (fixture_path(f, VFS_ACCESS, &reader, "/tmp/file") != cases[i].want)
			fail_msg("case %zu: got %d", i, f->answer.reply.status);
	}
	fixture_free(f);
}

static void mounts_cover_and_uncover(void **)
{
	struct vfs_fixture *f = make_booted();
	const struct str texts = STR("none\0tmpfs\0mode=700,size=1m");
	const struct vfs_request detach = {.flags = 2};
	assert_int_equal(ask(f, VFS_MKDIR, "/mnt/below"), OK);
	assert_int_equal(fixture_call(f, VFS_MOUNT, &as_root, STR("/mnt"), texts), OK);
	assert_int_equal(facts_of(f, "/mnt")->mode, MODE_DIRECTORY | 0700);
	assert_int_equal(ask(f, VFS_STATX, "/mnt/below"), ERR_NOT_FOUND);
	assert_int_equal(ask(f, VFS_MKDIR, "/mnt/above"), OK);
	uint32_t root = facts_of(f, "/")->node.volume;
	assert_int_not_equal(facts_of(f, "/mnt/above")->node.volume, root);
	assert_int_equal(facts_of(f, "/mnt/above/../..")->node.volume, root);
	assert_int_equal(fixture_call(f, VFS_RENAME, &as_root, STR("/mnt/above"), STR("/tmp/a")),
	                 ERR_CROSS_DEVICE);
	assert_int_equal(fixture_call(f, VFS_RENAME, &as_root, STR("/mnt"), STR("/other")),
	                 ERR_BUSY);
	const struct vfs_request directory = {.flags = VFS_REMOVE_DIRECTORY};
	assert_int_equal(fixture_path(f, VFS_UNLINKAT, &directory, "/mnt"), ERR_BUSY);
	assert_int_equal(ask(f, VFS_CHDIR, "/mnt/above"), OK);
	const struct vfs_node held = f->answer.reply.facts.node;
	const struct vfs_request cwd = {.start = held, .size = 1};
	assert_int_equal(fixture_path(f, VFS_GETCWD, &cwd, ""), OK);
	assert_str(((struct str){(const char *)f->answer.bytes, f->answer.len}), STR("/mnt/above"));
	assert_int_equal(ask(f, VFS_UMOUNT2, "/mnt"), ERR_BUSY);
	assert_int_equal(fixture_path(f, VFS_UMOUNT2, &detach, "/mnt"), OK);
	assert_int_equal(ask(f, VFS_STATX, "/mnt/below"), OK);
	assert_int_equal(fixture_path(f, VFS_FORGET, &cwd, ""), OK);
	assert_int_equal(ask(f, VFS_UMOUNT2, "/mnt"), ERR_INVALID_ARGS);
	assert_int_equal(ask(f, VFS_UMOUNT2, "/"), ERR_BUSY);
	assert_true(store_sound(&f->service.tree.store));
	fixture_free(f);
}

static void mounting_needs_a_kind_a_directory_and_user_0(void **)
{
	struct vfs_fixture *f = make_booted();
	const struct vfs_request other = {.uid = 5};
	const struct str tmpfs = STR("none\0tmpfs\0");
	assert_int_equal(fixture_call(f, VFS_MOUNT, &other, STR("/mnt"), tmpfs), ERR_NOT_PERMITTED);
	assert_int_equal(fixture_call(f, VFS_MOUNT, &as_root, STR("/mnt"), STR("none\0ext9\0")),
	                 ERR_NO_DEVICE);
	assert_int_equal(fixture_call(f, VFS_MOUNT, &as_root, STR("/etc/hosts"), tmpfs),
	                 ERR_NOT_DIRECTORY);
	/* read-only, then not */
	const struct vfs_request read_only = {.flags = 1}, remount = {.flags = 32};
	assert_int_equal(fixture_call(f, VFS_MOUNT, &read_only, STR("/mnt"), tmpfs), OK);
	assert_int_equal(ask(f, VFS_MKDIR, "/mnt/a"), ERR_READ_ONLY);
	assert_int_equal(fixture_call(f, VFS_MOUNT, &remount, STR("/mnt"), tmpfs), OK);
	assert_int_equal(ask(f, VFS_MKDIR, "/mnt/a"), OK);
	fixture_free(f);
}

static void devices_have_the_numbers_of_linux(void **)
{
	static const struct {
		const char *path;
		uint64_t rdev;
	} cases[] = {{"/dev/null", 1 << 8 | 3},    {"/dev/zero", 1 << 8 | 5},
	             {"/dev/urandom", 1 << 8 | 9}, {"/dev/tty", 5 << 8},
	             {"/dev/console", 5 << 8 | 1}, {"/dev/ttyS0", 4 << 8 | 64}};
	struct vfs_fixture *f = make_booted();
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct vfs_facts *facts = facts_of(f, cases[i].path);
		assert_int_equal(facts->rdev, cases[i].rdev);
		assert_int_equal(facts->content, VFS_CONTENT_DEVICE);
	}
	const struct vfs_request node = {.mode = MODE_CHARACTER | 0600, .device = 0x105};
	assert_int_equal(fixture_path(f, VFS_MAKE_NODE, &node, "/tmp/zero"), OK);
	assert_int_equal(facts_of(f, "/tmp/zero")->rdev, 0x105);
	struct vfs_request other = node;
	other.uid = 5;
	assert_int_equal(fixture_path(f, VFS_MAKE_NODE, &other, "/tmp/other"), ERR_NOT_PERMITTED);
	fixture_free(f);
}

static void sticky_directories_keep_the_files_of_others(void **)
{
	struct vfs_fixture *f = make_booted();
	const struct vfs_request mine = {.uid = 5, .gid = 5, .mode = 0666, .mask = VFS_MAY_WRITE};
	const struct vfs_request other = {.uid = 6, .gid = 6};
	assert_int_equal(fixture_path(f, VFS_CREATE, &mine, "/tmp/mine"), OK);
	assert_int_equal(fixture_path(f, VFS_UNLINKAT, &other, "/tmp/mine"), ERR_NOT_PERMITTED);
	assert_int_equal(fixture_call(f, VFS_RENAME, &other, STR("/tmp/mine"), STR("/tmp/yours")),
	                 ERR_NOT_PERMITTED);
	assert_int_equal(fixture_path(f, VFS_UNLINKAT, &mine, "/tmp/mine"), OK);
	fixture_free(f);
}

static void a_changed_root_is_not_left(void **)
{
	struct vfs_fixture *f = make_booted();
	struct vfs_request inside = {.root = facts_of(f, "/etc")->node};
	assert_int_equal(fixture_path(f, VFS_STATX, &inside, "/../../hosts"), OK);
	assert_int_equal(fixture_path(f, VFS_STATX, &inside, "/etc"), ERR_NOT_FOUND);
	inside.start = facts_of(f, "/tmp")->node; /* from outside it is not stopped */
	assert_int_equal(fixture_path(f, VFS_STATX, &inside, "../tmp"), OK);
	fixture_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(files_of_the_boot_archive_stand_at_their_places),
	        cmocka_unit_test(files_of_the_boot_archive_cannot_be_changed),
	        cmocka_unit_test(names_of_the_boot_archive_give_way),
	        cmocka_unit_test(programs_read_what_the_access_list_names),
	        cmocka_unit_test(further_groups_give_the_groups_rights),
	        cmocka_unit_test(mounts_cover_and_uncover),
	        cmocka_unit_test(mounting_needs_a_kind_a_directory_and_user_0),
	        cmocka_unit_test(devices_have_the_numbers_of_linux),
	        cmocka_unit_test(sticky_directories_keep_the_files_of_others),
	        cmocka_unit_test(a_changed_root_is_not_left),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
