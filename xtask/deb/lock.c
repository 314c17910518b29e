#include "deb/lock.h"
#include "deb/apt.h"
#include "deb/store.h"
#include "os/files.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SHA256_DIGITS = 64 };

static const struct toml_field package_fields[] = {
        {.key = STR_INIT("name"),
         .kind = FIELD_STRING,
         .offset = offsetof(struct deb_package, name),
         .required = true,
         .doc = "name of the package in the archive"},
        {.key = STR_INIT("version"),
         .kind = FIELD_STRING,
         .offset = offsetof(struct deb_package, version),
         .required = true,
         .doc = "its exact version"},
        {.key = STR_INIT("architecture"),
         .kind = FIELD_STRING,
         .offset = offsetof(struct deb_package, architecture),
         .required = true,
         .doc = "amd64, or all"},
        {.key = STR_INIT("sha256"),
         .kind = FIELD_STRING,
         .offset = offsetof(struct deb_package, sha256),
         .required = true,
         .doc = "digest of the package file"},
        {.key = STR_INIT("file"),
         .kind = FIELD_STRING,
         .offset = offsetof(struct deb_package, file),
         .required = true,
         .doc = "the archive's name for the file"},
};

static const struct toml_schema package_schema = {
        .name = "[[package]]",
        .fields = package_fields,
        .field_count = COUNT(package_fields),
        .size = sizeof(struct deb_package),
        .span_offset = offsetof(struct deb_package, span),
        .has_span = true,
};

static const struct toml_field lock_fields[] = {
        {.key = STR_INIT("package"),
         .kind = FIELD_TABLES,
         .offset = offsetof(struct deb_lock, packages),
         .schema = &package_schema,
         .doc = "one package"},
};

static const struct toml_schema lock_schema = {
        .name = "the top level",
        .fields = lock_fields,
        .field_count = COUNT(lock_fields),
        .size = sizeof(struct deb_lock),
};

static bool is_digest(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!strchr("0123456789abcdef", s.ptr[i]) || !s.ptr[i])
			return false;
	return s.len == SHA256_DIGITS;
}

/* Letters, digits and the few signs of names and versions: they become arguments of apt. */
static bool is_word(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (!is_letter && !(c >= '0' && c <= '9') && !(i && c && strchr("+-.~:_%", c)))
			return false;
	}
	return s.len > 0;
}

static int package_compare(const void *left, const void *right)
{
	const struct deb_package *a = left, *b = right;
	return str_compare(a->name.value, b->name.value);
}

static void word_check(const struct toml_str *word, const char *what, struct diag *d)
{
	if (!is_word(word->value))
		diag_error(d, word->span, (struct str){}, "'%.*s' is no %s of a Debian package",
		           STR_ARG(word->value), what);
}

bool deb_lock_read(struct arena *a, const char *path, struct deb_lock *out_lock, struct diag *d)
{
	size_t errors = d->errors;
	struct deb_lock lock = {};
	if (!toml_read_file(a, path, &lock_schema, &lock, d))
		return false;
	struct deb_package *packages = lock.packages.items;
	size_t count = lock.packages.count;
	if (count)
		qsort(packages, count, sizeof *packages, package_compare);
	for (size_t i = 0; i < count; i++) {
		word_check(&packages[i].name, "name", d);
		word_check(&packages[i].version, "version", d);
		word_check(&packages[i].architecture, "architecture", d);
		if (!is_digest(packages[i].sha256.value))
			diag_error(d, packages[i].sha256.span,
			           STR("`xtask lock --update` writes it"),
			           "a digest has 64 lower-case hexadecimal digits");
		if (i && package_compare(&packages[i - 1], &packages[i]) == 0)
			diag_error(d, packages[i].name.span, (struct str){},
			           "package '%.*s' is locked twice",
			           STR_ARG(packages[i].name.value));
	}
	*out_lock = lock;
	return d->errors == errors;
}

const struct deb_package *deb_lock_find(const struct deb_lock *lock, struct str name)
{
	const struct deb_package *packages = lock->packages.items;
	for (size_t i = 0; i < lock->packages.count; i++)
		if (str_equal(packages[i].name.value, name))
			return &packages[i];
	return NULL;
}

static void line_add(struct text *t, const char *key, struct str value)
{
	/* Names, versions and digests hold nothing that TOML would escape: word_check. */
	text_addf(t, "%s = \"%.*s\"\n", key, STR_ARG(value));
}

struct str deb_lock_text(struct arena *a, const struct deb_package *packages, size_t count)
{
	struct deb_package *sorted = ARENA_ARRAY(a, struct deb_package, count);
	struct text text = {.arena = a};
	if (count) {
		memcpy(sorted, packages, count * sizeof *sorted);
		qsort(sorted, count, sizeof *sorted, package_compare);
	}
	text_add(&text, STR("# Written by `xtask lock --update`.\n"));
	for (size_t i = 0; i < count; i++) {
		text_add(&text, STR("\n[[package]]\n"));
		line_add(&text, "name", sorted[i].name.value);
		line_add(&text, "version", sorted[i].version.value);
		line_add(&text, "architecture", sorted[i].architecture.value);
		line_add(&text, "sha256", sorted[i].sha256.value);
		line_add(&text, "file", sorted[i].file.value);
	}
	return text_str(&text);
}

/* What the lock file says so far; nothing when it is missing or unreadable, for it is being
 * replaced. */
static struct deb_lock former_lock(struct arena *a, const char *path)
{
	struct deb_lock lock = {};
	struct diag d;
	diag_init(&d, a);
	if (!file_exists(path) || !deb_lock_read(a, path, &lock, &d))
		return (struct deb_lock){};
	return lock;
}

static int package_lock(struct arena *a, const struct deb_store *store, struct str name,
                        struct deb_package *out, struct text *why)
{
	struct apt_record record;
	if (!is_word(name)) {
		text_addf(why, "'%.*s' is no name of a Debian package", STR_ARG(name));
		return EINVAL;
	}
	TRY(apt_show(a, name, (struct str){}, &record, why));
	if (!is_word(record.version) || !is_word(record.architecture) ||
	    !is_digest(record.sha256) || !is_word(record.file)) {
		text_addf(why, "apt describes %.*s in a way that can't be locked", STR_ARG(name));
		return EINVAL;
	}
	*out = (struct deb_package){
	        .name.value = name,
	        .version.value = record.version,
	        .architecture.value = record.architecture,
	        .sha256.value = record.sha256,
	        .file.value = record.file,
	};
	return deb_store_fetch(a, store, out, why);
}

static void change_add(struct text *changes, const struct deb_package *former,
                       const struct deb_package *now)
{
	struct str version = now->version.value;
	if (!former)
		text_addf(changes, "%.*s: %.*s\n", STR_ARG(now->name.value), STR_ARG(version));
	else if (!str_equal(former->version.value, version))
		text_addf(changes, "%.*s: %.*s -> %.*s\n", STR_ARG(now->name.value),
		          STR_ARG(former->version.value), STR_ARG(version));
	else if (!str_equal(former->sha256.value, now->sha256.value))
		text_addf(changes, "%.*s: %.*s with another digest\n", STR_ARG(now->name.value),
		          STR_ARG(version));
}

int deb_lock_update(const char *path, const struct deb_store *store, const struct strs *names,
                    struct text *out_changes, struct text *why)
{
	struct arena *a = why->arena;
	struct deb_lock former = former_lock(a, path);
	struct deb_package *packages = ARENA_ARRAY(a, struct deb_package, names->count);
	for (size_t i = 0; i < names->count; i++) {
		TRY(package_lock(a, store, names->items[i], &packages[i], why));
		change_add(out_changes, deb_lock_find(&former, names->items[i]), &packages[i]);
	}
	const struct deb_package *old = former.packages.items;
	for (size_t i = 0; i < former.packages.count; i++)
		if (!strs_contain(names, old[i].name.value))
			text_addf(out_changes, "%.*s: removed\n", STR_ARG(old[i].name.value));
	int error = file_write(path, deb_lock_text(a, packages, names->count), 0644);
	if (error)
		text_addf(why, "cannot write %s: %s", path, strerror(error));
	return error;
}
