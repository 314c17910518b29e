/* What changes names tells of it, when it is asked to: struct vfs_change behind the reply. */
#include "booted.h"
#include <rt/vfs_service.h>

const struct service_interface *const vfs_fixture_interface = &vfs_interface;

/* The change that was told last, as "name>new name"; empty: none. */
static const char *told(const struct vfs_fixture *f, struct vfs_change *out_change)
{
	static char text[64];
	*out_change = (struct vfs_change){};
	text[0] = '\0';
	if (f->answer.len < sizeof *out_change)
		return text;
	memcpy(out_change, f->answer.bytes, sizeof *out_change);
	const char *names = (const char *)f->answer.bytes + sizeof *out_change;
	assert_int_equal(f->answer.len,
	                 sizeof *out_change + out_change->name_len + out_change->name2_len);
	snprintf(text, sizeof text, "%.*s>%.*s", out_change->name_len, names, out_change->name2_len,
	         names + out_change->name_len);
	return text;
}

static struct vfs_node node_of_path(struct vfs_fixture *f, const char *path)
{
	return facts_of(f, path)->node;
}

static void nothing_is_told_to_who_does_not_ask(void **)
{
	struct vfs_fixture *f = make_booted();
	assert_int_equal(ask(f, VFS_MKDIR, "/tmp/a"), OK);
	assert_int_equal(f->answer.len, 0);
	fixture_free(f);
}

static void a_new_name_is_told_with_its_directory(void **)
{
	static const struct {
		unsigned operation;
		const char *path, *name;
	} cases[] = {
	        {VFS_MKDIR, "/tmp/folder/", "folder>"},
	        {VFS_MAKE_NODE, "/tmp/../tmp/node", "node>"},
	        {VFS_CREATE, "/tmp/file", "file>"},
	};
	struct vfs_fixture *f = make_booted();
	const struct vfs_request telling = {.flags = VFS_TELL, .mask = VFS_MAY_WRITE};
	struct vfs_change change;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(fixture_path(f, cases[i].operation, &telling, cases[i].path), OK);
		assert_string_equal(told(f, &change), cases[i].name);
		const struct vfs_node made = f->answer.reply.facts.node;
		assert_memory_equal(&change.file, &made, sizeof made);
		const struct vfs_node folder = node_of_path(f, "/tmp");
		assert_memory_equal(&change.directory, &folder, sizeof folder);
	}
	/* it is there already: nothing changes */
	assert_int_equal(fixture_path(f, VFS_CREATE, &telling, "/tmp/file"), OK);
	assert_int_equal(f->answer.len, 0);
	assert_int_equal(fixture_path(f, VFS_MKDIR, &telling, "/tmp/file"), ERR_EXISTS);
	assert_int_equal(f->answer.len, 0);
	fixture_free(f);
}

static void who_loses_a_name_is_told_with_those_left(void **)
{
	struct vfs_fixture *f = make_booted();
	const struct vfs_request telling = {.flags = VFS_TELL, .mask = VFS_MAY_WRITE};
	struct vfs_change change;
	assert_int_equal(ask(f, VFS_MAKE_NODE, "/tmp/one"), OK);
	const struct vfs_node one = node_of_path(f, "/tmp/one");
	assert_int_equal(fixture_call(f, VFS_LINK, &telling, STR("/tmp/one"), STR("/tmp/two")), OK);
	assert_string_equal(told(f, &change), "two>");
	assert_memory_equal(&change.file, &one, sizeof one);
	assert_int_equal(fixture_path(f, VFS_UNLINKAT, &telling, "/tmp/one"), OK);
	assert_string_equal(told(f, &change), "one>");
	assert_int_equal(change.links, 1);
	assert_int_equal(fixture_path(f, VFS_UNLINKAT, &telling, "/tmp/two"), OK);
	assert_int_equal(change.links, 1);
	assert_string_equal(told(f, &change), "two>");
	assert_int_equal(change.links, 0);
	assert_memory_equal(&change.file, &one, sizeof one);
	fixture_free(f);
}

static void a_rename_tells_both_names_and_who_was_replaced(void **)
{
	struct vfs_fixture *f = make_booted();
	const struct vfs_request telling = {.flags = VFS_TELL};
	struct vfs_change change;
	assert_int_equal(ask(f, VFS_MAKE_NODE, "/tmp/one"), OK);
	assert_int_equal(ask(f, VFS_MAKE_NODE, "/mnt/two"), OK);
	assert_int_equal(ask(f, VFS_MAKE_NODE, "/mnt/three"), OK);
	const struct vfs_node one = node_of_path(f, "/tmp/one"), two = node_of_path(f, "/mnt/two");
	const struct vfs_node mnt = node_of_path(f, "/mnt");
	assert_int_equal(fixture_call(f, VFS_RENAME, &telling, STR("/tmp/one"), STR("/mnt/two")),
	                 OK);
	assert_string_equal(told(f, &change), "one>two");
	assert_memory_equal(&change.file, &one, sizeof one);
	assert_memory_equal(&change.replaced, &two, sizeof two);
	assert_memory_equal(&change.other, &mnt, sizeof mnt);
	assert_int_equal(change.links, 0);
	/* a name for itself */
	assert_int_equal(fixture_call(f, VFS_RENAME, &telling, STR("/mnt/two"), STR("/mnt/two")),
	                 OK);
	assert_int_equal(f->answer.len, 0);
	fixture_free(f);
}

static void a_volume_that_goes_is_told(void **)
{
	struct vfs_fixture *f = make_booted();
	const struct vfs_request telling = {.flags = VFS_TELL};
	struct vfs_change change;
	const struct str texts = STR("none\0tmpfs\0uid=7,gid=8,mode=750");
	assert_int_equal(fixture_call(f, VFS_MOUNT, &as_root, STR("/mnt"), texts), OK);
	const struct vfs_facts *root = facts_of(f, "/mnt");
	assert_int_equal(root->uid, 7);
	assert_int_equal(root->gid, 8);
	assert_int_equal(root->mode, MODE_DIRECTORY | 0750);
	uint32_t volume = root->node.volume;
	assert_int_equal(fixture_path(f, VFS_UMOUNT2, &telling, "/mnt"), OK);
	assert_string_equal(told(f, &change), ">");
	assert_int_equal(change.directory.volume, volume);
	assert_int_equal(change.directory.inode, 0);
	const struct str nobody = STR("none\0tmpfs\0uid=me");
	assert_int_equal(fixture_call(f, VFS_MOUNT, &as_root, STR("/mnt"), nobody),
	                 ERR_INVALID_ARGS);
	fixture_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(nothing_is_told_to_who_does_not_ask),
	        cmocka_unit_test(a_new_name_is_told_with_its_directory),
	        cmocka_unit_test(who_loses_a_name_is_told_with_those_left),
	        cmocka_unit_test(a_rename_tells_both_names_and_who_was_replaced),
	        cmocka_unit_test(a_volume_that_goes_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
