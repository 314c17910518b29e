#include "image/grub.h"
#include "image_fixture.h"

static struct strs argv(struct world *w, const char *out)
{
	struct grub_request request = {
	        .program = STR("grub-mkimage"),
	        .public_key = STR("key"),
	        .configuration = STR("early.cfg"),
	        .out = str_from_c(out),
	};
	return grub_mkimage_argv(&w->arena, &request);
}

static void make(struct world *w, const char *out)
{
	struct text line = {.arena = &w->arena};
	struct strs words = argv(w, out);
	for (size_t i = 0; i < words.count; i++)
		text_addf(&line, "%.*s ", STR_ARG(words.items[i]));
	world_run(w, "%s", text_str(&line).ptr);
}

static void two_calls_give_the_same_bytes(void **state)
{
	struct world *w = *state;
	world_write("key", STR("not read by grub-mkimage"));
	world_write("early.cfg", STR("echo \"this very configuration\"\n"));
	make(w, "1.efi");
	world_run(w, "mkdir other && touch -d 2001-01-01 key early.cfg");
	make(w, "other/2.efi");
	world_run(w, "cmp 1.efi other/2.efi");
	struct str image = world_read(w, "1.efi");
	assert_non_null(memmem(image.ptr, image.len, "this very configuration", 23));
	assert_true(image.len < 600 * 1024);
}

static void the_host_files_it_reads_are_exactly_those_named(void **state)
{
	struct world *w = *state;
	struct strs paths = grub_module_paths(&w->arena), words = argv(w, "out.efi");
	struct text line = {.arena = &w->arena};
	world_write("key", STR("k"));
	world_write("early.cfg", STR("c\n"));
	/* The same call on a folder that has nothing but the named files. */
	world_run(w, "mkdir modules");
	for (size_t i = 0; i < paths.count; i++)
		world_run(w, "cp %s modules/", arena_c_str(&w->arena, paths.items[i]));
	for (size_t i = 0; i < words.count; i++)
		text_addf(&line, "%s ",
		          i && str_equal(words.items[i - 1], STR("-d"))
		                  ? "modules"
		                  : arena_c_str(&w->arena, words.items[i]));
	world_run(w, "%s", text_str(&line).ptr);
	make(w, "all.efi");
	world_run(w, "cmp out.efi all.efi");
}

static void no_module_that_opens_a_console_is_in_it(void **state)
{
	struct world *w = *state;
	struct strs paths = grub_module_paths(&w->arena);
	static const char *const wrong[] = {"normal", "configfile", "loadenv", "memdisk", "ls"};
	assert_true(paths.count > 12);
	for (size_t i = 0; i < COUNT(wrong); i++)
		for (size_t j = 0; j < paths.count; j++) {
			struct str name = str_format(&w->arena, "/%s.mod", wrong[i]);
			assert_false(str_ends_with(paths.items[j], name));
		}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
	        TEST(two_calls_give_the_same_bytes),
	        TEST(the_host_files_it_reads_are_exactly_those_named),
	        TEST(no_module_that_opens_a_console_is_in_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
