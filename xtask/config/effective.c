/* From settings to what the other stages use. */
#include "config/settings.h"

enum { LABEL_MAX = 11 }; /* FAT: Microsoft EFI FAT32 specification 1.03, section 6 */

static const char opt_level_words[][2] = {"0", "1", "2", "3", "s"};

static void resolve_kernel(const struct kernel_build_settings *s, struct kernel_build_config *out,
                           struct arena *a)
{
	*out = (struct kernel_build_config){
	        .codegen_units = s->codegen_units.value,
	        .opt_level = str_from_c(opt_level_words[s->opt_level.value]),
	        .overflow_checks = s->overflow_checks.value,
	        .debug_assertions = s->debug_assertions.value,
	        .lto = (enum lto)s->lto.value,
	        .frame_pointers = s->frame_pointers.value,
	        .debuginfo = s->debuginfo.value,
	        .strip = (enum strip)s->strip.value,
	};
	for (size_t i = 0; i < s->extra_cflags.count; i++)
		strs_add(&out->extra_cflags, a, s->extra_cflags.items[i].value);
}

/* min_level is a floor: a category may be quieter, never louder. Both off: silent. */
static int effective_level(int min_level, const struct toml_word *category)
{
	if (min_level == 0)
		return 0;
	if (!category->span.source)
		return min_level;
	return category->value && category->value < min_level ? min_level : category->value;
}

static void resolve_logging(const struct loader *l, struct logging_config *out)
{
	const struct logging_settings *s = &l->settings.logging;
	*out = (struct logging_config){
	        .enabled = s->enabled.value,
	        .boot_trace_enabled = s->boot_trace_enabled.value,
	        .serial_mirror = s->serial_mirror.value,
	        .ring_buffer_bytes = s->ring_buffer_bytes.value,
	        .compiled_level = s->compiled_level.value,
	        .min_level = s->min_level.value,
	        .category_count = l->names.category_count,
	};
	for (size_t i = 0; i < out->category_count; i++) {
		out->category_names[i] = l->names.categories[i];
		out->thresholds[i] = effective_level(s->min_level.value, &s->categories.levels[i]);
	}
}

static bool label_byte_is_valid(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == ' ';
}

static bool check_label(struct loader *l, struct toml_str label)
{
	bool valid = label.value.len <= LABEL_MAX;
	for (size_t i = 0; i < label.value.len; i++)
		valid &= label_byte_is_valid(label.value.ptr[i]);
	if (valid)
		return true;
	diag_error(l->diag, label.span, STR("at most 11 of A-Z 0-9 _ - and blank"),
	           "'%.*s' can't be the label of a FAT volume", STR_ARG(label.value));
	return false;
}

static struct str choice_word(const struct loader *l, const char *key, int value)
{
	const struct toml_field *field = config_field_find(l->schema, str_from_c(key));
	for (size_t i = 0; field && i < field->choice_count; i++)
		if (!field->choices[i].refused && field->choices[i].value == value)
			return field->choices[i].word;
	return (struct str){};
}

static void resolve_cache(const struct loader *l, struct cache_config *out)
{
	const struct artifact_cache_settings *s = &l->settings.cache;
	*out = (struct cache_config){.folder = s->folder.value,
	                             .url = s->url.value,
	                             .write = s->write.value,
	                             .key = s->key.value};
	for (size_t i = 0; i < s->trusted.count; i++)
		strs_add(&out->trusted, l->arena, s->trusted.items[i].value);
}

bool config_resolve(struct loader *l)
{
	const struct settings *s = &l->settings;
	struct config *out = l->config;
	out->preset = s->preset.value;
	resolve_kernel(&s->kernel.build, &out->kernel, l->arena);
	resolve_logging(l, &out->logging);
	out->image = (struct image_config){s->image.label.value, s->image.slack_percent.value};
	out->qemu = (struct qemu_config){
	        .profile = choice_word(l, "qemu.profile", s->qemu.profile.value),
	        .accelerator = (enum accelerator)s->qemu.accelerator.value,
	        .memory_mib = s->qemu.memory_mib.value,
	        .cpus = s->qemu.cpus.value,
	        .firmware = s->qemu.firmware.value,
	        .timeout_seconds = s->qemu.timeout_seconds.value,
	        .data_mib = s->qemu.data_mib.value,
	};
	out->signing = (struct signing_config){
	        .key = s->signing.key.value,
	        .efi_key = s->signing.efi_key.value,
	        .efi_certificate = s->signing.efi_certificate.value,
	        .release = s->signing.release.value,
	};
	if (s->build.launcher.value != LAUNCHER_NONE)
		out->launcher = choice_word(l, "build.launcher", s->build.launcher.value);
	resolve_cache(l, &out->cache);
	bool ok = check_label(l, s->image.label);
	return config_faults_resolve(l) && ok;
}

bool config_load(struct arena *a, const struct config_request *request, struct config *out_config,
                 struct diag *d)
{
	*out_config = (struct config){};
	struct loader l = {.arena = a, .diag = d, .request = request, .config = out_config};
	if (!config_names_read(&l))
		return false;
	l.schema = config_schema(a, &l.names);
	bool ok = config_layers_read(&l);
	ok &= config_resolve(&l);
	config_values_list(&l);
	return ok;
}
