#include "../../test.h"
#include "os/files.h"
#include "qemu/enroll.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SNAKEOIL "/usr/share/ovmf/PkKek-1-snakeoil.pem"
#define STORE "/usr/share/OVMF/OVMF_VARS_4M.fd"

struct world {
	struct arena arena;
	struct text why;
	struct str store, certificate;
};

static int setup(void **state)
{
	static struct world w;
	host_arena_init(&w.arena);
	w.why = (struct text){.arena = &w.arena};
	assert_int_equal(file_read(&w.arena, STORE, &w.store), 0);
	assert_int_equal(file_read(&w.arena, SNAKEOIL, &w.certificate), 0);
	*state = &w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	arena_release(&w->arena);
	return 0;
}

static void three_variables_are_added_and_nothing_else_changes(void **state)
{
	struct world *w = *state;
	struct str enrolled;
	assert_int_equal(variables_enroll(&w->arena, w->store, w->certificate, &enrolled, &w->why),
	                 0);
	assert_int_equal(enrolled.len, w->store.len);
	size_t first = 0, last = 0;
	for (size_t i = 0; i < enrolled.len; i++) {
		if (enrolled.ptr[i] == w->store.ptr[i])
			continue;
		first = first ? first : i;
		last = i;
	}
	assert_true(first >= 72 + 28);
	assert_in_range(last - first, 3 * 600, 3 * 2000);
	assert_non_null(memmem(enrolled.ptr, enrolled.len, "K\0E\0K\0\0", 8));
	assert_non_null(memmem(enrolled.ptr, enrolled.len, "d\0b\0\0", 6));
}

static void a_store_with_keys_is_left_alone(void **state)
{
	struct world *w = *state;
	struct str enrolled;
	assert_int_equal(variables_enroll(&w->arena, w->store, w->certificate, &enrolled, &w->why),
	                 0);
	assert_int_equal(variables_enroll(&w->arena, enrolled, w->certificate, &enrolled, &w->why),
	                 EINVAL);
}

static void what_is_no_store_or_no_certificate_is_refused(void **state)
{
	struct world *w = *state;
	struct str out;
	assert_int_equal(variables_enroll(&w->arena, w->store, STR("no"), &out, &w->why), EBADMSG);
	for (size_t len = 0; len < 200; len += 9) {
		struct str cut = str_slice(w->store, 0, len);
		assert_int_equal(variables_enroll(&w->arena, cut, w->certificate, &out, &w->why),
		                 EINVAL);
	}
	char *bytes = arena_c_str(&w->arena, w->store);
	bytes[72] ^= 1; /* the store's kind */
	struct str other = {bytes, w->store.len};
	assert_int_equal(variables_enroll(&w->arena, other, w->certificate, &out, &w->why), EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(three_variables_are_added_and_nothing_else_changes,
	                                        setup, teardown),
	        cmocka_unit_test_setup_teardown(a_store_with_keys_is_left_alone, setup, teardown),
	        cmocka_unit_test_setup_teardown(what_is_no_store_or_no_certificate_is_refused,
	                                        setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
