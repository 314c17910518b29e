#include "config/library.h"

struct str library_path(struct arena *a, struct str name)
{
	return str_format(a, LIBRARIES_FOLDER "/%.*s/library.toml", STR_ARG(name));
}

bool library_read(struct arena *a, struct str name, struct span wanted_by,
                  struct library_file *out_file, struct diag *d)
{
	static const struct toml_field fields[] = {
	        {.key = STR_INIT("doc"),
	         .kind = FIELD_STRING,
	         .required = true,
	         .offset = offsetof(struct library_file, doc),
	         .doc = "one sentence"},
	        {.key = STR_INIT("needs"),
	         .kind = FIELD_STRINGS,
	         .offset = offsetof(struct library_file, needs),
	         .doc = "further libraries that its code and headers use"},
	        {.key = STR_INIT("generated"),
	         .kind = FIELD_STRINGS,
	         .offset = offsetof(struct library_file, generated),
	         .doc = "folders of generated headers that they use"},
	        {.key = STR_INIT("freestanding"),
	         .kind = FIELD_BOOLEAN,
	         .offset = offsetof(struct library_file, freestanding),
	         .doc = "stands in for a part of the C library"},
	};
	static const struct toml_schema schema = {.name = "the top level",
	                                          .fields = fields,
	                                          .field_count = COUNT(fields),
	                                          .size = sizeof(struct library_file)};
	*out_file = (struct library_file){};
	const struct source *source = source_open(a, library_path(a, name).ptr, wanted_by, d);
	return source && toml_read_source(a, source, &schema, out_file, d);
}
