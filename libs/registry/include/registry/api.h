/*
 * Reader for the staged registries (system/registry/...): one record a line,
 * `key=value` fields separated by TAB. Nothing is copied.
 *
 * A malformed line costs that line and nothing else: it is returned as an error with its
 * number, for the caller to log. Blank lines and lines that start with '#' are skipped.
 */
#pragma once

#include <abi/status.h>
#include <base/str.h>

enum { REGISTRY_FIELDS_MAX = 32 };

struct registry_field {
	struct str key;
	struct str value;
};

struct registry_record {
	unsigned line; /* 1-based */
	unsigned field_count;
	struct registry_field fields[REGISTRY_FIELDS_MAX];
};

struct registry_reader {
	struct str rest;
	unsigned line; /* of the record returned last */
};

struct registry_reader registry_begin(struct str text);
/*
 * ERR_NOT_FOUND at the end. ERR_INVALID_ARGS for a malformed line, whose number is
 * out_record->line; the next call goes on behind it.
 */
enum status registry_next(struct registry_reader *reader, struct registry_record *out_record);
/* False when the record has no such key. */
bool registry_value(const struct registry_record *record, struct str key, struct str *out_value);

/* Takes the next item of a comma-separated list; false when there is none left. */
bool registry_list_next(struct str *rest, struct str *out_item);

enum startup_mode { STARTUP_INIT, STARTUP_SESSION, STARTUP_DESKTOP };

/* A line of system/registry/system/startup-programs.tsv. */
struct startup_program {
	unsigned line;
	struct str desktop_id;
	struct str package_id;
	enum startup_mode mode;
	struct str display_name;
	struct str exec;
	struct str launch;
	struct str deps; /* package ids, for registry_list_next */
};

/* As registry_next; a line without one of the fields, or with an unknown mode, is malformed. */
enum status startup_program_next(struct registry_reader *reader,
                                 struct startup_program *out_program);

/* A line of system/registry/kernel/loadable-drivers.tsv. */
struct loadable_driver {
	unsigned line;
	struct str name;
	struct str class_name;
	struct str bus;
	int64_t priority; /* low ones first */
	struct str path; /* of the module */
	struct str aliases; /* these four for registry_list_next */
	struct str deps;
	struct str softdeps;
	struct str provider_group; /* one name; may be empty */
	bool fallback_only;
};

/* As registry_next; a line without one of the fields, or with a bad number, is malformed. */
enum status loadable_driver_next(struct registry_reader *reader,
                                 struct loadable_driver *out_driver);
