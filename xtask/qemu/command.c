/*
 * The command line of QEMU.
 *
 * The child's descriptors are fixed numbers (process.h), so that the same request
 * always gives the same line. Fast firmware boot: docs/qemu.md.
 */
#include "qemu/command.h"
#include "config/packages.h"
#include "guest/client.h"
#include "os/files.h"
#include "qemu/firmware.h"
#include "qemu/session/process.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct span nowhere;

struct builder_line {
	struct arena *arena;
	struct strs *argv;
};

static void add(struct builder_line *line, const char *word)
{
	strs_add(line->argv, line->arena, str_from_c(word));
}

[[gnu::format(printf, 3, 4)]] static void add_option(struct builder_line *line, const char *name,
                                                     const char *format, ...);

static void add_option(struct builder_line *line, const char *name, const char *format, ...)
{
	char *value = NULL;
	va_list args;
	va_start(args, format);
	int len = vasprintf(&value, format, args);
	va_end(args);
	add(line, name);
	strs_add(line->argv, line->arena,
	         arena_str(line->arena, (struct str){value, len < 0 ? 0 : (size_t)len}));
	free(value);
}

struct str qemu_option_text(struct arena *a, struct str value)
{
	struct text out = {.arena = a};
	for (size_t i = 0; i < value.len; i++) {
		text_add_byte(&out, value.ptr[i]);
		if (value.ptr[i] == ',')
			text_add_byte(&out, ',');
	}
	return text_str(&out);
}

static void add_machine(struct builder_line *line, const struct qemu_request *request, bool kvm)
{
	add_option(line, "-machine", "q35,accel=%s,smm=%s,sata=off,usb=off,vmport=off",
	           kvm ? "kvm" : "tcg", request->secure_boot ? "on" : "off");
	if (request->secure_boot) /* only the firmware's own mode may write the variables */
		add_option(line, "-global", "driver=cfi.pflash01,property=secure,value=on");
	add_option(line, "-cpu", "%s", kvm ? QEMU_KVM_CPU : "max");
	add_option(line, "-m", "%lldM", (long long)request->config->memory_mib);
	add_option(line, "-smp", "%lld", (long long)request->config->cpus);
	add(line, "-nodefaults");
	add(line, "-no-user-config");
	if (!request->session) /* where nobody is at the prompt to type `reboot`, it is an accident
	                        */
		add(line, "-no-reboot");
	if (request->medium != MEDIUM_NETWORK)
		add_option(line, "-net", "none");
	bool picture = request->boot == BOOT_EFI || request->display.len || request->screenshot.len;
	add_option(line, "-vga", "%s", picture ? "std" : "none");
	if (picture)
		add_option(line, "-device", "virtio-keyboard-pci,disable-legacy=on");
	if (request->display.len)
		add_option(line, "-display", "%.*s", STR_ARG(request->display));
	else
		add_option(line, "-display", "none");
}

static void add_firmware(struct builder_line *line, const struct qemu_request *request,
                         const struct firmware *firmware)
{
	if (request->boot == BOOT_DIRECT) {
		add_option(line, "-kernel", "%.*s", STR_ARG(request->kernel));
		add_option(line, "-initrd", "%.*s", STR_ARG(request->archive));
		return;
	}
	if (!request->variables && !request->secure_boot) {
		add_option(line, "-bios", "%.*s", STR_ARG(firmware->code));
		return;
	}
	add_option(line, "-drive", "if=pflash,unit=0,format=raw,readonly=on,file=%.*s",
	           STR_ARG(qemu_option_text(line->arena, firmware->code)));
	add_option(line, "-drive", "if=pflash,unit=1,format=raw,snapshot=%s,file=%.*s",
	           request->snapshot || request->secure_boot ? "on" : "off",
	           STR_ARG(qemu_option_text(line->arena, firmware->variables)));
}

/* By the file's first bytes: a qcow2 image, or sectors as they are. */
static const char *disk_format(struct arena *a, struct str path)
{
	char magic[4] = {};
	FILE *file = fopen(arena_c_str(a, path), "re");
	size_t len = file ? fread(magic, 1, sizeof magic, file) : 0;
	if (file)
		fclose(file);
	return len == sizeof magic && memcmp(magic, "QFI\xfb", sizeof magic) == 0 ? "qcow2" : "raw";
}

static void add_disk(struct builder_line *line, const struct qemu_request *request)
{
	if (!request->image.len)
		return;
	bool cd = request->medium == MEDIUM_CD;
	if (request->medium == MEDIUM_NETWORK) {
		add_option(line, "-netdev",
		           "user,id=boot,restrict=on,tftp=%.*s,bootfile=bootx64.efi",
		           STR_ARG(qemu_option_text(line->arena, request->image)));
		add_option(line, "-device", "virtio-net-pci,netdev=boot,romfile=,bootindex=0");
		return;
	}
	/* the guest writes nothing on it; only firmware may, and no direct boot keeps it from that
	 */
	bool direct = request->boot == BOOT_DIRECT, fixed = cd || direct;
	const char *shared = direct ? "file.locking=off," : "";
	const char *first = direct ? "" : ",bootindex=0"; /* -kernel has it */
	add_option(line, "-drive", "id=bootdisk,if=none,format=%s,%s%ssnapshot=%s,file=%.*s",
	           disk_format(line->arena, request->image), shared, fixed ? "readonly=on," : "",
	           request->snapshot && !fixed ? "on" : "off",
	           STR_ARG(qemu_option_text(line->arena, request->image)));
	if (request->medium == MEDIUM_USB) {
		add_option(line, "-device", "qemu-xhci");
		add_option(line, "-device", "usb-storage,drive=bootdisk%s", first);
		return;
	}
	if (str_equal(request->config->profile, STR("nvme")) && !cd) {
		add_option(line, "-device", "nvme,drive=bootdisk,serial=RUSTOSNVME01%s", first);
		return;
	}
	if (!str_equal(request->config->profile, STR("ahci")) && !cd) {
		add_option(line, "-device", "virtio-blk-pci,drive=bootdisk,disable-legacy=on%s",
		           first);
		return;
	}
	add_option(line, "-device", "ich9-ahci,id=ahci");
	add_option(line, "-device", "ide-%s,drive=bootdisk,bus=ahci.0%s", cd ? "cd" : "hd", first);
}

static void add_data_disk(struct builder_line *line, const struct qemu_request *request)
{
	if (!request->data.len)
		return;
	add_option(line, "-drive", "id=datadisk,if=none,format=raw,snapshot=%s,file=%.*s",
	           request->snapshot ? "on" : "off",
	           STR_ARG(qemu_option_text(line->arena, request->data)));
	add_option(line, "-device",
	           "virtio-blk-pci,drive=datadisk,disable-legacy=on,serial=rustos-data");
}

static void add_channels(struct builder_line *line, const struct qemu_request *request)
{
	add_option(line, "-chardev", "socket,id=serial,fd=%d", CHILD_FD_SERIAL);
	add_option(line, "-serial", "chardev:serial");
	if (request->agent) {
		add_option(line, "-chardev", "socket,id=agent,fd=%d,server=on,wait=off",
		           CHILD_FD_AGENT);
		add_option(line, "-serial", "chardev:agent");
		add_option(line, "-object",
		           "memory-backend-file,id=lent,size=%u,share=on,mem-path=/dev/fd/%d",
		           GUEST_MEMORY_BYTES, CHILD_FD_MEMORY);
		/* the only one that has it: so it goes into a snapshot, too */
		add_option(line, "-device", "ivshmem-plain,memdev=lent,master=on");
	}
	add_option(line, "-chardev", "socket,id=debugcon,fd=%d", CHILD_FD_DEBUGCON);
	add_option(line, "-device", "isa-debugcon,iobase=0xe9,chardev=debugcon");
	add_option(line, "-chardev", "socket,id=monitor,fd=%d", CHILD_FD_MONITOR);
	add_option(line, "-mon", "chardev=monitor,mode=control");
}

static void add_fw_cfg(struct builder_line *line, const char *name, struct str value)
{
	if (value.len)
		add_option(line, "-fw_cfg", "name=opt/rustos/%s,string=%.*s", name,
		           STR_ARG(qemu_option_text(line->arena, value)));
}

/*
 * isa-debug-exit ends QEMU in the middle of the guest's write. Where a picture of the end is wanted
 * the value comes to us instead, and a machine that powers off or resets stands still.
 */
static void add_exit_device(struct builder_line *line, const struct qemu_request *request,
                            unsigned long long port)
{
	if (!request->screenshot.len) {
		add_option(line, "-device", "isa-debug-exit,iobase=0x%llx,iosize=4", port);
		return;
	}
	add(line, "-no-shutdown");
	add_option(line, "-chardev", "socket,id=exit,fd=%d", CHILD_FD_EXIT_VALUE);
	add_option(line, "-device", "isa-debugcon,iobase=0x%llx,chardev=exit", port);
}

static void add_guest_interface(struct builder_line *line, const struct qemu_request *request)
{
	unsigned long long port = request->machine.exit_port;
	add_exit_device(line, request, port);
	add_fw_cfg(line, "exit-port", str_format(line->arena, "0x%llx", port));
	add_fw_cfg(line, "fault-injection", request->faults);
	add_fw_cfg(line, "log", request->log);
	add_fw_cfg(line, "init",
	           str_trim(str_format(line->arena, "%s%s", request->session ? "" : "session=none ",
	                               request->agent ? "start=agent" : "")));
}

static bool need_file(struct str path, const char *what, const char *hint, struct arena *a,
                      struct diag *d)
{
	if (path.len && access(arena_c_str(a, path), R_OK) == 0)
		return true;
	if (path.len)
		diag_error(d, nowhere, str_from_c(hint), "cannot read the %s '%.*s'", what,
		           STR_ARG(path));
	else
		diag_error(d, nowhere, str_from_c(hint), "no %s was given", what);
	return false;
}

/* A folder for the network, a file or a device for everything else. */
static bool check_image_kind(const struct qemu_request *request, struct arena *a, struct diag *d)
{
	struct stat st;
	bool network = request->medium == MEDIUM_NETWORK;
	if (stat(arena_c_str(a, request->image), &st) < 0 || !S_ISDIR(st.st_mode) == !network)
		return true;
	diag_error(d, nowhere,
	           network ? STR("`xtask export network` makes one; then --image build/network")
	                   : STR("--medium network boots from a folder"),
	           network ? "'%.*s' is no folder" : "'%.*s' is a folder", STR_ARG(request->image));
	return false;
}

static bool check_files(struct arena *a, const struct qemu_request *request, struct diag *d)
{
	bool ok = true;
	if (request->boot == BOOT_DIRECT) {
		const char *hint = "run `xtask build` first";
		ok &= need_file(request->kernel, "kernel", hint, a, d);
		ok &= need_file(request->archive, "boot archive", hint, a, d);
	}
	if (request->boot == BOOT_EFI || request->image.len)
		ok &= need_file(request->image, "boot image", "run `xtask build` first", a, d) &&
		      check_image_kind(request, a, d);
	struct str pictures = path_folder(request->screenshot);
	if (pictures.len && !file_exists(arena_c_str(a, pictures))) {
		diag_error(d, nowhere, STR("make it first"),
		           "there is no folder '%.*s' for the screenshot", STR_ARG(pictures));
		ok = false;
	}
	return ok;
}

static bool check_names(const struct qemu_request *request, struct diag *d)
{
	static const struct str profiles[] = {STR_INIT("default"), STR_INIT("ahci"),
	                                      STR_INIT("nvme")};
	struct str profile = request->config->profile;
	for (size_t i = 0; i < COUNT(profiles); i++)
		if (!profile.len || str_equal(profile, profiles[i]))
			return true;
	diag_error(d, nowhere, diag_did_you_mean(d, profile, profiles, COUNT(profiles)),
	           "unknown machine '%.*s' (default, ahci and nvme are known)", STR_ARG(profile));
	return false;
}

const char *qemu_find_program(struct arena *a, const char *given)
{
	const char *name = given ? given : getenv("QEMU_BIN");
	if (!name || !name[0])
		name = "qemu-system-x86_64";
	if (str_contains(str_from_c(name), '/'))
		return access(name, X_OK) == 0 ? name : NULL;
	const char *path = getenv("PATH");
	struct str rest = str_from_c(path ? path : "/usr/bin:/bin");
	while (rest.len) {
		struct str_split cut = str_cut(rest, ':');
		rest = cut.rest;
		if (!cut.head.len)
			continue;
		struct str candidate = str_format(a, "%.*s/%s", STR_ARG(cut.head), name);
		if (access(candidate.ptr, X_OK) == 0)
			return candidate.ptr;
	}
	return NULL;
}

bool qemu_command_for(struct arena *a, const struct qemu_request *request, bool kvm,
                      struct strs *out_argv, struct diag *d)
{
	bool ok = check_names(request, d);
	ok &= check_files(a, request, d);
	const char *program = qemu_find_program(a, request->program);
	if (!program) {
		diag_error(d, nowhere, packages_hint(a, STR("qemu-system-x86_64")),
		           "QEMU (qemu-system-x86_64) was not found");
		ok = false;
	}
	struct firmware firmware = {};
	if (request->boot == BOOT_EFI && !firmware_prepare(a, request, &firmware, d))
		ok = false;
	if (!ok)
		return false;

	struct builder_line line = {a, out_argv};
	add(&line, program);
	add_machine(&line, request, kvm);
	add_firmware(&line, request, &firmware);
	add_disk(&line, request);
	add_data_disk(&line, request);
	add_option(&line, "-device", "virtio-rng-pci,disable-legacy=on");
	add_channels(&line, request);
	add_guest_interface(&line, request);
	if (request->debug) {
		add_option(&line, "-gdb", "unix:%.*s/gdb.socket,server=on,wait=off",
		           STR_ARG(request->out));
		add(&line, "-S");
	}
	for (size_t i = 0; i < request->extra.count; i++)
		strs_add(out_argv, a, request->extra.items[i]);
	return true;
}

bool qemu_choose_kvm(struct arena *a, const struct qemu_request *request, bool *out_kvm,
                     struct diag *d)
{
	enum accelerator wanted = request->config->accelerator;
	*out_kvm = false;
	if (wanted == ACCEL_TCG)
		return true;
	struct str state = path_join(a, request->out, STR(".state/kvm"));
	enum kvm_answer answer =
	        kvm_probe(a, arena_c_str(a, state), qemu_find_program(a, request->program));
	*out_kvm = answer == KVM_WORKS;
	if (wanted == ACCEL_AUTO || *out_kvm)
		return true;
	diag_error(d, nowhere, STR("set qemu.accelerator to \"auto\" or \"tcg\""),
	           "KVM was asked for, but %s", kvm_answer_text(answer));
	return false;
}

bool qemu_command(struct arena *a, const struct qemu_request *request, struct strs *out_argv,
                  struct diag *d)
{
	bool kvm;
	return qemu_choose_kvm(a, request, &kvm, d) &&
	       qemu_command_for(a, request, kvm, out_argv, d);
}
