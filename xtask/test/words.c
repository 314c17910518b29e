#include "test/words.h"

struct splitter {
	struct text word;
	bool in_word;
	char quote; /* 0: none open */
};

/* False when the byte ends a word. */
static bool take_byte(struct splitter *s, char byte)
{
	if (s->quote) {
		if (byte == s->quote)
			s->quote = 0;
		else
			text_add_byte(&s->word, byte);
		return true;
	}
	if (byte == '\'' || byte == '"') {
		s->quote = byte;
		s->in_word = true;
		return true;
	}
	if (byte == ' ' || byte == '\t' || byte == '\r')
		return false;
	text_add_byte(&s->word, byte);
	s->in_word = true;
	return true;
}

bool split_words(struct arena *a, struct str line, struct strs *out_words)
{
	struct splitter s = {.word = {.arena = a}};
	for (size_t i = 0; i <= line.len; i++) {
		if (i < line.len && line.ptr[i] == '\\' && i + 1 < line.len && s.quote != '\'') {
			text_add_byte(&s.word, line.ptr[++i]);
			s.in_word = true;
			continue;
		}
		if (i < line.len && take_byte(&s, line.ptr[i]))
			continue;
		if (s.in_word)
			strs_add(out_words, a, arena_str(a, text_str(&s.word)));
		s.word = (struct text){.arena = a};
		s.in_word = false;
	}
	return !s.quote;
}

bool is_assignment(struct str word)
{
	struct str name = str_cut(word, '=').head;
	if (!name.len || name.len == word.len || (name.ptr[0] >= '0' && name.ptr[0] <= '9'))
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char byte = name.ptr[i];
		bool fits =
		        (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '_';
		if (!fits)
			return false;
	}
	return true;
}

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

static bool is_letter(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

/* Length of "12", "0.31" at the start of s. */
static size_t number_length(struct str s)
{
	size_t i = 0;
	while (i < s.len && is_digit(s.ptr[i]))
		i++;
	if (i && i + 1 < s.len && s.ptr[i] == '.' && is_digit(s.ptr[i + 1]))
		for (i++; i < s.len && is_digit(s.ptr[i]);)
			i++;
	return i;
}

/* Length of the number at the start of s when a unit of time follows, else 0. */
static size_t time_length(struct str s)
{
	static const struct str units[] = {STR_INIT(" ms"), STR_INIT(" s"), STR_INIT(" us")};
	size_t len = number_length(s);
	if (!len)
		return 0;
	struct str rest = str_slice(s, len, s.len);
	for (size_t i = 0; i < COUNT(units); i++) {
		if (!str_starts_with(rest, units[i]))
			continue;
		struct str behind = str_slice(rest, units[i].len, rest.len);
		if (!behind.len || !is_letter(behind.ptr[0]))
			return len;
	}
	return 0;
}

struct str normalise_output(struct arena *a, struct str output, struct str tree)
{
	struct text out = {.arena = a};
	for (size_t i = 0; i < output.len;) {
		struct str rest = str_slice(output, i, output.len);
		bool word_start =
		        i == 0 || (!is_digit(output.ptr[i - 1]) && output.ptr[i - 1] != '.' &&
		                   !is_letter(output.ptr[i - 1]));
		size_t len = word_start ? time_length(rest) : 0;
		if (tree.len && str_starts_with(rest, tree)) {
			text_add(&out, STR("$TREE"));
			i += tree.len;
		} else if (len) {
			text_add_byte(&out, 'N');
			i += len;
		} else {
			text_add_byte(&out, output.ptr[i++]);
		}
	}
	return text_str(&out);
}
