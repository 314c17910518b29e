#include "gen_fixture.h"

struct mistake {
	const char *file;
	const char *from;
	const char *to;
	const char *said;
};

#define CALLS "syscalls.toml"
#define COUNTER "interfaces/counter.toml"
#define COUNTER_AT "registry/interfaces/counter.toml:"
#define CALLS_AT "registry/syscalls.toml:"

static const struct mistake mistakes[] = {
        {COUNTER, "number = 2", "number = 1",
         COUNTER_AT "16:10: operation 'add' has the number of 'read' (first at "
                    "registry/interfaces/counter.toml:10)\n"},
        {COUNTER, "number = 2", "number = 64",
         COUNTER_AT "16:10: 'number' must be in 1..63, got 64\n"},
        {COUNTER, "service = \"filed\"", "service = \"filled\"",
         COUNTER_AT "3:11: there is no service 'filled' (did you mean 'filed'?)\n"},
        {COUNTER, "request = \"counter_request\"", "request = \"counter_requst\"",
         COUNTER_AT "4:11: there is no structure 'counter_requst' (did you mean "
                    "'counter_request'?)\n"},
        {COUNTER, "name = \"status\", type = \"i32\"", "name = \"status\", type = \"u32\"",
         COUNTER_AT "46:10: a reply begins with `status`, an i32, and `len`, a u32 (the loop of "
                    "services fills them in)\n"},
        {COUNTER, "struct = \"counter_key\"", "struct = \"counter_reply\"",
         COUNTER_AT "41:28: 'counter_reply' is not known here yet (put its row before this "
                    "one)\n"},
        {COUNTER, "struct = \"counter_key\"", "struct = \"counter_kee\"",
         COUNTER_AT "41:28: there is no structure 'counter_kee' (did you mean 'counter_key'?)\n"},
        {COUNTER, "struct = \"counter_key\"", "struct = \"counter_key\", type = \"u8\"",
         COUNTER_AT "41:3: field 'key' has a type and a structure (give one of type, struct)\n"},
        {COUNTER, ", struct = \"counter_key\"", "",
         COUNTER_AT "41:3: field 'key' has no type (give one of type, struct)\n"},
        {"status.toml", "\"bad_address\"", "\"access_denied\"",
         "registry/status.toml:8:10: duplicate status name 'access_denied' "
         "(first at registry/status.toml:2)\n"
         "registry/syscalls.toml:36:28: there is no status 'bad_address'\n"
         "registry/syscalls.toml:51:11: there is no status 'bad_address'\n"},
        {"status.toml", "number = 14", "number = 13",
         "registry/status.toml:9:10: status 'bad_address' has the number of 'access_denied' "
         "(first at registry/status.toml:3)\n"},
        {"status.toml", "\"bad_address\"", "\"bad_Address\"",
         "registry/status.toml:8:10: 'bad_Address' is no name for a status (lower-case words, "
         "joined "
         "with '_')\n"
         "registry/syscalls.toml:36:28: there is no status 'bad_address' (did you mean "
         "'bad_Address'?)\n"
         "registry/syscalls.toml:51:11: there is no status 'bad_address' (did you mean "
         "'bad_Address'?)\n"},
        {"status.toml", "No right.", "No right */",
         "registry/status.toml:5:10: a doc is one line without '*/' (it becomes a comment in C)\n"},
        {"status.toml", "number = 14", "number = 0",
         "registry/status.toml:9:10: 'number' must be in 1..4095, got 0\n"},
        {"status.toml", "\"not_implemented\"", "\"no_such_call\"",
         "registry/status.toml:1:1: there must be a status 'not_implemented' (generated code "
         "answers "
         "with it)\n"},
        {"services.toml", "bit  = 3", "bit  = 0",
         "registry/services.toml:9:8: capability 'net_policy' has the bit of 'file_policy' "
         "(first at registry/services.toml:3)\n"},
        {"services.toml", "id         = 4", "id         = 1",
         "registry/services.toml:30:14: service 'netd' has the id of 'filed' "
         "(first at registry/services.toml:22)\n"},
        {"services.toml", "capability = \"net_policy\"", "capability = \"net_polcy\"",
         "registry/services.toml:31:14: there is no capability 'net_polcy' "
         "(did you mean 'net_policy'?)\n"},
        {"faults.toml", "virtio-gpu.submit", "alloc-frame",
         "registry/faults.toml:6:8: duplicate fault point name 'alloc-frame' "
         "(first at registry/faults.toml:2)\n"},
        {"faults.toml", "virtio-gpu.submit", "virtio gpu",
         "registry/faults.toml:6:8: 'virtio gpu' is no name for a fault point (lower-case words, "
         "joined with '_')\n"},
        {"log.toml", "{ name = \"trace\"", "{ name = \"chat\"",
         "registry/log.toml:3:12: level 1 cannot be 'chat' (off trace debug info warn error fatal, "
         "in "
         "this order)\n"},
        {"log.toml", "  { name = \"fatal\", doc = \"The end.\" },\n", "",
         "registry/log.toml:1:9: there are 6 levels instead of 7 (off trace debug info warn error "
         "fatal)\n"},
        {"machine.toml", "exit.panic", "exit.Panic",
         "registry/machine.toml:2:9: 'exit.Panic' is no name for a number (lower-case words, "
         "joined "
         "with '_')\n"},
        {"linux_syscalls.toml", "close = 3", "close = 1",
         "registry/linux_syscalls.toml:4:9: 'write' and 'close' have number 1\n"},
        {"linux_syscalls.toml", "close = 3", "close = \"3\"",
         "registry/linux_syscalls.toml:4:9: the number of 'close' must be an integer from 0 to "
         "4095\n"},
        {"linux_syscalls.toml", "[syscall]", "[syscalls]",
         "registry/linux_syscalls.toml:1:1: the file must hold the tables [syscall] and [kernel] "
         "([syscall] holds name = number, [kernel] name = \"arguments\")\n"},
        {"linux_syscalls.toml", "read = \"\"", "clone = \"\"",
         "registry/linux_syscalls.toml:8:1: there is no Linux call 'clone' (its number belongs "
         "into [syscall])\n"},
        {"linux_syscalls.toml", "u64 length", "f64 length",
         "registry/linux_syscalls.toml:7:9: the arguments of 'write' are not \"type name, type "
         "name\" (types are i32, u32, i64, u64 and address; at most six arguments)\n"},
        {CALLS, "number = 0x52550002", "number = 0x52550001",
         CALLS_AT "40:10: system call 'put' has the number of 'take' (first at "
                  "registry/syscalls.toml:26)\n"},
        {CALLS, "number = 0x52550002", "number = 7",
         CALLS_AT "40:10: the number of 'put' must be in 0x52550001..0x52550fff\n"},
        {CALLS, "\"RECORDS_MAX\"\nvalue", "\"records_max\"\nvalue",
         CALLS_AT "2:9: 'records_max' is no name for a constant (upper-case words, joined with "
                  "'_')\n" CALLS_AT
                  "31:88: there is no constant 'RECORDS_MAX' (did you mean 'records_max'?)\n"},
        {CALLS, "size   = 32", "size   = 31",
         CALLS_AT "13:10: the fields of 'record' take 32 bytes\n"},
        {CALLS, "count = 6", "count = 5",
         CALLS_AT
         "18:12: 'value' leaves a hole of 1 bytes before it (put a reserved field there)\n"},
        {CALLS, "  { name = \"low\", type = \"u32\" },\n", "",
         CALLS_AT
         "20:12: 'last' leaves a hole of 4 bytes before it (put a reserved field there)\n"},
        {CALLS, "{ name = \"last\", type = \"u64\" }", "{ name = \"last\", type = \"u32\" }",
         CALLS_AT
         "12:10: 'record' leaves a hole of 4 bytes at its end (put a reserved field there)\n"},
        {CALLS, "{ name = \"last\", type = \"u64\" }", "{ name = \"last\", type = \"handle\" }",
         CALLS_AT "21:27: a structure cannot hold a handle (u8 u16 u32 u64 i8 i16 i32 i64)\n"},
        {CALLS, "{ name = \"last\"", "{ name = \"low\"",
         CALLS_AT "21:12: duplicate field name 'low' (first at registry/syscalls.toml:19)\n"},
        {CALLS, "{ name = \"last\"", "{ name = \"long\"",
         CALLS_AT
         "21:12: field 'long': C or the generated code uses this word itself (take another "
         "word)\n"},
        {CALLS, "{ name = \"flags\"", "{ name = \"raw\"",
         CALLS_AT
         "33:12: argument 'raw': C or the generated code uses this word itself (take another "
         "word)\n"},
        {CALLS, "{ name = \"flags\"", "{ name = \"capacity\"",
         CALLS_AT "33:12: duplicate argument name 'capacity' (first at "
                  "registry/syscalls.toml:32)\n"},
        {CALLS, "length = \"capacity\"", "length = \"capacty\"",
         CALLS_AT "31:51: 'take' has no argument 'capacty' (did you mean 'capacity'?)\n"},
        {CALLS, "{ name = \"capacity\", type = \"u64\" }",
         "{ name = \"capacity\", type = \"i64\" }",
         CALLS_AT "31:51: a length cannot be a i64 (u64 or u32)\n"},
        {CALLS, "{ name = \"flags\", type = \"u32\" }",
         "{ name = \"flags\", type = \"user_in\", length = \"capacity\" }",
         CALLS_AT "33:48: 'capacity' is the length of 'records' already (each memory needs its "
                  "own)\n"},
        {CALLS, ", struct = \"record\", max = \"RECORDS_MAX\"", ", struct = \"record\"",
         CALLS_AT "31:3: nothing bounds how many 'records' there are (add max = a constant)\n"},
        {CALLS, "struct = \"record\", max", "struct = \"recrd\", max",
         CALLS_AT "31:72: there is no structure 'recrd' (did you mean 'record'?)\n"},
        {CALLS, "max = \"RECORDS_MAX\"", "max = \"RECORD_MAX\"",
         CALLS_AT "31:88: there is no constant 'RECORD_MAX' (did you mean 'RECORDS_MAX'?)\n"},
        {CALLS, "size = 72", "size = 72, max = \"RECORDS_MAX\"",
         CALLS_AT "45:55: 'max' bounds a length, and 'blob' has none\n"},
        {CALLS, "size = 72", "size = 72, struct = \"record\"",
         CALLS_AT "45:45: 'blob' has two sizes (size stands alone)\n"},
        {CALLS, ", size = 72", "",
         CALLS_AT "45:3: nothing says how large 'blob' is (give one of length, struct, size)\n"},
        {CALLS, "{ name = \"offset\", type = \"i64\" }",
         "{ name = \"offset\", type = \"i64\", size = 8 }",
         CALLS_AT "48:43: 'offset' is a i64 (only user_in and user_out have a size)\n"},
        {CALLS, "{ name = \"mode\", type = \"i32\" },",
         "{ name = \"mode\", type = \"i32\" },\n  { name = \"more\", type = \"i32\" },",
         CALLS_AT "43:10: 'put' has 7 arguments; there are registers for 6 (put them into a "
                  "structure)\n"},
        {CALLS, "capability = \"file_policy\"", "capability = \"file\"",
         CALLS_AT "28:14: there is no capability 'file' (did you mean 'file_policy'?)\n"},
        {CALLS, "result = { name = \"count\", type = \"u32\" }",
         "result = { name = \"count\", type = \"user_in\" }",
         CALLS_AT "35:35: a result cannot be a user_in (a number or a handle)\n"},
        {CALLS, "result = { name = \"count\"", "result = { name = \"flags\"",
         CALLS_AT "35:19: an argument is called 'flags' too\n"},
        {CALLS, "no_return = true", "no_return = true\nresult = { name = \"x\", type = \"u32\" }",
         CALLS_AT "79:10: 'leave' does not return, so it has no result\n"},
        {CALLS, "errors = [\"access_denied\", \"bad_address\", \"invalid_args\"]",
         "errors = [\"access_denied\", \"bad_adress\", \"bad_address\", \"invalid_args\"]",
         CALLS_AT "36:28: there is no status 'bad_adress' (did you mean 'bad_address'?)\n"},
        {CALLS, "errors = [\"bad_address\"]", "errors = [\"bad_address\", \"bad_address\"]",
         CALLS_AT "51:26: 'bad_address' stands twice\n"},
        {CALLS, "errors = [\"access_denied\", ", "errors = [",
         CALLS_AT
         "36:10: 'take' can answer 'access_denied', because it needs a capability; `errors` does "
         "not say so\n"},
        {CALLS, ", \"invalid_args\"]", "]",
         CALLS_AT
         "36:10: 'take' can answer 'invalid_args', because an argument is bounded; `errors` does "
         "not say so\n"},
        {CALLS, "errors = [\"bad_address\"]\n", "",
         CALLS_AT
         "39:10: 'put' can answer 'bad_address', because it takes user memory; `errors` does not "
         "say so\n"},
        {CALLS, "state  = \"reserved\"", "state  = \"reservd\"",
         CALLS_AT "62:10: 'reservd' is no value of 'state' (did you mean 'reserved'?)\n"},
};

static void each_mistake_is_reported_at_its_place(void **state)
{
	struct gen_fixture *f = *state;
	size_t wrong = 0;
	for (size_t i = 0; i < COUNT(mistakes); i++) {
		fixture_restore(f);
		fixture_replace(f, mistakes[i].file, mistakes[i].from, mistakes[i].to);
		bool loaded = registry_load(&f->arena, &f->diag) != NULL;
		struct str said = fixture_said(f);
		if (!loaded && str_equal(said, str_from_c(mistakes[i].said)))
			continue;
		print_error("got  %.*swant %s", STR_ARG(said), mistakes[i].said);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static void the_sample_registry_has_no_mistake(void **state)
{
	struct gen_fixture *f = *state;
	fixture_restore(f);
	const struct registry *r = registry_load(&f->arena, &f->diag);
	assert_str(fixture_said(f), STR(""));
	assert_non_null(r);
	assert_int_equal(registry_files(r)->count, 8);
}

static void mistakes_of_several_files_are_reported_in_one_run(void **state)
{
	struct gen_fixture *f = *state;
	fixture_restore(f);
	fixture_replace(f, "status.toml", "errno  = \"EFAULT\"", "errn  = \"EFAULT\"");
	fixture_replace(f, "services.toml", "bit  = 3", "bit  = 0");
	fixture_replace(f, CALLS, "size   = 32", "size   = 31");
	assert_null(registry_load(&f->arena, &f->diag));
	assert_true(f->diag.errors >= 3);
	struct str said = fixture_said(f);
	assert_non_null(strstr(said.ptr, "registry/status.toml:10:1: unknown key 'errn'"));
	assert_non_null(strstr(said.ptr, "has the bit of 'file_policy'"));
	assert_non_null(strstr(said.ptr, "the fields of 'record' take 32 bytes"));
}

static void a_missing_registry_file_is_an_error(void **state)
{
	struct gen_fixture *f = *state;
	fixture_restore(f);
	assert_int_equal(unlink("registry/faults.toml"), 0);
	assert_null(registry_load(&f->arena, &f->diag));
	assert_int_equal(f->diag.errors, 1);
	assert_non_null(strstr(fixture_said(f).ptr, "registry/faults.toml"));
}

static void machine_constants_are_found_by_name(void **state)
{
	struct gen_fixture *f = *state;
	fixture_restore(f);
	const struct registry *r = registry_load(&f->arena, &f->diag);
	int64_t value = 0;
	struct str text = {};
	assert_true(registry_machine_value(r, STR("exit.panic"), &value));
	assert_int_equal(value, 0x20);
	assert_false(registry_machine_value(r, STR("exit.panics"), &value));
	assert_true(registry_machine_text(r, STR("fw_cfg.quoted"), &text));
	assert_str(text, STR("a \"b\" \\c"));
	assert_false(registry_machine_text(r, STR("exit.panic"), &text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_sample_registry_has_no_mistake),
	        cmocka_unit_test(each_mistake_is_reported_at_its_place),
	        cmocka_unit_test(mistakes_of_several_files_are_reported_in_one_run),
	        cmocka_unit_test(a_missing_registry_file_is_an_error),
	        cmocka_unit_test(machine_constants_are_found_by_name),
	};
	return cmocka_run_group_tests(tests, fixture_create, fixture_destroy);
}
