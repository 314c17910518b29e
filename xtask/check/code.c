#include "check/code.h"

enum blank_state { IN_CODE, IN_LINE_COMMENT, IN_COMMENT, IN_LITERAL };

struct blank {
	enum blank_state state;
	char quote; /* of IN_LITERAL */
};

/* What to write for text[i]; *skip becomes the bytes beyond it that belong to it. */
static char blank_step(struct blank *b, struct str text, size_t i, size_t *skip)
{
	char c = text.ptr[i], next = i + 1 < text.len ? text.ptr[i + 1] : '\0';
	*skip = 0;
	switch (b->state) {
	case IN_CODE:
		if (c == '/' && (next == '/' || next == '*')) {
			b->state = next == '/' ? IN_LINE_COMMENT : IN_COMMENT;
			*skip = 1;
			return ' ';
		}
		if (c == '"' || c == '\'')
			*b = (struct blank){IN_LITERAL, c};
		return c;
	case IN_LINE_COMMENT:
		if (c == '\n')
			b->state = IN_CODE;
		return c == '\n' ? c : ' ';
	case IN_COMMENT:
		if (c == '*' && next == '/') {
			b->state = IN_CODE;
			*skip = 1;
		}
		return c == '\n' ? c : ' ';
	case IN_LITERAL:
		if (c == '\\' && next != '\n' && next != '\0')
			*skip = 1;
		else if (c == b->quote || c == '\n')
			b->state = IN_CODE;
		return c == b->quote || c == '\n' ? c : ' ';
	}
	return c;
}

struct str code_blank(struct arena *a, struct str text)
{
	char *code = arena_alloc(a, text.len + 1);
	struct blank b = {IN_CODE, '\0'};
	for (size_t i = 0; i < text.len; i++) {
		size_t skip;
		code[i] = blank_step(&b, text, i, &skip);
		for (; skip; skip--)
			code[++i] = ' ';
	}
	return (struct str){code, text.len};
}

bool code_next_line(struct str *rest, struct str *out_line)
{
	if (!rest->len)
		return false;
	struct str_split split = str_cut(*rest, '\n');
	*out_line = split.head;
	*rest = split.rest;
	return true;
}

static bool is_word_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

bool code_next_word(struct str code, size_t *at, struct code_word *out_word)
{
	size_t start = *at, end;
	while (start < code.len && !is_word_byte(code.ptr[start]))
		start++;
	if (start == code.len)
		return false;
	for (end = start; end < code.len && is_word_byte(code.ptr[end]); end++)
		continue;
	*at = end;
	size_t before = start, after = end;
	while (after < code.len && code.ptr[after] == ' ')
		after++;
	while (before > 0 && (code.ptr[before - 1] == ' ' || code.ptr[before - 1] == '\t'))
		before--;
	*out_word = (struct code_word){
	        .text = str_slice(code, start, end),
	        .directive = before > 0 && code.ptr[before - 1] == '#',
	        .attribute =
	                before > 1 && code.ptr[before - 1] == '[' && code.ptr[before - 2] == '[',
	        .call = after < code.len && code.ptr[after] == '(',
	};
	return true;
}

/* Where the bracket at `open` closes, or the end of the text. */
static size_t matching(struct str s, size_t open, char opening, char closing)
{
	size_t depth = 0;
	for (size_t i = open; i < s.len; i++) {
		if (s.ptr[i] == opening)
			depth++;
		else if (s.ptr[i] == closing && --depth == 0)
			return i;
	}
	return s.len;
}

/* Behind attributes at the start of a declaration. */
static struct str without_attributes(struct str head)
{
	for (;;) {
		head = str_trim(head);
		bool brackets = str_starts_with(head, STR("[["));
		if (!brackets && !str_starts_with(head, STR("__attribute__")))
			return head;
		size_t end = brackets ? matching(head, 0, '[', ']') : matching(head, 0, '(', ')');
		head = str_slice(head, end + 1, head.len);
	}
}

static size_t count_parameters(struct str list)
{
	size_t depth = 0, count = 1;
	list = str_trim(list);
	if (!list.len || str_equal(list, STR("void")))
		return 0;
	for (size_t i = 0; i < list.len; i++) {
		if (list.ptr[i] == '(' || list.ptr[i] == '[')
			depth++;
		else if (list.ptr[i] == ')' || list.ptr[i] == ']')
			depth--;
		else if (list.ptr[i] == ',' && depth == 0)
			count++;
	}
	return count;
}

/* Reads `static int name(a, b)`; false when it is no function. */
static bool read_head(struct str head, struct code_function *out_function)
{
	head = without_attributes(head);
	size_t open = str_cut(head, '(').head.len;
	if (open == head.len || str_contains(str_slice(head, 0, open), '='))
		return false;
	size_t end = open;
	while (end > 0 && !is_word_byte(head.ptr[end - 1]))
		end--;
	size_t start = end;
	while (start > 0 && is_word_byte(head.ptr[start - 1]))
		start--;
	size_t close = matching(head, open, '(', ')');
	out_function->name = str_slice(head, start, end);
	out_function->parameters = count_parameters(str_slice(head, open + 1, close));
	return end > start;
}

struct measuring {
	struct code_measure *measure;
	size_t capacity;
	struct str head; /* lines since the last declaration ended */
	bool in_body, in_table;
	struct code_function current;
};

static void add_function(struct arena *a, struct measuring *m)
{
	struct code_measure *measure = m->measure;
	if (measure->function_count == m->capacity) {
		m->capacity = m->capacity ? m->capacity * 2 : 16;
		struct code_function *grown = ARENA_ARRAY(a, struct code_function, m->capacity);
		for (size_t i = 0; i < measure->function_count; i++)
			grown[i] = measure->functions[i];
		measure->functions = grown;
	}
	measure->functions[measure->function_count++] = m->current;
}

static void measure_line(struct arena *a, struct measuring *m, struct str line)
{
	struct str text = str_trim(line);
	bool closes = line.len > 0 && line.ptr[0] == '}';
	if (text.len && !(m->in_table && !closes))
		m->measure->code_lines++;
	if (m->in_body || m->in_table) {
		if (!closes) {
			m->current.lines++;
			return;
		}
		if (m->in_body)
			add_function(a, m);
		m->in_body = m->in_table = false;
		m->head = (struct str){};
		return;
	}
	if (!text.len || text.ptr[0] == '#' || closes) {
		struct code_word word;
		size_t at = 0;
		if (text.len && code_next_word(text, &at, &word) && word.directive &&
		    str_equal(word.text, STR("include")))
			m->measure->includes++;
		m->head = (struct str){};
	} else if (line.ptr[0] == '{') {
		m->current = (struct code_function){};
		m->in_body = m->head.len && read_head(m->head, &m->current);
	} else {
		m->head = m->head.len ? (struct str){m->head.ptr,
		                                     (size_t)(line.ptr - m->head.ptr) + line.len}
		                      : line;
		m->in_table = str_ends_with(text, STR("= {"));
		if (text.ptr[text.len - 1] == ';')
			m->head = (struct str){};
	}
}

struct code_measure code_measure(struct arena *a, struct str code)
{
	struct code_measure measure = {};
	struct measuring m = {.measure = &measure};
	struct str line;
	while (code_next_line(&code, &line))
		measure_line(a, &m, line);
	return measure;
}
