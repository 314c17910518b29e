#include "../engine_fixture.h"
#include "engine/process/command_line.h"
#include <jansson.h>
#include <sys/ioctl.h>

static void arguments_get_temporary_names(void **state)
{
	static const struct {
		const char *argument, *expected;
	} cases[] = {
	        {"plain", "plain"},
	        {"$out_0", "t0"},
	        {"-Map=$out_1,x", "-Map=t1,x"},
	        {"$out_0$out_1", "t0t1"},
	        {"$out_2", "$out_2"},
	        {"$out_", "$out_"},
	        {"$out_99999999999999999999", "$out_99999999999999999999"},
	        {"$dep", "d"},
	        {"-MF$dep", "-MFd"},
	        {"$HOME $", "$HOME $"},
	        {"", ""},
	};
	struct world *w = *state;
	struct str outputs[] = {STR("t0"), STR("t1")};
	struct substitution by = {outputs, COUNT(outputs), STR("d"), STR("/r")};
	struct strs argv = {};
	for (size_t i = 0; i < COUNT(cases); i++)
		strs_add(&argv, &w->arena, str_from_c(cases[i].argument));
	char **result = command_line_argv(&w->arena, &argv, &by);
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(result[i], cases[i].expected);
	assert_null(result[COUNT(cases)]);
}

static void the_shown_command_is_ready_to_paste(void **state)
{
	struct world *w = *state;
	struct action action = {.outputs = words(w, "out/a"), .depfile = STR("out/a.d")};
	action.argv = words(w, "gcc -MF $dep -o $out_0 -DX=\"1\" it's");
	strs_add(&action.argv, &w->arena, STR("with space"));
	strs_add(&action.argv, &w->arena, STR(""));
	struct str shown = command_line_show(&w->arena, &action);
	assert_string_equal(shown.ptr,
	                    "gcc -MF out/a.d -o out/a '-DX=\"1\"' 'it'\\''s' 'with space' ''");
}

static void compile_commands_hold_every_compile_with_final_names(void **state)
{
	struct world *w = *state;
	static const struct action_kind compile = {.name = "compile", .version = 1};
	world_cat(w, "", "out/x");
	struct action *action = graph_add(&w->graph, &compile);
	action->inputs = words(w, "a.c a.h");
	action->outputs = words(w, "out/a.o");
	action->argv = words(w, "gcc -c -o $out_0 a.c");
	struct str content = engine_compile_commands(&w->arena, &w->graph);
	json_t *entries = json_loadb(content.ptr, content.len, 0, NULL);
	assert_int_equal(json_array_size(entries), 1);
	json_t *entry = json_array_get(entries, 0);
	assert_string_equal(json_string_value(json_object_get(entry, "file")), "a.c");
	assert_string_equal(json_string_value(json_object_get(entry, "output")), "out/a.o");
	assert_string_equal(json_string_value(json_object_get(entry, "directory")), w->place.root);
	json_t *arguments = json_object_get(entry, "arguments");
	assert_int_equal(json_array_size(arguments), 5);
	assert_string_equal(json_string_value(json_array_get(arguments, 3)), "out/a.o");
	json_decref(entries);
}

/* What a run writes to a descriptor. */
static const char *said_on(struct world *w, int fd)
{
	fflush(NULL);
	int former = dup(fd), file = open("said", O_RDWR | O_CREAT | O_TRUNC, 0600);
	dup2(file, fd);
	(void)world_run(w);
	fflush(NULL);
	dup2(former, fd);
	close(former);
	close(file);
	struct str said;
	assert_int_equal(file_read(&w->arena, "said", &said), 0);
	return arena_c_str(&w->arena, said);
}

static void off_a_terminal_each_action_is_a_line(void **state)
{
	struct world *w = *state;
	w->request.quiet = false;
	w->request.jobs = 1;
	world_shell(w, "", "out/silent", "echo > $0");
	world_shell(w, "", "out/warns", "echo > $0; echo 'warning: x' 1>&2");
	assert_string_equal(said_on(w, STDERR_FILENO),
	                    "[1/2] shell out/silent\n[2/2] shell out/warns:\nwarning: x\n");
	world_shell(w, "", "out/fails", "printf partly; exit 2");
	assert_string_equal(said_on(w, STDERR_FILENO),
	                    "shell out/fails: failed: exit status 2\n"
	                    "sh -c 'printf partly; exit 2' out/fails\npartly\n");
}

static void events_are_one_json_object_a_line(void **state)
{
	struct world *w = *state;
	w->request.json = true;
	w->request.jobs = 1;
	w->request.keep_going = true;
	world_shell(w, "", "out/bytes", "printf '\\377\"\\303\\274' ; exit 1");
	world_shell(w, "", "out/fine", "echo > $0");
	struct str rest = str_from_c(said_on(w, STDOUT_FILENO));
	static const char *const expected[][2] = {{"planned", NULL},
	                                          {"started", NULL},
	                                          {"failed", "\xef\xbf\xbd\"ü"},
	                                          {"started", NULL},
	                                          {"finished", ""}};
	for (size_t i = 0; i < COUNT(expected); i++) {
		struct str_split line = str_cut(rest, '\n');
		rest = line.rest;
		json_t *event = json_loadb(line.head.ptr, line.head.len, 0, NULL);
		assert_string_equal(json_string_value(json_object_get(event, "event")),
		                    expected[i][0]);
		const char *output = json_string_value(json_object_get(event, "output"));
		assert_true(!output == !expected[i][1]);
		if (output)
			assert_string_equal(output, expected[i][1]);
		json_decref(event);
	}
	assert_int_equal(rest.len, 0);
}

/* What a run of two actions writes to a terminal of 20 columns that calls itself this. */
static void check_terminal(struct world *w, const char *name, const char *wanted)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		skip();
	struct winsize size = {.ws_row = 25, .ws_col = 20};
	int terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
	assert_int_equal(ioctl(terminal, TIOCSWINSZ, &size), 0);
	setenv("TERM", name, 1);
	w->request.quiet = false;
	w->request.jobs = 1;
	world_shell(w, "", "out/a", "echo > $0");
	world_shell(w, "", "out/a_long_name", "echo > $0");
	int former = dup(STDERR_FILENO);
	dup2(terminal, STDERR_FILENO);
	bool ok = world_run(w);
	dup2(former, STDERR_FILENO);
	close(former);
	char said[512] = "";
	ssize_t got = 1; /* a terminal hands over what it has, be it a part */
	for (size_t len = 0; got > 0 && len < strlen(wanted); len += (size_t)got)
		got = read(master, said + len, sizeof said - 1 - len);
	close(terminal);
	close(master);
	assert_true(ok);
	assert_string_equal(said, wanted);
}

static void a_terminal_gets_one_line_that_is_rewritten(void **state)
{
	check_terminal(*state, "vt100",
	               "\r[1/2] shell out/a\033[K\r[2/2] shell out/a_l\033[K\r\033[K");
}

static void a_dumb_terminal_gets_lines(void **state)
{
	check_terminal(*state, "dumb", "[1/2] shell out/a\r\n[2/2] shell out/a_long_name\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        WORLD_TEST(arguments_get_temporary_names),
	        WORLD_TEST(the_shown_command_is_ready_to_paste),
	        WORLD_TEST(compile_commands_hold_every_compile_with_final_names),
	        WORLD_TEST(off_a_terminal_each_action_is_a_line),
	        WORLD_TEST(events_are_one_json_object_a_line),
	        WORLD_TEST(a_terminal_gets_one_line_that_is_rewritten),
	        WORLD_TEST(a_dumb_terminal_gets_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
