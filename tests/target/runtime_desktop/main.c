/* A session that runtimed opens by itself has the entries of all sessions, and not those of new
 * ones. */
#include <linux_calls/api.h>
#include <runtime_control/api.h>
#include <tap/api.h>

static struct runtime_program programs[RUNTIME_PROGRAMS_MAX];

/* How many of a session are of this entry. */
static size_t count_of(uint64_t session, struct str desktop_id, size_t count)
{
	size_t found = 0;
	for (size_t i = 0; i < count; i++)
		found += programs[i].session_handle == session &&
		         str_equal(str_from_c((const char *)programs[i].desktop_file_id),
		                   desktop_id);
	return found;
}

static uint64_t session_of(uint64_t pid, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (programs[i].pid == pid)
			return programs[i].session_handle;
	return 0;
}

int main(int, char **, char **)
{
	struct tap tap = {};
	uint64_t pid = (uint64_t)CALL(LINUX_GETPID), session = 0;
	int32_t watch;
	size_t count = 0;
	enum status status = runtime_watch(&watch);
	while (status == OK && !count_of(session, STR("runtime_control-5.desktop"), count)) {
		status = runtime_watch_next(watch, programs, RUNTIME_PROGRAMS_MAX, &count);
		session = session_of(pid, count);
	}
	tap_check_equal(&tap, status, OK, "a session of runtimed's own has what all sessions have");
	/* it would have come before */
	tap_check_equal(&tap, (int64_t)count_of(session, STR("runtime_control-4.desktop"), count),
	                0, "and not what those have that somebody asks for");
	return tap_finish(&tap);
}
