#include "manifest/rules.h"

#define BIT(value) (1u << (value))
enum { PROGRAM_BUILDERS = BIT(BUILDER_C_PROGRAM) | BIT(BUILDER_LINUX_PROGRAM) };
enum { FINISHED_BUILDERS = BIT(BUILDER_EXTERNAL_COPY) | BIT(BUILDER_DEB) };

static const struct kind_rule kinds[KIND_COUNT] = {
        [KIND_BOOT] = {.place = STR_INIT(PLACE_WITHOUT_SOURCES),
                       .install_root = STR_INIT("EFI/"),
                       .domain = DOMAIN_KERNEL,
                       .builders = BIT(BUILDER_BOOT_GRUB) | FINISHED_BUILDERS},
        [KIND_KERNEL] = {.place = STR_INIT("kernel"),
                         .install_root = STR_INIT(""),
                         .domain = DOMAIN_KERNEL,
                         .builders = BIT(BUILDER_KERNEL)},
        [KIND_BRIDGE_DRIVER] = {.place = STR_INIT("drivers/bridges"),
                                .install_root = STR_INIT("system/drivers/"),
                                .install_suffix = STR_INIT(".ko"),
                                .domain = DOMAIN_KERNEL,
                                .builders = BIT(BUILDER_MODULE_IMAGE) | FINISHED_BUILDERS,
                                .is_driver = true,
                                .is_preloadable = true},
        [KIND_USER_DRIVER] = {.place = STR_INIT("drivers/user"),
                              .install_root = STR_INIT("drivers/user/"),
                              .domain = DOMAIN_USER,
                              .builders = PROGRAM_BUILDERS,
                              .is_driver = true,
                              .is_program = true,
                              .is_preloadable = true},
        [KIND_SERVICE] = {.place = STR_INIT("services"),
                          .install_root = STR_INIT("services/"),
                          .own_folder = true,
                          .domain = DOMAIN_USER,
                          .builders = PROGRAM_BUILDERS,
                          .is_program = true,
                          .is_preloadable = true},
        /* Also PLACE_OF_TESTS and PLACE_WITHOUT_SOURCES, each under its condition. */
        [KIND_APP] = {.place = STR_INIT("apps"),
                      .install_root = STR_INIT("apps/"),
                      .domain = DOMAIN_USER,
                      .builders = PROGRAM_BUILDERS | FINISHED_BUILDERS | BIT(BUILDER_MINGW_C_EXE),
                      .is_program = true,
                      .is_preloadable = true},
        [KIND_COMPAT] = {.place = STR_INIT("compat"),
                         .install_root = STR_INIT("compat/"),
                         .domain = DOMAIN_USER,
                         .builders = BIT(BUILDER_WINSYS_DLL_BUNDLE) | BIT(BUILDER_MINGW_C_EXE) |
                                     FINISHED_BUILDERS,
                         .is_program = true,
                         .is_preloadable = true},
};

#define COMPILED [BUILD_KEY_SOURCE] = KEY_OPTIONAL, [BUILD_KEY_EXTRA_ARGS] = KEY_OPTIONAL

static const struct builder_rule builders[] = {
        [BUILDER_BOOT_GRUB] = {.keys = {[BUILD_KEY_SOURCE] = KEY_OPTIONAL},
                               .layouts = BIT(LAYOUT_FILE)},
        [BUILDER_KERNEL] = {.keys = {COMPILED, [BUILD_KEY_LIBS] = KEY_OPTIONAL,
                                     [BUILD_KEY_LINKER_SCRIPT] = KEY_REQUIRED},
                            .layouts = BIT(LAYOUT_FILE),
                            .compiles = true},
        [BUILDER_C_PROGRAM] = {.keys = {COMPILED, [BUILD_KEY_LIBS] = KEY_OPTIONAL,
                                        [BUILD_KEY_LINKAGE] = KEY_OPTIONAL},
                               .layouts = BIT(LAYOUT_FILE),
                               .linkages = BIT(LINKAGE_STATIC_PIE),
                               .default_linkage = LINKAGE_STATIC_PIE,
                               .compiles = true},
        [BUILDER_LINUX_PROGRAM] = {.keys = {COMPILED, [BUILD_KEY_LIBS] = KEY_OPTIONAL,
                                            [BUILD_KEY_LINKAGE] = KEY_OPTIONAL},
                                   .layouts = BIT(LAYOUT_FILE),
                                   .linkages = BIT(LINKAGE_STATIC_PIE) | BIT(LINKAGE_STATIC) |
                                               BIT(LINKAGE_DYNAMIC),
                                   .default_linkage = LINKAGE_STATIC,
                                   .compiles = true},
        [BUILDER_MODULE_IMAGE] = {.keys = {COMPILED, [BUILD_KEY_LIBS] = KEY_OPTIONAL},
                                  .layouts = BIT(LAYOUT_FILE),
                                  .compiles = true},
        [BUILDER_MINGW_C_EXE] = {.keys = {COMPILED}, .layouts = BIT(LAYOUT_FILE), .compiles = true},
        [BUILDER_WINSYS_DLL_BUNDLE] = {.keys = {COMPILED},
                                       .layouts = BIT(LAYOUT_DIRECTORY),
                                       .compiles = true},
        [BUILDER_EXTERNAL_COPY] =
                {.keys = {[BUILD_KEY_SOURCE] = KEY_OPTIONAL, [BUILD_KEY_SOURCE_ENV] = KEY_OPTIONAL},
                 .layouts = BIT(LAYOUT_FILE) | BIT(LAYOUT_DIRECTORY)},
        [BUILDER_DEB] = {.keys = {[BUILD_KEY_DEB] = KEY_REQUIRED, [BUILD_KEY_FILES] = KEY_OPTIONAL},
                         .layouts = BIT(LAYOUT_FILE) | BIT(LAYOUT_DIRECTORY) | BIT(LAYOUT_TREE)},
};

static const struct str key_names[BUILD_KEY_COUNT] = {
        [BUILD_KEY_SOURCE] = STR_INIT("source"),
        [BUILD_KEY_SOURCE_ENV] = STR_INIT("source_env"),
        [BUILD_KEY_LIBS] = STR_INIT("libs"),
        [BUILD_KEY_EXTRA_ARGS] = STR_INIT("extra_args"),
        [BUILD_KEY_LINKAGE] = STR_INIT("linkage"),
        [BUILD_KEY_LINKER_SCRIPT] = STR_INIT("linker_script"),
        [BUILD_KEY_DEB] = STR_INIT("deb"),
        [BUILD_KEY_FILES] = STR_INIT("files"),
};

const struct kind_rule *kind_rule(enum package_kind kind)
{
	return &kinds[kind];
}

const struct builder_rule *builder_rule(enum builder builder)
{
	return &builders[builder];
}

struct str build_key_name(enum build_key key)
{
	return key_names[key];
}
