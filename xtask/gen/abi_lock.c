/*
 * registry/abi.lock: what programs that are already built rely on.
 *
 * One line an entry, sorted: kind, number, name, form. The form of a call is
 * "reserved", "retired" or VERSION.DIGEST of its signature; of a structure
 * VERSION.DIGEST; everything else has "-".
 */
#include "engine/engine.h"
#include "gen/registry.h"
#include "os/files.h"

static const char lock_path[] = "registry/abi.lock";
#define ACCEPT_HINT "`xtask gen --abi-lock` writes it into registry/abi.lock"

struct lock_entry {
	struct str kind;
	struct str name;
	struct str form;
	int64_t number;
	int64_t version; /* 0: the form has none */
	struct span span; /* of the row, or of the lock's line */
	struct span number_span; /* of the row's number */
};

struct lock_entries {
	struct arena *arena;
	struct lock_entry *items;
	size_t count, capacity;
};

static struct lock_entry *entry_add(struct lock_entries *list)
{
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? list->capacity * 2 : 64;
		struct lock_entry *items = ARENA_ARRAY(list->arena, struct lock_entry, capacity);
		for (size_t i = 0; i < list->count; i++)
			items[i] = list->items[i];
		list->items = items;
		list->capacity = capacity;
	}
	return &list->items[list->count++];
}

static void row_add(struct lock_entries *list, const char *kind, const struct registry_row *row,
                    const struct toml_int *number)
{
	*entry_add(list) = (struct lock_entry){.kind = str_from_c(kind),
	                                       .name = row->name.value,
	                                       .form = STR("-"),
	                                       .number = number->value,
	                                       .span = row->name.span,
	                                       .number_span = number->span};
}

static struct str form_of(struct arena *a, int64_t version, struct str signature)
{
	struct digest digest = digest_bytes(signature);
	return str_format(a, "%lld.%.*s", (long long)version,
	                  STR_ARG(str_slice(digest_hex(a, &digest), 0, 16)));
}

static int64_t version_of(const struct toml_int *version)
{
	return version->span.source ? version->value : 1;
}

/* "u32", or the structure's name, whose own entry says what it holds. */
static struct str field_form(const struct registry_field *field)
{
	return field->struct_name.span.source ? field->struct_name.value
	                                      : str_from_c(registry_type_name(field->type.value));
}

static struct str struct_signature(struct arena *a, const struct registry_struct *s)
{
	struct text t = {.arena = a};
	text_addf(&t, "%lld", (long long)s->size.value);
	ROWS(struct registry_field, each, s->fields)
		text_addf(&t, " %.*s:%.*s:%lld", STR_ARG(each->row.name.value),
		          STR_ARG(field_form(each)), (long long)each->count.value);
	return text_str(&t);
}

/* What a caller must know; neither names nor documentation of arguments. */
static struct str call_signature(struct arena *a, const struct registry *r,
                                 const struct registry_syscall *call)
{
	struct text t = {.arena = a};
	ROWS(struct registry_argument, each, call->arguments) {
		text_addf(&t, "%s", registry_type_name(each->type.value));
		if (each->length.span.source)
			text_addf(&t, " length=%zu",
			          registry_argument_index(call, each->length.value));
		if (each->size.span.source)
			text_addf(&t, " size=%lld", (long long)each->size.value);
		const struct registry_struct *of =
		        registry_find_struct(&r->structs, each->struct_name.value);
		if (of)
			text_addf(&t, " struct=%.*s", STR_ARG(struct_signature(a, of)));
		text_add_byte(&t, '\n');
	}
	if (call->result.row.span.source)
		text_addf(&t, "result %s\n", registry_type_name(call->result.type.value));
	text_addf(&t, "capability %.*s\nno_return %d\n", STR_ARG(call->capability.value),
	          call->no_return.value);
	return text_str(&t);
}

static void call_add(struct lock_entries *list, const struct registry *r,
                     const struct registry_syscall *call)
{
	row_add(list, "syscall", &call->row, &call->number);
	struct lock_entry *entry = &list->items[list->count - 1];
	entry->form = str_from_c(registry_state_name(call->state.value));
	if (call->state.value != STATE_LIVE)
		return;
	entry->version = version_of(&call->version);
	entry->form = form_of(list->arena, entry->version, call_signature(list->arena, r, call));
}

static void struct_add(struct lock_entries *list, const struct registry_struct *s)
{
	row_add(list, "struct", &s->row, &s->size);
	struct lock_entry *entry = &list->items[list->count - 1];
	entry->version = version_of(&s->version);
	entry->form = form_of(list->arena, entry->version, struct_signature(list->arena, s));
}

static void interface_add(struct lock_entries *list, const struct registry_interface *i)
{
	const char *kind =
	        str_format(list->arena, "%.*s_operation", STR_ARG(i->row.name.value)).ptr;
	ROWS(struct registry_number, each, i->constants)
		row_add(list, "constant", &each->row, &each->value);
	ROWS(struct registry_struct, each, i->structs)
		struct_add(list, each);
	ROWS(struct registry_operation, each, i->operations) {
		row_add(list, kind, &each->row, &each->number);
		list->items[list->count - 1].form =
		        each->state.value != STATE_LIVE
		                ? str_from_c(registry_state_name(each->state.value))
		        : each->idempotent.value ? STR("idempotent")
		                                 : STR("once");
	}
}

static struct lock_entries registry_entries(struct arena *a, const struct registry *r)
{
	struct lock_entries list = {.arena = a};
	ROWS(struct registry_capability, each, r->capabilities)
		row_add(&list, "capability", &each->row, &each->bit);
	ROWS(struct registry_number, each, r->constants)
		row_add(&list, "constant", &each->row, &each->value);
	ROWS(struct registry_service, each, r->services)
		row_add(&list, "service", &each->row, &each->id);
	ROWS(struct registry_status, each, r->statuses)
		row_add(&list, "status", &each->row, &each->number);
	ROWS(struct registry_struct, each, r->structs)
		struct_add(&list, each);
	ROWS(struct registry_syscall, each, r->syscalls)
		call_add(&list, r, each);
	for (size_t i = 0; i < r->interface_count; i++)
		interface_add(&list, &r->interfaces[i]);
	return list;
}

struct str gen_abi_lock(struct arena *a, const struct registry *r)
{
	struct lock_entries list = registry_entries(a, r);
	struct strs lines = {};
	for (size_t i = 0; i < list.count; i++)
		strs_add(&lines, a,
		         str_format(a, "%.*s 0x%08llx %.*s %.*s\n", STR_ARG(list.items[i].kind),
		                    (unsigned long long)list.items[i].number,
		                    STR_ARG(list.items[i].name), STR_ARG(list.items[i].form)));
	strs_sort(&lines);
	struct text t = {.arena = a};
	for (size_t i = 0; i < lines.count; i++)
		text_add(&t, lines.items[i]);
	return text_str(&t);
}

static bool parse_hexadecimal(struct str s, int64_t *out_value)
{
	int64_t value = 0;
	if (!str_starts_with(s, STR("0x")) || s.len < 3 || s.len > 10)
		return false;
	for (size_t i = 2; i < s.len; i++) {
		char c = s.ptr[i];
		bool digit = c >= '0' && c <= '9';
		if (!digit && (c < 'a' || c > 'f'))
			return false;
		value = value * 16 + (digit ? c - '0' : c - 'a' + 10);
	}
	*out_value = value;
	return true;
}

static int64_t form_version(struct str form)
{
	uint64_t version = 0;
	struct str_split split = str_cut(form, '.');
	return split.rest.len && str_to_u64(split.head, &version) ? (int64_t)version : 0;
}

static bool read_line(struct lock_entries *list, const struct source *source, uint32_t start,
                      struct str line, struct diag *d)
{
	struct str_split kind = str_cut(line, ' '), number = str_cut(kind.rest, ' ');
	struct str_split name = str_cut(number.rest, ' ');
	struct span span = {source, start, start + (uint32_t)line.len};
	int64_t value;
	if (!name.rest.len || !parse_hexadecimal(number.head, &value)) {
		diag_error(d, span, STR("`git diff registry/abi.lock` shows who changed it"),
		           "the line is not `kind number name form`");
		return false;
	}
	*entry_add(list) = (struct lock_entry){.kind = kind.head,
	                                       .name = name.head,
	                                       .form = name.rest,
	                                       .number = value,
	                                       .version = form_version(name.rest),
	                                       .span = span};
	return true;
}

static bool read_lock(struct lock_entries *list, struct diag *d)
{
	const struct source *source = source_open(list->arena, lock_path, (struct span){}, d);
	if (!source)
		return false;
	bool ok = true;
	struct str rest = source->text;
	while (rest.len) {
		uint32_t start = (uint32_t)(rest.ptr - source->text.ptr);
		struct str_split line = str_cut(rest, '\n');
		rest = line.rest;
		if (line.head.len)
			ok &= read_line(list, source, start, line.head, d);
	}
	return ok;
}

static const struct lock_entry *entry_find(const struct lock_entries *list, struct str kind,
                                           struct str name)
{
	for (size_t i = 0; i < list->count; i++)
		if (str_equal(list->items[i].kind, kind) && str_equal(list->items[i].name, name))
			return &list->items[i];
	return NULL;
}

/* Constants may be equal, and a structure's number is its size; all others are unique. */
static bool numbers_unique(struct str kind)
{
	return !str_equal(kind, STR("constant")) && !str_equal(kind, STR("struct"));
}

static const struct lock_entry *number_owner(const struct lock_entries *locked,
                                             const struct lock_entry *entry)
{
	for (size_t i = 0; i < locked->count; i++)
		if (numbers_unique(entry->kind) && str_equal(locked->items[i].kind, entry->kind) &&
		    locked->items[i].number == entry->number)
			return &locked->items[i];
	return NULL;
}

static void check_number(const struct lock_entry *now, const struct lock_entry *was, struct diag *d)
{
	if (now->number == was->number)
		return;
	if (numbers_unique(now->kind))
		diag_error(d, now->number_span,
		           STR("numbers never change: give the new form a new name and number"),
		           "the number of %.*s '%.*s' was 0x%llx", STR_ARG(now->kind),
		           STR_ARG(now->name), (unsigned long long)was->number);
	else if (now->version <= was->version)
		diag_error(d, now->number_span,
		           now->version
		                   ? STR("programs already built rely on it: raise `version`")
		                   : STR("programs already built rely on it: add a new constant"),
		           "the value of %.*s '%.*s' was %lld", STR_ARG(now->kind),
		           STR_ARG(now->name), (long long)was->number);
}

static void check_form(const struct lock_entry *now, const struct lock_entry *was, bool accept,
                       struct diag *d)
{
	if (str_equal(now->form, was->form))
		return;
	if (str_equal(was->form, STR("retired")))
		diag_error(d, now->span, STR("take a new number"),
		           "%.*s '%.*s' was retired; its number is never used again",
		           STR_ARG(now->kind), STR_ARG(now->name));
	else if (was->version && str_equal(now->form, STR("reserved")))
		diag_error(d, now->span, STR("state = \"retired\" takes a call away"),
		           "%.*s '%.*s' was live and cannot be reserved again", STR_ARG(now->kind),
		           STR_ARG(now->name));
	else if (was->version && now->version && now->version <= was->version)
		diag_error(d, now->span,
		           STR("programs already built use the old one: raise `version`, or add a "
		               "new entry"),
		           "the signature of %.*s '%.*s' changed", STR_ARG(now->kind),
		           STR_ARG(now->name));
	else if (!accept)
		diag_error(d, now->span, STR(ACCEPT_HINT),
		           "the new form of %.*s '%.*s' is not locked", STR_ARG(now->kind),
		           STR_ARG(now->name));
}

static void check_entry(const struct lock_entries *locked, const struct lock_entry *now,
                        bool accept, struct diag *d)
{
	const struct lock_entry *was = entry_find(locked, now->kind, now->name);
	const struct lock_entry *owner = was ? NULL : number_owner(locked, now);
	if (was) {
		check_number(now, was, d);
		check_form(now, was, accept, d);
	} else if (owner) {
		diag_error(d, now->number_span, STR("take a number that was never used"),
		           "the number of %.*s '%.*s' belongs to '%.*s'", STR_ARG(now->kind),
		           STR_ARG(now->name), STR_ARG(owner->name));
	} else if (!accept) {
		diag_error(d, now->span, STR(ACCEPT_HINT), "%.*s '%.*s' is not locked yet",
		           STR_ARG(now->kind), STR_ARG(now->name));
	}
}

static bool check_lock(struct arena *a, const struct registry *r, bool accept, struct diag *d)
{
	size_t errors = d->errors;
	struct lock_entries now = registry_entries(a, r), locked = {.arena = a};
	if (!read_lock(&locked, d))
		return false;
	for (size_t i = 0; i < now.count; i++)
		check_entry(&locked, &now.items[i], accept, d);
	for (size_t i = 0; i < locked.count; i++) {
		const struct lock_entry *was = &locked.items[i];
		if (!entry_find(&now, was->kind, was->name))
			diag_error(d, was->span,
			           str_equal(was->kind, STR("syscall")) ||
			                           str_ends_with(was->kind, STR("_operation"))
			                   ? STR("keep its row, with state = \"retired\"")
			                   : STR("put its row back: programs already built use it"),
			           "%.*s '%.*s' is gone from the registry", STR_ARG(was->kind),
			           STR_ARG(was->name));
	}
	return d->errors == errors;
}

bool gen_check_abi_lock(struct arena *a, const struct registry *r, struct diag *d)
{
	return check_lock(a, r, false, d);
}

bool gen_accept_abi_lock(struct arena *a, const struct registry *r, struct str *out_lock,
                         struct diag *d)
{
	if (file_exists(lock_path) && !check_lock(a, r, true, d))
		return false;
	*out_lock = gen_abi_lock(a, r);
	return true;
}
