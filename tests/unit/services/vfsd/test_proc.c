/* /proc and /dev/pts: what they say of what the kernel tells, and how they are listed. */
#include "booted.h"
#include <rt/vfs_service.h>

const struct service_interface *const vfs_fixture_interface = &vfs_interface;

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
	                                             .last_pid = 9,
	                                             .interrupts = 5000000000};
	struct process_figures process = {.pid = index,
	                                  .parent_pid = 1,
	                                  .group = index,
	                                  .state = 'S',
	                                  .tasks = 1,
	                                  .user_ns = 70000000,
	                                  .resident_bytes = 8192,
	                                  .name = "tool",
	                                  .path = "apps/tool/tool"};
	static const struct lock_figures locks = {.taken = 70, .shared = 4, .interrupts_off = 9};
	static const uint64_t pids[] = {4, 9};
	static const struct task_figures tasks[] = {
	        {.tid = 9, .affinity = 0x8000000000000007, .nice = -5, .blocked = 2, .state = 'S'},
	        {.tid = 12, .affinity = 1, .user_ns = 30000000, .state = 'R', .name = "helper"}};
	static const struct limits_slot limits = {
	        .limits = {{UINT64_MAX, UINT64_MAX}, [7] = {256, 1024}}};
	static const struct names_slot machine = {.host = "here"};
	static const uint8_t random[16] = {0xab, 0xcd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	static const struct credentials_slot credentials = {.uid = 7, .euid = 0, .suid = 7};
	const struct descriptor_figures descriptors[] = {
	        {.descriptor = 0, .kind = DESCRIPTOR_DEVICE},
	        {.descriptor = 3, .kind = DESCRIPTOR_PIPE, .id = 77, .offset = 5, .flags = 04001},
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
	case SYSTEM_QUERY_CPUS:
		len = 0;
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
	case SYSTEM_QUERY_ENVIRONMENT:
		from = "A=b\0C=d" + after;
		len = 8 - after;
		break;
	case SYSTEM_QUERY_TASKS:
		while (skipped < COUNT(tasks) && tasks[skipped].tid <= after)
			skipped++;
		from = tasks + skipped;
		len = sizeof tasks[0] * (COUNT(tasks) - skipped);
		break;
	case SYSTEM_QUERY_LIMITS:
		from = &limits;
		len = sizeof limits;
		break;
	case SYSTEM_QUERY_NAMES:
		from = &machine;
		len = sizeof machine;
		break;
	case SYSTEM_QUERY_RANDOM:
		from = random;
		len = sizeof random;
		break;
	case SYSTEM_QUERY_CREDENTIALS:
		from = &credentials;
		len = sizeof credentials;
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
	assert_str(read_whole(f, "/proc/rustos/locks"),
	           STR("taken 70\nshared 4\ninterrupts_off 9\n"));
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
	                            STR("9 (tool) S 1 9 0 0 -1 0 0 0 0 0 7 0 0 0 15 -5 1 0 ")));
	assert_str(read_whole(f, "/proc/mounts"), STR("tmpfs / tmpfs rw,relatime 0 0\n"
	                                              "devtmpfs /dev devtmpfs rw,relatime 0 0\n"
	                                              "devpts /dev/pts devpts rw,relatime 0 0\n"
	                                              "proc /proc proc rw,relatime 0 0\n"));
	fixture_free(f);
}

static bool says(struct vfs_fixture *f, const char *path, const char *part)
{
	struct str text = read_whole(f, path);
	bool found = memmem(text.ptr, text.len, part, strlen(part)) != NULL;
	if (!found)
		print_error("%s: no \"%s\" in: %.*s\n", path, part, STR_ARG(text));
	return found;
}

static void a_process_is_told_with_its_threads(void **)
{
	struct vfs_fixture *f = make_booted();
	f->service.figures.ask = fake_ask;
	assert_true(
	        says(f, "/proc/9/status", "State:\tS (sleeping)\nTgid:\t9\nNgid:\t0\nPid:\t9\n"));
	assert_true(says(f, "/proc/9/status", "SigBlk:\t0000000000000002\n"));
	assert_true(says(f, "/proc/9/status", "CapPrm:\t000001ffffffffff\n"));
	assert_true(says(f, "/proc/9/status",
	                 "Cpus_allowed:\t8000000000000007\n"
	                 "Cpus_allowed_list:\t0-2,63\n"));
	assert_true(says(f, "/proc/9/task/12/status",
	                 "Name:\thelper\nState:\tR (running)\nTgid:\t9\n"));
	assert_true(says(f, "/proc/stat", "\nintr 5000000000\nctxt 0\n"));
	assert_true(says(f, "/proc/9/task/12/stat", "12 (helper) R 1 9 0 0 -1 0 0 0 0 0 3 0 "));
	assert_str(read_whole(f, "/proc/9/task/12/comm"), STR("helper\n"));
	assert_str(read_whole(f, "/proc/9/task/../comm"), STR("tool\n"));
	assert_str(read_whole(f, "/proc/9/task/12/../../comm"), STR("tool\n"));
	static const char *const missing[] = {"/proc/9/task/4", "/proc/9/task/11/stat",
	                                      "/proc/9/task/16777216"};
	for (size_t i = 0; i < COUNT(missing); i++)
		assert_int_not_equal(ask(f, VFS_STATX, missing[i]), OK);
	assert_str(read_whole(f, "/proc/9/environ"), STR("A=b\0C=d\0"));
	assert_true(says(f, "/proc/9/limits",
	                 "\nMax open files            256                  1024     "));
	assert_true(says(f, "/proc/9/limits",
	                 "\nMax cpu time              unlimited            unlimited"));
	assert_str(read_whole(f, "/proc/9/fdinfo/3"),
	           STR("pos:\t5\nflags:\t04001\nmnt_id:\t0\nino:\t77\n"));
	assert_int_equal(ask(f, VFS_STATX, "/proc/9/fdinfo/4"), ERR_NOT_FOUND);
	fixture_free(f);
}

static void the_machine_says_what_it_is(void **)
{
	struct vfs_fixture *f = make_booted();
	f->service.figures.ask = fake_ask;
	assert_str(read_whole(f, "/proc/sys/kernel/hostname"), STR("here\n"));
	assert_str(read_whole(f, "/proc/sys/kernel/domainname"), STR("(none)\n"));
	assert_str(read_whole(f, "/proc/sys/kernel/ostype"), STR("Linux\n"));
	assert_str(read_whole(f, "/proc/sys/kernel/random/boot_id"),
	           STR("abcdffff-ffff-4fff-bf00-000000000000\n"));
	assert_true(says(f, "/proc/cpuinfo", "processor\t: 0\nvendor_id\t: "));
	assert_true(says(f, "/proc/cpuinfo", "flags\t\t: fpu "));
	assert_true(says(f, "/proc/swaps", "Filename\t"));
	assert_int_equal(ask(f, VFS_STATX, "/proc/sys/kernel/none"), ERR_NOT_FOUND);
	assert_int_equal(open_for(f, "/proc/sys/kernel/hostname", VFS_MAY_WRITE, 0),
	                 ERR_ACCESS_DENIED);
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
	        cmocka_unit_test(mappings_are_told_whole_however_they_are_read),
	        cmocka_unit_test(proc_tells_what_the_kernel_tells),
	        cmocka_unit_test(a_process_is_told_with_its_threads),
	        cmocka_unit_test(the_machine_says_what_it_is),
	        cmocka_unit_test(links_to_descriptors_lead_to_files_even_without_a_name),
	        cmocka_unit_test(services_are_listed_as_rootd_tells_of_them),
	        cmocka_unit_test(links_of_proc_lead_where_they_should),
	        cmocka_unit_test(terminals_have_names_as_long_as_they_are_there),
	        cmocka_unit_test(a_directory_is_listed_in_pieces),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
