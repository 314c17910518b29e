/* For tests of who starts programs: a boot archive with registries, and lines that were printed. */
#pragma once

#include <boot_archive/api.h>
#include <format/api.h>
#include <rt/api.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 16384 };

static struct {
	char printed[TEXT_MAX];
	size_t printed_len;
	char archive[TEXT_MAX];
	size_t archive_len;
} boot;

[[gnu::format(printf, 1, 2)]] static void fake_print(const char *format, ...)
{
	struct format_buffer text = {
	        .ptr = boot.printed, .size = TEXT_MAX, .len = boot.printed_len};
	va_list arguments;
	va_start(arguments, format);
	format_append_list(&text, format, arguments);
	va_end(arguments);
	boot.printed_len = text.len;
}

static bool printed(const char *line)
{
	boot.printed[boot.printed_len] = '\0';
	return strstr(boot.printed, line) != NULL;
}

static void archive_add(const char *name, const char *data)
{
	char *to = boot.archive + boot.archive_len;
	boot.archive_len += (size_t)sprintf(
	        to, "070701%08X%08X%08X%08X%08X%08X%08zX%08X%08X%08X%08X%08zX%08X", 0, 0100644, 0,
	        0, 1, 0, strlen(data), 0, 0, 0, 0, strlen(name) + 1, 0);
	memcpy(boot.archive + boot.archive_len, name, strlen(name) + 1);
	boot.archive_len = (boot.archive_len + strlen(name) + 1 + 3) & ~3UL;
	memcpy(boot.archive + boot.archive_len, data, strlen(data));
	boot.archive_len = (boot.archive_len + strlen(data) + 3) & ~3UL;
}

/* An empty one. programs: paths in it, separated by blanks. */
static void archive_begin(const char *programs)
{
	char copy[256];
	memset(&boot, 0, sizeof boot);
	strcpy(copy, programs);
	for (char *path = strtok(copy, " "); path; path = strtok(NULL, " "))
		archive_add(path, "");
}

static struct boot_archive archive_end(void)
{
	archive_add("TRAILER!!!", "");
	return (struct boot_archive){{boot.archive, boot.archive_len}};
}

/* Lines of startup-programs.tsv and of desktop-programs.tsv. */
#define ROW(id, mode, deps)                                                                        \
	"desktop_id=" id ".desktop\tpackage_id=" id "\tmode=" mode "\tdisplay_name=" id            \
	"\texec=" id "\tlaunch=none\tdeps=" deps "\n"
#define RECORD(id, mode, deps, weight, args, env)                                                  \
	"desktop_id=" id ".desktop\tpackage_id=" id "\tstartup=" mode "\texec=" id                 \
	"\tweight=" weight "\tdeps=" deps "\targs=" args "\tenv=" env "\n"
