/*
 * Random TOML documents from a seed: about valid ones, and mutations of them.
 *
 * Names come from a short list, so that definitions meet; that makes some of the
 * "valid" documents invalid, which is wanted.
 */
#pragma once

#include "os/text.h"

struct generator {
	uint64_t state;
	struct text out;
};

static inline uint32_t pick(struct generator *g, uint32_t limit)
{
	g->state ^= g->state << 13;
	g->state ^= g->state >> 7;
	g->state ^= g->state << 17;
	return (uint32_t)((g->state >> 16) % limit);
}

static inline bool chance(struct generator *g, uint32_t percent)
{
	return pick(g, 100) < percent;
}

#define PICK(g, list) text_add(&(g)->out, str_from_c((list)[pick((g), COUNT(list))]))

static inline void generate_blank(struct generator *g)
{
	static const char *const blanks[] = {"", "", " ", " ", "  ", "\t"};
	PICK(g, blanks);
}

static inline void generate_name(struct generator *g)
{
	static const char *const names[] = {
	        "a",       "b",     "c",         "d",           "a",      "b",
	        "key-1",   "_x",    "42",        "true",        "\"a\"",  "'b'",
	        "\"c d\"", "''",    "\"\"",      "\"\\u0061\"", "'x\"y'", "1e3",
	        "\"\\n\"", "\"é\"", "\"\\\"q\"", "2024-01-01",
	};
	PICK(g, names);
}

static inline void generate_key(struct generator *g, uint32_t dots_percent)
{
	generate_name(g);
	while (chance(g, dots_percent)) {
		generate_blank(g);
		text_add_byte(&g->out, '.');
		generate_blank(g);
		generate_name(g);
	}
}

static inline void generate_piece(struct generator *g, bool basic, bool multiline)
{
	static const char *const plain[] = {"x", "Hello", " ",  "#", ",", "[",
	                                    "}", "é",     "한", "=", "\t"};
	static const char *const escapes[] = {"\\n",     "\\t",         "\\\"", "\\\\",   "\\u00e9",
	                                      "\\uFFFF", "\\U0001F600", "\\b",  "\\u0000"};
	static const char *const lines[] = {"\n", "\r\n", "\\\n  ", "\\ \t\r\n\n ", "\"", "''"};
	if (multiline && chance(g, 25)) {
		const char *line = lines[pick(g, COUNT(lines))];
		text_add(&g->out, str_from_c(basic || line[0] != '\\' ? line : "\n"));
	} else if (basic && chance(g, 30)) {
		PICK(g, escapes);
	} else {
		PICK(g, plain);
	}
}

static inline void generate_string(struct generator *g)
{
	static const char *const quotes[] = {"\"", "'", "\"\"\"", "'''"};
	uint32_t kind = pick(g, COUNT(quotes));
	text_add(&g->out, str_from_c(quotes[kind]));
	for (uint32_t left = pick(g, 5); left > 0; left--)
		generate_piece(g, kind % 2 == 0, kind >= 2);
	if (kind >= 2 && chance(g, 10))
		text_add_byte(&g->out, quotes[kind][0]);
	text_add(&g->out, str_from_c(quotes[kind]));
}

static inline void generate_digits(struct generator *g, const char *digits, uint32_t most)
{
	uint32_t base = (uint32_t)str_from_c(digits).len;
	for (uint32_t left = 1 + pick(g, most); left > 0; left--) {
		text_add_byte(&g->out, digits[pick(g, base)]);
		if (left > 1 && chance(g, 10))
			text_add_byte(&g->out, '_');
	}
}

static inline void generate_number(struct generator *g)
{
	static const char *const signs[] = {"", "", "+", "-"};
	static const char *const words[] = {"inf", "nan", "-inf", "+nan", "0", "-0.0"};
	switch (pick(g, 6)) {
	case 0:
		text_add(&g->out, STR("0x"));
		generate_digits(g, "0123456789abcdefABCDEF", 15);
		return;
	case 1:
		text_add(&g->out, chance(g, 50) ? STR("0o") : STR("0b"));
		generate_digits(g, "01", 20);
		return;
	case 2:
		PICK(g, words);
		return;
	default:
		PICK(g, signs);
		generate_digits(g, chance(g, 90) ? "123456789" : "0012345", 18);
		if (chance(g, 30)) {
			text_add_byte(&g->out, '.');
			generate_digits(g, "0123456789", 6);
		}
		if (chance(g, 20)) {
			text_add(&g->out, chance(g, 50) ? STR("e-") : STR("E"));
			generate_digits(g, "0123456789", 3);
		}
	}
}

static inline void generate_date_time(struct generator *g)
{
	static const char *const offsets[] = {"", "", "Z", "z", "+09:00", "-03:30", "+23:59"};
	static const char *const between[] = {"T", "t", " "};
	uint32_t shape = pick(g, 3);
	if (shape != 2)
		text_addf(&g->out, "%04u-%02u-%02u", 1 + pick(g, 9999), 1 + pick(g, 12),
		          1 + pick(g, 29));
	if (shape == 0)
		PICK(g, between);
	if (shape != 1) {
		text_addf(&g->out, "%02u:%02u:%02u", pick(g, 24), pick(g, 60), pick(g, 60));
		if (chance(g, 30))
			text_addf(&g->out, ".%0*u", 1 + (int)pick(g, 9), pick(g, 1000000000));
	}
	if (shape == 0)
		PICK(g, offsets);
}

static inline void generate_value(struct generator *g, uint32_t depth);

static inline void generate_gap(struct generator *g)
{
	static const char *const gaps[] = {"", " ", "\n", "\n  ", " # note, ]\n", "\r\n"};
	PICK(g, gaps);
}

static inline void generate_array(struct generator *g, uint32_t depth)
{
	text_add_byte(&g->out, '[');
	uint32_t count = pick(g, 4);
	for (uint32_t i = 0; i < count; i++) {
		generate_gap(g);
		generate_value(g, depth + 1);
		generate_gap(g);
		if (i + 1 < count || chance(g, 30))
			text_add_byte(&g->out, ',');
	}
	generate_gap(g);
	text_add_byte(&g->out, ']');
}

static inline void generate_inline_table(struct generator *g, uint32_t depth)
{
	text_add_byte(&g->out, '{');
	for (uint32_t i = 0, count = pick(g, 4); i < count; i++) {
		text_add(&g->out, i ? STR(", ") : STR(" "));
		generate_key(g, 25);
		generate_blank(g);
		text_add_byte(&g->out, '=');
		generate_blank(g);
		generate_value(g, depth + 1);
		generate_blank(g);
	}
	text_add_byte(&g->out, '}');
}

static inline void generate_value(struct generator *g, uint32_t depth)
{
	uint32_t kind = pick(g, depth < 4 ? 10 : 7);
	if (kind < 3)
		generate_string(g);
	else if (kind < 5)
		generate_number(g);
	else if (kind == 5)
		generate_date_time(g);
	else if (kind == 6)
		text_add(&g->out, chance(g, 50) ? STR("true") : STR("false"));
	else if (kind < 9)
		generate_array(g, depth);
	else
		generate_inline_table(g, depth);
}

static inline void generate_line(struct generator *g)
{
	uint32_t kind = pick(g, 20);
	generate_blank(g);
	if (kind < 3) {
		text_add_byte(&g->out, '[');
		generate_key(g, 40);
		text_add_byte(&g->out, ']');
	} else if (kind < 5) {
		text_add(&g->out, STR("[["));
		generate_key(g, 30);
		text_add(&g->out, STR("]]"));
	} else if (kind < 18) {
		generate_key(g, 25);
		generate_blank(g);
		text_add_byte(&g->out, '=');
		generate_blank(g);
		generate_value(g, 0);
	}
	generate_blank(g);
	if (chance(g, 15))
		text_add(&g->out, STR("# a comment \"'[{"));
	text_add(&g->out, chance(g, 10) ? STR("\r\n") : STR("\n"));
}

/* One small edit: a byte changed, removed or added, or a stretch copied elsewhere. */
static inline void mutate(struct generator *g)
{
	static const char bytes[] =
	        "\"\"''[]{}=.,#\\\n\r\t _-+0123456789eETZ:abtu\x01\x7f\xc3\xa9\xff";
	struct str text = text_str(&g->out);
	struct text edited = {.arena = g->out.arena};
	uint32_t len = (uint32_t)text.len, at = len ? pick(g, len + 1) : 0;
	uint32_t removed = chance(g, 50) ? pick(g, 3) : 0;
	text_add(&edited, str_slice(text, 0, at));
	if (chance(g, 70)) {
		text_add_byte(&edited, bytes[pick(g, sizeof bytes - 1)]);
	} else if (len) {
		uint32_t from = pick(g, len);
		text_add(&edited, str_slice(text, from, from + pick(g, 20)));
	}
	text_add(&edited, str_slice(text, at + removed, len));
	g->out = edited;
}

/* The document of a seed; lives as long as a. */
static inline struct str generate_document(struct arena *a, uint64_t seed)
{
	struct generator g = {(seed + 1) * 0x9E3779B97F4A7C15u | 1, {.arena = a}};
	for (int i = 0; i < 8; i++)
		(void)pick(&g, 2); /* neighbouring seeds part */
	for (uint32_t left = 1 + pick(&g, 8); left > 0; left--)
		generate_line(&g);
	if (chance(&g, 50))
		for (uint32_t left = 1 + pick(&g, 3); left > 0; left--)
			mutate(&g);
	return text_str(&g.out);
}
