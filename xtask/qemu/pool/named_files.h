/* The content of the files that a command line names, so that a digest over it tells other bytes.
 */
#pragma once

#include "os/text.h"
#include <base/api.h>

/* A line of path and digest; false when the file could not be read. */
bool named_file_add(struct text *t, const char *path);
/* For words of the command and the values inside of them ("file=a,format=raw") that are files. */
bool named_files_add(struct text *t, struct str command);
