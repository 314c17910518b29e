#include "../../folder.h"
#include "../../test.h"
#include "doctor/doctor.h"
#include "os/files.h"
#include <stdlib.h>
#include <string.h>

struct fixture {
	struct arena arena;
	struct diag diag;
	char folder[64];
	struct doctor_request request;
};

static int make(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	host_arena_init(&f->arena);
	diag_init(&f->diag, &f->arena);
	test_folder_make(f->folder, sizeof f->folder);
	f->request = (struct doctor_request){
	        .packages = str_format(&f->arena, "%s/packages.txt", f->folder),
	        .out = str_format(&f->arena, "%s/build", f->folder),
	        .firmware = STR("/etc/passwd"),
	        .free_bytes_wanted = 1,
	};
	*state = f;
	return 0;
}

static int drop(void **state)
{
	struct fixture *f = *state;
	int error = tree_remove(f->folder);
	arena_release(&f->arena);
	free(f);
	return error;
}

static void list(struct fixture *f, const char *text)
{
	assert_int_equal(file_write(f->request.packages.ptr, str_from_c(text), 0644), 0);
}

static const char *printed(struct fixture *f, const struct doctor_checks *checks, bool json)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	doctor_print(&f->arena, checks, json, out);
	fclose(out);
	const char *copy = arena_c_str(&f->arena, (struct str){text, len});
	free(text);
	return copy;
}

static void what_is_missing_is_named_with_one_line_that_mends_it(void **state)
{
	struct fixture *f = *state;
	list(f, "# comment\n\nhere  /etc/passwd  a file\nshell sh a command\n"
	        "gone-dev  /no/such/header.h  a header\ngone  no-such-command  a tool\n"
	        "old  grep>=999.1  a newer tool\n");
	struct doctor_checks checks;
	assert_true(doctor_look(&f->arena, &f->request, &checks, &f->diag));
	assert_int_equal(checks.count, 5 + 3);
	assert_int_equal(checks.missing, 3);
	assert_true(checks.items[0].ok);
	assert_true(checks.items[1].ok);
	assert_false(checks.items[2].ok);
	assert_str(checks.items[3].found, STR("no command no-such-command"));
	assert_true(str_ends_with(checks.items[4].found, STR("wanted 999.1")));
	const char *text = printed(f, &checks, false);
	assert_non_null(
	        strstr(text, "\napt-get install --no-install-recommends gone-dev gone old\n"));
	assert_non_null(strstr(text, "\ndoctor: 8 checks, 3 missing\n"));
	assert_non_null(strstr(printed(f, &checks, true), "\"missing\":3"));
}

static void firmware_and_room_are_needed_and_kvm_is_not(void **state)
{
	struct fixture *f = *state;
	struct doctor_checks checks;
	list(f, "");
	f->request.firmware = STR("/no/firmware.fd");
	f->request.free_bytes_wanted = UINT64_MAX;
	assert_true(doctor_look(&f->arena, &f->request, &checks, &f->diag));
	assert_int_equal(checks.missing, 2);
	assert_str(checks.items[1].name, STR("kvm"));
	assert_false(checks.items[1].needed);
	assert_null(strstr(printed(f, &checks, false), "apt-get"));
}

static void a_line_that_is_no_package_is_an_error_at_its_place(void **state)
{
	struct fixture *f = *state;
	struct doctor_checks checks;
	list(f, "good /etc/passwd fine\nlonely\nno-purpose sh\nbad x> y\nworse x>=new y\n");
	assert_false(doctor_look(&f->arena, &f->request, &checks, &f->diag));
	assert_int_equal(f->diag.errors, 4);
	struct span span = f->diag.first->span;
	assert_int_equal(source_position(span.source, span.start).line, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(what_is_missing_is_named_with_one_line_that_mends_it),
	        TEST(firmware_and_room_are_needed_and_kvm_is_not),
	        TEST(a_line_that_is_no_package_is_an_error_at_its_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
