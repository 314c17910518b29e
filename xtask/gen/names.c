/* Names of rows: how they are written, found and turned into C. */
#include "gen/registry.h"

static const struct {
	const char *name;
	const char *c;
	size_t size;
} type_table[TYPE_COUNT] = {
        [TYPE_U8] = {"u8", "uint8_t", 1},
        [TYPE_U16] = {"u16", "uint16_t", 2},
        [TYPE_U32] = {"u32", "uint32_t", 4},
        [TYPE_U64] = {"u64", "uint64_t", 8},
        [TYPE_I8] = {"i8", "int8_t", 1},
        [TYPE_I16] = {"i16", "int16_t", 2},
        [TYPE_I32] = {"i32", "int32_t", 4},
        [TYPE_I64] = {"i64", "int64_t", 8},
        [TYPE_HANDLE] = {"handle", "uint64_t", 8},
        [TYPE_USER_STRING] = {"user_string", NULL, 0},
        [TYPE_USER_STRINGS] = {"user_strings", NULL, 0},
        [TYPE_USER_IN] = {"user_in", NULL, 0},
        [TYPE_USER_OUT] = {"user_out", NULL, 0},
};

const char *registry_type_name(int type)
{
	return type_table[type].name;
}

const char *registry_type_c(int type)
{
	return type_table[type].c;
}

size_t registry_type_size(int type)
{
	return type_table[type].size;
}

const char *registry_state_name(int state)
{
	static const char *const names[] = {
	        [STATE_LIVE] = "live", [STATE_RESERVED] = "reserved", [STATE_RETIRED] = "retired"};
	return names[state];
}

struct str registry_symbol(struct arena *a, struct str name)
{
	char *symbol = arena_c_str(a, name);
	for (size_t i = 0; i < name.len; i++) {
		if (symbol[i] >= 'a' && symbol[i] <= 'z')
			symbol[i] = (char)(symbol[i] - 'a' + 'A');
		else if (symbol[i] == '.' || symbol[i] == '-')
			symbol[i] = '_';
	}
	return (struct str){symbol, name.len};
}

const struct registry_struct *registry_find_struct(const struct toml_list *structs, struct str name)
{
	ROWS(struct registry_struct, each, *structs)
		if (str_equal(each->row.name.value, name))
			return each;
	return NULL;
}

/* The structure of a field when it stands before the field, so that none holds itself. */
static const struct registry_struct *struct_before(const struct toml_list *structs,
                                                   const struct registry_field *field)
{
	const struct registry_struct *of = registry_find_struct(structs, field->struct_name.value);
	return of && of->row.span.start < field->row.span.start ? of : NULL;
}

struct registry_layout registry_field_layout(const struct toml_list *structs,
                                             const struct registry_field *field)
{
	size_t count = field->count.value ? (size_t)field->count.value : 1;
	if (!field->struct_name.span.source) {
		size_t size = registry_type_size(field->type.value);
		return (struct registry_layout){size * count, size};
	}
	const struct registry_struct *of = struct_before(structs, field);
	if (!of)
		return (struct registry_layout){0, 1};
	struct registry_layout layout = {(size_t)of->size.value * count, 1};
	ROWS(struct registry_field, each, of->fields) {
		size_t align = registry_field_layout(structs, each).align;
		if (align > layout.align)
			layout.align = align;
	}
	return layout;
}

struct str registry_field_c(struct arena *a, const struct registry_field *field)
{
	if (field->struct_name.span.source)
		return str_format(a, "struct %.*s", STR_ARG(field->struct_name.value));
	return str_from_c(registry_type_c(field->type.value));
}

size_t registry_argument_index(const struct registry_syscall *call, struct str name)
{
	const struct registry_argument *arguments = call->arguments.items;
	size_t i = 0;
	while (i < call->arguments.count && !str_equal(arguments[i].row.name.value, name))
		i++;
	return i;
}

bool registry_argument_folded(const struct registry_syscall *call, struct str name)
{
	ROWS(struct registry_argument, each, call->arguments)
		if (each->length.span.source && str_equal(each->length.value, name))
			return true;
	return false;
}

struct str registry_first_at(struct arena *a, struct span span)
{
	return str_format(a, "first at %.*s:%u", STR_ARG(span.source->path),
	                  source_position(span.source, span.start).line);
}

/* Lower-case words: letters and digits, joined by '_' or one of `joiners`. */
static bool name_well_formed(struct str name, const char *joiners)
{
	bool start = true;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		bool letter = c >= 'a' && c <= 'z', digit = c >= '0' && c <= '9';
		if (!letter && (i == 0 || !digit) &&
		    (start || (c != '_' && !str_contains(str_from_c(joiners), c))))
			return false;
		start = !letter && !digit;
	}
	return name.len > 0 && !start;
}

static const struct registry_row *row_at(const struct name_list *list, size_t i)
{
	return (const struct registry_row *)(const void *)((const char *)list->rows->items +
	                                                   i * list->row_size);
}

/* An earlier row with the same symbol, or NULL. */
static const struct registry_row *row_before(struct arena *a, const struct name_list *list,
                                             size_t i)
{
	struct str symbol = registry_symbol(a, row_at(list, i)->name.value);
	for (size_t j = 0; j < i; j++) {
		const struct registry_row *row = row_at(list, j);
		if (row->name.value.len == symbol.len &&
		    str_equal(registry_symbol(a, row->name.value), symbol))
			return row;
	}
	return NULL;
}

static bool doc_fits(struct str doc)
{
	for (size_t i = 0; i < doc.len; i++)
		if ((unsigned char)doc.ptr[i] < ' ' ||
		    (doc.ptr[i] == '*' && i + 1 < doc.len && doc.ptr[i + 1] == '/'))
			return false;
	return true;
}

bool registry_validate_names(struct arena *a, const struct name_list *list, const char *joiners,
                             struct diag *d)
{
	size_t errors = d->errors;
	for (size_t i = 0; i < list->rows->count; i++) {
		const struct registry_row *row = row_at(list, i);
		const struct registry_row *before = row_before(a, list, i);
		if (!row->name.span.source)
			continue;
		if (joiners && !name_well_formed(row->name.value, joiners))
			diag_error(d, row->name.span, STR("lower-case words, joined with '_'"),
			           "'%.*s' is no name for a %s", STR_ARG(row->name.value),
			           list->kind);
		if (before)
			diag_error(d, row->name.span, registry_first_at(a, before->name.span),
			           "duplicate %s name '%.*s'", list->kind,
			           STR_ARG(row->name.value));
		if (!doc_fits(row->doc.value))
			diag_error(d, row->doc.span, STR("it becomes a comment in C"),
			           "a doc is one line without '*/'");
	}
	return d->errors == errors;
}

bool registry_expect_name(struct arena *a, const struct registry *r, const struct name_list *list,
                          struct toml_str name, struct diag *d)
{
	size_t count = list->rows->count;
	if (!name.span.source || r->incomplete)
		return true;
	struct str *known = ARENA_ARRAY(a, struct str, count + 1);
	for (size_t i = 0; i < count; i++) {
		known[i] = row_at(list, i)->name.value;
		if (str_equal(known[i], name.value))
			return true;
	}
	diag_error(d, name.span, diag_did_you_mean(d, name.value, known, count),
	           "there is no %s '%.*s'", list->kind, STR_ARG(name.value));
	return false;
}
