/* list and deps: what makes the system, and who needs whom. */
#include "cmd/pipeline.h"
#include <jansson.h>
#include <stdio.h>

static const struct option options_deps[] = {
        {"--reverse", NULL, "who needs ID, instead of what ID needs"},
        {},
};

static const struct option *const list_options[] = {options_system, NULL};
static const struct option *const deps_options[] = {options_system, options_deps, NULL};

/* Manifests and their resolution; the rest of the system is not needed here. */
static bool read_system(struct invocation *in, struct pipeline *p)
{
	pipeline_name(p, in);
	bool ok = manifest_read_all(in->arena, &p->manifests, in->diag);
	return resolve(in->arena, &p->manifests, p->profile, &p->system, in->diag) && ok;
}

static json_t *json_str(struct str s)
{
	return json_stringn(s.ptr, s.len);
}

static void print_package_json(const struct package *p)
{
	json_t *object = json_object(), *deps = json_array();
	for (size_t i = 0; i < p->runtime_deps.count; i++)
		json_array_append_new(deps, json_str(p->runtime_deps.items[i].value));
	json_object_set_new(object, "id", json_str(p->id.value));
	json_object_set_new(object, "kind",
	                    json_string(package_kind_name((enum package_kind)p->kind.value)));
	json_object_set_new(object, "builder",
	                    json_string(builder_name((enum builder)p->build.builder.value)));
	json_object_set_new(object, "startup",
	                    json_string(startup_name((enum startup)p->startup.value)));
	json_object_set_new(object, "install", json_str(p->install.path.value));
	json_object_set_new(object, "manifest", json_str(p->source->path));
	json_object_set_new(object, "deps", deps);
	json_dumpf(object, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(object);
}

static void print_package(const struct package *p)
{
	printf("%-16.*s %-14s %-18s %-8s %.*s\n", STR_ARG(p->id.value),
	       package_kind_name((enum package_kind)p->kind.value),
	       builder_name((enum builder)p->build.builder.value),
	       startup_name((enum startup)p->startup.value), STR_ARG(p->install.path.value));
}

static int run_list(struct invocation *in)
{
	struct pipeline p;
	if (!read_system(in, &p))
		return EXIT_USAGE;
	if (!in->json)
		printf("%-16s %-14s %-18s %-8s %s\n", "ID", "KIND", "BUILDER", "STARTUP",
		       "INSTALLS");
	for (size_t i = 0; i < p.system.count; i++)
		in->json ? print_package_json(p.system.packages[i])
		         : print_package(p.system.packages[i]);
	if (!in->json)
		printf("list: %zu packages in profile %.*s\n", p.system.count, STR_ARG(p.profile));
	return EXIT_DONE;
}

static int run_deps(struct invocation *in)
{
	struct pipeline p;
	if (!read_system(in, &p))
		return EXIT_USAGE;
	const struct package *package = resolve_find(&p.manifests, in->words.items[0], in->diag);
	if (!package)
		return EXIT_USAGE;

	struct closure found;
	bool reverse = option_given(in, "--reverse");
	resolve_closure(in->arena, &p.system, package, reverse, &found);
	for (size_t i = 0; i < found.count; i++)
		in->json ? print_package_json(found.packages[i])
		         : (void)printf("%.*s\n", STR_ARG(found.packages[i]->id.value));
	if (!in->json)
		printf("deps: %.*s %s %zu package%s\n", STR_ARG(package->id.value),
		       reverse ? "is needed by" : "needs", found.count,
		       found.count == 1 ? "" : "s");
	return EXIT_DONE;
}

const struct command command_list = {
        .name = "list",
        .summary = "list the packages of a profile",
        .usage = "[OPTIONS]",
        .example = "  xtask list\n  xtask list --profile test --json\n",
        .options = list_options,
        .run = run_list,
};

const struct command command_deps = {
        .name = "deps",
        .summary = "show what a package needs, or who needs it",
        .usage = "[OPTIONS] ID",
        .example = "  xtask deps rootd\n  xtask deps --reverse rootd\n",
        .options = deps_options,
        .words_min = 1,
        .words_max = 1,
        .run = run_deps,
};
