/*
 * A run that is killed at each of its calls that change files, one whose disk is full or
 * read-only from there on, and one after which the machine went down: whatever was not on
 * the disk is lost. The next run must leave what a first one leaves, and nothing else.
 */
#include "engine/state/record.h"
#include "engine/state/snapshot.h"
#include "engine_fixture.h"
#include "tracer.h"
#include <sched.h>
#include <sys/mount.h>

enum { SHARE = 25, POWER_CUTS = 25 };

#define SNAPSHOT "out/.state/snapshot"
#define BOOT_ID "/proc/sys/kernel/random/boot_id"

static void run_join(const struct action *action, struct arena *a, struct action_result *out)
{
	struct text all = {.arena = a};
	text_add(&all, action->params);
	for (size_t i = 0; i < action->inputs.count; i++) {
		struct str content;
		if (file_read(a, arena_c_str(a, action->inputs.items[i]), &content) != 0)
			out->exit_status = 1;
		else
			text_add(&all, content);
	}
	int error = file_write(arena_c_str(a, engine_output(action, 0)), text_str(&all), 0644);
	if (error) {
		out->exit_status = 1;
		out->output = str_format(a, "%.*s: %s\n", STR_ARG(action->outputs.items[0]),
		                         strerror(error));
	}
}

static const struct action_kind join_kind = {.name = "join", .version = 1, .run = run_join};

static void add_join(struct world *w, const char *inputs, const char *output)
{
	struct action *action = graph_add(&w->graph, &join_kind);
	action->inputs = words(w, inputs);
	action->outputs = words(w, output);
	action->subject = action->outputs.items[0];
	action->params = STR("joined\n");
}

/* Two programs' outputs, joined in process, and once more; in several folders. */
static void make_graph(struct world *w, unsigned version)
{
	arena_release(&w->arena);
	world_clear(w);
	put_file("a", str_format(&w->arena, "a %u\n", version).ptr);
	put_file("b", "b\n");
	world_cat(w, "a", "out/obj/a");
	world_cat(w, "b", "out/obj/b");
	add_join(w, "out/obj/a out/obj/b", "out/stage/ab");
	add_join(w, "out/stage/ab", "out/stage/ab.sig");
	add_join(w, "out/stage/ab out/stage/ab.sig", "out/image");
}

static int body(void *data)
{
	struct world *w = data;
	int null = open("/dev/null", O_WRONLY);
	dup2(null, STDERR_FILENO);
	return !world_run(w);
}

static void assert_sound(struct world *w, unsigned version)
{
	struct strs paths;
	if (!world_run(w))
		diag_print(&w->diag, stderr, DIAG_TEXT);
	assert_int_equal(w->diag.errors, 0);
	struct str ab = str_format(&w->arena, "joined\na %u\nb\n", version);
	assert_file(w, "out/stage/ab", ab.ptr);
	assert_file(w, "out/stage/ab.sig", str_format(&w->arena, "joined\n%s", ab.ptr).ptr);
	assert_file(w, "out/image",
	            str_format(&w->arena, "joined\n%sjoined\n%s", ab.ptr, ab.ptr).ptr);
	assert_int_equal(tree_files(&w->arena, "out", &paths), 0);
	if (paths.count != 5 + 4)
		for (size_t i = 0; i < paths.count; i++)
			fprintf(stderr, "%.*s\n", STR_ARG(paths.items[i]));
	assert_int_equal(paths.count, 5 + 4); /* journal, lock, reasons, snapshot */
	assert_runs(w, 0, 5);
	assert_true(world_unchanged(w));
}

/* SHARE moments spread over all there are, or each one when the soak asks for it. */
static void stop_everywhere(struct world *w, int error)
{
	int status;
	make_graph(w, 0);
	long total = traced_run(&(struct trace_plan){}, body, w, &status);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_true(total > 30);
	long step = getenv("XTASK_SOAK") || total < SHARE ? 1 : total / SHARE;
	unsigned version = 1;
	for (long at = 1; at <= total; at += step) {
		make_graph(w, version);
		traced_run(&(struct trace_plan){at, error}, body, w, &status);
		if (error && WIFEXITED(status) && WEXITSTATUS(status) == 0) /* all was done */
			assert_sound(w, version);
		else if (error)
			assert_true(WIFEXITED(status));
		if (at % 2)
			make_graph(w, ++version); /* the edit may go on, too */
		assert_sound(w, version++);
	}
}

static void killed_before_any_change_of_a_file(void **state)
{
	stop_everywhere(*state, 0);
}

static void a_disk_full_from_any_change_on(void **state)
{
	stop_everywhere(*state, ENOSPC);
}

static void a_disk_read_only_from_any_change_on(void **state)
{
	stop_everywhere(*state, EROFS);
}

/* In a mount namespace of our own the machine has another boot number from now on. */
static bool next_boot(struct world *w, unsigned number)
{
	static bool entered;
	if (!entered && unshare(CLONE_NEWNS) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return false;
	if (!entered && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return false;
	entered = true;
	const char *path = str_format(&w->arena, "%s/boot", w->place.root).ptr;
	put_file(path, str_format(&w->arena, "%08u-0000-0000-0000-000000000000\n", number).ptr);
	umount(BOOT_ID);
	return mount(path, BOOT_ID, NULL, MS_BIND, NULL) == 0;
}

/* The same length and the same stamps, and other bytes: what delayed writing may leave. */
static void lose_bytes(const char *path, unsigned *seed)
{
	struct stat st;
	char zeros[64] = {};
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return;
	off_t kept = st.st_size ? rand_r(seed) % st.st_size : 0;
	switch (rand_r(seed) % 4) {
	case 0:
		break;
	case 1:
		assert_int_equal(ftruncate(fd, kept), 0);
		break;
	default:
		for (off_t at = kept; at < st.st_size; at += (off_t)sizeof zeros) {
			size_t left = (size_t)(st.st_size - at);
			size_t len = left < sizeof zeros ? left : sizeof zeros;
			assert_int_equal(pwrite(fd, zeros, len, at), len);
		}
	}
	const struct timespec times[2] = {st.st_atim, st.st_mtim};
	futimens(fd, times);
	close(fd);
}

/*
 * A real loss leaves the stamps alone. Here the time of change moved, which nobody can
 * set back, so the snapshot is told the new stamps.
 */
static void restamp_snapshot(struct world *w)
{
	struct str bytes;
	struct snapshot s;
	bool is_folder;
	if (file_read(&w->arena, SNAPSHOT, &bytes) != 0 || !snapshot_parse(bytes, &s))
		return;
	struct snapshot_entry *entries = (void *)(uintptr_t)s.entries;
	for (size_t i = 0; i < s.header->entry_count; i++)
		(void)!stamp_read(snapshot_path(&s, &entries[i]), &entries[i].stamp, &is_folder);
	struct snapshot_header *header = (void *)(uintptr_t)s.header;
	size_t skipped = offsetof(struct snapshot_header, entry_count);
	header->checksum = record_checksum(str_slice(bytes, skipped, bytes.len));
	assert_int_equal(file_write(SNAPSHOT, bytes, 0644), 0);
}

static void power_cut(struct world *w, unsigned *seed)
{
	struct strs paths;
	assert_int_equal(tree_files(&w->arena, "out", &paths), 0);
	for (size_t i = 0; i < paths.count; i++)
		if (!str_ends_with(paths.items[i], STR("/snapshot")) || rand_r(seed) % 8 == 0)
			lose_bytes(paths.items[i].ptr, seed);
	restamp_snapshot(w);
}

static void what_a_power_cut_lost_is_made_again(void **state)
{
	struct world *w = *state;
	unsigned seed = 17;
	for (unsigned i = 1; i <= POWER_CUTS; i++) {
		int status;
		make_graph(w, i);
		long at = rand_r(&seed) % 60; /* often behind the end: a finished run is lost too */
		traced_run(&(struct trace_plan){at, 0}, body, w, &status);
		power_cut(w, &seed);
		if (!next_boot(w, i)) {
			printf("# no namespaces here: only the first power cut was tried\n");
			return;
		}
		make_graph(w, i);
		assert_sound(w, i);
	}
}

static void a_new_boot_trusts_no_stamp(void **state)
{
	struct world *w = *state;
	make_graph(w, 1);
	assert_sound(w, 1);
	if (!next_boot(w, 4711))
		skip();
	assert_false(world_unchanged(w));
	assert_runs(w, 0, 5);
	assert_true(world_unchanged(w));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        WORLD_TEST(killed_before_any_change_of_a_file),
	        WORLD_TEST(a_disk_full_from_any_change_on),
	        WORLD_TEST(a_disk_read_only_from_any_change_on),
	        WORLD_TEST(what_a_power_cut_lost_is_made_again),
	        WORLD_TEST(a_new_boot_trusts_no_stamp),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
