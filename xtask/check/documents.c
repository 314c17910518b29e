/*
 * A path that a document names exists.
 *
 * Looked at are words between backticks, outside of indented and fenced examples: one whose first
 * part is a folder of the root or beside the document, and, in a README of a folder, the name of a
 * source file.
 * In a path `<x>` and NAME stand for anything, `*` for what at least one file has there.
 */
#include "check/check.h"
#include "check/code.h"
#include "os/files.h"
#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>

static const char *const roots[] = {"apps",   "compat", "docs",     "drivers",
                                    "kernel", "libs",   "services", "xtask"};

/* Folders of the image with the names of our own, where nothing has to stand here. */
static const struct str of_the_image[] = {STR_INIT("drivers/user")};

struct document_check {
	struct arena *arena;
	const struct check_tree *tree;
	struct diag *diag;
};

static bool is_folder(struct arena *a, struct str path)
{
	struct stat st;
	return stat(arena_c_str(a, path), &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_source_name(struct str word)
{
	return str_ends_with(word, STR(".c")) || str_ends_with(word, STR(".h")) ||
	       str_ends_with(word, STR(".S"));
}

/* Letters of paths only; no options, addresses or text of a program. */
static bool is_path(struct str word)
{
	static const char others[] = "_./*<>+-";
	for (size_t i = 0; i < word.len; i++) {
		char c = word.ptr[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    !memchr(others, c, sizeof others - 1))
			return false;
	}
	return word.len && word.ptr[0] != '/' && word.ptr[0] != '.';
}

static bool stands_for_anything(struct str part)
{
	return str_contains(part, '<') || str_contains(part, '*') || str_equal(part, STR("NAME")) ||
	       str_starts_with(part, STR("NAME."));
}

/* Whether a file of the folder has a name of this form. */
static bool has_match(struct arena *a, struct str folder, struct str form)
{
	struct folder list;
	if (str_contains(form, '<') || !str_contains(form, '*'))
		return true;
	if (folder_read(a, arena_c_str(a, folder), &list) != 0)
		return false;
	for (size_t i = 0; i < list.count; i++)
		if (fnmatch(arena_c_str(a, form), list.entries[i].name.ptr, FNM_PERIOD) == 0)
			return true;
	return false;
}

static bool path_stands(struct arena *a, struct str path)
{
	while (str_ends_with(path, STR("/")))
		path.len--;
	for (size_t i = 0; i < COUNT(of_the_image); i++)
		if (str_equal(path, of_the_image[i]))
			return true;
	for (size_t start = 0; start < path.len;) {
		struct str part = str_cut(str_slice(path, start, path.len), '/').head;
		struct str folder = str_slice(path, 0, start ? start - 1 : 0);
		if (stands_for_anything(part))
			return is_folder(a, folder) && has_match(a, folder, part);
		start += part.len + 1;
	}
	return file_exists(arena_c_str(a, path));
}

/* The one source file of this name, as a hint. */
static struct str moved_to(const struct document_check *c, struct str path)
{
	struct str name = path_name(path), found = {};
	for (size_t i = 0; i < c->tree->count; i++) {
		struct str other = c->tree->files[i].source.path;
		if (!str_equal(path_name(other), name))
			continue;
		if (found.len)
			return (struct str){};
		found = other;
	}
	return found.len ? str_format(c->arena, "did you mean '%.*s'?", STR_ARG(found)) : found;
}

static void check_word(const struct document_check *c, const struct source *document,
                       struct str word)
{
	struct arena *a = c->arena;
	struct str folder = path_folder(document->path), first = str_cut(word, '/').head;
	struct str path = word;
	if (!is_path(word))
		return;
	if (first.len == word.len) {
		if (!is_source_name(word) || !folder.len || str_equal(folder, STR("docs")))
			return;
		path = path_join(a, folder, word);
	} else if (str_equal(first, STR("build"))) {
		return;
	} else if (!is_folder(a, first)) {
		path = path_join(a, folder, word);
		if (!is_folder(a, path_join(a, folder, first)))
			return;
	}
	if (path_stands(a, path))
		return;
	uint32_t start = (uint32_t)(word.ptr - document->text.ptr);
	diag_error(c->diag, (struct span){document, start, start + (uint32_t)word.len},
	           moved_to(c, path), "there is no %.*s", STR_ARG(path));
}

static void check_line(const struct document_check *c, const struct source *document,
                       struct str line)
{
	for (struct str rest = line; str_contains(rest, '`');) {
		struct str opened = str_cut(rest, '`').rest;
		struct str_split code = str_cut(opened, '`');
		if (code.head.len == opened.len)
			return; /* a lone one */
		for (struct str words = code.head; words.len;) {
			struct str_split cut = str_cut(words, ' ');
			check_word(c, document, cut.head);
			words = cut.rest;
		}
		rest = code.rest;
	}
}

static void check_document(const struct document_check *c, struct str path)
{
	struct source *document = ARENA_NEW(c->arena, struct source);
	struct str line, text;
	int error = file_read(c->arena, arena_c_str(c->arena, path), &text);
	if (error) {
		diag_error(c->diag, (struct span){}, (struct str){}, "cannot read %.*s: %s",
		           STR_ARG(path), strerror(error));
		return;
	}
	*document = (struct source){path, text};
	bool fenced = false;
	while (code_next_line(&text, &line)) {
		bool fence = str_starts_with(str_trim(line), STR("```"));
		fenced ^= fence;
		if (!fence && !fenced && !str_starts_with(line, STR("    ")))
			check_line(c, document, line);
	}
}

bool check_documents(struct arena *a, const struct check_tree *tree, struct diag *d)
{
	struct document_check c = {a, tree, d};
	size_t errors = d->errors;
	if (file_exists("README.md"))
		check_document(&c, STR("README.md"));
	for (size_t i = 0; i < COUNT(roots); i++) {
		struct strs files = {};
		int error = file_exists(roots[i]) ? tree_files(a, roots[i], &files) : 0;
		if (error)
			diag_error(d, (struct span){}, (struct str){}, "cannot read %s: %s",
			           roots[i], strerror(error));
		for (size_t k = 0; k < files.count; k++)
			if (str_ends_with(files.items[k], STR(".md")))
				check_document(&c, files.items[k]);
	}
	return d->errors == errors;
}
