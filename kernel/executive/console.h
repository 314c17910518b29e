/* The kernel's text output. Private to the executive. */
#pragma once

#include <base/str.h>

void console_init(void);
void console_write(struct str text);
/* Whatever the configuration says. */
void console_write_emergency(struct str text);
