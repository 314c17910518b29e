/* What stands in a new package. Each template is the smallest that is complete. */
#include "new/new.h"

#define PROGRAM_MAIN(what)                                                                         \
	STR_INIT("/* " what ". */\n"                                                               \
	         "#include <rt/api.h>\n"                                                           \
	         "\n"                                                                              \
	         "int main(void)\n"                                                                \
	         "{\n"                                                                             \
	         "\tprint(\"@NAME@: started\\n\");\n"                                              \
	         "\treturn 0;\n"                                                                   \
	         "}\n")

#define PROGRAM_MANIFEST(kind, folder)                                                             \
	STR_INIT("# What it is for, in one line.\n"                                                \
	         "id      = \"@NAME@\"\n"                                                          \
	         "kind    = \"" kind "\"\n"                                                        \
	         "startup = \"init\"\n"                                                            \
	         "\n"                                                                              \
	         "[build]\n"                                                                       \
	         "builder = \"c-program\"\n"                                                       \
	         "\n"                                                                              \
	         "[install]\n"                                                                     \
	         "path = \"" folder "/@NAME@/@NAME@.elf\"\n"                                       \
	         "\n"                                                                              \
	         "[boot]\n"                                                                        \
	         "preload = true\n"                                                                \
	         "\n"                                                                              \
	         "[[desktop.entries]]\n"                                                           \
	         "display_name  = \"@NAME@\"\n"                                                    \
	         "weight_micros = 100\n")

#define BOOT_SCENARIO                                                                              \
	{                                                                                          \
		STR_INIT("tests/scenarios/@NAME@.toml"),                                           \
		        STR_INIT("summary         = \"@NAME@ starts at boot and says so.\"\n"      \
		                 "boot            = \"direct\"\n"                                  \
		                 "timeout_seconds = 30\n"                                          \
		                 "expect          = [\"@NAME@: started\"]\n"                       \
		                 "forbid          = [\"lvl=fatal\"]\n"                             \
		                 "exit            = \"pass\"\n")                                   \
	}

static const struct new_file app[] = {
        {STR_INIT("apps/@NAME@/RUSTOS.package.toml"), PROGRAM_MANIFEST("app", "apps")},
        {STR_INIT("apps/@NAME@/main.c"), PROGRAM_MAIN("A program")},
        BOOT_SCENARIO,
};

static const struct new_file service[] = {
        {STR_INIT("services/@NAME@/RUSTOS.package.toml"),
         STR_INIT("# What it is for, in one line.\n"
                  "id      = \"@NAME@\"\n"
                  "kind    = \"service\"\n"
                  "startup = \"init\"\n"
                  "\n"
                  "[build]\n"
                  "builder = \"c-program\"\n"
                  "libs    = [\"service\"]\n"
                  "\n"
                  "[install]\n"
                  "path = \"services/@NAME@/@NAME@.elf\"\n"
                  "\n"
                  "[boot]\n"
                  "preload = true\n"
                  "\n"
                  "[[desktop.entries]]\n"
                  "display_name  = \"@NAME@\"\n"
                  "weight_micros = 100\n")},
        {STR_INIT("services/@NAME@/@NAME@.h"),
         STR_INIT("/* The state of the service. Its operations: registry/interfaces/@NAME@.toml. "
                  "*/\n"
                  "#pragma once\n"
                  "\n"
                  "#include <rt/@NAME@_service.h>\n"
                  "\n"
                  "struct @NAME@_service {\n"
                  "\tuint64_t total; /* of what was added since it started */\n"
                  "};\n")},
        {STR_INIT("services/@NAME@/@NAME@.c"),
         STR_INIT("/* One function for each operation. */\n"
                  "#include \"@NAME@.h\"\n"
                  "\n"
                  "enum status @NAME@_op_add(struct @NAME@_service *self,\n"
                  "                               const struct @NAME@_request *in, struct "
                  "@NAME@_reply *out,\n"
                  "                               struct service_call *)\n"
                  "{\n"
                  "\tuint64_t total;\n"
                  "\tif (__builtin_add_overflow(self->total, in->amount, &total))\n"
                  "\t\treturn ERR_OUT_OF_RANGE;\n"
                  "\tself->total = out->total = total;\n"
                  "\treturn OK;\n"
                  "}\n")},
        {STR_INIT("services/@NAME@/main.c"),
         STR_INIT("/* Registers the service and answers for as long as it lives. */\n"
                  "#include \"@NAME@.h\"\n"
                  "#include <rt/api.h>\n"
                  "\n"
                  "static void say_registered(void *, uint64_t)\n"
                  "{\n"
                  "\tprint(\"@NAME@: started\\n\");\n"
                  "}\n"
                  "\n"
                  "int main(void)\n"
                  "{\n"
                  "\tstruct @NAME@_service self = {};\n"
                  "\tconst struct service_definition definition = {\n"
                  "\t        .interface = &@NAME@_interface,\n"
                  "\t        .self = &self,\n"
                  "\t        .events = {.registered = say_registered},\n"
                  "\t};\n"
                  "\tenum status status = service_run(&definition);\n"
                  "\tservice_log(\"@NAME@\", LOG_LEVEL_ERROR, \"ends: %s\", status_name(status));\n"
                  "\treturn 1;\n"
                  "}\n")},
        {STR_INIT("services/@NAME@/README.md"),
         STR_INIT("# @NAME@\n"
                  "\n"
                  "Purpose, what it owns, what happens when it is started again.\n")},
        {STR_INIT("registry/interfaces/@NAME@.toml"),
         STR_INIT("# What is asked of @NAME@. A request is struct ipc_message_header, then its "
                  "structure.\n"
                  "\n"
                  "[interface]\n"
                  "name    = \"@NAME@\"\n"
                  "service = \"@NAME@\"\n"
                  "request = \"@NAME@_request\"\n"
                  "reply   = \"@NAME@_reply\"\n"
                  "doc     = \"What it answers, in one sentence.\"\n"
                  "\n"
                  "[[operation]]\n"
                  "name   = \"add\"\n"
                  "number = 1\n"
                  "doc    = \"Add to the total and tell it. ERR_OUT_OF_RANGE: it would not fit.\"\n"
                  "\n"
                  "[[struct]]\n"
                  "name   = \"@NAME@_request\"\n"
                  "size   = 8\n"
                  "doc    = \"What every request begins with.\"\n"
                  "fields = [{ name = \"amount\", type = \"u64\" }]\n"
                  "\n"
                  "[[struct]]\n"
                  "name   = \"@NAME@_reply\"\n"
                  "size   = 16\n"
                  "doc    = \"What every reply begins with.\"\n"
                  "fields = [\n"
                  "  { name = \"status\", type = \"i32\" },\n"
                  "  { name = \"len\", type = \"u32\", doc = \"bytes behind this structure\" },\n"
                  "  { name = \"total\", type = \"u64\" },\n"
                  "]\n")},
        {STR_INIT("registry/services.toml"),
         STR_INIT("[[service]]\n"
                  "name = \"@NAME@\"\n"
                  "id   = @SERVICE@\n"
                  "capability = \"test_service\"\n"
                  "restart = \"service\"\n"
                  "doc  = \"What it answers, in one sentence.\"\n")},
        {STR_INIT("tests/unit/services/@NAME@/test_@NAME@.c"),
         STR_INIT("#include \"../../test.h\"\n"
                  "\n"
                  "#include \"../../../../services/@NAME@/@NAME@.c\"\n"
                  "\n"
                  "static void amounts_are_added_until_the_total_is_full(void **)\n"
                  "{\n"
                  "\tstruct @NAME@_service self = {.total = UINT64_MAX - 5};\n"
                  "\tstruct @NAME@_request request = {.amount = 3};\n"
                  "\tstruct @NAME@_reply reply = {};\n"
                  "\tstruct service_call call = {};\n"
                  "\tassert_int_equal(@NAME@_op_add(&self, &request, &reply, &call), OK);\n"
                  "\tassert_int_equal(reply.total, UINT64_MAX - 2);\n"
                  "\tassert_int_equal(@NAME@_op_add(&self, &request, &reply, &call), "
                  "ERR_OUT_OF_RANGE);\n"
                  "\tassert_int_equal(self.total, UINT64_MAX - 2);\n"
                  "}\n"
                  "\n"
                  "int main(void)\n"
                  "{\n"
                  "\tconst struct CMUnitTest tests[] = {\n"
                  "\t        cmocka_unit_test(amounts_are_added_until_the_total_is_full),\n"
                  "\t};\n"
                  "\treturn cmocka_run_group_tests(tests, NULL, NULL);\n"
                  "}\n")},
        BOOT_SCENARIO,
};

static const struct new_file user_driver[] = {
        {STR_INIT("drivers/user/@NAME@/RUSTOS.package.toml"),
         PROGRAM_MANIFEST("user-driver", "drivers/user")},
        {STR_INIT("drivers/user/@NAME@/main.c"), PROGRAM_MAIN("A driver outside of the kernel")},
        BOOT_SCENARIO,
};

static const struct new_file bridge_driver[] = {
        {STR_INIT("drivers/bridges/@NAME@/RUSTOS.package.toml"),
         STR_INIT("# What it drives, in one line.\n"
                  "id   = \"@NAME@\"\n"
                  "kind = \"bridge-driver\"\n"
                  "\n"
                  "[build]\n"
                  "builder = \"module-image\"\n"
                  "libs    = [\"driver\"]\n"
                  "\n"
                  "[install]\n"
                  "path = \"system/drivers/@NAME@.ko\"\n"
                  "\n"
                  "[autoload]\n"
                  "name    = \"@NAME@\"\n"
                  "class   = \"display\"\n"
                  "bus     = \"platform\"\n"
                  "aliases = [\"platform:@NAME@\"]\n")},
        {STR_INIT("drivers/bridges/@NAME@/@NAME@.c"),
         STR_INIT("/* A driver inside the kernel. */\n"
                  "#include <abi/status.h>\n"
                  "#include <driver/api.h>\n"
                  "\n"
                  "const struct driver_header RUSTOS_DRIVER_HEADER = {\n"
                  "        .abi_version = DRIVER_ABI_VERSION,\n"
                  "        .header_size = sizeof(struct driver_header),\n"
                  "        .driver_class = DRIVER_CLASS_DISPLAY,\n"
                  "        .bus = DRIVER_BUS_PLATFORM,\n"
                  "        .module_path_len = sizeof \"system/drivers/@NAME@.ko\" - 1,\n"
                  "        .module_path = \"system/drivers/@NAME@.ko\",\n"
                  "        .name_len = sizeof \"@NAME@\" - 1,\n"
                  "        .name = \"@NAME@\",\n"
                  "};\n"
                  "\n"
                  "uint32_t rustos_driver_abi_version(void)\n"
                  "{\n"
                  "\treturn DRIVER_ABI_VERSION;\n"
                  "}\n"
                  "\n"
                  "int32_t rustos_driver_init(const struct driver_kernel_api *api)\n"
                  "{\n"
                  "\tif (api->abi_version != DRIVER_ABI_VERSION || api->struct_size < sizeof "
                  "*api)\n"
                  "\t\treturn ERR_NOT_SUPPORTED;\n"
                  "\treturn ERR_NO_DEVICE; /* until it looks for its device */\n"
                  "}\n"
                  "\n"
                  "/* Makes the device quiet; what init took the kernel takes back. */\n"
                  "void rustos_driver_exit(void)\n"
                  "{\n"
                  "}\n")},
        {STR_INIT("tests/unit/drivers/bridges/@NAME@/test_@NAME@.c"),
         STR_INIT("#include \"../../../test.h\"\n"
                  "#include <abi/status.h>\n"
                  "#include <driver/api.h>\n"
                  "\n"
                  "#include \"../../../../../drivers/bridges/@NAME@/@NAME@.c\"\n"
                  "\n"
                  "static void another_kernel_abi_is_refused(void **)\n"
                  "{\n"
                  "\tstruct driver_kernel_api api = {.abi_version = DRIVER_ABI_VERSION + 1,\n"
                  "\t                                .struct_size = sizeof api};\n"
                  "\tassert_int_equal(rustos_driver_init(&api), ERR_NOT_SUPPORTED);\n"
                  "\tapi.abi_version = rustos_driver_abi_version();\n"
                  "\tassert_int_equal(rustos_driver_init(&api), ERR_NO_DEVICE);\n"
                  "}\n"
                  "\n"
                  "int main(void)\n"
                  "{\n"
                  "\tconst struct CMUnitTest tests[] = {\n"
                  "\t        cmocka_unit_test(another_kernel_abi_is_refused),\n"
                  "\t};\n"
                  "\treturn cmocka_run_group_tests(tests, NULL, NULL);\n"
                  "}\n")},
};

static const struct new_file test[] = {
        {STR_INIT("tests/target/@NAME@/RUSTOS.package.toml"),
         STR_INIT("# What it proves, in one line; TAP on the debug console.\n"
                  "id       = \"@NAME@\"\n"
                  "kind     = \"app\"\n"
                  "profiles = [\"test\"]\n"
                  "startup  = \"init\"\n"
                  "\n"
                  "[build]\n"
                  "builder = \"c-program\"\n"
                  "\n"
                  "[install]\n"
                  "path = \"apps/@NAME@/@NAME@.elf\"\n"
                  "\n"
                  "[boot]\n"
                  "preload = true\n"
                  "\n"
                  "[[desktop.entries]]\n"
                  "display_name   = \"@NAME@\"\n"
                  "weight_micros  = 100\n"
                  "console_hosted = false\n")},
        {STR_INIT("tests/target/@NAME@/main.c"),
         STR_INIT("/* Each test is one line of TAP. */\n"
                  "#include <rt/api.h>\n"
                  "\n"
                  "static int number, failed;\n"
                  "\n"
                  "static void check(bool holds, const char *rule)\n"
                  "{\n"
                  "\tprint(\"%sok %d - %s\\n\", holds ? \"\" : \"not \", ++number, rule);\n"
                  "\tfailed += !holds;\n"
                  "}\n"
                  "\n"
                  "int main(int argc, char **argv)\n"
                  "{\n"
                  "\tcheck(argc >= 1 && argv[0], \"@NAME@: a program knows its own name\");\n"
                  "\tprint(\"1..%d\\n\", number);\n"
                  "\treturn failed ? 1 : 0;\n"
                  "}\n")},
};

static const struct new_file library[] = {
        {STR_INIT("libs/@NAME@/library.toml"),
         STR_INIT("doc = \"What it is for, in one sentence.\"\nneeds = [\"base\"]\n")},
        {STR_INIT("libs/@NAME@/include/@NAME@/api.h"),
         STR_INIT("/* The face of libs/@NAME@: what it is for. */\n"
                  "#pragma once\n"
                  "\n"
                  "#include <base/api.h>\n"
                  "\n"
                  "/* How many bytes of s are blanks. */\n"
                  "size_t @IDENT@_count(struct str s);\n")},
        {STR_INIT("libs/@NAME@/@NAME@.c"), STR_INIT("#include <@NAME@/api.h>\n"
                                                    "\n"
                                                    "size_t @IDENT@_count(struct str s)\n"
                                                    "{\n"
                                                    "\tsize_t count = 0;\n"
                                                    "\tfor (size_t i = 0; i < s.len; i++)\n"
                                                    "\t\tcount += s.ptr[i] == ' ';\n"
                                                    "\treturn count;\n"
                                                    "}\n")},
        {STR_INIT("tests/unit/libs/@NAME@/test_@NAME@.c"),
         STR_INIT("#include \"../../test.h\"\n"
                  "\n"
                  "#include \"../../../../libs/@NAME@/@NAME@.c\"\n"
                  "\n"
                  "static void blanks_are_counted(void **)\n"
                  "{\n"
                  "\tassert_int_equal(@IDENT@_count(STR(\"\")), 0);\n"
                  "\tassert_int_equal(@IDENT@_count(STR(\"a b c\")), 2);\n"
                  "}\n"
                  "\n"
                  "int main(void)\n"
                  "{\n"
                  "\tconst struct CMUnitTest tests[] = {\n"
                  "\t        cmocka_unit_test(blanks_are_counted),\n"
                  "\t};\n"
                  "\treturn cmocka_run_group_tests(tests, NULL, NULL);\n"
                  "}\n")},
};

#define FILES(list) .files = (list), .file_count = COUNT(list)
#define BOOT_TEST "xtask test scenario/@NAME@"
#define UNIT_TEST(folder)                                                                          \
	"make build/test/tests/unit/" folder "/@NAME@/test_@NAME@ && xtask test test_@NAME@"

const struct new_kind new_kinds[] = {
        {STR_INIT("app"), "a program below apps/ that starts at boot", BOOT_TEST, FILES(app)},
        {STR_INIT("service"), "a service below services/, with its interface", BOOT_TEST,
         FILES(service), .c_name = true},
        {STR_INIT("user-driver"), "a driver outside of the kernel", BOOT_TEST, FILES(user_driver)},
        {STR_INIT("bridge-driver"), "a module of the kernel", UNIT_TEST("drivers/bridges"),
         FILES(bridge_driver), .c_name = true},
        {STR_INIT("test"), "a program of tests inside the guest (profile test)",
         "xtask test target_suite", FILES(test)},
        {STR_INIT("library"), "a library below libs/", UNIT_TEST("libs"), FILES(library),
         .c_name = true},
        {.word = STR_INIT("kernel"), .refused = "there is one kernel; its folder is kernel/"},
        {.word = STR_INIT("boot"), .refused = "there is one boot manager; see manifests/grub"},
        {.word = STR_INIT("compat"), .refused = "its builder does not exist yet: docs/caveats.md"},
};
const size_t new_kind_count = COUNT(new_kinds);
