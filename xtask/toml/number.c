/* Integers, floats, inf and nan. */
#include "toml/parser.h"
#include <stdlib.h>
#include <string.h>

static int digit_value(char byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	if (byte >= 'A' && byte <= 'F')
		return byte - 'A' + 10;
	return 99;
}

static const char not_a_number[] = "";

/* Digits of a base with single underscores between them; says what is wrong, else NULL. */
static const char *digits_problem(struct str s, int base)
{
	if (!s.len)
		return "digits are missing";
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '_') {
			bool between = i > 0 && i + 1 < s.len && s.ptr[i - 1] != '_';
			if (!between || s.ptr[i + 1] == '_')
				return "'_' may only stand between two digits";
		} else if (digit_value(s.ptr[i]) >= base) {
			return base == 10 ? not_a_number : "a digit that the base does not have";
		}
	}
	return NULL;
}

/* Checked digits to a value; false on overflow. Counts downwards, so that the smallest fits. */
static bool integer_value(struct str digits, int base, bool negative, int64_t *out_value)
{
	int64_t value = 0;
	for (size_t i = 0; i < digits.len; i++) {
		if (digits.ptr[i] == '_')
			continue;
		if (__builtin_mul_overflow(value, base, &value) ||
		    __builtin_sub_overflow(value, digit_value(digits.ptr[i]), &value))
			return false;
	}
	if (!negative && __builtin_sub_overflow(0, value, &value))
		return false;
	*out_value = value;
	return true;
}

static bool problem(struct token_problem *out_problem, const char *message, struct str hint)
{
	*out_problem = (struct token_problem){message == not_a_number ? NULL : message, hint};
	return false;
}

static bool integer_parse(struct str digits, int base, bool negative, struct toml_value *value,
                          struct token_problem *out_problem)
{
	const char *wrong = digits_problem(digits, base);
	if (wrong)
		return problem(out_problem, wrong, (struct str){});
	value->kind = TOML_INTEGER;
	if (!integer_value(digits, base, negative, &value->integer))
		return problem(out_problem, "an integer that does not fit into 64 bits with sign",
		               (struct str){});
	return true;
}

static size_t find_any(struct str s, const char *bytes)
{
	size_t i = 0;
	while (i < s.len && !strchr(bytes, s.ptr[i]))
		i++;
	return i;
}

static double real_value(struct parser *p, struct str token)
{
	char *clean = arena_alloc(p->arena, token.len + 1);
	size_t len = 0;
	for (size_t i = 0; i < token.len; i++)
		if (token.ptr[i] != '_')
			clean[len++] = token.ptr[i];
	clean[len] = '\0';
	return strtod(clean, NULL);
}

static bool leading_zero(struct str digits)
{
	return digits.len > 1 && digits.ptr[0] == '0';
}

/* token has its sign, body has not; the body holds '.', 'e' or 'E'. */
static bool float_parse(struct parser *p, struct str token, struct str body,
                        struct toml_value *value, struct token_problem *out_problem)
{
	size_t whole_end = find_any(body, ".eE");
	struct str whole = str_slice(body, 0, whole_end);
	struct str rest = str_slice(body, whole_end, body.len);
	const char *wrong = digits_problem(whole, 10);
	if (wrong)
		return problem(out_problem, whole.len ? wrong : "a digit is missing before '.'",
		               (struct str){});
	if (leading_zero(whole))
		return problem(out_problem, "a number can't begin with 0", (struct str){});
	if (rest.ptr[0] == '.') {
		size_t end = find_any(rest, "eE");
		struct str fraction = str_slice(rest, 1, end);
		wrong = digits_problem(fraction, 10);
		if (wrong)
			return problem(out_problem,
			               fraction.len ? wrong : "a digit is missing behind '.'",
			               (struct str){});
		rest = str_slice(rest, end, rest.len);
	}
	if (rest.len) {
		struct str exponent = str_slice(rest, 1, rest.len);
		if (exponent.len && (exponent.ptr[0] == '+' || exponent.ptr[0] == '-'))
			exponent = str_slice(exponent, 1, exponent.len);
		wrong = digits_problem(exponent, 10);
		if (wrong)
			return problem(out_problem,
			               exponent.len ? wrong : "the exponent has no digits",
			               (struct str){});
	}
	value->kind = TOML_FLOAT;
	value->real = real_value(p, token);
	return true;
}

static int base_of(struct str body)
{
	if (body.len < 2 || body.ptr[0] != '0')
		return 10;
	switch (body.ptr[1]) {
	case 'x':
		return 16;
	case 'o':
		return 8;
	case 'b':
		return 2;
	default:
		return 10;
	}
}

static bool decimal_parse(struct parser *p, struct str body, bool negative,
                          struct toml_value *value, struct token_problem *out_problem)
{
	if (leading_zero(body) && !digits_problem(body, 10)) {
		size_t zeros = 0;
		while (zeros + 1 < body.len && (body.ptr[zeros] == '0' || body.ptr[zeros] == '_'))
			zeros++;
		struct str shown = parser_clip(str_slice(body, zeros, body.len));
		return problem(out_problem, "a number can't begin with 0",
		               str_format(p->arena, "write %.*s; octal is 0o...", STR_ARG(shown)));
	}
	return integer_parse(body, 10, negative, value, out_problem);
}

bool number_parse(struct parser *p, struct str token, struct toml_value *value,
                  struct token_problem *out_problem)
{
	bool sign = token.ptr[0] == '+' || token.ptr[0] == '-';
	bool negative = token.ptr[0] == '-';
	struct str body = str_slice(token, sign, token.len);
	if (str_equal(body, STR("inf")) || str_equal(body, STR("nan"))) {
		value->kind = TOML_FLOAT;
		value->real = real_value(p, token);
		return true;
	}
	int base = base_of(body);
	if (body.len > 2 && body.ptr[0] == '0' && str_contains(STR("XOB"), body.ptr[1]))
		return problem(out_problem, "the base is written in lower case",
		               STR("0x, 0o or 0b"));
	if (base != 10 && sign)
		return problem(out_problem, "only decimal numbers have a sign", (struct str){});
	if (base != 10)
		return integer_parse(str_slice(body, 2, body.len), base, false, value, out_problem);
	if (body.len && digit_value(body.ptr[0]) >= 10 && body.ptr[0] != '.' && body.ptr[0] != '_')
		return problem(out_problem, not_a_number, (struct str){});
	if (find_any(body, ".eE") < body.len)
		return float_parse(p, token, body, value, out_problem);
	return decimal_parse(p, body, negative, value, out_problem);
}
