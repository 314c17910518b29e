/* Every setting: its key, type, limits, words and default. docs/configuration.md says the same. */
#include "config/settings.h"
#include <string.h>

#define FIELD(type, member, field_kind, ...)                                                       \
	{                                                                                          \
		.key = STR_INIT(#member), .kind = (field_kind),                                    \
		.offset = offsetof(struct type, member), __VA_ARGS__                               \
	}
#define WORDS(list) .choices = (list), .choice_count = COUNT(list)
#define RANGE(low, high) .minimum = (low), .maximum = (high)
#define REFUSED(name, hint)                                                                        \
	{                                                                                          \
		.key = STR_INIT(name), .refused = (hint)                                           \
	}
#define SCHEMA(shown, list, type)                                                                  \
	{                                                                                          \
		.name = (shown), .fields = (list), .field_count = COUNT(list),                     \
		.size = sizeof(struct type)                                                        \
	}

const char config_defaults[] = "preset = \"debug\"\n"
                               "[kernel.build]\n"
                               "codegen_units = 1\n"
                               "opt_level = \"2\"\n"
                               "overflow_checks = true\n"
                               "debug_assertions = false\n"
                               "lto = \"off\"\n"
                               "frame_pointers = true\n"
                               "debuginfo = \"1\"\n"
                               "panic = \"abort\"\n"
                               "relocation_model = \"none\"\n"
                               "strip = \"none\"\n"
                               "extra_cflags = []\n"
                               "[logging]\n"
                               "enabled = true\n"
                               "boot_trace_enabled = true\n"
                               "serial_mirror = true\n"
                               "ring_buffer_bytes = 16384\n"
                               "compiled_level = \"off\"\n"
                               "min_level = \"info\"\n"
                               "[fault_injection]\n"
                               "enabled = false\n"
                               "compiled = true\n"
                               "rules = []\n"
                               "[image]\n"
                               "label = \"RUSTOS\"\n"
                               "slack_percent = 25\n"
                               "[qemu]\n"
                               "profile = \"default\"\n"
                               "accelerator = \"auto\"\n"
                               "memory_mib = 512\n"
                               "cpus = 1\n"
                               "firmware = \"\"\n"
                               "timeout_seconds = 0\n"
                               "data_mib = 1024\n"
                               "[signing]\n"
                               "key = \"\"\n"
                               "efi_key = \"\"\n"
                               "efi_certificate = \"\"\n"
                               "release = false\n"
                               "[build]\n"
                               "launcher = \"none\"\n"
                               "[cache]\n"
                               "folder = \"\"\n"
                               "url = \"\"\n"
                               "write = false\n"
                               "key = \"build/keys/cache.key\"\n"
                               "trusted = []\n";

static const struct toml_choice opt_levels[] = {
        {STR_INIT("0"), 0, NULL}, {STR_INIT("1"), 1, NULL},
        {STR_INIT("2"), 2, NULL}, {STR_INIT("3"), 3, NULL},
        {STR_INIT("s"), 4, NULL}, {STR_INIT("z"), 0, "gcc 12 has no z; write \"s\""},
};
static const struct toml_choice lto_words[] = {
        {STR_INIT("off"), LTO_OFF, NULL},
        {STR_INIT("full"), LTO_FULL, NULL},
        {STR_INIT("fat"), 0, "it is called \"full\" here"},
        {STR_INIT("thin"), 0, "gcc has no thin mode; write \"full\""},
};
static const struct toml_choice debuginfo_words[] = {
        {STR_INIT("0"), 0, NULL},
        {STR_INIT("1"), 1, NULL},
        {STR_INIT("2"), 2, NULL},
        {STR_INIT("line-directives-only"), 0, "lines without variables are \"1\" here"},
        {STR_INIT("line-tables-only"), 0, "lines without variables are \"1\" here"},
};
static const char linked_in_place[] = "the kernel is linked for one address: \"static\", or "
                                      "\"none\", which is the same";
static const struct toml_choice relocation_words[] = {
        {STR_INIT("none"), 0, NULL},
        {STR_INIT("static"), 1, NULL},
        {STR_INIT("pic"), 0, linked_in_place},
        {STR_INIT("pie"), 0, linked_in_place},
        {STR_INIT("dynamic-no-pic"), 0, linked_in_place},
        {STR_INIT("ropi"), 0, linked_in_place},
        {STR_INIT("rwpi"), 0, linked_in_place},
        {STR_INIT("ropi-rwpi"), 0, linked_in_place},
};
static const struct toml_choice strip_words[] = {
        {STR_INIT("none"), STRIP_NONE, NULL},
        {STR_INIT("debuginfo"), STRIP_DEBUGINFO, NULL},
        {STR_INIT("symbols"), STRIP_SYMBOLS, NULL},
};
static const struct toml_choice panic_words[] = {
        {STR_INIT("abort"), 0, NULL},
        {STR_INIT("unwind"), 0, "a C kernel does not unwind; \"abort\" is the only value"},
};

static const struct toml_field build_fields[] = {
        FIELD(kernel_build_settings, codegen_units, FIELD_INTEGER, RANGE(1, CODEGEN_UNITS_MAX)),
        FIELD(kernel_build_settings, opt_level, FIELD_WORD, WORDS(opt_levels),
              .number_is_word = true),
        FIELD(kernel_build_settings, overflow_checks, FIELD_BOOLEAN),
        FIELD(kernel_build_settings, debug_assertions, FIELD_BOOLEAN),
        FIELD(kernel_build_settings, lto, FIELD_WORD, WORDS(lto_words)),
        FIELD(kernel_build_settings, frame_pointers, FIELD_BOOLEAN),
        FIELD(kernel_build_settings, debuginfo, FIELD_WORD, WORDS(debuginfo_words),
              .number_is_word = true),
        FIELD(kernel_build_settings, panic, FIELD_WORD, WORDS(panic_words)),
        FIELD(kernel_build_settings, relocation_model, FIELD_WORD, WORDS(relocation_words)),
        FIELD(kernel_build_settings, strip, FIELD_WORD, WORDS(strip_words)),
        FIELD(kernel_build_settings, extra_cflags, FIELD_STRINGS),
        REFUSED("force_frame_pointers", "the key is called frame_pointers"),
        REFUSED("extra_rustflags", "the key is called extra_cflags"),
        REFUSED("embed_bitcode", "C has no such key; lto = \"full\" needs nothing beside it"),
        REFUSED("incremental", "C has no such key; the build only ever compiles what changed"),
};
static const struct toml_schema build_schema =
        SCHEMA("[kernel.build]", build_fields, kernel_build_settings);

static const struct toml_field kernel_fields[] = {
        FIELD(kernel_settings, build, FIELD_TABLE, .schema = &build_schema),
};
static const struct toml_schema kernel_schema = SCHEMA("[kernel]", kernel_fields, kernel_settings);

/* The last three come from the registry: their words are its levels and categories. */
static const struct toml_field logging_fields[] = {
        FIELD(logging_settings, enabled, FIELD_BOOLEAN),
        FIELD(logging_settings, boot_trace_enabled, FIELD_BOOLEAN),
        FIELD(logging_settings, serial_mirror, FIELD_BOOLEAN),
        FIELD(logging_settings, ring_buffer_bytes, FIELD_INTEGER, RANGE(1024, 16 << 20)),
        FIELD(logging_settings, compiled_level, FIELD_WORD),
        FIELD(logging_settings, min_level, FIELD_WORD),
        FIELD(logging_settings, categories, FIELD_TABLE),
};

static const struct toml_field fault_fields[] = {
        FIELD(fault_settings, enabled, FIELD_BOOLEAN),
        FIELD(fault_settings, compiled, FIELD_BOOLEAN),
        FIELD(fault_settings, rules, FIELD_STRINGS),
};
static const struct toml_schema fault_schema =
        SCHEMA("[fault_injection]", fault_fields, fault_settings);

static const struct toml_field image_fields[] = {
        FIELD(image_settings, label, FIELD_STRING),
        FIELD(image_settings, slack_percent, FIELD_INTEGER, RANGE(0, 100)),
};
static const struct toml_schema image_schema = SCHEMA("[image]", image_fields, image_settings);

static const struct toml_choice profile_words[] = {
        {STR_INIT("default"), 0, NULL},
        {STR_INIT("ahci"), 1, NULL},
        {STR_INIT("nvme"), 2, NULL},
};
static const struct toml_choice accelerator_words[] = {
        {STR_INIT("auto"), ACCEL_AUTO, NULL},
        {STR_INIT("kvm"), ACCEL_KVM, NULL},
        {STR_INIT("tcg"), ACCEL_TCG, NULL},
};
static const struct toml_field qemu_fields[] = {
        FIELD(qemu_settings, profile, FIELD_WORD, WORDS(profile_words)),
        FIELD(qemu_settings, accelerator, FIELD_WORD, WORDS(accelerator_words)),
        FIELD(qemu_settings, memory_mib, FIELD_INTEGER, RANGE(32, 1 << 20)),
        FIELD(qemu_settings, cpus, FIELD_INTEGER, RANGE(1, 255)),
        FIELD(qemu_settings, firmware, FIELD_STRING),
        FIELD(qemu_settings, timeout_seconds, FIELD_INTEGER, RANGE(0, 86400)),
        FIELD(qemu_settings, data_mib, FIELD_INTEGER, RANGE(64, 1 << 20)),
};
static const struct toml_schema qemu_schema = SCHEMA("[qemu]", qemu_fields, qemu_settings);

static const struct toml_field signing_fields[] = {
        FIELD(signing_settings, key, FIELD_STRING),
        FIELD(signing_settings, efi_key, FIELD_STRING),
        FIELD(signing_settings, efi_certificate, FIELD_STRING),
        FIELD(signing_settings, release, FIELD_BOOLEAN),
};
static const struct toml_schema signing_schema =
        SCHEMA("[signing]", signing_fields, signing_settings);

static const struct toml_choice launcher_words[] = {
        {STR_INIT("none"), LAUNCHER_NONE, NULL},
        {STR_INIT("ccache"), LAUNCHER_CCACHE, NULL},
        {STR_INIT("icecc"), LAUNCHER_ICECC, NULL},
        {STR_INIT("distcc"), LAUNCHER_DISTCC, NULL},
};
static const struct toml_field host_build_fields[] = {
        FIELD(host_build_settings, launcher, FIELD_WORD, WORDS(launcher_words)),
};
static const struct toml_schema host_build_schema =
        SCHEMA("[build]", host_build_fields, host_build_settings);

static const struct toml_field cache_fields[] = {
        FIELD(artifact_cache_settings, folder, FIELD_STRING),
        FIELD(artifact_cache_settings, url, FIELD_STRING),
        FIELD(artifact_cache_settings, write, FIELD_BOOLEAN),
        FIELD(artifact_cache_settings, key, FIELD_STRING),
        FIELD(artifact_cache_settings, trusted, FIELD_STRINGS),
};
static const struct toml_schema cache_schema =
        SCHEMA("[cache]", cache_fields, artifact_cache_settings);

static const struct toml_field root_fields[] = {
        FIELD(settings, preset, FIELD_STRING),
        FIELD(settings, kernel, FIELD_TABLE, .schema = &kernel_schema),
        FIELD(settings, logging, FIELD_TABLE),
        FIELD(settings, fault_injection, FIELD_TABLE, .schema = &fault_schema),
        FIELD(settings, image, FIELD_TABLE, .schema = &image_schema),
        FIELD(settings, qemu, FIELD_TABLE, .schema = &qemu_schema),
        FIELD(settings, build, FIELD_TABLE, .schema = &host_build_schema),
        FIELD(settings, cache, FIELD_TABLE, .schema = &cache_schema),
        FIELD(settings, signing, FIELD_TABLE, .schema = &signing_schema),
        REFUSED("hardening", "write codegen_units in [kernel.build]"),
        REFUSED("categories", "the table is called [logging.categories]"),
};

static struct toml_field *copy_fields(struct arena *a, const struct toml_field *fields,
                                      size_t count)
{
	struct toml_field *copy = ARENA_ARRAY(a, struct toml_field, count);
	memcpy(copy, fields, count * sizeof *copy);
	return copy;
}

static struct toml_schema *new_schema(struct arena *a, const char *name,
                                      const struct toml_field *fields, size_t count, size_t size)
{
	struct toml_schema *schema = ARENA_NEW(a, struct toml_schema);
	*schema = (struct toml_schema){
	        .name = name, .fields = fields, .field_count = count, .size = size};
	return schema;
}

static const struct toml_schema *categories_schema(struct arena *a,
                                                   const struct config_names *names)
{
	struct toml_field *fields = ARENA_ARRAY(a, struct toml_field, names->category_count);
	for (size_t i = 0; i < names->category_count; i++)
		fields[i] = (struct toml_field){
		        .key = names->categories[i],
		        .kind = FIELD_WORD,
		        .offset = offsetof(struct category_settings, levels) +
		                  i * sizeof(struct toml_word),
		        .choices = names->levels,
		        .choice_count = names->level_count,
		};
	return new_schema(a, "[logging.categories]", fields, names->category_count,
	                  sizeof(struct category_settings));
}

static const struct toml_schema *logging_schema(struct arena *a, const struct config_names *names)
{
	struct toml_field *fields = copy_fields(a, logging_fields, COUNT(logging_fields));
	struct toml_field *levels = &fields[COUNT(logging_fields) - 3];
	struct toml_field *categories = &fields[COUNT(logging_fields) - 1];
	for (size_t i = 0; i < 2; i++) {
		levels[i].choices = names->levels;
		levels[i].choice_count = names->level_count;
	}
	categories->schema = categories_schema(a, names);
	return new_schema(a, "[logging]", fields, COUNT(logging_fields),
	                  sizeof(struct logging_settings));
}

const struct toml_schema *config_schema(struct arena *a, const struct config_names *names)
{
	struct toml_field *fields = copy_fields(a, root_fields, COUNT(root_fields));
	for (size_t i = 0; i < COUNT(root_fields); i++)
		if (str_equal(fields[i].key, STR("logging")))
			fields[i].schema = logging_schema(a, names);
	return new_schema(a, "the top level", fields, COUNT(root_fields), sizeof(struct settings));
}

const struct toml_field *config_field_find(const struct toml_schema *schema, struct str key)
{
	while (schema) {
		struct str_split cut = str_cut(key, '.');
		const struct toml_field *found = NULL;
		for (size_t i = 0; i < schema->field_count && !found; i++)
			if (str_equal(schema->fields[i].key, cut.head) &&
			    !schema->fields[i].refused)
				found = &schema->fields[i];
		if (!found)
			return NULL;
		if (!cut.rest.len)
			return found->kind == FIELD_TABLE ? NULL : found;
		schema = found->schema;
		key = cut.rest;
	}
	return NULL;
}
