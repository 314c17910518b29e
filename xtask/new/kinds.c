/* The kinds of packages that there are templates for. */
#include "new/new.h"

#define BOOT_TEST "xtask test scenario/@NAME@"
#define UNIT_TEST(folder)                                                                          \
	"make build/test/tests/unit/" folder "/@NAME@/test_@NAME@ && xtask test test_@NAME@"

const struct new_kind new_kinds[] = {
        {STR_INIT("app"), "a program below apps/ that starts at boot", BOOT_TEST, .boots = true},
        {STR_INIT("service"), "a service below services/, with its interface", BOOT_TEST,
         .boots = true, .c_name = true},
        {STR_INIT("user-driver"), "a driver outside of the kernel", BOOT_TEST, .boots = true},
        {STR_INIT("bridge-driver"), "a module of the kernel", UNIT_TEST("drivers/bridges"),
         .c_name = true},
        {STR_INIT("compat"), "DLLs of Windows below compat/", UNIT_TEST("compat"), .c_name = true},
        {STR_INIT("test"), "a program of tests inside the guest (profile test)",
         "xtask test target_suite", .boots = false},
        {STR_INIT("library"), "a library below libs/", UNIT_TEST("libs"), .c_name = true},
        {.word = STR_INIT("kernel"), .refused = "there is one kernel; its folder is kernel/"},
        {.word = STR_INIT("boot"), .refused = "there is one boot manager; see manifests/grub"},
};
const size_t new_kind_count = COUNT(new_kinds);
