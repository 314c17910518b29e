#include "../../test.h"
#include "diag/diag.h"
#include "os/files.h"

struct hint {
	struct str word, hint;
};

static void require_hints(const struct hint *cases, size_t count, const struct str *names,
                          size_t name_count)
{
	struct arena a;
	struct diag d;
	host_arena_init(&a);
	diag_init(&d, &a);
	for (size_t i = 0; i < count; i++)
		assert_str(diag_did_you_mean(&d, cases[i].word, names, name_count), cases[i].hint);
	arena_release(&a);
}

static void the_nearest_name_is_proposed_within_a_third_of_the_length(void **)
{
	static const struct str names[] = {
	        STR_INIT("needs"), STR_INIT("opt_level"), STR_INIT("strip"),
	        STR_INIT("id"),    STR_INIT("kind"),      STR_INIT("stripe"),
	};
	static const struct hint cases[] = {
	        {STR_INIT("needz"), STR_INIT("did you mean 'needs'?")},
	        {STR_INIT("need"), STR_INIT("did you mean 'needs'?")},
	        {STR_INIT("optlevel"), STR_INIT("did you mean 'opt_level'?")},
	        {STR_INIT("opt_levle"), STR_INIT("did you mean 'opt_level'?")}, /* transposed */
	        {STR_INIT("OPT_LEVEL"), STR_INIT("did you mean 'opt_level'?")}, /* case is free */
	        {STR_INIT("stripp"), STR_INIT("did you mean 'strip'?")}, /* tie: the first */
	        {STR_INIT("ix"), STR_INIT("did you mean 'id'?")}, /* one is always allowed */
	        {STR_INIT("xy"), STR_INIT("")},
	        {STR_INIT("z"), STR_INIT("")}, /* nothing in common */
	        {STR_INIT("lknd"), STR_INIT("")}, /* 2 of 4 are too many */
	        {STR_INIT("something"), STR_INIT("")},
	        {STR_INIT(""), STR_INIT("")},
	};
	require_hints(cases, COUNT(cases), names, COUNT(names));
}

static void very_long_words_and_empty_lists_have_no_nearest_name(void **)
{
	struct arena a;
	struct diag d;
	char bytes[5000];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = 'a';
	struct str word = {bytes, sizeof bytes};
	host_arena_init(&a);
	diag_init(&d, &a);
	assert_str(diag_did_you_mean(&d, word, &word, 1), STR(""));
	assert_str(diag_did_you_mean(&d, STR("a"), &word, 1), STR(""));
	assert_str(diag_did_you_mean(&d, STR("a"), NULL, 0), STR(""));
	arena_release(&a);
}

static void a_word_cut_short_or_drawn_out_is_known_by_its_beginning(void **)
{
	static const struct str names[] = {
	        STR_INIT("memory_mib"), STR_INIT("warn"),        STR_INIT("timeout_seconds"),
	        STR_INIT("ring_bytes"), STR_INIT("ring_buffer"),
	};
	static const struct hint cases[] = {
	        {STR_INIT("memory"), STR_INIT("did you mean 'memory_mib'?")},
	        {STR_INIT("Time"), STR_INIT("did you mean 'timeout_seconds'?")},
	        {STR_INIT("warnings"), STR_INIT("did you mean 'warn'?")},
	        {STR_INIT("ring"), STR_INIT("")}, /* of two */
	        {STR_INIT("mem"), STR_INIT("")}, /* says too little */
	};
	require_hints(cases, COUNT(cases), names, COUNT(names));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_nearest_name_is_proposed_within_a_third_of_the_length),
	        cmocka_unit_test(a_word_cut_short_or_drawn_out_is_known_by_its_beginning),
	        cmocka_unit_test(very_long_words_and_empty_lists_have_no_nearest_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
