#include "../../arena.h"
#include "../../test.h"
#include "manifest/values.h"
#include <string.h>

static struct str repeated(char byte, size_t count)
{
	char *bytes = arena_alloc(&arena, count + 1);
	memset(bytes, byte, count);
	return (struct str){bytes, count};
}

static void names_are_lower_case_words_that_fit_a_desktop_id(void **)
{
	static const struct {
		struct str name, problem;
	} cases[] = {
	        {STR_INIT("rootd"), STR_INIT("")},
	        {STR_INIT("virtio-gpu"), STR_INIT("")},
	        {STR_INIT("virtio_dma_buf2"), STR_INIT("")},
	        {STR_INIT(""), STR_INIT("is empty")},
	        {STR_INIT(" \t"), STR_INIT("is empty")},
	        {STR_INIT("Rootd"), STR_INIT("contains a capital letter")},
	        {STR_INIT("a b"), STR_INIT("contains a blank")},
	        {STR_INIT("a,b"), STR_INIT("contains ','")},
	        {STR_INIT("a.b"), STR_INIT("contains '.'")},
	        {STR_INIT("a/b"), STR_INIT("contains '/'")},
	        {STR_INIT("a\tb"), STR_INIT("contains a tab")},
	        {STR_INIT("a\x01"), STR_INIT("contains a control character")},
	        {STR_INIT("gr\xc3\xbc\xc3\x9f"),
	         STR_INIT("contains a character that is not ASCII")},
	        {STR_INIT("a%"), STR_INIT("contains a special character")},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_str(name_problem(&arena, cases[i].name).message, cases[i].problem);
	assert_int_equal(name_problem(&arena, repeated('a', ID_BYTES_MAX)).message.len, 0);
	assert_str(name_problem(&arena, repeated('a', ID_BYTES_MAX + 1)).message,
	           STR("is 33 characters long"));
}

static void paths_of_the_image_are_normal_and_fit_FAT(void **)
{
	static const struct {
		struct str path, problem, hint;
	} cases[] = {
	        {STR_INIT("apps/a b/x-1_2~(3).elf"), STR_INIT(""), STR_INIT("")},
	        {STR_INIT(".hidden"), STR_INIT(""), STR_INIT("")},
	        {STR_INIT(""), STR_INIT("is empty"), STR_INIT("name the file or folder")},
	        {STR_INIT("/a"), STR_INIT("is absolute"), STR_INIT("leave out the leading '/'")},
	        {STR_INIT("a\\b"), STR_INIT("contains a backslash"),
	         STR_INIT("separate folders with '/'")},
	        {STR_INIT("a//b"), STR_INIT("is not in normal form"), STR_INIT("write 'a/b'")},
	        {STR_INIT("a/"), STR_INIT("is not in normal form"), STR_INIT("write 'a'")},
	        {STR_INIT("./a"), STR_INIT("is not in normal form"), STR_INIT("write 'a'")},
	        {STR_INIT("a/./b"), STR_INIT("is not in normal form"), STR_INIT("write 'a/b'")},
	        {STR_INIT("a/../b"), STR_INIT("is not in normal form"), STR_INIT("write 'b'")},
	        {STR_INIT("."), STR_INIT("names no file"), STR_INIT("name the file or folder")},
	        {STR_INIT("a/.."), STR_INIT("names no file"), STR_INIT("name the file or folder")},
	        {STR_INIT("../a"), STR_INIT("leaves its root"), STR_INIT("take out the '..'")},
	        {STR_INIT("a\nb"), STR_INIT("contains a line feed"), STR_INIT("take it out")},
	        {STR_INIT("a/b."), STR_INIT("contains the name 'b.'"),
	         STR_INIT("FAT drops blanks around a name and dots at its end: take them out")},
	        {STR_INIT("a /b"), STR_INIT("contains the name 'a '"),
	         STR_INIT("FAT drops blanks around a name and dots at its end: take them out")},
	        {STR_INIT("a/ b"), STR_INIT("contains the name ' b'"),
	         STR_INIT("FAT drops blanks around a name and dots at its end: take them out")},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct problem problem = image_path_problem(&arena, cases[i].path);
		assert_str(problem.message, cases[i].problem);
		assert_str(problem.hint, cases[i].hint);
	}
	for (const char *c = "\"*:<>?|"; *c; c++) {
		struct str path = str_format(&arena, "a/b%cc", *c);
		assert_true(str_starts_with(image_path_problem(&arena, path).message,
		                            STR("contains '")));
		assert_int_equal(path_form_problem(&arena, path).message.len, 0);
	}
	assert_int_equal(
	        image_path_problem(&arena, repeated('a', IMAGE_PATH_BYTES_MAX)).message.len, 0);
	assert_str(image_path_problem(&arena, repeated('a', IMAGE_PATH_BYTES_MAX + 1)).message,
	           STR("is 256 bytes long"));
}

static void control_characters_and_those_asked_for_are_unfit(void **)
{
	assert_null(unfit_byte(STR("plain text, with '|' and \xc3\xbc"), ""));
	assert_string_equal(unfit_byte(STR("a,b"), ","), "','");
	assert_string_equal(unfit_byte(STR("a|b"), "|\\"), "'|'");
	assert_string_equal(unfit_byte(STR("a\\b"), "|\\"), "a backslash");
	assert_string_equal(unfit_byte(STR("a\rb"), ""), "a carriage return");
	assert_string_equal(unfit_byte(STR("a\0b"), ""), "a control character");
	assert_string_equal(unfit_byte(STR("a\x7f"), ""), "a control character");
}

static void names_of_Debian_packages_follow_its_policy(void **)
{
	static const char *const good[] = {"busybox-static", "libstdc++6", "0ad", "a.b"};
	static const char *const bad[] = {"", "a", "-a", "Busybox", "busybox_static", "a=1", "a b"};
	for (size_t i = 0; i < COUNT(good); i++)
		assert_int_equal(deb_name_problem(str_from_c(good[i])).message.len, 0);
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_true(deb_name_problem(str_from_c(bad[i])).message.len > 0);
	assert_true(deb_name_problem(STR("a\0b")).message.len > 0);
}

static void names_of_variables_are_identifiers(void **)
{
	static const char *const good[] = {"PATH", "_", "A1", "lower_too"};
	static const char *const bad[] = {"", "1A", "A-B", "$A", "A B"};
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(is_variable_name(str_from_c(good[i])));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(is_variable_name(str_from_c(bad[i])));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(names_are_lower_case_words_that_fit_a_desktop_id),
	        cmocka_unit_test(paths_of_the_image_are_normal_and_fit_FAT),
	        cmocka_unit_test(control_characters_and_those_asked_for_are_unfit),
	        cmocka_unit_test(names_of_Debian_packages_follow_its_policy),
	        cmocka_unit_test(names_of_variables_are_identifiers),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
