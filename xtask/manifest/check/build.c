/* [build]: keys and values by builder, and that what they name is there. */
#include "manifest/check/check.h"
#include "manifest/rules.h"
#include "manifest/schema.h"

#define BUILD STR("build")

static struct span value_span(const struct package_build *build, enum build_key key)
{
	switch (key) {
	case BUILD_KEY_SOURCE:
		return build->source.span;
	case BUILD_KEY_SOURCE_ENV:
		return build->source_env.span;
	case BUILD_KEY_LIBS:
		return build->libs.span;
	case BUILD_KEY_EXTRA_ARGS:
		return build->extra_args.span;
	case BUILD_KEY_LINKAGE:
		return build->linkage.span;
	case BUILD_KEY_LINKER_SCRIPT:
		return build->linker_script.span;
	case BUILD_KEY_DEB:
		return build->deb.span;
	case BUILD_KEY_FILES:
		return build->files.span;
	case BUILD_KEY_COUNT:
		break;
	}
	return (struct span){};
}

static const char *name_of(const struct check *c)
{
	return builder_name((enum builder)c->package->build.builder.value);
}

/* "only for 'kernel'", "only for 'c-program', 'linux-program'". */
static struct str builders_with(struct check *c, enum build_key key)
{
	struct text names = {.arena = c->arena};
	for (int i = 0; i <= BUILDER_DEB; i++)
		if (builder_rule((enum builder)i)->keys[key] != KEY_REFUSED)
			text_addf(&names, "%s'%s'", names.len ? ", " : "only for ",
			          builder_name((enum builder)i));
	return text_str(&names);
}

static void check_keys(struct check *c, const struct builder_rule *rule)
{
	const struct package_build *build = &c->package->build;
	for (int i = 0; i < BUILD_KEY_COUNT; i++) {
		enum build_key key = (enum build_key)i;
		struct str name = build_key_name(key);
		struct span span = value_span(build, key);
		if (rule->keys[key] == KEY_REFUSED && span.source)
			diag_error(c->diag, check_key_span(c, BUILD, name, span),
			           builders_with(c, key), "'%.*s' has no meaning for builder '%s'",
			           STR_ARG(name), name_of(c));
		else if (rule->keys[key] == KEY_REQUIRED && check_lacks(c, BUILD, name))
			diag_error(c->diag, build->builder.span,
			           str_format(c->arena, "add %.*s = \"...\" to [build]",
			                      STR_ARG(name)),
			           "builder '%s' needs the key '%.*s'", name_of(c), STR_ARG(name));
	}
}

static void check_linkage(struct check *c, const struct builder_rule *rule)
{
	struct toml_word *linkage = &c->package->build.linkage;
	if (linkage->span.source && rule->linkages && !(rule->linkages >> linkage->value & 1)) {
		struct text words = {.arena = c->arena};
		for (int i = LINKAGE_STATIC_PIE; i <= LINKAGE_DYNAMIC; i++)
			if (rule->linkages >> i & 1)
				text_addf(&words, "%s'%s'", words.len ? ", " : "",
				          linkage_name((enum linkage)i));
		diag_error(c->diag, linkage->span, str_format(c->arena, "use %s", words.bytes),
		           "builder '%s' cannot link '%s'", name_of(c),
		           linkage_name((enum linkage)linkage->value));
	}
	if (!linkage->span.source)
		linkage->value = (int)rule->default_linkage;
}

static void check_layout(struct check *c, const struct builder_rule *rule)
{
	const struct package_install *install = &c->package->install;
	c->layout_trusted = rule->layouts >> install->layout.value & 1;
	if (!install->span.source || c->layout_trusted)
		return;
	if (!install->layout.span.source && !check_lacks(c, STR("install"), STR("layout")))
		return;
	struct text words = {.arena = c->arena};
	for (int i = LAYOUT_FILE; i <= LAYOUT_TREE; i++)
		if (rule->layouts >> i & 1)
			text_addf(&words, "%s\"%s\"", words.len ? " or " : "",
			          layout_name((enum layout)i));
	diag_error(c->diag, install->layout.span.source ? install->layout.span : install->span,
	           str_format(c->arena, "write layout = %s in [install]", words.bytes),
	           "builder '%s' does not make a %s", name_of(c),
	           layout_name((enum layout)install->layout.value));
}

static bool argument_fits(struct check *c, const struct toml_str *item, const char *list)
{
	struct problem problem = {.hint = STR("write one compiler argument an item")};
	const char *unfit = unfit_byte(item->value, "");
	if (!str_trim(item->value).len)
		problem.message = STR("is empty");
	else if (unfit)
		problem.message = str_format(c->arena, "contains %s", unfit);
	return check_problem(c, item, list, problem);
}

static bool library_fits(struct check *c, const struct toml_str *item, const char *list)
{
	(void)list;
	if (strs_contain(c->libs, item->value))
		return true;
	struct str hint = diag_did_you_mean(c->diag, item->value, c->libs->items, c->libs->count);
	diag_error(c->diag, item->span, hint.len ? hint : STR("libs names folders of libs/"),
	           "there is no library '%.*s' in libs/", STR_ARG(item->value));
	return false;
}

static void check_external(struct check *c)
{
	const struct package_build *build = &c->package->build;
	if (check_lacks(c, BUILD, STR("source")) && check_lacks(c, BUILD, STR("source_env")))
		diag_error(c->diag, build->builder.span,
		           STR("say what to copy: add source = \"...\" or source_env = \"...\""),
		           "builder 'external-copy' needs source or source_env");
	if (!build->source_env.span.source)
		return;
	struct str name = build->source_env.value;
	if (!is_variable_name(name))
		diag_error(c->diag, build->source_env.span,
		           STR("name it like VENDOR_HID_KO: letters, digits and '_'"),
		           "'%.*s' is no name of an environment variable", STR_ARG(name));
	else if (!str_starts_with(name, STR("VENDOR_")) && !str_starts_with(name, STR("RUSTOS_")))
		diag_error(
		        c->diag, build->source_env.span,
		        str_format(c->arena, "name it VENDOR_%.*s", STR_ARG(name)),
		        "variable '%.*s' begins neither with VENDOR_ nor with RUSTOS_: only those "
		        "count as input of a build",
		        STR_ARG(name));
}

static bool deb_file_fits(struct check *c, const struct toml_str *item, const char *list)
{
	(void)list;
	return check_problem(c, item, "file", path_form_problem(c->arena, item->value));
}

static void check_deb(struct check *c)
{
	struct package_build *build = &c->package->build;
	int layout = c->package->install.layout.value;
	if (build->deb.span.source) {
		check_problem(c, &build->deb, "deb", deb_name_problem(build->deb.value));
	}
	size_t count = build->files.count;
	struct span at = build->files.span.source ? build->files.span : build->builder.span;
	bool known = build->files.span.source || check_lacks(c, BUILD, STR("files"));
	if (known && layout == LAYOUT_FILE && count != 1)
		diag_error(c->diag, at,
		           STR("name one file in files = [\"...\"], or choose layout \"directory\" "
		               "or \"tree\" in [install]"),
		           "layout \"file\" takes exactly one file of a Debian package, not %zu",
		           count);
	else if (known && layout == LAYOUT_DIRECTORY && !count)
		diag_error(c->diag, at, STR("name them in files = [\"...\"]"),
		           "layout \"directory\" needs the files to take from the Debian package");
	check_items(c, &build->files, "files", deb_file_fits);
}

void check_build(struct check *c)
{
	struct package_build *build = &c->package->build;
	if (!c->builder_trusted)
		return;
	const struct builder_rule *rule = builder_rule((enum builder)build->builder.value);
	check_keys(c, rule);
	check_linkage(c, rule);
	check_layout(c, rule);
	check_sources(c, rule);
	if (rule->keys[BUILD_KEY_LIBS] != KEY_REFUSED)
		check_items(c, &build->libs, "libs", library_fits);
	if (rule->keys[BUILD_KEY_EXTRA_ARGS] != KEY_REFUSED)
		for (size_t i = 0; i < build->extra_args.count; i++)
			(void)argument_fits(c, &build->extra_args.items[i], "item of extra_args");
	if (build->builder.value == BUILDER_EXTERNAL_COPY)
		check_external(c);
	if (build->builder.value == BUILDER_DEB && c->layout_trusted)
		check_deb(c);
}
