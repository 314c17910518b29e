#include "engine/graph/depfile.h"

struct scanner {
	const char *at;
	const char *end;
};

/* A line's end that a backslash in front takes back, or 0. */
static size_t continuation_bytes(const struct scanner *s)
{
	if (s->end - s->at >= 2 && s->at[0] == '\\' && s->at[1] == '\n')
		return 2;
	if (s->end - s->at >= 3 && s->at[0] == '\\' && s->at[1] == '\r' && s->at[2] == '\n')
		return 3;
	return 0;
}

static void skip_blanks(struct scanner *s)
{
	while (s->at < s->end) {
		size_t joined = continuation_bytes(s);
		if (!joined && *s->at != ' ' && *s->at != '\t' && *s->at != '\r')
			return;
		s->at += joined ? joined : 1;
	}
}

static bool at_word_end(const struct scanner *s)
{
	return s->at == s->end || *s->at == ' ' || *s->at == '\t' || *s->at == '\n' ||
	       *s->at == '\r' || continuation_bytes(s);
}

/* Before a blank, each pair of backslashes is one, and an odd one takes the blank in. */
static void scan_backslashes(struct scanner *s, struct text *word)
{
	size_t count = 0;
	while (s->at + count < s->end && s->at[count] == '\\')
		count++;
	char next = s->at + count < s->end ? s->at[count] : '\0';
	bool before_blank = next == ' ' || next == '\t';
	bool takes_next = count % 2 == 1 && (before_blank || next == '#' || next == ':');
	const struct scanner last = {s->at + count - 1, s->end};
	bool joins = count % 2 == 1 && continuation_bytes(&last);
	size_t kept = before_blank || next == '#' || next == ':' ? count / 2 : count - joins;
	for (size_t i = 0; i < kept; i++)
		text_add_byte(word, '\\');
	s->at += count - joins;
	if (takes_next)
		text_add_byte(word, *s->at++);
}

/* One unescaped word; *out_is_target when it ended in a colon, which is taken off. */
static struct str scan_word(struct scanner *s, struct arena *a, bool *out_is_target)
{
	struct text word = {.arena = a};
	*out_is_target = false;
	while (!at_word_end(s)) {
		if (*s->at == '\\') {
			scan_backslashes(s, &word);
			continue;
		}
		char c = *s->at++;
		if (c == '$' && s->at < s->end && *s->at == '$')
			s->at++;
		*out_is_target = c == ':' && at_word_end(s);
		if (!*out_is_target)
			text_add_byte(&word, c);
	}
	return text_str(&word);
}

static void paths_add(struct strs *paths, struct arena *a, struct str path)
{
	if (path.len && !strs_contain(paths, path))
		strs_add(paths, a, path);
}

/* A logical line: nothing, a comment, or targets, colon, prerequisites. */
static bool scan_line(struct scanner *s, struct arena *a, struct strs *paths)
{
	bool any = false, in_prerequisites = false;
	for (;;) {
		skip_blanks(s);
		if (s->at == s->end || *s->at == '\n')
			break;
		if (*s->at == '#') {
			while (s->at < s->end && *s->at != '\n')
				s->at++;
			break;
		}
		bool is_target;
		struct str word = scan_word(s, a, &is_target);
		any = true;
		if (in_prerequisites)
			paths_add(paths, a,
			          is_target ? str_format(a, "%.*s:", STR_ARG(word)) : word);
		in_prerequisites |= is_target;
	}
	if (s->at < s->end)
		s->at++;
	return !any || in_prerequisites;
}

bool depfile_parse(struct arena *a, struct str content, struct strs *out_paths)
{
	struct scanner s = {content.ptr, content.ptr + content.len};
	struct strs paths = {};
	while (s.at < s.end)
		if (!scan_line(&s, a, &paths))
			return false;
	*out_paths = paths;
	return true;
}
