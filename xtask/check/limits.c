/* Sizes of files, functions and folders, with exceptions that may only shrink. */
#include "check/check.h"
#include "check/code.h"
#include <stddef.h>

enum measure {
	MEASURE_SOURCE_LINES,
	MEASURE_HEADER_LINES,
	MEASURE_FUNCTION_LINES,
	MEASURE_PARAMETERS,
	MEASURE_INCLUDES,
	MEASURE_FOLDER_FILES,
	MEASURE_COUNT,
};

static const struct {
	struct str word;
	const char *unit;
} measures[MEASURE_COUNT] = {
        [MEASURE_SOURCE_LINES] = {STR_INIT("source_lines"), "code lines"},
        [MEASURE_HEADER_LINES] = {STR_INIT("header_lines"), "code lines"},
        [MEASURE_FUNCTION_LINES] = {STR_INIT("function_lines"), "lines"},
        [MEASURE_PARAMETERS] = {STR_INIT("parameters"), "parameters"},
        [MEASURE_INCLUDES] = {STR_INIT("includes"), "includes"},
        [MEASURE_FOLDER_FILES] = {STR_INIT("folder_files"), "files"},
};

static const struct toml_choice measure_words[] = {
        {STR_INIT("source_lines"), MEASURE_SOURCE_LINES, NULL},
        {STR_INIT("header_lines"), MEASURE_HEADER_LINES, NULL},
        {STR_INIT("function_lines"), MEASURE_FUNCTION_LINES, NULL},
        {STR_INIT("parameters"), MEASURE_PARAMETERS, NULL},
        {STR_INIT("includes"), MEASURE_INCLUDES, NULL},
        {STR_INIT("folder_files"), MEASURE_FOLDER_FILES, NULL},
};

struct limit {
	struct span span;
	struct toml_word measure;
	struct toml_int warn;
	struct toml_int fail; /* absent: never */
};

struct exception {
	struct span span;
	struct toml_word measure;
	struct toml_str path;
	struct toml_str function; /* of function_lines and parameters */
	struct toml_int value;
	struct toml_str why;
};

struct limits_file {
	struct toml_list limits;
	struct toml_list exceptions;
};

#define MEASURE_FIELD(type)                                                                        \
	{                                                                                          \
		.key = STR_INIT("measure"), .kind = FIELD_WORD, .required = true,                  \
		.choices = measure_words, .choice_count = COUNT(measure_words),                    \
		.offset = offsetof(type, measure), .doc = "what is counted"                        \
	}

static const struct toml_field limit_fields[] = {
        MEASURE_FIELD(struct limit),
        {.key = STR_INIT("warn"),
         .kind = FIELD_INTEGER,
         .required = true,
         .minimum = 1,
         .maximum = 100000,
         .offset = offsetof(struct limit, warn),
         .doc = "more is a warning"},
        {.key = STR_INIT("fail"),
         .kind = FIELD_INTEGER,
         .minimum = 1,
         .maximum = 100000,
         .offset = offsetof(struct limit, fail),
         .doc = "more is an error"},
};
static const struct toml_schema limit_schema = {.name = "[[limit]]",
                                                .fields = limit_fields,
                                                .field_count = COUNT(limit_fields),
                                                .size = sizeof(struct limit),
                                                .span_offset = offsetof(struct limit, span),
                                                .has_span = true};

static const struct toml_field exception_fields[] = {
        MEASURE_FIELD(struct exception),
        {.key = STR_INIT("path"),
         .kind = FIELD_STRING,
         .required = true,
         .offset = offsetof(struct exception, path),
         .doc = "the file"},
        {.key = STR_INIT("function"),
         .kind = FIELD_STRING,
         .offset = offsetof(struct exception, function),
         .doc = "the function in it"},
        {.key = STR_INIT("value"),
         .kind = FIELD_INTEGER,
         .required = true,
         .minimum = 1,
         .maximum = 100000,
         .offset = offsetof(struct exception, value),
         .doc = "what it may have; exactly what it has"},
        {.key = STR_INIT("why"),
         .kind = FIELD_STRING,
         .required = true,
         .offset = offsetof(struct exception, why),
         .doc = "the reason"},
};
static const struct toml_schema exception_schema = {.name = "[[exception]]",
                                                    .fields = exception_fields,
                                                    .field_count = COUNT(exception_fields),
                                                    .size = sizeof(struct exception),
                                                    .span_offset = offsetof(struct exception, span),
                                                    .has_span = true};

static const struct toml_field file_fields[] = {
        {.key = STR_INIT("limit"),
         .kind = FIELD_TABLES,
         .required = true,
         .schema = &limit_schema,
         .offset = offsetof(struct limits_file, limits),
         .doc = "one measure"},
        {.key = STR_INIT("exception"),
         .kind = FIELD_TABLES,
         .schema = &exception_schema,
         .offset = offsetof(struct limits_file, exceptions),
         .doc = "what may be larger"},
};
static const struct toml_schema file_schema = {.name = "the top level",
                                               .fields = file_fields,
                                               .field_count = COUNT(file_fields),
                                               .size = sizeof(struct limits_file)};

struct limits {
	const struct limit *by_measure[MEASURE_COUNT];
	const struct exception *exceptions;
	size_t exception_count;
	bool *needed; /* by exception */
	struct diag *diag;
};

struct subject {
	enum measure measure;
	struct str path;
	struct str function; /* empty: the file or folder itself */
	struct span span;
	size_t value;
};

static size_t find_exception(const struct limits *l, const struct subject *s)
{
	size_t i = 0;
	for (; i < l->exception_count; i++)
		if (l->exceptions[i].measure.value == (int)s->measure &&
		    str_equal(l->exceptions[i].path.value, s->path) &&
		    str_equal(l->exceptions[i].function.value, s->function))
			break;
	return i;
}

static void check_exception(const struct limits *l, const struct subject *s,
                            const struct exception *e)
{
	long long value = e->value.value, is = (long long)s->value;
	const char *unit = measures[s->measure].unit;
	if (is > value)
		diag_error(l->diag, s->span, STR("an exception never grows: move a concept out"),
		           "%lld %s, and the exception in config/limits.toml allows %lld", is, unit,
		           value);
	else if (is < value)
		diag_error(l->diag, e->value.span,
		           STR("lower the value, so that it cannot grow back"),
		           "%.*s has %lld %s by now", STR_ARG(s->path), is, unit);
}

static void check_subject(const struct limits *l, const struct subject *s)
{
	const struct limit *limit = l->by_measure[s->measure];
	const char *unit = measures[s->measure].unit;
	struct str name = s->function.len ? s->function : s->path;
	if (!limit)
		return;
	bool fails = limit->fail.span.source && s->value > (size_t)limit->fail.value;
	size_t exception = fails ? find_exception(l, s) : l->exception_count;
	if (exception < l->exception_count) {
		l->needed[exception] = true;
		check_exception(l, s, &l->exceptions[exception]);
	} else if (fails) {
		diag_error(l->diag, s->span, STR("move a concept out"),
		           "'%.*s' has %zu %s; at most %lld", STR_ARG(name), s->value, unit,
		           (long long)limit->fail.value);
	} else if (s->value > (size_t)limit->warn.value) {
		diag_warning(l->diag, s->span, (struct str){},
		             "'%.*s' has %zu %s; more than %lld are hard to read", STR_ARG(name),
		             s->value, unit, (long long)limit->warn.value);
	}
}

static void check_file(struct arena *a, const struct limits *l, const struct check_file *file)
{
	struct code_measure measure = code_measure(a, file->code);
	bool header = str_ends_with(file->source.path, STR(".h"));
	struct subject s = {.measure = header ? MEASURE_HEADER_LINES : MEASURE_SOURCE_LINES,
	                    .path = file->source.path,
	                    .span = {&file->source, 0, 0},
	                    .value = measure.code_lines};
	check_subject(l, &s);
	s.measure = MEASURE_INCLUDES;
	s.value = measure.includes;
	check_subject(l, &s);
	for (size_t i = 0; i < measure.function_count; i++) {
		const struct code_function *function = &measure.functions[i];
		uint32_t start = (uint32_t)(function->name.ptr - file->code.ptr);
		s.function = function->name;
		s.span = (struct span){&file->source, start, start + (uint32_t)function->name.len};
		s.measure = MEASURE_FUNCTION_LINES;
		s.value = function->lines;
		check_subject(l, &s);
		s.measure = MEASURE_PARAMETERS;
		s.value = function->parameters;
		check_subject(l, &s);
	}
}

static struct str folder_of(struct str path)
{
	return str_cut_last(path, '/').head;
}

/* Files of one folder stand together, but for those of folders within it. */
static void check_folders(const struct limits *l, const struct check_tree *tree)
{
	for (size_t i = 0; i < tree->count; i++) {
		struct str folder = folder_of(tree->files[i].source.path);
		size_t before = 0, count = 0;
		for (size_t j = 0; j < tree->count; j++)
			if (str_equal(folder_of(tree->files[j].source.path), folder)) {
				before += j < i;
				count++;
			}
		const struct subject s = {.measure = MEASURE_FOLDER_FILES,
		                          .path = folder,
		                          .span = {&tree->files[i].source, 0, 0},
		                          .value = count};
		if (before == 0)
			check_subject(l, &s);
	}
}

static void check_unneeded(const struct limits *l)
{
	for (size_t i = 0; i < l->exception_count; i++)
		if (!l->needed[i])
			diag_error(l->diag, l->exceptions[i].path.span, STR("remove the row"),
			           "the exception for '%.*s' is no longer needed",
			           STR_ARG(l->exceptions[i].path.value));
}

bool check_limits(struct arena *a, const struct check_tree *tree, struct diag *d)
{
	struct limits_file file = {};
	size_t errors = d->errors;
	if (!toml_read_file(a, "config/limits.toml", &file_schema, &file, d))
		return false;
	struct limits l = {.exceptions = file.exceptions.items,
	                   .exception_count = file.exceptions.count,
	                   .needed = ARENA_ARRAY(a, bool, file.exceptions.count + 1),
	                   .diag = d};
	const struct limit *rows = file.limits.items;
	for (size_t i = 0; i < file.limits.count; i++) {
		if (l.by_measure[rows[i].measure.value])
			diag_error(d, rows[i].measure.span, (struct str){},
			           "'%.*s' has a limit already",
			           STR_ARG(measures[rows[i].measure.value].word));
		l.by_measure[rows[i].measure.value] = &rows[i];
	}
	for (size_t i = 0; i < tree->count; i++)
		check_file(a, &l, &tree->files[i]);
	check_folders(&l, tree);
	check_unneeded(&l);
	return d->errors == errors;
}
