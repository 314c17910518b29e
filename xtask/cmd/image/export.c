/*
 * export: the image in the formats that others take. Each boots the same files; equal input gives
 * equal bytes.
 */
#include "cmd/image/export.h"
#include "image/gpt.h"
#include "image/image.h"
#include "os/files.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 64, ISO_ESP_BYTES_MAX = 32 << 20, REASON_LINES = 3 };

extern char **environ;

static volatile sig_atomic_t export_interrupted;

static void export_on_interrupt(int)
{
	export_interrupted = 1;
}

/* Ctrl-C ends the program that runs, and with it the export, which then leaves nothing. */
static void export_hear_interrupts(void)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = export_on_interrupt};
	for (size_t i = 0; i < COUNT(numbers); i++)
		sigaction(numbers[i], &action, NULL);
}

/* The program may not have heard of it: only a terminal tells both. */
static int export_program_wait(pid_t pid)
{
	int status = 0;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		if (export_interrupted)
			kill(pid, SIGTERM);
	return status;
}

struct format {
	const char *name, *file; /* below OUT */
	const char *summary;
	int (*make)(struct export *e, const char *out);
};

/* The last lines of what a program said, as one. */
static struct str reason_of(struct arena *a, struct str said)
{
	struct text line = {.arena = a};
	size_t start = said.len, lines = 0;
	while (start > 0 && lines < REASON_LINES)
		lines += said.ptr[--start] == '\n' && start + 1 < said.len;
	for (struct str rest = str_trim(str_slice(said, start, said.len)); rest.len;) {
		struct str_split cut = str_cut(rest, '\n');
		text_addf(&line, "%s%.*s", line.len ? "; " : "", STR_ARG(str_trim(cut.head)));
		rest = str_trim(cut.rest);
	}
	return text_str(&line);
}

int export_program_run(struct export *e, const struct strs *words)
{
	char *argv[ARGUMENTS_MAX + 1] = {};
	posix_spawn_file_actions_t files;
	struct str log = pipeline_path(e->pipeline, "export.log");
	pid_t pid;
	int error = words->count > ARGUMENTS_MAX ? E2BIG : 0;
	for (size_t i = 0; i < words->count && !error; i++)
		argv[i] = arena_c_str(e->arena, words->items[i]);
	if (error || (error = posix_spawn_file_actions_init(&files)))
		return error;
	posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, log.ptr,
	                                 O_WRONLY | O_CREAT | O_TRUNC, 0644);
	posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
	error = posix_spawnp(&pid, argv[0], &files, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	if (error) {
		text_addf(&e->why, "cannot run %s: %s", argv[0], strerror(error));
		return error;
	}
	struct str said;
	if (export_program_wait(pid) != 0) {
		bool shown = file_read(e->arena, log.ptr, &said) == 0;
		said = shown ? reason_of(e->arena, said) : (struct str){};
		text_addf(&e->why, "%s failed: %.*s", argv[0], STR_ARG(said));
		error = EIO;
	}
	(void)unlink(log.ptr);
	return error;
}

static void add(struct export *e, struct strs *words, const char *line)
{
	struct str_split parts = {.rest = str_from_c(line)};
	while (parts.rest.len) {
		parts = str_cut(parts.rest, ' ');
		strs_add(words, e->arena, parts.head);
	}
}

static int raw_make(struct export *e, const char *out)
{
	struct str bytes;
	int error = file_read(e->arena, arena_c_str(e->arena, e->source), &bytes);
	return error ? error : file_write(out, bytes, 0644);
}

static int qcow2_make(struct export *e, const char *out)
{
	struct strs words = {};
	add(e, &words, "qemu-img convert -f raw -O qcow2");
	strs_add(&words, e->arena, e->source);
	strs_add(&words, e->arena, str_from_c(out));
	return export_program_run(e, &words);
}

static int volume_make(struct export *e, const char *out)
{
	struct image_request request = *e->pipeline->image_request;
	request.format = IMAGE_VOLUME;
	if (request.packages.host.len)
		image_files_add(&request.files, e->arena, STR(IMAGE_PACKAGES_PATH),
		                request.packages.host);
	request.packages = (struct image_file){};
	TRY(image_files_prepare(&request.files, &e->why));
	return image_write(&request, out, &e->why);
}

/* The EFI system partition alone, as a file. */
static int partition_extract(struct export *e, const char *out)
{
	struct image image;
	TRY(image_open(arena_c_str(e->arena, e->source), &image, &e->why));
	struct str volume = image.volume.bytes;
	int error = volume.len < ISO_ESP_BYTES_MAX ? file_write(out, volume, 0644) : EFBIG;
	if (error == EFBIG)
		text_addf(&e->why,
		          "the EFI partition has %zu bytes; firmware reads less than %d from a CD",
		          volume.len, ISO_ESP_BYTES_MAX);
	image_close(&image);
	return error;
}

static int iso_words(struct export *e, const char *out, const char *partition, struct strs *words)
{
	const struct image_request *r = e->pipeline->image_request;
	unsigned long long epoch = r->epoch;
	time_t seconds = (time_t)r->epoch;
	struct tm utc;
	struct guid space = guid_derive(&guid_namespace, r->identity);
	struct guid disk = guid_derive(&space, STR("hybrid disk"));
	struct text hex = {.arena = e->arena};
	for (size_t i = 0; i < sizeof disk.bytes; i++)
		text_addf(&hex, "%02x", disk.bytes[i]);
	gmtime_r(&seconds, &utc);
	add(e, words, "xorriso -no_rc -outdev");
	strs_add(words, e->arena, str_from_c(out));
	add(e, words,
	    str_format(e->arena,
	               "-padding 0 -volid %.*s -volume_date all_file_dates =%llu -volume_date uuid "
	               "%04d%02d%02d%02d%02d%02d00 -map",
	               STR_ARG(r->label), epoch, utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
	               utc.tm_hour, utc.tm_min, utc.tm_sec)
	            .ptr);
	strs_add(words, e->arena, pipeline_path(e->pipeline, "image/system/boot/digests.tsv"));
	add(e, words,
	    str_format(e->arena,
	               "/digests.tsv -chown_r 0 / -- -chgrp_r 0 / -- -chmod_r 0755 / -- "
	               "-alter_date_r b =%llu / -- -boot_image any gpt_disk_guid=%.*s -boot_image "
	               "any efi_path=--interval:appended_partition_2:all:: -boot_image any "
	               "appended_part_as=gpt -append_partition 2 0xef",
	               epoch, STR_ARG(text_str(&hex)))
	            .ptr);
	strs_add(words, e->arena, str_from_c(partition));
	if (r->packages.host.len) {
		add(e, words, "-append_partition 3 0FC63DAF-8483-4772-8E79-3D69D8477DE4");
		strs_add(words, e->arena, r->packages.host);
	}
	return 0;
}

/* xorriso leaves the backup table before its padding. */
static int backup_move(struct export *e, const char *out)
{
	struct str bytes;
	TRY(file_read(e->arena, out, &bytes));
	TRY(gpt_move_backup(e->arena, (uint8_t *)(uintptr_t)bytes.ptr, bytes.len, &e->why));
	return file_write(out, bytes, 0644);
}

static int iso_make(struct export *e, const char *out)
{
	struct strs words = {};
	struct str partition = pipeline_path(e->pipeline, "export.esp");
	(void)unlink(out); /* xorriso would add to what is there */
	int error = partition_extract(e, partition.ptr);
	if (!error)
		error = iso_words(e, out, partition.ptr, &words);
	if (!error)
		error = export_program_run(e, &words);
	(void)unlink(partition.ptr);
	if (!error)
		error = backup_move(e, out);
	return error;
}

static const struct format formats[] = {
        {"raw", "rustos.img", "a GPT disk", raw_make},
        {"qcow2", "rustos.qcow2", "the same for virtual machines", qcow2_make},
        {"volume", "rustos.fat", "the bare FAT volume, no partition table", volume_make},
        {"iso", "rustos.iso", "boots as CD, as disk and from a stick", iso_make},
        {"network", "network", "a folder for a TFTP server (PXE)", network_make},
};

static const struct option options_export[] = {
        {"--out", "FILE",
         "where it goes (default: OUT/rustos.img, .qcow2, .fat, .iso; OUT/network)"},
        {},
};

static const struct option *const options[] = {options_system, options_export, NULL};

static const struct format *format_find(struct invocation *in)
{
	struct str names[COUNT(formats)], wanted = in->words.items[0];
	for (size_t i = 0; i < COUNT(formats); i++) {
		names[i] = str_from_c(formats[i].name);
		if (str_equal(names[i], wanted))
			return &formats[i];
	}
	diag_error(in->diag, (struct span){},
	           diag_did_you_mean(in->diag, wanted, names, COUNT(names)),
	           "unknown format '%.*s': raw, qcow2, volume, iso or network", STR_ARG(wanted));
	return NULL;
}

/* Only a folder that holds nothing but a former export is replaced. */
static bool holds_export(struct arena *a, const char *path)
{
	struct folder folder;
	if (folder_read(a, path, &folder) != 0)
		return false;
	for (size_t i = 0; i < folder.count; i++)
		if (!network_makes(folder.entries[i].name))
			return false;
	return true;
}

/* Where an export goes must be a file's or a folder's place, not a device or somebody's files. */
static bool check_place(struct invocation *in, const struct format *format, struct str out)
{
	const char *path = arena_c_str(in->arena, out);
	bool network = format->make == network_make;
	struct str hint = STR("choose another place");
	const char *wrong = NULL;
	struct stat st;
	if (stat(path, &st) < 0)
		return true;
	if (S_ISDIR(st.st_mode)) {
		if (!network)
			wrong = "is a folder";
		else if (!holds_export(in->arena, path))
			wrong = "holds other files than a former export";
	} else if (network) {
		wrong = "is no folder";
	} else if (!S_ISREG(st.st_mode)) {
		wrong = "is no ordinary file";
		hint = STR("`xtask write DEVICE` puts the image on a stick");
	}
	if (wrong)
		diag_error(in->diag, (struct span){}, hint, "%s %s", path, wrong);
	return !wrong;
}

static int run_export(struct invocation *in)
{
	struct pipeline p;
	const struct format *format = format_find(in);
	pipeline_name(&p, in);
	if (!format)
		return EXIT_USAGE;
	struct str out = option_path(in, "--out");
	if (!out.len)
		out = pipeline_path(&p, format->file);
	if (!check_place(in, format, out) || !pipeline_read(&p))
		return EXIT_USAGE;
	int code = pipeline_goal(&p, GOAL_IMAGE);
	if (code != EXIT_DONE)
		return code;
	struct export e = {
	        &p, in->arena, pipeline_path(&p, "rustos-boot.img"), out, {.arena = in->arena}};
	export_hear_interrupts();
	/* Whole or not at all; xorriso and qemu-img write where they are told. */
	struct str temporary = str_format(in->arena, "%.*s.part", STR_ARG(out));
	struct str folder = path_folder(out);
	int error = folder.len ? folder_create(arena_c_str(in->arena, folder)) : 0;
	if (!error)
		error = format->make(&e, temporary.ptr);
	if (export_interrupted) {
		error = EINTR;
		e.why = (struct text){.arena = in->arena};
		text_addf(&e.why, "interrupted");
	}
	if (!error && format->make == network_make)
		error = tree_remove(arena_c_str(in->arena, out)); /* a folder is not replaced */
	if (!error && rename(temporary.ptr, arena_c_str(in->arena, out)) < 0)
		error = errno;
	if (error) {
		(void)tree_remove(temporary.ptr);
		diag_error(in->diag, (struct span){}, (struct str){}, "%.*s: %s", STR_ARG(out),
		           e.why.len ? e.why.bytes : strerror(error));
		return EXIT_FAILED;
	}
	if (!in->quiet)
		printf("export: %.*s, %s\n", STR_ARG(out), format->summary);
	return EXIT_DONE;
}

const struct command command_export = {
        .name = "export",
        .group = GROUP_IMAGE,
        .summary = "write the image in another format: raw, qcow2, volume, iso, network",
        .usage = "[OPTIONS] FORMAT",
        .details = "Builds what is stale first.\n",
        .example = "  xtask export iso\n  xtask export qcow2 --out /tmp/rustos.qcow2\n",
        .options = options,
        .words_min = 1,
        .words_max = 1,
        .run = run_export,
};
