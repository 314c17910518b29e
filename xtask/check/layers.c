/*
 * Direction of dependencies, proved from the include lines.
 *
 * A quoted include is looked for beside the file, below its stack's root and in its own
 * part; one in angle brackets in libs/NAME/include and among the generated folders, and is
 * the system's otherwise.
 */
#include "check/layers.h"
#include "check/code.h"
#include "os/files.h"

struct include {
	const struct check_file *file;
	struct str name; /* between the quotes or brackets */
	struct span span;
	bool quoted;
	struct str target; /* path of the file, or "gen/NAME"; empty: the system's */
};

struct checking {
	struct arena *arena;
	const struct check_tree *tree;
	struct layers layers;
	struct diag *diag;
};

static bool tree_has(const struct check_tree *tree, struct str path)
{
	size_t low = 0, high = tree->count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = str_compare(tree->files[middle].source.path, path);
		if (order == 0)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static bool try_target(const struct checking *c, struct include *include, struct str folder)
{
	struct str path;
	if (!path_normalise(c->arena, path_join(c->arena, folder, include->name), &path) ||
	    !tree_has(c->tree, path))
		return false;
	include->target = path;
	return true;
}

static bool resolve_quoted(const struct checking *c, struct include *include,
                           const struct layer_part *part)
{
	struct str path = include->file->source.path;
	const struct layer_stack *stack = layers_stack(&c->layers, path);
	return try_target(c, include, path_folder(path)) ||
	       (stack && try_target(c, include, stack->root.value)) ||
	       try_target(c, include, layers_unit(part, path)) ||
	       try_target(c, include, (struct str){});
}

/* A library's own folder of headers, then libraries that the part sees, then generated ones. */
static void resolve_angle(const struct checking *c, struct include *include,
                          const struct layer_part *part)
{
	struct arena *a = c->arena;
	struct str first = str_cut(include->name, '/').head;
	if (first.len < include->name.len &&
	    try_target(c, include, str_format(a, "libs/%.*s/include", STR_ARG(first))))
		return;
	for (size_t i = 0; i < part->may.count; i++)
		if (try_target(c, include,
		               str_format(a, "%.*s/include", STR_ARG(part->may.items[i].value))))
			return;
	for (size_t i = 0; i < c->layers.generated.count; i++)
		if (first.len < include->name.len &&
		    str_equal(c->layers.generated.items[i].value, first))
			include->target = str_format(a, "gen/%.*s", STR_ARG(first));
}

/* Both in one stack: only downwards, and only a folder's face. */
static void check_stack(const struct checking *c, const struct include *include,
                        const struct layer_stack *stack)
{
	struct arena *a = c->arena;
	struct str from = layers_folder(stack, include->file->source.path);
	struct str to = layers_folder(stack, include->target), root = stack->root.value;
	int from_level = layers_level(stack, from), to_level = layers_level(stack, to);
	if (str_equal(from, to) || from_level < 0 || to_level < 0)
		return;
	if (to_level >= from_level) {
		bool beside = to_level == from_level;
		diag_error(c->diag, include->span,
		           beside ? STR("what both need belongs below both")
		                  : STR("declare operations below, which the upper one installs"),
		           "%.*s stands %s %.*s/%.*s and may not include it", STR_ARG(from),
		           beside ? "beside" : "below", STR_ARG(root), STR_ARG(to));
	} else if (stack->face.value.len &&
	           !str_equal(path_name(include->target), stack->face.value)) {
		diag_error(c->diag, include->span,
		           str_format(a, "include \"%.*s/%.*s\"", STR_ARG(to),
		                      STR_ARG(stack->face.value)),
		           "'%.*s' is private to %.*s/%.*s", STR_ARG(include->name), STR_ARG(root),
		           STR_ARG(to));
	}
}

/* What the target is called in a part's `may`: "libs/base", "gen/abi", "kernel". */
static struct str target_unit(const struct checking *c, struct str target)
{
	if (str_starts_with(target, STR("gen/")))
		return target;
	const struct layer_part *part = layers_part(&c->layers, target);
	return part ? layers_unit(part, target) : path_folder(target);
}

static bool is_program(struct str unit)
{
	return !str_starts_with(unit, STR("libs/")) && !str_starts_with(unit, STR("gen/"));
}

static void check_outside(const struct checking *c, const struct include *include,
                          struct layer_part *part)
{
	struct str to = target_unit(c, include->target);
	struct str from = layers_unit(part, include->file->source.path);
	if (str_equal(from, to))
		return;
	for (size_t i = 0; i < part->may.count; i++) {
		if (str_equal(part->may.items[i].value, to)) {
			part->used[i] = true;
			return;
		}
	}
	diag_error(c->diag, include->span,
	           is_program(to)
	                   ? STR("programs meet through an interface in registry/, and share "
	                         "code in libs/")
	                   : STR("config/layers.toml says who sees what"),
	           "%.*s may not include %.*s", STR_ARG(from), STR_ARG(to));
}

static void check_include(const struct checking *c, struct include *include,
                          struct layer_part *part)
{
	if (!include->quoted) {
		resolve_angle(c, include, part);
	} else if (!resolve_quoted(c, include, part)) {
		diag_error(c->diag, include->span,
		           STR("<...> is for libraries and generated headers"),
		           "there is no file \"%.*s\"", STR_ARG(include->name));
	}
	if (!include->target.len)
		return;
	const struct layer_stack *stack = layers_stack(&c->layers, include->file->source.path);
	if (stack && stack == layers_stack(&c->layers, include->target))
		check_stack(c, include, stack);
	else
		check_outside(c, include, part);
}

/* False when the line is no include of a name. code is its blanked form. */
static bool read_include(const struct check_file *file, struct str code,
                         struct include *out_include)
{
	struct code_word word;
	size_t at = 0, offset = (size_t)(code.ptr - file->code.ptr);
	if (!code.len || code.ptr[0] != '#' || !code_next_word(code, &at, &word) ||
	    !word.directive || !str_equal(word.text, STR("include")))
		return false;
	struct str line = str_slice(file->source.text, offset, offset + code.len);
	while (at < line.len && line.ptr[at] != '"' && line.ptr[at] != '<')
		at++;
	struct str name = at < line.len ? str_slice(line, at + 1, line.len) : (struct str){};
	bool quoted = at < line.len && line.ptr[at] == '"';
	name = str_cut(name, quoted ? '"' : '>').head;
	if (!name.len)
		return false;
	uint32_t start = (uint32_t)(offset + at);
	*out_include =
	        (struct include){.file = file,
	                         .name = name,
	                         .quoted = quoted,
	                         .span = {&file->source, start, start + (uint32_t)name.len + 2}};
	return true;
}

static void check_file(const struct checking *c, const struct check_file *file)
{
	struct str path = file->source.path, rest = file->code, line;
	struct layer_part *part = layers_part(&c->layers, path);
	const struct layer_stack *stack = layers_stack(&c->layers, path);
	const struct span start = {&file->source, 0, 0};
	if (!part) {
		diag_error(c->diag, start, STR("add a [[part]] to config/layers.toml"),
		           "'%.*s' belongs to no part of the tree", STR_ARG(path));
		return;
	}
	if (stack && layers_level(stack, layers_folder(stack, path)) < 0)
		diag_error(c->diag, start, STR("add it to `order` in config/layers.toml"),
		           "%.*s/%.*s stands on no level", STR_ARG(stack->root.value),
		           STR_ARG(layers_folder(stack, path)));
	part->present = true;
	while (code_next_line(&rest, &line)) {
		struct include include;
		if (read_include(file, line, &include))
			check_include(c, &include, part);
	}
}

static void check_unused(const struct checking *c)
{
	const struct layer_part *parts = c->layers.parts.items;
	for (size_t i = 0; i < c->layers.parts.count; i++)
		for (size_t j = 0; j < parts[i].may.count && parts[i].present; j++)
			if (!parts[i].used[j])
				diag_warning(c->diag, parts[i].may.items[j].span,
				             STR("remove the permission"),
				             "nothing in %.*s includes %.*s",
				             STR_ARG(parts[i].folder.value),
				             STR_ARG(parts[i].may.items[j].value));
}

bool check_layers(struct arena *a, const struct check_tree *tree, struct diag *d)
{
	struct checking c = {.arena = a, .tree = tree, .diag = d};
	size_t errors = d->errors;
	if (!layers_read(a, &c.layers, d))
		return false;
	for (size_t i = 0; i < tree->count; i++)
		check_file(&c, &tree->files[i]);
	check_unused(&c);
	return d->errors == errors;
}
