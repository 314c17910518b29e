#include "doctor/doctor.h"
#include "config/packages.h"
#include "engine/process/child.h"
#include "os/files.h"
#include "qemu/qemu.h"
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { FREE_BYTES_WANTED = 1 << 30, OTHER_CHECKS = 3 };

static void add(struct doctor_checks *checks, const struct doctor_check *check)
{
	checks->items[checks->count++] = *check;
	checks->missing += check->needed && !check->ok;
}

static struct str find_command(struct arena *a, struct str name)
{
	static const char more[] = "/usr/sbin:/sbin"; /* not on everybody's PATH */
	const char *path = getenv("PATH");
	struct str rest = str_format(a, "%s:%s", path ? path : "/usr/bin:/bin", more);
	while (rest.len) {
		struct str_split cut = str_cut(rest, ':');
		rest = cut.rest;
		if (!cut.head.len)
			continue;
		struct str file = path_join(a, cut.head, name);
		if (access(arena_c_str(a, file), X_OK) == 0)
			return file;
	}
	return (struct str){};
}

/* What a program prints, whatever its status; empty when it cannot be run. */
static struct str ask(struct arena *a, const struct strs *words)
{
	char **argv = ARENA_ARRAY(a, char *, words->count + 1);
	for (size_t i = 0; i < words->count; i++)
		argv[i] = arena_c_str(a, words->items[i]);
	const struct child_program program = {
	        .path = argv[0], .search = true, .argv = argv, .environment = child_environment(a)};
	struct child child = {};
	if (child_start(&child, &program) != 0)
		return (struct str){};
	(void)child_finish(&child); /* what it said counts, not its status */
	struct str said = arena_str(a, text_str(&child.said));
	child_release(&child);
	return said;
}

/* The first line of `file --version`. */
static struct str ask_version(struct arena *a, struct str file)
{
	struct strs words = {};
	strs_add(&words, a, file);
	strs_add(&words, a, STR("--version"));
	return str_trim(str_cut(ask(a, &words), '\n').head);
}

/* `package version` lines of all that are installed, asked once. */
static struct str ask_packages(struct arena *a, const struct needed_packages *packages)
{
	struct str program = find_command(a, STR("dpkg-query"));
	struct strs words = {};
	if (!program.len)
		return program;
	strs_add(&words, a, program);
	strs_add(&words, a, STR("-W"));
	strs_add(&words, a, STR("-f${Package} ${Version}\n"));
	for (size_t i = 0; i < packages->count; i++)
		strs_add(&words, a, packages->items[i].name);
	return ask(a, &words);
}

static struct str installed_version(struct str installed, struct str name)
{
	while (installed.len) {
		struct str_split line = str_cut(installed, '\n');
		struct str_split words = str_cut(line.head, ' ');
		if (str_equal(words.head, name))
			return words.rest;
		installed = line.rest;
	}
	return (struct str){};
}

/* "gcc (Debian 12.2.0-14) 12.2.0": what stands in brackets is the packager's. */
static struct str version_of(struct str line)
{
	struct str_split open = str_cut(line, '(');
	struct str before = version_find(open.head);
	struct str behind = version_find(str_cut(open.rest, ')').rest);
	struct str any = version_find(line);
	return before.len ? before : behind.len ? behind : any;
}

static void look_for_command(struct arena *a, const struct needed_package *package,
                             struct doctor_check *check)
{
	check->found = find_command(a, package->target);
	check->ok = check->found.len;
	if (!check->ok) {
		check->found = str_format(a, "no command %.*s", STR_ARG(package->target));
		return;
	}
	if (package->kind != PROBE_VERSION)
		return;
	struct str version = version_of(ask_version(a, check->found));
	check->ok = version_compare(version, package->minimum) >= 0;
	if (check->ok)
		check->version = version;
	else
		check->found = str_format(a, "version %.*s, wanted %.*s", STR_ARG(version),
		                          STR_ARG(package->minimum));
}

static void look_at_package(struct arena *a, const struct needed_package *package,
                            struct str installed, struct doctor_checks *checks)
{
	struct doctor_check check = {
	        .name = package->name,
	        .purpose = package->purpose,
	        .version = installed_version(installed, package->name),
	        .needed = true,
	};
	if (package->kind == PROBE_FILE) {
		check.ok = file_exists(arena_c_str(a, package->target));
		check.found = check.ok ? package->target
		                       : str_format(a, "no %.*s", STR_ARG(package->target));
	} else {
		look_for_command(a, package, &check);
	}
	if (!check.ok)
		check.mend = str_format(a, "apt-get install --no-install-recommends %.*s",
		                        STR_ARG(package->name));
	add(checks, &check);
}

static struct str folder_of(const struct doctor_request *request)
{
	return request->out.len ? request->out : STR("build");
}

static void look_at_firmware(struct arena *a, const struct doctor_request *request,
                             struct doctor_checks *checks)
{
	struct str file = firmware_find(a, request->firmware);
	struct str missing = request->firmware.len ? str_format(a, "no %.*s (qemu.firmware)",
	                                                        STR_ARG(request->firmware))
	                                           : STR("no OVMF.fd");
	add(checks,
	    &(struct doctor_check){
	            .name = STR("firmware"),
	            .purpose = STR("what `xtask qemu` boots through"),
	            .mend = file.len                ? (struct str){}
	                    : request->firmware.len ? STR("set qemu.firmware to a file that is "
	                                                  "there, or to \"\"")
	                                            : STR("apt-get install "
	                                                  "--no-install-recommends ovmf"),
	            .found = file.len ? file : missing,
	            .ok = file.len,
	            .needed = true,
	    });
}

static struct str kvm_mend(enum kvm_answer answer)
{
	switch (answer) {
	case KVM_ABSENT:
		return STR("modprobe kvm_intel || modprobe kvm_amd; in a virtual machine its host "
		           "has to allow nesting");
	case KVM_NO_PERMISSION:
		return STR("adduser $USER kvm, then log in again");
	case KVM_BROKEN:
	case KVM_SLOW:
		return STR("in a virtual machine its host has to allow nesting; "
		           "qemu.accelerator = \"tcg\" stops asking");
	case KVM_NOT_WITH_QEMU:
		return STR("apt-get install --reinstall qemu-system-x86");
	case KVM_WORKS:
		break;
	}
	return (struct str){};
}

static void look_at_kvm(struct arena *a, const struct doctor_request *request,
                        struct doctor_checks *checks)
{
	struct str state = path_join(a, folder_of(request), STR(".state/kvm"));
	const char *program = find_command(a, STR("qemu-system-x86_64")).ptr;
	enum kvm_answer answer = kvm_probe(a, arena_c_str(a, state), program);
	bool works = answer == KVM_WORKS;
	struct str text = str_from_c(kvm_answer_text(answer));
	add(checks,
	    &(struct doctor_check){
	            .name = STR("kvm"),
	            .purpose = STR("fast virtual machines"),
	            .found = works ? text : str_format(a, "%.*s; QEMU emulates", STR_ARG(text)),
	            .mend = kvm_mend(answer),
	            .ok = works,
	    });
}

/* Of the nearest folder that exists. */
static void look_at_disk(struct arena *a, const struct doctor_request *request,
                         struct doctor_checks *checks)
{
	struct str folder = folder_of(request);
	while (folder.len && !file_exists(arena_c_str(a, folder)))
		folder = path_folder(folder);
	struct statvfs fs;
	uint64_t wanted = request->free_bytes_wanted ? request->free_bytes_wanted
	                                             : (uint64_t)FREE_BYTES_WANTED;
	bool known = statvfs(folder.len ? arena_c_str(a, folder) : ".", &fs) == 0;
	uint64_t available = known ? (uint64_t)fs.f_bavail * fs.f_frsize : 0;
	struct str found = str_format(a, "%llu MiB free, %llu MiB wanted",
	                              (unsigned long long)(available >> 20),
	                              (unsigned long long)(wanted >> 20));
	add(checks, &(struct doctor_check){
	                    .name = STR("disk"),
	                    .purpose = STR("objects, images, logs"),
	                    .found = known ? found : str_from_c(strerror(errno)),
	                    .mend = available >= wanted ? (struct str){}
	                                                : STR("xtask clean, or a larger disk"),
	                    .ok = available >= wanted,
	                    .needed = true,
	            });
}

bool doctor_look(struct arena *a, const struct doctor_request *request,
                 struct doctor_checks *out_checks, struct diag *d)
{
	struct needed_packages packages;
	struct str file = request->packages.len ? request->packages : STR(PACKAGES_PATH);
	if (!packages_read(a, file, &packages, d))
		return false;
	*out_checks = (struct doctor_checks){
	        .items = ARENA_ARRAY(a, struct doctor_check, packages.count + OTHER_CHECKS),
	};
	struct str installed = ask_packages(a, &packages);
	for (size_t i = 0; i < packages.count; i++)
		look_at_package(a, &packages.items[i], installed, out_checks);
	look_at_firmware(a, request, out_checks);
	look_at_kvm(a, request, out_checks);
	look_at_disk(a, request, out_checks);
	return true;
}

static void print_json(const struct doctor_checks *checks, FILE *out)
{
	for (size_t i = 0; i < checks->count; i++) {
		const struct doctor_check *c = &checks->items[i];
		json_t *object = json_object();
		json_object_set_new(object, "check", json_stringn(c->name.ptr, c->name.len));
		json_object_set_new(object, "ok", json_boolean(c->ok));
		json_object_set_new(object, "needed", json_boolean(c->needed));
		json_object_set_new(object, "found", json_stringn(c->found.ptr, c->found.len));
		json_object_set_new(object, "version",
		                    json_stringn(c->version.ptr, c->version.len));
		json_object_set_new(object, "mend", json_stringn(c->mend.ptr, c->mend.len));
		json_object_set_new(object, "purpose",
		                    json_stringn(c->purpose.ptr, c->purpose.len));
		json_dumpf(object, out, JSON_COMPACT);
		fputc('\n', out);
		json_decref(object);
	}
	json_t *summary = json_object();
	json_object_set_new(summary, "command", json_string("doctor"));
	json_object_set_new(summary, "checks", json_integer((json_int_t)checks->count));
	json_object_set_new(summary, "missing", json_integer((json_int_t)checks->missing));
	json_dumpf(summary, out, JSON_COMPACT);
	fputc('\n', out);
	json_decref(summary);
}

/* Firmware, KVM and disk are no packages: ovmf stands in the list by its own name. */
static bool is_package(const struct doctor_checks *checks, size_t index)
{
	return index + OTHER_CHECKS < checks->count;
}

void doctor_print(struct arena *a, const struct doctor_checks *checks, bool json, FILE *out)
{
	if (json) {
		print_json(checks, out);
		return;
	}
	struct text packages = {.arena = a};
	for (size_t i = 0; i < checks->count; i++) {
		const struct doctor_check *c = &checks->items[i];
		const char *word = c->ok ? "ok" : c->needed ? "missing" : "without";
		fprintf(out, "%-8s %-19.*s %.*s%s%.*s (%.*s)\n", word, STR_ARG(c->name),
		        STR_ARG(c->found), c->version.len ? ", " : "", STR_ARG(c->version),
		        STR_ARG(c->purpose));
		if (c->mend.len)
			fprintf(out, "         mend: %.*s\n", STR_ARG(c->mend));
		if (!c->ok && is_package(checks, i))
			text_addf(&packages, " %.*s", STR_ARG(c->name));
	}
	if (packages.len)
		fprintf(out, "apt-get install --no-install-recommends%.*s\n",
		        STR_ARG(text_str(&packages)));
	fprintf(out, "doctor: %zu checks, %zu missing\n", checks->count, checks->missing);
}
