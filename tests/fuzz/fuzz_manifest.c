/*
 * Fuzzes the reading of manifests: any bytes give either errors or packages that
 * every later stage can rely on.
 *
 * The input is one or more manifests with NUL bytes between them; the first byte
 * of each says in which folder it lies. What is accepted must keep the promises
 * of docs/manifest.md, and whatever is reported must be printable.
 */
#include "manifest/check/check.h"
#include "os/files.h"
#include "require.h"
#include "resolve/resolve.h"
#include <stdlib.h>
#include <string.h>

enum { PACKAGES_MAX = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct str folders[] = {
        STR_INIT("apps/a"),
        STR_INIT("services/a"),
        STR_INIT("kernel"),
        STR_INIT("drivers/bridges/a"),
        STR_INIT("drivers/user/a"),
        STR_INIT("manifests/a"),
        STR_INIT("compat/a"),
        STR_INIT("tests/target/a"),
        STR_INIT(""),
};

static void require_text(struct str s, const char *refused)
{
	for (size_t i = 0; i < s.len; i++)
		require(s.ptr[i] != '\t' && s.ptr[i] != '\n' && s.ptr[i] != '\r' &&
		        !strchr(refused, s.ptr[i]));
}

static void require_items(const struct toml_strs *items, const char *refused)
{
	for (size_t i = 0; i < items->count; i++) {
		require(items->items[i].value.len > 0);
		require_text(items->items[i].value, refused);
	}
}

/* What a package without errors promises to the stages behind. */
static void require_package(struct arena *a, const struct package *p)
{
	struct str normal;
	require(p->id.value.len && p->id.value.len <= ID_BYTES_MAX && p->profiles.count);
	require_text(p->id.value, "/,|=. ");
	require(p->domain.value != DOMAIN_UNSET);
	bool is_tree = p->install.layout.value == LAYOUT_TREE;
	require(is_tree == !p->install.path.value.len);
	if (!is_tree) {
		require(path_normalise(a, p->install.path.value, &normal));
		require(str_equal(normal, p->install.path.value));
		require(p->install.path.value.len <= IMAGE_PATH_BYTES_MAX);
		require_text(p->install.path.value, "\\:*?\"<>|");
	}
	require_items(&p->runtime_deps, ",");
	require_text(p->autoload.name.value, ",");
	require_items(&p->autoload.aliases, ",");
	require_items(&p->autoload.deps, ",");
	require_items(&p->autoload.softdeps, ",");
	require_items(&p->autoload.linux_driver_names, ",");
	const struct desktop_entry *entries = p->desktop.items;
	require(p->startup.value == STARTUP_NONE || p->desktop.count);
	for (size_t i = 0; i < p->desktop.count; i++) {
		require(entries[i].weight_micros.value > 0 && entries[i].display_name.value.len);
		require_text(entries[i].display_name.value, "");
		require_items(&entries[i].args, "|\\");
		require_items(&entries[i].env, "|\\");
	}
}

/* Splits the input; every source gets its folder from its first byte. */
static void read_input(struct arena *a, struct str input, struct manifests *m, struct diag *d)
{
	struct strs libs = {};
	strs_add(&libs, a, STR("base"));
	m->packages = ARENA_ARRAY(a, struct package, PACKAGES_MAX);
	while (input.len && m->count < PACKAGES_MAX) {
		struct str_split cut = str_cut(input, '\0');
		input = cut.rest;
		if (!cut.head.len)
			continue;
		struct str folder = folders[(unsigned char)cut.head.ptr[0] % COUNT(folders)];
		struct source *source = ARENA_NEW(a, struct source);
		source->path = path_join(a, folder, STR("RUSTOS.package.toml"));
		source->text = arena_str(a, str_slice(cut.head, 1, cut.head.len));
		package_read(a, source, &libs, &m->packages[m->count++], d);
	}
	packages_check(a, m, d);
}

static void require_order(const struct system *system)
{
	for (size_t i = 1; i < system->count; i++)
		require(str_compare(system->packages[i - 1]->id.value,
		                    system->packages[i]->id.value) < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *nowhere;
	if (!nowhere)
		nowhere = fopen("/dev/null", "w");
	require(nowhere);

	struct arena a;
	struct diag d;
	struct manifests m = {};
	struct system system = {};
	host_arena_init(&a);
	diag_init(&d, &a);
	read_input(&a, (struct str){(const char *)data, size}, &m, &d);
	if (!d.errors)
		for (size_t i = 0; i < m.count; i++)
			require_package(&a, &m.packages[i]);
	bool ok = resolve(&a, &m, STR("default"), &system, &d);
	require(!ok || !d.errors || d.first);
	if (!d.errors)
		require_order(&system);
	diag_print(&d, nowhere, DIAG_TEXT);
	arena_release(&a);
	return 0;
}
