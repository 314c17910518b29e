/*
 * A folder of Windows system DLLs: SOURCE/NAME/ becomes NAME.dll.
 *
 * Each folder holds the DLL's sources and exports.def, whose LIBRARY line names it: the linker
 * would take the name of a temporary file otherwise. There is no C library below them. A DLL may
 * import from ntdll, the lowest, and forward to any other in exports.def; so the order of building
 * them does not matter.
 */
#include "os/files.h"
#include "plan/builders.h"
#include <string.h>

#define EXPORTS "exports.def"

enum { FIRST_BASE = 0x70000000, BASE_STEP = 0x100000 }; /* preferred addresses, in order of names */

/* The word behind LIBRARY; empty when there is none. */
static struct str library_name(struct str definition)
{
	while (definition.len) {
		struct str_split line = str_cut(definition, '\n');
		struct str_split words = str_cut(str_trim(line.head), ' ');
		struct str name = str_trim(words.rest);
		definition = line.rest;
		if (!str_equal_no_case(words.head, STR("LIBRARY")))
			continue;
		if (name.len > 2 && name.ptr[0] == '"' && str_ends_with(name, STR("\"")))
			name = str_slice(name, 1, name.len - 1);
		return name;
	}
	return STR("");
}

/* Reports when exports.def is missing or names another DLL. */
static bool check_exports(struct planner *p, const struct package *package, struct str exports,
                          struct str file_name)
{
	struct str definition;
	int error = file_read(p->arena, arena_c_str(p->arena, exports), &definition);
	strs_add(&p->plan->files, p->arena, exports);
	if (error) {
		diag_error(p->diag, package->build.span,
		           STR("each folder of a bundle is a DLL; what it exports stands there"),
		           "%.*s: %s", STR_ARG(exports), strerror(error));
		return false;
	}
	if (str_equal_no_case(library_name(definition), file_name))
		return true;
	diag_error(p->diag, package->build.span,
	           str_format(p->arena, "it needs the line 'LIBRARY %.*s'", STR_ARG(file_name)),
	           "%.*s does not name its DLL", STR_ARG(exports));
	return false;
}

static void plan_dll_link(struct planner *p, struct str exports, size_t index, struct strs *objects,
                          struct str out)
{
	static const struct str fixed[] = {STR_INIT("x86_64-w64-mingw32-gcc"),
	                                   STR_INIT("-shared"),
	                                   STR_INIT("-nostdlib"),
	                                   STR_INIT("-Wl,--entry,DllMain"),
	                                   STR_INIT("-Wl,--no-insert-timestamp"),
	                                   STR_INIT("-Wl,--disable-auto-import")};
	struct arena *a = p->arena;
	struct strs flags = {};
	for (size_t i = 0; i < COUNT(fixed); i++)
		strs_add(&flags, a, fixed[i]);
	strs_add(&flags, a,
	         str_format(a, "-Wl,--image-base,%#llx",
	                    FIRST_BASE + (unsigned long long)index * BASE_STEP));
	strs_add(objects, a, exports);
	struct action *link = plan_link(p, flags.items, flags.count, objects, out);
	if (!str_equal(path_name(out), STR("ntdll.dll")))
		strs_add(&link->argv, a, STR("-lntdll"));
	strs_add(&link->argv, a, STR("-lgcc"));
}

static bool plan_dll(struct planner *p, const struct package *package, struct str folder,
                     struct artifact *out)
{
	struct arena *a = p->arena;
	struct str name = path_name(folder), file_name = str_format(a, "%.*s.dll", STR_ARG(name));
	struct str exports = path_join(a, folder, STR(EXPORTS));
	struct strs objects = {};
	if (!check_exports(p, package, exports, file_name))
		return false;
	struct unit_set set = {
	        .flavour = FLAVOUR_WINDOWS,
	        .name = package->id.value,
	        .extra_args = toml_values(p, &package->build.extra_args),
	};
	strs_add(&set.include_folders, a, package->folder);
	strs_add(&set.extra_args, a, STR("-ffreestanding"));
	if (!plan_sources(p, folder, package->build.span, &set.sources))
		return false;
	plan_compile(p, &set, &objects);

	struct str path = path_join(a, package->install.path.value, file_name);
	struct str artifact =
	        str_format(a, "%.*s/artifacts/%.*s", STR_ARG(p->request->out), STR_ARG(path));
	plan_dll_link(p, exports, out->files.count, &objects, artifact);
	artifact_add(p, out, artifact, path);
	return true;
}

bool plan_dll_bundle(struct planner *p, const struct package *package, struct artifact *out)
{
	struct str source = source_path(p, package);
	struct folder entries;
	int error = folder_read(p->arena, arena_c_str(p->arena, source), &entries);
	bool ok = true;
	strs_add(&p->plan->folders, p->arena, source);
	for (size_t i = 0; !error && i < entries.count; i++)
		if (entries.entries[i].is_folder)
			ok &= plan_dll(p, package,
			               path_join(p->arena, source, entries.entries[i].name), out);
	if (!ok || out->files.count)
		return ok;
	diag_error(p->diag, package->build.span,
	           STR("a bundle has a folder for each DLL, with sources and " EXPORTS),
	           "no DLL in '%.*s'", STR_ARG(source));
	return false;
}
