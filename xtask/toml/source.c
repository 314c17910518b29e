#include "os/files.h"
#include "toml/schema.h"
#include <string.h>

const struct source *source_open(struct arena *a, const char *path, struct span wanted_by,
                                 struct diag *d)
{
	struct source *source = ARENA_NEW(a, struct source);
	int error = file_read(a, path, &source->text);
	if (error) {
		diag_error(d, wanted_by, (struct str){}, "can't read '%s': %s", path,
		           strerror(error));
		return NULL;
	}
	source->path = arena_str(a, str_from_c(path));
	return source;
}

bool toml_read_file(struct arena *a, const char *path, const struct toml_schema *schema, void *out,
                    struct diag *d)
{
	const struct source *source = source_open(a, path, (struct span){}, d);
	return source && toml_read_source(a, source, schema, out, d);
}

bool toml_read_source(struct arena *a, const struct source *source,
                      const struct toml_schema *schema, void *out, struct diag *d)
{
	size_t errors = d->errors;
	const struct toml_value *root = toml_parse(a, source, d);
	return toml_read(a, schema, root, out, d) && d->errors == errors;
}
