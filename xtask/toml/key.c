#include "toml/parser.h"

bool key_is_bare_byte(int byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || byte == '_' || byte == '-';
}

/* What stands where a key should, up to what may end one. */
static struct str bad_key(const struct parser *p)
{
	uint32_t end = p->at;
	for (int byte; (byte = parser_byte(p, end)) != -1; end++)
		if (byte <= ' ' || byte == '=' || byte == ']' || byte == '}' || byte == '#' ||
		    byte == ',')
			break;
	return parser_slice(p, p->at, end);
}

/* start is where the bare key begins; p->at stands on the byte that can't be in one. */
static void report_bad_key(struct parser *p, uint32_t start)
{
	int byte = parser_peek(p);
	if (byte == '=' || byte == '.') {
		parser_error(p, parser_span(p, p->at, p->at + 1),
		             STR("an empty key is written \"\""),
		             byte == '=' ? "no key before '='" : "a part of the key is empty");
		return;
	}
	if (byte == -1 || parser_is_newline(p, p->at) || byte == ']' || byte == '#') {
		parser_error(p, parser_span(p, p->at, p->at + (byte == ']')), (struct str){},
		             byte == ']' ? "a key is missing before ']'" : "a key is missing here");
		return;
	}
	p->at = start;
	struct str word = bad_key(p);
	uint32_t end = start + (uint32_t)(word.len ? word.len : 1);
	struct str shown = parser_clip(parser_slice(p, start, end));
	struct str hint = {};
	if (!str_contains(word, '"') && !str_contains(word, '\\') && !str_contains(word, '\''))
		hint = str_format(p->arena,
		                  "bare keys have A-Z a-z 0-9 _ - only; quote it: \"%.*s\"",
		                  STR_ARG(shown));
	parser_error(p, parser_span(p, start, end), hint, "'%.*s' can't be a key", STR_ARG(shown));
}

static bool part_parse(struct parser *p, struct key_part *out_part)
{
	uint32_t start = p->at;
	int byte = parser_peek(p);
	if (byte == '"' || byte == '\'') {
		if (parser_byte(p, start + 1) == byte && parser_byte(p, start + 2) == byte) {
			parser_error(p, parser_span(p, start, start + 3),
			             STR("use single quotes or none"),
			             "a multi-line string can't be a key");
			return false;
		}
		struct str name;
		if (!string_parse(p, &name))
			return false;
		*out_part = (struct key_part){name, start, p->at};
		return true;
	}
	while (key_is_bare_byte(parser_peek(p)))
		p->at++;
	byte = parser_peek(p);
	bool ends = byte <= ' ' || str_contains(STR(".=:]},#\"'"), (char)byte);
	if (p->at == start || !ends) {
		report_bad_key(p, start);
		return false;
	}
	*out_part = (struct key_part){parser_slice(p, start, p->at), start, p->at};
	return true;
}

bool key_parse(struct parser *p, struct key *out_key)
{
	uint32_t start = p->at;
	out_key->count = 0;
	for (;;) {
		if (out_key->count == TOML_KEY_PARTS_MAX) {
			parser_error(p, parser_span(p, start, p->at), (struct str){},
			             "a key of more than %d parts", TOML_KEY_PARTS_MAX);
			return false;
		}
		if (!part_parse(p, &out_key->parts[out_key->count]))
			return false;
		out_key->count++;
		uint32_t end = p->at;
		parser_skip_blanks(p);
		if (parser_peek(p) != '.') {
			p->at = end;
			return true;
		}
		p->at++;
		parser_skip_blanks(p);
	}
}
