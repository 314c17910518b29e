/* rt/call_table.h: every call with its arguments as data, for programs that try them all. */
#include "gen/emit.h"

static const char call_table_head[] =
        "#include <abi/services.h>\n"
        "#include <abi/status.h>\n"
        "#include <abi/syscalls.h>\n"
        "#include <stdbool.h>\n"
        "#include <stddef.h>\n"
        "\n"
        "enum call_kind {\n"
        "\tCALL_VALUE, /* of 64 bits */\n"
        "\tCALL_U32,\n"
        "\tCALL_IN, /* addresses of memory */\n"
        "\tCALL_OUT,\n"
        "\tCALL_STRING, /* of one that ends with a NUL */\n"
        "\tCALL_STRINGS, /* of a vector of them that ends with NULL */\n"
        "};\n"
        "\n"
        "enum call_field_kind {\n"
        "\tCALL_FIELD_VALUE,\n"
        "\tCALL_FIELD_ADDRESS, /* of memory: its name ends with _ptr */\n"
        "\tCALL_FIELD_LENGTH, /* _len or count */\n"
        "\tCALL_FIELD_VERSION, /* abi_version */\n"
        "\tCALL_FIELD_RESERVED, /* reserved0: has to be 0 */\n"
        "};\n"
        "\n"
        "struct call_field {\n"
        "\tenum call_field_kind kind;\n"
        "\tsize_t offset, size;\n"
        "\tconst char *name;\n"
        "};\n"
        "\n"
        "struct call_argument {\n"
        "\tenum call_kind kind;\n"
        "\tint length; /* of memory: the argument with the number of elements; -1: one */\n"
        "\tuint64_t size; /* of memory: bytes of an element */\n"
        "\tuint64_t max; /* of memory: elements */\n"
        "\tconst struct call_field *fields; /* of a structure; size 0 behind the last one; or NULL "
        "*/\n"
        "};\n"
        "\n"
        "struct call_row {\n"
        "\tconst char *name;\n"
        "\tuint64_t number;\n"
        "\tbool is_live, returns;\n"
        "\tint capability; /* bit; -1: none is needed */\n"
        "\tsize_t count;\n"
        "\tstruct call_argument arguments[6];\n"
        "\tconst int *errors; /* 0 behind the last one */\n"
        "};\n"
        "\n"
        "[[maybe_unused]] static const struct call_row call_rows[] = {\n";

static const char *call_kind(int type)
{
	switch (type) {
	case TYPE_U32:
		return "CALL_U32";
	case TYPE_USER_IN:
		return "CALL_IN";
	case TYPE_USER_OUT:
		return "CALL_OUT";
	case TYPE_USER_STRING:
		return "CALL_STRING";
	case TYPE_USER_STRINGS:
		return "CALL_STRINGS";
	default:
		return "CALL_VALUE";
	}
}

static struct str call_element(struct arena *a, const struct registry_argument *argument)
{
	if (argument->size.span.source)
		return str_format(a, "%lld", (long long)argument->size.value);
	if (argument->struct_name.span.source)
		return str_format(a, "sizeof(struct %.*s)", STR_ARG(argument->struct_name.value));
	return STR("1");
}

static const char *call_field_kind(struct str name)
{
	if (str_ends_with(name, STR("_ptr")))
		return "CALL_FIELD_ADDRESS";
	if (str_ends_with(name, STR("_len")) || str_ends_with(name, STR("count")))
		return "CALL_FIELD_LENGTH";
	if (str_equal(name, STR("abi_version")))
		return "CALL_FIELD_VERSION";
	return str_starts_with(name, STR("reserved")) ? "CALL_FIELD_RESERVED" : "CALL_FIELD_VALUE";
}

/* Arrays and structures within are left out: what they hold is looked at as bytes only. */
static void add_fields(struct text *t, const struct registry_struct *of)
{
	struct str in = of->row.name.value;
	text_addf(t, "(const struct call_field[]){\n");
	ROWS(struct registry_field, each, of->fields) {
		struct str name = each->row.name.value;
		if (each->count.value || each->struct_name.span.source)
			continue;
		text_addf(t,
		          "\t\t\t\t{%s, offsetof(struct %.*s, %.*s),\n"
		          "\t\t\t\t sizeof(((struct %.*s *)NULL)->%.*s), \"%.*s\"},\n",
		          call_field_kind(name), STR_ARG(in), STR_ARG(name), STR_ARG(in),
		          STR_ARG(name), STR_ARG(name));
	}
	text_addf(t, "\t\t\t\t{}\n\t\t\t}");
}

static void add_argument(struct text *t, const struct registry *r,
                         const struct registry_syscall *call,
                         const struct registry_argument *argument)
{
	const struct registry_struct *of =
	        argument->type.value == TYPE_USER_IN && argument->struct_name.span.source
	                ? registry_find_struct(&r->structs, argument->struct_name.value)
	                : NULL;
	int length = argument->length.span.source
	                     ? (int)registry_argument_index(call, argument->length.value)
	                     : -1;
	struct str max = argument->max.span.source ? argument->max.value
	                 : length < 0              ? STR("1")
	                                           : STR("UINT64_MAX");
	text_addf(t, "\t\t\t{%s, %d, %.*s, %.*s, ", call_kind(argument->type.value), length,
	          STR_ARG(call_element(t->arena, argument)), STR_ARG(max));
	if (of)
		add_fields(t, of);
	text_addf(t, of ? "},\n" : "NULL},\n");
}

static void add_call(struct text *t, const struct registry *r, const struct registry_syscall *call)
{
	struct arena *a = t->arena;
	struct str name = call->row.name.value;
	bool is_live = call->state.value == STATE_LIVE;
	struct str capability =
	        call->capability.span.source
	                ? str_format(a, "IPC_SERVICE_CAP_BIT_%.*s",
	                             STR_ARG(registry_symbol(a, call->capability.value)))
	                : STR("-1");
	text_addf(t,
	          "\t{\n\t\t.name = \"%.*s\",\n\t\t.number = 0x%llx,\n\t\t.is_live = %s,\n"
	          "\t\t.returns = %s,\n\t\t.capability = %.*s,\n\t\t.count = %zu,\n"
	          "\t\t.arguments = {\n",
	          STR_ARG(name), (unsigned long long)call->number.value, is_live ? "true" : "false",
	          call->no_return.value ? "false" : "true", STR_ARG(capability),
	          call->arguments.count);
	ROWS(struct registry_argument, each, call->arguments)
		add_argument(t, r, call, each);
	struct strs errors = {};
	for (size_t i = 0; i < call->errors.count; i++)
		strs_add(&errors, a,
		         str_format(a, "ERR_%.*s",
		                    STR_ARG(registry_symbol(a, call->errors.items[i].value))));
	strs_add(&errors, a, STR("0"));
	text_addf(t, "\t\t},\n");
	emit_list(t, STR("\t\t.errors = (const int[]){"), &errors, "},\n\t},\n");
}

struct str emit_call_table(struct arena *a, const struct registry *r)
{
	struct text t = {.arena = a};
	emit_start(&t, "registry/syscalls.toml", true);
	text_add(&t, str_from_c(call_table_head));
	ROWS(struct registry_syscall, call, r->syscalls)
		add_call(&t, r, call);
	text_addf(&t, "};\n");
	return text_str(&t);
}
