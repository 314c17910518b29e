/*
 * Libraries: libs/NAME with libs/NAME/library.toml, which says what its own code needs.
 *
 * A package sees the headers of what it names and of what that needs, and no others.
 */
#include "config/library.h"
#include "os/files.h"
#include "plan/flavour.h"
#include <string.h>

struct library {
	struct str name;
	struct strs needs;
	bool freestanding; /* stands in for a C library: left out where there is one */
	struct library *next;
};

struct libraries {
	struct library *first; /* those that were asked for so far */
	/* Objects that are planned already: a library is compiled once for each flavour. */
	struct compiled_library *compiled;
};

struct compiled_library {
	struct str name;
	enum flavour flavour;
	struct strs objects;
	struct compiled_library *next;
};

bool libraries_load(struct planner *p)
{
	p->libraries = ARENA_NEW(p->arena, struct libraries);
	return true;
}

static struct str library_folder(struct planner *p, struct str name)
{
	return path_join(p->arena, STR(LIBRARIES_FOLDER), name);
}

/* NULL after reporting. */
static const struct library *library_find(struct planner *p, struct str name, struct span wanted_by)
{
	for (const struct library *l = p->libraries->first; l; l = l->next)
		if (str_equal(l->name, name))
			return l;

	struct library_file file;
	if (!library_read(p->arena, name, wanted_by, &file, p->diag))
		return NULL;
	strs_add(&p->plan->files, p->arena, library_path(p->arena, name));

	struct library *library = ARENA_NEW(p->arena, struct library);
	library->name = name;
	library->freestanding = file.freestanding.value;
	for (size_t i = 0; i < file.needs.count; i++)
		strs_add(&library->needs, p->arena, file.needs.items[i].value);
	library->next = p->libraries->first;
	p->libraries->first = library;
	for (size_t i = 0; i < file.needs.count; i++)
		if (!library_find(p, file.needs.items[i].value, file.needs.items[i].span))
			return NULL;
	return library;
}

static bool closure_add(struct planner *p, enum flavour flavour, struct str name,
                        struct span wanted_by, struct strs *closure)
{
	if (strs_contain(closure, name))
		return true;
	const struct library *library = library_find(p, name, wanted_by);
	if (!library)
		return false;
	if (library->freestanding && (flavour == FLAVOUR_LINUX || flavour == FLAVOUR_WINDOWS))
		return true;
	strs_add(closure, p->arena, name);
	for (size_t i = 0; i < library->needs.count; i++)
		if (!closure_add(p, flavour, library->needs.items[i], wanted_by, closure))
			return false;
	return true;
}

bool libraries_closure(struct planner *p, enum flavour flavour, const struct toml_strs *names,
                       const char *implied, struct strs *out_closure)
{
	struct strs closure = {};
	bool ok = true;
	for (size_t i = 0; i < names->count; i++)
		ok &= closure_add(p, flavour, names->items[i].value, names->items[i].span,
		                  &closure);
	if (implied)
		ok &= closure_add(p, flavour, str_from_c(implied), (struct span){}, &closure);
	*out_closure = closure;
	return ok;
}

struct strs library_includes(struct planner *p, const struct strs *closure)
{
	struct strs folders = {};
	for (size_t i = 0; i < closure->count; i++)
		strs_add(&folders, p->arena,
		         path_join(p->arena, library_folder(p, closure->items[i]), STR("include")));
	return folders;
}

/* Compiles one library for a flavour, with nothing but its own needs in sight. */
static const struct compiled_library *compile_library(struct planner *p, enum flavour flavour,
                                                      struct str name, int64_t codegen_units)
{
	for (const struct compiled_library *c = p->libraries->compiled; c; c = c->next)
		if (c->flavour == flavour && str_equal(c->name, name))
			return c;

	struct strs closure = {};
	struct compiled_library *compiled = ARENA_NEW(p->arena, struct compiled_library);
	*compiled = (struct compiled_library){.name = name, .flavour = flavour};
	if (!closure_add(p, flavour, name, (struct span){}, &closure))
		return NULL;
	struct unit_set set = {
	        .flavour = flavour,
	        .name = str_format(p->arena, "lib-%s", flavour_name(flavour)),
	        .include_folders = library_includes(p, &closure),
	        .codegen_units = codegen_units,
	};
	set.name = path_join(p->arena, set.name, name);
	strs_add(&set.include_folders, p->arena, path_join(p->arena, p->request->out, STR("gen")));
	struct folder entries;
	struct str folder = library_folder(p, name);
	if (folder_read(p->arena, folder.ptr, &entries) != 0)
		return NULL;
	strs_add(&p->plan->folders, p->arena, folder);
	for (size_t i = 0; i < entries.count; i++)
		if (str_ends_with(entries.entries[i].name, STR(".c")) ||
		    str_ends_with(entries.entries[i].name, STR(".S")))
			strs_add(&set.sources, p->arena,
			         path_join(p->arena, folder, entries.entries[i].name));
	plan_compile(p, &set, &compiled->objects);
	compiled->next = p->libraries->compiled;
	p->libraries->compiled = compiled;
	return compiled;
}

bool library_objects(struct planner *p, enum flavour flavour, const struct strs *closure,
                     int64_t codegen_units, struct strs *out_objects)
{
	for (size_t i = 0; i < closure->count; i++) {
		const struct compiled_library *compiled =
		        compile_library(p, flavour, closure->items[i], codegen_units);
		if (!compiled)
			return false;
		for (size_t k = 0; k < compiled->objects.count; k++)
			strs_add(out_objects, p->arena, compiled->objects.items[k]);
	}
	return true;
}
