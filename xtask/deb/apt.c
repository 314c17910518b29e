#include "deb/apt.h"
#include "engine/process/child.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { APT_NOT_RUN = 127 };

struct apt_call {
	const char *folder; /* where it runs; NULL: here */
	const char *const *argv;
};

/* In the child. The environment stays: proxies stand there. Only the language is ours. */
static int apt_body(void *data)
{
	const struct apt_call *call = data;
	if (call->folder && chdir(call->folder) < 0)
		return APT_NOT_RUN;
	if (setenv("LC_ALL", "C", 1) < 0)
		return APT_NOT_RUN;
	execvp(call->argv[0], (char *const *)(uintptr_t)call->argv);
	return APT_NOT_RUN;
}

/* *out_said: all it printed. EIO when it failed, ENOSYS when there is no apt. */
static int apt_run(struct arena *a, struct apt_call *call, struct str *out_said)
{
	struct child child = {};
	int error = child_fork(&child, apt_body, call);
	if (error)
		return error;
	int status = child_wait(&child);
	*out_said = arena_str(a, text_str(&child.said));
	child_release(&child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == APT_NOT_RUN)
		return ENOSYS;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : EIO;
}

/* apt's own words: its lines that begin with "E: ". */
static void reasons_add(struct text *why, struct str said)
{
	struct str_split lines = {.rest = said};
	while (lines.rest.len) {
		lines = str_cut(lines.rest, '\n');
		if (str_starts_with(lines.head, STR("E: ")))
			text_addf(why, "; %.*s", STR_ARG(str_slice(lines.head, 3, lines.head.len)));
	}
}

static struct str package_and_version(struct arena *a, struct str name, struct str version)
{
	return version.len ? str_format(a, "%.*s=%.*s", STR_ARG(name), STR_ARG(version))
	                   : arena_str(a, name);
}

static void field_take(struct str line, struct apt_record *out)
{
	struct str_split field = str_cut(line, ':');
	struct str value = str_trim(field.rest);
	if (str_equal(field.head, STR("Version")))
		out->version = value;
	else if (str_equal(field.head, STR("Architecture")))
		out->architecture = value;
	else if (str_equal(field.head, STR("SHA256")))
		out->sha256 = value;
	else if (str_equal(field.head, STR("Filename")))
		out->file = str_cut_last(value, '/').rest;
}

int apt_show(struct arena *a, struct str name, struct str version, struct apt_record *out_record,
             struct text *why)
{
	const char *argv[] = {"apt-cache",
	                      "show",
	                      "--no-all-versions",
	                      "--",
	                      package_and_version(a, name, version).ptr,
	                      NULL};
	struct apt_call call = {.argv = argv};
	struct apt_record record = {};
	struct str said = {};
	int error = apt_run(a, &call, &said);
	struct str_split lines = {.rest = said};
	while (lines.rest.len) {
		lines = str_cut(lines.rest, '\n');
		/* A package that is installed and gone from the archive has no file name. */
		if (!lines.head.len && record.file.len)
			break;
		field_take(lines.head, &record);
	}
	if (!error && (!record.version.len || !record.sha256.len || !record.file.len))
		error = ENOENT;
	if (!error) {
		*out_record = record;
		return 0;
	}
	if (error == ENOSYS) {
		text_addf(why, "apt-cache is not installed");
		return error;
	}
	text_addf(why, "the archive has no package %s", argv[4]);
	reasons_add(why, said);
	return ENOENT;
}

int apt_download(struct arena *a, struct str name, struct str version, const char *folder,
                 struct text *why)
{
	const char *argv[] = {"apt-get", "download", "--",
	                      package_and_version(a, name, version).ptr, NULL};
	struct apt_call call = {.folder = folder, .argv = argv};
	struct str said = {};
	int error = apt_run(a, &call, &said);
	if (!error)
		return 0;
	text_addf(why, error == ENOSYS ? "apt-get is not installed" : "cannot download %s",
	          argv[3]);
	reasons_add(why, said);
	return error;
}
