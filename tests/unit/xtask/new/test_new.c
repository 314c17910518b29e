#include "../../test.h"
#include "../place.h"
#include "new/new.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct {
	struct arena arena;
	struct diag diag;
	struct test_place place;
} project;

static int set_up(void **state)
{
	host_arena_init(&project.arena);
	diag_init(&project.diag, &project.arena);
	place_enter(&project.place);
	*state = &project;
	return symlink(str_format(&project.arena, "%s/xtask", project.place.former).ptr, "xtask");
}

static int tear_down(void **)
{
	arena_release(&project.arena);
	place_leave(&project.place);
	return 0;
}

static struct str said(void)
{
	struct text t = {.arena = &project.arena};
	for (const struct diag_record *r = project.diag.first; r; r = r->next)
		text_addf(&t, "%.*s | %.*s\n", STR_ARG(r->message), STR_ARG(r->hint));
	diag_init(&project.diag, &project.arena);
	return text_str(&t);
}

static void every_kind_writes_its_files_with_the_name_filled_in(void **)
{
	for (size_t i = 0; i < new_kind_count; i++) {
		const struct new_kind *kind = &new_kinds[i];
		if (kind->refused)
			continue;
		struct strs paths;
		struct str name = str_format(&project.arena, "thing%zu", i);
		assert_true(new_create(&project.arena, kind, name, &paths, &project.diag));
		assert_true(paths.count >= 2);
		bool scenario = strs_contain(
		        &paths, str_format(&project.arena, "tests/scenarios/thing%zu.toml", i));
		assert_int_equal(scenario, kind->boots);
		for (size_t k = 0; k < paths.count; k++) {
			struct str text;
			assert_int_equal(file_read(&project.arena, paths.items[k].ptr, &text), 0);
			assert_true(text.len > 0 && !str_contains(text, '@'));
			assert_false(str_contains(paths.items[k], '@'));
		}
	}
}

static void nothing_is_written_over(void **)
{
	struct strs paths;
	const struct new_kind *app = new_kind_find(STR("app"), &project.diag);
	assert_non_null(app);
	assert_int_equal(file_write("apps/mine/main.c", STR("mine"), 0644), 0);
	assert_false(new_create(&project.arena, app, STR("mine"), &paths, &project.diag));
	assert_str(said(), STR("apps/mine/main.c exists already | choose another name; nothing was "
	                       "written\n"));
	assert_false(file_exists("apps/mine/RUSTOS.package.toml"));
}

static void wrong_kinds_and_names_are_refused(void **)
{
	static const struct {
		struct str kind, name;
		struct str said;
	} cases[] = {
	        {STR_INIT("ap"), STR_INIT("x"),
	         STR_INIT("unknown kind 'ap' | did you mean 'app'?\n")},
	        {STR_INIT("zzz"), STR_INIT("x"),
	         STR_INIT("unknown kind 'zzz' | kinds: app, service, user-driver, bridge-driver, "
	                  "compat, test, library\n")},
	        {STR_INIT("kernel"), STR_INIT("x"),
	         STR_INIT("there is no template for 'kernel' | there is one kernel; its folder is "
	                  "kernel/\n")},
	        {STR_INIT("app"), STR_INIT("Hello"),
	         STR_INIT("'Hello' can't be the name of app | a letter, then a-z 0-9 _ -, at most "
	                  "32 in all\n")},
	        {STR_INIT("app"), STR_INIT("../x"),
	         STR_INIT(
	                 "'../x' can't be the name of app | a letter, then a-z 0-9 _ -, at most 32 "
	                 "in all\n")},
	        {STR_INIT("library"), STR_INIT("a-b"),
	         STR_INIT("'a-b' can't be the name of library | a letter, then a-z 0-9 _, at most "
	                  "32 "
	                  "in all\n")},
	        {STR_INIT("app"), STR_INIT("a23456789012345678901234567890123"),
	         STR_INIT(
	                 "'a23456789012345678901234567890123' can't be the name of app | a letter, "
	                 "then a-z 0-9 _ -, at most 32 in all\n")},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct strs paths;
		const struct new_kind *kind = new_kind_find(cases[i].kind, &project.diag);
		assert_false(kind && new_create(&project.arena, kind, cases[i].name, &paths,
		                                &project.diag));
		assert_str(said(), cases[i].said);
	}
}

static void a_name_becomes_an_identifier_where_c_needs_one(void **)
{
	assert_str(new_fill(&project.arena, STR("@NAME@.@IDENT@@"), STR("a-b")), STR("a-b.a_b@"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_kind_writes_its_files_with_the_name_filled_in),
	        cmocka_unit_test(nothing_is_written_over),
	        cmocka_unit_test(wrong_kinds_and_names_are_refused),
	        cmocka_unit_test(a_name_becomes_an_identifier_where_c_needs_one),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
