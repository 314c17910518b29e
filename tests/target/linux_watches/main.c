/* Each row is a call, and the events that are told of it: as text, "watch what name" with commas.
 */
#include "watches.h"
#include <string.h>
#include <tap/api.h>

struct event {
	int32_t watch;
	uint32_t mask, cookie, len;
	char name[];
};

struct watched {
	char bytes[4096];
	char text[1024];
	size_t len;
	uint32_t cookie; /* of the latest name that went */
};

static void say(struct watched *w, const char *text)
{
	size_t len = strlen(text);
	if (len >= sizeof w->text - w->len)
		return;
	memcpy(w->text + w->len, text, len + 1);
	w->len += len;
}

static void say_event(struct watched *w, const struct event *event)
{
	static const char *const names[] = {" access", " modify",  " attrib",   " closew",
	                                    " close",  " open",    " from",     " to",
	                                    " create", " delete",  " deleted",  " moved",
	                                    " ?",      " unmount", " overflow", " ignored"};
	const char number[2] = {(char)('0' + event->watch)};
	say(w, w->len ? ", " : "");
	say(w, number);
	for (size_t i = 0; i < COUNT(names); i++)
		if (event->mask >> i & 1)
			say(w, names[i]);
	if (event->mask & IS_DIRECTORY)
		say(w, "/");
	if (event->len) {
		say(w, " ");
		say(w, event->name);
	}
	/* a name that comes belongs to the one that went before */
	bool comes = event->mask & 0x80;
	if (comes && w->cookie && event->cookie != w->cookie)
		say(w, " (of another)");
	w->cookie = event->mask & 0x40 ? event->cookie : 0;
	if (event->len % 16)
		say(w, " (of odd length)");
}

/* All that was told until now. */
static const char *told(struct watched *w)
{
	w->len = 0;
	w->text[0] = 0;
	w->cookie = 0;
	for (;;) {
		int64_t len = CALL(LINUX_READ, GROUP, w->bytes, sizeof w->bytes);
		if (len == ERR_TRY_AGAIN)
			break;
		if (len <= 0)
			return "no answer";
		for (int64_t at = 0; at < len;) {
			const struct event *event = (const void *)(w->bytes + at);
			say_event(w, event);
			at += (int64_t)(sizeof *event + event->len);
		}
	}
	return w->text;
}

/* The call of a row, with the descriptor that is meant. */
static int64_t call(const struct step *step, int64_t *opened)
{
	uint64_t a[COUNT(step->arguments)];
	for (size_t i = 0; i < COUNT(a); i++)
		a[i] = step->arguments[i] == NEW ? (uint64_t)*opened : step->arguments[i];
	int64_t got = CALL(step->number, a[0], a[1], a[2], a[3], a[4]);
	if (step->answer != NEW || got < 0)
		return got;
	*opened = got;
	return NEW;
}

static void run(struct tap *tap, struct watched *w, const struct step *steps, size_t count)
{
	int64_t opened = -1;
	for (size_t i = 0; i < count; i++) {
		int64_t got = call(&steps[i], &opened);
		const char *said = told(w);
		bool same = str_equal(str_from_c(said), str_from_c(steps[i].told));
		tap_check(tap, same && got == steps[i].answer, steps[i].name);
		if (same && got == steps[i].answer)
			continue;
		tap_check(tap, false, steps[i].told);
		tap_check(tap, false, said);
	}
}

/* As many events as there is room for, and a poll that knows whether there are any. */
static void check_reading(struct tap *tap, struct watched *w)
{
	struct poll_entry {
		int32_t descriptor;
		int16_t events, ready;
	} poll = {.descriptor = GROUP, .events = 1};
	int32_t waiting = -1;
	tap_check_equal(tap, CALL(LINUX_POLL, &poll, 1, 0), 0, "nothing is to be read");
	CALL(LINUX_MKNOD, "d/longer_than_that", 0644, 0);
	tap_check(tap, CALL(LINUX_POLL, &poll, 1, 0) == 1 && poll.ready == 1, "something is");
	CALL(LINUX_IOCTL, GROUP, 0x541b, &waiting);
	tap_check_equal(tap, waiting, 48, "so much");
	tap_check_equal(tap, CALL(LINUX_READ, GROUP, w->bytes, 47), ERR_INVALID_ARGS,
	                "there is no room for it");
	CALL(LINUX_UNLINK, "d/longer_than_that");
	tap_check_equal(tap, CALL(LINUX_READ, GROUP, w->bytes, 95), 48, "there is for one");
	tap_check_equal(tap, CALL(LINUX_READ, GROUP, w->bytes, 96), 48, "and another");
	tap_check_equal(tap, CALL(LINUX_POLL, &poll, 1, 0), 0, "that was all");
}

/* Two of one file take turns, so that no two events in a row are the same. */
static void check_overflow(struct tap *tap, struct watched *w)
{
	enum { EVENTS_MAX = 16384, RECORD = 16 };
	int64_t fd = CALL(LINUX_OPEN, "big", CREATE | READ_WRITE, 0644), got, count = 0;
	int64_t group = CALL(LINUX_INOTIFY_INIT1, NO_WAIT);
	struct event last = {};
	CALL(LINUX_INOTIFY_ADD_WATCH, group, "big", EVENTS);
	for (int i = 0; i <= EVENTS_MAX / 2; i++) {
		CALL(LINUX_PWRITE64, fd, "x", 1, 0);
		CALL(LINUX_PREAD64, fd, watch_room, 1, 0);
	}
	while ((got = CALL(LINUX_READ, group, w->bytes, sizeof w->bytes)) > 0) {
		count += got / RECORD;
		memcpy(&last, w->bytes + got - RECORD, sizeof last);
	}
	tap_check_equal(tap, count, EVENTS_MAX + 1, "so many events wait");
	tap_check(tap, last.watch == -1 && last.mask == 0x4000, "that more are lost is told");
	CALL(LINUX_CLOSE, group);
	CALL(LINUX_CLOSE, fd);
	CALL(LINUX_UNLINK, "big");
}

static void check_limits(struct tap *tap)
{
	enum { GROUPS_MAX = 128, FIRST = 100 };
	int64_t made, count = 0;
	while ((made = CALL(LINUX_INOTIFY_INIT)) >= 0 && count < 2 * GROUPS_MAX)
		count++;
	tap_check(tap, made == ERR_TOO_MANY_HANDLES && count == GROUPS_MAX - 1,
	          "a user has only so many");
	for (int64_t fd = 3; fd < OPENED; fd++)
		CALL(LINUX_CLOSE, fd);
	for (int64_t fd = GROUP + 1; fd < FIRST + GROUPS_MAX; fd++)
		CALL(LINUX_CLOSE, fd);
}

static void at(int64_t fd, int64_t place)
{
	CALL(LINUX_DUP2, fd, place);
	CALL(LINUX_CLOSE, fd);
}

int main(void)
{
	static struct watched w;
	struct tap tap = {};
	CALL(LINUX_UMASK, 022);
	CALL(LINUX_MKDIR, HOME, 0755);
	CALL(LINUX_CHDIR, HOME);
	CALL(LINUX_MKDIR, "d", 0755);
	CALL(LINUX_MKDIR, "d/sub", 0755);
	at(CALL(LINUX_OPEN, "d/opened", CREATE | READ_WRITE, 0644), OPENED);
	at(CALL(LINUX_OPEN, "old", CREATE | READ_WRITE, 0644), OLD);
	CALL(LINUX_WRITE, OLD, "old", 3);
	at(CALL(LINUX_INOTIFY_INIT1, NO_WAIT), GROUP);
	run(&tap, &w, refusals_steps, refusals_count);
	run(&tap, &w, bytes_steps, bytes_count);
	run(&tap, &w, names_steps, names_count);
	run(&tap, &w, masks_steps, masks_count);
	check_reading(&tap, &w);
	check_overflow(&tap, &w);
	check_limits(&tap);
	static const char *const left[] = {"d/l", "d/t", "d/one"};
	for (size_t i = 0; i < COUNT(left); i++)
		CALL(LINUX_UNLINK, left[i]);
	CALL(LINUX_RMDIR, "d/sub");
	told(&w);
	const struct step end = {
	        "a folder goes", LINUX_RMDIR, {TEXT("d")}, OK, "1 deleted, 1 ignored"};
	run(&tap, &w, &end, 1);
	CALL(LINUX_CHDIR, "/");
	tap_check_equal(&tap, CALL(LINUX_RMDIR, HOME), OK, "nothing is left over");
	return tap_finish(&tap);
}
