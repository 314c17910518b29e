/*
 * Death between any two stores: for each operation, and each store that it makes, the process
 * ends there; what its successor adopts is sound, and is the tree from before or after.
 */
#include "vfs_fixture.h"
#include <rt/vfs_service.h>

#include <setjmp.h>

const struct service_interface *const vfs_fixture_interface = &vfs_interface;

struct deed {
	unsigned op;
	const char *first, *second;
	uint32_t mode, flags, mask;
};

enum {
	FILE_MODE = MODE_FILE | 0644,
	LINK_MODE = MODE_LINK | 0777,
};

#define NAME_240                                                                                   \
	"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"         \
	"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"         \
	"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"

static const struct deed deeds[] = {
        {.op = VFS_MKDIR, .second = "", .first = "/tmp/a", .mode = 0755},
        {.op = VFS_MKDIR, .second = "", .first = "/tmp/b/", .mode = 0700},
        {.op = VFS_CREATE,
         .second = "",
         .first = "/tmp/a/one",
         .mode = 0644,
         .mask = VFS_MAY_WRITE},
        {.op = VFS_CREATE,
         .second = "",
         .first = "/tmp/a/" NAME_240,
         .mode = 0600,
         .flags = VFS_EXCLUSIVE,
         .mask = VFS_MAY_WRITE},
        {.op = VFS_MAKE_NODE, .first = "/tmp/link", .second = "a/one", .mode = LINK_MODE},
        {.op = VFS_MAKE_NODE,
         .first = "/tmp/long",
         .second = NAME_240 "/" NAME_240,
         .mode = LINK_MODE},
        {.op = VFS_MAKE_NODE, .second = "", .first = "/tmp/pipe", .mode = MODE_PIPE | 0600},
        {.op = VFS_LINK, .first = "/tmp/a/one", .second = "/tmp/b/two"},
        {.op = VFS_SET,
         .second = "",
         .first = "/tmp/a/one",
         .mode = 0600,
         .mask = VFS_SET_MODE | VFS_SET_MODIFY_NOW},
        {.op = VFS_RENAME, .first = "/tmp/a/one", .second = "/tmp/a/three"},
        {.op = VFS_RENAME,
         .first = "/tmp/a/three",
         .second = "/tmp/b/two"}, /* the same file: nothing happens */
        {.op = VFS_RENAME, .first = "/tmp/b", .second = "/tmp/a/b"},
        {.op = VFS_RENAME, .first = "/tmp/long", .second = "/tmp/link"}, /* replaces */
        {.op = VFS_RENAME, .first = "/tmp/a", .second = "/tmp/pipe", .flags = VFS_EXCHANGE},
        {.op = VFS_UNLINKAT, .second = "", .first = "/tmp/a"}, /* the pipe */
        {.op = VFS_UNLINKAT, .second = "", .first = "/tmp/pipe/b/two"},
        {.op = VFS_UNLINKAT, .second = "", .first = "/tmp/pipe/b", .flags = VFS_REMOVE_DIRECTORY},
        {.op = VFS_UNLINKAT, .second = "", .first = "/tmp/pipe/" NAME_240},
        {.op = VFS_MOUNT, .first = "/mnt", .second = "none\0tmpfs\0mode=700"},
        {.op = VFS_CREATE, .second = "", .first = "/mnt/file", .mode = 0644, .mask = VFS_MAY_WRITE},
        {.op = VFS_UNLINKAT, .second = "", .first = "/tmp/link"},
        {.op = VFS_UMOUNT2, .second = "", .first = "/mnt", .flags = 2},
        {.op = VFS_UNLINKAT, .second = "", .first = "/tmp/none"}, /* fails */
        {.op = VFS_CREATE,
         .second = "",
         .first = "/tmp",
         .mode = 0644,
         .flags = VFS_UNNAMED,
         .mask = VFS_MAY_WRITE},
        {.op = VFS_MKDIR, .second = "", .first = "/tmp/seen", .mode = 0755},
        {.op = VFS_MKDIR, .second = "", .first = "/tmp/seen/deep", .mode = 0755},
        {.op = VFS_MOUNT, .first = "/mnt", .second = "/tmp/seen", .flags = 4096}, /* bind */
        {.op = VFS_MOUNT, .first = "/mnt/deep", .second = "none\0tmpfs\0mode=700"},
        {.op = VFS_MOUNT, .first = "/home", .second = "/mnt", .flags = 8192}, /* move */
        {.op = VFS_MOUNT, .first = "/home", .second = "", .flags = 32 | 1}, /* remount */
        {.op = VFS_UMOUNT2, .second = "", .first = "/home"}, /* fails: busy */
        {.op = VFS_UMOUNT2, .second = "", .first = "/home/deep"},
        {.op = VFS_UMOUNT2, .second = "", .first = "/home"},
};

struct killer {
	jmp_buf death;
	uint64_t stores, die_at; /* 0: never */
};

static void killer_count(void *context)
{
	struct killer *k = context;
	if (++k->stores == k->die_at)
		longjmp(k->death, 1);
}

static uint64_t mix(uint64_t hash, const void *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3;
	return hash;
}

/* Everything that a program can see of a file and what is below it; not its numbers. */
static uint64_t digest(struct vfs_fixture *f, struct place place, uint64_t hash)
{
	struct vfs_facts facts;
	const struct store *s = &f->service.tree.store;
	char text[VFS_PATH_MAX];
	place = place_uncover(&f->service, place);
	if (place.made)
		return mix(hash, "made", 4);
	assert_int_equal(place_facts(&f->service, place, &facts), OK);
	facts.node = (struct vfs_node){};
	hash = mix(hash, &facts, sizeof facts);
	const struct store_inode *inode = &s->inodes[place.inode];
	hash = mix(hash, text, store_text_copy(s, inode->text, inode->size, text, sizeof text));
	for (uint32_t i = inode->first; i; i = s->entries[i].next) {
		const struct store_entry *entry = &s->entries[i];
		size_t len = store_text_copy(s, entry->text, entry->name_len, text, sizeof text);
		hash = digest(f, (struct place){.inode = entry->inode}, mix(hash, text, len));
	}
	return hash;
}

static uint64_t digest_tree(struct vfs_fixture *f)
{
	const struct place root = {.inode = f->service.tree.store.header->volumes[1].root};
	return digest(f, root, 0xcbf29ce484222325);
}

static size_t second_len(const struct deed *deed)
{
	bool is_new = deed->op == VFS_MOUNT && !deed->flags;
	return is_new ? sizeof "none\0tmpfs\0mode=700" - 1 : strlen(deed->second);
}

static void perform(struct vfs_fixture *f, const struct deed *deed)
{
	const struct vfs_request request = {
	        .mode = deed->mode, .flags = deed->flags, .mask = deed->mask};
	(void)fixture_call(f, deed->op, &request, str_from_c(deed->first),
	                   (struct str){deed->second, second_len(deed)});
}

static size_t no_nodes(void *, uint64_t, struct vfs_held_node *, size_t)
{
	return 0;
}

/* What the next vfsd does with the tables. */
static void adopt(struct vfs_fixture *f)
{
	const struct build_kernel kernel = {.list = no_nodes};
	struct store *s = &f->service.tree.store;
	s->before_write = NULL;
	s->gave = false;
	assert_true(store_adopt(s, s->memory));
	build_adopt(&f->service, &kernel);
}

/* The same, dying at each of its own stores too; the last one lives. */
static void adopt_dying(struct vfs_fixture *f, struct killer *k)
{
	struct store *s = &f->service.tree.store;
	for (volatile uint64_t n = 1;; n += 3) {
		*k = (struct killer){.die_at = n};
		if (setjmp(k->death) == 0) {
			const struct build_kernel kernel = {.list = no_nodes};
			s->gave = false;
			s->before_write = killer_count;
			assert_true(store_adopt(s, s->memory));
			build_adopt(&f->service, &kernel);
			s->before_write = NULL;
			return;
		}
	}
}

/* The tables' parts that are in use, with cells that one operation may take behind them. */
struct saved {
	uint8_t *bytes;
	size_t ends[3];
};

static void saved_copy(const struct saved *saved, const struct store *s, bool back)
{
	const uint8_t *const starts[] = {s->memory, (const uint8_t *)s->entries,
	                                 (const uint8_t *)s->texts};
	for (size_t i = 0; i < COUNT(starts); i++) {
		size_t at = (size_t)(starts[i] - s->memory), len = saved->ends[i] - at;
		memcpy(back ? s->memory + at : saved->bytes + at,
		       back ? saved->bytes + at : s->memory + at, len);
	}
}

static void saved_take(struct saved *saved, const struct store *s)
{
	enum { MORE = 256 };
	const struct store_header *h = s->header;
	saved->ends[0] = (size_t)((uint8_t *)&s->inodes[h->inodes.used + MORE] - s->memory);
	saved->ends[1] = (size_t)((uint8_t *)&s->entries[h->entries.used + MORE] - s->memory);
	saved->ends[2] = (size_t)((uint8_t *)&s->texts[h->texts.used + MORE] - s->memory);
	saved_copy(saved, s, false);
}

static bool perform_dying(struct vfs_fixture *f, const struct deed *deed, struct killer *k,
                          uint64_t die_at)
{
	struct store *s = &f->service.tree.store;
	*k = (struct killer){.die_at = die_at};
	s->before_write = killer_count;
	s->context = k;
	bool died = setjmp(k->death) != 0;
	if (!died)
		perform(f, deed);
	s->before_write = NULL;
	return died;
}

static void every_death_leaves_the_tree_of_before_or_after(void **)
{
	struct vfs_fixture *f = fixture_make(fixture_archive());
	struct store *s = &f->service.tree.store;
	static struct killer k;
	struct saved saved = {.bytes = malloc(store_size())};
	uint64_t deaths = 0;
	for (size_t i = 0; i < COUNT(deeds); i++) {
		int64_t now_ns = f->now_ns;
		uint64_t before = digest_tree(f);
		saved_take(&saved, s);
		perform(f, &deeds[i]);
		uint64_t after = digest_tree(f);
		assert_true(store_sound(s));
		for (uint64_t n = 1;; n++) {
			saved_copy(&saved, s, true);
			f->now_ns = now_ns;
			s->gave = false;
			if (!perform_dying(f, &deeds[i], &k, n))
				break;
			deaths++;
			if (n % 7)
				adopt(f);
			else
				adopt_dying(f, &k);
			uint64_t found = digest_tree(f);
			if (found != before && found != after)
				fail_msg("deed %zu, death at store %llu: another tree", i,
				         (unsigned long long)n);
			if (!store_sound(s))
				fail_msg("deed %zu, death at store %llu: not sound", i,
				         (unsigned long long)n);
		}
		adopt(f);
		assert_true(digest_tree(f) == after);
	}
	assert_true(deaths > 500);
	free(saved.bytes);
	fixture_free(f);
}

static void files_with_holds_survive_the_service_and_others_do_not(void **)
{
	struct vfs_fixture *f = fixture_make(fixture_archive());
	const struct vfs_request request = {.mode = 0644, .mask = VFS_MAY_WRITE};
	assert_int_equal(fixture_path(f, VFS_CREATE, &request, "/tmp/open"), OK);
	const struct vfs_node node = f->answer.reply.facts.node;
	assert_int_equal(fixture_path(f, VFS_UNLINKAT, &(struct vfs_request){}, "/tmp/open"), OK);
	assert_int_equal(f->dropped, 0);
	const struct vfs_request by_node = {.start = node, .flags = VFS_EMPTY_PATH};
	assert_int_equal(fixture_path(f, VFS_STATX, &by_node, ""), OK);
	assert_int_equal(f->answer.reply.facts.links, 0);
	adopt(f); /* the kernel says that nobody holds it */
	assert_int_equal(f->dropped, 1);
	assert_int_equal(fixture_path(f, VFS_STATX, &by_node, ""), ERR_NOT_FOUND);
	assert_true(store_sound(&f->service.tree.store));
	fixture_free(f);
}

/* A kernel that knows these, two at a time. */
struct known {
	struct vfs_held_node nodes[3];
	size_t count;
};

static size_t list_known(void *context, uint64_t cookie, struct vfs_held_node *out, size_t capacity)
{
	const struct known *known = context;
	size_t count = 0;
	for (size_t i = cookie; i < known->count && count < capacity && count < 2; i++) {
		out[count] = known->nodes[i];
		out[count++].cookie = i + 1;
	}
	return count;
}

static void holds_and_contents_are_those_of_the_kernel(void **)
{
	struct vfs_fixture *f = fixture_make(fixture_archive());
	const struct vfs_request request = {.mode = 0644, .mask = VFS_MAY_WRITE};
	struct vfs_node nodes[2];
	static const char *const paths[] = {"/tmp/one", "/tmp/two"};
	for (size_t i = 0; i < COUNT(paths); i++) {
		assert_int_equal(fixture_path(f, VFS_CREATE, &request, paths[i]), OK);
		nodes[i] = f->answer.reply.facts.node;
		assert_int_equal(fixture_path(f, VFS_UNLINKAT, &(struct vfs_request){}, paths[i]),
		                 OK);
	}
	/* one is held; two is not, and what is left of it goes; of a third nobody knows */
	struct known known = {.count = 3};
	known.nodes[0] = (struct vfs_held_node){.volume = 1, .generation = 9, .inode = 7};
	known.nodes[0].flags = VFS_HELD_CONTENT;
	for (size_t i = 0; i < COUNT(nodes); i++)
		known.nodes[i + 1] = (struct vfs_held_node){.volume = nodes[i].volume,
		                                            .generation = nodes[i].generation,
		                                            .inode = nodes[i].inode,
		                                            .holds = i == 0 ? 3 : 0,
		                                            .flags = VFS_HELD_CONTENT};
	const struct build_kernel kernel = {&known, list_known};
	build_adopt(&f->service, &kernel);
	assert_int_equal(f->dropped, 1 + 1 + 1); /* two when it goes, then what has no file */
	const struct vfs_request forget = {.start = nodes[0], .size = 2};
	const struct vfs_request stat = {.start = nodes[0], .flags = VFS_EMPTY_PATH};
	assert_int_equal(fixture_path(f, VFS_FORGET, &forget, ""), OK);
	assert_int_equal(fixture_path(f, VFS_STATX, &stat, ""), OK);
	assert_int_equal(fixture_path(f, VFS_FORGET, &forget, ""), OK);
	assert_int_equal(fixture_path(f, VFS_STATX, &stat, ""), ERR_NOT_FOUND);
	assert_true(store_sound(&f->service.tree.store));
	fixture_free(f);
}

static void tables_of_another_kind_are_refused(void **)
{
	struct vfs_fixture *f = fixture_make(fixture_archive());
	struct store s = {};
	assert_true(store_adopt(&s, f->service.tree.store.memory));
	f->service.tree.store.header->version++;
	assert_false(store_adopt(&s, f->service.tree.store.memory));
	f->service.tree.store.header->version--;
	f->service.tree.store.header->magic++;
	assert_false(store_adopt(&s, f->service.tree.store.memory));
	f->service.tree.store.header->magic--;
	f->service.tree.store.header->log_count = STORE_LOG_MAX + 1;
	assert_false(store_adopt(&s, f->service.tree.store.memory));
	fixture_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_death_leaves_the_tree_of_before_or_after),
	        cmocka_unit_test(files_with_holds_survive_the_service_and_others_do_not),
	        cmocka_unit_test(holds_and_contents_are_those_of_the_kernel),
	        cmocka_unit_test(tables_of_another_kind_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
