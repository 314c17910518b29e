/* Pieces that every generated file is made of. */
#include "gen/emit.h"

void emit_start(struct text *t, const char *source, bool header)
{
	text_addf(t, "/* Generated from %s; edit that. */\n%s\n", source,
	          header ? "#pragma once\n" : "");
}

void emit_list(struct text *t, struct str prefix, const struct strs *items, const char *suffix)
{
	enum { COLUMNS = 100, TAB = 8 };
	size_t column = TAB + prefix.len;
	text_add(t, prefix);
	for (size_t i = 0; i < items->count; i++) {
		struct str item = items->items[i];
		if (i > 0) {
			bool fits = column + 2 + item.len + 2 <= COLUMNS;
			text_add(t, fits ? STR(", ") : STR(",\n\t\t"));
			column = fits ? column + 2 : 2 * TAB;
		}
		text_add(t, item);
		column += item.len;
	}
	text_add(t, str_from_c(suffix));
}

void emit_c_string(struct text *t, struct str s)
{
	text_add_byte(t, '"');
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		if (c == '"' || c == '\\')
			text_addf(t, "\\%c", c);
		else if (c < ' ' || c >= 0x7f)
			text_addf(t, "\\%03o", c);
		else
			text_add_byte(t, (char)c);
	}
	text_add_byte(t, '"');
}

void emit_names(struct text *t, const char *comment, const char *macro,
                const struct toml_list *rows)
{
	text_addf(t, "\n/* %s */\n#define %s \\\n\t{ \\\n", comment, macro);
	ROWS(struct registry_row, row, *rows)
		text_addf(t, "\t\t\"%.*s\", \\\n", STR_ARG(row->name.value));
	text_addf(t, "\t}\n");
}

struct strs emit_kernel_parameters(struct arena *a, const struct registry_syscall *call)
{
	struct strs list = {};
	ROWS(struct registry_argument, each, call->arguments) {
		struct str name = each->row.name.value;
		int type = each->type.value;
		if (registry_argument_folded(call, name))
			continue;
		if (type == TYPE_USER_IN || type == TYPE_USER_OUT)
			strs_add(&list, a,
			         str_format(a, "struct %s %.*s", registry_type_name(type),
			                    STR_ARG(name)));
		else
			strs_add(&list, a,
			         str_format(a, "%s %.*s",
			                    registry_type_c(type) ? registry_type_c(type)
			                                          : "uintptr_t",
			                    STR_ARG(name)));
	}
	if (call->result.row.span.source)
		strs_add(&list, a,
		         str_format(a, "%s *out_%.*s", registry_type_c(call->result.type.value),
		                    STR_ARG(call->result.row.name.value)));
	if (!list.count)
		strs_add(&list, a, STR("void"));
	return list;
}

static struct str user_pointer(struct arena *a, const struct registry_argument *argument)
{
	struct str name = argument->row.name.value;
	const char *constant = argument->type.value == TYPE_USER_IN ? "const " : "";
	if (argument->struct_name.span.source)
		return str_format(a, "%sstruct %.*s *%.*s", constant,
		                  STR_ARG(argument->struct_name.value), STR_ARG(name));
	return str_format(a, "%svoid *%.*s", constant, STR_ARG(name));
}

struct strs emit_user_parameters(struct arena *a, const struct registry_syscall *call)
{
	struct strs list = {};
	ROWS(struct registry_argument, each, call->arguments) {
		struct str name = each->row.name.value;
		int type = each->type.value;
		if (type == TYPE_USER_STRING)
			strs_add(&list, a, str_format(a, "const char *%.*s", STR_ARG(name)));
		else if (type == TYPE_USER_STRINGS)
			strs_add(&list, a, str_format(a, "const char *const *%.*s", STR_ARG(name)));
		else if (type == TYPE_USER_IN || type == TYPE_USER_OUT)
			strs_add(&list, a, user_pointer(a, each));
		else
			strs_add(&list, a,
			         str_format(a, "%s %.*s", registry_type_c(type), STR_ARG(name)));
	}
	if (call->result.row.span.source)
		strs_add(&list, a,
		         str_format(a, "%s *out_%.*s", registry_type_c(call->result.type.value),
		                    STR_ARG(call->result.row.name.value)));
	if (!list.count)
		strs_add(&list, a, STR("void"));
	return list;
}
