/* abi/syscalls.h and the user stubs. */
#include "gen/emit.h"

static void add_numbers(struct text *t, const struct registry *r)
{
	text_addf(t, "enum rustos_syscall {\n");
	ROWS(struct registry_syscall, each, r->syscalls) {
		if (each->state.value == STATE_RETIRED)
			continue;
		text_addf(t, "\tSYS_RUSTOS_%.*s = 0x%08llx, /* %s: %.*s */\n",
		          STR_ARG(registry_symbol(t->arena, each->row.name.value)),
		          (unsigned long long)each->number.value,
		          registry_state_name(each->state.value), STR_ARG(each->row.doc.value));
	}
	text_addf(t, "};\n");
}

struct str emit_syscalls(struct arena *a, const struct registry *r)
{
	struct text t = {.arena = a};
	emit_start(&t, "registry/syscalls.toml", true);
	text_addf(&t, "#include <stddef.h>\n#include <stdint.h>\n\n");
	add_numbers(&t, r);
	emit_constants(&t, &r->constants);
	emit_structs(&t, &r->structs);
	return text_str(&t);
}

static const char stub_head[] =
        "#include <abi/status.h>\n"
        "#include <abi/syscalls.h>\n"
        "\n"
        "/* Any call by number; the raw result. Unused arguments are 0. */\n"
        "static inline int64_t rustos_syscall(uint64_t number, uint64_t a0, uint64_t a1, uint64_t "
        "a2,\n"
        "\t\t\t\t     uint64_t a3, uint64_t a4, uint64_t a5)\n"
        "{\n"
        "\tregister uint64_t r10 __asm__(\"r10\") = a3;\n"
        "\tregister uint64_t r8 __asm__(\"r8\") = a4;\n"
        "\tregister uint64_t r9 __asm__(\"r9\") = a5;\n"
        "\tint64_t answer;\n"
        "\t__asm__ volatile(\"syscall\"\n"
        "\t\t\t : \"=a\"(answer)\n"
        "\t\t\t : \"a\"(number), \"D\"(a0), \"S\"(a1), \"d\"(a2), \"r\"(r10), \"r\"(r8), "
        "\"r\"(r9)\n"
        "\t\t\t : \"rcx\", \"r11\", \"memory\");\n"
        "\treturn answer;\n"
        "}\n";

/* What goes into the six registers. */
static struct strs register_values(struct arena *a, const struct registry_syscall *call)
{
	struct strs values = {};
	ROWS(struct registry_argument, each, call->arguments) {
		const char *cast = registry_type_c(each->type.value) ? "uint64_t" : "uintptr_t";
		strs_add(&values, a,
		         str_format(a, "(%s)%.*s", cast, STR_ARG(each->row.name.value)));
	}
	while (values.count < SYSCALL_ARGUMENTS_MAX)
		strs_add(&values, a, STR("0"));
	return values;
}

static void add_stub(struct text *t, const struct registry_syscall *call)
{
	struct arena *a = t->arena;
	struct str name = call->row.name.value;
	struct strs parameters = emit_user_parameters(a, call), values = register_values(a, call);
	struct str invoke = str_format(a, "rustos_syscall(SYS_RUSTOS_%.*s, ",
	                               STR_ARG(registry_symbol(a, name)));
	const char *type = call->no_return.value ? "[[gnu::noreturn]] static inline void"
	                                         : "static inline enum status";
	text_addf(t, "\n/* %.*s */\n", STR_ARG(call->row.doc.value));
	emit_list(t, str_format(a, "%s rustos_%.*s(", type, STR_ARG(name)), &parameters, ")\n{\n");
	if (call->no_return.value) {
		emit_list(t, str_format(a, "\t%.*s", STR_ARG(invoke)), &values, ");\n");
		text_addf(t, "\t__builtin_trap();\n}\n");
		return;
	}
	if (!call->result.row.span.source) {
		emit_list(t, str_format(a, "\treturn (enum status)%.*s", STR_ARG(invoke)), &values,
		          ");\n}\n");
		return;
	}
	emit_list(t, str_format(a, "\tint64_t answer = %.*s", STR_ARG(invoke)), &values, ");\n");
	text_addf(t,
	          "\tif (answer < 0)\n"
	          "\t\treturn (enum status)answer;\n"
	          "\t*out_%.*s = (%s)answer;\n"
	          "\treturn OK;\n"
	          "}\n",
	          STR_ARG(call->result.row.name.value), registry_type_c(call->result.type.value));
}

struct str emit_stubs(struct arena *a, const struct registry *r)
{
	struct text t = {.arena = a};
	emit_start(&t, "registry/syscalls.toml", true);
	text_add(&t, str_from_c(stub_head));
	ROWS(struct registry_syscall, call, r->syscalls)
		if (call->state.value == STATE_LIVE)
			add_stub(&t, call);
	return text_str(&t);
}
