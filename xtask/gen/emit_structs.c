/* Constants and structures, of system calls and of interfaces. */
#include "gen/emit.h"

void emit_constants(struct text *t, const struct toml_list *constants)
{
	if (!constants->count)
		return;
	text_addf(t, "\nenum {\n");
	ROWS(struct registry_number, each, *constants)
		text_addf(t,
		          each->value.value > 0xffff ? "\t%.*s = 0x%llx, /* %.*s */\n"
		                                     : "\t%.*s = %lld, /* %.*s */\n",
		          STR_ARG(each->row.name.value), (long long)each->value.value,
		          STR_ARG(each->row.doc.value));
	text_addf(t, "};\n");
}

static void add_field(struct text *t, const struct registry_field *field)
{
	text_addf(t, "\t%.*s %.*s", STR_ARG(registry_field_c(t->arena, field)),
	          STR_ARG(field->row.name.value));
	if (field->count.value)
		text_addf(t, "[%lld]", (long long)field->count.value);
	text_add_byte(t, ';');
	if (field->row.doc.value.len)
		text_addf(t, " /* %.*s */", STR_ARG(field->row.doc.value));
	text_add_byte(t, '\n');
}

static void add_struct(struct text *t, const struct toml_list *structs,
                       const struct registry_struct *s)
{
	struct str name = s->row.name.value;
	text_addf(t, "\n/* %.*s */\nstruct %.*s {\n", STR_ARG(s->row.doc.value), STR_ARG(name));
	ROWS(struct registry_field, each, s->fields)
		add_field(t, each);
	text_addf(t, "};\n_Static_assert(sizeof(struct %.*s) == %lld, \"size of struct %.*s\");\n",
	          STR_ARG(name), (long long)s->size.value, STR_ARG(name));
	size_t offset = 0;
	ROWS(struct registry_field, each, s->fields) {
		struct str field = each->row.name.value;
		text_addf(t,
		          "_Static_assert(offsetof(struct %.*s, %.*s) == %zu,\n"
		          "\t       \"place of %.*s in struct %.*s\");\n",
		          STR_ARG(name), STR_ARG(field), offset, STR_ARG(field), STR_ARG(name));
		offset += registry_field_layout(structs, each).size;
	}
}

void emit_structs(struct text *t, const struct toml_list *structs)
{
	ROWS(struct registry_struct, each, *structs)
		add_struct(t, structs, each);
}
