/*
 * What single values may look like, each rule with its reason.
 *
 * A problem's message continues a sentence that names the value ("install.path ...");
 * an empty message: no problem.
 */
#pragma once

#include "os/files.h"

/* Sizes of the guest's structures (contract section 10.2 and 10.5), ends included. */
enum {
	ID_BYTES_MAX = 32, /* "<id>-<n>.desktop" fits desktop_file_id[48] */
	DISPLAY_NAME_BYTES_MAX = 47, /* display_name[48] */
	IMAGE_PATH_BYTES_MAX = 255, /* exec_path[256], with the leading slash */
	DRIVER_NAME_BYTES_MAX = 64,
	ALIAS_BYTES_MAX = 256,
	ARGUMENT_BYTES_MAX = 256,
	ARGUMENTS_MAX = 31, /* 32 with the program's name */
	ARGUMENTS_BLOB_MAX = 1024, /* each with a NUL, the program's path included */
	ENVIRONMENT_MAX = 64,
	ENVIRONMENT_BLOB_MAX = 2048,
};

struct problem {
	struct str message;
	struct str hint;
};

/* Names that become file names and list items: ids and profiles. */
struct problem name_problem(struct arena *a, struct str name);
/* The first control character of s or byte of also, in words: "a tab", "','"; NULL: none. */
const char *unfit_byte(struct str s, const char *also);
/* Normal form: relative, no ".", "..", doubled or trailing slash, no backslash. */
struct problem path_form_problem(struct arena *a, struct str path);
/* Normal form, and what FAT and the guest's structures can hold. */
struct problem image_path_problem(struct arena *a, struct str path);
/* Debian policy 5.6.1. */
struct problem deb_name_problem(struct str name);
/* NAME of NAME=VALUE: letters, digits, '_', not beginning with a digit. */
bool is_variable_name(struct str name);
