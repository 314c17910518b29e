/* The calls of rootd, made in its place, and the child that it has for that. */
#pragma once

#include <abi/syscalls.h>
#include <call_check/api.h>

#define CHILD "apps/first_caller/first_caller.elf"
#define CHILD_ASKS "asks" /* its argument: to be refused often */

enum { CHILD_QUESTIONS = 2 * AUDIT_RECORDS_MAX };

/* ---- audit.c ---- */

void check_audit_content(struct tap *tap);
/* The child's part of it; returns its status. */
int ask_in_vain(void);
