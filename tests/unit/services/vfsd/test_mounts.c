/* Mounts that show what is there already, and what becomes of volumes that nobody reaches. */
#include "vfs_fixture.h"
#include <rt/vfs_service.h>

const struct service_interface *const vfs_fixture_interface = &vfs_interface;

static const struct vfs_request as_root = {};

enum { READ_ONLY = 1, REMOUNT = 32, BIND = 4096, MOVE = 8192, DEEP = 16384, PRIVATE = 1 << 18 };
enum { SHARED = 1 << 20, DETACH = 2 };

static int ask(struct vfs_fixture *f, unsigned op, const char *path)
{
	return fixture_path(f, op, &as_root, path);
}

static int mount_with(struct vfs_fixture *f, const char *source, const char *on, uint32_t flags)
{
	const struct vfs_request request = {.flags = flags};
	return fixture_call(f, VFS_MOUNT, &request, str_from_c(on), str_from_c(source));
}

static int mount_tmpfs(struct vfs_fixture *f, const char *on)
{
	return fixture_call(f, VFS_MOUNT, &as_root, str_from_c(on), STR("none\0tmpfs\0mode=755"));
}

static int unmount(struct vfs_fixture *f, const char *path, uint32_t flags)
{
	const struct vfs_request request = {.flags = flags};
	return fixture_path(f, VFS_UMOUNT2, &request, path);
}

static int make(struct vfs_fixture *f, const char *path)
{
	const struct vfs_request request = {.mode = 0755};
	return fixture_path(f, VFS_MKDIR, &request, path);
}

/* The working directory of who went there, as getcwd has it; what a shell asks with chdir held. */
static struct str path_after_chdir(struct vfs_fixture *f, const char *path)
{
	assert_int_equal(ask(f, VFS_CHDIR, path), OK);
	const struct vfs_facts facts = f->answer.reply.facts;
	const struct vfs_request cwd = {.start = facts.node, .start_mount = facts.mount, .size = 1};
	assert_int_equal(fixture_path(f, VFS_FORGET, &cwd, ""), OK);
	if (fixture_path(f, VFS_GETCWD, &cwd, "") != OK)
		return STR("");
	return (struct str){(const char *)f->answer.bytes, f->answer.len};
}

static struct str read_file(struct vfs_fixture *f, const char *path)
{
	assert_int_equal(ask(f, VFS_OPENAT, path), OK);
	const struct vfs_request request = {.start = f->answer.reply.facts.node, .size = 4096};
	assert_int_equal(fixture_path(f, VFS_READ, &request, ""), OK);
	return (struct str){(const char *)f->answer.bytes, f->answer.len};
}

static enum status fake_ask(void *, uint32_t topic, uint64_t, struct figures_answer *answer)
{
	if (topic != SYSTEM_QUERY_PROCESS || answer->capacity != sizeof(struct process_figures))
		return ERR_NOT_FOUND;
	*(struct process_figures *)answer->bytes = (struct process_figures){.pid = 9, .state = 'S'};
	answer->len = answer->capacity;
	return OK;
}

static struct vfs_fixture *make_folders(void)
{
	struct vfs_fixture *f = fixture_make(fixture_archive());
	assert_int_equal(make(f, "/tmp/a"), OK);
	assert_int_equal(make(f, "/tmp/a/b"), OK);
	assert_int_equal(make(f, "/tmp/a/b/c"), OK);
	return f;
}

static void a_bound_folder_is_the_same_folder_with_a_way_up_of_its_own(void **)
{
	struct vfs_fixture *f = make_folders();
	assert_int_equal(mount_with(f, "/tmp/a/b", "/mnt", BIND), OK);
	assert_int_equal(ask(f, VFS_STATX, "/mnt"), OK);
	const struct vfs_node node = f->answer.reply.facts.node;
	assert_int_equal(ask(f, VFS_STATX, "/tmp/a/b"), OK);
	assert_memory_equal(&node, &f->answer.reply.facts.node, sizeof node);
	assert_int_equal(make(f, "/mnt/new"), OK);
	assert_int_equal(ask(f, VFS_STATX, "/tmp/a/b/new"), OK);
	assert_str(path_after_chdir(f, "/mnt/c"), STR("/mnt/c"));
	assert_str(path_after_chdir(f, "/mnt/c/../.."), STR("/"));
	assert_str(path_after_chdir(f, "/tmp/a/b/c"), STR("/tmp/a/b/c"));
	assert_str(path_after_chdir(f, "/tmp/a/b/.."), STR("/tmp/a"));
	/* what is named here or shown there stays, and nothing moves between mounts */
	const struct vfs_request folder = {.flags = VFS_REMOVE_DIRECTORY};
	assert_int_equal(fixture_path(f, VFS_UNLINKAT, &folder, "/mnt/c"), OK);
	assert_int_equal(fixture_path(f, VFS_UNLINKAT, &folder, "/mnt/new"), OK);
	assert_int_equal(fixture_path(f, VFS_UNLINKAT, &folder, "/tmp/a/b"), ERR_BUSY);
	assert_int_equal(fixture_path(f, VFS_UNLINKAT, &folder, "/mnt"), ERR_BUSY);
	assert_int_equal(make(f, "/mnt/x"), OK);
	assert_int_equal(fixture_call(f, VFS_RENAME, &as_root, STR("/mnt/x"), STR("/tmp/x")),
	                 ERR_CROSS_DEVICE);
	assert_int_equal(fixture_call(f, VFS_RENAME, &as_root, STR("/tmp/a/b"), STR("/tmp/b")), OK);
	assert_int_equal(ask(f, VFS_STATX, "/mnt/x"), OK);
	assert_int_equal(unmount(f, "/mnt", 0), OK);
	assert_int_equal(ask(f, VFS_STATX, "/mnt/x"), ERR_NOT_FOUND);
	assert_int_equal(fixture_call(f, VFS_RENAME, &as_root, STR("/tmp/b/x"), STR("/tmp/x")), OK);
	assert_true(store_sound(&f->service.tree.store));
	fixture_free(f);
}

static void a_bound_file_covers_a_file(void **)
{
	struct vfs_fixture *f = make_folders();
	const struct vfs_request file = {.mode = 0600}, stat = {};
	assert_int_equal(fixture_path(f, VFS_CREATE, &file, "/tmp/one"), OK);
	const struct vfs_node one = f->answer.reply.facts.node;
	assert_int_equal(fixture_path(f, VFS_CREATE, &file, "/tmp/two"), OK);
	assert_int_equal(mount_with(f, "/tmp/one", "/mnt", BIND), ERR_NOT_DIRECTORY);
	assert_int_equal(mount_with(f, "/mnt", "/tmp/two", BIND), ERR_NOT_DIRECTORY);
	assert_int_equal(mount_with(f, "/tmp/none", "/tmp/two", BIND), ERR_NOT_FOUND);
	assert_int_equal(mount_with(f, "/tmp/one", "/tmp/two", BIND), OK);
	assert_int_equal(fixture_path(f, VFS_STATX, &stat, "/tmp/two"), OK);
	assert_memory_equal(&one, &f->answer.reply.facts.node, sizeof one);
	assert_int_equal(ask(f, VFS_UNLINKAT, "/tmp/two"), ERR_BUSY);
	assert_int_equal(ask(f, VFS_UNLINKAT, "/tmp/one"), ERR_BUSY);
	assert_int_equal(unmount(f, "/tmp/two", 0), OK);
	assert_int_equal(ask(f, VFS_UNLINKAT, "/tmp/two"), OK);
	fixture_free(f);
}

static void a_mount_on_one_view_is_not_seen_by_another_unless_all_is_bound(void **)
{
	struct vfs_fixture *f = make_folders();
	assert_int_equal(mount_with(f, "/tmp/a", "/mnt", BIND), OK);
	assert_int_equal(mount_tmpfs(f, "/tmp/a/b"), OK);
	assert_int_equal(make(f, "/tmp/a/b/inside"), OK);
	assert_int_equal(ask(f, VFS_STATX, "/mnt/b/c"), OK);
	assert_int_equal(ask(f, VFS_STATX, "/mnt/b/inside"), ERR_NOT_FOUND);
	assert_int_equal(mount_with(f, "/tmp/a", "/home", BIND | DEEP), OK);
	assert_int_equal(ask(f, VFS_STATX, "/home/b/inside"), OK);
	assert_str(path_after_chdir(f, "/home/b/inside"), STR("/home/b/inside"));
	assert_int_equal(unmount(f, "/home", 0), ERR_BUSY);
	assert_int_equal(unmount(f, "/home", DETACH), OK);
	assert_int_equal(ask(f, VFS_STATX, "/tmp/a/b/inside"), OK);
	assert_int_equal(unmount(f, "/tmp/a/b", 0), OK);
	assert_int_equal(ask(f, VFS_STATX, "/tmp/a/b/c"), OK);
	assert_true(store_sound(&f->service.tree.store));
	fixture_free(f);
}

static void rights_are_those_of_the_mount(void **)
{
	struct vfs_fixture *f = make_folders();
	assert_int_equal(mount_with(f, "/tmp/a", "/mnt", BIND), OK);
	assert_int_equal(mount_with(f, "", "/mnt", REMOUNT | BIND | READ_ONLY), OK);
	assert_int_equal(make(f, "/mnt/x"), ERR_READ_ONLY);
	assert_int_equal(make(f, "/tmp/a/x"), OK);
	assert_int_equal(ask(f, VFS_STATX, "/mnt/x"), OK);
	const struct vfs_request at = {.start = f->answer.reply.facts.node,
	                               .start_mount = f->answer.reply.facts.mount,
	                               .mode = 0755};
	assert_int_equal(fixture_path(f, VFS_MKDIR, &at, "y"), ERR_READ_ONLY);
	assert_int_equal(mount_with(f, "", "/tmp/a", REMOUNT), ERR_INVALID_ARGS);
	assert_int_equal(mount_with(f, "", "/mnt", PRIVATE | DEEP), OK);
	assert_int_equal(mount_with(f, "", "/mnt", SHARED), ERR_INVALID_ARGS);
	/* of all mounts of the volume */
	assert_int_equal(mount_with(f, "", "/", REMOUNT | READ_ONLY), OK);
	assert_int_equal(make(f, "/tmp/z"), ERR_READ_ONLY);
	assert_int_equal(mount_with(f, "", "/", REMOUNT), OK);
	assert_int_equal(make(f, "/tmp/z"), OK);
	fixture_free(f);
}

static void a_mount_moves_with_what_lies_on_it(void **)
{
	struct vfs_fixture *f = make_folders();
	assert_int_equal(mount_tmpfs(f, "/mnt"), OK);
	assert_int_equal(make(f, "/mnt/d"), OK);
	assert_int_equal(mount_tmpfs(f, "/mnt/d"), OK);
	assert_int_equal(make(f, "/mnt/d/e"), OK);
	assert_int_equal(mount_with(f, "/mnt", "/mnt/d/e", MOVE), ERR_INVALID_ARGS);
	assert_int_equal(mount_with(f, "/tmp/a", "/home", MOVE), ERR_INVALID_ARGS);
	assert_int_equal(mount_with(f, "/mnt", "/tmp/a/b", MOVE), OK);
	assert_str(path_after_chdir(f, "/tmp/a/b/d/e"), STR("/tmp/a/b/d/e"));
	assert_int_equal(ask(f, VFS_STATX, "/mnt/d"), ERR_NOT_FOUND);
	assert_int_equal(unmount(f, "/tmp/a/b/d", 0), OK);
	assert_int_equal(unmount(f, "/tmp/a/b", 0), OK);
	assert_int_equal(ask(f, VFS_STATX, "/tmp/a/b/c"), OK);
	fixture_free(f);
}

static void a_volume_that_was_detached_ends_with_its_last_user(void **)
{
	struct vfs_fixture *f = make_folders();
	assert_int_equal(mount_tmpfs(f, "/mnt"), OK);
	assert_int_equal(make(f, "/mnt/d"), OK);
	assert_int_equal(ask(f, VFS_CHDIR, "/mnt/d"), OK);
	const struct vfs_facts here = f->answer.reply.facts;
	struct vfs_request at = {.start = here.node, .start_mount = here.mount, .mode = 0755};
	assert_int_equal(unmount(f, "/mnt", 0), ERR_BUSY);
	assert_int_equal(unmount(f, "/mnt", DETACH), OK);
	assert_int_equal(ask(f, VFS_STATX, "/mnt/d"), ERR_NOT_FOUND);
	/* who is in it goes on, up to its root */
	assert_int_equal(fixture_path(f, VFS_MKDIR, &at, "e"), OK);
	assert_int_equal(fixture_path(f, VFS_STATX, &at, "../../../d/e"), OK);
	assert_int_equal(fixture_path(f, VFS_GETCWD, &at, ""), ERR_NOT_FOUND);
	/* its number means nothing to what is mounted next */
	assert_int_equal(mount_tmpfs(f, "/mnt"), OK);
	assert_int_equal(fixture_path(f, VFS_GETCWD, &at, ""), ERR_NOT_FOUND);
	at.size = 1;
	assert_int_equal(fixture_path(f, VFS_FORGET, &at, ""), OK);
	assert_int_equal(fixture_path(f, VFS_STATX, &at, "e"), ERR_NOT_FOUND);
	assert_true(store_sound(&f->service.tree.store));
	fixture_free(f);
}

static void devices_and_processes_are_mounted_as_often_as_one_likes(void **)
{
	struct vfs_fixture *f = make_folders();
	f->service.figures.ask = fake_ask;
	assert_int_equal(fixture_call(f, VFS_MOUNT, &as_root, STR("/mnt"), STR("proc\0proc\0")),
	                 OK);
	assert_int_equal(
	        fixture_call(f, VFS_MOUNT, &as_root, STR("/tmp/a"), STR("dev\0devtmpfs\0")), OK);
	assert_int_equal(fixture_call(f, VFS_MOUNT, &as_root, STR("/mnt"), STR("proc\0proc\0")),
	                 ERR_BUSY);
	assert_int_equal(ask(f, VFS_STATX, "/tmp/a/null"), OK);
	assert_int_equal(ask(f, VFS_STATX, "/mnt/9/comm"), OK);
	assert_str(path_after_chdir(f, "/mnt/9/fd"), STR("/mnt/9/fd"));
	assert_str(path_after_chdir(f, "/mnt/9/../.."), STR("/"));
	assert_str(path_after_chdir(f, "/proc/9"), STR("/proc/9"));
	assert_int_equal(unmount(f, "/mnt", 0), OK);
	assert_int_equal(unmount(f, "/tmp/a", 0), OK);
	assert_int_equal(ask(f, VFS_STATX, "/proc/9/comm"), OK);
	assert_int_equal(ask(f, VFS_STATX, "/dev/null"), OK);
	fixture_free(f);
}

static void the_table_says_what_is_seen_where(void **)
{
	struct vfs_fixture *f = make_folders();
	f->service.figures.ask = fake_ask;
	assert_int_equal(make(f, "/tmp/a b"), OK);
	const struct vfs_request options = {.flags = 2 | 4 | 8 | 1024};
	assert_int_equal(
	        fixture_call(f, VFS_MOUNT, &options, STR("/tmp/a b"), STR("a source\0tmpfs\0")),
	        OK);
	assert_int_equal(mount_with(f, "/tmp/a/b", "/mnt", BIND), OK);
	assert_int_equal(mount_with(f, "", "/mnt", REMOUNT | BIND | READ_ONLY), OK);
	assert_str(read_file(f, "/proc/9/mounts"),
	           STR("tmpfs / tmpfs rw,relatime 0 0\n"
	               "devtmpfs /dev devtmpfs rw,relatime 0 0\n"
	               "devpts /dev/pts devpts rw,relatime 0 0\n"
	               "proc /proc proc rw,relatime 0 0\n"
	               "a\\040source /tmp/a\\040b tmpfs rw,nosuid,nodev,noexec,noatime 0 0\n"
	               "tmpfs /mnt tmpfs ro,relatime 0 0\n"));
	assert_str(read_file(f, "/proc/9/mountinfo"),
	           STR("1 1 0:1 / / rw,relatime - tmpfs tmpfs rw\n"
	               "2 1 0:3 / /dev rw,relatime - devtmpfs devtmpfs rw\n"
	               "3 2 0:4 / /dev/pts rw,relatime - devpts devpts rw\n"
	               "4 1 0:5 / /proc rw,relatime - proc proc rw\n"
	               "5 1 0:6 / /tmp/a\\040b rw,nosuid,nodev,noexec,noatime - tmpfs "
	               "a\\040source rw\n"
	               "6 1 0:1 /tmp/a/b /mnt ro,relatime - tmpfs tmpfs ro\n"));
	fixture_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_bound_folder_is_the_same_folder_with_a_way_up_of_its_own),
	        cmocka_unit_test(a_bound_file_covers_a_file),
	        cmocka_unit_test(a_mount_on_one_view_is_not_seen_by_another_unless_all_is_bound),
	        cmocka_unit_test(rights_are_those_of_the_mount),
	        cmocka_unit_test(a_mount_moves_with_what_lies_on_it),
	        cmocka_unit_test(a_volume_that_was_detached_ends_with_its_last_user),
	        cmocka_unit_test(devices_and_processes_are_mounted_as_often_as_one_likes),
	        cmocka_unit_test(the_table_says_what_is_seen_where),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
