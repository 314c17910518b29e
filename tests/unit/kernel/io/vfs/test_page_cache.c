/*
 * Bytes of files against a plain array, and vnodes against what vfsd must hear of them. vfsd is a
 * function here, memory and objects are the kernel's own.
 */
#include "../../../test.h"

#include "../../vm/fake_cpu.h"
#include "io/vfs/page_cache.h"
#include "io/vfs/vfs.h"
#include "io/vfs/vnode/vnode.h"
#include "io/watch/watch.h"

enum { FILE_MAX = 10 * PAGE_SIZE, STEPS = 4000, PAGED_BYTES = 3 * PAGE_SIZE + 100 };

/* ---- vfsd, and what is beyond the host ---- */

static unsigned asked; /* pages */
static enum status answer;

static char paged_byte(uint64_t offset)
{
	return (char)(offset * 7 + offset / PAGE_SIZE);
}

enum status vfs_call(struct vfs_call *call)
{
	assert_int_equal(call->operation, VFS_PAGE_IN);
	assert_int_equal(call->request.size, PAGE_SIZE);
	assert_int_equal(spinlock_depth(), 0);
	asked++;
	char *bytes = call->bytes;
	for (size_t i = 0; i < PAGE_SIZE && call->request.offset + i < PAGED_BYTES; i++)
		bytes[i] = paged_byte(call->request.offset + i);
	return answer;
}

void vfs_forget(const struct vfs_node *, uint64_t, enum ipc_patience)
{
	fail_msg("a vnode was there to keep the hold");
}

static unsigned ends_told;

void watch_file_gone(const struct vfs_node *)
{
	assert_int_equal(spinlock_depth(), 0);
	ends_told++;
}

uint64_t clock_real_ns(void)
{
	static uint64_t now = 1000;
	return now += 10;
}

uint64_t clock_ns(void)
{
	return 0;
}

bool wait_queue_sleep_until(struct wait_queue *, struct spinlock *, uint64_t)
{
	fail_msg("nothing here waits for a time");
	return false;
}

/* Nobody locks a file here. */
void file_locks_init(struct file_locks *)
{
}

enum status user_copy_in(void *, struct user_in)
{
	return ERR_BAD_ADDRESS;
}

enum status user_copy_out(struct user_out, const void *)
{
	return ERR_BAD_ADDRESS;
}

/* ---- one file of the kernel's bytes ---- */

struct model {
	struct vnode *vnode;
	uint64_t size;
	char bytes[FILE_MAX];
};

static uint64_t model_random(uint64_t *state, uint64_t below)
{
	*state = *state * 6364136223846793005 + 1442695040888963407;
	return (*state >> 33) % below;
}

static void model_write(struct model *model, uint64_t offset, size_t len, bool appends)
{
	static char bytes[FILE_MAX];
	struct transfer from;
	size_t count = 0;
	uint64_t at = 0;
	for (size_t i = 0; i < len; i++)
		bytes[i] = (char)(clock_real_ns() + i);
	transfer_init_kernel(&from, bytes, len);
	enum status status = appends ? page_cache_append(model->vnode, &from, &at, &count)
	                             : page_cache_write(model->vnode, &from, offset, &count);
	assert_int_equal(status, OK);
	assert_int_equal(count, len);
	if (appends) {
		assert_int_equal(at, model->size);
		offset = at;
	}
	memcpy(model->bytes + offset, bytes, len);
	if (len && offset + len > model->size)
		model->size = offset + len;
}

static void model_read(const struct model *model, uint64_t offset, size_t len)
{
	static char bytes[FILE_MAX];
	struct transfer to;
	size_t count = 0;
	uint64_t left = offset < model->size ? model->size - offset : 0;
	transfer_init_kernel(&to, bytes, len);
	assert_int_equal(page_cache_read(model->vnode, &to, offset, &count), OK);
	assert_int_equal(count, len < left ? len : left);
	assert_memory_equal(bytes, model->bytes + offset, count);
}

static void model_resize(struct model *model, uint64_t size)
{
	assert_int_equal(page_cache_resize(model->vnode, size), OK);
	if (size < model->size)
		memset(model->bytes + size, 0, model->size - size);
	model->size = size;
}

/* What somebody stores through a mapping, also behind the end of the file. */
static void model_store(struct model *model, uint64_t offset)
{
	paddr_t frame;
	if (offset / PAGE_SIZE > (model->size - 1) / PAGE_SIZE || !model->size)
		return;
	model->vnode->is_mapped_for_writing = true;
	assert_int_equal(vm_object_pin(model->vnode->pages, offset / PAGE_SIZE, true, &frame), OK);
	((char *)direct_map(frame))[offset % PAGE_SIZE] = 'm';
	frame_release(frame);
	if (offset < model->size)
		model->bytes[offset] = 'm';
}

static void model_step(struct model *model, uint64_t *random)
{
	uint64_t offset = model_random(random, FILE_MAX);
	size_t len = model_random(random, FILE_MAX - offset);
	switch (model_random(random, 6)) {
	case 0:
		model_write(model, offset, len, false);
		break;
	case 1:
		len = model_random(random, 200);
		if (model->size + len <= FILE_MAX)
			model_write(model, 0, len, true);
		break;
	case 2:
		model_resize(model, offset);
		break;
	case 3:
		model_store(model, offset);
		break;
	default:
		model_read(model, offset, len);
	}
	assert_int_equal(model->vnode->size, model->size);
}

static void unref_accounts(void)
{
	memory_account_unref(vnode_account());
	memory_account_unref(vnode_cache_account());
}

static void a_file_is_what_was_written_to_it(void **)
{
	static struct model model;
	uint64_t random = 1;
	mm_drain();
	size_t before = fake_free_frames();
	assert_int_equal(vnodes_init(), OK);
	assert_int_equal(vnode_create_unnamed(&model.vnode), OK);
	for (unsigned i = 0; i < STEPS; i++)
		model_step(&model, &random);
	vnode_unref(model.vnode);
	unref_accounts();
	mm_drain();
	assert_int_equal(fake_free_frames(), before);
}

static void a_hole_takes_no_page(void **)
{
	struct vnode *vnode;
	struct transfer to;
	char bytes[64];
	size_t count;
	assert_int_equal(vnodes_init(), OK);
	assert_int_equal(vnode_create_unnamed(&vnode), OK);
	assert_int_equal(page_cache_resize(vnode, 1 << 30), OK);
	memset(bytes, 'x', sizeof bytes);
	transfer_init_kernel(&to, bytes, sizeof bytes);
	assert_int_equal(page_cache_read(vnode, &to, 12345678, &count), OK);
	assert_int_equal(count, sizeof bytes);
	assert_int_equal(bytes[0], 0);
	assert_int_equal(vm_object_usage(vnode->pages).present, 0);
	vnode_unref(vnode);
	unref_accounts();
}

static void files_have_a_share_of_the_memory_and_no_more(void **)
{
	struct vnode *vnode;
	static char page[PAGE_SIZE];
	enum status status = OK;
	size_t pages = 0;
	assert_int_equal(vnodes_init(), OK);
	memory_account_set_limit(vnode_account(), 64 * PAGE_SIZE);
	assert_int_equal(vnode_create_unnamed(&vnode), OK);
	while (status == OK) {
		struct transfer from;
		size_t count = 0;
		uint64_t at;
		transfer_init_kernel(&from, page, sizeof page);
		status = page_cache_append(vnode, &from, &at, &count);
		pages += count / PAGE_SIZE;
	}
	assert_int_equal(status, ERR_NO_SPACE);
	assert_true(pages > 48 && pages < 64);
	assert_int_equal(vnode->size, pages * PAGE_SIZE);
	assert_int_equal(page_cache_reserve(vnode, 0, 1 << 30, false), ERR_NO_SPACE);
	/* and what is cut off can be used again */
	assert_int_equal(page_cache_resize(vnode, 0), OK);
	assert_int_equal(memory_account_usage(vnode_account()).bytes < 8 * PAGE_SIZE, true);
	vnode_unref(vnode);
	unref_accounts();
}

/* ---- vnodes ---- */

static const struct vfs_facts kernel_facts = {
        .node = {.volume = 1, .inode = 7},
        .content = VFS_CONTENT_KERNEL,
        .mode = 0100644,
        .size = 0,
        .modify_ns = 5,
};

static const struct vfs_facts paged_facts = {
        .node = {.volume = 2, .inode = 7},
        .content = VFS_CONTENT_PAGED,
        .mode = 0100444,
        .size = PAGED_BYTES,
};

static uint64_t next_forget(const struct vfs_node *expected)
{
	struct vfs_node node;
	uint64_t count = 0;
	struct vnode *vnode = vnode_next_forget(false, &node, &count);
	if (!vnode)
		return 0;
	assert_int_equal(node.volume, expected->volume);
	assert_int_equal(node.inode, expected->inode);
	vnode_end_forget(vnode);
	return count;
}

static void every_hold_goes_back_with_the_last_user(void **)
{
	struct vnode *a, *b, *c;
	assert_int_equal(vnodes_init(), OK);
	assert_int_equal(vnode_get(&kernel_facts, true, &a), OK);
	assert_int_equal(vnode_get(&kernel_facts, true, &b), OK);
	assert_int_equal(vnode_get(&kernel_facts, false, &c), OK);
	assert_ptr_equal(a, b);
	assert_ptr_equal(a, c);
	vnode_unref(a);
	vnode_unref(b);
	assert_int_equal(next_forget(&kernel_facts.node), 0);
	vnode_unref(c);
	assert_int_equal(next_forget(&kernel_facts.node), 2);
	assert_int_equal(next_forget(&kernel_facts.node), 0);
	/* opened again while the last hold is on its way back */
	assert_int_equal(vnode_get(&kernel_facts, true, &a), OK);
	vnode_unref(a);
	assert_int_equal(vnode_get(&kernel_facts, true, &b), OK);
	assert_int_equal(next_forget(&kernel_facts.node), 1);
	vnode_unref(b);
	assert_int_equal(next_forget(&kernel_facts.node), 1);
	unref_accounts();
}

static void bytes_stay_until_vfsd_drops_them(void **)
{
	struct vnode *vnode;
	struct vfs_facts facts = kernel_facts;
	struct vfs_held_node held[4];
	char text[8] = {};
	size_t count;
	struct transfer from;
	assert_int_equal(vnodes_init(), OK);
	assert_int_equal(vnode_get(&kernel_facts, true, &vnode), OK);
	transfer_init_kernel(&from, (char[]){"bytes"}, 5);
	assert_int_equal(page_cache_write(vnode, &from, 0, &count), OK);
	vnode_unref(vnode);
	assert_int_equal(next_forget(&kernel_facts.node), 1);
	/* a new vfsd finds it */
	assert_int_equal(vfs_list_nodes(0, held, 4), 1);
	assert_int_equal(held[0].inode, 7);
	assert_int_equal(held[0].holds, 0);
	assert_int_equal(held[0].size, 5);
	assert_int_equal(held[0].flags, VFS_HELD_CONTENT);
	assert_int_equal(vfs_list_nodes(held[0].cookie, held, 4), 0);
	vnode_mix_facts(&facts);
	assert_int_equal(facts.size, 5);
	assert_true(facts.modify_ns > kernel_facts.modify_ns);
	assert_int_equal(vnode_get(&kernel_facts, false, &vnode), OK);
	assert_int_equal(page_cache_copy(vnode, 0, text, sizeof text, &count), OK);
	assert_string_equal(text, "bytes");
	/* dropped while it is open: gone with the last user */
	assert_int_equal(vfs_drop_content(&kernel_facts.node), OK);
	assert_int_equal(vfs_drop_content(&kernel_facts.node), ERR_NOT_FOUND);
	vnode_unref(vnode);
	assert_int_equal(vfs_list_nodes(0, held, 4), 0);
	unref_accounts();
}

static void pages_of_a_volume_are_asked_for_once(void **)
{
	struct vnode *vnode;
	char bytes[16];
	size_t count;
	assert_int_equal(vnodes_init(), OK);
	asked = 0;
	answer = OK;
	assert_int_equal(vnode_get(&paged_facts, true, &vnode), OK);
	page_cache_remember(vnode);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(page_cache_copy(vnode, PAGE_SIZE - 8, bytes, 16, &count), OK);
		for (size_t at = 0; at < 16; at++)
			assert_int_equal(bytes[at], paged_byte(PAGE_SIZE - 8 + at));
	}
	assert_int_equal(asked, 2);
	assert_int_equal(page_cache_copy(vnode, PAGED_BYTES - 4, bytes, 16, &count), OK);
	assert_int_equal(count, 4);
	/* remembered beyond its last user, until memory is wanted back */
	vnode_unref(vnode);
	assert_int_equal(next_forget(&paged_facts.node), 0);
	page_cache_drain();
	assert_int_equal(next_forget(&paged_facts.node), 1);
	/* a page that cannot be had */
	answer = ERR_IO;
	assert_int_equal(vnode_get(&paged_facts, true, &vnode), OK);
	assert_int_equal(page_cache_copy(vnode, 0, bytes, 16, &count), ERR_IO);
	vnode_unref(vnode);
	assert_int_equal(next_forget(&paged_facts.node), 1);
	unref_accounts();
}

static void the_last_user_of_an_unlinked_file_tells_its_end_once(void **)
{
	struct vnode *a, *b;
	ends_told = 0;
	assert_int_equal(vnodes_init(), OK);
	assert_false(vnode_tell_end(&kernel_facts.node));
	assert_int_equal(vnode_get(&kernel_facts, true, &a), OK);
	assert_int_equal(vnode_get(&kernel_facts, false, &b), OK);
	assert_true(vnode_tell_end(&kernel_facts.node));
	vnode_unref(a);
	assert_int_equal(ends_told, 0);
	vnode_unref(b);
	assert_int_equal(ends_told, 1);
	assert_int_equal(next_forget(&kernel_facts.node), 1);
	assert_int_equal(ends_told, 1);
	memory_account_unref(vnode_account());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_file_is_what_was_written_to_it),
	        cmocka_unit_test(a_hole_takes_no_page),
	        cmocka_unit_test(files_have_a_share_of_the_memory_and_no_more),
	        cmocka_unit_test(every_hold_goes_back_with_the_last_user),
	        cmocka_unit_test(the_last_user_of_an_unlinked_file_tells_its_end_once),
	        cmocka_unit_test(bytes_stay_until_vfsd_drops_them),
	        cmocka_unit_test(pages_of_a_volume_are_asked_for_once),
	};
	return cmocka_run_group_tests(tests, fake_cpu_start, fake_memory_end);
}
