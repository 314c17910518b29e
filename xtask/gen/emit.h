/* Pieces of generated C, private to gen/. */
#pragma once

#include "gen/registry.h"

/* First line and, for a header, the guard. source: "registry/status.toml". */
void emit_start(struct text *t, const char *source, bool header);
/* `prefix` a, b, c `suffix`, broken before column 100. */
void emit_list(struct text *t, struct str prefix, const struct strs *items, const char *suffix);
/* #define NAME { "a", "b" } of the rows' names, under a comment; rows begin with registry_row. */
void emit_names(struct text *t, const char *comment, const char *macro,
                const struct toml_list *rows);
/* "text" with what C needs escaped. */
void emit_c_string(struct text *t, struct str s);

/* An enum of the constants; nothing when there are none. */
void emit_constants(struct text *t, const struct toml_list *constants);
/* Each structure with assertions of its size and places. */
void emit_structs(struct text *t, const struct toml_list *structs);

/* Parameters of a live call as the kernel's function or the user's stub takes them. */
struct strs emit_kernel_parameters(struct arena *a, const struct registry_syscall *call);
struct strs emit_user_parameters(struct arena *a, const struct registry_syscall *call);

struct str emit_status(struct arena *a, const struct registry *r);
struct str emit_services(struct arena *a, const struct registry *r);
struct str emit_faults(struct arena *a, const struct registry *r);
struct str emit_log(struct arena *a, const struct registry *r);
struct str emit_machine(struct arena *a, const struct registry *r);
struct str emit_linux_syscalls(struct arena *a, const struct registry *r);
struct str emit_syscalls(struct arena *a, const struct registry *r);
struct str emit_syscall_prototypes(struct arena *a, const struct registry *r);
struct str emit_syscall_dispatch(struct arena *a, const struct registry *r);
/* abi/NAME.h and rt/NAME_service.h of an interface. */
struct str emit_interface(struct arena *a, const struct registry *r,
                          const struct registry_interface *i);
struct str emit_interface_service(struct arena *a, const struct registry *r,
                                  const struct registry_interface *i);
/* Its reference page. */
struct str page_interface(struct arena *a, const struct registry_interface *i);
/* Heading of a reference page; what may stand in a table cell; tables of constants, structures. */
void page_head(struct text *t, const char *title, const char *source);
void page_cell(struct text *t, struct str s);
void page_constants(struct text *t, const struct toml_list *constants);
void page_structs(struct text *t, const struct toml_list *structs);
struct str emit_stubs(struct arena *a, const struct registry *r);
struct str emit_call_table(struct arena *a, const struct registry *r);
