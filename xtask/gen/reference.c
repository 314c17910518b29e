/* Reference pages of the ABI, in Markdown; what is written is the rows' own documentation. */
#include "gen/emit.h"

void page_head(struct text *t, const char *title, const char *source)
{
	text_addf(t, "# %s\n\n<!-- Generated from %s; edit that. -->\n", title, source);
}

/* Text of a table cell. */
void page_cell(struct text *t, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '|')
			text_add_byte(t, '\\');
		text_add_byte(t, s.ptr[i]);
	}
}

static void add_argument(struct text *t, const struct registry_argument *argument)
{
	text_addf(t, "| `%.*s` | %s | ", STR_ARG(argument->row.name.value),
	          registry_type_name(argument->type.value));
	if (argument->struct_name.span.source)
		text_addf(t, "`struct %.*s` ", STR_ARG(argument->struct_name.value));
	if (argument->length.span.source)
		text_addf(t, "of length `%.*s` ", STR_ARG(argument->length.value));
	if (argument->size.span.source)
		text_addf(t, "of %lld bytes ", (long long)argument->size.value);
	if (argument->max.span.source)
		text_addf(t, "(at most `%.*s`) ", STR_ARG(argument->max.value));
	page_cell(t, argument->row.doc.value);
	text_addf(t, "|\n");
}

static void add_call(struct text *t, const struct registry_syscall *call)
{
	text_addf(t, "\n## %.*s\n\n%.*s\n\n", STR_ARG(call->row.name.value),
	          STR_ARG(call->row.doc.value));
	text_addf(t, "`SYS_RUSTOS_%.*s` = 0x%08llx, version %lld",
	          STR_ARG(registry_symbol(t->arena, call->row.name.value)),
	          (unsigned long long)call->number.value,
	          call->version.span.source ? (long long)call->version.value : 1ll);
	if (call->capability.span.source)
		text_addf(t, ", needs the capability `%.*s`", STR_ARG(call->capability.value));
	text_addf(t, ".\n");
	if (call->arguments.count) {
		text_addf(t, "\n| argument | type | |\n|---|---|---|\n");
		ROWS(struct registry_argument, each, call->arguments)
			add_argument(t, each);
	}
	if (call->result.row.span.source)
		text_addf(t, "\nReturns `%.*s` (%s).\n", STR_ARG(call->result.row.name.value),
		          registry_type_name(call->result.type.value));
	if (call->no_return.value)
		text_addf(t, "\nDoes not return.\n");
	for (size_t i = 0; i < call->errors.count; i++)
		text_addf(t, "%s`%.*s`%s",
		          i ? ", " : "\nErrors: ", STR_ARG(call->errors.items[i].value),
		          i + 1 == call->errors.count ? ".\n" : "");
}

static void add_calls_of(struct text *t, const struct registry *r, int state, const char *title)
{
	size_t count = 0;
	ROWS(struct registry_syscall, each, r->syscalls) {
		if (each->state.value != state)
			continue;
		if (count++ == 0)
			text_addf(t, "\n## %s\n\n| number | name | |\n|---|---|---|\n", title);
		text_addf(t, "| 0x%08llx | `%.*s` | ", (unsigned long long)each->number.value,
		          STR_ARG(each->row.name.value));
		page_cell(t, each->row.doc.value);
		text_addf(t, " |\n");
	}
}

void page_structs(struct text *t, const struct toml_list *structs)
{
	ROWS(struct registry_struct, each, *structs) {
		text_addf(t,
		          "\n## struct %.*s\n\n%.*s %lld bytes.\n\n| field | type | "
		          "|\n|---|---|---|\n",
		          STR_ARG(each->row.name.value), STR_ARG(each->row.doc.value),
		          (long long)each->size.value);
		ROWS(struct registry_field, field, each->fields) {
			bool of_struct = field->struct_name.span.source;
			text_addf(t, "| `%.*s` | %s%.*s", STR_ARG(field->row.name.value),
			          of_struct ? "struct " : registry_type_name(field->type.value),
			          STR_ARG(of_struct ? field->struct_name.value : STR("")));
			if (field->count.value)
				text_addf(t, "[%lld]", (long long)field->count.value);
			text_addf(t, " | ");
			page_cell(t, field->row.doc.value);
			text_addf(t, " |\n");
		}
	}
}

void page_constants(struct text *t, const struct toml_list *constants)
{
	if (constants->count)
		text_addf(t, "\n## Constants\n\n| name | value | |\n|---|---|---|\n");
	ROWS(struct registry_number, each, *constants) {
		text_addf(t, "| `%.*s` | %lld | ", STR_ARG(each->row.name.value),
		          (long long)each->value.value);
		page_cell(t, each->row.doc.value);
		text_addf(t, " |\n");
	}
}

static struct str page_syscalls(struct arena *a, const struct registry *r)
{
	struct text t = {.arena = a};
	page_head(&t, "System calls", "registry/syscalls.toml");
	text_addf(&t,
	          "\nNumber in rax, arguments in rdi rsi rdx r10 r8 r9, result in rax; a negative "
	          "result is a [status](status.md).\n");
	ROWS(struct registry_syscall, each, r->syscalls)
		if (each->state.value == STATE_LIVE)
			add_call(&t, each);
	page_structs(&t, &r->structs);
	page_constants(&t, &r->constants);
	add_calls_of(&t, r, STATE_RESERVED, "Reserved: not implemented, numbers taken");
	add_calls_of(&t, r, STATE_RETIRED, "Retired: numbers never used again");
	return text_str(&t);
}

static struct str page_status(struct arena *a, const struct registry *r)
{
	struct text t = {.arena = a};
	page_head(&t, "Status codes", "registry/status.toml");
	text_addf(&t, "\n| value | name | Linux | |\n|---|---|---|---|\n");
	ROWS(struct registry_status, each, r->statuses) {
		text_addf(&t, "| -%lld | `ERR_%.*s` | %.*s | ", (long long)each->number.value,
		          STR_ARG(registry_symbol(a, each->row.name.value)),
		          STR_ARG(each->errno_name.value));
		page_cell(&t, each->row.doc.value);
		text_addf(&t, " |\n");
	}
	return text_str(&t);
}

static struct str page_services(struct arena *a, const struct registry *r)
{
	struct text t = {.arena = a};
	page_head(&t, "Services and capabilities", "registry/services.toml");
	text_addf(&t, "\n| id | service | capability | |\n|---|---|---|---|\n");
	ROWS(struct registry_service, each, r->services) {
		text_addf(&t, "| %lld | `%.*s` | `%.*s` | ", (long long)each->id.value,
		          STR_ARG(each->row.name.value), STR_ARG(each->capability.value));
		page_cell(&t, each->row.doc.value);
		text_addf(&t, " |\n");
	}
	text_addf(&t, "\n| restart | budget | first delay | longest | steady after | |\n"
	              "|---|---|---|---|---|---|\n");
	ROWS(struct registry_restart, each, r->restarts) {
		text_addf(&t, "| `%.*s` | %lld | %lld ms | %lld ms | %lld ms | ",
		          STR_ARG(each->row.name.value), (long long)each->budget.value,
		          (long long)each->first_ms.value, (long long)each->longest_ms.value,
		          (long long)each->steady_ms.value);
		page_cell(&t, each->row.doc.value);
		text_addf(&t, " |\n");
	}
	text_addf(&t, "\n| bit | capability | |\n|---|---|---|\n");
	ROWS(struct registry_capability, each, r->capabilities) {
		text_addf(&t, "| %lld | `%.*s` | ", (long long)each->bit.value,
		          STR_ARG(each->row.name.value));
		page_cell(&t, each->row.doc.value);
		text_addf(&t, " |\n");
	}
	return text_str(&t);
}

static void add_rows(struct text *t, const char *what, const struct toml_list *list)
{
	text_addf(t, "\n| %s | |\n|---|---|\n", what);
	ROWS(struct registry_row, each, *list) {
		text_addf(t, "| `%.*s` | ", STR_ARG(each->name.value));
		page_cell(t, each->doc.value);
		text_addf(t, " |\n");
	}
}

static struct str page_faults(struct arena *a, const struct registry *r)
{
	struct text t = {.arena = a};
	page_head(&t, "Fault points", "registry/faults.toml");
	add_rows(&t, "point", &r->faults);
	return text_str(&t);
}

static struct str page_log(struct arena *a, const struct registry *r)
{
	struct text t = {.arena = a};
	page_head(&t, "Log levels and categories", "registry/log.toml");
	add_rows(&t, "level", &r->levels);
	add_rows(&t, "category", &r->categories);
	return text_str(&t);
}

static struct str page_machine(struct arena *a, const struct registry *r)
{
	struct text t = {.arena = a};
	page_head(&t, "The machine", "registry/machine.toml");
	text_addf(&t, "\n| name | value | |\n|---|---|---|\n");
	ROWS(struct registry_number, each, r->numbers) {
		text_addf(&t, "| `%.*s` | 0x%llx | ", STR_ARG(each->row.name.value),
		          (unsigned long long)each->value.value);
		page_cell(&t, each->row.doc.value);
		text_addf(&t, " |\n");
	}
	ROWS(struct registry_text, each, r->texts) {
		text_addf(&t, "| `%.*s` | `%.*s` | ", STR_ARG(each->row.name.value),
		          STR_ARG(each->value.value));
		page_cell(&t, each->row.doc.value);
		text_addf(&t, " |\n");
	}
	return text_str(&t);
}

struct generated gen_reference(struct arena *a, const struct registry *r)
{
	static const struct {
		const char *path;
		struct str (*write)(struct arena *a, const struct registry *r);
	} pages[] = {
	        {"docs/abi/faults.md", page_faults},   {"docs/abi/log.md", page_log},
	        {"docs/abi/machine.md", page_machine}, {"docs/abi/services.md", page_services},
	        {"docs/abi/status.md", page_status},   {"docs/abi/syscalls.md", page_syscalls},
	};
	struct generated g = {
	        ARENA_ARRAY(a, struct generated_file, COUNT(pages) + r->interface_count),
	        COUNT(pages)};
	for (size_t i = 0; i < COUNT(pages); i++)
		g.files[i] =
		        (struct generated_file){str_from_c(pages[i].path), pages[i].write(a, r)};
	for (size_t i = 0; i < r->interface_count; i++) {
		const struct registry_interface *each = &r->interfaces[i];
		g.files[g.count++] = (struct generated_file){
		        str_format(a, "docs/abi/%.*s.md", STR_ARG(each->row.name.value)),
		        page_interface(a, each)};
	}
	return g;
}
