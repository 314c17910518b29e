/* Which requests runtimed takes, field by field, and what it makes of its registries. */
#include "../../../../services/runtimed/arguments.c"
#include "../../../../services/runtimed/catalog.c"
#include "../../../../services/runtimed/request.c"
#include "../../../../services/runtimed/users.c"
#include "../../test.h"
#include <stdio.h>

static struct runtime_request request_of(uint16_t op, uint16_t kind, uint64_t value,
                                         const char *text)
{
	struct runtime_request request = {.version = 1,
	                                  .op = op,
	                                  .target_kind = kind,
	                                  .target_value = value,
	                                  .text_len = (uint32_t)strlen(text)};
	memcpy(request.text, text, strlen(text));
	return request;
}

static void what_an_operation_does_not_use_is_zero(void **)
{
	static const struct {
		uint16_t op, kind;
		uint64_t value;
		const char *text;
		enum status status;
	} cases[] = {
	        {1, 0, 0, "", OK},
	        {1, 1, 0, "", ERR_INVALID_ARGS},
	        {1, 0, 1, "", ERR_INVALID_ARGS},
	        {1, 0, 0, "x", ERR_INVALID_ARGS},
	        {2, 2, 0, "shell.desktop", OK},
	        {2, 1, 0, "shell.desktop", ERR_INVALID_ARGS},
	        {2, 2, 1, "shell.desktop", ERR_INVALID_ARGS},
	        {2, 2, 0, "", ERR_INVALID_ARGS},
	        {2, 2, 0, "a\\b", ERR_INVALID_ARGS},
	        {2, 2, 0, "a\nb", ERR_INVALID_ARGS},
	        {2, 2, 0, "\xc3\xa4", ERR_INVALID_ARGS},
	        {5, 0, 0, "", OK},
	        {5, 1, 0, "", ERR_INVALID_ARGS},
	        {5, 0, 1, "", ERR_INVALID_ARGS},
	        {5, 0, 0, "x", ERR_INVALID_ARGS},
	        {3, 1, 7, "", OK},
	        {3, 2, 7, "", OK},
	        {3, 3, 7, "", ERR_INVALID_ARGS},
	        {3, 0, 7, "", ERR_INVALID_ARGS},
	        {3, 1, 0, "", ERR_INVALID_ARGS},
	        {3, 1, 7, "x", ERR_INVALID_ARGS},
	        {32, 1, 7, "", OK},
	        {32, 2, 7, "", ERR_INVALID_ARGS},
	        {32, 0, 7, "", ERR_INVALID_ARGS},
	        {32, 1, 0, "", ERR_INVALID_ARGS},
	        {32, 1, 7, "x", ERR_INVALID_ARGS},
	        {33, 0, 0, "", ERR_INVALID_ARGS},
	        {4, 1, 0, "", OK},
	        {4, 2, 0, "", ERR_INVALID_ARGS},
	        {4, 1, 1, "", ERR_INVALID_ARGS},
	        {0, 0, 0, "", ERR_INVALID_ARGS},
	        {6, 0, 0, "", ERR_INVALID_ARGS},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct runtime_request request =
		        request_of(cases[i].op, cases[i].kind, cases[i].value, cases[i].text);
		assert_int_equal(runtime_request_check(&request), cases[i].status);
	}
}

static void the_frame_is_checked_before_the_operation(void **)
{
	struct runtime_request request = request_of(1, 0, 0, "");
	request.version = 2;
	request.reserved0 = 1;
	assert_int_equal(runtime_request_check(&request), ERR_PROTOCOL);
	request.version = 1;
	assert_int_equal(runtime_request_check(&request), ERR_INVALID_ARGS);
	request = request_of(1, 0, 0, "");
	request.reserved1 = 1;
	assert_int_equal(runtime_request_check(&request), ERR_INVALID_ARGS);
	request = request_of(2, 2, 0, "abc");
	request.text_len = 2;
	assert_int_equal(runtime_request_check(&request), ERR_INVALID_ARGS);
	request.text_len = RUNTIME_TEXT_MAX + 1;
	assert_int_equal(runtime_request_check(&request), ERR_INVALID_ARGS);
	memset(request.text, 'x', sizeof request.text);
	request.text_len = RUNTIME_TEXT_MAX;
	assert_int_equal(runtime_request_check(&request), OK);
}

#define ROW(id, startup, autostart)                                                                \
	"desktop_id=" id ".desktop\tpackage_id=" id "\tstartup=" startup "\tdisplay_name=N\t"      \
	"exec=apps/x\tautostart_enabled=" autostart "\tdeps=\targs=-a|b c\tenv=HOME=/tmp|X=1\n"

static void what_starts_by_itself_is_no_one_elses(void **)
{
	struct registry_reader reader =
	        registry_begin(STR(ROW("a", "init", "0") ROW("b", "desktop", "0") "broken\n" ROW(
	                "c", "none", "1") ROW("d", "init", "1") ROW("e", "session", "0")));
	struct catalog_program program;
	assert_int_equal(catalog_next_launch(&reader, &program), OK);
	assert_str(program.desktop_id, STR("b.desktop"));
	assert_int_equal(program.id, 2);
	assert_int_equal(catalog_next_launch(&reader, &program), OK);
	assert_str(program.desktop_id, STR("c.desktop"));
	assert_int_equal(catalog_next_launch(&reader, &program), ERR_NOT_FOUND);
}

static void what_sessions_have_beside_their_leader_says_its_policy(void **)
{
	static const char registry[] =
	        "desktop_id=a\tdisplay_name=N\texec=x\tdeps=\targs=\tenv=\tlaunch=none\n"
	        "desktop_id=b\tdisplay_name=N\texec=x\tdeps=\targs=\tenv=\tlaunch=new-session"
	        "\tno_display=1\n"
	        "desktop_id=c\tdisplay_name=N\texec=x\tdeps=\targs=\tenv=\tlaunch=new-sessions\n"
	        "desktop_id=d\tdisplay_name=N\tdeps=\targs=\tenv=\tlaunch=all-sessions\n"
	        "desktop_id=e\tdisplay_name=N\texec=x\tdeps=\targs=\tenv=\tlaunch=all-sessions"
	        "\tconsole_hosted=1\tno_display=1\n";
	struct registry_reader reader = registry_begin(str_from_c(registry));
	struct catalog_program program;
	assert_int_equal(catalog_next_companion(&reader, &program), OK);
	assert_str(program.desktop_id, STR("b"));
	assert_int_equal(program.policy, POLICY_NEW_SESSION);
	assert_int_equal(catalog_rank(&program), 2);
	assert_int_equal(catalog_next_companion(&reader, &program), OK);
	assert_str(program.desktop_id, STR("e"));
	assert_int_equal(program.policy, POLICY_ALL_SESSIONS);
	assert_int_equal(catalog_rank(&program), 1);
	assert_int_equal(catalog_next_companion(&reader, &program), ERR_NOT_FOUND);
	program.console_hosted = program.no_display = false;
	assert_int_equal(catalog_rank(&program), 0);
}

static void defaults_fill_in_what_a_program_does_not_name(void **)
{
	static struct program_arguments arguments;
	const struct catalog catalog = {
	        .programs = STR(ROW("a", "none", "0")),
	        .environment = STR("scope=init\tkey=Y\tvalue=2\nscope=runtime\tkey=HOME\tvalue=/\n"
	                           "scope=runtime\tkey=PATH\tvalue=/bin\n"),
	};
	struct catalog_program program;
	assert_int_equal(catalog_find(catalog.programs, STR("desktop_id"), STR("a"), &program),
	                 ERR_NOT_FOUND);
	assert_int_equal(
	        catalog_find(catalog.programs, STR("desktop_id"), STR("a.desktop"), &program), OK);
	assert_int_equal(arguments_fill(&catalog, &program, NULL, &arguments), OK);
	static const char *const argv[] = {"/apps/x", "-a", "b c"};
	static const char *const envp[] = {"HOME=/tmp", "X=1", "PATH=/bin"};
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(arguments.argv[i], argv[i]);
		assert_string_equal(arguments.envp[i], envp[i]);
	}
	assert_null(arguments.argv[3]);
	assert_null(arguments.envp[3]);
}

static void a_user_has_a_home_and_groups(void **)
{
	static struct program_arguments arguments;
	const struct user_files files = {
	        .passwd = STR("root:x:0:0:root:/root:/bin/sh\n:x:7:7::/:\nshort:x\n"
	                      "anna:x:7:70:Anna:/home/anna:/bin/sh\nother:x:7:1::/other:\n"),
	        .group = STR("wheel:x:1:root\nadm:x:4:root,anna\nusers:x:100:anna\n"
	                     "broken:x:x:anna\nanna:x:70:anna\nlate:x:4294967295:anna\n"
	                     "annas:x:9:annas,ann\n"),
	};
	const struct catalog catalog = {.environment =
	                                        STR("scope=runtime\tkey=HOME\tvalue=/home/user\n"
	                                            "scope=runtime\tkey=PATH\tvalue=/bin\n")};
	const struct catalog_program program = {.exec = STR("/x"), .env = STR("SHELL=/bin/mine")};
	struct runtime_user user;
	assert_int_equal(user_find(&files, 7, 70, &user), OK);
	static const uint32_t groups[] = {70, 4, 100};
	assert_int_equal(user.group_count, COUNT(groups));
	assert_memory_equal(user.groups, groups, sizeof groups);
	assert_int_equal(arguments_fill(&catalog, &program, &user, &arguments), OK);
	static const char *const envp[] = {"SHELL=/bin/mine", "HOME=/home/anna", "USER=anna",
	                                   "LOGNAME=anna", "PATH=/bin"};
	for (size_t i = 0; i < COUNT(envp); i++)
		assert_string_equal(arguments.envp[i], envp[i]);
	assert_null(arguments.envp[COUNT(envp)]);
	assert_int_equal(user_find(&files, 8, 80, &user), ERR_NOT_FOUND);
	assert_int_equal(user.group_count, 1);
	assert_int_equal(arguments_fill(&catalog, &program, &user, &arguments), OK);
	assert_string_equal(arguments.envp[1], "HOME=/home/user");
}

static void a_user_has_no_more_groups_than_a_process_may(void **)
{
	static char lines[64 * 16];
	struct runtime_user user;
	size_t len = 0;
	for (int i = 100; i < 140; i++)
		len += (size_t)sprintf(lines + len, "g:x:%d:a\n", i);
	const struct user_files files = {STR("a:x:1:1:::\n"), {lines, len}};
	assert_int_equal(user_find(&files, 1, 1, &user), OK);
	assert_int_equal(user.group_count, RUNTIME_GROUPS_MAX);
}

static void what_is_too_much_for_a_program_is_refused(void **)
{
	static struct program_arguments arguments;
	static char many[ARGUMENTS_BYTES + 100];
	const struct catalog catalog = {};
	struct catalog_program program = {.exec = STR("/x")};
	for (size_t i = 0; i < ARGUMENTS_MAX; i++)
		memcpy(many + 2 * i, "a|", 2);
	program.args = (struct str){many, 2 * ARGUMENTS_MAX - 1};
	assert_int_equal(arguments_fill(&catalog, &program, NULL, &arguments), ERR_TOO_BIG);
	program.args = (struct str){many, 2 * ARGUMENTS_MAX - 3};
	assert_int_equal(arguments_fill(&catalog, &program, NULL, &arguments), OK);
	assert_string_equal(arguments.path, "/x");
	memset(many, 'a', sizeof many);
	program.args = (struct str){many, sizeof many};
	assert_int_equal(arguments_fill(&catalog, &program, NULL, &arguments), ERR_TOO_BIG);
	program.args = (struct str){};
	program.env = (struct str){many, sizeof many};
	assert_int_equal(arguments_fill(&catalog, &program, NULL, &arguments), ERR_TOO_BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_an_operation_does_not_use_is_zero),
	        cmocka_unit_test(the_frame_is_checked_before_the_operation),
	        cmocka_unit_test(what_starts_by_itself_is_no_one_elses),
	        cmocka_unit_test(what_sessions_have_beside_their_leader_says_its_policy),
	        cmocka_unit_test(defaults_fill_in_what_a_program_does_not_name),
	        cmocka_unit_test(a_user_has_a_home_and_groups),
	        cmocka_unit_test(a_user_has_no_more_groups_than_a_process_may),
	        cmocka_unit_test(what_is_too_much_for_a_program_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
