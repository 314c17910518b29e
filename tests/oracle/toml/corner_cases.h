/*
 * Corner cases of toml.io/en/v1.0.0, section by section.
 *
 * `valid` is what the specification says. Where tomllib decides otherwise, its
 * answer is not asked for and the reason stands beside the case.
 */
#pragma once

#include <base/api.h>

struct corner_case {
	struct str text;
	bool valid;
	const char *not_asked; /* why tomllib is not the judge */
};

#define VALID(text)                                                                                \
	{                                                                                          \
		STR_INIT(text), true, NULL                                                         \
	}
#define INVALID(text)                                                                              \
	{                                                                                          \
		STR_INIT(text), false, NULL                                                        \
	}
#define BEYOND(text, is_valid, reason)                                                             \
	{                                                                                          \
		STR_INIT(text), is_valid, reason                                                   \
	}

/* clang-format off */
static const struct corner_case corner_cases[] = {
	/* Documents, comments, line ends */
	VALID(""), VALID("\n"), VALID("\r\n"), VALID("# only a comment"), VALID("  \t "),
	VALID("a = 1 # tail"), VALID("a=1#tail"), VALID("a = 1\r\nb = 2\r\n"), VALID("# \t tab"),
	VALID("a = 1\n\n\nb = 2"), VALID("# \xF0\x9F\x98\x80 \xED\x95\x9C"),
	INVALID("# bell \x07"), INVALID("# del \x7F"), INVALID("# cr \r in it\n"), INVALID("a = 1\rb = 2"),
	INVALID("\xEF\xBB\xBF" "a = 1"), INVALID("a = \"\xFF\""), INVALID("# \xC0\xAF"),
	INVALID("# \xED\xA0\x80"), INVALID("# \xF4\x90\x80\x80"), INVALID("# \xE2\x82"),
	INVALID("a = 1 b = 2"), INVALID("a = 1,"), INVALID("a"), INVALID("a ="), INVALID("= 1"),
	INVALID("a = \n1"), INVALID("a\n= 1"), INVALID("a = 1 = 2"), INVALID("a == 1"), INVALID(","),
	INVALID("a = \"x\"\"y\""), INVALID("\x00"), INVALID("a = 1\x00"), INVALID("a\x0C = 1"),

	/* Keys */
	VALID("bare_key-1 = 1"), VALID("1234 = 1"), VALID("- = 1"), VALID("_ = 1"), VALID("\"\" = 1"),
	VALID("'' = 1"), VALID("\"a b\" = 1"), VALID("'a\"b' = 1"), VALID("\"\\u00E9\" = 1"),
	VALID("a.b.c = 1"), VALID("a . b\t.\tc = 1"), VALID("a.\"b.c\".'d' = 1"), VALID("3.14 = 1"),
	VALID("true = 1"), VALID("inf = 1"), VALID("a.b = 1\na.c = 2"), VALID("a.b = 1\nx = 1\na.c = 2"),
	VALID("1979-05-27 = 1"), VALID("\"=\" = 1"), VALID("\"#\" = 1"), VALID("\"\\n\" = 1"),
	INVALID("a. = 1"), INVALID(".a = 1"), INVALID("a..b = 1"), INVALID("a b = 1"),
	INVALID("\xC3\xA9 = 1"), INVALID("a\xC3\xA9 = 1"), INVALID("a+b = 1"), INVALID("\"a\nb\" = 1"),
	INVALID("\"\"\"a\"\"\" = 1"), INVALID("'''a''' = 1"), INVALID("\"a\"b = 1"), INVALID("a\"b\" = 1"),
	INVALID("a = 1\na = 2"), INVALID("a = 1\n\"a\" = 2"), INVALID("a = 1\n'a' = 2"),
	INVALID("a = 1\n\"\\u0061\" = 2"), INVALID("a = 1\na.b = 2"), INVALID("a.b = 1\na = 2"),
	INVALID("a.b = 1\na.b = 2"), INVALID("a.b = 1\na.b.c = 2"), INVALID("a. \n b = 1"),
	INVALID("\"\\x\" = 1"), INVALID("\" = 1"), INVALID("' = 1"), INVALID("[a = 1"), INVALID("a] = 1"),
	VALID("a = 1\nA = 2"), VALID("\"a\\u0000\" = 1\na = 2"),

	/* Basic strings */
	VALID("a = \"\""), VALID("a = \"\\b\\t\\n\\f\\r\\\"\\\\\""), VALID("a = \"\\u0000\""),
	VALID("a = \"\\u00e9\\u00E9\\U0001F600\""), VALID("a = \"\\uD7FF\\uE000\\U0010FFFF\""),
	VALID("a = \"tab\there\""), VALID("a = \"# no comment\""), VALID("a = \"'\""),
	VALID("a = \"\xED\x95\x9C\xEA\xB8\x80\""),
	INVALID("a = \"\\a\""), INVALID("a = \"\\ \""), INVALID("a = \"\\'\""), INVALID("a = \"\\u12\""),
	INVALID("a = \"\\u12G4\""), INVALID("a = \"\\U0001F60\""), INVALID("a = \"\\uD800\""),
	INVALID("a = \"\\uDFFF\""), INVALID("a = \"\\U00110000\""), INVALID("a = \"\\UFFFFFFFF\""),
	INVALID("a = \"\\x41\""), INVALID("a = \"\\e\""), INVALID("a = \"line\nbreak\""),
	INVALID("a = \"open"), INVALID("a = \"open\\\""), INVALID("a = \"\\"), INVALID("a = \"x' "),
	INVALID("a = \"\x01\""), INVALID("a = \"\x7F\""), INVALID("a = \"\r\n\""), INVALID("a = \"\\\n\""),
	INVALID("a = \"\\u\""), INVALID("a = \"\\u-123\""), INVALID("a = \"\\U 000041\""),

	/* Multi-line basic strings */
	VALID("a = \"\"\"\"\"\""), VALID("a = \"\"\"\n\"\"\""), VALID("a = \"\"\"\r\n\"\"\""),
	VALID("a = \"\"\"\n\nx\n\"\"\""), VALID("a = \"\"\"x\\\n   y\"\"\""), VALID("a = \"\"\"x\\  \n\n\t y\"\"\""),
	VALID("a = \"\"\"x\\\r\n  y\"\"\""), VALID("a = \"\"\"one \" two \"\" end\"\"\""),
	VALID("a = \"\"\"x\"\"\"\""), VALID("a = \"\"\"x\"\"\"\"\""), VALID("a = \"\"\"\"x\"\"\""),
	VALID("a = \"\"\"\"\"x\"\"\""), VALID("a = \"\"\"x\\\"\"\"\""), VALID("a = \"\"\"\\\"\"\"\\\"\"\"\""),
	VALID("a = \"\"\"x\r\ny\"\"\""), VALID("a = \"\"\"\\\n\"\"\""), VALID("a = \"\"\"x\\\n\n\n\"\"\""),
	VALID("a = \"\"\"\\\\\n\"\"\""), VALID("a = \"\"\"a\\u0041\n\"\"\""), VALID("a = \"\"\"'''\"\"\""),
	INVALID("a = \"\"\"x\"\"\"\"\"\""), INVALID("a = \"\"\"open"), INVALID("a = \"\"\"open\"\""),
	INVALID("a = \"\"\"x\\ y\"\"\""), INVALID("a = \"\"\"\\q\"\"\""), INVALID("a = \"\"\"\x01\"\"\""),
	INVALID("a = \"\"\"cr \r x\"\"\""), INVALID("a = \"\"\"x\\\"\"\""), INVALID("a = \"\"\"\\"),
	INVALID("a = \"\"\"x\\   \"\"\""), INVALID("a = \"\"\"\"\""), INVALID("a = \"\"\"\"\"\"x"),

	/* Literal strings */
	VALID("a = ''"), VALID("a = 'C:\\dir\\'"), VALID("a = '\"'"), VALID("a = '\t'"),
	VALID("a = ''''''"), VALID("a = '''\nx'''"), VALID("a = '''x''''"), VALID("a = '''x'''''"),
	VALID("a = '''''x'''"), VALID("a = '''it's'''"), VALID("a = '''\\\n'''"), VALID("a = '''x\r\ny'''"),
	INVALID("a = 'it's'"), INVALID("a = 'x\n'"), INVALID("a = 'open"), INVALID("a = '''open''"),
	INVALID("a = '''x''''''"), INVALID("a = '\x01'"), INVALID("a = '''\x7F'''"), INVALID("a = '\xFF'"),

	/* Integers */
	VALID("a = 0"), VALID("a = +0"), VALID("a = -0"), VALID("a = +99"), VALID("a = 1_000"),
	VALID("a = 1_2_3_4"), VALID("a = 9223372036854775807"), VALID("a = -9223372036854775808"),
	VALID("a = 0xDEADBEEF"), VALID("a = 0xdead_beef"), VALID("a = 0o755"), VALID("a = 0b1101_0110"),
	VALID("a = 0x00"), VALID("a = 0o0"), VALID("a = 0b0"), VALID("a = 0x7FFFFFFFFFFFFFFF"),
	INVALID("a = 01"), INVALID("a = +01"), INVALID("a = -01"), INVALID("a = 00"), INVALID("a = 0_0"),
	INVALID("a = _1"), INVALID("a = 1_"), INVALID("a = 1__0"), INVALID("a = +_1"), INVALID("a = ++1"),
	INVALID("a = +-1"), INVALID("a = 0x"), INVALID("a = 0xG"), INVALID("a = 0x_1"), INVALID("a = 0x1_"),
	INVALID("a = 0X1"), INVALID("a = 0O7"), INVALID("a = 0B1"), INVALID("a = 0o8"), INVALID("a = 0b2"),
	INVALID("a = +0x1"), INVALID("a = -0b1"), INVALID("a = 1 000"), INVALID("a = 1a"), INVALID("a = +"),
	INVALID("a = -"), INVALID("a = 0_1"), INVALID("a = 1,000"), INVALID("a = 0x1.5"), INVALID("a = 0b1e2"),
	BEYOND("a = 9223372036854775808", false, "Python's integers have no limit; 64 bits are all we hold"),
	BEYOND("a = -9223372036854775809", false, "Python's integers have no limit"),
	BEYOND("a = 0x8000000000000000", false, "Python's integers have no limit"),

	/* Floats */
	VALID("a = 1.0"), VALID("a = +1.0"), VALID("a = -0.01"), VALID("a = 5e+22"), VALID("a = 1e06"),
	VALID("a = -2E-2"), VALID("a = 6.626e-34"), VALID("a = 224_617.445_991_228"), VALID("a = 1e1_0"),
	VALID("a = inf"), VALID("a = +inf"), VALID("a = -inf"), VALID("a = nan"), VALID("a = +nan"),
	VALID("a = -nan"), VALID("a = 0.0"), VALID("a = -0.0"), VALID("a = 0e0"), VALID("a = 1e999"),
	VALID("a = 1e-999"), VALID("a = 0.1"), VALID("a = 3.0e0"), VALID("a = 1.00000000000000000000000001"),
	INVALID("a = .7"), INVALID("a = 7."), INVALID("a = 3.e+20"), INVALID("a = 1e"), INVALID("a = 1e+"),
	INVALID("a = 1.e1"), INVALID("a = 01.5"), INVALID("a = 1_.5"), INVALID("a = 1._5"), INVALID("a = 1.5_"),
	INVALID("a = 1e_5"), INVALID("a = 1e5_"), INVALID("a = 1.2.3"), INVALID("a = 1e2.3"), INVALID("a = Inf"),
	INVALID("a = NaN"), INVALID("a = infinity"), INVALID("a = +.5"), INVALID("a = -.5"), INVALID("a = e5"),
	INVALID("a = 0x1p3"), INVALID("a = 00.5"), INVALID("a = 1__0.5"), INVALID("a = 1.0 0"), INVALID("a = 1f"),

	/* Booleans */
	VALID("a = true"), VALID("a = false"), VALID("a = true#"),
	INVALID("a = True"), INVALID("a = TRUE"), INVALID("a = truer"), INVALID("a = tru"), INVALID("a = t"),
	INVALID("a = falsey"), INVALID("a = yes"), INVALID("a = null"), INVALID("a = true false"),

	/* Dates and times */
	VALID("a = 1979-05-27T07:32:00Z"), VALID("a = 1979-05-27 07:32:00z"), VALID("a = 1979-05-27t00:32:00-07:00"),
	VALID("a = 1979-05-27T00:32:00.999999+09:30"), VALID("a = 1979-05-27T07:32:00"), VALID("a = 1979-05-27"),
	VALID("a = 07:32:00"), VALID("a = 00:32:00.999999"), VALID("a = 00:00:00.1234567891234"),
	VALID("a = 2000-02-29"), VALID("a = 2024-02-29"), VALID("a = 23:59:59"), VALID("a = 1979-05-27 # day"),
	VALID("a = 1979-05-27 07:32:00 # time"), VALID("a = 9999-12-31T23:59:59.999999Z"), VALID("a = 0001-01-01"),
	VALID("a = 2000-01-01T00:00:00+23:59"), VALID("a = 2000-01-01T00:00:00-00:00"), VALID("a = [1979-05-27, 07:32:00]"),
	VALID("a = { b = 1979-05-27 }"), VALID("a = 1979-05-27 \n"), VALID("a = 1979-05-27\t# t"),
	INVALID("a = 1979-13-01"), INVALID("a = 1979-00-01"), INVALID("a = 1979-01-00"), INVALID("a = 1979-04-31"),
	INVALID("a = 1900-02-29"), INVALID("a = 2023-02-29"), INVALID("a = 24:00:00"), INVALID("a = 00:60:00"),
	INVALID("a = 00:00:61"), INVALID("a = 07:32"), INVALID("a = 1979-05-27T07:32"), INVALID("a = 1979-05-27T"),
	INVALID("a = 1979-5-27"), INVALID("a = 79-05-27"), INVALID("a = 1979-05-27T7:32:00"), INVALID("a = 07:32:00."),
	INVALID("a = 07:32:00Z"), INVALID("a = 1979-05-27Z"), INVALID("a = 1979-05-27T07:32:00+24:00"),
	INVALID("a = 1979-05-27T07:32:00+09:60"), INVALID("a = 1979-05-27T07:32:00+0900"), INVALID("a = 1979-05-27T07:32:00+9:00"),
	INVALID("a = 1979-05-27  07:32:00"), INVALID("a = 1979-05-27\t07:32:00"), INVALID("a = 1979-05-27 07"),
	INVALID("a = 1979-05-27X07:32:00"), INVALID("a = 1979-05-27T07:32:00 Z"), INVALID("a = 19790527T073200Z"),
	INVALID("a = 1979-05-27T07:32:00ZZ"), INVALID("a = 1979-05-27 0"), INVALID("a = 12:30:00,5"), INVALID("a = 1:00:00"),
	INVALID("a = 1979/05/27"), INVALID("a = 11979-05-27"), INVALID("a = -1979-05-27"), INVALID("a = 1979-05-27T07:32:00.Z"),
	BEYOND("a = 0000-01-01", true, "RFC 3339 has the year 0000, Python's calendar begins with 1"),
	BEYOND("a = 1990-12-31T23:59:60Z", true, "RFC 3339 has leap seconds, Python has none"),

	/* Arrays */
	VALID("a = []"), VALID("a = [ ]"), VALID("a = [1]"), VALID("a = [1,]"), VALID("a = [1, 2.0, \"x\", [true]]"),
	VALID("a = [\n1,\n2\n]"), VALID("a = [ # c\n 1, # d\n # e\n 2 # f\n]"), VALID("a = [\n]"), INVALID("a = [\n\n,]"),
	VALID("a = [[[[]]]]"), VALID("a = [{b = 1}, {b = 2}]"), VALID("a = [\"\"\"x\ny\"\"\", 'z']"),
	VALID("a = [1\n,2\n,\n]"), VALID("a = [\r\n1\r\n]"), VALID("a = [\"#\", \",\", \"]\"] # ok"),
	INVALID("a = [,]"), INVALID("a = [,1]"), INVALID("a = [1,,2]"), INVALID("a = [1 2]"), INVALID("a = [1"),
	INVALID("a = ["), INVALID("a = ]"), INVALID("a = [1]]"), INVALID("a = [1}"), INVALID("a = [1,\nb = 2"),
	INVALID("a = [1]2"), INVALID("a = [a]"), INVALID("a = [1 # ]"), INVALID("a = [[1]"), INVALID("a = [ = ]"),
	INVALID("a = [b = 1]"), INVALID("a = [1; 2]"), INVALID("a = []\na.b = 1"), INVALID("a = [\"x\n\"]"),

	/* Tables */
	VALID("[a]"), VALID("[a]\n[b]"), VALID("[a.b.c]"), VALID("[ a . b ]"), VALID("[\"a b\".'c']"),
	VALID("[a.b]\n[a]"), VALID("[a.b]\n[a]\nc = 1"), VALID("[a] # c"), VALID("[a]\n[a.b]\n[a.c]"),
	VALID("[\"\"]"), VALID("  [a]  "), VALID("[a]\nb.c = 1\n[a.d]"), VALID("a.b = 1\n[a.c]"),
	VALID("a.b.c = 1\n[a.b.d]"), VALID("[a]\n[b]\n[a.c]"), VALID("[x.y.z.w]\n[x]"), VALID("[1.2]"),
	VALID("[a.b.c]\n[a]\nb.d = 1"),
	INVALID("[]"), INVALID("[ ]"), INVALID("[a"), INVALID("[a]]"), INVALID("[[a]"), INVALID("[a]b = 1"),
	INVALID("[a] b = 1"), INVALID("[a]\n[a]"), INVALID("[a.]"), INVALID("[.a]"), INVALID("[a..b]"),
	INVALID("[a b]"), INVALID("[a\n]"), INVALID("a = 1\n[a]"), INVALID("a = 1\n[a.b]"), INVALID("[a]\nb = 1\n[a.b]"),
	INVALID("a.b = 1\n[a]"), INVALID("a.b.c = 1\n[a.b]"), INVALID("[a]\nb.c = 1\n[a.b]"), INVALID("[a.b]\n[a]\nb = 1"),
	INVALID("[a.b.c]\n[a]\nb.c = 1"), INVALID("[a.b.c]\nz = 9\n[a]\nb.c.t = 1"), INVALID("[a.b.c.d]\nz = 9\n[a]\nb.c.d.k.t = 1"),
	INVALID("[a.b]\nc.d = 1\n[a.b.c]"), INVALID("[a]\n[a.b]\n[a]"), INVALID("[a]\nb = 1\nb.c = 1"), INVALID("[\"\"\"a\"\"\"]"),
	INVALID("[a]\n[\"a\"]"), INVALID("[a]\nb.c = 1\nb.c.d = 1"), INVALID("[a.b.c]\n[a]\nb.d = 1\n[a.b]"), INVALID("[a=b]"),
	INVALID("[#]"), INVALID("[a#]"), INVALID("a = 1\n[[a]]"), INVALID("[é]"),

	/* Inline tables */
	VALID("a = {}"), VALID("a = { }"), VALID("a = { b = 1 }"), VALID("a = {b=1,c=2}"), VALID("a = { b.c = 1, b.d = 2 }"),
	VALID("a = { \"b c\" = 1, 'd' = 2 }"), VALID("a = { b = [\n1,\n2\n] }"), VALID("a = { b = {} }"), VALID("a = { b = \"\"\"x\ny\"\"\" }"),
	VALID("a = {b = {c = {d = 1}}}"), VALID("a = { b = 1 } # c"), VALID("a.b = {c = 1}\na.d = 2"),
	INVALID("a = { b = 1, }"), INVALID("a = { , }"), INVALID("a = {,b = 1}"), INVALID("a = { b = 1,, c = 2 }"),
	INVALID("a = { b = 1 c = 2 }"), INVALID("a = {\n}"), INVALID("a = { b = 1\n}"), INVALID("a = { b = 1,\nc = 2 }"),
	INVALID("a = { # c\n}"), INVALID("a = {"), INVALID("a = { b"), INVALID("a = { b }"), INVALID("a = { b = }"),
	INVALID("a = { b = 1"), INVALID("a = }"), INVALID("a = { b = 1 ]"), INVALID("a = { b = 1, b = 2 }"),
	INVALID("a = { b = 1, b.c = 2 }"), INVALID("a = { b.c = 1, b = 2 }"), INVALID("a = { b = {c = 1}, b.d = 2 }"),
	INVALID("a = {}\na.b = 1"), INVALID("a = {}\n[a]"), INVALID("a = {}\n[a.b]"), INVALID("a = {b = {}}\na.b.c = 1"),
	INVALID("a = {b.c = 1}\na.b.d = 2"), INVALID("a = {b.c = 1}\n[a.b]"), INVALID("[a]\nb = {}\n[a.b]"), INVALID("[a]\nb = {}\n[a.b.c]"),
	INVALID("[a.b]\n[a]\nb = {}"), INVALID("a.b = 1\na = {}"), INVALID("a = {b = 1} c = 2"), INVALID("a = {[b] = 1}"), INVALID("a = {b = 1}}"),
	INVALID("a = { = 1 }"), INVALID("a = [{b = 1}]\n[a.c]"), INVALID("a = [{b = 1}]\n[[a]]"), INVALID("a = {b = [}"), INVALID("a = {1}"),

	/* Arrays of tables */
	VALID("[[a]]"), VALID("[[a]]\n[[a]]"), VALID("[[a]]\nb = 1\n[[a]]\nb = 2"), VALID("[[a]]\n[a.b]\n[[a]]\n[a.b]"),
	VALID("[[a]]\n[[a.b]]\n[[a.b]]\n[[a]]\n[[a.b]]"), VALID("[[ a . b ]]"), VALID("[[a.b]]\n[a]"), VALID("[a]\n[[a.b]]"),
	VALID("[[a]]\nb.c = 1\n[[a]]\nb.c = 1"), VALID("[[a]]\n[a.b.c]\n[a.b]"), VALID("[[a]] # c"), VALID("a.b = 1\n[[a.c]]"),
	INVALID("[[a]]\n[a]"), INVALID("[a]\n[[a]]"), INVALID("[[a.b]]\n[a.b]"), INVALID("a = []\n[[a]]"), INVALID("[a.b]\n[[a]]"),
	INVALID("[[a]"), INVALID("[[a] ]"), INVALID("[ [a]]"), INVALID("[[]]"), INVALID("[[a]]\n[a.b]\n[a.b]"), INVALID("[[a]]\n[a.b]\n[[a.b]]"),
	INVALID("[[a.b]]\n[a]\nb.c = 1"), INVALID("[[a]]\na = 1\na = 2"), INVALID("[[a]]\n[[a.b]]\n[a.b]"), INVALID("a.b = 1\n[[a]]"),
	INVALID("[[a.b]]\n[a]\nb = 1"), INVALID("a.b = 1\n[[a.b]]"), INVALID("[[a]]b = 1"), INVALID("[[a]]]"), INVALID("a = {}\n[[a.b]]"),
};
/* clang-format on */
