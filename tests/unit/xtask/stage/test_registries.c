#include "../../folder.h"
#include "../../test.h"
#include "os/files.h"
#include "stage/registries.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Three packages as the manifests would give them, and an overlay in a temporary folder. */
struct fixture {
	struct arena arena;
	char folder[64];
	struct package packages[3];
	const struct package *listed[3];
	struct artifact artifacts[3];
	struct system system;
	struct artifacts all;
	struct overlay overlay;
	struct registry_input in;
	struct desktop_entry shell_entries[2], service_entry;
	struct toml_str deps[2], words[2];
};

#define T(literal) ((struct toml_str){.value = STR_INIT(literal)})

static void add_artifact(struct fixture *f, size_t index)
{
	struct artifact *artifact = &f->artifacts[index];
	artifact->package = &f->packages[index];
	strs_add(&artifact->files, &f->arena, STR("build/artifacts/x"));
	strs_add(&artifact->paths, &f->arena, f->packages[index].install.path.value);
}

static int make_fixture(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	static const struct source somewhere = {.path = STR_INIT("x.toml")};
	host_arena_init(&f->arena);
	test_folder_make(f->folder, sizeof f->folder);

	f->deps[0] = T("vfsd");
	f->deps[1] = T("netd");
	f->words[0] = T("platform:bootfb");
	f->words[1] = T("pci:*");
	f->packages[0] = (struct package){
	        .id = T("bootfb"),
	        .kind = {.value = KIND_BRIDGE_DRIVER},
	        .install = {.path = T("system/drivers/display/bootfb.ko")},
	        .autoload = {.span = {.source = &somewhere},
	                     .name = T("bootfb"),
	                     .class = T("display"),
	                     .bus = T("platform"),
	                     .when = T("vfs-ready"),
	                     .provider_group = T("display-primary"),
	                     .enabled = {.value = true},
	                     .fallback_only = {.value = true},
	                     .priority = {.value = 5000},
	                     .aliases = {f->words, 2, {}},
	                     .linux_driver_names = {f->words, 0, {}}},
	};
	f->service_entry = (struct desktop_entry){.display_name = T("netd"),
	                                          .weight_micros = {.value = 100},
	                                          .logical_admin = {.value = true}};
	f->packages[1] = (struct package){
	        .id = T("runtimed"),
	        .kind = {.value = KIND_SERVICE},
	        .startup = {.value = STARTUP_INIT},
	        .runtime_deps = {f->deps, 2, {}},
	        .install = {.path = T("services/runtimed/runtimed.elf")},
	        .desktop = {&f->service_entry, 1, {}},
	};
	f->shell_entries[0] = (struct desktop_entry){.display_name = T("Shell"),
	                                             .weight_micros = {.value = 100},
	                                             .console_hosted = {.value = true},
	                                             .args = {f->deps, 2, {}}};
	f->shell_entries[1] = (struct desktop_entry){.display_name = T("Shell again"),
	                                             .weight_micros = {.value = 7},
	                                             .exec = T("apps/my shell/sh \"x\""),
	                                             .launch = {.value = LAUNCH_NEW_SESSION}};
	f->packages[2] = (struct package){
	        .id = T("shell"),
	        .kind = {.value = KIND_APP},
	        .install = {.path = T("apps/shell/shell.elf")},
	        .desktop = {f->shell_entries, 2, {}},
	};
	for (size_t i = 0; i < COUNT(f->packages); i++) {
		f->listed[i] = &f->packages[i];
		add_artifact(f, i);
	}
	f->system = (struct system){.packages = f->listed, .count = COUNT(f->packages)};
	f->all = (struct artifacts){f->artifacts, COUNT(f->packages)};
	f->overlay = (struct overlay){.arena = &f->arena, .folder = f->folder};
	f->in = (struct registry_input){&f->system, &f->all, &f->overlay};
	*state = f;
	return 0;
}

static int drop_fixture(void **state)
{
	struct fixture *f = *state;
	int error = tree_remove(f->folder);
	arena_release(&f->arena);
	free(f);
	return error;
}

static void drivers_have_their_fields_in_the_contract_s_order(void **state)
{
	struct fixture *f = *state;
	assert_str(registry_loadable_drivers(&f->arena, &f->in),
	           STR("name=bootfb\tclass=display\tbus=platform\tpriority=5000\t"
	               "path=system/drivers/display/bootfb.ko\twhen=vfs-ready\t"
	               "aliases=platform:bootfb,pci:*\tdeps=\tsoftdeps=\tlinux_driver_names=\t"
	               "provider_group=display-primary\tfallback_only=1\n"));
}

static void a_disabled_driver_and_one_without_an_artifact_have_no_row(void **state)
{
	struct fixture *f = *state;
	f->packages[0].autoload.enabled.value = false;
	assert_str(registry_loadable_drivers(&f->arena, &f->in), STR(""));
	f->packages[0].autoload.enabled.value = true;
	f->artifacts[0].files.count = 0;
	assert_str(registry_loadable_drivers(&f->arena, &f->in), STR(""));
}

static void startup_lists_the_first_entry_of_what_starts(void **state)
{
	struct fixture *f = *state;
	assert_str(registry_startup_programs(&f->arena, &f->in),
	           STR("desktop_id=runtimed.desktop\tpackage_id=runtimed\tmode=init\t"
	               "display_name=netd\texec=services/runtimed/runtimed.elf\tlaunch=none\t"
	               "deps=vfsd,netd\n"));
}

static void core_programs_are_those_that_must_be_there(void **state)
{
	struct fixture *f = *state;
	assert_str(registry_core_programs(&f->arena, &f->in), STR(""));
	for (size_t i = 0; i < COUNT(f->packages); i++)
		f->packages[i].boot.required.value = true;
	assert_str(registry_core_programs(&f->arena, &f->in), STR("package_id=runtimed\n"));
}

static void desktop_rows_number_the_entries_of_one_package(void **state)
{
	struct fixture *f = *state;
	assert_str(
	        registry_desktop_programs(&f->arena, &f->in),
	        STR("desktop_id=runtimed.desktop\tpackage_id=runtimed\tstartup=init\tdisplay_name="
	            "netd\t"
	            "image=services/runtimed/runtimed.elf\texec=services/runtimed/runtimed.elf\t"
	            "weight=100\tlogical_admin=1\tconsole_hosted=0\tterminal=0\thidden=0\tno_"
	            "display=1\t"
	            "autostart_enabled=0\tlaunch=none\tdeps=vfsd,netd\targs=\tenv=\n"
	            "desktop_id=shell-1.desktop\tpackage_id=shell\tstartup=none\tdisplay_name="
	            "Shell\t"
	            "image=apps/shell/shell.elf\texec=apps/shell/shell.elf\tweight=100\t"
	            "logical_admin=0\tconsole_hosted=1\tterminal=1\thidden=0\tno_display=0\t"
	            "autostart_enabled=0\tlaunch=none\tdeps=\targs=vfsd|netd\tenv=\n"
	            "desktop_id=shell-2.desktop\tpackage_id=shell\tstartup=none\t"
	            "display_name=Shell again\timage=apps/shell/shell.elf\t"
	            "exec=apps/my shell/sh \"x\"\tweight=7\tlogical_admin=0\tconsole_hosted=0\t"
	            "terminal=0\thidden=0\tno_display=0\tautostart_enabled=0\tlaunch=new-session\t"
	            "deps=\targs=\tenv=\n"));
}

static void an_autostart_file_decides_what_runtimed_launches(void **state)
{
	struct fixture *f = *state;
	static const struct {
		struct str content;
		bool launched;
	} cases[] = {
	        {STR_INIT(""), true},
	        {STR_INIT("[Desktop Entry]\n# no\nX-GNOME-Autostart-enabled = yes\n"), true},
	        {STR_INIT("X-GNOME-Autostart-enabled=false\n"), false},
	        {STR_INIT("X-GNOME-Autostart-enabled=\n"), false},
	};
	char path[128];
	snprintf(path, sizeof path, "%s/etc/xdg/autostart/shell-1.desktop", f->folder);
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(file_write(path, cases[i].content, 0644), 0);
		struct str rows = registry_runtime_launch(&f->arena, &f->in);
		assert_int_equal(strstr(rows.ptr, "shell-1.desktop") != NULL, cases[i].launched);
		assert_non_null(strstr(rows.ptr, "runtimed.desktop"));
		assert_null(strstr(rows.ptr, "shell-2.desktop"));
	}
}

static void a_desktop_file_quotes_exec_and_agrees_with_the_row(void **state)
{
	struct fixture *f = *state;
	struct programs programs = programs_collect(&f->arena, &f->in);
	assert_int_equal(programs.count, 3);
	assert_str(desktop_file(&f->arena, &programs.items[2]),
	           STR("[Desktop Entry]\nType=Application\nName=Shell again\n"
	               "Exec=\"apps/my shell/sh \\\"x\\\"\"\nTerminal=false\nOnlyShowIn=RustOS;\n"
	               "NoDisplay=false\nX-RustOS-DesktopId=shell-2.desktop\nX-RustOS-PackageId="
	               "shell\n"
	               "X-RustOS-Startup=none\nX-RustOS-Deps=\nX-RustOS-WeightMicros=7\n"
	               "X-RustOS-LogicalAdmin=false\nX-RustOS-ConsoleHosted=false\nX-RustOS-Argv=\n"
	               "X-RustOS-Env=\n"));
}

static void a_system_without_programs_has_empty_registries(void **state)
{
	struct fixture *f = *state;
	f->system.count = 0;
	assert_str(registry_loadable_drivers(&f->arena, &f->in), STR(""));
	assert_str(registry_desktop_programs(&f->arena, &f->in), STR(""));
	assert_str(registry_runtime_launch(&f->arena, &f->in), STR(""));
	assert_str(registry_startup_programs(&f->arena, &f->in), STR(""));
	assert_str(registry_windows_dlls(&f->arena, &f->in), STR(""));
}

static void links_of_all_packages_are_sorted_by_their_path(void **state)
{
	struct fixture *f = *state;
	struct toml_str links[] = {T("usr/bin/x"), T("bin/sh")}, other[] = {T("bin/other")};
	assert_str(registry_links(&f->arena, &f->in), STR(""));
	f->packages[2].install.links = (struct toml_strs){links, 2, {}};
	f->packages[1].install.links = (struct toml_strs){other, 1, {}};
	assert_str(registry_links(&f->arena, &f->in),
	           STR("path=/bin/other\ttarget=/services/runtimed/runtimed.elf\n"
	               "path=/bin/sh\ttarget=/apps/shell/shell.elf\n"
	               "path=/usr/bin/x\ttarget=/apps/shell/shell.elf\n"));
}

#define with_fixture(test) cmocka_unit_test_setup_teardown(test, make_fixture, drop_fixture)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        with_fixture(drivers_have_their_fields_in_the_contract_s_order),
	        with_fixture(a_disabled_driver_and_one_without_an_artifact_have_no_row),
	        with_fixture(startup_lists_the_first_entry_of_what_starts),
	        with_fixture(core_programs_are_those_that_must_be_there),
	        with_fixture(desktop_rows_number_the_entries_of_one_package),
	        with_fixture(an_autostart_file_decides_what_runtimed_launches),
	        with_fixture(a_desktop_file_quotes_exec_and_agrees_with_the_row),
	        with_fixture(a_system_without_programs_has_empty_registries),
	        with_fixture(links_of_all_packages_are_sorted_by_their_path),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
