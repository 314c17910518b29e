/* [autoload]: the driver's row of loadable-drivers.tsv. */
#include "manifest/check/check.h"
#include "manifest/rules.h"

/* Items of comma-joined lists, at most `most` bytes. */
static bool list_item_fits(struct check *c, const struct toml_str *item, const char *list, int most)
{
	const char *unfit = unfit_byte(item->value, ",");
	if (!str_trim(item->value).len) {
		diag_error(c->diag, item->span, STR("delete it"), "empty item in %s", list);
		return false;
	}
	if (unfit) {
		struct str hint =
		        str_contains(item->value, ',')
		                ? STR("the registry joins lists with commas: write two items")
		                : STR("the registry has one line a driver, with tabs between "
		                      "fields: take it out");
		diag_error(c->diag, item->span, hint, "item of %s contains %s", list, unfit);
		return false;
	}
	if (item->value.len <= (size_t)most)
		return true;
	diag_error(c->diag, item->span,
	           str_format(c->arena, "at most %d bytes fit the guest's structure", most),
	           "item of %s is %zu bytes long", list, item->value.len);
	return false;
}

static bool alias_fits(struct check *c, const struct toml_str *item, const char *list)
{
	return list_item_fits(c, item, list, ALIAS_BYTES_MAX);
}

static bool driver_name_fits(struct check *c, const struct toml_str *item, const char *list)
{
	return list_item_fits(c, item, list, DRIVER_NAME_BYTES_MAX);
}

/* Names stand in other drivers' lists, so the comma is refused in all of them. */
static void check_field(struct check *c, struct toml_str *field, const char *what)
{
	if (!field->span.source)
		return;
	struct problem problem = {};
	const char *unfit = unfit_byte(field->value, ",");
	if (!str_trim(field->value).len)
		problem = (struct problem){STR("is empty"), STR("give it a value")};
	else if (unfit)
		problem = (struct problem){str_format(c->arena, "contains %s", unfit),
		                           STR("the registry has tabs between fields and commas "
		                               "between list items: use "
		                               "another character")};
	else if (field->value.len > DRIVER_NAME_BYTES_MAX)
		problem = (struct problem){
		        str_format(c->arena, "is %zu bytes long", field->value.len),
		        str_format(c->arena, "at most %d bytes fit the guest's structure",
		                   DRIVER_NAME_BYTES_MAX)};
	if (!check_problem(c, field, what, problem))
		*field = (struct toml_str){};
}

void check_autoload(struct check *c)
{
	struct package_autoload *autoload = &c->package->autoload;
	if (!autoload->span.source)
		return;
	enum package_kind kind = (enum package_kind)c->package->kind.value;
	if (c->kind_trusted && !kind_rule(kind)->is_driver) {
		diag_error(c->diag, autoload->span,
		           STR("delete the table, or make the package a driver"),
		           "[autoload] is for drivers, and kind '%s' is none",
		           package_kind_name(kind));
		*autoload = (struct package_autoload){};
		return;
	}
	if (!autoload->enabled.span.source)
		autoload->enabled.value = true;
	check_field(c, &autoload->name, "autoload.name");
	check_field(c, &autoload->class, "autoload.class");
	check_field(c, &autoload->bus, "autoload.bus");
	check_field(c, &autoload->when, "autoload.when");
	check_field(c, &autoload->provider_group, "autoload.provider_group");
	check_items(c, &autoload->aliases, "autoload.aliases", alias_fits);
	check_items(c, &autoload->deps, "autoload.deps", driver_name_fits);
	check_items(c, &autoload->softdeps, "autoload.softdeps", driver_name_fits);
	check_items(c, &autoload->linux_driver_names, "autoload.linux_driver_names",
	            driver_name_fits);
}
