/* What the model holds after reading: defaults, order, and that bad values are taken out. */
#include "../../test.h"
#include "../place.h"
#include "manifest/manifest.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MANIFEST "RUSTOS.package.toml"

static struct test_place place;
static struct arena arena;
static struct diag diag;

static int enter_temporary_folder(void **)
{
	place_enter(&place);
	host_arena_init(&arena);
	diag_init(&diag, &arena);
	return 0;
}

static int leave_temporary_folder(void **)
{
	arena_release(&arena);
	place_leave(&place);
	return 0;
}

static void put(const char *path, const char *content)
{
	assert_int_equal(file_write(path, str_from_c(content), 0644), 0);
}

static struct manifests read_all(size_t errors)
{
	struct manifests m;
	bool ok = manifest_read_all(&arena, &m, &diag);
	if (diag.errors != errors)
		diag_print(&diag, stderr, DIAG_TEXT);
	assert_int_equal(diag.errors, errors);
	assert_int_equal(ok, !errors);
	return m;
}

static void what_is_left_out_gets_its_default(void **)
{
	put("apps/hello/" MANIFEST, "id = 'hello'\n"
	                            "kind = 'app'\n"
	                            "build.builder = 'c-program'\n"
	                            "install.path = 'apps/hello/hello.elf'\n"
	                            "[[desktop.entries]]\n"
	                            "display_name = 'Hello'\n"
	                            "weight_micros = 100\n");
	struct manifests m = read_all(0);
	assert_int_equal(m.count, 1);
	const struct package *p = &m.packages[0];
	assert_str(p->folder, STR("apps/hello"));
	assert_str(p->source->path, STR("apps/hello/" MANIFEST));
	assert_int_equal(p->domain.value, DOMAIN_USER);
	assert_int_equal(p->profiles.count, 1);
	assert_str(p->profiles.items[0].value, STR("default"));
	assert_int_equal(p->startup.value, STARTUP_NONE);
	assert_str(p->build.source.value, STR("."));
	assert_int_equal(p->build.linkage.value, LINKAGE_STATIC_PIE);
	assert_int_equal(p->install.layout.value, LAYOUT_FILE);
	assert_null(p->autoload.span.source);
	assert_int_equal(p->desktop.count, 1);
	const struct desktop_entry *entry = p->desktop.items;
	assert_true(entry->console_hosted.value);
	assert_false(entry->logical_admin.value);
	assert_int_equal(entry->launch.value, LAUNCH_NONE);
}

static void drivers_are_enabled_and_run_in_the_kernel_unless_they_say_otherwise(void **)
{
	put("drivers/bridges/a/" MANIFEST, "id = 'a'\nkind = 'bridge-driver'\n"
	                                   "build.builder = 'module-image'\n"
	                                   "install.path = 'system/drivers/a.ko'\n"
	                                   "[autoload]\nname = 'a'\nclass = 'x'\nbus = 'y'\n");
	put("drivers/bridges/b/" MANIFEST, "id = 'b'\nkind = 'bridge-driver'\n"
	                                   "build.builder = 'module-image'\n"
	                                   "install.path = 'system/drivers/b.ko'\n"
	                                   "[autoload]\nname = 'b'\nclass = 'x'\nbus = 'y'\n"
	                                   "enabled = false\npriority = -2147483648\n");
	struct manifests m = read_all(0);
	assert_true(m.packages[0].autoload.enabled.value);
	assert_false(m.packages[1].autoload.enabled.value);
	assert_int_equal(m.packages[1].autoload.priority.value, INT32_MIN);
	assert_int_equal(m.packages[0].domain.value, DOMAIN_KERNEL);
}

static void packages_are_sorted_by_id_and_files_by_path(void **)
{
	static const char *const ids[] = {"c", "a", "b-2", "b"};
	for (size_t i = 0; i < COUNT(ids); i++) {
		char path[64], content[256];
		snprintf(path, sizeof path, "apps/%zu/" MANIFEST, i);
		snprintf(content, sizeof content,
		         "id = '%s'\nkind = 'app'\nbuild.builder = 'c-program'\n"
		         "install.path = 'apps/%s'\n",
		         ids[i], ids[i]);
		put(path, content);
	}
	struct manifests m = read_all(0);
	static const char *const sorted[] = {"a", "b", "b-2", "c"};
	assert_int_equal(m.count, COUNT(sorted));
	for (size_t i = 0; i < COUNT(sorted); i++)
		assert_str(m.packages[i].id.value, str_from_c(sorted[i]));
	assert_int_equal(m.files.count, 4);
	assert_str(m.files.items[0], STR("apps/0/" MANIFEST));
	assert_str(m.files.items[3], STR("apps/3/" MANIFEST));
	assert_int_equal(m.folders.count, 6); /* the root, apps, and four below */
	assert_str(m.folders.items[0], STR(""));
	assert_str(m.folders.items[1], STR("apps"));
}

static void what_was_reported_is_taken_out_of_the_model(void **)
{
	put("libs/base/base.c", "");
	put("apps/hello/" MANIFEST, "id = 'hello'\n"
	                            "kind = 'app'\n"
	                            "runtime_deps = ['a,b', 'c', 'c']\n"
	                            "profiles = ['default', 'de fault']\n"
	                            "build = { builder = 'c-program', libs = ['base', 'bas'] }\n"
	                            "install.path = '/apps/hello'\n");
	struct manifests m = read_all(5);
	const struct package *p = &m.packages[0];
	assert_int_equal(p->runtime_deps.count, 1);
	assert_str(p->runtime_deps.items[0].value, STR("c"));
	assert_int_equal(p->profiles.count, 1);
	assert_int_equal(p->build.libs.count, 1);
	assert_int_equal(p->install.path.value.len, 0);
}

static void a_manifest_without_an_id_stands_under_its_folders_name(void **)
{
	put("apps/hello/" MANIFEST, "id = 'hello\n"
	                            "kind = 'app'\n"
	                            "build.builder = 'c-program'\n"
	                            "install.path = 'apps/hello'\n");
	struct manifests m = read_all(1);
	assert_int_equal(m.count, 1);
	assert_str(m.packages[0].id.value, STR("hello"));
	assert_null(m.packages[0].id.span.source);
}

static void an_unreadable_list_of_profiles_stays_empty(void **)
{
	put("apps/hello/" MANIFEST, "id = 'hello'\n"
	                            "kind = 'app'\n"
	                            "profiles = 'default'\n"
	                            "build.builder = 'c-program'\n"
	                            "install.path = 'apps/hello'\n");
	assert_int_equal(read_all(1).packages[0].profiles.count, 0);
}

static void generated_and_hidden_folders_and_links_to_folders_are_left_out(void **)
{
	static const char *const left_out[] = {"build/x/", "target/x/",       "logs/x/",
	                                       ".git/x/",  "tests/golden/x/", "tests/fuzz/x/",
	                                       "apps/.x/"};
	for (size_t i = 0; i < COUNT(left_out); i++) {
		char path[64];
		snprintf(path, sizeof path, "%s" MANIFEST, left_out[i]);
		put(path, "not read");
	}
	put("elsewhere/" MANIFEST, "id = 'app'\nkind = 'app'\nbuild.builder = 'c-program'\n"
	                           "install.path = 'apps/app'\n");
	assert_int_equal(folder_create("apps/target"), 0);
	assert_int_equal(symlink("../elsewhere", "apps/linked"), 0);
	assert_int_equal(symlink(".", "apps/loop"), 0);
	assert_int_equal(symlink("../../elsewhere/" MANIFEST, "apps/target/" MANIFEST), 0);
	struct manifests m =
	        read_all(3); /* "elsewhere" is no place, and the id and path are taken */
	assert_int_equal(m.files.count, 2);
	assert_str(m.files.items[0], STR("apps/target/" MANIFEST));
	assert_str(m.files.items[1], STR("elsewhere/" MANIFEST));
}

static void an_unreadable_file_is_an_error_and_the_others_are_read(void **)
{
	put("apps/b/" MANIFEST, "id = 'b'\nkind = 'app'\nbuild.builder = 'c-program'\n"
	                        "install.path = 'apps/b'\n");
	assert_int_equal(folder_create("apps/a"), 0);
	assert_int_equal(symlink("nowhere", "apps/a/" MANIFEST), 0);
	struct manifests m = read_all(1);
	assert_int_equal(m.count, 1);
	assert_str(m.packages[0].id.value, STR("b"));
}

static void an_empty_tree_is_no_error(void **)
{
	assert_int_equal(read_all(0).count, 0);
}

static void words_have_names(void **)
{
	assert_string_equal(package_kind_name(KIND_BRIDGE_DRIVER), "bridge-driver");
	assert_string_equal(builder_name(BUILDER_BOOT_GRUB), "boot-grub");
	assert_string_equal(builder_name(BUILDER_DEB), "deb");
	assert_string_equal(startup_name(STARTUP_DESKTOP), "desktop");
	assert_string_equal(launch_name(LAUNCH_ALL_SESSIONS), "all-sessions");
}

#define IN_FOLDER(test)                                                                            \
	cmocka_unit_test_setup_teardown(test, enter_temporary_folder, leave_temporary_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        IN_FOLDER(what_is_left_out_gets_its_default),
	        IN_FOLDER(drivers_are_enabled_and_run_in_the_kernel_unless_they_say_otherwise),
	        IN_FOLDER(packages_are_sorted_by_id_and_files_by_path),
	        IN_FOLDER(what_was_reported_is_taken_out_of_the_model),
	        IN_FOLDER(a_manifest_without_an_id_stands_under_its_folders_name),
	        IN_FOLDER(an_unreadable_list_of_profiles_stays_empty),
	        IN_FOLDER(generated_and_hidden_folders_and_links_to_folders_are_left_out),
	        IN_FOLDER(an_unreadable_file_is_an_error_and_the_others_are_read),
	        IN_FOLDER(an_empty_tree_is_no_error),
	        cmocka_unit_test(words_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
