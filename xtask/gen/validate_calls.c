/* Checks of system calls: arguments, what the decode can answer. */
#include "gen/registry.h"

static bool is_memory(int type)
{
	return type == TYPE_USER_IN || type == TYPE_USER_OUT;
}

static void validate_length(const struct registry_syscall *call,
                            const struct registry_argument *argument, struct diag *d)
{
	const struct registry_argument *arguments = call->arguments.items;
	size_t index = registry_argument_index(call, argument->length.value);
	if (index == call->arguments.count) {
		struct str names[SYSCALL_ARGUMENTS_MAX] = {};
		size_t count = 0;
		for (; count < call->arguments.count && count < COUNT(names); count++)
			names[count] = arguments[count].row.name.value;
		diag_error(d, argument->length.span,
		           diag_did_you_mean(d, argument->length.value, names, count),
		           "'%.*s' has no argument '%.*s'", STR_ARG(call->row.name.value),
		           STR_ARG(argument->length.value));
		return;
	}
	if (arguments[index].type.value != TYPE_U64 && arguments[index].type.value != TYPE_U32)
		diag_error(d, argument->length.span, STR("u64 or u32"), "a length cannot be a %s",
		           registry_type_name(arguments[index].type.value));
	ROWS(struct registry_argument, other, call->arguments)
		if (other < argument && other->length.span.source &&
		    str_equal(other->length.value, argument->length.value))
			diag_error(d, argument->length.span, STR("each memory needs its own"),
			           "'%.*s' is the length of '%.*s' already",
			           STR_ARG(argument->length.value), STR_ARG(other->row.name.value));
}

static void validate_memory(struct arena *a, const struct registry *r,
                            const struct registry_syscall *call,
                            const struct registry_argument *argument, struct diag *d)
{
	bool length = argument->length.span.source, size = argument->size.span.source;
	bool of_struct = argument->struct_name.span.source, max = argument->max.span.source;
	if (!length && !size && !of_struct)
		diag_error(d, argument->row.span, STR("give one of length, struct, size"),
		           "nothing says how large '%.*s' is", STR_ARG(argument->row.name.value));
	if (size && (length || of_struct))
		diag_error(d, argument->size.span, STR("size stands alone"), "'%.*s' has two sizes",
		           STR_ARG(argument->row.name.value));
	if (length)
		validate_length(call, argument, d);
	if (of_struct)
		registry_expect_name(a, r,
		                     NAME_LIST("structure", struct registry_struct, r->structs),
		                     argument->struct_name, d);
	if (max && !length)
		diag_error(d, argument->max.span, (struct str){},
		           "'max' bounds a length, and '%.*s' has none",
		           STR_ARG(argument->row.name.value));
	if (max)
		registry_expect_name(a, r,
		                     NAME_LIST("constant", struct registry_number, r->constants),
		                     argument->max, d);
	if (length && of_struct && !max && call->state.value == STATE_LIVE)
		diag_error(d, argument->row.span, STR("add max = a constant"),
		           "nothing bounds how many '%.*s' there are",
		           STR_ARG(argument->row.name.value));
}

static void validate_argument(struct arena *a, const struct registry *r,
                              const struct registry_syscall *call,
                              const struct registry_argument *argument, struct diag *d)
{
	if (!argument->type.span.source)
		return;
	(void)registry_word_free("argument", argument->row.name, d);
	if (is_memory(argument->type.value)) {
		validate_memory(a, r, call, argument, d);
		return;
	}
	const struct span extra[] = {argument->length.span, argument->struct_name.span,
	                             argument->size.span, argument->max.span};
	for (size_t i = 0; i < COUNT(extra); i++)
		if (extra[i].source)
			diag_error(d, extra[i], STR("only user_in and user_out have a size"),
			           "'%.*s' is a %s", STR_ARG(argument->row.name.value),
			           registry_type_name(argument->type.value));
}

/* A status that the generated decode gives must be declared. */
static void expect_error(const struct registry_syscall *call, struct str status, const char *why,
                         struct diag *d)
{
	for (size_t i = 0; i < call->errors.count; i++)
		if (str_equal(call->errors.items[i].value, status))
			return;
	diag_error(d, call->errors.span.source ? call->errors.span : call->row.name.span,
	           (struct str){}, "'%.*s' can answer '%.*s', because %s; `errors` does not say so",
	           STR_ARG(call->row.name.value), STR_ARG(status), why);
}

static void validate_errors(struct arena *a, const struct registry *r,
                            const struct registry_syscall *call, struct diag *d)
{
	for (size_t i = 0; i < call->errors.count; i++) {
		registry_expect_name(a, r, NAME_LIST("status", struct registry_status, r->statuses),
		                     call->errors.items[i], d);
		for (size_t j = 0; j < i; j++)
			if (str_equal(call->errors.items[i].value, call->errors.items[j].value))
				diag_error(d, call->errors.items[i].span, (struct str){},
				           "'%.*s' stands twice",
				           STR_ARG(call->errors.items[i].value));
	}
	if (!call->state.span.source || call->state.value != STATE_LIVE)
		return;
	if (call->capability.span.source)
		expect_error(call, STR("access_denied"), "it needs a capability", d);
	bool bounded = false, memory = false;
	ROWS(struct registry_argument, argument, call->arguments) {
		bounded |= (argument->max.span.source && argument->length.span.source) ||
		           argument->type.value == TYPE_U32;
		memory |= argument->type.value >= TYPE_USER_STRING;
	}
	if (bounded)
		expect_error(call, STR("invalid_args"), "an argument is bounded", d);
	if (memory)
		expect_error(call, STR("bad_address"), "it takes user memory", d);
}

static void validate_call(struct arena *a, const struct registry *r,
                          const struct registry_syscall *call, struct diag *d)
{
	const struct registry_result *result = &call->result;
	registry_validate_names(a, NAME_LIST("argument", struct registry_argument, call->arguments),
	                        "", d);
	if (call->arguments.count > SYSCALL_ARGUMENTS_MAX)
		diag_error(d, call->arguments.span, STR("put them into a structure"),
		           "'%.*s' has %zu arguments; there are registers for %d",
		           STR_ARG(call->row.name.value), call->arguments.count,
		           (int)SYSCALL_ARGUMENTS_MAX);
	ROWS(struct registry_argument, argument, call->arguments)
		validate_argument(a, r, call, argument, d);
	if (call->capability.span.source)
		registry_expect_name(
		        a, r, NAME_LIST("capability", struct registry_capability, r->capabilities),
		        call->capability, d);
	if (result->row.span.source) {
		(void)registry_word_free("result", result->row.name, d);
		if (result->type.value > TYPE_HANDLE)
			diag_error(d, result->type.span, STR("a number or a handle"),
			           "a result cannot be a %s",
			           registry_type_name(result->type.value));
		if (call->no_return.value)
			diag_error(d, result->row.span, (struct str){},
			           "'%.*s' does not return, so it has no result",
			           STR_ARG(call->row.name.value));
		if (registry_argument_index(call, result->row.name.value) != call->arguments.count)
			diag_error(d, result->row.name.span, (struct str){},
			           "an argument is called '%.*s' too",
			           STR_ARG(result->row.name.value));
	}
	validate_errors(a, r, call, d);
}

static void validate_number(struct arena *a, const struct registry *r,
                            const struct registry_syscall *call, struct diag *d)
{
	int64_t number = call->number.value;
	if (!call->number.span.source)
		return;
	if (number < SYSCALL_NUMBER_FIRST || number > SYSCALL_NUMBER_LAST)
		diag_error(d, call->number.span, (struct str){},
		           "the number of '%.*s' must be in 0x%x..0x%x",
		           STR_ARG(call->row.name.value), SYSCALL_NUMBER_FIRST,
		           SYSCALL_NUMBER_LAST);
	ROWS(struct registry_syscall, other, r->syscalls) {
		if (other == call)
			break;
		if (other->number.span.source && other->number.value == number)
			diag_error(d, call->number.span, registry_first_at(a, other->number.span),
			           "system call '%.*s' has the number of '%.*s'",
			           STR_ARG(call->row.name.value), STR_ARG(other->row.name.value));
	}
}
bool registry_validate_calls(struct arena *a, const struct registry *r, struct diag *d)
{
	size_t errors = d->errors;
	registry_validate_constants(a, &r->constants, d);
	registry_validate_structs(a, r, &r->structs, d);
	registry_validate_names(a, NAME_LIST("system call", struct registry_syscall, r->syscalls),
	                        "", d);
	ROWS(struct registry_syscall, call, r->syscalls) {
		validate_call(a, r, call, d);
		validate_number(a, r, call, d);
	}
	return d->errors == errors;
}
