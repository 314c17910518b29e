/* The nearest name: optimal string alignment distance, letters compared without case. */
#include "diag/diag.h"
#include <string.h>

enum {
	WORD_MAX = 64, /* longer words are not typing mistakes of ours */
	BEGINNING_MIN = 4,
};

static char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t distance(struct str a, struct str b)
{
	size_t rows[3][WORD_MAX + 1];
	size_t *before = rows[0], *previous = rows[1], *current = rows[2];
	for (size_t j = 0; j <= b.len; j++)
		previous[j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		current[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			bool same = fold(a.ptr[i - 1]) == fold(b.ptr[j - 1]);
			size_t best = previous[j - 1] + (same ? 0 : 1);
			best = smaller(best, smaller(previous[j], current[j - 1]) + 1);
			if (i > 1 && j > 1 && fold(a.ptr[i - 1]) == fold(b.ptr[j - 2]) &&
			    fold(a.ptr[i - 2]) == fold(b.ptr[j - 1]))
				best = smaller(best, before[j - 2] + 1);
			current[j] = best;
		}
		size_t *spare = before;
		before = previous;
		previous = current;
		current = spare;
	}
	return previous[b.len];
}

/* The only candidate that goes on as the word does, or that the word goes on from. */
static struct str same_beginning(struct str word, const struct str *candidates, size_t count)
{
	struct str found = {};
	for (size_t i = 0; i < count; i++) {
		struct str candidate = candidates[i];
		size_t len = smaller(word.len, candidate.len);
		if (len < BEGINNING_MIN ||
		    !str_equal_no_case(str_slice(word, 0, len), str_slice(candidate, 0, len)))
			continue;
		if (found.len)
			return (struct str){};
		found = candidate;
	}
	return found;
}

struct str diag_did_you_mean(struct diag *d, struct str word, const struct str *candidates,
                             size_t count)
{
	if (!word.len || word.len > WORD_MAX)
		return (struct str){};
	size_t limit = word.len / 3 ? word.len / 3 : 1;
	size_t best = limit + 1;
	struct str nearest = {};
	for (size_t i = 0; i < count; i++) {
		if (!candidates[i].len || candidates[i].len > WORD_MAX)
			continue;
		size_t far = distance(word, candidates[i]);
		if (far < best && far < word.len) {
			best = far;
			nearest = candidates[i];
		}
	}
	if (!nearest.len)
		nearest = same_beginning(word, candidates, count);
	if (!nearest.len)
		return (struct str){};
	return str_format(d->arena, "did you mean '%.*s'?", STR_ARG(nearest));
}
