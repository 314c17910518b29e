/* The kernel's side of system calls: prototypes, decode functions, dispatch. */
#include "gen/emit.h"

static void add_linux_prototypes(struct text *t, const struct registry *r)
{
	text_addf(t, "\n/* Linux calls; the value for rax. */\n");
	for (size_t i = 0; i < r->linux_syscall_count; i++) {
		const struct registry_linux_syscall *call = &r->linux_syscalls[i];
		struct strs parameters = {};
		for (size_t j = 0; j < call->argument_count; j++)
			strs_add(&parameters, t->arena,
			         str_format(t->arena, "%s %.*s",
			                    linux_type_c(call->arguments[j].type),
			                    STR_ARG(call->arguments[j].name)));
		if (!call->argument_count)
			strs_add(&parameters, t->arena, STR("void"));
		if (call->in_kernel)
			emit_list(t,
			          str_format(t->arena, "[[gnu::noinline]] int64_t linux_%.*s(",
			                     STR_ARG(call->name)),
			          &parameters, ");\n");
	}
}

/* The cases of the dispatch: arguments are cut to their types, as Linux does. */
static void add_linux_cases(struct text *t, const struct registry *r)
{
	for (size_t i = 0; i < r->linux_syscall_count; i++) {
		const struct registry_linux_syscall *call = &r->linux_syscalls[i];
		struct strs passed = {};
		if (!call->in_kernel)
			continue;
		for (size_t j = 0; j < call->argument_count; j++)
			strs_add(&passed, t->arena,
			         str_format(t->arena, "(%s)args[%zu]",
			                    linux_type_c(call->arguments[j].type), j));
		text_addf(t, "\tcase %lld:\n", (long long)call->number);
		emit_list(t, str_format(t->arena, "\t\treturn linux_%.*s(", STR_ARG(call->name)),
		          &passed, ");\n");
	}
}

struct str emit_syscall_prototypes(struct arena *a, const struct registry *r)
{
	struct text t = {.arena = a};
	emit_start(&t, "registry/syscalls.toml", true);
	text_addf(
	        &t,
	        "#include \"mm/api.h\"\n"
	        "#include <abi/status.h>\n"
	        "#include <abi/syscalls.h>\n"
	        "\n"
	        "/* args: rdi rsi rdx r10 r8 r9. The value for rax. */\n"
	        "int64_t syscall_dispatch(uint64_t number, const uint64_t args[6]);\n"
	        "/* The name of a call of RustOS or Linux, whatever its state; NULL when there is "
	        "none. */\n"
	        "const char *syscall_name(uint64_t number);\n"
	        "/* Called before a number that nothing answers is refused. name may be NULL. */\n"
	        "void syscall_unknown(uint64_t number, const char *name);\n"
	        "\n"
	        "/* The calls themselves; arguments are decoded, pointers are not yet copied. "
	        "*/\n");
	ROWS(struct registry_syscall, call, r->syscalls) {
		if (call->state.value != STATE_LIVE)
			continue;
		struct strs parameters = emit_kernel_parameters(a, call);
		text_addf(&t, "\n/* %.*s */\n", STR_ARG(call->row.doc.value));
		emit_list(
		        &t,
		        str_format(a, "%s sys_%.*s(",
		                   call->no_return.value ? "[[gnu::noreturn]] void" : "enum status",
		                   STR_ARG(call->row.name.value)),
		        &parameters, ");\n");
	}
	add_linux_prototypes(&t, r);
	return text_str(&t);
}

/* What must hold before the call's own function is called. */
static void add_checks(struct text *t, const struct registry_syscall *call)
{
	size_t i = 0;
	if (call->capability.span.source)
		text_addf(t,
		          "\tif (!process_has_capability(IPC_SERVICE_CAP_BIT_%.*s))\n"
		          "\t\treturn ERR_ACCESS_DENIED;\n",
		          STR_ARG(registry_symbol(t->arena, call->capability.value)));
	ROWS(struct registry_argument, each, call->arguments) {
		if (each->type.value == TYPE_U32)
			text_addf(t, "\tif (raw[%zu] > UINT32_MAX)\n\t\treturn ERR_INVALID_ARGS;\n",
			          i);
		if (each->max.span.source)
			text_addf(t, "\tif (raw[%zu] > %.*s)\n\t\treturn ERR_INVALID_ARGS;\n",
			          registry_argument_index(call, each->length.value),
			          STR_ARG(each->max.value));
		i++;
	}
}

static struct str memory_length(struct arena *a, const struct registry_syscall *call,
                                const struct registry_argument *argument)
{
	struct str of = argument->struct_name.value;
	size_t index = registry_argument_index(call, argument->length.value);
	if (argument->size.span.source)
		return str_format(a, "%lld", (long long)argument->size.value);
	if (!argument->length.span.source)
		return str_format(a, "sizeof(struct %.*s)", STR_ARG(of));
	if (argument->struct_name.span.source)
		return str_format(a, "raw[%zu] * sizeof(struct %.*s)", index, STR_ARG(of));
	return str_format(a, "raw[%zu]", index);
}

/* Declares user memory, and gives what the function is called with. */
static struct strs add_arguments(struct text *t, const struct registry_syscall *call)
{
	struct arena *a = t->arena;
	struct strs passed = {};
	size_t i = 0;
	ROWS(struct registry_argument, each, call->arguments) {
		struct str name = each->row.name.value;
		int type = each->type.value;
		size_t index = i++;
		if (registry_argument_folded(call, name))
			continue;
		if (type == TYPE_USER_IN || type == TYPE_USER_OUT) {
			text_addf(t, "\tstruct %s %.*s = {.addr = raw[%zu], .len = %.*s};\n",
			          registry_type_name(type), STR_ARG(name), index,
			          STR_ARG(memory_length(a, call, each)));
			strs_add(&passed, a, name);
		} else if (registry_type_size(type) == 0 || registry_type_size(type) == 8) {
			strs_add(&passed, a,
			         str_format(a, type == TYPE_I64 ? "(int64_t)raw[%zu]" : "raw[%zu]",
			                    index));
		} else {
			strs_add(&passed, a,
			         str_format(a, "(%s)raw[%zu]", registry_type_c(type), index));
		}
	}
	return passed;
}

/* Not inlined: one frame for all of them would cost the shortest call what the longest needs. */
static void add_decode(struct text *t, const struct registry_syscall *call)
{
	struct arena *a = t->arena;
	struct str name = call->row.name.value, result = call->result.row.name.value;
	bool has_result = call->result.row.span.source;
	text_addf(t,
	          "\n[[gnu::noinline]] static int64_t syscall_decode_%.*s(const uint64_t "
	          "raw[6])\n{\n",
	          STR_ARG(name));
	if (!call->arguments.count)
		text_addf(t, "\t(void)raw;\n");
	add_checks(t, call);
	struct strs passed = add_arguments(t, call);
	if (has_result) {
		text_addf(t, "\t%s %.*s = 0;\n", registry_type_c(call->result.type.value),
		          STR_ARG(result));
		strs_add(&passed, a, str_format(a, "&%.*s", STR_ARG(result)));
	}
	const char *before = has_result              ? "enum status answer = "
	                     : call->no_return.value ? ""
	                                             : "return ";
	emit_list(t, str_format(a, "\t%ssys_%.*s(", before, STR_ARG(name)), &passed, ");\n");
	if (has_result)
		text_addf(t, "\treturn answer != OK ? (int64_t)answer : (int64_t)%.*s;\n",
		          STR_ARG(result));
	text_addf(t, "}\n");
}

static void add_name_function(struct text *t, const struct registry *r)
{
	text_addf(t, "\nconst char *syscall_name(uint64_t number)\n"
	             "{\n"
	             "\tstatic const char *const linux_names[LINUX_SYSCALL_COUNT] = "
	             "LINUX_SYSCALL_NAMES;\n"
	             "\n"
	             "\tif (number < LINUX_SYSCALL_COUNT)\n"
	             "\t\treturn linux_names[number];\n"
	             "\tswitch (number) {\n");
	ROWS(struct registry_syscall, call, r->syscalls) {
		if (call->state.value == STATE_RETIRED)
			continue;
		struct str name = call->row.name.value;
		text_addf(t, "\tcase SYS_RUSTOS_%.*s:\n\t\treturn \"%.*s\";\n",
		          STR_ARG(registry_symbol(t->arena, name)), STR_ARG(name));
	}
	text_addf(t, "\tdefault:\n\t\treturn NULL;\n\t}\n}\n");
}

struct str emit_syscall_dispatch(struct arena *a, const struct registry *r)
{
	struct text t = {.arena = a};
	emit_start(&t, "registry/syscalls.toml", false);
	text_addf(&t, "#include \"ps/api.h\"\n"
	              "#include <abi/linux_syscalls.h>\n"
	              "#include <abi/services.h>\n"
	              "#include <kernel/syscall_prototypes.h>\n");
	ROWS(struct registry_syscall, call, r->syscalls)
		if (call->state.value == STATE_LIVE)
			add_decode(&t, call);
	add_name_function(&t, r);
	text_addf(&t, "\nint64_t syscall_dispatch(uint64_t number, const uint64_t args[6])\n"
	              "{\n"
	              "\tswitch (number) {\n");
	add_linux_cases(&t, r);
	ROWS(struct registry_syscall, call, r->syscalls) {
		struct str name = call->row.name.value;
		if (call->state.value == STATE_LIVE)
			text_addf(&t,
			          "\tcase SYS_RUSTOS_%.*s:\n"
			          "\t\treturn syscall_decode_%.*s(args);\n",
			          STR_ARG(registry_symbol(a, name)), STR_ARG(name));
	}
	text_addf(&t, "\tdefault:\n"
	              "\t\tsyscall_unknown(number, syscall_name(number));\n"
	              "\t\treturn ERR_NOT_IMPLEMENTED;\n"
	              "\t}\n"
	              "}\n");
	return text_str(&t);
}
