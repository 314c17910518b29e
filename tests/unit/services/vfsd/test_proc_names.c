/* /proc and /dev/pts: what there is, where links lead, and how they are listed. */
#include "fake_figures.h"
#include <rt/vfs_service.h>

const struct service_interface *const vfs_fixture_interface = &vfs_interface;

static void links_to_descriptors_lead_to_files_even_without_a_name(void **)
{
	struct vfs_fixture *f = make_booted();
	f->service.figures.ask = fake_ask;
	const struct vfs_request create = {.mode = MODE_FILE | 0400};
	assert_int_equal(fixture_path(f, VFS_CREATE, &create, "/etc/new"), OK);
	opened_file = f->answer.reply.facts.node;
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(open_for(f, "/proc/9/fd/7", VFS_MAY_READ, 0), OK);
		assert_int_equal(f->answer.reply.facts.node.inode, opened_file.inode);
		assert_int_equal(f->answer.reply.facts.content, VFS_CONTENT_KERNEL);
		/* what may be done is the file's to say */
		const struct vfs_request user = {.uid = 7, .mask = VFS_MAY_READ};
		const struct vfs_request direct = {.start = opened_file,
		                                   .uid = 7,
		                                   .mask = VFS_MAY_READ,
		                                   .flags = VFS_EMPTY_PATH};
		assert_int_equal(fixture_path(f, VFS_OPENAT, &direct, ""), ERR_ACCESS_DENIED);
		assert_int_equal(fixture_path(f, VFS_OPENAT, &user, "/proc/9/fd/7"),
		                 ERR_ACCESS_DENIED);
		assert_int_equal(ask(f, VFS_UNLINKAT, "/etc/new"), i ? ERR_NOT_FOUND : OK);
	}
	opened_file = (struct vfs_node){};
	fixture_free(f);
}

static struct str link_of(struct vfs_fixture *f, const char *path)
{
	const struct vfs_request request = {.pid = 9, .size = 4096};
	assert_int_equal(fixture_path(f, VFS_READLINKAT, &request, path), OK);
	return (struct str){(const char *)f->answer.bytes, f->answer.len};
}

static void links_of_proc_lead_where_they_should(void **)
{
	struct vfs_fixture *f = make_booted();
	f->service.figures.ask = fake_ask;
	assert_str(link_of(f, "/proc/self"), STR("9"));
	assert_str(link_of(f, "/proc/9/exe"), STR("/apps/tool/tool"));
	assert_str(link_of(f, "/proc/self/fd/3"), STR("pipe:[77]"));
	const struct vfs_request itself = {.flags = VFS_NO_FOLLOW};
	assert_int_equal(fixture_path(f, VFS_STATX, &itself, "/proc/9/fd/3"), OK);
	assert_int_equal(f->answer.reply.facts.mode, MODE_LINK | 0300);
	const struct vfs_request opened = {.pid = 9, .mask = VFS_MAY_WRITE};
	assert_int_equal(fixture_path(f, VFS_OPENAT, &opened, "/dev/fd/3"), OK);
	assert_int_equal(f->answer.reply.facts.content, VFS_CONTENT_DESCRIPTOR);
	assert_int_equal(f->answer.reply.facts.rdev, 9ull << 32 | 3);
	assert_int_equal(ask(f, VFS_STATX, "/proc/9/fd/4"), ERR_NOT_FOUND);
	assert_int_equal(ask(f, VFS_STATX, "/proc/5"), ERR_NOT_FOUND);
	assert_int_equal(ask(f, VFS_STATX, "/proc/09"), ERR_NOT_FOUND);
	assert_int_equal(ask(f, VFS_MKDIR, "/proc/new"), ERR_NOT_FOUND);
	assert_int_equal(ask(f, VFS_UNLINKAT, "/proc/uptime"), ERR_NOT_PERMITTED);
	fixture_free(f);
}

/* The names of a directory, `size` bytes at a time, with a blank behind each. */
static void list_names(struct vfs_fixture *f, const char *path, uint64_t size, char *out)
{
	struct vfs_request request = {.start = facts_of(f, path)->node, .size = size};
	bool ended = false;
	for (*out = '\0';; request.offset = f->answer.reply.value) {
		assert_int_equal(fixture_path(f, VFS_GETDENTS64, &request, ""), OK);
		assert_int_equal(!f->answer.len, ended);
		if (ended)
			return;
		ended = f->answer.reply.facts.flags & VFS_NOTHING_FOLLOWS;
		for (size_t at = 0; at < f->answer.len; at += f->answer.bytes[at + 16]) {
			strcat(out, (const char *)f->answer.bytes + at + 19);
			strcat(out, " ");
		}
	}
}

static void terminals_have_names_as_long_as_they_are_there(void **)
{
	struct vfs_fixture *f = make_booted();
	f->service.figures.ask = fake_ask;
	const struct vfs_facts *facts = facts_of(f, "/dev/pts/12");
	assert_int_equal(facts->mode, 020620);
	assert_int_equal(facts->rdev, 136 << 8 | 12);
	assert_int_equal(facts->uid, 7);
	assert_int_equal(facts->content, VFS_CONTENT_DEVICE);
	assert_int_equal(open_for(f, "/dev/pts/../ptmx", VFS_MAY_READ, 0), OK);
	static const char *const missing[] = {"/dev/pts/1", "/dev/pts/13", "/dev/pts/00",
	                                      "/dev/pts/x", "/dev/pts/12/x"};
	for (size_t i = 0; i < COUNT(missing); i++)
		assert_int_not_equal(open_for(f, missing[i], VFS_MAY_READ, 0), OK);
	/* what was open when its name went */
	const struct vfs_node gone = {facts_of(f, "/dev/pts")->node.volume, 1, 13 << 8 | 3};
	const struct vfs_request look = {.start = gone, .flags = VFS_EMPTY_PATH};
	assert_int_equal(fixture_path(f, VFS_STATX, &look, ""), ERR_NOT_FOUND);
	fixture_free(f);
}

static void a_directory_is_listed_in_pieces(void **)
{
	struct vfs_fixture *f = make_booted();
	char names[1024];
	f->service.figures.ask = fake_ask;
	static const uint64_t sizes[] = {40, 64, 4096};
	for (size_t i = 0; i < COUNT(sizes); i++) {
		list_names(f, "/proc", sizes[i], names);
		assert_string_equal(
		        names,
		        ". .. cmdline cpuinfo filesystems loadavg meminfo mounts "
		        "modules net partitions rustos self stat swaps sys uptime version 4 9 ");
		list_names(f, "/proc/9/task", sizes[i], names);
		assert_string_equal(names, ". .. 9 12 ");
		list_names(f, "/proc/9/task/12", sizes[i], names);
		assert_string_equal(names, ". .. comm stat status ");
		list_names(f, "/proc/sys", sizes[i], names);
		assert_string_equal(names, ". .. fs kernel net vm ");
		list_names(f, "/proc/rustos", sizes[i], names);
		assert_string_equal(names, ". .. faults locks services ");
		list_names(f, "/proc/9/fd", sizes[i], names);
		assert_string_equal(names, ". .. 0 3 7 ");
		list_names(f, "/dev", sizes[i], names);
		assert_string_equal(names,
		                    ". .. fd stdin stdout stderr shm pts null zero full random "
		                    "urandom tty console ttyS0 ttyS1 ptmx ");
		list_names(f, "/dev/pts", sizes[i], names);
		assert_string_equal(names, ". .. 0 12 ");
	}
	const struct vfs_request small = {.start = facts_of(f, "/dev")->node, .size = 10};
	assert_int_equal(fixture_path(f, VFS_GETDENTS64, &small, ""), ERR_INVALID_ARGS);
	fixture_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(links_to_descriptors_lead_to_files_even_without_a_name),
	        cmocka_unit_test(links_of_proc_lead_where_they_should),
	        cmocka_unit_test(terminals_have_names_as_long_as_they_are_there),
	        cmocka_unit_test(a_directory_is_listed_in_pieces),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
