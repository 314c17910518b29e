/* /proc/modules and /proc/net/unix: lists of the kernel's, however long and however they are read.
 */
#include "booted.h"
#include <rt/vfs_service.h>

const struct service_interface *const vfs_fixture_interface = &vfs_interface;

enum { SOCKETS = 700 };

static enum status fake_sockets(uint64_t after, struct figures_answer *answer)
{
	struct socket_figures *out = answer->bytes;
	size_t count = 0, capacity = answer->capacity / sizeof *out;
	for (uint64_t inode = after + 1; inode <= SOCKETS && count < capacity; inode++) {
		struct socket_figures *s = &out[count++];
		*s = (struct socket_figures){.inode = inode, .references = 2, .kind = 1};
		s->state = inode == 1 ? SOCKET_STATE_LISTENS : SOCKET_STATE_CONNECTED;
		if (inode > 2)
			continue;
		s->name_len = inode == 1 ? 8 : 4;
		memcpy(s->name, inode == 1 ? "/run/one" : "\0two", s->name_len);
	}
	answer->len = count * sizeof *out;
	return OK;
}

static enum status fake_ask(void *, uint32_t topic, uint64_t index, struct figures_answer *answer)
{
	static const struct module_figures modules[] = {
	        {.number = 1, .bytes = 8192, .uses = 2, .name = "virtio-blk"},
	        {.number = 4, .bytes = 4096, .name = "ps2"},
	};
	size_t skipped = 0;
	if (topic == SYSTEM_QUERY_SOCKETS)
		return fake_sockets(index, answer);
	if (topic == SYSTEM_QUERY_PROCESS) {
		const struct process_figures process = {.pid = index};
		memcpy(answer->bytes, &process, sizeof process);
		answer->len = sizeof process;
		return OK;
	}
	if (topic != SYSTEM_QUERY_MODULES)
		return ERR_INVALID_ARGS;
	while (skipped < COUNT(modules) && modules[skipped].number <= index)
		skipped++;
	answer->len = (COUNT(modules) - skipped) * sizeof modules[0];
	memcpy(answer->bytes, modules + skipped, answer->len);
	return OK;
}

static struct str read_part(struct vfs_fixture *f, const struct vfs_node *node, uint64_t offset,
                            uint64_t size)
{
	const struct vfs_request read = {.start = *node, .offset = offset, .size = size};
	assert_int_equal(fixture_path(f, VFS_READ, &read, ""), OK);
	return (struct str){(const char *)f->answer.bytes, f->answer.len};
}

static struct vfs_node open_list(struct vfs_fixture *f, const char *path)
{
	assert_int_equal(open_for(f, path, VFS_MAY_READ, 0), OK);
	return f->answer.reply.facts.node;
}

static void modules_are_listed_as_lsmod_reads_them(void **)
{
	struct vfs_fixture *f = make_booted();
	f->service.figures.ask = fake_ask;
	const struct vfs_node list = open_list(f, "/proc/modules");
	assert_str(read_part(f, &list, 0, 999), STR("virtio-blk 8192 2 - Live 0x0000000000000000\n"
	                                            "ps2 4096 0 - Live 0x0000000000000000\n"));
	fixture_free(f);
}

static void sockets_are_listed_whole_however_they_are_read(void **)
{
	static char whole[64 * 1024];
	static const char first[] =
	        "Num               RefCount Protocol Flags    Type St Inode Path\n"
	        "0000000000000000: 00000002 00000000 00010000 0001 01     1 /run/one\n"
	        "0000000000000000: 00000002 00000000 00000000 0001 03     2 @two\n"
	        "0000000000000000: 00000002 00000000 00000000 0001 03     3\n";
	struct vfs_fixture *f = make_booted();
	size_t len = 0, lines = 0;
	f->service.figures.ask = fake_ask;
	const struct vfs_node list = open_list(f, "/proc/9/net/unix");
	struct str part = read_part(f, &list, 0, 999);
	for (; part.len; part = read_part(f, &list, len, 999)) {
		assert_true(len + part.len <= sizeof whole);
		memcpy(whole + len, part.ptr, part.len);
		len += part.len;
	}
	for (size_t i = 0; i < len; i++)
		lines += whole[i] == '\n';
	assert_int_equal(lines, SOCKETS + 1);
	assert_memory_equal(whole, first, sizeof first - 1);
	/* from anywhere, in any order */
	for (size_t at = len; at > 97; at -= 97) {
		part = read_part(f, &list, at - 97, 97);
		assert_str(part, ((struct str){whole + at - 97, 97}));
	}
	fixture_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(modules_are_listed_as_lsmod_reads_them),
	        cmocka_unit_test(sockets_are_listed_whole_however_they_are_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
