/* What [build] names on disk: source and linker_script, both from the manifest's folder. */
#include "manifest/check/check.h"
#include "manifest/rules.h"

static bool path_exists(struct check *c, struct str path)
{
	return file_exists(path_join(c->arena, c->package->folder, path).ptr);
}

static void check_there(struct check *c, const struct toml_str *path, const char *what)
{
	if (!path_exists(c, path->value))
		diag_error(c->diag, path->span,
		           str_format(c->arena, "the path starts at the manifest's folder, %.*s/",
		                      STR_ARG(c->package->folder)),
		           "%s '%.*s' does not exist", what, STR_ARG(path->value));
}

/* What is not compiled may lie elsewhere in the repository: "../../assets/x". */
static struct problem source_problem(struct check *c, struct str source, bool inside)
{
	if (inside && str_equal(source, STR(".")))
		return (struct problem){};
	struct str rest = source;
	while (!inside && str_starts_with(rest, STR("../")))
		rest = str_slice(rest, 3, rest.len);
	struct problem problem = path_form_problem(c->arena, rest);
	struct str normal;
	if (!problem.message.len &&
	    !path_normalise(c->arena, path_join(c->arena, c->package->folder, source), &normal))
		problem = (struct problem){
		        STR("leaves the repository"),
		        STR("name a file of the repository, or a variable in source_env")};
	if (problem.message.len && str_starts_with(source, STR("/")) && !inside)
		problem.hint =
		        STR("for a file outside the repository name a variable in source_env");
	if (problem.message.len && inside && str_starts_with(source, STR("..")))
		problem = (struct problem){STR("leaves the package's folder"),
		                           STR("shared code goes to libs/ and is named in 'libs'")};
	return problem;
}

static void check_source(struct check *c, const struct builder_rule *rule)
{
	struct package_build *build = &c->package->build;
	if (rule->keys[BUILD_KEY_SOURCE] == KEY_REFUSED)
		return;
	if (build->source.span.source) {
		struct problem problem = source_problem(c, build->source.value, rule->compiles);
		/* A variable may name another file, and an optional one may be absent. */
		if (check_problem(c, &build->source, "source", problem) &&
		    !str_equal(build->source.value, STR(".")) && !build->source_env.span.source &&
		    !build->optional.value)
			check_there(c, &build->source, "source");
	} else if (rule->compiles) {
		build->source.value = STR(".");
	}
}

void check_sources(struct check *c, const struct builder_rule *rule)
{
	struct package_build *build = &c->package->build;
	check_source(c, rule);
	if (rule->keys[BUILD_KEY_LINKER_SCRIPT] != KEY_REFUSED &&
	    build->linker_script.span.source) {
		struct problem problem = path_form_problem(c->arena, build->linker_script.value);
		if (check_problem(c, &build->linker_script, "linker_script", problem))
			check_there(c, &build->linker_script, "linker_script");
	}
}
