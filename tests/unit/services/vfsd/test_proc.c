/* /proc: what its files say of what the kernel tells. */
#include "fake_figures.h"
#include <rt/vfs_service.h>

const struct service_interface *const vfs_fixture_interface = &vfs_interface;

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
	assert_str(read_whole(f, "/proc/rustos/faults"),
	           STR("alloc.frame=off hits=5 fired=0\n"
	               "socket.send=rate:10:3 hits=900 fired=8\n"));
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

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(mappings_are_told_whole_however_they_are_read),
	        cmocka_unit_test(proc_tells_what_the_kernel_tells),
	        cmocka_unit_test(a_process_is_told_with_its_threads),
	        cmocka_unit_test(the_machine_says_what_it_is),
	        cmocka_unit_test(services_are_listed_as_rootd_tells_of_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
