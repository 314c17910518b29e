#include "../../test.h"
#include "diag/utf8.h"

static void characters_of_every_length_are_decoded_and_encoded(void **)
{
	static const struct {
		struct str bytes;
		uint32_t code_point;
	} cases[] = {
	        {STR_INIT("\0"), 0},
	        {STR_INIT("a"), 'a'},
	        {STR_INIT("\x7F"), 0x7F},
	        {STR_INIT("\xC2\x80"), 0x80},
	        {STR_INIT("\xDF\xBF"), 0x7FF},
	        {STR_INIT("\xE0\xA0\x80"), 0x800},
	        {STR_INIT("\xED\x9F\xBF"), 0xD7FF},
	        {STR_INIT("\xEE\x80\x80"), 0xE000},
	        {STR_INIT("\xEF\xBF\xBF"), 0xFFFF},
	        {STR_INIT("\xF0\x90\x80\x80"), 0x10000},
	        {STR_INIT("\xF4\x8F\xBF\xBF"), 0x10FFFF},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint32_t code_point = 0;
		char bytes[4];
		assert_int_equal(utf8_decode(cases[i].bytes, &code_point), cases[i].bytes.len);
		assert_int_equal(code_point, cases[i].code_point);
		size_t len = utf8_write(code_point, bytes);
		assert_str(((struct str){bytes, len}), cases[i].bytes);
	}
}

static void what_is_not_utf8_is_refused(void **)
{
	static const struct str cases[] = {
	        STR_INIT(""),
	        STR_INIT("\x80"), /* a continuation alone */
	        STR_INIT("\xC0\x80"), /* overlong */
	        STR_INIT("\xC1\xBF"),
	        STR_INIT("\xE0\x9F\xBF"),
	        STR_INIT("\xF0\x8F\xBF\xBF"),
	        STR_INIT("\xED\xA0\x80"), /* surrogates */
	        STR_INIT("\xED\xBF\xBF"),
	        STR_INIT("\xF4\x90\x80\x80"), /* too large */
	        STR_INIT("\xF8\x88\x80\x80\x80"),
	        STR_INIT("\xFF"),
	        STR_INIT("\xE2\x82"), /* cut short */
	        STR_INIT("\xE2(\xA1"),
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint32_t code_point;
		assert_int_equal(utf8_decode(cases[i], &code_point), 0);
	}
	char bytes[4];
	assert_int_equal(utf8_write(0xD800, bytes), 0);
	assert_int_equal(utf8_write(0x110000, bytes), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(characters_of_every_length_are_decoded_and_encoded),
	        cmocka_unit_test(what_is_not_utf8_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
