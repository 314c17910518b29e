/*
 * The owner dies at any instruction, and another process goes on with its memory: every operation
 * that was answered stands, the one under way stands whole or not at all, synced or not.
 *
 * The dying process is a child that is single-stepped for a while.
 */
#include "../../test.h"
#include "digest.h"
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

enum {
	IMAGE_BYTES = 16 << 20,
	OPERATIONS = 160,
	DEATHS = 40,
	INSTRUCTIONS_BITS = 16, /* at most that many, as a power of two, before a death */
	APPENDED = 3 * EXT_BLOCK_BYTES,
};

/* What parent and child share besides the volume's memory and the disk. */
struct progress {
	uint32_t done; /* operations that were answered */
	uint32_t stop_at; /* operation before which the child stops for its parent */
};

static struct str name_of(uint32_t number, char name[32])
{
	int len = snprintf(name, 32, "name %u", number % 11);
	return (struct str){name, (size_t)len};
}

/* Operation `number` is always the same one; what it answers does not matter. */
static void operate(struct ext_volume *v, uint32_t number)
{
	static uint8_t bytes[APPENDED];
	char name[32], other[32];
	uint32_t inode = 0, gone = 0, kind = number * 7 % 10;
	struct ext_facts facts;
	size_t done;
	const struct ext_name one = {EXT_ROOT, name_of(number, name), number * 1000000000ll};
	const struct ext_rename move = {.from_directory = EXT_ROOT,
	                                .from_name = one.name,
	                                .to_directory = EXT_ROOT,
	                                .to_name = name_of(number * 5 + 3, other),
	                                .now_ns = one.now_ns};
	const struct ext_new new = {.directory = EXT_ROOT,
	                            .name = one.name,
	                            .mode = number % 5 ? 0100600 : 040700,
	                            .now_ns = one.now_ns};
	if (ext_find(v, EXT_ROOT, one.name, &inode) != OK) {
		(void)!ext_create(v, &new, &inode);
		return;
	}
	memset(bytes, (int)number, sizeof bytes);
	/* whole new blocks: one step, which shows nothing before it stands */
	if (kind < 4 && ext_facts(v, inode, &facts) == OK)
		(void)!ext_write(
		        v, inode,
		        (struct ext_range){(facts.size + 4095) / 4096 * 4096, sizeof bytes}, bytes,
		        &done);
	else if (kind < 5)
		(void)!ext_set_size(v, inode, number * 1000ull);
	else if (kind < 7 && ext_rename(v, &move, &gone) == OK && gone)
		(void)!ext_forget(v, gone);
	else if (kind == 7 && ext_unlink(v, &one, &gone) == OK)
		(void)!ext_forget(v, gone);
	else if (kind == 8)
		(void)!ext_sync(v);
	else if (kind == 9)
		(void)!ext_checkpoint(v);
}

/* The digests after each operation, with nobody dying. */
static void learn(uint64_t *digests)
{
	struct image i = {};
	test_folder_make(i.folder, sizeof i.folder);
	image_make(&i, IMAGE_FORMAT, IMAGE_BYTES);
	image_open(&i);
	digests[0] = digest_of(&i.volume, EXT_ROOT, 1);
	for (uint32_t k = 0; k < OPERATIONS; k++) {
		operate(&i.volume, k);
		digests[k + 1] = digest_of(&i.volume, EXT_ROOT, 1);
	}
	image_close_clean(&i);
	image_clean(&i);
}

[[gnu::noreturn]] static void live(struct image *i, struct progress *progress)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0 ||
	    ext_adopt(&i->volume, &i->source, i->memory, IMAGE_MEMORY) != OK)
		_exit(1);
	while (progress->done < OPERATIONS) {
		if (progress->done == progress->stop_at)
			raise(SIGSTOP);
		operate(&i->volume, progress->done);
		progress->done++;
	}
	_exit(0);
}

/* False when the child came to its end. */
static bool let_die(pid_t child, uint64_t instructions)
{
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	bool alive = WIFSTOPPED(status);
	for (; alive && instructions > 0; instructions--) {
		assert_int_equal(ptrace(PTRACE_SINGLESTEP, child, NULL, NULL), 0);
		assert_int_equal(waitpid(child, &status, 0), child);
		alive = WIFSTOPPED(status);
	}
	if (!alive) {
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
		return false;
	}
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	return true;
}

static void expect_survival(struct image *i, struct progress *progress, const uint64_t *digests)
{
	assert_int_equal(ext_adopt(&i->volume, &i->source, i->memory, IMAGE_MEMORY), OK);
	uint64_t digest = digest_of(&i->volume, EXT_ROOT, 1);
	if (digest == digests[progress->done])
		return;
	/* it was done, and not answered yet */
	progress->done++;
	if (progress->done > OPERATIONS || digest != digests[progress->done])
		fail_msg("operation %u stands in part", progress->done - 1);
}

static void *map_shared(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(memory != MAP_FAILED);
	return memory;
}

static void owner_may_die_at_any_instruction(void **state)
{
	struct image *i = *state;
	static uint64_t digests[OPERATIONS + 1];
	uint64_t random = 0x6b696c6c;
	struct progress *progress = map_shared(sizeof *progress);
	learn(digests);
	image_make(i, IMAGE_FORMAT, IMAGE_BYTES);
	munmap(i->memory, IMAGE_MEMORY);
	i->memory = map_shared(IMAGE_MEMORY);
	image_open(i);
	for (uint32_t death = 0; death < DEATHS; death++) {
		random = random * 6364136223846793005 + 1442695040888963407;
		uint64_t most = 1ull << (random >> 33) % (INSTRUCTIONS_BITS + 1);
		uint64_t instructions = most / 2 + (random >> 40) % (most / 2 + 1);
		progress->stop_at = (uint32_t)((death + 1) * OPERATIONS / (DEATHS + 1));
		if (progress->stop_at < progress->done)
			progress->stop_at = progress->done;
		pid_t child = fork();
		if (child == 0)
			live(i, progress);
		bool died = let_die(child, instructions);
		expect_survival(i, progress, digests);
		if (!died)
			break;
	}
	for (; progress->done < OPERATIONS; progress->done++)
		operate(&i->volume, progress->done);
	assert_true(digest_of(&i->volume, EXT_ROOT, 1) == digests[OPERATIONS]);
	uint32_t orphan;
	while (ext_orphan(&i->volume, 0, &orphan) == OK)
		assert_int_equal(ext_forget(&i->volume, orphan), OK);
	image_close_clean(i);
	munmap(progress, sizeof *progress);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(owner_may_die_at_any_instruction, image_setup,
	                                        image_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
