/* Flags of each flavour, and compile actions made with them. */
#include "plan/flavour.h"
#include "os/files.h"
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	const char *compiler;
	const char *flags[3]; /* files in config/flags/ */
	bool kernel_knobs;
} flavours[FLAVOUR_COUNT] = {
        [FLAVOUR_KERNEL] = {"kernel", "gcc", {"common", "kernel"}, true},
        [FLAVOUR_MODULE] = {"module", "gcc", {"common", "kernel", "module"}, true},
        [FLAVOUR_USER] = {"user", "gcc", {"common", "user"}, false},
        [FLAVOUR_LINUX] = {"linux", "gcc", {"common", "linux"}, false},
        [FLAVOUR_WINDOWS] = {"windows", "x86_64-w64-mingw32-gcc", {"common", "windows"}, false},
};

const char *flavour_name(enum flavour flavour)
{
	return flavours[flavour].name;
}

static bool add_flags_file(struct planner *p, const char *name, struct strs *flags)
{
	struct str path = str_format(p->arena, "config/flags/%s.txt", name), content;
	int error = file_read(p->arena, path.ptr, &content);
	if (error) {
		diag_error(p->diag, (struct span){},
		           STR("the flags of the compilers stand there, one a line"), "%s: %s",
		           path.ptr, strerror(error));
		return false;
	}
	strs_add(&p->plan->files, p->arena, path);
	while (content.len) {
		struct str_split line = str_cut(content, '\n');
		content = line.rest;
		struct str flag = str_trim(line.head);
		if (flag.len)
			strs_add(flags, p->arena, flag);
	}
	return true;
}

/* [kernel.build] as compiler flags; docs/configuration.md says what each does. */
static void add_kernel_knobs(struct planner *p, struct strs *flags)
{
	const struct kernel_build_config *k = &p->request->config->kernel;
	struct arena *a = p->arena;
	strs_add(flags, a, str_format(a, "-O%.*s", STR_ARG(k->opt_level)));
	strs_add(flags, a, str_format(a, "-g%lld", (long long)k->debuginfo));
	strs_add(flags, a,
	         k->frame_pointers ? STR("-fno-omit-frame-pointer") : STR("-fomit-frame-pointer"));
	if (k->overflow_checks) {
		strs_add(flags, a, STR("-fsanitize=signed-integer-overflow"));
		strs_add(flags, a, STR("-fsanitize-undefined-trap-on-error"));
	}
	if (k->lto == LTO_FULL)
		strs_add(flags, a, STR("-flto"));
	for (size_t i = 0; i < k->extra_cflags.count; i++)
		strs_add(flags, a, k->extra_cflags.items[i]);
}

bool flavour_load(struct planner *p)
{
	struct arena *a = p->arena;
	struct str map = STR("-ffile-prefix-map=$root=."); /* the same for every clone */
	for (size_t i = 0; i < FLAVOUR_COUNT; i++) {
		struct strs *flags = &p->flags[i];
		strs_add(flags, a, str_from_c(flavours[i].compiler));
		for (size_t k = 0; k < COUNT(flavours[i].flags) && flavours[i].flags[k]; k++)
			if (!add_flags_file(p, flavours[i].flags[k], flags))
				return false;
		if (flavours[i].kernel_knobs)
			add_kernel_knobs(p, flags);
		strs_add(flags, a, map);
	}
	return true;
}

static struct action *plan_unit(struct planner *p, const struct unit_set *set, struct str source,
                                struct str object)
{
	struct arena *a = p->arena;
	const struct strs *flags = &p->flags[set->flavour];
	struct action *action = graph_add(&p->plan->graph, &kind_compile);
	action->subject = source;
	for (size_t i = 0; i < flags->count; i++)
		strs_add(&action->argv, a, flags->items[i]);
	for (size_t i = 0; i < set->extra_args.count; i++)
		strs_add(&action->argv, a, set->extra_args.items[i]);
	for (size_t i = 0; i < set->include_folders.count; i++)
		strs_add(&action->argv, a,
		         str_format(a, "-I%.*s", STR_ARG(set->include_folders.items[i])));
	/* Sections of link-time code carry a random name unless it is given. It does not end
	 * like a source: distcc would take it for one. */
	strs_add(&action->argv, a, str_format(a, "-frandom-seed=%.*s.unit", STR_ARG(source)));
	const struct str tail[] = {STR("-MD"), STR("-MF"), STR("$dep"),   STR("-MT"), STR("object"),
	                           STR("-c"),  STR("-o"),  STR("$out_0"), source};
	for (size_t i = 0; i < COUNT(tail); i++)
		strs_add(&action->argv, a, tail[i]);
	action->depfile = str_format(a, "%.*s.d", STR_ARG(object));
	strs_add(&action->inputs, a, source);
	action->confined = true;
	action->launcher = p->request->config->launcher;
	action->folders = set->folders;
	action->order_only = p->request->generated;
	strs_add(&action->outputs, a, object);
	return action;
}

/* Groups sources of C into `count` files that include them; assembly stays alone. */
static void plan_joined(struct planner *p, const struct unit_set *set, size_t count,
                        struct strs *out_objects)
{
	struct arena *a = p->arena;
	struct str folder =
	        str_format(a, "%.*s/obj/%.*s/units", STR_ARG(p->request->out), STR_ARG(set->name));
	size_t c_sources = 0, done = 0;
	for (size_t i = 0; i < set->sources.count; i++)
		c_sources += str_ends_with(set->sources.items[i], STR(".c"));

	size_t next = 0;
	for (size_t unit = 0; unit < count && unit < c_sources; unit++) {
		size_t end = (unit + 1) * c_sources / (count < c_sources ? count : c_sources);
		struct text t = {.arena = a};
		struct strs members = {};
		for (; done < end; next++) {
			struct str source = set->sources.items[next];
			if (!str_ends_with(source, STR(".c")))
				continue;
			text_addf(&t, "#include \"%.*s\"\n", STR_ARG(source));
			strs_add(&members, a, source);
			done++;
		}
		struct str path = str_format(a, "%.*s/unit_%03zu.c", STR_ARG(folder), unit);
		struct str object = str_format(a, "%.*s/unit_%03zu.o", STR_ARG(folder), unit);
		plan_write(&p->plan->graph, path, text_str(&t));
		struct action *action = plan_unit(p, set, path, object);
		for (size_t i = 0; i < members.count; i++)
			strs_add(&action->inputs, a, members.items[i]);
		strs_add(out_objects, a, object);
	}
}

/* Where headers may lie: what the compiler is told, and beside the sources. */
static struct strs readable_folders(struct arena *a, const struct unit_set *set)
{
	struct strs folders = {};
	for (size_t i = 0; i < set->include_folders.count; i++)
		strs_add(&folders, a, set->include_folders.items[i]);
	for (size_t i = 0; i < set->sources.count; i++) {
		struct str folder = path_folder(set->sources.items[i]);
		if (!strs_contain(&folders, folder))
			strs_add(&folders, a, folder);
	}
	return folders;
}

void plan_compile(struct planner *p, const struct unit_set *set, struct strs *out_objects)
{
	struct arena *a = p->arena;
	size_t units = (size_t)set->codegen_units;
	struct unit_set joined = *set;
	bool join = units && units < set->sources.count && units < CODEGEN_UNITS_MAX;
	joined.folders = readable_folders(a, set);
	if (join) {
		joined.include_folders = (struct strs){};
		for (size_t i = 0; i < set->include_folders.count; i++)
			strs_add(&joined.include_folders, a, set->include_folders.items[i]);
		strs_add(&joined.include_folders, a, STR("."));
		if (units == 1)
			strs_add(&joined.extra_args, a, STR(PLAN_NO_NULL_WARNING));
		plan_joined(p, &joined, units, out_objects);
	}
	for (size_t i = 0; i < set->sources.count; i++) {
		struct str source = set->sources.items[i];
		if (join && str_ends_with(source, STR(".c")))
			continue;
		struct str object = str_format(a, "%.*s/obj/%.*s/%.*s.o", STR_ARG(p->request->out),
		                               STR_ARG(set->name), STR_ARG(source));
		joined.include_folders = set->include_folders;
		plan_unit(p, &joined, source, object);
		strs_add(out_objects, a, object);
	}
}

static bool is_source(struct str path)
{
	return str_ends_with(path, STR(".c")) || str_ends_with(path, STR(".S"));
}

static bool add_sources(struct planner *p, struct str folder, struct strs *sources)
{
	struct folder entries;
	if (folder_read(p->arena, arena_c_str(p->arena, folder), &entries) != 0)
		return false;
	strs_add(&p->plan->folders, p->arena, folder);
	for (size_t i = 0; i < entries.count; i++) {
		struct str path = path_join(p->arena, folder, entries.entries[i].name);
		if (entries.entries[i].is_folder)
			add_sources(p, path, sources);
		else if (is_source(path))
			strs_add(sources, p->arena, path);
	}
	return true;
}

bool plan_sources(struct planner *p, struct str path, struct span wanted_by,
                  struct strs *out_sources)
{
	struct strs sources = {};
	if (is_source(path))
		strs_add(&sources, p->arena, path);
	else if (!add_sources(p, path, &sources) || !sources.count) {
		diag_error(p->diag, wanted_by, STR("sources are files that end in .c or .S"),
		           "no sources in '%.*s'", STR_ARG(path));
		return false;
	}
	strs_sort(&sources);
	for (size_t i = 0; i < sources.count; i++)
		strs_add(out_sources, p->arena, sources.items[i]);
	return true;
}
