/*
 * What follows from the kind: where the manifest lies, the domain, who may build it.
 *
 * A manifest in the wrong place puts its kind in doubt, and nothing that follows
 * from the kind is reported then.
 */
#include "manifest/check/check.h"
#include "manifest/rules.h"
#include "manifest/schema.h"

enum { FINISHED_BUILDERS = 1 << BUILDER_EXTERNAL_COPY | 1 << BUILDER_DEB };

static bool folder_is_below(struct str folder, struct str place)
{
	return folder.len > place.len + 1 && str_starts_with(folder, place) &&
	       folder.ptr[place.len] == '/';
}

static bool is_test_only(const struct package *p)
{
	return p->profiles.count == 1 && str_equal(p->profiles.items[0].value, STR("test"));
}

/* The kind that is at home in the folder; KIND_COUNT: none. */
static enum package_kind kind_at_home(struct str folder)
{
	if (folder_is_below(folder, STR(PLACE_OF_TESTS)))
		return KIND_APP;
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		struct str place = kind_rule((enum package_kind)kind)->place;
		if (folder_is_below(folder, place))
			return (enum package_kind)kind;
	}
	return KIND_COUNT;
}

static void report_place(struct check *c)
{
	const struct package *p = c->package;
	enum package_kind kind = (enum package_kind)p->kind.value;
	struct str place = kind_rule(kind)->place;
	enum package_kind home = kind_at_home(p->folder);
	struct str hint =
	        str_format(c->arena, "move it to %.*s/%.*s/", STR_ARG(place), STR_ARG(p->id.value));
	if (home != KIND_COUNT && home != kind)
		hint = str_format(c->arena, "%.*s, or write kind = \"%s\"", STR_ARG(hint),
		                  package_kind_name(home));
	if (str_equal(p->folder, place))
		diag_error(c->diag, p->kind.span, hint,
		           "a package has a folder of its own below %.*s/", STR_ARG(place));
	else
		diag_error(c->diag, p->kind.span, hint, "kind '%s' lives below %.*s/, not in %.*s",
		           package_kind_name(kind), STR_ARG(place),
		           STR_ARG(p->folder.len ? p->folder : STR("the root")));
}

/* Apps have two more places. */
static bool app_place_fits(struct check *c)
{
	const struct package *p = c->package;
	if (folder_is_below(p->folder, STR(PLACE_OF_TESTS))) {
		if (p->profiles.count && !is_test_only(p))
			diag_error(c->diag,
			           p->profiles.span.source ? p->profiles.span : p->kind.span,
			           STR("write profiles = [\"test\"], or move it to apps/"),
			           "packages below " PLACE_OF_TESTS
			           "/ belong to the profile 'test' only");
		return true;
	}
	if (!folder_is_below(p->folder, STR(PLACE_WITHOUT_SOURCES)))
		return false;
	if (p->build.builder.span.source && !(FINISHED_BUILDERS >> p->build.builder.value & 1)) {
		diag_error(c->diag, p->build.builder.span,
		           str_format(c->arena, "move it to apps/%.*s/, beside its sources",
		                      STR_ARG(p->id.value)),
		           "builder '%s' has sources, and " PLACE_WITHOUT_SOURCES
		           "/ is for packages without",
		           builder_name((enum builder)p->build.builder.value));
		c->builder_trusted = false;
	}
	return true;
}

static bool place_fits(struct check *c)
{
	const struct package *p = c->package;
	enum package_kind kind = (enum package_kind)p->kind.value;
	struct str place = kind_rule(kind)->place;
	if (folder_is_below(p->folder, place) ||
	    (kind == KIND_KERNEL && str_equal(p->folder, place)))
		return true;
	return kind == KIND_APP && app_place_fits(c);
}

static void check_domain(struct check *c, const struct kind_rule *rule)
{
	struct toml_word *domain = &c->package->domain;
	if (domain->span.source && domain->value != (int)rule->domain)
		diag_error(c->diag, domain->span,
		           STR("delete the line: execution_domain follows from kind"),
		           "kind '%s' runs in the '%s' domain",
		           package_kind_name((enum package_kind)c->package->kind.value),
		           execution_domain_name(rule->domain));
	domain->value = (int)rule->domain;
}

static void check_builder(struct check *c, const struct kind_rule *rule)
{
	const struct toml_word *builder = &c->package->build.builder;
	if (!c->builder_trusted || rule->builders >> builder->value & 1)
		return;
	struct text names = {.arena = c->arena};
	for (int i = 0; i <= BUILDER_DEB; i++)
		if (rule->builders >> i & 1)
			text_addf(&names, "%s'%s'", names.len ? ", " : "",
			          builder_name((enum builder)i));
	diag_error(c->diag, builder->span, str_format(c->arena, "use %s", names.bytes),
	           "builder '%s' does not make packages of kind '%s'",
	           builder_name((enum builder)builder->value),
	           package_kind_name((enum package_kind)c->package->kind.value));
	c->builder_trusted = false;
}

static void check_startup(struct check *c, const struct kind_rule *rule)
{
	const struct package *p = c->package;
	if (!p->startup.span.source || p->startup.value == STARTUP_NONE)
		return;
	const char *mode = startup_name((enum startup)p->startup.value);
	if (!rule->is_program)
		diag_error(c->diag, p->startup.span, STR("delete the line"),
		           "startup = \"%s\" needs a program, and kind '%s' is none", mode,
		           package_kind_name((enum package_kind)p->kind.value));
	else if (check_lacks(c, STR("desktop"), STR("entries")) ||
	         (p->desktop.span.source && !p->desktop.count))
		diag_error(
		        c->diag, p->startup.span,
		        STR("add a [[desktop.entries]] table with display_name and weight_micros"),
		        "startup = \"%s\" needs a desktop entry that says what to start", mode);
}

static void check_preload(struct check *c, const struct kind_rule *rule)
{
	const struct package_boot *boot = &c->package->boot;
	if (boot->preload.value && !rule->is_preloadable)
		diag_error(c->diag, boot->preload.span, STR("delete the line"),
		           "kind '%s' is loaded before the early archive",
		           package_kind_name((enum package_kind)c->package->kind.value));
}

void check_kind(struct check *c)
{
	const struct package *p = c->package;
	c->builder_trusted = p->build.builder.span.source;
	if (!p->kind.span.source)
		return;
	if (!place_fits(c)) {
		report_place(c);
		return;
	}
	c->kind_trusted = true;
	const struct kind_rule *rule = kind_rule((enum package_kind)p->kind.value);
	check_domain(c, rule);
	check_builder(c, rule);
	check_startup(c, rule);
	check_preload(c, rule);
}
