/*
 * The same random operations here and on Linux's own tmpfs, in a folder that this process has
 * made its root: results and errno must be equal, and now and then the whole trees.
 */
#include "vfs_fixture.h"
#include <rt/vfs_service.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <sched.h>
#include <stdio.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

const struct service_interface *const vfs_fixture_interface = &vfs_interface;

enum { OPERATIONS = 30000, COMPARE_EVERY = 250, OTHER_USER = 1000 };

struct model {
	struct vfs_fixture *f;
	uint64_t random;
	struct vfs_node directory; /* working directory; 0: root */
	unsigned user;
	char shown[3 * PATH_MAX]; /* the operation, for messages */
	char path[PATH_MAX], other[PATH_MAX];
};

static unsigned pick(struct model *m, unsigned below)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 7;
	m->random ^= m->random << 17;
	return (unsigned)(m->random >> 33) % below;
}

/* Names are few, so that operations meet. */
static void pick_path(struct model *m, char *out)
{
	static const char *const names[] = {"a", "b", "c", "d", "e", "a", "b", "c", ".", ".."};
	size_t len = 0;
	if (pick(m, 60) == 0) {
		out[0] = '\0';
		return;
	}
	if (pick(m, 3) == 0)
		out[len++] = '/';
	unsigned count = 1 + pick(m, 4);
	for (unsigned i = 0; i < count; i++) {
		if (pick(m, 200) == 0) {
			size_t long_name = 254 + pick(m, 3);
			memset(out + len, 'x', long_name);
			len += long_name;
		} else {
			len += (size_t)sprintf(out + len, "%s", names[pick(m, COUNT(names))]);
		}
		if (i + 1 < count || pick(m, 12) == 0)
			out[len++] = '/';
		if (pick(m, 30) == 0)
			out[len++] = '/';
	}
	out[len] = '\0';
}

static unsigned pick_mode(struct model *m)
{
	static const unsigned modes[] = {0777, 0755, 0700, 0777, 0755, 0500, 0300, 0644, 0, 0070};
	return modes[pick(m, COUNT(modes))];
}

static int host_result(int result)
{
	return result < 0 ? -errno : 0;
}

static struct vfs_request request_of(const struct model *m)
{
	return (struct vfs_request){
	        .start = m->directory, .other = m->directory, .uid = m->user, .gid = m->user};
}

static void model_check(struct model *m, int ours, int linux_says)
{
	if (ours != linux_says)
		fail_msg("%s (user %u): got %d, Linux says %d", m->shown, m->user, ours,
		         linux_says);
}

static void model_forget(struct model *m, const struct vfs_node *node)
{
	const struct vfs_request request = {.start = *node, .size = 1};
	(void)fixture_path(m->f, VFS_FORGET, &request, "");
}

/* Opens what is there or makes it; the file is closed at once. */
static void try_open(struct model *m, bool create)
{
	static const struct {
		int flag;
		unsigned ours;
	} extra[] = {{0, 0},
	             {O_NOFOLLOW, VFS_NO_FOLLOW},
	             {O_DIRECTORY, VFS_DIRECTORY},
	             {O_PATH | O_NOFOLLOW, VFS_NO_FOLLOW},
	             {O_EXCL, VFS_EXCLUSIVE}};
	unsigned which = create ? (pick(m, 2) ? 4 : pick(m, 2)) : pick(m, 4);
	int access = (int)pick(m, 3), flags = access | extra[which].flag | O_NONBLOCK;
	struct vfs_request request = request_of(m);
	request.flags = extra[which].ours;
	request.mode = pick_mode(m);
	static const unsigned masks[] = {VFS_MAY_READ, VFS_MAY_WRITE, VFS_MAY_READ | VFS_MAY_WRITE};
	request.mask = which == 3 ? 0 : masks[access];
	sprintf(m->shown, "open(%s, %#x, %#o)", m->path, flags | (create ? O_CREAT : 0),
	        request.mode);
	int fd = open(m->path, flags | (create ? O_CREAT : 0), request.mode);
	/* A FIFO without a reader: it was found and may be written. */
	int host = fd < 0 && errno != ENXIO ? -errno : 0;
	if (fd >= 0)
		close(fd);
	model_check(m, fixture_path(m->f, create ? VFS_CREATE : VFS_OPENAT, &request, m->path),
	            host);
	if (host == 0)
		model_forget(m, &m->f->answer.reply.facts.node);
}

static void try_make(struct model *m)
{
	struct vfs_request request = request_of(m);
	unsigned what = pick(m, 4);
	request.mode = pick_mode(m);
	if (what < 2) {
		sprintf(m->shown, "mkdir(%s, %#o)", m->path, request.mode);
		int host = host_result(mkdir(m->path, request.mode));
		model_check(m, fixture_path(m->f, VFS_MKDIR, &request, m->path), host);
	} else if (what == 2) {
		sprintf(m->shown, "symlink(%s, %s)", m->other, m->path);
		int host = host_result(symlink(m->other, m->path));
		request.mode = S_IFLNK | 0777;
		model_check(m,
		            fixture_call(m->f, VFS_MAKE_NODE, &request, str_from_c(m->path),
		                         str_from_c(m->other)),
		            host);
	} else {
		sprintf(m->shown, "mknod(%s, fifo, %#o)", m->path, request.mode);
		int host = host_result(mknod(m->path, S_IFIFO | request.mode, 0));
		request.mode |= S_IFIFO;
		model_check(m, fixture_path(m->f, VFS_MAKE_NODE, &request, m->path), host);
	}
}

/* Linux's fs.protected_hardlinks is not ours: only user 0 links. */
static void try_link(struct model *m)
{
	bool follow = pick(m, 3) == 0;
	struct vfs_request request = request_of(m);
	request.flags = follow ? VFS_FOLLOW_LINK : 0;
	sprintf(m->shown, "link(%s, %s)", m->path, m->other);
	if (m->user)
		return;
	int host = host_result(
	        linkat(AT_FDCWD, m->path, AT_FDCWD, m->other, follow ? AT_SYMLINK_FOLLOW : 0));
	model_check(
	        m,
	        fixture_call(m->f, VFS_LINK, &request, str_from_c(m->path), str_from_c(m->other)),
	        host);
}

static void try_remove(struct model *m)
{
	bool directory = pick(m, 2);
	struct vfs_request request = request_of(m);
	request.flags = directory ? VFS_REMOVE_DIRECTORY : 0;
	sprintf(m->shown, "%s(%s)", directory ? "rmdir" : "unlink", m->path);
	int host = host_result(directory ? rmdir(m->path) : unlink(m->path));
	model_check(m, fixture_path(m->f, VFS_UNLINKAT, &request, m->path), host);
}

static void try_rename(struct model *m)
{
	static const struct {
		unsigned flag, ours;
	} kinds[] = {{0, 0},
	             {0, 0},
	             {RENAME_NOREPLACE, VFS_NO_REPLACE},
	             {RENAME_EXCHANGE, VFS_EXCHANGE}};
	unsigned kind = pick(m, COUNT(kinds));
	struct vfs_request request = request_of(m);
	request.flags = kinds[kind].ours;
	sprintf(m->shown, "rename(%s, %s, %u)", m->path, m->other, kinds[kind].flag);
	int host = host_result(renameat2(AT_FDCWD, m->path, AT_FDCWD, m->other, kinds[kind].flag));
	model_check(
	        m,
	        fixture_call(m->f, VFS_RENAME, &request, str_from_c(m->path), str_from_c(m->other)),
	        host);
}

static void check_facts(struct model *m, const struct stat *st)
{
	const struct vfs_facts *facts = &m->f->answer.reply.facts;
	if (facts->mode != st->st_mode || facts->links != st->st_nlink ||
	    facts->uid != st->st_uid || facts->gid != st->st_gid ||
	    (!S_ISDIR(st->st_mode) && facts->size != (uint64_t)st->st_size))
		fail_msg("%s: got mode %o links %u size %llu owner %u:%u, Linux has %o %lu %lld "
		         "%u:%u",
		         m->shown, facts->mode, facts->links, (unsigned long long)facts->size,
		         facts->uid, facts->gid, st->st_mode, (unsigned long)st->st_nlink,
		         (long long)st->st_size, st->st_uid, st->st_gid);
}

static void try_stat(struct model *m)
{
	bool follow = pick(m, 2);
	struct stat st = {};
	struct vfs_request request = request_of(m);
	request.flags = follow ? 0 : VFS_NO_FOLLOW;
	sprintf(m->shown, "%s(%s)", follow ? "stat" : "lstat", m->path);
	int host = host_result(follow ? stat(m->path, &st) : lstat(m->path, &st));
	model_check(m, fixture_path(m->f, VFS_STATX, &request, m->path), host);
	if (host == 0)
		check_facts(m, &st);
}

static void try_readlink(struct model *m)
{
	char target[PATH_MAX];
	struct vfs_request request = request_of(m);
	request.size = sizeof target;
	sprintf(m->shown, "readlink(%s)", m->path);
	ssize_t len = readlink(m->path, target, sizeof target);
	model_check(m, fixture_path(m->f, VFS_READLINKAT, &request, m->path), len < 0 ? -errno : 0);
	if (len >= 0 && (m->f->answer.len != (size_t)len ||
	                 memcmp(m->f->answer.bytes, target, (size_t)len) != 0))
		fail_msg("%s: another target", m->shown);
}

static void try_access(struct model *m)
{
	struct vfs_request request = request_of(m);
	request.mask = pick(m, 8);
	sprintf(m->shown, "access(%s, %u)", m->path, request.mask);
	int host = host_result(
	        (int)syscall(SYS_faccessat2, AT_FDCWD, m->path, (int)request.mask, AT_EACCESS));
	model_check(m, fixture_path(m->f, VFS_ACCESS, &request, m->path), host);
}

static void try_set(struct model *m)
{
	struct vfs_request request = request_of(m);
	unsigned what = pick(m, 3);
	if (what < 2) {
		request.mode = pick_mode(m) | (pick(m, 8) ? 0 : 06000);
		request.mask = VFS_SET_MODE;
		sprintf(m->shown, "chmod(%s, %#o)", m->path, request.mode);
		int host = host_result(chmod(m->path, request.mode));
		model_check(m, fixture_path(m->f, VFS_SET, &request, m->path), host);
		return;
	}
	request.other_uid = pick(m, 2) * OTHER_USER;
	request.other_gid = pick(m, 2) * OTHER_USER;
	request.mask = VFS_SET_UID | VFS_SET_GID;
	request.flags = VFS_NO_FOLLOW;
	sprintf(m->shown, "lchown(%s, %u, %u)", m->path, request.other_uid, request.other_gid);
	int host = host_result(lchown(m->path, request.other_uid, request.other_gid));
	model_check(m, fixture_path(m->f, VFS_SET, &request, m->path), host);
}

static void enter(struct model *m, const char *path)
{
	struct vfs_request request = request_of(m);
	struct vfs_node before = m->directory;
	sprintf(m->shown, "chdir(%s)", path);
	int host = host_result(chdir(path));
	model_check(m, fixture_path(m->f, VFS_CHDIR, &request, path), host);
	if (host != 0)
		return;
	m->directory = m->f->answer.reply.facts.node;
	if (before.inode)
		model_forget(m, &before);
}

static void try_chdir(struct model *m)
{
	char host[PATH_MAX];
	enter(m, m->path);
	const struct vfs_request request = {.start = m->directory};
	int status = fixture_path(m->f, VFS_GETCWD, &request, "");
	sprintf(m->shown, "getcwd()");
	model_check(m, status, getcwd(host, sizeof host) ? 0 : -errno);
	if (status == 0)
		assert_str(((struct str){(const char *)m->f->answer.bytes, m->f->answer.len}),
		           str_from_c(host));
}

/* A removed working directory has no ".." here: both go home. */
static void leave_removed(struct model *m)
{
	char host[PATH_MAX];
	if (getcwd(host, sizeof host))
		return;
	unsigned user = m->user;
	m->user = 0;
	enter(m, "/");
	m->user = user;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Every name of a directory here, one behind the other with their NULs; the count. */
static size_t names_here(struct model *m, const char *path, char *names, char **list)
{
	struct vfs_request request = {.size = 300};
	size_t count = 0;
	assert_int_equal(fixture_path(m->f, VFS_STATX, &request, path), OK);
	request.start = m->f->answer.reply.facts.node;
	for (;;) {
		assert_int_equal(fixture_path(m->f, VFS_GETDENTS64, &request, ""), OK);
		if (!m->f->answer.len)
			return count;
		for (size_t at = 0; at < m->f->answer.len;) {
			const struct dirent64 *entry =
			        (const struct dirent64 *)(const void *)(m->f->answer.bytes + at);
			list[count++] = names;
			names = stpcpy(names, entry->d_name) + 1;
			at += entry->d_reclen;
		}
		request.offset = m->f->answer.reply.value;
	}
}

static size_t names_there(const char *path, char *names, char **list)
{
	DIR *folder = opendir(path);
	size_t count = 0;
	assert_non_null(folder);
	for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		list[count++] = names;
		names = stpcpy(names, entry->d_name) + 1;
	}
	closedir(folder);
	return count;
}

static void compare_folder(struct model *m, const char *path);

static void compare_child(struct model *m, const char *path, const char *name)
{
	char below[PATH_MAX];
	struct stat st;
	const struct vfs_request request = {.flags = VFS_NO_FOLLOW};
	if (snprintf(below, sizeof below, "%s/%s", path, name) >= (int)sizeof below)
		return;
	sprintf(m->shown, "comparing %s", below);
	assert_int_equal(lstat(below, &st), 0);
	model_check(m, fixture_path(m->f, VFS_STATX, &request, below), 0);
	check_facts(m, &st);
	if (S_ISDIR(st.st_mode))
		compare_folder(m, below);
}

static void compare_folder(struct model *m, const char *path)
{
	static const struct vfs_request root = {};
	char *names[2] = {malloc(65536), malloc(65536)};
	char **lists[2] = {calloc(256, sizeof(char *)), calloc(256, sizeof(char *))};
	(void)root;
	size_t ours = names_here(m, path, names[0], lists[0]);
	size_t theirs = names_there(path, names[1], lists[1]);
	sprintf(m->shown, "listing %s", path);
	model_check(m, (int)ours, (int)theirs);
	qsort(lists[0], ours, sizeof(char *), compare_names);
	qsort(lists[1], theirs, sizeof(char *), compare_names);
	for (size_t i = 0; i < ours; i++)
		assert_string_equal(lists[0][i], lists[1][i]);
	for (size_t i = 0; i < ours; i++)
		if (strcmp(lists[0][i], ".") != 0 && strcmp(lists[0][i], "..") != 0)
			compare_child(m, path, lists[0][i]);
	for (size_t i = 0; i < COUNT(names); i++) {
		free(names[i]);
		free(lists[i]);
	}
}

static void become(struct model *m, unsigned user)
{
	m->user = user;
	setfsgid(user);
	setfsuid(user);
}

static void step(struct model *m, bool users)
{
	become(m, users && pick(m, 3) == 0 ? OTHER_USER : 0);
	pick_path(m, m->path);
	pick_path(m, m->other);
	switch (pick(m, 12)) {
	case 0:
	case 1:
		try_open(m, true);
		break;
	case 2:
		try_open(m, false);
		break;
	case 3:
	case 4:
		try_make(m);
		break;
	case 5:
		try_link(m);
		break;
	case 6:
		try_remove(m);
		break;
	case 7:
		try_rename(m);
		break;
	case 8:
		try_stat(m);
		break;
	case 9:
		try_readlink(m);
		try_access(m);
		break;
	case 10:
		try_set(m);
		break;
	default:
		try_chdir(m);
	}
	become(m, 0);
	leave_removed(m);
}

/* Both trees empty but for their root, which everybody may write. */
static void empty_root(struct model *m)
{
	struct vfs_request request = {.mode = 0777, .mask = VFS_SET_MODE};
	struct tree *t = &m->f->service.tree;
	const uint32_t root = t->store.header->volumes[1].root;
	const struct vfs_request detach = {.flags = 2};
	assert_int_equal(fixture_path(m->f, VFS_UMOUNT2, &detach, "/dev/pts"), OK);
	assert_int_equal(fixture_path(m->f, VFS_UMOUNT2, &detach, "/dev"), OK);
	assert_int_equal(fixture_path(m->f, VFS_UMOUNT2, &detach, "/proc"), OK);
	while (tree_inode(t, root)->first) {
		uint32_t entry = tree_inode(t, root)->first, below;
		while ((below = tree_inode(t, t->store.entries[entry].inode)->first) != 0)
			entry = below;
		tree_unlink(t, entry, 0);
	}
	assert_int_equal(fixture_path(m->f, VFS_SET, &request, "/"), OK);
}

/* 77: this host gives no root of one's own. */
static int run_model(const char *folder, uint64_t seed)
{
	struct model *m = calloc(1, sizeof *m);
	bool users = geteuid() == 0;
	m->random = seed;
	m->f = fixture_make(fixture_archive());
	if (!users && unshare(CLONE_NEWUSER) != 0)
		return 77;
	if (chmod(folder, 0777) != 0 || chdir(folder) != 0 || chroot(".") != 0)
		return 77;
	umask(0);
	empty_root(m);
	for (unsigned i = 0; i < OPERATIONS; i++) {
		step(m, users);
		if (i % COMPARE_EVERY)
			continue;
		compare_folder(m, "/.");
		assert_true(store_sound(&m->f->service.tree.store));
	}
	fixture_free(m->f);
	free(m);
	return 0;
}

static void operations_end_as_on_linux(void **)
{
	char folder[] = "/dev/shm/vfsd-model-XXXXXX";
	if (!mkdtemp(folder))
		skip();
	pid_t child = fork();
	if (child == 0) {
		const char *seed = getenv("MODEL_SEED");
		_exit(run_model(folder, seed ? strtoull(seed, NULL, 0) : 88172645463325252ull));
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	char command[64];
	snprintf(command, sizeof command, "chmod -R 700 %s; rm -rf %s", folder, folder);
	assert_int_equal(system(command), 0);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(operations_end_as_on_linux),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
