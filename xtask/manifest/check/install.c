/* [install]: where an artifact may lie. What remains in the model is a good path or "". */
#include "manifest/check/check.h"
#include "manifest/rules.h"

/* Paths that the image itself gives a meaning; compared as FAT does, without case. */
static const struct {
	struct str path; /* with a '/' at its end: everything below */
	enum package_kind kind; /* the only one that may install there; KIND_COUNT: none */
	const char *why;
} reserved[] = {
        {STR_INIT("EFI/BOOT/BOOTX64.EFI"), KIND_BOOT, "the firmware starts it"},
        {STR_INIT("nucleus.elf"), KIND_KERNEL, "the boot manager loads it"},
        {STR_INIT("nucleus.elf.sig"), KIND_COUNT, "xtask writes the signature there"},
        {STR_INIT("system/registry/"), KIND_COUNT, "xtask writes the registries there"},
        {STR_INIT("system/boot/"), KIND_COUNT, "xtask writes the early archive there"},
};

static bool is_reserved_by(struct str path, struct str by)
{
	if (str_equal_no_case(path, by))
		return true;
	struct str folder = str_slice(by, 0, by.len - 1);
	return str_ends_with(by, STR("/")) && (str_equal_no_case(path, folder) ||
	                                       str_equal_no_case(str_slice(path, 0, by.len), by));
}

static bool check_reserved(struct check *c, const struct toml_str *path)
{
	for (size_t i = 0; i < COUNT(reserved); i++) {
		if (!is_reserved_by(path->value, reserved[i].path) ||
		    (int)reserved[i].kind == c->package->kind.value)
			continue;
		struct str hint = reserved[i].kind == KIND_COUNT
		                          ? STR("install it elsewhere")
		                          : str_format(c->arena, "only kind '%s' installs there",
		                                       package_kind_name(reserved[i].kind));
		diag_error(c->diag, path->span, hint, "'%.*s' is reserved: %s",
		           STR_ARG(path->value), reserved[i].why);
		return false;
	}
	return true;
}

/* A path that fits: "services/rootd/rootd.elf", "system/drivers/bootfb.ko". */
static struct str example_path(struct check *c, const struct kind_rule *rule)
{
	struct str path = c->package->install.path.value;
	if (rule->install_suffix.len) {
		struct str stem = str_cut_last(path, '.').head;
		stem = stem.len ? stem : path;
		if (!str_starts_with(path, rule->install_root))
			stem = str_format(c->arena, "%.*s%.*s", STR_ARG(rule->install_root),
			                  STR_ARG(path_name(stem)));
		return str_format(c->arena, "%.*s%.*s", STR_ARG(stem),
		                  STR_ARG(rule->install_suffix));
	}
	return str_format(c->arena, "%.*s%.*s%s%.*s", STR_ARG(rule->install_root),
	                  STR_ARG(rule->is_program ? c->package->id.value : STR("")),
	                  rule->is_program ? "/" : "", STR_ARG(path_name(path)));
}

static bool root_fits(struct check *c, const struct kind_rule *rule, struct str path)
{
	if (!rule->install_root.len)
		return !str_contains(path, '/');
	if (!str_starts_with(path, rule->install_root) || path.len == rule->install_root.len)
		return false;
	if (!rule->own_folder)
		return true;
	struct str_split below = str_cut(str_slice(path, rule->install_root.len, path.len), '/');
	return below.rest.len &&
	       (str_equal(below.head, c->package->id.value) || !c->package->id.span.source);
}

static bool check_root(struct check *c, const struct toml_str *path)
{
	enum package_kind kind = (enum package_kind)c->package->kind.value;
	const struct kind_rule *rule = kind_rule(kind);
	bool fits = root_fits(c, rule, path->value);
	if (fits && str_ends_with(path->value, rule->install_suffix))
		return true;
	struct str example = example_path(c, rule);
	struct str hint = str_format(c->arena, "'%.*s', for example", STR_ARG(example));
	if (fits)
		diag_error(c->diag, path->span, hint, "what kind '%s' installs ends in '%.*s'",
		           package_kind_name(kind), STR_ARG(rule->install_suffix));
	else if (rule->install_root.len)
		diag_error(c->diag, path->span, hint, "kind '%s' installs below '%.*s%s'",
		           package_kind_name(kind), STR_ARG(rule->install_root),
		           rule->own_folder ? "<id>/" : "");
	else
		diag_error(c->diag, path->span, hint, "kind '%s' installs in the root",
		           package_kind_name(kind));
	return false;
}

static bool path_fits(struct check *c)
{
	const struct package_install *install = &c->package->install;
	const struct toml_str *path = &install->path;
	if (install->layout.value == LAYOUT_TREE) {
		if (path->span.source && c->layout_trusted)
			diag_error(c->diag, path->span, STR("delete the line"),
			           "a tree keeps its own paths and has no install.path");
		return false;
	}
	if (!path->span.source) {
		if (install->span.source && check_lacks(c, STR("install"), STR("path")))
			diag_error(c->diag, install->span,
			           STR("say where the artifact goes: path = \"...\""),
			           "missing key 'path' in [install]");
		return false;
	}
	return check_problem(c, path, "install.path", image_path_problem(c->arena, path->value)) &&
	       check_reserved(c, path) && (!c->kind_trusted || check_root(c, path));
}

/* Links are made by vfsd, from a preloaded registry, to one file. */
static void check_links(struct check *c)
{
	const struct package *p = c->package;
	const struct toml_strs *links = &p->install.links;
	if (links->span.source && c->layout_trusted && p->install.layout.value != LAYOUT_FILE)
		diag_error(c->diag, links->span, STR("delete the line"),
		           "links lead to one file, and the layout is another one");
	for (size_t i = 0; i < links->count; i++) {
		const struct toml_str *link = &links->items[i];
		(void)check_problem(c, link, "install.links", image_path_problem(c->arena, link->value));
		for (size_t k = 0; k < i; k++)
			if (str_equal(links->items[k].value, link->value))
				diag_error(c->diag, link->span, STR("delete one of them"),
				           "'%.*s' stands twice", STR_ARG(link->value));
	}
}

void check_install(struct check *c)
{
	struct package *p = c->package;
	check_links(c);
	if (!path_fits(c))
		p->install.path.value = (struct str){};
	if (p->install.layout.value == LAYOUT_TREE && p->boot.preload.value)
		diag_error(
		        c->diag, p->boot.preload.span, STR("delete the line"),
		        "a tree lies in the package volume, which the early archive comes before");
}
