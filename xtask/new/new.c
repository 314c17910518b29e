#include "new/new.h"
#include "gen/gen.h"
#include "os/files.h"
#include <string.h>

enum { NAME_MAX_BYTES = 32 }; /* of a package's id: docs/manifest.md */

const struct new_kind *new_kind_find(struct str word, struct diag *d)
{
	struct strs names = {};
	struct text list = {.arena = d->arena};
	for (size_t i = 0; i < new_kind_count; i++) {
		const struct new_kind *kind = &new_kinds[i];
		if (str_equal(kind->word, word) && !kind->refused)
			return kind;
		if (str_equal(kind->word, word)) {
			diag_error(d, (struct span){}, str_from_c(kind->refused),
			           "there is no template for '%.*s'", STR_ARG(word));
			return NULL;
		}
		if (kind->refused)
			continue;
		strs_add(&names, d->arena, kind->word);
		text_addf(&list, "%s%.*s", list.len ? ", " : "kinds: ", STR_ARG(kind->word));
	}
	struct str hint = diag_did_you_mean(d, word, names.items, names.count);
	diag_error(d, (struct span){}, hint.len ? hint : text_str(&list), "unknown kind '%.*s'",
	           STR_ARG(word));
	return NULL;
}

static bool is_name_byte(char byte, bool first, bool c_name)
{
	bool letter = byte >= 'a' && byte <= 'z';
	bool digit = byte >= '0' && byte <= '9';
	return letter || (!first && (digit || byte == '_' || (byte == '-' && !c_name)));
}

static bool check_name(const struct new_kind *kind, struct str name, struct diag *d)
{
	bool ok = name.len && name.len <= NAME_MAX_BYTES;
	for (size_t i = 0; ok && i < name.len; i++)
		ok = is_name_byte(name.ptr[i], i == 0, kind->c_name);
	if (!ok)
		diag_error(d, (struct span){},
		           str_format(d->arena, "a letter, then a-z 0-9 _%s, at most %d in all",
		                      kind->c_name ? "" : " -", NAME_MAX_BYTES),
		           "'%.*s' can't be the name of %s %.*s", STR_ARG(name),
		           str_starts_with(kind->word, STR("a")) ? "an" : "a", STR_ARG(kind->word));
	return ok;
}

static struct str identifier(struct arena *a, struct str name)
{
	char *bytes = arena_c_str(a, name);
	for (size_t i = 0; i < name.len; i++)
		if (bytes[i] == '-')
			bytes[i] = '_';
	return (struct str){bytes, name.len};
}

struct str new_fill(struct arena *a, struct str text, struct str name)
{
	static const struct str marks[] = {STR_INIT("@NAME@"), STR_INIT("@IDENT@")};
	const struct str values[] = {name, identifier(a, name)};
	struct text filled = {.arena = a};
	while (text.len) {
		size_t mark = 0;
		while (mark < COUNT(marks) && !str_starts_with(text, marks[mark]))
			mark++;
		if (mark < COUNT(marks)) {
			text_add(&filled, values[mark]);
			text = str_slice(text, marks[mark].len, text.len);
			continue;
		}
		text_add_byte(&filled, text.ptr[0]);
		text = str_slice(text, 1, text.len);
	}
	return text_str(&filled);
}

static const char services_path[] = "registry/services.toml";

/* The lowest id of the services' own that no row of the registry has. */
static unsigned free_service(struct arena *a)
{
	enum { FIRST = 16, LAST = 39 };
	bool taken[LAST + 1] = {};
	struct str rest;
	if (file_read(a, services_path, &rest) != 0)
		return FIRST;
	while (rest.len) {
		struct str_split line = str_cut(rest, '\n'), pair = str_cut(line.head, '=');
		uint64_t id;
		rest = line.rest;
		if (str_equal(str_trim(pair.head), STR("id")) &&
		    str_to_u64(str_trim(pair.rest), &id) && id <= LAST)
			taken[id] = true;
	}
	unsigned id = FIRST;
	while (id < LAST && taken[id])
		id++;
	return id;
}

/* What is written: where, and what it gets. */
struct new_file {
	struct str path, text;
	struct new_file *next;
};

/* A service is a row there too. */
static bool file_appends(const struct new_file *file)
{
	return str_equal(file->path, str_from_c(services_path));
}

/* A template filled in, behind what is there already if it appends. */
static struct str file_text(struct arena *a, const struct new_file *file, struct str name)
{
	struct str mark = STR("@SERVICE@"), rest = new_fill(a, file->text, name), before;
	struct text t = {.arena = a};
	if (file_appends(file) && file_read(a, arena_c_str(a, file->path), &before) == 0)
		text_addf(&t, "%.*s\n", STR_ARG(before));
	while (rest.len) {
		bool id = str_starts_with(rest, mark);
		if (id)
			text_addf(&t, "%u", free_service(a));
		else
			text_add_byte(&t, rest.ptr[0]);
		rest = str_slice(rest, id ? mark.len : 1, rest.len);
	}
	return text_str(&t);
}

/* The files of a template, for a name; they go to the end of the list. */
static bool read_template(struct arena *a, struct str word, struct str name, struct new_file **end,
                          struct diag *d)
{
	static const struct str ending = STR_INIT(".in");
	struct str folder = str_format(a, "xtask/new/templates/%.*s", STR_ARG(word)), text;
	struct strs paths = {};
	int error = tree_files(a, folder.ptr, &paths);
	const char *wrong = folder.ptr;
	while (*end)
		end = &(*end)->next;
	for (size_t i = 0; !error && i < paths.count; i++) {
		struct str path = paths.items[i];
		if (!str_ends_with(path, ending))
			continue;
		wrong = arena_c_str(a, path);
		error = file_read(a, wrong, &text);
		if (error)
			break;
		struct new_file *file = *end = ARENA_NEW(a, struct new_file);
		path = str_slice(path, folder.len + 1, path.len - ending.len);
		*file = (struct new_file){.path = new_fill(a, path, name), .text = text};
		file->text = file_text(a, file, name);
		end = &file->next;
	}
	if (error)
		diag_error(d, (struct span){}, STR("templates of packages lie there"),
		           "cannot read %s: %s", wrong, strerror(error));
	return !error;
}

/* The registry's new entries stand in its lock from now on. */
static bool lock_registry(struct arena *a, struct diag *d)
{
	static const char lock_path[] = "registry/abi.lock";
	struct str lock;
	if (!file_exists(lock_path))
		return true;
	const struct registry *registry = registry_load(a, d);
	if (!registry || !gen_accept_abi_lock(a, registry, &lock, d))
		return false;
	int error = file_write(lock_path, lock, 0644);
	if (error)
		diag_error(d, (struct span){}, (struct str){}, "cannot write %s: %s", lock_path,
		           strerror(error));
	return !error;
}

static bool check_free(const struct new_file *files, struct diag *d)
{
	bool free = true;
	for (const struct new_file *file = files; file; file = file->next) {
		if (file_appends(file) || !file_exists(file->path.ptr))
			continue;
		diag_error(d, (struct span){}, STR("choose another name; nothing was written"),
		           "%.*s exists already", STR_ARG(file->path));
		free = false;
	}
	return free;
}

bool new_create(struct arena *a, const struct new_kind *kind, struct str name,
                struct strs *out_paths, struct diag *d)
{
	struct new_file *files = NULL;
	struct strs paths = {};
	if (!check_name(kind, name, d) || !read_template(a, kind->word, name, &files, d) ||
	    (kind->boots && !read_template(a, STR("boot"), name, &files, d)) ||
	    !check_free(files, d))
		return false;
	bool registers = false;
	for (const struct new_file *file = files; file; file = file->next) {
		registers |= str_starts_with(file->path, STR("registry/"));
		int error = file_write(file->path.ptr, file->text, 0644);
		if (error) {
			diag_error(d, (struct span){}, (struct str){}, "cannot write %.*s: %s",
			           STR_ARG(file->path), strerror(error));
			return false;
		}
		strs_add(&paths, a, file->path);
	}
	*out_paths = paths;
	return !registers || lock_registry(a, d);
}
