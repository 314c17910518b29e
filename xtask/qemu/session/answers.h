/*
 * What is typed at the guest in answer to what it says on the serial line, one after another.
 *
 * Terminal escape sequences are left out of what is looked at, as for marks. An answer is due when
 * its text has come behind the one that was answered before.
 */
#pragma once

#include "qemu/qemu.h"
#include "qemu/session/terminal.h"

struct answers {
	const struct qemu_answer *list;
	size_t count, next;
	struct text heard; /* since the last answer */
	enum escape_state escape;
};

void answers_init(struct answers *answers, struct arena *a, const struct qemu_request *request);
/* Takes what the guest said. */
void answers_feed(struct answers *answers, struct str bytes);
/* One is due. */
bool answers_due(const struct answers *answers);
/* The next one that is due, which then counts as given; NULL: none. */
const struct qemu_answer *answers_take(struct answers *answers);

/*
 * "MARK=TEXT" with the escapes \r \n \t \\ \xHH in both; the first bare '=' parts them. False: no
 * '=', an empty mark, or an unknown escape.
 */
bool answer_parse(struct arena *a, struct str text, struct qemu_answer *out_answer);
/* The same back, for a command line. */
struct str answer_text(struct arena *a, const struct qemu_answer *answer);
