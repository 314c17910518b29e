/* Checks of constants and structures, of system calls and of interfaces. */
#include "gen/registry.h"

/* Words that C or the generated functions use themselves. */
static bool word_taken(struct str name)
{
	static const char *const words[] = {
	        "answer",  "raw",      "auto",     "break",    "case",     "char",
	        "const",   "continue", "default",  "do",       "double",   "else",
	        "enum",    "extern",   "float",    "for",      "goto",     "if",
	        "inline",  "int",      "long",     "register", "restrict", "return",
	        "short",   "signed",   "sizeof",   "static",   "struct",   "switch",
	        "typedef", "union",    "unsigned", "void",     "volatile", "while"};
	for (size_t i = 0; i < COUNT(words); i++)
		if (str_equal(name, str_from_c(words[i])))
			return true;
	return false;
}

bool registry_word_free(const char *kind, struct toml_str name, struct diag *d)
{
	if (!word_taken(name.value))
		return true;
	diag_error(d, name.span, STR("take another word"),
	           "%s '%.*s': C or the generated code uses this word itself", kind,
	           STR_ARG(name.value));
	return false;
}

static bool constant_well_formed(struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		bool digit = c >= '0' && c <= '9';
		if (!(c >= 'A' && c <= 'Z') && c != '_' && (i == 0 || !digit))
			return false;
	}
	return name.len > 0;
}

void registry_validate_constants(struct arena *a, const struct toml_list *constants, struct diag *d)
{
	registry_validate_names(a, NAME_LIST("constant", struct registry_number, *constants), NULL,
	                        d);
	ROWS(struct registry_number, constant, *constants)
		if (!constant_well_formed(constant->row.name.value))
			diag_error(d, constant->row.name.span,
			           STR("upper-case words, joined with '_'"),
			           "'%.*s' is no name for a constant",
			           STR_ARG(constant->row.name.value));
}

/* What a field is made of; false when that is not known. */
static bool validate_field_type(struct arena *a, const struct registry *r,
                                const struct toml_list *structs, const struct registry_field *field,
                                struct diag *d)
{
	bool type = field->type.span.source, of_struct = field->struct_name.span.source;
	if (type == of_struct) {
		if (!r->incomplete)
			diag_error(d, field->row.span, STR("give one of type, struct"),
			           "field '%.*s' has %s", STR_ARG(field->row.name.value),
			           type ? "a type and a structure" : "no type");
		return false;
	}
	if (of_struct) {
		bool known = registry_expect_name(
		        a, r, NAME_LIST("structure", struct registry_struct, *structs),
		        field->struct_name, d);
		if (known && !r->incomplete && !registry_field_layout(structs, field).size)
			diag_error(d, field->struct_name.span, STR("put its row before this one"),
			           "'%.*s' is not known here yet",
			           STR_ARG(field->struct_name.value));
	} else if (field->type.value >= TYPE_HANDLE) {
		diag_error(d, field->type.span, STR("u8 u16 u32 u64 i8 i16 i32 i64"),
		           "a structure cannot hold a %s", registry_type_name(field->type.value));
		return false;
	}
	return registry_field_layout(structs, field).size != 0;
}

static void validate_struct(struct arena *a, const struct registry *r,
                            const struct toml_list *structs, const struct registry_struct *s,
                            struct diag *d)
{
	size_t offset = 0, align = 1, errors = d->errors;
	bool known = true;
	registry_validate_names(a, NAME_LIST("field", struct registry_field, s->fields), "", d);
	ROWS(struct registry_field, field, s->fields) {
		(void)registry_word_free("field", field->row.name, d);
		if (!validate_field_type(a, r, structs, field, d)) {
			known = false;
			continue;
		}
		struct registry_layout layout = registry_field_layout(structs, field);
		if (offset % layout.align)
			diag_error(d, field->row.name.span, STR("put a reserved field there"),
			           "'%.*s' leaves a hole of %zu bytes before it",
			           STR_ARG(field->row.name.value),
			           layout.align - offset % layout.align);
		offset = (offset + layout.align - 1) / layout.align * layout.align + layout.size;
		align = layout.align > align ? layout.align : align;
	}
	if (d->errors != errors || !s->size.span.source || !known)
		return;
	if (offset % align)
		diag_error(d, s->row.name.span, STR("put a reserved field there"),
		           "'%.*s' leaves a hole of %zu bytes at its end",
		           STR_ARG(s->row.name.value), align - offset % align);
	else if ((size_t)s->size.value != offset)
		diag_error(d, s->size.span, (struct str){}, "the fields of '%.*s' take %zu bytes",
		           STR_ARG(s->row.name.value), offset);
}

void registry_validate_structs(struct arena *a, const struct registry *r,
                               const struct toml_list *structs, struct diag *d)
{
	registry_validate_names(a, NAME_LIST("structure", struct registry_struct, *structs), "", d);
	ROWS(struct registry_struct, s, *structs)
		validate_struct(a, r, structs, s, d);
}
