/*
 * A fuzz target's share in `make test`: the kept inputs, then a fixed number of inputs made from
 * them with a fixed seed. The same every time and everywhere; the long run is `make fuzz`.
 *
 * usage: fuzz_X COUNT CORPUS-FOLDER
 *
 * A kept input whose name ends in .hex is hexadecimal text of its bytes.
 */
#include "os/files.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
[[gnu::weak]] int LLVMFuzzerInitialize(int *count, char ***arguments);

enum { INPUT_MAX = 4096, CHANGES_MAX = 8 };

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators". */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1d;
}

static size_t below(uint64_t *state, size_t limit)
{
	return limit ? (size_t)(next_random(state) % limit) : 0;
}

/* Bytes are flipped, overwritten, moved, cut off, or come from another input. */
static size_t change(uint64_t *state, uint8_t *input, size_t len, struct str other)
{
	static const uint8_t telling[] = {0, 1, 0x7f, 0x80, 0xff, '\n', '\t', '='};
	size_t at = below(state, len);
	size_t run = below(state, len - at < 64 ? len - at : 64);
	switch (below(state, 6)) {
	case 0:
		if (len)
			input[at] ^= (uint8_t)(1u << below(state, 8));
		return len;
	case 1:
		if (len)
			input[at] = telling[below(state, sizeof telling)];
		return len;
	case 2:
		memmove(input + below(state, len - run + 1), input + at, run);
		return len;
	case 3:
		return at;
	case 4:
		run = run < other.len ? run : other.len;
		if (run)
			memcpy(input + at, other.ptr + below(state, other.len - run + 1), run);
		return len;
	default:
		if (len < INPUT_MAX)
			input[len++] = (uint8_t)next_random(state);
		return len;
	}
}

static void run(const void *bytes, size_t len)
{
	uint8_t *exact = malloc(len + !len);
	if (!exact)
		abort();
	if (len)
		memcpy(exact, bytes, len);
	LLVMFuzzerTestOneInput(exact, len);
	free(exact);
}

static void run_changed(const struct strs *inputs, size_t count)
{
	uint64_t state = 0x5275734f53;
	uint8_t input[INPUT_MAX];
	for (size_t i = 0; i < count; i++) {
		struct str from = inputs->items[below(&state, inputs->count)];
		struct str other = inputs->items[below(&state, inputs->count)];
		size_t len = from.len < INPUT_MAX ? from.len : INPUT_MAX;
		if (len)
			memcpy(input, from.ptr, len);
		for (size_t k = 1 + below(&state, CHANGES_MAX); k > 0; k--)
			len = change(&state, input, len, other);
		run(input, len);
	}
}

static int hex_value(char c)
{
	const char *at = memchr("0123456789abcdef", c, 16);
	return at ? c <= '9' ? c - '0' : c - 'a' + 10 : -1;
}

static struct str from_hex(struct arena *a, struct str text)
{
	char *bytes = arena_alloc(a, text.len / 2 + 1);
	size_t digits = 0;
	for (size_t i = 0; i < text.len; i++) {
		int value = hex_value(text.ptr[i]);
		if (value < 0)
			continue;
		bytes[digits / 2] = (char)(digits % 2 ? bytes[digits / 2] << 4 | value : value);
		digits++;
	}
	return (struct str){bytes, digits / 2};
}

int main(int count, char **arguments)
{
	struct arena a;
	struct strs paths = {}, inputs = {};
	if (count != 3)
		return 2;
	if (LLVMFuzzerInitialize)
		LLVMFuzzerInitialize(&count, &arguments);
	host_arena_init(&a);
	strs_add(&inputs, &a, (struct str){});
	if (tree_files(&a, arguments[2], &paths) != 0 || !paths.count) {
		fprintf(stderr, "no inputs in %s\n", arguments[2]);
		return 1;
	}
	for (size_t i = 0; i < paths.count; i++) {
		struct str content;
		if (file_read(&a, arena_c_str(&a, paths.items[i]), &content) != 0)
			return 1;
		bool is_hex = str_ends_with(paths.items[i], STR(".hex"));
		strs_add(&inputs, &a, is_hex ? from_hex(&a, content) : content);
	}
	for (size_t i = 0; i < inputs.count; i++)
		run(inputs.items[i].ptr, inputs.items[i].len);
	run_changed(&inputs, strtoul(arguments[1], NULL, 10));
	arena_release(&a);
	return 0;
}
