/*
 * registry/linux_syscalls.toml: numbers by name, and which of them the kernel answers.
 *
 * [kernel] gives the arguments as one text, "i32 descriptor, address buffer, u64 length": these are
 * Linux's own signatures, so a row needs no more than a line.
 */
#include "gen/registry.h"

static const char linux_path[] = "registry/linux_syscalls.toml";

static const struct {
	const char *word;
	const char *c;
} linux_types[LINUX_TYPE_COUNT] = {
        [LINUX_I32] = {"i32", "int32_t"},           [LINUX_U32] = {"u32", "uint32_t"},
        [LINUX_I64] = {"i64", "int64_t"},           [LINUX_U64] = {"u64", "uint64_t"},
        [LINUX_ADDRESS] = {"address", "uintptr_t"},
};

const char *linux_type_c(enum linux_type type)
{
	return linux_types[type].c;
}

/* One `name = number` of linux_syscalls.toml. */
static bool linux_read_number(struct registry *r, const struct toml_entry *entry, struct diag *d)
{
	const struct toml_value *value = entry->value;
	if (value->kind != TOML_INTEGER || value->integer < 0 || value->integer > 4095) {
		diag_error(d, value->span, (struct str){},
		           "the number of '%.*s' must be an integer from 0 to 4095",
		           STR_ARG(entry->key));
		return false;
	}
	size_t at = r->linux_syscall_count;
	for (; at > 0 && r->linux_syscalls[at - 1].number >= value->integer; at--) {
		if (r->linux_syscalls[at - 1].number == value->integer) {
			diag_error(d, value->span, (struct str){},
			           "'%.*s' and '%.*s' have number %lld",
			           STR_ARG(r->linux_syscalls[at - 1].name), STR_ARG(entry->key),
			           (long long)value->integer);
			return false;
		}
	}
	for (size_t i = r->linux_syscall_count++; i > at; i--)
		r->linux_syscalls[i] = r->linux_syscalls[i - 1];
	r->linux_syscalls[at] = (struct registry_linux_syscall){
	        .name = entry->key, .span = entry->key_span, .number = value->integer};
	return true;
}

static struct registry_linux_syscall *linux_find(struct registry *r, struct str name)
{
	for (size_t i = 0; i < r->linux_syscall_count; i++)
		if (str_equal(r->linux_syscalls[i].name, name))
			return &r->linux_syscalls[i];
	return NULL;
}

static bool linux_find_type(struct str word, enum linux_type *out_type)
{
	for (size_t i = 0; i < LINUX_TYPE_COUNT; i++) {
		if (str_equal(word, str_from_c(linux_types[i].word))) {
			*out_type = (enum linux_type)i;
			return true;
		}
	}
	return false;
}

static bool linux_add_argument(struct registry_linux_syscall *call, struct str text)
{
	struct str_split words = str_cut(str_trim(text), ' ');
	struct str name = str_trim(words.rest);
	enum linux_type type;
	if (call->argument_count == SYSCALL_ARGUMENTS_MAX || !name.len || str_contains(name, ' ') ||
	    !linux_find_type(words.head, &type))
		return false;
	call->arguments[call->argument_count++] =
	        (struct registry_linux_argument){.name = name, .type = type};
	return true;
}

/* One `name = "type argument, type argument"` of [kernel]. */
static void linux_read_call(struct registry *r, const struct toml_entry *entry, struct diag *d)
{
	struct registry_linux_syscall *call = linux_find(r, entry->key);
	if (!call) {
		diag_error(d, entry->key_span, STR("its number belongs into [syscall]"),
		           "there is no Linux call '%.*s'", STR_ARG(entry->key));
		return;
	}
	bool ok = entry->value->kind == TOML_STRING;
	call->in_kernel = true;
	struct str rest = ok ? entry->value->string : (struct str){};
	while (ok && rest.len) {
		struct str_split split = str_cut(rest, ',');
		ok = linux_add_argument(call, split.head);
		rest = split.rest;
	}
	if (!ok)
		diag_error(d, entry->value->span,
		           STR("types are i32, u32, i64, u64 and address; at most six arguments"),
		           "the arguments of '%.*s' are not \"type name, type name\"",
		           STR_ARG(entry->key));
}

static const struct toml_table *linux_table(const struct toml_value *root, struct str name)
{
	const struct toml_entry *entry = toml_find(&root->table, name);
	return entry && entry->value->kind == TOML_TABLE ? &entry->value->table : NULL;
}

bool registry_read_linux(struct arena *a, struct registry *r, struct diag *d)
{
	strs_add(&r->files, a, str_from_c(linux_path));
	const struct source *source = source_open(a, linux_path, (struct span){}, d);
	if (!source)
		return false;
	size_t errors = d->errors;
	const struct toml_value *root = toml_parse(a, source, d);
	const struct toml_table *numbers = linux_table(root, STR("syscall"));
	const struct toml_table *calls = linux_table(root, STR("kernel"));
	if (!numbers || root->table.count != (calls ? 2 : 1)) {
		diag_error(d, (struct span){source, 0, 0},
		           STR("[syscall] holds name = number, [kernel] name = \"arguments\""),
		           "the file must hold the tables [syscall] and [kernel]");
		return false;
	}
	r->linux_syscalls = ARENA_ARRAY(a, struct registry_linux_syscall, numbers->count);
	for (const struct toml_entry *entry = numbers->first; entry; entry = entry->next)
		linux_read_number(r, entry, d);
	for (const struct toml_entry *entry = calls ? calls->first : NULL; entry;
	     entry = entry->next)
		linux_read_call(r, entry, d);
	return d->errors == errors;
}
