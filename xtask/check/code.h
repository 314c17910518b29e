/* A scanner that knows just enough C to measure it. Private to check/. */
#pragma once

#include <base/api.h>

struct arena;

/*
 * The text at the same length, with comments and what stands between quotes replaced by
 * spaces; line ends stay. A lone quote ends with its line.
 */
struct str code_blank(struct arena *a, struct str text);

/* The next line without its end; false at the end. */
bool code_next_line(struct str *rest, struct str *out_line);

struct code_function {
	struct str name; /* points into the code */
	size_t lines; /* between the braces */
	size_t parameters;
};

struct code_measure {
	size_t code_lines; /* not blank, no comment, outside of tables */
	size_t includes;
	struct code_function *functions;
	size_t function_count;
};

/* code: as code_blank gives it. Functions and tables are found by braces in column 1. */
struct code_measure code_measure(struct arena *a, struct str code);

/*
 * Takes the next identifier or number, and what directive it stands in ("if" of `#if`) when
 * it is the first word behind a '#'.
 */
struct code_word {
	struct str text;
	bool directive;
	bool attribute; /* the first word in [[ ]] */
	bool call; /* a '(' follows */
};
bool code_next_word(struct str code, size_t *at, struct code_word *out_word);
