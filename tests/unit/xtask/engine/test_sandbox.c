/* Actions that open what they did not declare, in many ways. */
#include "engine_fixture.h"
#include <errno.h>
#include <sys/stat.h>

/* The tree of every case: "declared" is the input; "out/x" the output. */
static void put_tree(void)
{
	assert_true(mkdir("src", 0777) == 0 || errno == EEXIST);
	put_file("declared", "D\n");
	put_file("secret", "S\n");
	put_file("src/header", "H\n");
	put_file("src/other", "O\n");
	unlink("link");
	assert_int_equal(symlink("secret", "link"), 0);
	unlink("alias");
	assert_int_equal(symlink("declared", "alias"), 0);
}

static struct action *confined(struct world *w, const char *script)
{
	world_clear(w);
	put_tree();
	struct action *action = world_shell(w, "declared", "out/x", script);
	action->confined = true;
	return action;
}

static void what_is_declared_can_be_read(void **state)
{
	struct world *w = *state;
	static const char *const scripts[] = {
	        "cat declared > $0",
	        "cat ./src/../declared > $0",
	        "cd src && cat ../declared > ../$0",
	        "cat alias > $0",
	        "cat $PWD/declared > $0",
	        "cp declared $0; cat $0 > /dev/null",
	        "t=$(mktemp) && cat declared > $t && cat $t > $0; rm $t",
	        "cat declared > $0.part && mv $0.part $0",
	        "if test -e nowhere || cat nowhere; then exit 1; fi; cat declared > $0",
	        "sed -n p declared > $0",
	};
	for (size_t i = 0; i < COUNT(scripts); i++) {
		confined(w, scripts[i]);
		if (!world_run(w))
			fprintf(stderr, "%s\n", scripts[i]);
		assert_int_equal(w->diag.errors, 0);
		assert_file(w, "out/x", "D\n");
	}
}

static void what_is_not_declared_is_an_error_that_names_it(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *script, *says;
	} cases[] = {
	        {"cat declared secret > $0", "it reads secret without declaring it"},
	        {"cat secret 2> /dev/null; cat declared > $0", "it reads secret without"},
	        {"cd src && cat ../secret > ../$0", "it reads secret without"},
	        {"cat $PWD/secret > $0", "it reads secret without"},
	        {"cat link > $0", "it reads link without"},
	        {"cat src/header secret > $0", "it reads src/header (and 1 more) without"},
	        {"ls src > $0", "it reads src without"},
	        {"cat /etc/passwd > $0", "it reads /etc/passwd without"},
	        {"cat declared > $0; echo > secret", "it writes secret without"},
	        {"cat declared > $0; echo > src/new", "it writes src/new without"},
	        {"cp /bin/true $0; chmod 755 $0; ./src/other; exit 0",
	         "it reads src/other without"},
	        {"sh -c 'sh -c \"cat secret\"' > $0", "it reads secret without"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		confined(w, cases[i].script);
		assert_false(world_run(w));
		assert_diag(w, cases[i].says);
		assert_false(file_exists("out/x"));
		assert_file(w, "secret", "S\n");
	}
}

static void files_of_declared_folders_have_to_stand_in_the_depfile(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *script, *says;
	} cases[] = {
	        {"cat declared src/header > $0; echo 'x: src/header' > $1", NULL},
	        {"cat declared src/./header > $0; echo 'x: src/../src/header' > $1", NULL},
	        {"cat declared src/header src/other > $0; echo 'x: src/header' > $1",
	         "it reads src/other, which neither"},
	        {"cat declared secret > $0; echo 'x: secret' > $1", "it reads secret without"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct action *action = confined(w, cases[i].script);
		strs_add(&action->folders, &w->arena, STR("src"));
		action->depfile = STR("out/x.d");
		strs_add(&action->argv, &w->arena, STR("$dep"));
		assert_true(world_run(w) == !cases[i].says);
		if (cases[i].says)
			assert_diag(w, cases[i].says);
	}
}

static void the_end_of_the_program_is_told_as_it_was(void **state)
{
	struct world *w = *state;
	confined(w, "exit 3");
	assert_false(world_run(w));
	assert_diag(w, "exit status 3");
	confined(w, "kill -SEGV $$");
	assert_false(world_run(w));
	assert_diag(w, "killed by signal 11");
}

static void a_run_may_do_without(void **state)
{
	struct world *w = *state;
	confined(w, "cat secret > $0");
	w->request.unconfined = true;
	assert_runs(w, 1, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        WORLD_TEST(what_is_declared_can_be_read),
	        WORLD_TEST(what_is_not_declared_is_an_error_that_names_it),
	        WORLD_TEST(files_of_declared_folders_have_to_stand_in_the_depfile),
	        WORLD_TEST(the_end_of_the_program_is_told_as_it_was),
	        WORLD_TEST(a_run_may_do_without),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
