/* The kernel's text output. Private to the executive. */
#pragma once

#include <base/str.h>
#include <stdbool.h>

void console_init(void);
bool console_has_serial(void);
/* To these of enum core_sink. */
void console_write(struct str text, unsigned sinks);
/* Whatever the configuration says. */
void console_write_emergency(struct str text);
