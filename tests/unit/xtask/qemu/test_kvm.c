#include "machine_fixture.h"

static const char *state_file(struct machine_fixture *f)
{
	return str_format(&f->arena, "%s/.state/kvm", f->folder).ptr;
}

static bool there_is_a_device(void)
{
	return access("/dev/kvm", F_OK) == 0;
}

static void the_same_question_gets_the_same_answer(void **state)
{
	struct machine_fixture *f = *state;
	enum kvm_answer first = kvm_probe(&f->arena, state_file(f), "/bin/false");
	assert_int_equal(kvm_probe(&f->arena, state_file(f), "/bin/false"), first);
	assert_true(strlen(kvm_answer_text(first)) > 0);
	assert_true(first != KVM_WORKS); /* /bin/false runs no guest */
}

static void a_remembered_answer_is_taken_and_a_stale_one_is_not(void **state)
{
	struct machine_fixture *f = *state;
	if (!there_is_a_device())
		skip();
	(void)kvm_probe(&f->arena, state_file(f), "/bin/false");
	struct str line;
	assert_int_equal(file_read(&f->arena, state_file(f), &line), 0);
	struct str key = str_cut_last(str_trim(line), ' ').head;
	struct str told = str_format(&f->arena, "%.*s %d\n", STR_ARG(key), KVM_WORKS);
	assert_int_equal(file_write(state_file(f), told, 0644), 0);
	assert_int_equal(kvm_probe(&f->arena, state_file(f), "/bin/false"), KVM_WORKS);

	told = str_format(&f->arena, "x%.*s %d\n", STR_ARG(key), KVM_WORKS);
	assert_int_equal(file_write(state_file(f), told, 0644), 0);
	assert_true(kvm_probe(&f->arena, state_file(f), "/bin/false") != KVM_WORKS);
}

static void a_damaged_memory_is_asked_anew(void **state)
{
	static const struct str bad[] = {STR_INIT(""), STR_INIT("\n"), STR_INIT("9 9 9"),
	                                 STR_INIT("\xff\xfe")};
	struct machine_fixture *f = *state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(file_write(state_file(f), bad[i], 0644), 0);
		assert_true(kvm_probe(&f->arena, state_file(f), "/bin/false") != KVM_WORKS);
	}
}

static void every_answer_has_its_own_text(void **)
{
	for (int i = KVM_WORKS; i <= KVM_NOT_WITH_QEMU; i++)
		for (int k = i + 1; k <= KVM_NOT_WITH_QEMU; k++)
			assert_string_not_equal(kvm_answer_text((enum kvm_answer)i),
			                        kvm_answer_text((enum kvm_answer)k));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_make, fixture_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(the_same_question_gets_the_same_answer),
	        TEST(a_remembered_answer_is_taken_and_a_stale_one_is_not),
	        TEST(a_damaged_memory_is_asked_anew),
	        TEST(every_answer_has_its_own_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
