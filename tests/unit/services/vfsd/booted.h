/* A name service with a boot archive and a few files in it, asked by root. */
#pragma once

#include "vfs_fixture.h"

static const struct vfs_request as_root = {};

static inline struct vfs_fixture *make_booted(void)
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

static inline int ask(struct vfs_fixture *f, unsigned op, const char *path)
{
	return fixture_path(f, op, &as_root, path);
}

static inline int open_for(struct vfs_fixture *f, const char *path, uint32_t mask, uint32_t flags)
{
	const struct vfs_request request = {.pid = 9, .mask = mask, .flags = flags};
	return fixture_path(f, VFS_OPENAT, &request, path);
}

static inline const struct vfs_facts *facts_of(struct vfs_fixture *f, const char *path)
{
	assert_int_equal(ask(f, VFS_STATX, path), OK);
	return &f->answer.reply.facts;
}
