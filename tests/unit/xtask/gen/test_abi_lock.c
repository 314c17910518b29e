#include "gen_fixture.h"

#define ACCEPT "(`xtask gen --abi-lock` writes it into registry/abi.lock)\n"
#define CALLS "syscalls.toml"
#define COUNTER "interfaces/counter.toml"
#define COUNTER_AT "registry/interfaces/counter.toml:"
#define CALLS_AT "registry/syscalls.toml:"

static const struct registry *load(struct gen_fixture *f)
{
	diag_init(&f->diag, &f->arena);
	const struct registry *r = registry_load(&f->arena, &f->diag);
	assert_str(fixture_said(f), STR(""));
	assert_non_null(r);
	return r;
}

/* The lock of the sample as it stands. */
static void lock_sample(struct gen_fixture *f)
{
	fixture_restore(f);
	struct str lock = gen_abi_lock(&f->arena, load(f));
	assert_int_equal(file_write("registry/abi.lock", lock, 0644), 0);
}

static void the_lock_has_one_sorted_line_an_entry(void **state)
{
	struct gen_fixture *f = *state;
	fixture_restore(f);
	struct str lock = gen_abi_lock(&f->arena, load(f)), rest = lock, before = {};
	size_t lines = 0;
	while (rest.len) {
		struct str_split line = str_cut(rest, '\n');
		assert_true(!before.len || str_compare(before, line.head) < 0);
		before = line.head;
		rest = line.rest;
		lines++;
	}
	assert_int_equal(lines, 2 + 2 + 2 + 4 + 1 + 6 + (1 + 3 + 3));
	assert_non_null(strstr(lock.ptr, "capability 0x00000003 net_policy -\n"));
	assert_non_null(strstr(lock.ptr, "constant 0x00000004 RECORDS_MAX -\n"));
	assert_non_null(strstr(lock.ptr, "service 0x00000004 netd -\n"));
	assert_non_null(strstr(lock.ptr, "status 0x00000016 invalid_args -\n"));
	assert_non_null(strstr(lock.ptr, "struct 0x00000020 record 1."));
	assert_non_null(strstr(lock.ptr, "counter_operation 0x00000001 read idempotent\n"));
	assert_non_null(strstr(lock.ptr, "counter_operation 0x00000002 add once\n"));
	assert_non_null(strstr(lock.ptr, "counter_operation 0x00000005 clear reserved\n"));
	assert_non_null(strstr(lock.ptr, "struct 0x00000010 counter_reply 1."));
	assert_non_null(strstr(lock.ptr, "syscall 0x52550001 take 1."));
	assert_non_null(strstr(lock.ptr, "syscall 0x52550004 later reserved\n"));
	assert_non_null(strstr(lock.ptr, "syscall 0x52550005 former retired\n"));
}

struct change {
	const char *file;
	const char *from;
	const char *to;
	const char *said; /* by the check */
	bool acceptable; /* the lock may be written anew */
};

static const struct change changes[] = {
        /* Words for people are no part of the ABI, nor are names of arguments. */
        {"status.toml", "No right.", "No right at all.", "", true},
        {CALLS, "{ name = \"code\"", "{ name = \"status\"", "", true},
        {CALLS, "errors = [\"bad_address\"]", "errors = [\"bad_address\", \"invalid_args\"]", "",
         true},
        {"status.toml", "number = 14", "number = 15",
         "registry/status.toml:9:10: the number of status 'bad_address' was 0xe (numbers never "
         "change: "
         "give the new form a new name and number)\n",
         false},
        {"services.toml", "bit  = 3", "bit  = 4",
         "registry/services.toml:9:8: the number of capability 'net_policy' was 0x3 (numbers never "
         "change: give the new form a new name and number)\n",
         false},
        {"services.toml", "name       = \"netd\"", "name       = \"sockd\"",
         "registry/services.toml:30:14: the number of service 'sockd' belongs to 'netd' (take a "
         "number "
         "that was never used)\n"
         "registry/abi.lock:10:1: service 'netd' is gone from the registry (put its row back: "
         "programs "
         "already built use it)\n",
         false},
        {CALLS, "value = 4", "value = 5",
         CALLS_AT
         "3:9: the value of constant 'RECORDS_MAX' was 4 (programs already built rely on it: "
         "add a new constant)\n",
         false},
        {CALLS, "[[syscall]]\nname   = \"tick\"", "[[syscall]]\nname   = \"tock\"",
         CALLS_AT
         "55:10: the number of syscall 'tock' belongs to 'tick' (take a number that was never "
         "used)\n"
         "registry/abi.lock:21:1: syscall 'tick' is gone from the registry (keep its row, "
         "with state = \"retired\")\n",
         false},
        {CALLS, "{ name = \"flags\", type = \"u32\" }", "{ name = \"flags\", type = \"u64\" }",
         CALLS_AT
         "25:14: the signature of syscall 'take' changed (programs already built use the old "
         "one: raise `version`, or add a new entry)\n",
         false},
        {CALLS, "{ name = \"flags\", type = \"u32\" },\n]",
         "{ name = \"flags\", type = \"u64\" },\n]\nversion = 2",
         CALLS_AT "25:14: the new form of syscall 'take' is not locked " ACCEPT, true},
        {CALLS, "capability = \"file_policy\"", "capability = \"net_policy\"",
         CALLS_AT
         "25:14: the signature of syscall 'take' changed (programs already built use the old "
         "one: raise `version`, or add a new entry)\n",
         false},
        {CALLS, "state  = \"reserved\"", "state  = \"live\"",
         CALLS_AT "60:10: the new form of syscall 'later' is not locked " ACCEPT, true},
        {CALLS, "state  = \"reserved\"", "state  = \"retired\"",
         CALLS_AT "60:10: the new form of syscall 'later' is not locked " ACCEPT, true},
        {CALLS, "state  = \"retired\"", "state  = \"reserved\"",
         CALLS_AT "67:10: syscall 'former' was retired; its number is never used again (take a new "
                  "number)\n",
         false},
        {CALLS, "name   = \"tick\"\nnumber = 0x52550003\nstate  = \"live\"",
         "name   = \"tick\"\nnumber = 0x52550003\nstate  = \"reserved\"",
         CALLS_AT
         "54:10: syscall 'tick' was live and cannot be reserved again (state = \"retired\" "
         "takes a call away)\n",
         false},
        {COUNTER, "number = 2", "number = 3",
         COUNTER_AT "16:10: the number of counter_operation 'add' was 0x2 (numbers never change: "
                    "give the new form a new name and number)\n",
         false},
        {COUNTER, "idempotent = true\n", "",
         COUNTER_AT "9:10: the new form of counter_operation 'read' is not locked " ACCEPT, true},
        {COUNTER, "state  = \"reserved\"\n", "",
         COUNTER_AT "20:10: the new form of counter_operation 'clear' is not locked " ACCEPT, true},
        {"status.toml", "[[status]]",
         "[[status]]\nname = \"fresh\"\nnumber = 99\nerrno = \"EFRESH\"\ndoc = "
         "\"New.\"\n[[status]]",
         "registry/status.toml:2:8: status 'fresh' is not locked yet " ACCEPT, true},
};

static void a_change_is_reported_at_its_row(void **state)
{
	struct gen_fixture *f = *state;
	size_t wrong = 0;
	for (size_t i = 0; i < COUNT(changes); i++) {
		lock_sample(f);
		fixture_replace(f, changes[i].file, changes[i].from, changes[i].to);
		const struct registry *r = load(f);
		bool passed = gen_check_abi_lock(&f->arena, r, &f->diag);
		struct str said = fixture_said(f);
		if (passed == !*changes[i].said && str_equal(said, str_from_c(changes[i].said)))
			continue;
		print_error("got  %.*swant %s", STR_ARG(said), changes[i].said);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static void only_what_programs_survive_is_accepted(void **state)
{
	struct gen_fixture *f = *state;
	for (size_t i = 0; i < COUNT(changes); i++) {
		lock_sample(f);
		fixture_replace(f, changes[i].file, changes[i].from, changes[i].to);
		const struct registry *r = load(f);
		struct str lock = {};
		bool accepted = gen_accept_abi_lock(&f->arena, r, &lock, &f->diag);
		if (accepted != changes[i].acceptable)
			fail_msg("accepted is %d for: %s", accepted, changes[i].said);
		if (!accepted)
			continue;
		assert_int_equal(file_write("registry/abi.lock", lock, 0644), 0);
		assert_true(gen_check_abi_lock(&f->arena, r, &f->diag));
	}
}

static void a_changed_structure_changes_the_calls_that_carry_it(void **state)
{
	struct gen_fixture *f = *state;
	lock_sample(f);
	fixture_replace(f, CALLS, "{ name = \"last\", type = \"u64\" }",
	                "{ name = \"last\", type = \"i64\" }");
	assert_false(gen_check_abi_lock(&f->arena, load(f), &f->diag));
	assert_int_equal(f->diag.errors, 3); /* record, take, put */
}

static void a_missing_lock_is_an_error_and_can_be_made(void **state)
{
	struct gen_fixture *f = *state;
	struct str lock = {};
	fixture_restore(f);
	assert_int_equal(tree_remove("registry/abi.lock"), 0);
	const struct registry *r = load(f);
	assert_false(gen_check_abi_lock(&f->arena, r, &f->diag));
	assert_int_equal(f->diag.errors, 1);
	assert_true(gen_accept_abi_lock(&f->arena, r, &lock, &f->diag));
	assert_true(lock.len > 0);
}

static void a_damaged_line_is_named(void **state)
{
	struct gen_fixture *f = *state;
	static const char *const lines[] = {"status",
	                                    "status 1 a -",
	                                    "status 0x a -",
	                                    "status 0x00g0 a -",
	                                    "status 0x123456789 a -",
	                                    "status 0x1 a"};
	for (size_t i = 0; i < COUNT(lines); i++) {
		fixture_restore(f);
		struct str lock = gen_abi_lock(&f->arena, load(f));
		struct str damaged = str_format(&f->arena, "%s\n%.*s", lines[i], STR_ARG(lock));
		assert_int_equal(file_write("registry/abi.lock", damaged, 0644), 0);
		assert_false(gen_check_abi_lock(&f->arena, load(f), &f->diag));
		assert_str(
		        fixture_said(f),
		        STR("registry/abi.lock:1:1: the line is not `kind number name form` (`git "
		            "diff registry/abi.lock` shows who changed it)\n"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_lock_has_one_sorted_line_an_entry),
	        cmocka_unit_test(a_change_is_reported_at_its_row),
	        cmocka_unit_test(only_what_programs_survive_is_accepted),
	        cmocka_unit_test(a_changed_structure_changes_the_calls_that_carry_it),
	        cmocka_unit_test(a_missing_lock_is_an_error_and_can_be_made),
	        cmocka_unit_test(a_damaged_line_is_named),
	};
	return cmocka_run_group_tests(tests, fixture_create, fixture_destroy);
}
