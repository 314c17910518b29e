/* What a package is called, which systems it is part of, and what it needs. */
#include "manifest/check/check.h"

static const struct str default_profile = STR_INIT("default");

static bool dependency_fits(struct check *c, const struct toml_str *item, const char *list)
{
	if (!item->value.len) {
		diag_error(c->diag, item->span, STR("write the id of a package"),
		           "empty item in %s", list);
		return false;
	}
	const char *unfit = unfit_byte(item->value, ", ");
	if (!unfit)
		return true;
	diag_error(c->diag, item->span, STR("one id an item: [\"a\", \"b\"]"),
	           "'%.*s' in %s contains %s", STR_ARG(item->value), list, unfit);
	return false;
}

static bool profile_fits(struct check *c, const struct toml_str *item, const char *list)
{
	(void)list;
	return check_problem(c, item, "profile", name_problem(c->arena, item->value));
}

static void check_id(struct check *c)
{
	struct package *p = c->package;
	if (!p->id.span.source) {
		/* Others may depend on it: it stands under its folder's name. */
		p->id.value = path_name(p->folder);
		return;
	}
	check_problem(c, &p->id, "id", name_problem(c->arena, p->id.value));
}

static void check_profiles(struct check *c)
{
	struct package *p = c->package;
	if (check_lacks(c, STR(""), STR("profiles"))) {
		p->profiles.items = ARENA_NEW(c->arena, struct toml_str);
		p->profiles.items[0].value = default_profile;
		p->profiles.count = 1;
	} else if (p->profiles.span.source && !p->profiles.count) {
		diag_error(c->diag, p->profiles.span,
		           STR("leave the key out for [\"default\"], or name a profile"),
		           "a package without a profile is part of no system");
	}
	check_items(c, &p->profiles, "profiles", profile_fits);
}

void check_identity(struct check *c)
{
	check_id(c);
	check_profiles(c);
	check_items(c, &c->package->runtime_deps, "runtime_deps", dependency_fits);
}
