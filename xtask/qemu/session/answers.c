#include "qemu/session/answers.h"
#include <string.h>

enum { ANSWERS_HEARD_MAX = 1 << 20 };

void answers_init(struct answers *answers, struct arena *a, const struct qemu_request *request)
{
	*answers = (struct answers){
	        .list = request->answers,
	        .count = request->answer_count,
	        .heard = {.arena = a},
	};
}

void answers_feed(struct answers *answers, struct str bytes)
{
	if (answers->next == answers->count)
		return;
	/* a guest that babbles is listened to anew */
	if (answers->heard.len > ANSWERS_HEARD_MAX)
		answers->heard.len = 0;
	for (size_t i = 0; i < bytes.len; i++)
		if (bytes.ptr[i] && !escape_takes(&answers->escape, bytes.ptr[i]))
			text_add_byte(&answers->heard, bytes.ptr[i]);
}

/* Where its text begins in what was heard; NULL: none is due. */
static const char *find_next(const struct answers *answers)
{
	if (answers->next == answers->count)
		return NULL;
	struct str heard = text_str(&answers->heard), mark = answers->list[answers->next].mark;
	return heard.len ? memmem(heard.ptr, heard.len, mark.ptr, mark.len) : NULL;
}

bool answers_due(const struct answers *answers)
{
	return find_next(answers);
}

const struct qemu_answer *answers_take(struct answers *answers)
{
	const char *at = find_next(answers);
	if (!at)
		return NULL;
	const struct qemu_answer *answer = &answers->list[answers->next];
	struct str heard = text_str(&answers->heard);
	size_t end = (size_t)(at - heard.ptr) + answer->mark.len;
	memmove(answers->heard.bytes, answers->heard.bytes + end, heard.len - end);
	answers->heard.len -= end;
	answers->next++;
	return answer;
}

/* ---- as text ---- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Takes what follows a backslash; the count of bytes taken, 0: unknown. */
static size_t take_escape(struct str rest, char *out)
{
	static const char letters[] = "rnt\\", bytes[] = "\r\n\t\\";
	if (!rest.len)
		return 0;
	const char *letter = memchr(letters, rest.ptr[0], sizeof letters - 1);
	if (letter) {
		*out = bytes[letter - letters];
		return 1;
	}
	if (rest.ptr[0] != 'x' || rest.len < 3)
		return 0;
	int high = hex_digit(rest.ptr[1]), low = hex_digit(rest.ptr[2]);
	*out = (char)(high * 16 + low);
	return high < 0 || low < 0 ? 0 : 3;
}

bool answer_parse(struct arena *a, struct str text, struct qemu_answer *out_answer)
{
	struct text parts[2] = {{.arena = a}, {.arena = a}};
	size_t part = 0;
	for (size_t i = 0; i < text.len; i++) {
		char byte = text.ptr[i];
		if (byte == '=' && part == 0) {
			part = 1;
			continue;
		}
		if (byte == '\\') {
			size_t taken = take_escape(str_slice(text, i + 1, text.len), &byte);
			if (!taken)
				return false;
			i += taken;
		}
		text_add_byte(&parts[part], byte);
	}
	*out_answer = (struct qemu_answer){text_str(&parts[0]), text_str(&parts[1])};
	return part == 1 && out_answer->mark.len;
}

static void add_escaped(struct text *t, struct str bytes, bool is_mark)
{
	for (size_t i = 0; i < bytes.len; i++) {
		unsigned char byte = (unsigned char)bytes.ptr[i];
		if (byte < ' ' || byte == 0x7f || (is_mark && byte == '='))
			text_addf(t, "\\x%02x", byte);
		else if (byte == '\\')
			text_addf(t, "\\\\");
		else
			text_add_byte(t, (char)byte);
	}
}

struct str answer_text(struct arena *a, const struct qemu_answer *answer)
{
	struct text t = {.arena = a};
	add_escaped(&t, answer->mark, true);
	text_add_byte(&t, '=');
	add_escaped(&t, answer->text, false);
	return text_str(&t);
}
