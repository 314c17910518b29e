/*
 * Values without quotes or brackets.
 *
 * One token is taken whole and judged then, so that what is wrong can be named:
 * a word that needs quotes, a boolean in capitals, a number with a leading zero.
 */
#include "toml/parser.h"

static bool is_token_byte(int byte)
{
	return key_is_bare_byte(byte) || byte == '+' || byte == '.' || byte == ':';
}

static bool is_digit(int byte)
{
	return byte >= '0' && byte <= '9';
}

/* 1979-05-27 07:32:00 has a blank inside. */
static bool time_follows(const struct parser *p, uint32_t start, uint32_t at)
{
	return at - start == 10 && date_time_looks_like(parser_slice(p, start, at)) &&
	       parser_byte(p, at) == ' ' && is_digit(parser_byte(p, at + 1)) &&
	       is_digit(parser_byte(p, at + 2)) && parser_byte(p, at + 3) == ':';
}

static struct str take_token(struct parser *p)
{
	uint32_t start = p->at;
	while (is_token_byte(parser_peek(p)))
		p->at++;
	if (time_follows(p, start, p->at)) {
		p->at++;
		while (is_token_byte(parser_peek(p)))
			p->at++;
	}
	return parser_slice(p, start, p->at);
}

/* Text that somebody forgot to quote: to the next comma, bracket, comment or line end. */
static struct str bare_text(const struct parser *p, uint32_t start)
{
	uint32_t end = start;
	for (int byte; (byte = parser_byte(p, end)) != -1; end++)
		if (str_contains(STR(",]}#\"\n\r"), (char)byte))
			break;
	return str_trim(parser_slice(p, start, end));
}

static struct str word_hint(struct parser *p, struct str text)
{
	static const struct {
		struct str word;
		const char *hint;
	} words[] = {
	        {STR_INIT("true"), "write true in lower case"},
	        {STR_INIT("false"), "write false in lower case"},
	        {STR_INIT("yes"), "booleans are true and false; a string needs quotes"},
	        {STR_INIT("no"), "booleans are true and false; a string needs quotes"},
	        {STR_INIT("on"), "booleans are true and false; a string needs quotes"},
	        {STR_INIT("off"), "booleans are true and false; a string needs quotes"},
	        {STR_INIT("null"), "TOML has no null; leave the key out"},
	        {STR_INIT("nil"), "TOML has no null; leave the key out"},
	        {STR_INIT("none"), "TOML has no null; leave the key out, or quote it"},
	        {STR_INIT("inf"), "write inf in lower case"},
	        {STR_INIT("nan"), "write nan in lower case"},
	};
	for (size_t i = 0; i < COUNT(words); i++)
		if (str_equal_no_case(text, words[i].word))
			return str_from_c(words[i].hint);
	if (str_starts_with(text, STR("\u201C")) || str_starts_with(text, STR("\u2018")) ||
	    str_starts_with(text, STR("\u201D")) || str_starts_with(text, STR("\u2019")))
		return STR("use plain quotes: \"...\"");
	struct str shown = parser_clip(text);
	if (shown.len != text.len || str_contains(text, '"'))
		return STR("a string needs quotes: \"...\"");
	const char *quote = str_contains(text, '\\') ? "'" : "\"";
	return str_format(p->arena, "a string needs quotes: %s%.*s%s", quote, STR_ARG(text), quote);
}

static enum parsed report_word(struct parser *p, uint32_t start)
{
	p->at = start;
	int byte = parser_peek(p);
	if (byte == ',' || byte == ']' || byte == '}') {
		parser_error(p, parser_span(p, start, start + 1), (struct str){},
		             "a value is missing before '%c'", byte);
		return PARSED_BAD;
	}
	struct str text = bare_text(p, start);
	if (!text.len) {
		parser_error(p, parser_span(p, start, start), (struct str){},
		             "a value is missing here");
		return PARSED_BAD;
	}
	uint32_t end = start + (uint32_t)text.len;
	struct str shown = parser_clip(text);
	parser_error(p, parser_span(p, start, end), word_hint(p, text), "'%.*s' is not a value",
	             STR_ARG(shown));
	p->at = end;
	return PARSED_BAD;
}

static bool is_number_start(char byte)
{
	return is_digit(byte) || byte == '+' || byte == '-' || byte == '.';
}

/* Digits, or digits behind a sign or point: meant as a number. */
static bool meant_as_number(struct str token)
{
	size_t i = is_digit(token.ptr[0]) ? 0 : 1;
	return is_number_start(token.ptr[0]) &&
	       ((i < token.len && is_digit(token.ptr[i])) ||
	        str_equal(str_slice(token, i, token.len), STR("inf")) ||
	        str_equal(str_slice(token, i, token.len), STR("nan")));
}

static enum parsed report_token(struct parser *p, struct str token, struct token_problem problem)
{
	uint32_t start = p->at - (uint32_t)token.len;
	struct str shown = parser_clip(token);
	if (!problem.message) {
		struct str text = parser_clip(bare_text(p, start));
		parser_error(p, parser_span(p, start, p->at),
		             str_format(p->arena, "a string needs quotes: \"%.*s\"", STR_ARG(text)),
		             "'%.*s' is not a number", STR_ARG(shown));
	} else {
		parser_error(p, parser_span(p, start, p->at), problem.hint, "%s: '%.*s'",
		             problem.message, STR_ARG(shown));
	}
	return PARSED_BAD;
}

enum parsed scalar_parse(struct parser *p, struct toml_value **out_value)
{
	uint32_t start = p->at;
	struct str token = take_token(p);
	if (!token.len)
		return report_word(p, start);

	struct toml_value *value = parser_value(p, TOML_BOOLEAN, start);
	struct token_problem problem = {};
	bool good = true;
	if (str_equal(token, STR("true")) || str_equal(token, STR("false")))
		value->boolean = token.len == 4;
	else if (date_time_looks_like(token))
		good = date_time_parse(token, value, &problem);
	else if (meant_as_number(token) || str_equal(token, STR("inf")) ||
	         str_equal(token, STR("nan")))
		good = number_parse(p, token, value, &problem);
	else
		return report_word(p, start);
	if (!good)
		return report_token(p, token, problem);
	*out_value = value;
	return PARSED;
}
