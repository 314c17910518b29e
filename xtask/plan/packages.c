/* One planning function for each builder; the table at the end is the list of builders. */
#include "os/files.h"
#include "plan/builders.h"
#include <stdlib.h>
#include <string.h>

static struct str artifact_path(struct planner *p, const struct package *package)
{
	return str_format(p->arena, "%.*s/artifacts/%.*s", STR_ARG(p->request->out),
	                  STR_ARG(package->install.path.value));
}

void artifact_add(struct planner *p, struct artifact *artifact, struct str file, struct str path)
{
	strs_add(&artifact->files, p->arena, file);
	strs_add(&artifact->paths, p->arena, path);
}

struct str source_path(struct planner *p, const struct package *package)
{
	struct str source = package->build.source.value;
	if (!source.len || str_equal(source, STR(".")))
		return package->folder;
	return path_join(p->arena, package->folder, source);
}

struct strs toml_values(struct planner *p, const struct toml_strs *list)
{
	struct strs out = {};
	for (size_t i = 0; i < list->count; i++)
		strs_add(&out, p->arena, list->items[i].value);
	return out;
}

/* Compiles a package with its libraries; the objects of both, in link order. */
static bool compile_package(struct planner *p, const struct package *package, enum flavour flavour,
                            const char *implied_lib, struct strs *out_objects)
{
	struct strs closure;
	if (!libraries_closure(p, flavour, &package->build.libs, implied_lib, &closure))
		return false;
	struct unit_set set = {
	        .flavour = flavour,
	        .name = str_format(p->arena, "%.*s", STR_ARG(package->id.value)),
	        .include_folders = library_includes(p, &closure),
	        .extra_args = toml_values(p, &package->build.extra_args),
	};
	strs_add(&set.include_folders, p->arena, package->folder);
	strs_add(&set.include_folders, p->arena, path_join(p->arena, p->request->out, STR("gen")));
	if (flavour == FLAVOUR_KERNEL || flavour == FLAVOUR_MODULE)
		set.codegen_units = p->request->config->kernel.codegen_units;

	struct span wanted_by = package->build.source.span.source ? package->build.source.span
	                                                          : package->build.span;
	if (!plan_sources(p, source_path(p, package), wanted_by, &set.sources))
		return false;
	if (flavour == FLAVOUR_KERNEL)
		for (size_t i = 0; i < p->request->generated_kernel_sources.count; i++)
			strs_add(&set.sources, p->arena,
			         p->request->generated_kernel_sources.items[i]);
	plan_compile(p, &set, out_objects);
	return library_objects(p, flavour, &closure, set.codegen_units, out_objects);
}

struct action *plan_link(struct planner *p, const struct str *flags, size_t flag_count,
                         const struct strs *objects, struct str out)
{
	struct arena *a = p->arena;
	struct action *action = graph_add(&p->plan->graph, &kind_link);
	action->confined = true;
	action->subject = out;
	for (size_t i = 0; i < flag_count; i++)
		strs_add(&action->argv, a, flags[i]);
	strs_add(&action->argv, a, STR("-o"));
	strs_add(&action->argv, a, STR("$out_0"));
	for (size_t i = 0; i < objects->count; i++) {
		strs_add(&action->argv, a, objects->items[i]);
		strs_add(&action->inputs, a, objects->items[i]);
	}
	strs_add(&action->outputs, a, out);
	return action;
}

/* The link step compiles too when code is kept for link time: it needs the compiler's flags. */
static void add_link_time_flags(struct planner *p, struct strs *flags, enum flavour flavour,
                                struct str seed)
{
	struct arena *a = p->arena;
	const struct strs *compiler = &p->flags[flavour];
	for (size_t i = 1; i < compiler->count; i++)
		strs_add(flags, a, compiler->items[i]);
	strs_add(flags, a, str_format(a, "-frandom-seed=%.*s", STR_ARG(seed)));
	/* To show the line of a warning the linker would read sources, undeclared. */
	strs_add(flags, a, STR("-fno-diagnostics-show-caret"));
	strs_add(flags, a, STR(PLAN_NO_NULL_WARNING));
	strs_add(flags, a, STR("-fdiagnostics-column-unit=byte"));
}

static struct strs kernel_link_flags(struct planner *p, const struct package *package)
{
	const struct kernel_build_config *k = &p->request->config->kernel;
	struct arena *a = p->arena;
	struct strs flags = {};
	strs_add(&flags, a, STR("gcc"));
	if (k->lto == LTO_FULL) {
		add_link_time_flags(p, &flags, FLAVOUR_KERNEL, STR("nucleus"));
		strs_add(&flags, a,
		         k->codegen_units == 1 ? STR("-flto-partition=one")
		                               : str_format(a, "--param=lto-partitions=%lld",
		                                            (long long)k->codegen_units));
	}
	const struct str fixed[] = {STR("-nostdlib"),
	                            STR("-static"),
	                            STR("-no-pie"),
	                            STR("-Wl,--build-id=sha1"),
	                            STR("-Wl,-z,max-page-size=0x1000"),
	                            STR("-Wl,-z,noexecstack"),
	                            STR("-Wl,--no-warn-rwx-segments")};
	for (size_t i = 0; i < COUNT(fixed); i++)
		strs_add(&flags, a, fixed[i]);
	struct str script = path_join(a, package->folder, package->build.linker_script.value);
	strs_add(&flags, a, str_format(a, "-Wl,-T,%.*s", STR_ARG(script)));
	return flags;
}

static bool plan_kernel(struct planner *p, const struct package *package, struct artifact *out)
{
	struct arena *a = p->arena;
	struct strs objects = {};
	if (!compile_package(p, package, FLAVOUR_KERNEL, NULL, &objects))
		return false;

	struct strs flags = kernel_link_flags(p, package);
	struct str linked = str_format(a, "%.*s/obj/%.*s/%.*s", STR_ARG(p->request->out),
	                               STR_ARG(package->id.value),
	                               STR_ARG(path_name(package->install.path.value)));
	struct action *link = plan_link(p, flags.items, flags.count, &objects, linked);
	strs_add(&link->inputs, a,
	         path_join(a, package->folder, package->build.linker_script.value));
	p->plan->nucleus = linked;

	static const struct str strip_flags[] = {
	        [STRIP_NONE] = STR_INIT(""),
	        [STRIP_DEBUGINFO] = STR_INIT("--strip-debug"),
	        [STRIP_SYMBOLS] = STR_INIT("--strip-all"),
	};
	struct str artifact = artifact_path(p, package);
	enum strip strip = p->request->config->kernel.strip;
	artifact_add(p, out, artifact, package->install.path.value);
	out->has_debug_info = true;
	if (strip == STRIP_NONE)
		plan_copy(&p->plan->graph, linked, artifact);
	else
		plan_strip(&p->plan->graph, strip_flags[strip], linked, artifact);
	return true;
}

static bool plan_c_program(struct planner *p, const struct package *package, struct artifact *out)
{
	static const struct str flags[] = {STR_INIT("gcc"),
	                                   STR_INIT("-nostdlib"),
	                                   STR_INIT("-static-pie"),
	                                   STR_INIT("-Wl,--no-dynamic-linker"),
	                                   STR_INIT("-Wl,-z,noexecstack"),
	                                   STR_INIT("-Wl,-z,separate-code"),
	                                   STR_INIT("-Wl,-z,relro"),
	                                   STR_INIT("-Wl,-z,now"),
	                                   STR_INIT("-Wl,-z,max-page-size=0x1000"),
	                                   STR_INIT("-Wl,--build-id=sha1")};
	struct strs objects = {};
	if (!compile_package(p, package, FLAVOUR_USER, "rt", &objects))
		return false;
	struct str artifact = artifact_path(p, package);
	plan_link(p, flags, COUNT(flags), &objects, artifact);
	artifact_add(p, out, artifact, package->install.path.value);
	out->has_debug_info = true;
	return true;
}

struct hosted_link {
	enum flavour flavour;
	const struct str *flags;
	size_t flag_count;
};

static bool plan_hosted_program(struct planner *p, const struct package *package,
                                const struct hosted_link *how, struct artifact *out)
{
	struct strs objects = {};
	if (!compile_package(p, package, how->flavour, NULL, &objects))
		return false;
	struct str artifact = artifact_path(p, package);
	plan_link(p, how->flags, how->flag_count, &objects, artifact);
	artifact_add(p, out, artifact, package->install.path.value);
	return true;
}

static bool plan_linux_program(struct planner *p, const struct package *package,
                               struct artifact *out)
{
	static const struct str linkage_flags[] = {
	        [LINKAGE_UNSET] = STR_INIT("-static"),
	        [LINKAGE_STATIC_PIE] = STR_INIT("-static-pie"),
	        [LINKAGE_STATIC] = STR_INIT("-static"),
	        [LINKAGE_DYNAMIC] = STR_INIT("-pie"),
	};
	const struct str flags[] = {STR("gcc"), linkage_flags[package->build.linkage.value],
	                            STR("-Wl,--build-id=sha1"), STR("-pthread")};
	const struct hosted_link how = {FLAVOUR_LINUX, flags, COUNT(flags)};
	out->has_debug_info = true;
	return plan_hosted_program(p, package, &how, out);
}

static bool plan_windows_program(struct planner *p, const struct package *package,
                                 struct artifact *out)
{
	static const struct str flags[] = {STR_INIT("x86_64-w64-mingw32-gcc"),
	                                   STR_INIT("-mconsole"),
	                                   STR_INIT("-Wl,--no-insert-timestamp")};
	const struct hosted_link how = {FLAVOUR_WINDOWS, flags, COUNT(flags)};
	return plan_hosted_program(p, package, &how, out);
}

static bool plan_module(struct planner *p, const struct package *package, struct artifact *out)
{
	struct strs flags = {}, objects = {};
	struct arena *a = p->arena;
	if (!compile_package(p, package, FLAVOUR_MODULE, NULL, &objects))
		return false;
	strs_add(&flags, a, STR("gcc"));
	if (p->request->config->kernel.lto == LTO_FULL) {
		add_link_time_flags(p, &flags, FLAVOUR_MODULE, package->id.value);
		strs_add(&flags, a, STR("-flinker-output=nolto-rel"));
	}
	strs_add(&flags, a, STR("-nostdlib"));
	strs_add(&flags, a, STR("-r"));
	struct str artifact = artifact_path(p, package);
	plan_link(p, flags.items, flags.count, &objects, artifact);
	artifact_add(p, out, artifact, package->install.path.value);
	out->has_debug_info = true;
	return true;
}

static bool plan_external(struct planner *p, const struct package *package, struct artifact *out)
{
	const char *variable =
	        package->build.source_env.value.len
	                ? getenv(arena_c_str(p->arena, package->build.source_env.value))
	                : NULL;
	struct str source = variable ? str_from_c(variable) : source_path(p, package);
	if (!file_exists(arena_c_str(p->arena, source))) {
		if (package->build.optional.value)
			return true;
		diag_error(p->diag, package->build.source.span,
		           STR("put the file there, or say optional = true"), "there is no '%.*s'",
		           STR_ARG(source));
		return false;
	}
	struct strs files = {};
	if (package->install.layout.value == LAYOUT_FILE)
		strs_add(&files, p->arena, arena_str(p->arena, source));
	else if (tree_files(p->arena, arena_c_str(p->arena, source), &files) != 0)
		return false;
	for (size_t i = 0; i < files.count; i++) {
		struct str below = str_slice(files.items[i], source.len + 1, files.items[i].len);
		struct str path = below.len
		                          ? path_join(p->arena, package->install.path.value, below)
		                          : package->install.path.value;
		artifact_add(p, out, files.items[i], path);
	}
	return true;
}

static bool plan_boot(struct planner *p, const struct package *package, struct artifact *out)
{
	const struct plan_hooks *hooks = &p->request->hooks;
	return hooks->boot(&p->plan->graph, package, out, hooks->context, p->diag);
}

static bool plan_deb(struct planner *p, const struct package *package, struct artifact *out)
{
	const struct plan_hooks *hooks = &p->request->hooks;
	return hooks->deb(&p->plan->graph, package, out, hooks->context, p->diag);
}

static bool (*const builders[])(struct planner *, const struct package *, struct artifact *) = {
        [BUILDER_BOOT_GRUB] = plan_boot,
        [BUILDER_KERNEL] = plan_kernel,
        [BUILDER_C_PROGRAM] = plan_c_program,
        [BUILDER_LINUX_PROGRAM] = plan_linux_program,
        [BUILDER_MODULE_IMAGE] = plan_module,
        [BUILDER_MINGW_C_EXE] = plan_windows_program,
        [BUILDER_WINSYS_DLL_BUNDLE] = plan_dll_bundle,
        [BUILDER_EXTERNAL_COPY] = plan_external,
        [BUILDER_DEB] = plan_deb,
};

bool plan_packages(struct arena *a, const struct plan_request *request, struct plan *out_plan,
                   struct diag *d)
{
	const struct system *system = request->system;
	*out_plan = (struct plan){.graph = {.arena = a}};
	out_plan->artifacts.items = ARENA_ARRAY(a, struct artifact, system->count);
	struct planner p = {.arena = a, .request = request, .plan = out_plan, .diag = d};
	if (!flavour_load(&p) || !libraries_load(&p))
		return false;

	bool ok = true;
	for (size_t i = 0; i < system->count; i++) {
		struct artifact *artifact = &out_plan->artifacts.items[out_plan->artifacts.count++];
		artifact->package = system->packages[i];
		ok &= builders[artifact->package->build.builder.value](&p, artifact->package,
		                                                       artifact);
	}
	return ok;
}
