/*
 * Diagnostics: what is wrong, where, and what to do.
 *
 * Collected in one sink for the whole run, printed sorted by file and place:
 *
 *     services/a/RUSTOS.package.toml:9:1: error: unknown key 'needz' in [build]
 *         9 | needz = 1
 *           | ^~~~~
 *           = hint: did you mean 'needs'?
 *
 * Columns count characters (UTF-8), tabs as one. Library code reports here and
 * never prints or exits.
 */
#pragma once

#include "os/text.h"
#include <stdarg.h>
#include <stdio.h>

struct source {
	struct str path; /* as shown */
	struct str text;
};

/* Bytes [start, end) of a source. source == NULL: no place to show. */
struct span {
	const struct source *source;
	uint32_t start;
	uint32_t end;
};

enum severity { SEVERITY_ERROR, SEVERITY_WARNING };

struct diag_record {
	enum severity severity;
	struct span span;
	struct str message;
	struct str hint; /* empty: none */
	struct diag_record *next;
};

struct diag {
	struct arena *arena;
	struct diag_record *first;
	struct diag_record *last;
	size_t errors;
	size_t warnings;
};

void diag_init(struct diag *d, struct arena *a);
/* hint may be empty. Both copy what they keep. */
[[gnu::format(printf, 4, 5)]] void diag_error(struct diag *d, struct span span, struct str hint,
                                              const char *format, ...);
[[gnu::format(printf, 4, 5)]] void diag_warning(struct diag *d, struct span span, struct str hint,
                                                const char *format, ...);

/* The same with a finished message, which is kept and not copied. */
void diag_add(struct diag *d, enum severity severity, struct span span, struct str hint,
              struct str message);

/*
 * "did you mean 'x'?" for the candidate nearest to word (edit distance with
 * transpositions, at most a third of its length, but 1 from two letters on), else for the
 * only one with the same beginning ("memory" of "memory_mib"), else empty. Ties go to the
 * first candidate.
 */
struct str diag_did_you_mean(struct diag *d, struct str word, const struct str *candidates,
                             size_t count);

/* Adds what stands in `from`, behind what is there; its memory has to live as long. */
void diag_join(struct diag *d, const struct diag *from);

enum diag_format { DIAG_TEXT, DIAG_TEXT_COLOR, DIAG_JSON };
/*
 * Prints all records, sorted by path and place, errors without a place first.
 * JSON: one object a line, null for what there is not, ends exclusive:
 * {"severity","file","line","column","end_line","end_column","message","hint"}.
 */
void diag_print(const struct diag *d, FILE *out, enum diag_format format);

struct position {
	uint32_t line; /* from 1 */
	uint32_t column; /* from 1, in characters */
};
struct position source_position(const struct source *s, uint32_t offset);
