/* What the model on Linux's tmpfs can't show: mounts, devices, /proc, the boot archive. */
#include "vfs_fixture.h"
#include <rt/vfs_service.h>

#include <stdio.h>

const struct service_interface *const vfs_fixture_interface = &vfs_interface;

static const struct vfs_request as_root = {};

static struct vfs_fixture *make_booted(void)
{
	static char archive[8192];
	static const char rules[] = "kind=dir\tpath=/lib\nkind=file\tpath=/etc/hosts\nbad line\n";
	size_t len = 0;
	memset(archive, 0, sizeof archive);
	cpio_add(archive, &len, "apps/tool/tool", "a program", MODE_FILE | 0755);
	cpio_add(archive, &len, "lib/one.so", "a library", MODE_FILE | 0644);
	cpio_add(archive, &len, "libx", "not in the folder", MODE_FILE | 0644);
	cpio_add(archive, &len, "etc/hosts", "127.0.0.1 here\n", MODE_FILE | 0644);
	cpio_add(archive, &len, BUILD_ACCESS_PATH, rules, MODE_FILE | 0644);
	cpio_add(archive, &len, BUILD_TREE_PATH, FIXTURE_TREE, MODE_FILE | 0644);
	cpio_add(archive, &len, BUILD_LINKS_PATH,
	         "path=/bin/tool\ttarget=/apps/tool/tool\npath=/bin/../x\ttarget=y\nnothing\n",
	         MODE_FILE | 0644);
	cpio_add(archive, &len, "../outside", "never", MODE_FILE | 0644);
	cpio_add(archive, &len, "TRAILER!!!", "", 0);
	struct vfs_fixture *f = fixture_make((struct str){archive, len});
	assert_int_equal(access_read_rules(&f->service, STR(rules)), 1);
	return f;
}

static int ask(struct vfs_fixture *f, unsigned op, const char *path)
{
	return fixture_path(f, op, &as_root, path);
}

static int open_for(struct vfs_fixture *f, const char *path, uint32_t mask, uint32_t flags)
{
	const struct vfs_request request = {.pid = 9, .mask = mask, .flags = flags};
	return fixture_path(f, VFS_OPENAT, &request, path);
}

static const struct vfs_facts *facts_of(struct vfs_fixture *f, const char *path)
{
	assert_int_equal(ask(f, VFS_STATX, path), OK);
	return &f->answer.reply.facts;
}

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

/* ---- /proc, with a kernel that has two processes ---- */

static struct vfs_node opened_file; /* by descriptor 7 */

static enum status fake_ask(void *, uint32_t topic, uint64_t index, struct figures_answer *answer)
{
	static const struct system_figures system = {.uptime_ns = 12340000000,
	                                             .idle_ns = 5000000000,
	                                             .total_bytes = 64 << 20,
	                                             .free_bytes = 32 << 20,
	                                             .cached_bytes = 4 << 20,
	                                             .load = {32768, 65536, 0},
	                                             .cpus = 1,
	                                             .tasks = 3,
	                                             .running = 1,
	                                             .last_pid = 9};
	struct process_figures process = {.pid = index,
	                                  .parent_pid = 1,
	                                  .group = index,
	                                  .state = 'S',
	                                  .tasks = 1,
	                                  .user_ns = 70000000,
	                                  .resident_bytes = 8192,
	                                  .name = "tool",
	                                  .path = "apps/tool/tool"};
	static const struct lock_figures locks = {.taken = 70, .shared = 4};
	static const uint64_t pids[] = {4, 9};
	const struct descriptor_figures descriptors[] = {
	        {.descriptor = 0, .kind = DESCRIPTOR_DEVICE},
	        {.descriptor = 3, .kind = DESCRIPTOR_PIPE, .id = 77},
	        {.descriptor = 7,
	         .kind = DESCRIPTOR_VNODE,
	         .volume = opened_file.volume,
	         .generation = opened_file.generation,
	         .inode = opened_file.inode}};
	size_t skipped = 0;
	static const struct terminal_figures terminals[] = {{.number = 0},
	                                                    {.number = 12, .uid = 7}};
	size_t terminal = 0;
	const void *from = &process;
	size_t len = sizeof process;
	bool known = index == 4 || index == 9;
	size_t after = index >> 32;
	switch (topic) {
	case SYSTEM_QUERY_SYSTEM:
		from = &system;
		len = sizeof system;
		break;
	case SYSTEM_QUERY_PROCESSES:
		from = &pids[index < 4 ? 0 : 1];
		len = index < 4 ? sizeof pids : index < 9 ? sizeof pids[0] : 0;
		break;
	case SYSTEM_QUERY_DESCRIPTORS:
		while (skipped < COUNT(descriptors) && descriptors[skipped].descriptor < after)
			skipped++;
		from = descriptors + skipped;
		len = sizeof descriptors[0] * (COUNT(descriptors) - skipped);
		break;
	case SYSTEM_QUERY_ARGUMENTS:
		after = after < 8 ? after : 8;
		from = "tool\0-x" + after;
		len = 8 - after;
		break;
	case SYSTEM_QUERY_PROCESS:
		if (!known)
			return ERR_NO_PROCESS;
		break;
	case SYSTEM_QUERY_TERMINALS:
		while (terminal < 2 && terminals[terminal].number < index)
			terminal++;
		from = terminals + terminal;
		len = (2 - terminal) * sizeof terminals[0];
		break;
	case SYSTEM_QUERY_LOCKS:
		from = &locks;
		len = sizeof locks;
		break;
	default:
		return ERR_INVALID_ARGS;
	}
	answer->len = len < answer->capacity ? len : answer->capacity;
	memcpy(answer->bytes, from, answer->len);
	return OK;
}

static struct vfs_node mapped_file;

/* More than are asked for at once; every third one is of a file, the last one of one that is gone.
 */
static int64_t fake_mappings(void *, uint64_t, uint64_t from, struct mapping_figures *out,
                             size_t capacity)
{
	enum { MAPPINGS = 200, PAGE = 4096 };
	size_t count = 0;
	for (uint64_t i = from / PAGE; i < MAPPINGS && count < capacity; i++) {
		struct mapping_figures *m = &out[count++];
		*m = (struct mapping_figures){.start = i * PAGE, .end = (i + 1) * PAGE};
		m->rights = MEMORY_READ;
		m->kind = (uint32_t)(i % 3);
		if (i % 3)
			continue;
		m->volume = mapped_file.volume;
		m->generation = mapped_file.generation + (i == MAPPINGS - 2);
		m->inode = mapped_file.inode;
	}
	return (int64_t)count;
}

static struct str read_part(struct vfs_fixture *f, const struct vfs_node *node, uint64_t offset,
                            uint64_t size)
{
	const struct vfs_request read = {.start = *node, .offset = offset, .size = size};
	assert_int_equal(fixture_path(f, VFS_READ, &read, ""), OK);
	return (struct str){(const char *)f->answer.bytes, f->answer.len};
}

static void mappings_are_told_whole_however_they_are_read(void **)
{
	static char whole[32 * 1024];
	struct vfs_fixture *f = make_booted();
	size_t len = 0, lines = 0;
	f->service.figures.ask = fake_ask;
	f->service.figures.mappings = fake_mappings;
	assert_int_equal(open_for(f, "/etc/hosts", VFS_MAY_READ, 0), OK);
	mapped_file = f->answer.reply.facts.node;
	/* where a program lies is nobody else's business */
	const struct vfs_request other = {.uid = 7, .gid = 7, .mask = VFS_MAY_READ};
	assert_int_equal(fixture_path(f, VFS_OPENAT, &other, "/proc/9/maps"), ERR_ACCESS_DENIED);
	assert_int_equal(open_for(f, "/proc/9/maps", VFS_MAY_READ, 0), OK);
	const struct vfs_node maps = f->answer.reply.facts.node;
	struct str part = read_part(f, &maps, 0, 999);
	for (; part.len; part = read_part(f, &maps, len, 999)) {
		assert_true(len + part.len <= sizeof whole);
		memcpy(whole + len, part.ptr, part.len);
		len += part.len;
	}
	for (size_t i = 0; i < len; i++)
		lines += whole[i] == '\n';
	assert_int_equal(lines, 200);
	assert_non_null(strstr(whole, " /etc/hosts\n00001000-00002000 r--p 00000000 00:00 0 "));
	assert_non_null(strstr(whole, " [heap]\n00002000-00003000 r--p 00000000 00:00 0 "));
	assert_non_null(strstr(whole, " / (deleted)\n000c7000-000c8000 "));
	/* from anywhere, in any order */
	for (size_t at = len; at > 7; at -= 7) {
		part = read_part(f, &maps, at - 7, 7);
		assert_str(part, ((struct str){whole + at - 7, 7}));
	}
	fixture_free(f);
}

static struct str read_whole(struct vfs_fixture *f, const char *path)
{
	assert_int_equal(open_for(f, path, VFS_MAY_READ, 0), OK);
	const struct vfs_request read = {.start = f->answer.reply.facts.node, .size = 4096};
	assert_int_equal(fixture_path(f, VFS_READ, &read, ""), OK);
	return (struct str){(const char *)f->answer.bytes, f->answer.len};
}

static void proc_tells_what_the_kernel_tells(void **)
{
	struct vfs_fixture *f = make_booted();
	f->service.figures.ask = fake_ask;
	assert_str(read_whole(f, "/proc/uptime"), STR("12.34 5.00\n"));
	assert_str(read_whole(f, "/proc/loadavg"), STR("0.50 1.00 0.00 1/3 9\n"));
	assert_str(read_whole(f, "/proc/rustos/locks"), STR("taken 70\nshared 4\n"));
	assert_true(
	        str_starts_with(read_whole(f, "/proc/meminfo"),
	                        STR("MemTotal:          65536 kB\nMemFree:           32768 kB\n")));
	assert_str(read_whole(f, "/proc/9/comm"), STR("tool\n"));
	assert_str(read_whole(f, "/proc/9/cmdline"), STR("tool\0-x\0"));
	assert_int_equal(open_for(f, "/proc/9/cmdline", VFS_MAY_READ, 0), OK);
	const struct vfs_node arguments = f->answer.reply.facts.node;
	assert_str(read_part(f, &arguments, 5, 9), STR("-x\0"));
	assert_str(read_part(f, &arguments, 8, 9), STR(""));
	assert_true(str_starts_with(read_whole(f, "/proc/9/stat"),
	                            STR("9 (tool) S 1 9 0 0 -1 0 0 0 0 0 7 0 0 0 20 0 1 0 ")));
	assert_str(read_whole(f, "/proc/mounts"), STR("tmpfs / tmpfs rw,relatime 0 0\n"
	                                              "devtmpfs /dev devtmpfs rw,relatime 0 0\n"
	                                              "devpts /dev/pts devpts rw,relatime 0 0\n"
	                                              "proc /proc proc rw,relatime 0 0\n"));
	fixture_free(f);
}

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

static enum status fake_lease(void *, uint32_t index, struct lease_figures *out)
{
	static const struct lease_figures leases[] = {
	        {{.pid = 2,
	          .service = 2,
	          .state = ROOT_LEASE_RUNNING,
	          .package_len = 4,
	          .flags = ROOT_LEASE_REGISTERED},
	         "vfsd"},
	        {{.pid = 7,
	          .service = 7,
	          .state = ROOT_LEASE_RUNNING,
	          .restarts = 3,
	          .last_status = 137,
	          .package_len = 8,
	          .awaited_len = 7},
	         "storageddriverd"},
	        {{.state = ROOT_LEASE_WAITING, .package_len = 1, .awaited_len = 8}, "astoraged"},
	};
	if (index >= COUNT(leases))
		return ERR_OUT_OF_RANGE;
	*out = leases[index];
	return OK;
}

static void services_are_listed_as_rootd_tells_of_them(void **)
{
	struct vfs_fixture *f = make_booted();
	const struct vfs_request none = {.size = 4096};
	assert_int_equal(open_for(f, "/proc/rustos/services", VFS_MAY_READ, 0), OK);
	struct vfs_request read = none;
	read.start = f->answer.reply.facts.node;
	assert_int_equal(fixture_path(f, VFS_READ, &read, ""), ERR_NOT_IMPLEMENTED);
	f->service.figures.lease = fake_lease;
	assert_str(read_whole(f, "/proc/rustos/services"),
	           STR(" ID   PID STATE    RESTARTS LAST PACKAGE\n"
	               "  2     2 running         0    0 vfsd\n"
	               "  7     7 starting        3  137 storaged after driverd\n"
	               "  0     0 waiting         0    0 a after storaged\n"));
	assert_str(read_whole(f, "/proc/rustos/../rustos/services"),
	           read_whole(f, "/proc/rustos/services"));
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
	const struct vfs_request opened = {.pid = 9, .mask = VFS_MAY_WRITE};
	assert_int_equal(fixture_path(f, VFS_OPENAT, &opened, "/dev/fd/3"), OK);
	assert_int_equal(f->answer.reply.facts.content, VFS_CONTENT_DESCRIPTOR);
	assert_int_equal(f->answer.reply.facts.rdev, 9ull << 32 | 3);
	assert_int_equal(ask(f, VFS_STATX, "/proc/9/fd/4"), ERR_NOT_FOUND);
	assert_int_equal(ask(f, VFS_STATX, "/proc/5"), ERR_NOT_FOUND);
	assert_int_equal(ask(f, VFS_STATX, "/proc/09"), ERR_NOT_FOUND);
	assert_int_equal(ask(f, VFS_MKDIR, "/proc/new"), ERR_ACCESS_DENIED);
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
		assert_string_equal(names,
		                    ". .. cmdline cpuinfo filesystems loadavg meminfo mounts "
		                    "rustos self stat uptime version 4 9 ");
		list_names(f, "/proc/rustos", sizes[i], names);
		assert_string_equal(names, ". .. locks services ");
		list_names(f, "/proc/9/fd", sizes[i], names);
		assert_string_equal(names, ". .. 0 3 7 ");
		list_names(f, "/dev", sizes[i], names);
		assert_string_equal(names, ". .. fd stdin stdout stderr pts null zero full random "
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
	        cmocka_unit_test(proc_tells_what_the_kernel_tells),
	        cmocka_unit_test(links_to_descriptors_lead_to_files_even_without_a_name),
	        cmocka_unit_test(mappings_are_told_whole_however_they_are_read),
	        cmocka_unit_test(services_are_listed_as_rootd_tells_of_them),
	        cmocka_unit_test(links_of_proc_lead_where_they_should),
	        cmocka_unit_test(terminals_have_names_as_long_as_they_are_there),
	        cmocka_unit_test(a_directory_is_listed_in_pieces),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
