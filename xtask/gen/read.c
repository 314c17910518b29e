/* Schemas of the registry files, and their reading. */
#include "gen/registry.h"
#include "os/files.h"
#include <stddef.h>

static const struct toml_choice types[] = {
        {STR_INIT("u8"), TYPE_U8, NULL},
        {STR_INIT("u16"), TYPE_U16, NULL},
        {STR_INIT("u32"), TYPE_U32, NULL},
        {STR_INIT("u64"), TYPE_U64, NULL},
        {STR_INIT("i8"), TYPE_I8, NULL},
        {STR_INIT("i16"), TYPE_I16, NULL},
        {STR_INIT("i32"), TYPE_I32, NULL},
        {STR_INIT("i64"), TYPE_I64, NULL},
        {STR_INIT("handle"), TYPE_HANDLE, NULL},
        {STR_INIT("user_string"), TYPE_USER_STRING, NULL},
        {STR_INIT("user_strings"), TYPE_USER_STRINGS, NULL},
        {STR_INIT("user_in"), TYPE_USER_IN, NULL},
        {STR_INIT("user_out"), TYPE_USER_OUT, NULL},
};

static const struct toml_choice states[] = {
        {STR_INIT("live"), STATE_LIVE, NULL},
        {STR_INIT("reserved"), STATE_RESERVED, NULL},
        {STR_INIT("retired"), STATE_RETIRED, NULL},
};

static const struct toml_choice phases[] = {
        {STR_INIT("boot"), PHASE_BOOT, NULL},
        {STR_INIT("work"), PHASE_WORK, NULL},
};

static const struct toml_choice durings[] = {
        {STR_INIT("suite"), DURING_SUITE, NULL},
        {STR_INIT("session"), DURING_SESSION, NULL},
        {STR_INIT("screen"), DURING_SCREEN, NULL},
};

static const struct toml_choice leads_to[] = {
        {STR_INIT("nothing"), LEADS_TO_NOTHING, NULL},
        {STR_INIT("boot-failure"), LEADS_TO_BOOT_FAILURE, NULL},
        {STR_INIT("errors"), LEADS_TO_ERRORS, NULL},
        {STR_INIT("rest"), LEADS_TO_REST, NULL},
};

#define FIELD(type, member, name, field_kind)                                                      \
	.key = STR_INIT(name), .kind = (field_kind), .offset = offsetof(type, member)
#define NEEDED(type, member, name, field_kind)                                                     \
	FIELD(type, member, name, field_kind), .required = true
#define WORDS(list) .choices = (list), .choice_count = COUNT(list)
#define TABLE(type, shown, list)                                                                   \
	{                                                                                          \
		.name = (shown), .fields = (list), .field_count = COUNT(list),                     \
		.size = sizeof(type), .span_offset = offsetof(type, row.span), .has_span = true    \
	}

#define NAME_FIELD(type)                                                                           \
	{                                                                                          \
		NEEDED(type, row.name, "name", FIELD_STRING), .doc = "what it is called here"      \
	}
#define DOC_FIELD(type)                                                                            \
	{                                                                                          \
		NEEDED(type, row.doc, "doc", FIELD_STRING), .doc = "one sentence"                  \
	}

struct plain_row {
	struct registry_row row;
};

static const struct toml_field plain_fields[] = {NAME_FIELD(struct plain_row),
                                                 DOC_FIELD(struct plain_row)};
static const struct toml_schema fault_schema = TABLE(struct plain_row, "[[fault]]", plain_fields);
static const struct toml_schema level_schema = TABLE(struct plain_row, "[[level]]", plain_fields);
static const struct toml_schema category_schema =
        TABLE(struct plain_row, "[[category]]", plain_fields);

static const struct toml_field outcome_fields[] = {
        {NEEDED(struct registry_outcome, row.name, "fault", FIELD_STRING),
         .doc = "the fault point"},
        {NEEDED(struct registry_outcome, action, "action", FIELD_STRING), .doc = "as in a rule"},
        {NEEDED(struct registry_outcome, phase, "phase", FIELD_WORD), WORDS(phases),
         .doc = "when it first fires"},
        {NEEDED(struct registry_outcome, leads_to, "leads_to", FIELD_WORD), WORDS(leads_to),
         .doc = "how the machine ends"},
        {FIELD(struct registry_outcome, during, "during", FIELD_WORD), WORDS(durings),
         .doc = "in which boot (suite)"},
        {FIELD(struct registry_outcome, says, "says", FIELD_STRING),
         .doc = "a text that the log has then"},
        {FIELD(struct registry_outcome, soak, "soak", FIELD_BOOLEAN),
         .doc = "only the soak looks at it (false)"},
        DOC_FIELD(struct registry_outcome),
};
static const struct toml_schema outcome_schema =
        TABLE(struct registry_outcome, "[[outcome]]", outcome_fields);

static const struct toml_field status_fields[] = {
        NAME_FIELD(struct registry_status),
        {NEEDED(struct registry_status, number, "number", FIELD_INTEGER), .minimum = 1,
         .maximum = 4095, .doc = "the errno value, positive"},
        {NEEDED(struct registry_status, errno_name, "errno", FIELD_STRING),
         .doc = "its name on Linux"},
        DOC_FIELD(struct registry_status),
};
static const struct toml_schema status_schema =
        TABLE(struct registry_status, "[[status]]", status_fields);

static const struct toml_field capability_fields[] = {
        NAME_FIELD(struct registry_capability),
        {NEEDED(struct registry_capability, bit, "bit", FIELD_INTEGER), .minimum = 0, .maximum = 30,
         .doc = "its bit in a process's capabilities"},
        {FIELD(struct registry_capability, bootstrap, "bootstrap", FIELD_BOOLEAN),
         .doc = "part of the mask for bootstrap policy"},
        DOC_FIELD(struct registry_capability),
};
static const struct toml_schema capability_schema =
        TABLE(struct registry_capability, "[[capability]]", capability_fields);

#define RESTART_NUMBER(member, least, text)                                                        \
	{                                                                                          \
		NEEDED(struct registry_restart, member, #member, FIELD_INTEGER),                   \
		        .minimum = least, .maximum = 3600000, .doc = text                          \
	}

static const struct toml_field restart_fields[] = {
        NAME_FIELD(struct registry_restart),
        RESTART_NUMBER(budget, 0, "restarts in a row; 0: without end"),
        RESTART_NUMBER(first_ms, 1, "before the first of a row; doubled for each further one"),
        RESTART_NUMBER(longest_ms, 1, "what the delay grows to"),
        RESTART_NUMBER(steady_ms, 1, "a life this long begins the row anew"),
        DOC_FIELD(struct registry_restart),
};
static const struct toml_schema restart_schema =
        TABLE(struct registry_restart, "[[restart]]", restart_fields);

static const struct toml_field service_fields[] = {
        NAME_FIELD(struct registry_service),
        {NEEDED(struct registry_service, id, "id", FIELD_INTEGER), .minimum = 1,
         .maximum = REGISTRY_SERVICE_ID_MAX, .doc = "its number"},
        {FIELD(struct registry_service, symbol, "symbol", FIELD_STRING),
         .doc = "the word in IPC_SERVICE_*, when it is not the name"},
        {NEEDED(struct registry_service, capability, "capability", FIELD_STRING),
         .doc = "what its process holds"},
        {FIELD(struct registry_service, also_holds, "also_holds", FIELD_STRINGS),
         .doc = "and further capabilities"},
        {FIELD(struct registry_service, restart, "restart", FIELD_STRING),
         .doc = "a [[restart]]: how it is started again; absent: never"},
        {FIELD(struct registry_service, archive, "archive", FIELD_BOOLEAN),
         .doc = "it reads the boot archive, which is mapped into its program"},
        DOC_FIELD(struct registry_service),
};
static const struct toml_schema service_schema =
        TABLE(struct registry_service, "[[service]]", service_fields);

static const struct toml_field number_fields[] = {
        NAME_FIELD(struct registry_number),
        {NEEDED(struct registry_number, value, "value", FIELD_INTEGER), .minimum = 0,
         .maximum = INT32_MAX, .doc = "its value"},
        DOC_FIELD(struct registry_number),
};
static const struct toml_schema number_schema =
        TABLE(struct registry_number, "[[number]]", number_fields);
static const struct toml_schema constant_schema =
        TABLE(struct registry_number, "[[constant]]", number_fields);

static const struct toml_field text_fields[] = {
        NAME_FIELD(struct registry_text),
        {NEEDED(struct registry_text, value, "value", FIELD_STRING), .doc = "its value"},
        DOC_FIELD(struct registry_text),
};
static const struct toml_schema text_schema = TABLE(struct registry_text, "[[text]]", text_fields);

static const struct toml_field field_fields[] = {
        NAME_FIELD(struct registry_field),
        {FIELD(struct registry_field, type, "type", FIELD_WORD), WORDS(types), .doc = "u8 to i64"},
        {FIELD(struct registry_field, struct_name, "struct", FIELD_STRING),
         .doc = "instead of type: a structure that stands before"},
        {FIELD(struct registry_field, count, "count", FIELD_INTEGER), .minimum = 1,
         .maximum = 1 << 20, .doc = "elements of an array"},
        {FIELD(struct registry_field, row.doc, "doc", FIELD_STRING), .doc = "what it holds"},
};
static const struct toml_schema field_schema =
        TABLE(struct registry_field, "fields of [[struct]]", field_fields);

static const struct toml_field struct_fields[] = {
        NAME_FIELD(struct registry_struct),
        {NEEDED(struct registry_struct, size, "size", FIELD_INTEGER), .minimum = 1,
         .maximum = 1 << 20, .doc = "its bytes"},
        {FIELD(struct registry_struct, version, "version", FIELD_INTEGER), .minimum = 1,
         .maximum = 65535, .doc = "raised with every change"},
        {NEEDED(struct registry_struct, fields, "fields", FIELD_TABLES), .schema = &field_schema,
         .doc = "in order, without holes"},
        DOC_FIELD(struct registry_struct),
};
static const struct toml_schema struct_schema =
        TABLE(struct registry_struct, "[[struct]]", struct_fields);

static const struct toml_field argument_fields[] = {
        NAME_FIELD(struct registry_argument),
        {NEEDED(struct registry_argument, type, "type", FIELD_WORD), WORDS(types),
         .doc = "a number or user memory"},
        {FIELD(struct registry_argument, length, "length", FIELD_STRING),
         .doc = "memory: the argument that holds its size"},
        {FIELD(struct registry_argument, struct_name, "struct", FIELD_STRING),
         .doc = "memory: what its elements are"},
        {FIELD(struct registry_argument, size, "size", FIELD_INTEGER), .minimum = 1,
         .maximum = 1 << 20, .doc = "memory: its fixed size in bytes"},
        {FIELD(struct registry_argument, max, "max", FIELD_STRING),
         .doc = "the constant that bounds length"},
        {FIELD(struct registry_argument, row.doc, "doc", FIELD_STRING), .doc = "what it is for"},
};
static const struct toml_schema argument_schema =
        TABLE(struct registry_argument, "arguments of [[syscall]]", argument_fields);

static const struct toml_field result_fields[] = {
        NAME_FIELD(struct registry_result),
        {NEEDED(struct registry_result, type, "type", FIELD_WORD), WORDS(types), .doc = "a number"},
};
static const struct toml_schema result_schema =
        TABLE(struct registry_result, "result of [[syscall]]", result_fields);

static const struct toml_field syscall_fields[] = {
        NAME_FIELD(struct registry_syscall),
        {NEEDED(struct registry_syscall, number, "number", FIELD_INTEGER), .doc = "value of rax"},
        {NEEDED(struct registry_syscall, state, "state", FIELD_WORD), WORDS(states),
         .doc = "live, reserved or retired"},
        {FIELD(struct registry_syscall, capability, "capability", FIELD_STRING),
         .doc = "what the caller must hold"},
        {FIELD(struct registry_syscall, arguments, "in", FIELD_TABLES), .schema = &argument_schema,
         .doc = "arguments in order"},
        {FIELD(struct registry_syscall, result, "result", FIELD_TABLE), .schema = &result_schema,
         .doc = "what a successful call returns"},
        {FIELD(struct registry_syscall, errors, "errors", FIELD_STRINGS),
         .doc = "names of status.toml"},
        {FIELD(struct registry_syscall, no_return, "no_return", FIELD_BOOLEAN),
         .doc = "the caller does not come back"},
        {FIELD(struct registry_syscall, version, "version", FIELD_INTEGER), .minimum = 1,
         .maximum = 65535, .doc = "of the signature; raised with every change"},
        DOC_FIELD(struct registry_syscall),
};
static const struct toml_schema syscall_schema =
        TABLE(struct registry_syscall, "[[syscall]]", syscall_fields);

#define LIST_OF(type, member, name, inner)                                                         \
	{                                                                                          \
		NEEDED(type, member, name, FIELD_TABLES), .schema = &(inner),                      \
		                                          .doc = "one row each"                    \
	}
#define LIST(member, name, inner) LIST_OF(struct registry, member, name, inner)
#define FILE_SCHEMA_OF(type, list)                                                                 \
	{                                                                                          \
		.name = "the top level", .fields = (list), .field_count = COUNT(list),             \
		.size = sizeof(type)                                                               \
	}
#define FILE_SCHEMA(list) FILE_SCHEMA_OF(struct registry, list)

static const struct toml_field status_file[] = {LIST(statuses, "status", status_schema)};
static const struct toml_field services_file[] = {
        LIST(capabilities, "capability", capability_schema),
        LIST(services, "service", service_schema),
        {FIELD(struct registry, restarts, "restart", FIELD_TABLES), .schema = &restart_schema,
         .doc = "one row each"},
};
static const struct toml_field faults_file[] = {
        LIST(faults, "fault", fault_schema),
        {FIELD(struct registry, outcomes, "outcome", FIELD_TABLES), .schema = &outcome_schema,
         .doc = "one row each"},
};
static const struct toml_field log_file[] = {
        LIST(levels, "level", level_schema),
        LIST(categories, "category", category_schema),
};
static const struct toml_field machine_file[] = {
        LIST(numbers, "number", number_schema),
        LIST(texts, "text", text_schema),
};
static const struct toml_field syscalls_file[] = {
        LIST(constants, "constant", constant_schema),
        LIST(structs, "struct", struct_schema),
        LIST(syscalls, "syscall", syscall_schema),
};

static const struct toml_field operation_fields[] = {
        NAME_FIELD(struct registry_operation),
        {NEEDED(struct registry_operation, number, "number", FIELD_INTEGER), .minimum = 1,
         .maximum = OPERATION_NUMBER_MAX, .doc = "op of the message header"},
        {FIELD(struct registry_operation, state, "state", FIELD_WORD), WORDS(states),
         .doc = "live, reserved or retired"},
        {FIELD(struct registry_operation, idempotent, "idempotent", FIELD_BOOLEAN),
         .doc = "may be sent again to a successor of the service"},
        DOC_FIELD(struct registry_operation),
};
static const struct toml_schema operation_schema =
        TABLE(struct registry_operation, "[[operation]]", operation_fields);

static const struct toml_field interface_fields[] = {
        NAME_FIELD(struct registry_interface),
        {NEEDED(struct registry_interface, service, "service", FIELD_STRING),
         .doc = "who answers; of services.toml"},
        {NEEDED(struct registry_interface, request, "request", FIELD_STRING),
         .doc = "the structure that requests begin with"},
        {NEEDED(struct registry_interface, reply, "reply", FIELD_STRING),
         .doc = "the structure that replies begin with; its first field is `status`, an i32"},
        DOC_FIELD(struct registry_interface),
};
static const struct toml_schema interface_schema =
        TABLE(struct registry_interface, "[interface]", interface_fields);

/* [interface] fills the head of the very struct that takes the lists. */
static const struct toml_field interface_file[] = {
        {NEEDED(struct registry_interface, row.span, "interface", FIELD_TABLE),
         .schema = &interface_schema, .doc = "what it is called and who answers"},
        LIST_OF(struct registry_interface, operations, "operation", operation_schema),
        {FIELD(struct registry_interface, constants, "constant", FIELD_TABLES),
         .schema = &constant_schema, .doc = "one row each"},
        LIST_OF(struct registry_interface, structs, "struct", struct_schema),
};
static const struct toml_schema interface_file_schema =
        FILE_SCHEMA_OF(struct registry_interface, interface_file);

static const struct {
	const char *path;
	struct toml_schema schema;
} files[] = {
        {"registry/status.toml", FILE_SCHEMA(status_file)},
        {"registry/services.toml", FILE_SCHEMA(services_file)},
        {"registry/faults.toml", FILE_SCHEMA(faults_file)},
        {"registry/log.toml", FILE_SCHEMA(log_file)},
        {"registry/machine.toml", FILE_SCHEMA(machine_file)},
        {"registry/syscalls.toml", FILE_SCHEMA(syscalls_file)},
};

bool registry_read_interfaces(struct arena *a, struct registry *r, struct diag *d)
{
	static const char folder_path[] = "registry/interfaces";
	struct folder folder = {};
	bool ok = true;
	if (!file_exists(folder_path) || folder_read(a, folder_path, &folder) != 0)
		return true; /* a registry without interfaces */
	r->interfaces = ARENA_ARRAY(a, struct registry_interface, folder.count + 1);
	for (size_t i = 0; i < folder.count; i++) {
		struct str name = folder.entries[i].name;
		if (!str_ends_with(name, STR(".toml")))
			continue;
		struct registry_interface *each = &r->interfaces[r->interface_count++];
		*each = (struct registry_interface){
		        .path = path_join(a, str_from_c(folder_path), name)};
		ok &= toml_read_file(a, arena_c_str(a, each->path), &interface_file_schema, each,
		                     d);
		strs_add(&r->files, a, each->path);
	}
	return ok;
}

bool registry_read(struct arena *a, struct registry *r, struct diag *d)
{
	bool ok = true;
	for (size_t i = 0; i < COUNT(files); i++) {
		ok &= toml_read_file(a, files[i].path, &files[i].schema, r, d);
		strs_add(&r->files, a, str_from_c(files[i].path));
	}
	return ok & registry_read_interfaces(a, r, d) & registry_read_linux(a, r, d);
}
