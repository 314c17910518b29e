#include "manifest/schema.h"
#include <stddef.h>

static const struct toml_choice kinds[] = {
        {STR_INIT("boot"), KIND_BOOT, NULL},
        {STR_INIT("kernel"), KIND_KERNEL, NULL},
        {STR_INIT("bridge-driver"), KIND_BRIDGE_DRIVER, NULL},
        {STR_INIT("user-driver"), KIND_USER_DRIVER, NULL},
        {STR_INIT("service"), KIND_SERVICE, NULL},
        {STR_INIT("app"), KIND_APP, NULL},
        {STR_INIT("compat"), KIND_COMPAT, NULL},
        /* Former names, still understood. */
        {STR_INIT("driver"), KIND_BRIDGE_DRIVER, NULL},
        {STR_INIT("system-app"), KIND_SERVICE, NULL},
        {STR_INIT("sample"), KIND_APP, NULL},
        {STR_INIT("compat-user"), KIND_COMPAT, NULL},
        {STR_INIT("compat-kernel"), KIND_COMPAT, NULL},
};

static const struct toml_choice domains[] = {
        {STR_INIT("kernel"), DOMAIN_KERNEL, NULL},
        {STR_INIT("user"), DOMAIN_USER, NULL},
};

static const struct toml_choice startups[] = {
        {STR_INIT("none"), STARTUP_NONE, NULL},
        {STR_INIT("init"), STARTUP_INIT, NULL},
        {STR_INIT("session"), STARTUP_SESSION, NULL},
        {STR_INIT("desktop"), STARTUP_DESKTOP, NULL},
};

static const struct toml_choice builders[] = {
        {STR_INIT("boot-grub"), BUILDER_BOOT_GRUB, NULL},
        {STR_INIT("kernel"), BUILDER_KERNEL, NULL},
        {STR_INIT("c-program"), BUILDER_C_PROGRAM, NULL},
        {STR_INIT("linux-program"), BUILDER_LINUX_PROGRAM, NULL},
        {STR_INIT("module-image"), BUILDER_MODULE_IMAGE, NULL},
        {STR_INIT("mingw-c-exe"), BUILDER_MINGW_C_EXE, NULL},
        {STR_INIT("winsys-dll-bundle"), BUILDER_WINSYS_DLL_BUNDLE, NULL},
        {STR_INIT("external-copy"), BUILDER_EXTERNAL_COPY, NULL},
        {STR_INIT("deb"), BUILDER_DEB, NULL},
        /* Names of the Rust system, refused with ours. */
        {STR_INIT("bootloader-uefi"), 0, "the boot manager's builder is called 'boot-grub'"},
        {STR_INIT("kernel-rustc"), 0, "the kernel's builder is called 'kernel'"},
        {STR_INIT("cargo-kernel-binary"), 0,
         "programs are written in C: use 'c-program' (our runtime) or 'linux-program' "
         "(a C library)"},
        {STR_INIT("c-demo"), 0, "a C program with a C library is built by 'linux-program'"},
};

static const struct toml_choice linkages[] = {
        {STR_INIT("static-pie"), LINKAGE_STATIC_PIE, NULL},
        {STR_INIT("static"), LINKAGE_STATIC, NULL},
        {STR_INIT("dynamic"), LINKAGE_DYNAMIC, NULL},
};

static const struct toml_choice layouts[] = {
        {STR_INIT("file"), LAYOUT_FILE, NULL},
        {STR_INIT("directory"), LAYOUT_DIRECTORY, NULL},
        {STR_INIT("tree"), LAYOUT_TREE, NULL},
};

static const struct toml_choice launches[] = {
        {STR_INIT("none"), LAUNCH_NONE, NULL},
        {STR_INIT("new-session"), LAUNCH_NEW_SESSION, NULL},
        {STR_INIT("all-sessions"), LAUNCH_ALL_SESSIONS, NULL},
};

/* The key, its kind, where it goes; further members follow. */
#define FIELD(type, member, name, field_kind)                                                      \
	.key = STR_INIT(name), .kind = (field_kind), .offset = offsetof(type, member)
#define WORDS(list) .choices = (list), .choice_count = COUNT(list)
#define REFUSED(name, hint)                                                                        \
	{                                                                                          \
		.key = STR_INIT(name), .kind = FIELD_STRING, .refused = hint                       \
	}

static const struct toml_field build_fields[] = {
        {FIELD(struct package_build, builder, "builder", FIELD_WORD), .required = true,
         WORDS(builders), .doc = "how the artifact is made"},
        {FIELD(struct package_build, source, "source", FIELD_STRING),
         .doc = "file or folder with the sources, from the manifest's folder"},
        {FIELD(struct package_build, source_env, "source_env", FIELD_STRING),
         .doc = "environment variable that replaces source"},
        {FIELD(struct package_build, libs, "libs", FIELD_STRINGS),
         .doc = "folders of libs/ to link, whose headers become visible"},
        {FIELD(struct package_build, extra_args, "extra_args", FIELD_STRINGS),
         .doc = "further compiler flags"},
        {FIELD(struct package_build, optional, "optional", FIELD_BOOLEAN),
         .doc = "a missing artifact is no error"},
        {FIELD(struct package_build, linkage, "linkage", FIELD_WORD), WORDS(linkages),
         .doc = "how a program is linked"},
        {FIELD(struct package_build, linker_script, "linker_script", FIELD_STRING),
         .doc = "the kernel's linker script, from the manifest's folder"},
        {FIELD(struct package_build, deb, "deb", FIELD_STRING),
         .doc = "name of the Debian package"},
        {FIELD(struct package_build, files, "files", FIELD_STRINGS),
         .doc = "paths inside the Debian package to take"},
        REFUSED("package", "there are no Cargo packages here: 'source' names the sources"),
        REFUSED("crate_name", "there are no crates here: a module takes its name from 'id'"),
        REFUSED("dependency_crates",
                "there are no crates here: 'libs' names folders of libs/ to link"),
};

static const struct toml_field install_fields[] = {
        {FIELD(struct package_install, path, "path", FIELD_STRING),
         .doc = "where the artifact lies in the boot volume"},
        {FIELD(struct package_install, layout, "layout", FIELD_WORD), WORDS(layouts),
         .doc = "one file, a directory, or a tree with its own paths"},
        {FIELD(struct package_install, links, "links", FIELD_STRINGS),
         .doc = "paths at which the running system has symbolic links to the file"},
};

static const struct toml_field boot_fields[] = {
        {FIELD(struct package_boot, preload, "preload", FIELD_BOOLEAN),
         .doc = "part of the signed early archive"},
        {FIELD(struct package_boot, required, "required", FIELD_BOOLEAN),
         .doc = "the machine does not come up without it"},
        {FIELD(struct package_boot, priority, "priority", FIELD_INTEGER), .minimum = INT32_MIN,
         .maximum = INT32_MAX, .doc = "order in the early archive, lower first"},
};

static const struct toml_field autoload_fields[] = {
        {FIELD(struct package_autoload, name, "name", FIELD_STRING), .required = true,
         .doc = "the driver's name, as other drivers' deps say it"},
        {FIELD(struct package_autoload, class, "class", FIELD_STRING), .required = true,
         .doc = "display, input, network, ..."},
        {FIELD(struct package_autoload, bus, "bus", FIELD_STRING), .required = true,
         .doc = "platform, serio, usb, pci, virtio, ..."},
        {FIELD(struct package_autoload, enabled, "enabled", FIELD_BOOLEAN),
         .doc = "false keeps the driver out of the registry"},
        {FIELD(struct package_autoload, priority, "priority", FIELD_INTEGER), .minimum = INT32_MIN,
         .maximum = INT32_MAX, .doc = "lower is tried first"},
        {FIELD(struct package_autoload, when, "when", FIELD_STRING),
         .doc = "when the driver may be loaded"},
        {FIELD(struct package_autoload, aliases, "aliases", FIELD_STRINGS),
         .doc = "device patterns that call for the driver"},
        {FIELD(struct package_autoload, deps, "deps", FIELD_STRINGS),
         .doc = "drivers that must be loaded before"},
        {FIELD(struct package_autoload, softdeps, "softdeps", FIELD_STRINGS),
         .doc = "drivers loaded before when they can be"},
        {FIELD(struct package_autoload, linux_driver_names, "linux_driver_names", FIELD_STRINGS),
         .doc = "names the module may register under"},
        {FIELD(struct package_autoload, provider_group, "provider_group", FIELD_STRING),
         .doc = "one driver of a group becomes active"},
        {FIELD(struct package_autoload, fallback_only, "fallback_only", FIELD_BOOLEAN),
         .doc = "only when no other of the group was loaded"},
};

static const struct toml_field entry_fields[] = {
        {FIELD(struct desktop_entry, display_name, "display_name", FIELD_STRING), .required = true,
         .doc = "what people see"},
        {FIELD(struct desktop_entry, weight_micros, "weight_micros", FIELD_INTEGER),
         .required = true, .minimum = 1, .maximum = 1000000,
         .doc = "processor share, in microseconds a round"},
        {FIELD(struct desktop_entry, image, "image", FIELD_STRING),
         .doc = "the program's file, when it is not install.path"},
        {FIELD(struct desktop_entry, exec, "exec", FIELD_STRING),
         .doc = "what is started, when it is not image"},
        {FIELD(struct desktop_entry, logical_admin, "logical_admin", FIELD_BOOLEAN),
         .doc = "runs with the rights of an administrator"},
        {FIELD(struct desktop_entry, console_hosted, "console_hosted", FIELD_BOOLEAN),
         .doc = "runs in a terminal"},
        {FIELD(struct desktop_entry, launch, "launch", FIELD_WORD), WORDS(launches),
         .doc = "in which sessions it is started"},
        {FIELD(struct desktop_entry, args, "args", FIELD_STRINGS),
         .doc = "arguments after the program's name"},
        {FIELD(struct desktop_entry, env, "env", FIELD_STRINGS),
         .doc = "environment, as NAME=VALUE"},
};

static const struct toml_schema build_schema = {
        .name = "[build]",
        .fields = build_fields,
        .field_count = COUNT(build_fields),
        .size = sizeof(struct package_build),
        .span_offset = offsetof(struct package_build, span),
        .has_span = true,
};

static const struct toml_schema install_schema = {
        .name = "[install]",
        .fields = install_fields,
        .field_count = COUNT(install_fields),
        .size = sizeof(struct package_install),
        .span_offset = offsetof(struct package_install, span),
        .has_span = true,
};

static const struct toml_schema boot_schema = {
        .name = "[boot]",
        .fields = boot_fields,
        .field_count = COUNT(boot_fields),
        .size = sizeof(struct package_boot),
        .span_offset = offsetof(struct package_boot, span),
        .has_span = true,
};

static const struct toml_schema autoload_schema = {
        .name = "[autoload]",
        .fields = autoload_fields,
        .field_count = COUNT(autoload_fields),
        .size = sizeof(struct package_autoload),
        .span_offset = offsetof(struct package_autoload, span),
        .has_span = true,
};

static const struct toml_schema entry_schema = {
        .name = "[[desktop.entries]]",
        .fields = entry_fields,
        .field_count = COUNT(entry_fields),
        .size = sizeof(struct desktop_entry),
        .span_offset = offsetof(struct desktop_entry, span),
        .has_span = true,
};

/* [desktop] holds nothing but its entries, so it is read in place as their list. */
static const struct toml_field desktop_fields[] = {
        {.key = STR_INIT("entries"),
         .kind = FIELD_TABLES,
         .offset = 0,
         .schema = &entry_schema,
         .doc = "programs that people and startup see"},
};

static const struct toml_schema desktop_schema = {
        .name = "[desktop]",
        .fields = desktop_fields,
        .field_count = COUNT(desktop_fields),
        .size = sizeof(struct toml_list),
};

static const struct toml_field package_fields[] = {
        {FIELD(struct package, id, "id", FIELD_STRING), .required = true,
         .doc = "the package's name in runtime_deps; unique"},
        {FIELD(struct package, kind, "kind", FIELD_WORD), .required = true, WORDS(kinds),
         .doc = "what the package is: decides where it lives and installs"},
        {FIELD(struct package, domain, "execution_domain", FIELD_WORD), WORDS(domains),
         .doc = "follows from kind"},
        {FIELD(struct package, profiles, "profiles", FIELD_STRINGS),
         .doc = "the systems it is part of"},
        {FIELD(struct package, startup, "startup", FIELD_WORD), WORDS(startups),
         .doc = "who starts it"},
        {FIELD(struct package, runtime_deps, "runtime_deps", FIELD_STRINGS),
         .doc = "ids of packages that must run before"},
        {FIELD(struct package, build, "build", FIELD_TABLE), .required = true,
         .schema = &build_schema, .doc = "how it is made"},
        {FIELD(struct package, install, "install", FIELD_TABLE), .required = true,
         .schema = &install_schema, .doc = "where it goes"},
        {FIELD(struct package, boot, "boot", FIELD_TABLE), .schema = &boot_schema,
         .doc = "its part in booting"},
        {FIELD(struct package, autoload, "autoload", FIELD_TABLE), .schema = &autoload_schema,
         .doc = "a driver's row in the driver registry"},
        {FIELD(struct package, desktop, "desktop", FIELD_TABLE), .schema = &desktop_schema,
         .doc = "programs that people and startup see"},
};

const struct toml_schema manifest_schema = {
        .name = "the top level",
        .fields = package_fields,
        .field_count = COUNT(package_fields),
        .size = sizeof(struct package),
};

/* The first row of a value is its name. */
static const char *word_name(const struct toml_choice *choices, size_t count, int value)
{
	for (size_t i = 0; i < count; i++)
		if (choices[i].value == value && !choices[i].refused)
			return choices[i].word.ptr;
	return "unset";
}

const char *package_kind_name(enum package_kind kind)
{
	return word_name(kinds, COUNT(kinds), (int)kind);
}

const char *builder_name(enum builder builder)
{
	return word_name(builders, COUNT(builders), (int)builder);
}

const char *startup_name(enum startup startup)
{
	return word_name(startups, COUNT(startups), (int)startup);
}

const char *launch_name(enum launch launch)
{
	return word_name(launches, COUNT(launches), (int)launch);
}

const char *execution_domain_name(enum execution_domain domain)
{
	return word_name(domains, COUNT(domains), (int)domain);
}

const char *linkage_name(enum linkage linkage)
{
	return word_name(linkages, COUNT(linkages), (int)linkage);
}

const char *layout_name(enum layout layout)
{
	return word_name(layouts, COUNT(layouts), (int)layout);
}
