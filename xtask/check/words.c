/* Words that the dialect does without, and conditionals outside of where they belong. */
#include "check/check.h"
#include "check/code.h"
#include <stddef.h>

enum word_place { PLACE_CODE, PLACE_CALL, PLACE_DIRECTIVE, PLACE_ATTRIBUTE, PLACE_COMMENT };

struct forbidden_word {
	struct span span;
	struct toml_str word;
	struct toml_word place;
	struct toml_str instead;
};

struct conditional {
	struct span span;
	struct toml_str path; /* a file, or a folder that ends in '/' */
	struct toml_str why;
};

struct dialect {
	struct toml_list words; /* struct forbidden_word */
	struct toml_list conditionals; /* struct conditional */
	bool *used; /* by conditional */
};

static const struct toml_choice places[] = {
        {STR_INIT("code"), PLACE_CODE, NULL},
        {STR_INIT("call"), PLACE_CALL, NULL},
        {STR_INIT("directive"), PLACE_DIRECTIVE, NULL},
        {STR_INIT("attribute"), PLACE_ATTRIBUTE, NULL},
        {STR_INIT("comment"), PLACE_COMMENT, NULL},
};

static const struct toml_field word_fields[] = {
        {.key = STR_INIT("word"),
         .kind = FIELD_STRING,
         .required = true,
         .offset = offsetof(struct forbidden_word, word),
         .doc = "the word"},
        {.key = STR_INIT("place"),
         .kind = FIELD_WORD,
         .choices = places,
         .choice_count = COUNT(places),
         .offset = offsetof(struct forbidden_word, place),
         .doc = "code (default), call, directive, attribute or comment"},
        {.key = STR_INIT("instead"),
         .kind = FIELD_STRING,
         .required = true,
         .offset = offsetof(struct forbidden_word, instead),
         .doc = "what to write"},
};
static const struct toml_schema word_schema = {.name = "[[word]]",
                                               .fields = word_fields,
                                               .field_count = COUNT(word_fields),
                                               .size = sizeof(struct forbidden_word),
                                               .span_offset = offsetof(struct forbidden_word, span),
                                               .has_span = true};

static const struct toml_field conditional_fields[] = {
        {.key = STR_INIT("path"),
         .kind = FIELD_STRING,
         .required = true,
         .offset = offsetof(struct conditional, path),
         .doc = "a file, or a folder with '/'"},
        {.key = STR_INIT("why"),
         .kind = FIELD_STRING,
         .required = true,
         .offset = offsetof(struct conditional, why),
         .doc = "the reason"},
};
static const struct toml_schema conditional_schema = {.name = "[[conditional]]",
                                                      .fields = conditional_fields,
                                                      .field_count = COUNT(conditional_fields),
                                                      .size = sizeof(struct conditional),
                                                      .span_offset =
                                                              offsetof(struct conditional, span),
                                                      .has_span = true};

static const struct toml_field file_fields[] = {
        {.key = STR_INIT("word"),
         .kind = FIELD_TABLES,
         .schema = &word_schema,
         .offset = offsetof(struct dialect, words),
         .doc = "a word not to use"},
        {.key = STR_INIT("conditional"),
         .kind = FIELD_TABLES,
         .schema = &conditional_schema,
         .offset = offsetof(struct dialect, conditionals),
         .doc = "where #if may stand"},
};
static const struct toml_schema file_schema = {.name = "the top level",
                                               .fields = file_fields,
                                               .field_count = COUNT(file_fields),
                                               .size = sizeof(struct dialect)};

static struct span span_of(const struct check_file *file, struct str part, const char *base)
{
	uint32_t start = (uint32_t)(part.ptr - base);
	return (struct span){&file->source, start, start + (uint32_t)part.len};
}

static bool conditional_allowed(struct dialect *dialect, struct str path)
{
	const struct conditional *rows = dialect->conditionals.items;
	bool allowed = false;
	for (size_t i = 0; i < dialect->conditionals.count; i++) {
		struct str of = rows[i].path.value;
		if (str_equal(of, path) ||
		    (str_ends_with(of, STR("/")) && str_starts_with(path, of)))
			allowed = dialect->used[i] = true;
	}
	return allowed;
}

static bool is_conditional(struct str directive)
{
	return str_equal(directive, STR("if")) || str_equal(directive, STR("ifdef")) ||
	       str_equal(directive, STR("ifndef"));
}

static void check_word(struct dialect *dialect, const struct check_file *file,
                       const struct code_word *word, struct diag *d)
{
	const struct forbidden_word *rows = dialect->words.items;
	struct span span = span_of(file, word->text, file->code.ptr);
	for (size_t i = 0; i < dialect->words.count; i++) {
		int place = rows[i].place.value;
		if (!str_equal(rows[i].word.value, word->text) || place == PLACE_COMMENT ||
		    (place == PLACE_DIRECTIVE) != word->directive ||
		    (place == PLACE_CALL && !word->call) ||
		    (place == PLACE_ATTRIBUTE && !word->attribute))
			continue;
		diag_error(d, span, rows[i].instead.value, "'%.*s' is not used here",
		           STR_ARG(word->text));
	}
	if (word->directive && is_conditional(word->text) &&
	    !conditional_allowed(dialect, file->source.path))
		diag_error(d, span, STR("choose between files, or by an ordinary constant"),
		           "#%.*s outside of the files that config/dialect.toml names",
		           STR_ARG(word->text));
}

/* Words in comments: where the text has a letter and the code a blank. */
static void check_comments(const struct dialect *dialect, const struct check_file *file,
                           struct diag *d)
{
	const struct forbidden_word *rows = dialect->words.items;
	struct code_word word;
	for (size_t at = 0; code_next_word(file->source.text, &at, &word);) {
		if (file->code.ptr[word.text.ptr - file->source.text.ptr] != ' ')
			continue;
		for (size_t i = 0; i < dialect->words.count; i++)
			if (rows[i].place.value == PLACE_COMMENT &&
			    str_equal(rows[i].word.value, word.text))
				diag_error(d, span_of(file, word.text, file->source.text.ptr),
				           rows[i].instead.value, "'%.*s' is not used here",
				           STR_ARG(word.text));
	}
}

static void check_header_guard(const struct check_file *file, struct diag *d)
{
	struct str rest = file->code, line;
	if (!str_ends_with(file->source.path, STR(".h")))
		return;
	while (code_next_line(&rest, &line))
		if (str_equal(str_trim(line), STR("#pragma once")))
			return;
	diag_error(d, (struct span){&file->source, 0, 0}, STR("put it below the first comment"),
	           "the header has no #pragma once");
}

bool check_words(struct arena *a, const struct check_tree *tree, struct diag *d)
{
	struct dialect dialect = {};
	size_t errors = d->errors;
	if (!toml_read_file(a, "config/dialect.toml", &file_schema, &dialect, d))
		return false;
	dialect.used = ARENA_ARRAY(a, bool, dialect.conditionals.count + 1);
	for (size_t i = 0; i < tree->count; i++) {
		const struct check_file *file = &tree->files[i];
		struct code_word word;
		for (size_t at = 0; code_next_word(file->code, &at, &word);)
			check_word(&dialect, file, &word, d);
		check_comments(&dialect, file, d);
		check_header_guard(file, d);
	}
	const struct conditional *rows = dialect.conditionals.items;
	for (size_t i = 0; i < dialect.conditionals.count; i++)
		if (!dialect.used[i])
			diag_error(d, rows[i].path.span, STR("remove the row"),
			           "nothing below '%.*s' is conditional any more",
			           STR_ARG(rows[i].path.value));
	return d->errors == errors;
}
