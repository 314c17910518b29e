/* The registries of drivers, of Windows DLLs and of links. */
#include "stage/registries.h"

static void add_items(struct text *t, const char *key, const struct toml_strs *list)
{
	text_addf(t, "\t%s=", key);
	for (size_t i = 0; i < list->count; i++)
		text_addf(t, "%s%.*s", i ? "," : "", STR_ARG(list->items[i].value));
}

static void driver_row(struct text *t, const struct package *p)
{
	const struct package_autoload *d = &p->autoload;
	text_addf(t, "name=%.*s\tclass=%.*s\tbus=%.*s\tpriority=%lld\tpath=%.*s\twhen=%.*s",
	          STR_ARG(d->name.value), STR_ARG(d->class.value), STR_ARG(d->bus.value),
	          (long long)d->priority.value, STR_ARG(p->install.path.value),
	          STR_ARG(d->when.value));
	add_items(t, "aliases", &d->aliases);
	add_items(t, "deps", &d->deps);
	add_items(t, "softdeps", &d->softdeps);
	add_items(t, "linux_driver_names", &d->linux_driver_names);
	text_addf(t, "\tprovider_group=%.*s\tfallback_only=%d\n", STR_ARG(d->provider_group.value),
	          d->fallback_only.value);
}

struct str registry_loadable_drivers(struct arena *a, const struct registry_input *in)
{
	struct text t = {.arena = a};
	for (size_t i = 0; i < in->system->count; i++) {
		const struct package *p = in->system->packages[i];
		if (p->autoload.span.source && p->autoload.enabled.value &&
		    p->install.layout.value == LAYOUT_FILE && artifact_find(in->artifacts, p))
			driver_row(&t, p);
	}
	return text_str(&t);
}

struct str registry_windows_dlls(struct arena *a, const struct registry_input *in)
{
	struct strs paths = {};
	for (size_t i = 0; i < in->system->count; i++) {
		const struct package *p = in->system->packages[i];
		const struct artifact *artifact = artifact_find(in->artifacts, p);
		if (p->build.builder.value != BUILDER_WINSYS_DLL_BUNDLE || !artifact)
			continue;
		for (size_t k = 0; k < artifact->paths.count; k++)
			strs_add(&paths, a, artifact->paths.items[k]);
	}
	strs_sort(&paths);

	struct text t = {.arena = a};
	for (size_t i = 0; i < paths.count; i++)
		text_addf(&t, "%.*s\n", STR_ARG(paths.items[i]));
	return text_str(&t);
}

struct str registry_links(struct arena *a, const struct registry_input *in)
{
	struct strs lines = {};
	for (size_t i = 0; i < in->system->count; i++) {
		const struct package *p = in->system->packages[i];
		for (size_t k = 0; artifact_find(in->artifacts, p) && k < p->install.links.count;
		     k++)
			strs_add(&lines, a,
			         str_format(a, "path=/%.*s\ttarget=/%.*s\n",
			                    STR_ARG(p->install.links.items[k].value),
			                    STR_ARG(p->install.path.value)));
	}
	strs_sort(&lines);
	struct text t = {.arena = a};
	for (size_t i = 0; i < lines.count; i++)
		text_add(&t, lines.items[i]);
	return text_str(&t);
}
