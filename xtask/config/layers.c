/* Which files are read, and in which order the layers lie over each other. */
#include "config/settings.h"
#include "os/files.h"
#include <string.h>
#include <unistd.h>

static const char default_path[] = "config/rustos.toml";
static const char presets_folder[] = "config/presets";

static bool read_over(struct loader *l, const struct source *source)
{
	size_t errors = l->diag->errors;
	const struct toml_value *root = toml_parse(l->arena, source, l->diag);
	return toml_read(l->arena, l->schema, root, &l->settings, l->diag) &&
	       l->diag->errors == errors;
}

static bool read_defaults(struct loader *l)
{
	struct source *source = ARENA_NEW(l->arena, struct source);
	*source = (struct source){STR("default"), str_from_c(config_defaults)};
	l->defaults = source;
	return read_over(l, source);
}

static bool is_file(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* A file that an environment variable names; NULL after reporting, *out_given false without. */
static const struct source *open_named(struct loader *l, const char *variable, bool *out_given)
{
	const char *path = config_variable(l, variable);
	*out_given = path != NULL;
	if (!path)
		return NULL;
	if (!is_file(path)) {
		diag_error(l->diag, (struct span){}, (struct str){}, "%s is not a file: %s",
		           variable, path);
		return NULL;
	}
	strs_add(&l->config->files_read, l->arena, arena_str(l->arena, str_from_c(path)));
	return source_open(l->arena, path, (struct span){}, l->diag);
}

static const struct source *open_main(struct loader *l)
{
	const char *path = l->request->file;
	bool given = false;
	if (!path) {
		const struct source *named = open_named(l, "RUSTOS_CONFIG", &given);
		if (given)
			return named;
		path = default_path;
	}
	const struct source *source = source_open(l->arena, path, (struct span){}, l->diag);
	if (source)
		strs_add(&l->config->files_read, l->arena, source->path);
	return source;
}

static struct str preset_names(struct loader *l, struct str wanted)
{
	struct folder folder;
	if (folder_read(l->arena, presets_folder, &folder) != 0)
		return (struct str){};
	struct strs names = {};
	struct text all = {.arena = l->arena};
	const struct str suffix = STR(".toml");
	for (size_t i = 0; i < folder.count; i++) {
		struct str name = folder.entries[i].name;
		if (!str_ends_with(name, suffix))
			continue;
		name = str_slice(name, 0, name.len - suffix.len);
		strs_add(&names, l->arena, name);
		text_addf(&all, "%s%.*s", all.len ? ", " : "there are: ", STR_ARG(name));
	}
	struct str hint = diag_did_you_mean(l->diag, wanted, names.items, names.count);
	return hint.len ? hint : text_str(&all);
}

static bool read_preset(struct loader *l, struct toml_str preset)
{
	struct str path =
	        str_format(l->arena, "%s/%.*s.toml", presets_folder, STR_ARG(preset.value));
	if (!preset.value.len || str_contains(preset.value, '/') || !is_file(path.ptr)) {
		struct span span =
		        preset.span.source == l->defaults ? (struct span){} : preset.span;
		diag_error(l->diag, span, preset_names(l, preset.value), "unknown preset '%.*s'",
		           STR_ARG(preset.value));
		return false;
	}
	l->preset = source_open(l->arena, path.ptr, (struct span){}, l->diag);
	if (!l->preset)
		return false;
	strs_add(&l->config->files_read, l->arena, path);
	bool ok = read_over(l, l->preset);
	if (l->settings.preset.span.source == l->preset) {
		diag_error(l->diag, l->settings.preset.span, (struct str){},
		           "a preset can't name a preset");
		ok = false;
	}
	l->settings.preset = preset;
	return ok;
}

/* The preset's name stands in the file that lies over it: --preset, else the file's key. */
static struct toml_str wanted_preset(struct loader *l, const struct toml_value *root)
{
	struct str asked = l->request->preset;
	if (asked.len) {
		struct source *source = ARENA_NEW(l->arena, struct source);
		*source = (struct source){STR("--preset"), asked};
		return (struct toml_str){asked, {source, 0, (uint32_t)asked.len}};
	}
	const struct toml_entry *entry = root ? toml_find(&root->table, STR("preset")) : NULL;
	if (entry && entry->value->kind == TOML_STRING)
		return (struct toml_str){entry->value->string, entry->value->span};
	return l->settings.preset;
}

/* Only [kernel.build] is taken from it; what else stands there is said. */
static bool read_kernel_file(struct loader *l, const struct source *source,
                             const struct kernel_settings *below)
{
	size_t errors = l->diag->errors;
	const struct toml_value *root = toml_parse(l->arena, source, l->diag);
	struct settings scratch = l->settings;
	scratch.kernel = *below;
	bool ok = toml_read(l->arena, l->schema, root, &scratch, l->diag);
	for (const struct toml_entry *e = root->table.first; e; e = e->next)
		if (!str_equal(e->key, STR("kernel")))
			diag_warning(l->diag, e->key_span, (struct str){},
			             "KERNEL_BUILD_CONFIG replaces [kernel.build] only, "
			             "ignoring '%.*s'",
			             STR_ARG(e->key));
	l->settings.kernel = scratch.kernel;
	return ok && l->diag->errors == errors;
}

static bool read_files(struct loader *l)
{
	const struct source *source = open_main(l);
	bool given, ok = source != NULL;
	size_t errors = l->diag->errors;
	const struct toml_value *root = source ? toml_parse(l->arena, source, l->diag) : NULL;
	ok &= read_preset(l, wanted_preset(l, root));

	struct kernel_settings below = l->settings.kernel;
	struct toml_str preset = l->settings.preset;
	if (root)
		ok &= toml_read(l->arena, l->schema, root, &l->settings, l->diag);
	if (l->request->preset.len)
		l->settings.preset = preset;
	const struct source *kernel = open_named(l, "KERNEL_BUILD_CONFIG", &given);
	if (kernel)
		ok &= read_kernel_file(l, kernel, &below);
	if (source)
		l->config->source = source->path;
	return ok && l->diag->errors == errors && (!given || kernel);
}

bool config_layers_read(struct loader *l)
{
	bool ok = read_defaults(l);
	ok &= read_files(l);
	ok &= config_environment_read(l);
	ok &= config_sets_read(l);
	return ok;
}
