/*
 * Checks of one manifest and of all together.
 *
 * One mistake gives one error: a rule that rests on a value which is itself in
 * doubt is not applied, and a value that was reported is taken out of the model,
 * so that later stages do not stumble over it.
 */
#pragma once

#include "manifest/manifest.h"
#include "manifest/values.h"

struct check {
	struct arena *arena;
	struct diag *diag;
	struct package *package;
	const struct toml_value *root; /* the manifest as read */
	const struct strs *libs; /* names of the folders of libs/, sorted */
	/* Set by check_kind: what follows from these may be judged. */
	bool kind_trusted;
	bool builder_trusted;
	bool layout_trusted; /* by check_build */
};

/* True when the key was left out (not when its line was unreadable); table empty: the top level. */
bool check_lacks(const struct check *c, struct str table, struct str key);
/* Place of the key itself; of the fallback when it is not there. */
struct span check_key_span(const struct check *c, struct str table, struct str key,
                           struct span fallback);

/* Reports what is wrong with an item; `list` names the list. */
typedef bool (*item_check)(struct check *c, const struct toml_str *item, const char *list);
/* Takes unfit (fits may be NULL) and repeated items out of the list after reporting them. */
void check_items(struct check *c, struct toml_strs *items, const char *list, item_check fits);
/* Reports a problem ("install.path 'a//b' is not in normal form"); true when there was none. */
bool check_problem(struct check *c, const struct toml_str *value, const char *what,
                   struct problem problem);

/* In this order. */
void check_identity(struct check *c); /* id, profiles, runtime_deps */
void check_kind(struct check *c); /* place, execution_domain, builder, startup, boot */
void check_build(struct check *c);
/* Part of check_build: source and linker_script. */
struct builder_rule;
void check_sources(struct check *c, const struct builder_rule *rule);
void check_install(struct check *c);
void check_autoload(struct check *c);
void check_desktop(struct check *c);

/* Every rule between packages but runtime_deps. Packages are sorted by id. */
void check_system(struct arena *a, const struct manifests *manifests, struct diag *d);

/* Reads one manifest and checks it alone; libs: names of the folders of libs/. */
void package_read(struct arena *a, const struct source *source, const struct strs *libs,
                  struct package *out, struct diag *d);
/* All files of `manifests` into its packages; what cannot be read is reported. */
void packages_read_all(struct arena *a, struct manifests *manifests, const struct strs *libs,
                       struct diag *d);
/* Sorts the packages and checks them together. */
void packages_check(struct arena *a, struct manifests *manifests, struct diag *d);
