/* `xtask qemu --log`: what the kernel's log_set_levels takes, with names that the registry has. */
#include "gen/gen.h"
#include "gen/registry.h"

static struct toml_str part_of(const struct source *source, struct str part)
{
	part = str_trim(part);
	uint32_t start = (uint32_t)(part.ptr - source->text.ptr);
	return (struct toml_str){part, {source, start, start + (uint32_t)part.len}};
}

bool registry_log_spec_check(const struct registry *r, struct str spec, struct diag *d)
{
	const struct name_list *levels = NAME_LIST("log level", struct registry_row, r->levels);
	const struct name_list *categories =
	        NAME_LIST("log category", struct registry_row, r->categories);
	struct source *source = ARENA_NEW(d->arena, struct source);
	*source = (struct source){STR("--log"), spec};
	bool ok = true;
	while (spec.len) {
		struct str_split cut = str_cut(spec, ';');
		spec = cut.rest;
		if (!str_trim(cut.head).len)
			continue;
		struct str_split parts = str_cut(cut.head, '=');
		bool bare = !str_contains(cut.head, '=');
		if (!bare)
			ok &= registry_expect_name(d->arena, r, categories,
			                           part_of(source, parts.head), d);
		ok &= registry_expect_name(d->arena, r, levels,
		                           part_of(source, bare ? cut.head : parts.rest), d);
	}
	return ok;
}
