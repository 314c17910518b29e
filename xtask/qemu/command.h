/* The command line of QEMU, from a request. Reports what is missing, with what to do. */
#pragma once

#include "qemu/qemu.h"

/*
 * Without arch-capabilities: that register tells an operating system which
 * mitigations it can leave out, and KVM inside a virtual machine may not set it.
 */
#define QEMU_KVM_CPU "host,arch-capabilities=off"

/* False after reporting that KVM was demanded and does not work. */
bool qemu_choose_kvm(struct arena *a, const struct qemu_request *request, bool *out_kvm,
                     struct diag *d);
bool qemu_command_for(struct arena *a, const struct qemu_request *request, bool kvm,
                      struct strs *out_argv, struct diag *d);
/* The program's path, or NULL. given == NULL: $QEMU_BIN, else qemu-system-x86_64. */
const char *qemu_find_program(struct arena *a, const char *given);
/* A value for QEMU's option syntax: every comma doubled. */
struct str qemu_option_text(struct arena *a, struct str value);
