#include "test/child.h"
#include "engine/process/child.h"
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { OUTPUT_MAX = 4 << 20 };

extern char **environ;

uint64_t monotonic_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* Variables that the tool reads (contract 1.3) and those that change what programs print. */
static bool is_private_variable(struct str entry)
{
	static const struct str prefixes[] = {STR_INIT("RUSTOS_"), STR_INIT("LC_"),
	                                      STR_INIT("CMOCKA_")};
	static const struct str names[] = {
	        STR_INIT("HOME"),     STR_INIT("LANG"),  STR_INIT("LANGUAGE"),
	        STR_INIT("QEMU_BIN"), STR_INIT("CC"),    STR_INIT("KERNEL_BUILD_CONFIG"),
	        STR_INIT("COLUMNS"),  STR_INIT("TERM"),  STR_INIT("NO_COLOR"),
	        STR_INIT("TZ"),       STR_INIT("PAGER"), STR_INIT("SOURCE_DATE_EPOCH"),
	};
	struct str name = str_cut(entry, '=').head;
	for (size_t i = 0; i < COUNT(prefixes); i++)
		if (str_starts_with(name, prefixes[i]))
			return true;
	for (size_t i = 0; i < COUNT(names); i++)
		if (str_equal(name, names[i]))
			return true;
	return false;
}

static char **make_environment(struct arena *a, const struct child_request *request)
{
	size_t count = 0;
	while (environ[count])
		count++;
	char **out = ARENA_ARRAY(a, char *, count + request->environment.count + 1);
	size_t used = 0;
	for (size_t i = 0; i < count; i++) {
		struct str entry = str_from_c(environ[i]);
		bool dropped = request->plain_environment && is_private_variable(entry);
		for (size_t k = 0; k < request->environment.count; k++)
			if (str_equal(str_cut(request->environment.items[k], '=').head,
			              str_cut(entry, '=').head))
				dropped = true;
		if (!dropped)
			out[used++] = environ[i];
	}
	for (size_t k = 0; k < request->environment.count; k++)
		out[used++] = arena_c_str(a, request->environment.items[k]);
	return out;
}

int child_run(struct arena *a, const struct child_request *request, struct child_result *out_result)
{
	char **argv = ARENA_ARRAY(a, char *, request->argv.count + 1);
	for (size_t i = 0; i < request->argv.count; i++)
		argv[i] = arena_c_str(a, request->argv.items[i]);
	const struct child_program program = {
	        .path = argv[0],
	        .search = true,
	        .argv = argv,
	        .environment = make_environment(a, request),
	        .folder = request->folder,
	        .said_max = OUTPUT_MAX,
	};
	struct child child = {};
	uint64_t begin = monotonic_us();
	*out_result = (struct child_result){};
	int error = child_start(&child, &program);
	if (!error) {
		out_result->wait_status =
		        child_finish_within(&child, request->timeout_ms, &out_result->timed_out);
		out_result->output = arena_str(a, text_str(&child.said));
		child_release(&child);
	}
	out_result->elapsed_us = monotonic_us() - begin;
	return error;
}

bool child_succeeded(const struct child_result *result)
{
	return !result->timed_out && WIFEXITED(result->wait_status) &&
	       WEXITSTATUS(result->wait_status) == 0;
}

struct str child_end(struct arena *a, const struct child_request *request,
                     const struct child_result *result)
{
	int status = result->wait_status;
	if (result->timed_out)
		return str_format(a, "no end within %llu s",
		                  (unsigned long long)(request->timeout_ms / 1000));
	if (WIFSIGNALED(status))
		return str_format(a, "signal %d (%s)", WTERMSIG(status),
		                  strsignal(WTERMSIG(status)));
	return str_format(a, "status %d", WEXITSTATUS(status));
}

static bool is_plain(struct str word)
{
	static const struct str plain =
	        STR_INIT("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                 "0123456789-_./=:,+@%");
	for (size_t i = 0; i < word.len; i++)
		if (!str_contains(plain, word.ptr[i]))
			return false;
	return word.len;
}

struct str child_shell_line(struct arena *a, const struct strs *argv)
{
	struct text line = {.arena = a};
	for (size_t i = 0; i < argv->count; i++) {
		struct str word = argv->items[i];
		if (i)
			text_add_byte(&line, ' ');
		if (is_plain(word)) {
			text_add(&line, word);
			continue;
		}
		text_add_byte(&line, '\'');
		for (size_t k = 0; k < word.len; k++) {
			if (word.ptr[k] == '\'')
				text_add(&line, STR("'\\'"));
			text_add_byte(&line, word.ptr[k]);
		}
		text_add_byte(&line, '\'');
	}
	return text_str(&line);
}
