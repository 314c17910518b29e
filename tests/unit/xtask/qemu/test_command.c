#include "machine_fixture.h"
#include "qemu/command.h"

static bool has_pair(const struct strs *argv, struct str option, struct str value)
{
	for (size_t i = 0; i + 1 < argv->count; i++)
		if (str_equal(argv->items[i], option) && str_equal(argv->items[i + 1], value))
			return true;
	return false;
}

static bool has_part(const struct strs *argv, const char *part)
{
	for (size_t i = 0; i < argv->count; i++)
		if (memmem(argv->items[i].ptr, argv->items[i].len, part, strlen(part)))
			return true;
	return false;
}

static struct strs command(struct machine_fixture *f, bool kvm)
{
	struct strs argv = {};
	f->request.program = "/bin/true";
	bool ok = qemu_command_for(&f->arena, &f->request, kvm, &argv, &f->diag);
	if (!ok)
		fail_msg("%.*s", STR_ARG(fixture_error(f)));
	return argv;
}

static void direct_boot_needs_no_firmware_and_no_disk(void **state)
{
	struct machine_fixture *f = *state;
	struct strs argv = command(f, false);
	assert_str(argv.items[0], STR("/bin/true"));
	assert_true(has_pair(&argv, STR("-kernel"), f->request.kernel));
	assert_true(has_pair(&argv, STR("-initrd"), f->request.archive));
	assert_false(has_part(&argv, "-bios"));
	assert_false(has_part(&argv, "bootdisk"));
	assert_true(has_pair(&argv, STR("-cpu"), STR("max")));
	assert_true(has_pair(&argv, STR("-m"), STR("64M")));
	assert_true(has_pair(&argv, STR("-smp"), STR("2")));
	assert_true(has_pair(&argv, STR("-vga"), STR("none")));
	assert_true(has_pair(&argv, STR("-display"), STR("none")));
}

static void the_guest_can_always_say_how_it_ended(void **state)
{
	struct strs argv = command(*state, false);
	assert_true(has_pair(&argv, STR("-device"), STR("isa-debug-exit,iobase=0xf4,iosize=4")));
	assert_true(has_pair(&argv, STR("-fw_cfg"), STR("name=opt/rustos/exit-port,string=0xf4")));
	assert_false(has_part(&argv, "fault-injection"));
	assert_false(has_part(&argv, "opt/rustos/log"));
}

static void faults_and_log_levels_reach_fw_cfg_with_commas_doubled(void **state)
{
	struct machine_fixture *f = *state;
	f->request.faults = STR("alloc.frame=rate:5:1,net.tx=fail");
	f->request.log = STR("memory=debug;vfs=trace");
	struct strs argv = command(f, false);
	assert_true(has_pair(
	        &argv, STR("-fw_cfg"),
	        STR("name=opt/rustos/fault-injection,string=alloc.frame=rate:5:1,,net.tx=fail")));
	assert_true(has_pair(&argv, STR("-fw_cfg"),
	                     STR("name=opt/rustos/log,string=memory=debug;vfs=trace")));
}

static void the_machine_decides_how_the_disk_is_attached(void **state)
{
	struct machine_fixture *f = *state;
	f->request.image = fixture_file(f, "disk, with comma.img", STR("image"));
	struct strs argv = command(f, false);
	assert_true(has_part(&argv, "disk,, with comma.img"));
	assert_true(has_part(&argv, "readonly=on,snapshot=off"));
	assert_true(has_pair(&argv, STR("-device"),
	                     STR("virtio-blk-pci,drive=bootdisk,disable-legacy=on")));
	f->config.profile = STR("ahci");
	argv = command(f, false);
	assert_true(has_pair(&argv, STR("-device"),
	                     STR("ide-hd,drive=bootdisk,bus=ahci.0")));
	f->config.profile = STR("nvme");
	argv = command(f, false);
	assert_true(has_part(&argv, "nvme,drive=bootdisk,serial=RUSTOSNVME01"));
	assert_false(has_part(&argv, "ahci"));
}

static void the_data_volume_is_a_disk_of_its_own(void **state)
{
	struct machine_fixture *f = *state;
	f->request.data = fixture_file(f, "data, too.img", STR("volume"));
	struct strs argv = command(f, false);
	assert_true(has_part(&argv, "snapshot=off"));
	assert_true(has_part(&argv, "data,, too.img"));
	assert_true(has_part(&argv, "virtio-blk-pci,drive=datadisk,"));
	f->request.snapshot = true;
	argv = command(f, false);
	assert_true(has_part(&argv, "snapshot=on"));
}

static void kvm_gets_the_hosts_processor(void **state)
{
	struct strs argv = command(*state, true);
	assert_true(has_pair(&argv, STR("-cpu"), STR(QEMU_KVM_CPU)));
	assert_true(has_part(&argv, "accel=kvm"));
}

static void a_screenshot_needs_a_screen(void **state)
{
	struct machine_fixture *f = *state;
	f->request.screenshot = STR("a.png");
	struct strs argv = command(f, false);
	assert_true(has_pair(&argv, STR("-vga"), STR("std")));
	assert_true(has_pair(&argv, STR("-display"), STR("none")));
	f->request.display = STR("gtk");
	argv = command(f, false);
	assert_true(has_pair(&argv, STR("-display"), STR("gtk")));
}

static void a_debugger_is_waited_for_and_own_arguments_come_last(void **state)
{
	struct machine_fixture *f = *state;
	f->request.debug = true;
	strs_add(&f->request.extra, &f->arena, STR("-d"));
	strs_add(&f->request.extra, &f->arena, STR("int"));
	struct strs argv = command(f, false);
	assert_true(argv.count > 5);
	const struct str *last = &argv.items[argv.count - 5];
	assert_str(last[0], STR("-gdb"));
	assert_true(str_ends_with(last[1], STR("/gdb.socket,server=on,wait=off")));
	assert_str(last[2], STR("-S"));
	assert_str(last[3], STR("-d"));
	assert_str(last[4], STR("int"));
}

static void everything_that_is_missing_is_named_at_once(void **state)
{
	struct machine_fixture *f = *state;
	f->request.kernel = STR("/nowhere/nucleus.elf");
	f->request.archive = (struct str){};
	f->request.image = STR("/nowhere/disk.img");
	f->request.program = "/nowhere/qemu";
	f->config.profile = STR("nvmee");
	struct strs argv = {};
	assert_false(qemu_command_for(&f->arena, &f->request, false, &argv, &f->diag));
	assert_int_equal(f->diag.errors, 5);
	struct diag_record *record = f->diag.first;
	assert_str(record->hint, STR("did you mean 'nvme'?"));
	record = record->next;
	assert_str(record->message, STR("cannot read the kernel '/nowhere/nucleus.elf'"));
	assert_str(record->hint, STR("run `xtask build` first"));
	assert_str(f->diag.last->hint, STR("apt-get install qemu-system-x86"));
}

static void a_program_is_looked_for_on_the_path(void **state)
{
	struct machine_fixture *f = *state;
	assert_non_null(qemu_find_program(&f->arena, "sh"));
	assert_null(qemu_find_program(&f->arena, "no-such-program-here"));
	setenv("QEMU_BIN", "no-such-program-here", 1);
	assert_null(qemu_find_program(&f->arena, NULL));
	setenv("QEMU_BIN", "sh", 1);
	assert_non_null(qemu_find_program(&f->arena, NULL));
	unsetenv("QEMU_BIN");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_make, fixture_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(direct_boot_needs_no_firmware_and_no_disk),
	        TEST(the_guest_can_always_say_how_it_ended),
	        TEST(faults_and_log_levels_reach_fw_cfg_with_commas_doubled),
	        TEST(the_machine_decides_how_the_disk_is_attached),
	        TEST(the_data_volume_is_a_disk_of_its_own),
	        TEST(kvm_gets_the_hosts_processor),
	        TEST(a_screenshot_needs_a_screen),
	        TEST(a_debugger_is_waited_for_and_own_arguments_come_last),
	        TEST(everything_that_is_missing_is_named_at_once),
	        TEST(a_program_is_looked_for_on_the_path),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
