/*
 * The registry as read: one struct for each kind of row, private to gen/.
 *
 * Every row keeps its span. What the keys mean stands at the head of each
 * registry file and in docs/abi.md.
 */
#pragma once

#include "gen/gen.h"

enum registry_type {
	TYPE_U8,
	TYPE_U16,
	TYPE_U32,
	TYPE_U64,
	TYPE_I8,
	TYPE_I16,
	TYPE_I32,
	TYPE_I64,
	TYPE_HANDLE, /* first of those that only calls use */
	TYPE_USER_STRING,
	TYPE_USER_STRINGS,
	TYPE_USER_IN,
	TYPE_USER_OUT,
	TYPE_COUNT,
};

enum registry_state { STATE_LIVE, STATE_RESERVED, STATE_RETIRED };

enum { REGISTRY_SERVICE_ID_MAX = 47 }; /* ids fit into the flags of spawn_exec */

enum {
	SYSCALL_ARGUMENTS_MAX = 6,
	SYSCALL_NUMBER_FIRST = 0x52550001,
	SYSCALL_NUMBER_LAST = 0x52550fff,
};

/* Rows of these kinds begin with span and name, in this order: struct registry_row. */
struct registry_row {
	struct span span;
	struct toml_str name;
	struct toml_str doc;
};

struct registry_status {
	struct registry_row row;
	struct toml_int number; /* positive errno value */
	struct toml_str errno_name;
};

struct registry_capability {
	struct registry_row row;
	struct toml_int bit;
	struct toml_bool bootstrap;
};

struct registry_restart { /* when what has died is started again */
	struct registry_row row;
	struct toml_int budget; /* in a row; 0: without end */
	struct toml_int first_ms, longest_ms; /* delays */
	struct toml_int steady_ms; /* a life this long begins the row anew */
};

struct registry_service {
	struct registry_row row;
	struct toml_int id;
	struct toml_str symbol; /* empty: the name */
	struct toml_str capability;
	struct toml_strs also_holds; /* further capabilities */
	struct toml_str restart; /* a registry_restart; empty: never */
	struct toml_bool archive;
};

struct registry_number { /* machine numbers, constants of calls */
	struct registry_row row;
	struct toml_int value;
};

struct registry_text {
	struct registry_row row;
	struct toml_str value;
};

struct registry_field {
	struct registry_row row; /* doc may be empty */
	struct toml_word type; /* or */
	struct toml_str struct_name; /* of a structure that stands before */
	struct toml_int count; /* array length; 0: no array */
};

struct registry_struct {
	struct registry_row row;
	struct toml_int size;
	struct toml_int version;
	struct toml_list fields; /* struct registry_field */
};

struct registry_argument {
	struct registry_row row; /* doc may be empty */
	struct toml_word type;
	struct toml_str length; /* of memory: the argument with its size */
	struct toml_str struct_name;
	struct toml_int size;
	struct toml_str max; /* a constant that bounds length */
};

struct registry_result {
	struct registry_row row;
	struct toml_word type;
};

struct registry_syscall {
	struct registry_row row;
	struct toml_int number;
	struct toml_word state;
	struct toml_str capability; /* empty: for everyone */
	struct toml_list arguments; /* struct registry_argument */
	struct registry_result result; /* row.span.source == NULL: none */
	struct toml_strs errors;
	struct toml_bool no_return;
	struct toml_int version;
};

enum linux_type { LINUX_I32, LINUX_U32, LINUX_I64, LINUX_U64, LINUX_ADDRESS, LINUX_TYPE_COUNT };

struct registry_linux_argument {
	struct str name;
	enum linux_type type;
};

struct registry_linux_syscall {
	struct str name;
	struct span span;
	int64_t number;
	bool in_kernel; /* answered by linux_<name> */
	size_t argument_count;
	struct registry_linux_argument arguments[SYSCALL_ARGUMENTS_MAX];
};

enum registry_phase { PHASE_BOOT, PHASE_WORK };
enum registry_during { DURING_SUITE, DURING_SESSION, DURING_SCREEN };
enum registry_leads_to { LEADS_TO_NOTHING, LEADS_TO_BOOT_FAILURE, LEADS_TO_ERRORS, LEADS_TO_REST };

struct registry_outcome {
	struct registry_row row; /* the name is the fault point's */
	struct toml_str action;
	struct toml_word phase;
	struct toml_word leads_to;
	struct toml_word during; /* the suite when absent */
	struct toml_str says; /* may be empty */
	struct toml_bool soak;
};

struct registry_operation {
	struct registry_row row;
	struct toml_int number;
	struct toml_word state; /* live when absent */
	struct toml_bool idempotent;
};

enum { OPERATION_NUMBER_MAX = 63 }; /* they are bits of a mask */

/* One file of registry/interfaces. */
struct registry_interface {
	struct registry_row row;
	struct toml_str service;
	struct toml_str request; /* structure that every request begins with */
	struct toml_str reply; /* and every reply */
	struct str path;
	struct toml_list operations; /* struct registry_operation */
	struct toml_list constants; /* struct registry_number */
	struct toml_list structs;
};

struct registry {
	struct strs files;
	bool incomplete; /* a file could not be read whole: names may be missing */
	struct toml_list statuses; /* struct registry_status, and so on */
	struct toml_list capabilities;
	struct toml_list restarts;
	struct toml_list services;
	struct toml_list faults; /* struct registry_row */
	struct toml_list outcomes;
	struct toml_list levels; /* struct registry_row */
	struct toml_list categories; /* struct registry_row */
	struct toml_list numbers; /* struct registry_number */
	struct toml_list texts; /* struct registry_text */
	struct toml_list constants; /* struct registry_number */
	struct toml_list structs;
	struct toml_list syscalls;
	struct registry_interface *interfaces; /* by file name */
	size_t interface_count;
	struct registry_linux_syscall *linux_syscalls; /* by number */
	size_t linux_syscall_count;
};

/* `each` points at every row of a list in turn. */
#define ROWS(type, each, list)                                                                     \
	for (const type *each = (const type *)(list).items, *each##_end = each + (list).count;     \
	     each < each##_end; each++)

/* Reads the tables of every file into r; false when anything was reported. */
bool registry_read(struct arena *a, struct registry *r, struct diag *d);
/* The same for linux_syscalls.toml. */
bool registry_read_linux(struct arena *a, struct registry *r, struct diag *d);
/* The same for registry/interfaces. */
bool registry_read_interfaces(struct arena *a, struct registry *r, struct diag *d);
/* What one file alone can't show: names, numbers, references. False when anything was reported. */
bool registry_validate(struct arena *a, const struct registry *r, struct diag *d);
bool registry_validate_calls(struct arena *a, const struct registry *r, struct diag *d);
bool registry_validate_interfaces(struct arena *a, const struct registry *r, struct diag *d);
/* Constants and structures of one file. */
void registry_validate_constants(struct arena *a, const struct toml_list *constants,
                                 struct diag *d);
void registry_validate_structs(struct arena *a, const struct registry *r,
                               const struct toml_list *structs, struct diag *d);
/* Whether C and the generated code leave a word to the registry; reports otherwise. */
bool registry_word_free(const char *kind, struct toml_str name, struct diag *d);

/* Rows that have names: struct registry_row stands first in each. */
struct name_list {
	const char *kind; /* "system call", for messages */
	const struct toml_list *rows;
	size_t row_size;
};

#define NAME_LIST(kind, type, list) (&(const struct name_list){kind, &(list), sizeof(type)})

/*
 * Reports names that stand twice, and names that are no lower-case words joined by '_' or one
 * of `joiners` (NULL: any name).
 */
bool registry_validate_names(struct arena *a, const struct name_list *list, const char *joiners,
                             struct diag *d);
/* Outcomes of faults: known points, good actions, and for a point that has any, every action. */
void registry_validate_outcomes(struct arena *a, const struct registry *r, struct diag *d);
/*
 * Whether the list has the name; reports with the nearest one otherwise. Says yes when the name
 * is absent or the registry incomplete: that was reported before.
 */
bool registry_expect_name(struct arena *a, const struct registry *r, const struct name_list *list,
                          struct toml_str name, struct diag *d);
/* "first at registry/x.toml:5" */
struct str registry_first_at(struct arena *a, struct span span);

/* "ALLOC_FRAME" for "alloc.frame". */
struct str registry_symbol(struct arena *a, struct str name);
const char *registry_type_name(int type); /* "user_in" */
const char *registry_type_c(int type); /* "uint32_t"; NULL for user_* */
size_t registry_type_size(int type); /* 0 for user_* */
const char *registry_state_name(int state);
const char *linux_type_c(enum linux_type type);
/* Among registry_structs; NULL when there is none. */
const struct registry_struct *registry_find_struct(const struct toml_list *structs,
                                                   struct str name);
/* Bytes and alignment of a field; structs: where its structure is looked for. */
struct registry_layout {
	size_t size; /* of the whole field; 0: unknown */
	size_t align;
};
struct registry_layout registry_field_layout(const struct toml_list *structs,
                                             const struct registry_field *field);
/* "uint32_t", "struct vfs_node". */
struct str registry_field_c(struct arena *a, const struct registry_field *field);
/* Position of the named argument in the call; arguments.count when there is none. */
size_t registry_argument_index(const struct registry_syscall *call, struct str name);
/* Whether another argument takes this one as its length. */
bool registry_argument_folded(const struct registry_syscall *call, struct str name);
